use std::time::Duration;

use api::v1::get_payout_request::Payout;
use api::v1::{GetPayoutRequest, PayoutState};
use server::{Drained, Probes, ServerConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::stored::order;
use crate::support::{DownStore, Running, ask};

#[tokio::test]
async fn idle_connections_and_health_watches_do_not_hold_up_a_stop() {
    let mut running = Running::start(ServerConfig::default()).await;
    let mut client = HealthClient::new(running.channel().await);
    let request = HealthCheckRequest { service: "payouts.v1.Payouts".to_owned() };
    let mut watch = client.watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 1, "serving");
    running.begin_to_stop();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 2, "not serving");
    assert!(watch.message().await.unwrap().is_none(), "the watch is ended by the server");
    assert_eq!(running.stopped().await, Drained::InTime);
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_off_after_the_grace_period() {
    let grace = Duration::from_millis(500);
    let config = ServerConfig { grace, ..ServerConfig::default() };
    let mut running = Running::start_on(config, Probes::default(), DownStore::hanging()).await;
    let mut client = running.payouts().await;
    let call = tokio::spawn(async move {
        let payout = Some(Payout::IdempotencyKey("order-1".to_owned()));
        client.get_payout(GetPayoutRequest { merchant: "demo-eu".to_owned(), payout }).await
    });
    while running.store.calls() == 0 {
        tokio::task::yield_now().await;
    }
    running.begin_to_stop();
    // Until everything else is done the admin port tells how things are.
    loop {
        let ready = ask(running.admin, "GET", "/readyz").await;
        if ready.starts_with("HTTP/1.1 503") {
            break;
        }
    }
    assert!(ask(running.admin, "GET", "/livez").await.starts_with("HTTP/1.1 200"));
    let refused = tokio::net::TcpStream::connect(running.grpc).await;
    assert!(refused.is_err(), "nothing new is accepted");
    assert_eq!(running.stopped().await, Drained::CutOff);
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn a_stop_ends_the_wait_for_an_outcome_and_not_the_payout() {
    let directory = tempfile::tempdir().unwrap();
    let mut running = Running::start_stored(ServerConfig::default(), directory.path()).await;
    let mut client = running.payouts().await;
    let wait_until = api::v1::WaitUntil::Outcome.into();
    let request = api::v1::CreatePayoutRequest { wait_until, ..order("k", "a") };
    let mut waiting = client.clone();
    let call = tokio::spawn(async move { waiting.create_payout(request).await });
    let payout = Some(Payout::IdempotencyKey("k".to_owned()));
    let request = GetPayoutRequest { merchant: "demo-eu".to_owned(), payout };
    loop {
        if let Ok(found) = client.get_payout(request.clone()).await
            && found.into_inner().payout.unwrap().state() == PayoutState::Accepted
        {
            break;
        }
    }
    assert!(!call.is_finished());
    running.begin_to_stop();
    let created = call.await.unwrap().unwrap().into_inner();
    assert_eq!((created.replayed, created.payout.unwrap().state()), (false, PayoutState::Accepted));
    assert_eq!(running.stopped().await, Drained::InTime);
}
