use std::time::Duration;

use api::v1;
use api::v1::event_selector::Selector;
use api::v1::event_start::Start;
use api::v1::payouts_client::PayoutsClient;
use api::v1::watch_payouts_response::Message;
use server::{Drained, Intervals, Limits, ServerConfig};
use store_embedded::EmbeddedStore;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Streaming};

use crate::grpc::told;
use crate::stored::{complete, order};
use crate::support::Running;

async fn start(config: ServerConfig) -> (Running<EmbeddedStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start_stored(config, directory.path()).await;
    (running, directory)
}

fn watching(selector: Selector, start: Start) -> v1::WatchPayoutsRequest {
    v1::WatchPayoutsRequest {
        merchant: "demo-eu".to_owned(),
        selector: Some(v1::EventSelector { selector: Some(selector) }),
        start: Some(v1::EventStart { start: Some(start) }),
        ..v1::WatchPayoutsRequest::default()
    }
}

fn only(id: &str) -> Selector {
    Selector::Payouts(v1::PayoutIds { ids: vec![id.to_owned()] })
}

fn everything() -> Selector {
    Selector::EntireMerchant(())
}

async fn created(client: &mut PayoutsClient<Channel>, key: &str) -> v1::Payout {
    client.create_payout(order(key, "a")).await.unwrap().into_inner().payout.unwrap()
}

async fn open(
    client: &mut PayoutsClient<Channel>,
    request: v1::WatchPayoutsRequest,
) -> Streaming<v1::WatchPayoutsResponse> {
    client.watch_payouts(request).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<v1::WatchPayoutsResponse>) -> Message {
    stream.message().await.unwrap().expect("the stream goes on").message.unwrap()
}

/// Payout, sequence and cursor of an event about a payout.
fn place(message: Message) -> (String, i64, String) {
    let Message::Event(event) = message else { panic!("{message:?}") };
    let Some(v1::event::Event::PayoutEvent(of_payout)) = event.event else { panic!() };
    (of_payout.payout_id, of_payout.sequence, event.cursor)
}

#[tokio::test]
async fn every_cursor_leads_to_exactly_the_rest() {
    let (running, _directory) = start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    for key in ["k1", "k2", "k3"] {
        created(&mut client, key).await;
    }
    let mut stream = open(&mut client, watching(everything(), Start::Beginning(()))).await;
    let Message::Started(started) = next(&mut stream).await else { panic!() };
    let mut seen = Vec::new();
    // Created, attempt opened, accepted.
    for _ in 0..9 {
        seen.push(place(next(&mut stream).await));
    }
    let mut cursors = vec![started.cursor];
    cursors.extend(seen.iter().map(|(_, _, cursor)| cursor.clone()));
    for (read, cursor) in cursors.into_iter().enumerate() {
        let mut again = open(&mut client, watching(everything(), Start::Cursor(cursor))).await;
        assert!(matches!(next(&mut again).await, Message::Started(_)));
        for expected in &seen[read..] {
            assert_eq!(place(next(&mut again).await), *expected);
        }
    }
    let listed = v1::ListPayoutEventsRequest {
        merchant: "demo-eu".to_owned(),
        selector: Some(v1::EventSelector { selector: Some(everything()) }),
        start: Some(v1::EventStart { start: Some(Start::Cursor(seen[6].2.clone())) }),
        page_size: 1,
    };
    let page = client.list_payout_events(listed).await.unwrap().into_inner();
    assert_eq!((page.events[0].cursor.as_str(), page.at_end), (seen[7].2.as_str(), false));
}

#[tokio::test]
async fn a_watch_follows_live_until_the_outcome() {
    let (running, _directory) = start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    let payout = created(&mut client, "k").await;
    let request = v1::WatchPayoutsRequest {
        snapshot_first: true,
        until_outcome: true,
        ..watching(only(&payout.id), Start::Now(()))
    };
    let mut stream = open(&mut client, request).await;
    assert!(matches!(next(&mut stream).await, Message::Started(_)));
    let Message::SnapshotPayout(snapshot) = next(&mut stream).await else { panic!() };
    assert_eq!((snapshot.id.as_str(), snapshot.sequence), (payout.id.as_str(), 3));
    let Message::SnapshotEnded(ended) = next(&mut stream).await else { panic!() };
    assert_eq!(ended.payout_count, 1);
    created(&mut client, "of-no-concern").await;
    assert!(complete(&running, &payout.id).await.starts_with("HTTP/1.1 200"));
    let (id, sequence, cursor) = place(next(&mut stream).await);
    assert_eq!((id, sequence), (payout.id.clone(), 4));
    let Message::Ended(ended) = next(&mut stream).await else { panic!() };
    assert_eq!(ended.reason(), v1::WatchEndReason::OutcomeReached);
    assert!(stream.message().await.unwrap().is_none());
    let rest = watching(only(&payout.id), Start::Cursor(cursor));
    let request = v1::WatchPayoutsRequest { until_outcome: true, ..rest };
    let mut stream = open(&mut client, request).await;
    assert!(matches!(next(&mut stream).await, Message::Started(_)));
    assert!(matches!(next(&mut stream).await, Message::Ended(_)), "it is known already");
}

#[tokio::test]
async fn a_quiet_watch_sends_heartbeats() {
    let heartbeat = Duration::from_millis(50);
    let intervals = Intervals { heartbeat, ..Intervals::default() };
    let (running, _directory) = start(ServerConfig { intervals, ..Default::default() }).await;
    let mut client = running.payouts().await;
    let payout = created(&mut client, "k").await;
    let mut stream = open(&mut client, watching(only(&payout.id), Start::Now(()))).await;
    let Message::Started(started) = next(&mut stream).await else { panic!() };
    // What is of no concern moves the place on all the same.
    created(&mut client, "other").await;
    loop {
        let Message::Heartbeat(heartbeat) = next(&mut stream).await else { panic!() };
        if heartbeat.cursor != started.cursor {
            break;
        }
    }
}

#[tokio::test]
async fn a_stop_ends_watches_with_their_cursor() {
    let (mut running, _directory) = start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    created(&mut client, "k").await;
    let mut stream = open(&mut client, watching(everything(), Start::Beginning(()))).await;
    assert!(matches!(next(&mut stream).await, Message::Started(_)));
    let mut last = String::new();
    for _ in 0..3 {
        last = place(next(&mut stream).await).2;
    }
    running.begin_to_stop();
    let Message::Ended(ended) = next(&mut stream).await else { panic!() };
    assert_eq!(ended.reason(), v1::WatchEndReason::ShuttingDown);
    assert_eq!(ended.cursor, last);
    assert!(stream.message().await.unwrap().is_none());
    assert_eq!(running.stopped().await, Drained::InTime);
}

#[tokio::test]
async fn a_caller_who_does_not_read_is_let_go_and_can_go_on() {
    let limits = Limits { watch_buffer_max: 1, ..Limits::default() };
    let stall_max = Duration::from_millis(200);
    let intervals = Intervals { stall_max, ..Intervals::default() };
    let config = ServerConfig { limits, intervals, ..ServerConfig::default() };
    let (running, _directory) = start(config).await;
    let mut client = running.payouts().await;
    for number in 0..30 {
        created(&mut client, &format!("k{number}")).await;
    }
    // A window of a few events, which is not opened again as long as nothing is read.
    let endpoint = Endpoint::from_shared(format!("http://{}", running.grpc)).unwrap();
    let narrow = endpoint.initial_stream_window_size(1024).connect().await.unwrap();
    let mut slow = PayoutsClient::new(narrow);
    let request = watching(everything(), Start::Beginning(()));
    let mut stream = open(&mut slow, request).await;
    while !metrics_say_one_watch_ended(&running).await {}
    let mut seen = Vec::new();
    assert!(matches!(next(&mut stream).await, Message::Started(_)));
    let ended = loop {
        match next(&mut stream).await {
            Message::Ended(ended) => break ended,
            message => seen.push(place(message)),
        }
    };
    assert_eq!(ended.reason(), v1::WatchEndReason::TooSlow);
    assert_eq!(ended.cursor, seen.last().unwrap().2);
    assert!(seen.len() < 90, "all {} events fitted: the window is too wide", seen.len());
    let request = watching(everything(), Start::Cursor(ended.cursor));
    let mut rest = open(&mut client, request).await;
    assert!(matches!(next(&mut rest).await, Message::Started(_)));
    while seen.len() < 90 {
        seen.push(place(next(&mut rest).await));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 90, "nothing twice, nothing left out");
}

async fn metrics_say_one_watch_ended(running: &Running<EmbeddedStore>) -> bool {
    let metrics = crate::support::ask(running.admin, "GET", "/metrics").await;
    metrics.contains("method=\"payouts.v1.Payouts/WatchPayouts\",code=\"OK\"} 1")
}

#[tokio::test]
async fn places_that_cannot_be_read_from_are_refused() {
    let (running, _directory) = start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    let store = |name, count| payout::cursor::Cursor {
        store: payout::id::StoreId::parse(name).unwrap(),
        positions: vec![payout::cursor::Position { epoch: 1, count }],
    };
    for cursor in [store("store-2", 0), store("store-1", 1_000_000)] {
        let request = watching(everything(), Start::Cursor(cursor.encode()));
        let status = client.watch_payouts(request).await.unwrap_err();
        let reason = "CURSOR_FROM_ANOTHER_STORE".to_owned();
        assert_eq!(told(&status), (Code::FailedPrecondition, reason, None));
    }
    let unknown = only("po_nc6jociwqwgl6whpyyuusnqmbq");
    let status = client.watch_payouts(watching(unknown, Start::Now(()))).await.unwrap_err();
    assert_eq!(told(&status), (Code::NotFound, "PAYOUT_NOT_FOUND".to_owned(), None));
}
