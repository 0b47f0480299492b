//! Payouts from an order that was made before: their `MessageID` is shared, so that nothing but
//! Trustly's memory of the request tells a repeat from a second payout.

use std::time::{Duration, Instant};

use api::v1::{AttemptState, CreatePayoutRequest, PayoutState, Reason, WaitUntil};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::{
    ALWAYS, attempts, fault_on_submission, silence_the_provider, wait_until_parked,
};
use crate::samples::to_handle;
use crate::world::{EU, Options, PATIENCE, PAUSE, World};

const ORDER: &str = "p2p-1";

#[tokio::test]
async fn within_its_horizon_it_is_sent_again_in_its_own_bytes() {
    let mut world = world("60s").await;
    silence_the_provider(&world).await;
    leave_in_doubt(&mut world, "lose_reply", &["first", "second"]).await;
    let sent = digests(&world).await.len();
    silence_the_provider(&world).await;
    world.start_server().await;
    for key in ["first", "second"] {
        let payout = world.wait_for(EU, key, &[PayoutState::Accepted]).await;
        assert_eq!(attempts(&payout), [AttemptState::Accepted], "{key}");
    }
    let mut digests = digests(&world).await;
    assert!(digests.len() >= sent + 2, "{digests:?}");
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 2, "one body each");
    world.clear_faults().await;
    for key in ["first", "second"] {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
    }
    assert_eq!(movements(&world).await, ["completed", "completed"]);
}

/// The horizon of other payouts is far away still, and Trustly would take it.
#[tokio::test]
async fn beyond_its_horizon_it_is_not_sent_again() {
    const HORIZON: Duration = Duration::from_secs(2);
    let mut world = world("2s").await;
    leave_in_doubt(&mut world, "http_500", &["order"]).await;
    let sent = digests(&world).await;
    // It began before this, when the attempt was opened.
    tokio::time::sleep(HORIZON).await;
    for _ in 0..2 {
        world.start_server().await;
        let payout = wait_until_parked(&world, EU, "order").await;
        assert_eq!(payout.cause.clone().unwrap().reason(), Reason::HorizonPassed);
        assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
        assert_eq!(digests(&world).await, sent);
        world.kill_server();
    }
    assert_eq!(movements(&world).await, [] as [String; 0]);
}

/// What the order had left may have gone to the first send.
#[tokio::test]
async fn a_refusal_of_its_repeat_settles_nothing() {
    let mut world = world("6s").await;
    leave_in_doubt(&mut world, "http_500", &["order"]).await;
    let sent = digests(&world).await.len();
    let refusal = json!({ "code": 615, "reference": ORDER, "times": ALWAYS });
    fault_on_submission(&world, EU, "refuse", refusal).await;
    world.start_server().await;
    wait_for_submissions(&world, sent + 1).await;
    world.kill_server();
    world.start_server().await;
    let payout = wait_until_parked(&world, EU, "order").await;
    assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
    assert!(payout.give_back.is_none(), "{payout:?}");
}

/// A world with an order of a hundred euros.
async fn world(related_horizon: &str) -> World {
    let horizons = format!("horizon = \"144000ms\"\nrelated_horizon = \"{related_horizon}\"");
    let replace = vec![("horizon = \"144000ms\"", horizons)];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    let order = json!({ "message_id": ORDER, "amount": "100.00", "currency": "EUR" });
    world.control(Method::POST, "p2p_orders", order).await;
    world
}

/// Payouts of ten euros from the order without an answer; the server is down.
async fn leave_in_doubt(world: &mut World, fault: &str, keys: &[&str]) {
    let always = json!({ "reference": ORDER, "times": ALWAYS });
    fault_on_submission(world, EU, fault, always).await;
    for key in keys {
        let mut request = CreatePayoutRequest {
            related_order_reference: ORDER.to_owned(),
            ..to_handle(EU, key, "1234567890")
        };
        request.set_wait_until(WaitUntil::Recorded);
        world.payouts().create_payout(request).await.unwrap();
    }
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
    }
    world.kill_server();
    world.clear_faults().await;
}

/// The digests of all bodies that named the order.
async fn digests(world: &World) -> Vec<String> {
    let path = format!("requests?reference={ORDER}");
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let mut digests = Vec::new();
    for line in asked["requests"].as_array().unwrap() {
        let bodies = line["body_sha256"].as_array().unwrap();
        digests.extend(bodies.iter().map(|digest| digest.as_str().unwrap().to_owned()));
    }
    digests
}

async fn wait_for_submissions(world: &World, count: usize) {
    let end = Instant::now() + PATIENCE;
    while digests(world).await.len() < count {
        assert!(Instant::now() < end, "not submitted {count} times");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The states of the money that moved out of the order.
async fn movements(world: &World) -> Vec<String> {
    let ledger = world.control(Method::GET, "ledger", Value::Null).await;
    let movements = ledger["movements"].as_array().unwrap().iter();
    let ours = movements.filter(|movement| movement["reference"] == ORDER);
    ours.map(|movement| movement["state"].as_str().unwrap().to_owned()).collect()
}
