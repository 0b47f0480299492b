//! Watching: everybody who reads on from a cursor sees exactly the rest, in order.

use std::time::{Duration, Instant};

use api::v1::watch_payouts_response::Message;
use api::v1::{
    DeleteDestinationRequest, DestinationEventKind, Event, EventSelector, EventStart,
    ImportDestinationRequest, ListPayoutEventsRequest, Outcome, PayoutIds, PayoutState,
    RegisterDestinationRequest, WatchEndReason, WatchPayoutsRequest, WatchPayoutsResponse, event,
    event_selector,
};
use futures_util::future::join_all;
use serde_json::json;
use tonic::Streaming;

use crate::calls::refused;
use crate::samples::{
    from_beginning, from_cursor, from_now, iban_of_a_person, of_customer, of_merchant, of_payout,
};
use crate::world::{CUSTOMER, EU, Options, PATIENCE, US, World, id_of, request};

const OTHER: &str = "customer-2";

#[tokio::test]
async fn whoever_resumes_sees_exactly_the_rest_in_order() {
    let world = lively().await;
    tell_a_story(&world).await;
    for merchant in [EU, US] {
        let history = world.events(merchant).await;
        check_history(&history);
        for (selector, is_meant) in selectors(merchant) {
            let mut readers = Vec::new();
            for read in 0..=history.len() {
                let start = match read {
                    0 => from_beginning(),
                    _ => from_cursor(&history[read - 1].cursor),
                };
                let rest: Vec<_> = history[read..].iter().filter(|it| is_meant(it)).collect();
                readers.push(check_rest(&world, merchant, selector.clone(), start, rest));
            }
            join_all(readers).await;
        }
    }
}

/// Reads on from `start` by both ways: exactly `rest` comes, and then nothing.
async fn check_rest(
    world: &World,
    merchant: &str,
    selector: Option<EventSelector>,
    start: Option<EventStart>,
    rest: Vec<&Event>,
) {
    let mut watch = Watch::open(world, merchant, selector.clone(), start.clone()).await;
    for expected in &rest {
        assert_eq!(watch.event().await, **expected);
    }
    let Message::Heartbeat(quiet) = watch.next().await else { panic!("there is more") };
    assert!(!quiet.cursor.is_empty());
    let (mut listed, mut start) = (Vec::new(), start);
    loop {
        let request = ListPayoutEventsRequest {
            merchant: merchant.to_owned(),
            selector: selector.clone(),
            start,
            page_size: 3,
        };
        let page = world.payouts().list_payout_events(request).await.unwrap().into_inner();
        assert!(page.events.len() <= 3);
        listed.extend(page.events);
        if page.at_end {
            break;
        }
        start = from_cursor(&page.next_cursor);
    }
    assert_eq!(listed.iter().collect::<Vec<_>>(), rest);
}

type IsMeant = Box<dyn Fn(&Event) -> bool>;

/// Every kind of selector, with what it lets through.
fn selectors(merchant: &str) -> [(Option<EventSelector>, IsMeant); 4] {
    let (completed, returned) = (id_of(merchant, "completed"), id_of(merchant, "returned"));
    let two = PayoutIds { ids: vec![returned.clone(), completed.clone()] };
    let two = Some(EventSelector { selector: Some(event_selector::Selector::Payouts(two)) });
    let only = completed.clone();
    [
        (of_merchant(), Box::new(|_: &Event| true)),
        (of_customer(OTHER), Box::new(|event: &Event| event.customer == OTHER)),
        (of_payout(&completed), Box::new(move |event: &Event| id_in(event) == only)),
        (two, Box::new(move |event: &Event| id_in(event) == completed || id_in(event) == returned)),
    ]
}

fn id_in(event: &Event) -> &str {
    match &event.event {
        Some(event::Event::PayoutEvent(about)) => &about.payout_id,
        Some(event::Event::DestinationEvent(_)) | None => "",
    }
}

/// What holds for the events of every payout.
fn check_history(history: &[Event]) {
    let mut payouts: Vec<&str> = history.iter().map(id_in).filter(|id| !id.is_empty()).collect();
    payouts.sort_unstable();
    payouts.dedup();
    assert_eq!(payouts.len(), 4, "one of each story");
    for payout in payouts {
        let (mut sequence, mut state, mut backs) = (0, PayoutState::Unspecified, 0);
        for event in history.iter().filter(|event| id_in(event) == payout) {
            let Some(event::Event::PayoutEvent(about)) = &event.event else { unreachable!() };
            assert_eq!(about.sequence, sequence + 1, "{about:?}");
            assert_eq!(about.state_before(), state, "{about:?}");
            let enters = about.outcome() == Outcome::NotPaid && about.give_back.is_some();
            backs += i32::from(enters);
            assert!(backs == i32::from(about.outcome() == Outcome::NotPaid), "{about:?}");
            (sequence, state) = (about.sequence, about.state_after());
        }
        assert!(matches!(
            state,
            PayoutState::Completed | PayoutState::Failed | PayoutState::Returned
        ));
    }
}

#[tokio::test]
async fn who_watches_live_sees_what_is_listed_later() {
    let world = lively().await;
    let mut live = Watch::open(&world, EU, of_merchant(), from_now()).await;
    tell_a_story(&world).await;
    for expected in world.events(EU).await {
        assert_eq!(live.event().await, expected);
    }
    let Message::Heartbeat(_) = live.next().await else { panic!("there is more") };
    let mut later = Watch::open(&world, EU, of_merchant(), from_now()).await;
    let Message::Heartbeat(quiet) = later.next().await else { panic!("that is history") };
    // What a heartbeat says is a place to go on from.
    let destination = world.destination(EU).await;
    let create = request(EU, "afterwards", &destination);
    world.payouts().create_payout(create).await.unwrap();
    let mut resumed = Watch::open(&world, EU, of_merchant(), from_cursor(&quiet.cursor)).await;
    let id = id_of(EU, "afterwards");
    for watch in [&mut live, &mut later, &mut resumed] {
        assert_eq!(id_in(&watch.event().await), id);
    }
}

#[tokio::test]
async fn a_snapshot_shows_every_payout_selected() {
    let world = lively().await;
    tell_a_story(&world).await;
    for (selector, mut expected) in [
        (of_merchant(), vec!["completed", "failed", "other", "returned"]),
        (of_customer(OTHER), vec!["other"]),
        (of_customer("nobody yet"), vec![]),
        (of_payout(&id_of(EU, "failed")), vec!["failed"]),
    ] {
        let request =
            WatchPayoutsRequest { snapshot_first: true, ..watch_request(EU, selector, from_now()) };
        let mut watch = Watch::of(&world, request).await;
        let mut shown = Vec::new();
        let count = loop {
            match watch.next().await {
                Message::SnapshotPayout(payout) => shown.push(payout.idempotency_key),
                Message::SnapshotEnded(ended) => break ended.payout_count,
                other => panic!("{other:?} in a snapshot"),
            }
        };
        shown.sort();
        expected.sort_unstable();
        assert_eq!(shown, expected);
        assert_eq!(usize::try_from(count).unwrap(), expected.len());
        let Message::Heartbeat(_) = watch.next().await else { panic!("nothing has happened") };
    }
}

#[tokio::test]
async fn a_watch_until_the_outcome_ends_with_it() {
    let world = lively().await;
    let destination = world.destination(EU).await;
    let slow = json!({ "region": "eu", "on": "AccountPayout", "fault": "delay", "delay_ms": 500 });
    world.fault(slow).await;
    for key in ["first", "second"] {
        world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
    }
    let ids = PayoutIds { ids: vec![id_of(EU, "first"), id_of(EU, "second")] };
    let both = Some(EventSelector { selector: Some(event_selector::Selector::Payouts(ids)) });
    let request = |selector, start| WatchPayoutsRequest {
        until_outcome: true,
        ..watch_request(EU, selector, start)
    };
    for _ in 0..2 {
        let mut watch = Watch::of(&world, request(both.clone(), from_beginning())).await;
        let mut decided = Vec::new();
        let ended = loop {
            match watch.next().await {
                Message::Event(event) => {
                    let Some(event::Event::PayoutEvent(about)) = event.event else { panic!() };
                    if about.outcome() == Outcome::Succeeded {
                        decided.push(about.payout_id);
                    }
                }
                Message::Ended(ended) => break ended,
                Message::Heartbeat(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(ended.reason(), WatchEndReason::OutcomeReached);
        assert_eq!(decided.len(), 2);
        assert_eq!(watch.stream.message().await.unwrap(), None, "nothing comes after the end");
    }
    let mut done = Watch::of(&world, request(of_payout(&id_of(EU, "first")), from_now())).await;
    let Message::Ended(ended) = done.next().await else { panic!("it is decided already") };
    assert_eq!(ended.reason(), WatchEndReason::OutcomeReached);
}

#[tokio::test]
async fn destinations_are_part_of_the_log() {
    let world = lively().await;
    let mut watch = Watch::open(&world, EU, of_customer(CUSTOMER), from_now()).await;
    let imported = world.destination(EU).await;
    let register = RegisterDestinationRequest {
        merchant: EU.to_owned(),
        customer: CUSTOMER.to_owned(),
        bank_details: Some(iban_of_a_person()),
    };
    let registered = world.destinations().register_destination(register).await.unwrap();
    let registered = registered.into_inner().destination.unwrap().id;
    let delete =
        DeleteDestinationRequest { merchant: EU.to_owned(), destination_id: registered.clone() };
    world.destinations().delete_destination(delete).await.unwrap();
    for (kind, id) in [
        (DestinationEventKind::Imported, &imported),
        (DestinationEventKind::Registered, &registered),
        (DestinationEventKind::Deleted, &registered),
    ] {
        let event = watch.event().await;
        let Some(event::Event::DestinationEvent(about)) = event.event else { panic!() };
        assert_eq!((about.kind(), &about.destination_id), (kind, id));
        assert_eq!(event.customer, CUSTOMER);
    }
}

#[tokio::test]
async fn a_stop_ends_every_stream_with_its_cursor_within_seconds() {
    let mut world = lively().await;
    world.destination(EU).await;
    let mut watches = Vec::new();
    for index in 0..24 {
        let merchant = if index % 2 == 0 { EU } else { US };
        watches.push(Watch::open(&world, merchant, of_merchant(), from_beginning()).await);
    }
    for watch in watches.iter_mut().step_by(2) {
        watch.event().await;
    }
    let began = Instant::now();
    let (code, mut world) =
        tokio::task::spawn_blocking(move || (world.stop_server(), world)).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let mut cursors = Vec::new();
    for watch in &mut watches {
        let ended = loop {
            match watch.next().await {
                Message::Heartbeat(_) => {}
                Message::Ended(ended) => break ended,
                other => panic!("{other:?} after everything"),
            }
        };
        assert_eq!(ended.reason(), WatchEndReason::ShuttingDown);
        assert_eq!(watch.stream.message().await.unwrap(), None, "it ends without an error");
        cursors.push(ended.cursor);
    }
    world.start_server().await;
    let mut resumed = Watch::open(&world, EU, of_merchant(), from_cursor(&cursors[0])).await;
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, "new", &destination)).await.unwrap();
    assert_eq!(id_in(&resumed.event().await), id_of(EU, "new"));
}

#[tokio::test]
async fn a_broken_stream_is_resumed_without_a_gap() {
    let mut world = lively().await;
    let destination = world.destination(EU).await;
    let mut seen = Vec::new();
    let mut start = from_beginning();
    for round in 0..3 {
        let mut watch = Watch::open(&world, EU, of_merchant(), start).await;
        for index in 0..4 {
            let key = format!("order-{round}-{index}");
            world.payouts().create_payout(request(EU, &key, &destination)).await.unwrap();
        }
        // In the midst of things, with events on their way.
        for _ in 0..6 {
            seen.push(watch.event().await);
        }
        world.kill_server();
        while let Ok(Some(answer)) = watch.stream.message().await {
            if let Some(Message::Event(event)) = answer.message {
                seen.push(*event);
            }
        }
        start = from_cursor(&seen.last().unwrap().cursor);
        world.start_server().await;
    }
    for round in 0..3 {
        for index in 0..4 {
            let key = format!("order-{round}-{index}");
            world.wait_for(EU, &key, &[PayoutState::Completed]).await;
        }
    }
    world.quiet().await;
    let history = world.events(EU).await;
    let mut watch = Watch::open(&world, EU, of_merchant(), start).await;
    while seen.len() < history.len() {
        seen.push(watch.event().await);
    }
    assert_eq!(seen, history);
}

#[tokio::test]
async fn a_cursor_does_not_survive_its_store() {
    let mut world = lively().await;
    world.destination(EU).await;
    let cursor = world.events(EU).await[0].cursor.clone();
    assert_eq!(world.stop_server(), Some(0));
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    world.start_server().await;
    let request = watch_request(EU, of_merchant(), from_cursor(&cursor));
    let said = refused(&world.payouts().watch_payouts(request).await.unwrap_err());
    assert_eq!(said.code, tonic::Code::FailedPrecondition);
    assert_eq!(said.reason, "CURSOR_FROM_ANOTHER_STORE");
}

/// A world whose quiet streams say so soon.
async fn lively() -> World {
    let interval = "recovery_interval = \"100ms\"";
    let with = format!("{interval}\nheartbeat_interval = \"200ms\"");
    World::start_with(&Options { replace: vec![(interval, with)], ..Options::default() }).await
}

/// In both regions a payout that completes, one that fails and one that is returned, and one to
/// another customer; told to the end.
async fn tell_a_story(world: &World) {
    for (merchant, region, on, code) in
        [(EU, "eu", "AccountPayout", 624), (US, "amer", "deposit", 330)]
    {
        for (key, fault) in [("failed", "refuse"), ("returned", "credit_after_confirmation")] {
            let reference = id_of(merchant, key);
            let rule = json!({
                "region": region, "on": on, "fault": fault, "reference": reference, "code": code,
            });
            world.fault(rule).await;
        }
        let destination = world.destination(merchant).await;
        let handle = match merchant {
            EU => "1234567890".to_owned(),
            _ => world.authorization(OTHER).await,
        };
        let import = ImportDestinationRequest {
            merchant: merchant.to_owned(),
            customer: OTHER.to_owned(),
            provider_handle: handle,
        };
        let imported = world.destinations().import_destination(import).await.unwrap();
        let of_other = imported.into_inner().destination.unwrap().id;
        for key in ["completed", "failed", "returned", "other"] {
            let mut create = request(merchant, key, &destination);
            if key == "other" {
                create = request(merchant, key, &of_other);
                create.customer = OTHER.to_owned();
            }
            world.payouts().create_payout(create).await.unwrap();
        }
    }
    for merchant in [EU, US] {
        for (key, state) in [
            ("completed", &[PayoutState::Completed][..]),
            ("failed", &[PayoutState::Failed]),
            // A credit that overtakes its confirmation is a failure.
            ("returned", &[PayoutState::Returned, PayoutState::Failed]),
            ("other", &[PayoutState::Completed]),
        ] {
            world.wait_for(merchant, key, state).await;
        }
    }
    world.quiet().await;
}

fn watch_request(
    merchant: &str,
    selector: Option<EventSelector>,
    start: Option<EventStart>,
) -> WatchPayoutsRequest {
    let merchant = merchant.to_owned();
    WatchPayoutsRequest { merchant, selector, start, ..WatchPayoutsRequest::default() }
}

/// An open stream, past its first message.
struct Watch {
    stream: Streaming<WatchPayoutsResponse>,
}

impl Watch {
    async fn open(
        world: &World,
        merchant: &str,
        selector: Option<EventSelector>,
        start: Option<EventStart>,
    ) -> Self {
        Self::of(world, watch_request(merchant, selector, start)).await
    }

    async fn of(world: &World, request: WatchPayoutsRequest) -> Self {
        let start = request.start.clone();
        let stream = world.payouts().watch_payouts(request).await.unwrap().into_inner();
        let mut watch = Self { stream };
        let Message::Started(started) = watch.next().await else { panic!("it did not start") };
        assert!(!started.cursor.is_empty());
        if let Some(EventStart { start: Some(api::v1::event_start::Start::Cursor(cursor)) }) = start
        {
            assert_eq!(started.cursor, cursor);
        }
        watch
    }

    /// The next message; panics if there is none.
    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.stream.message()).await;
        let answer = next.expect("a stream is never silent for long").unwrap();
        answer.expect("the stream goes on").message.unwrap()
    }

    /// The next event, whatever else comes before it.
    async fn event(&mut self) -> Event {
        loop {
            match self.next().await {
                Message::Event(event) => return *event,
                Message::Heartbeat(_) => {}
                other => panic!("{other:?} instead of an event"),
            }
        }
    }
}
