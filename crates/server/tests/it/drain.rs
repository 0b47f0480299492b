use std::time::Duration;

use api::v1::GetPayoutRequest;
use api::v1::get_payout_request::Payout;
use server::{Drained, Probes, ServerConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

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
