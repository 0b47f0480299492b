//! Answers that nobody signed for this request say nothing, whether it is sent for the first time
//! or again; and nothing is sent again for longer than Trustly is relied on to remember.

use std::time::Duration;

use api::v1::{AttemptState, Outcome, PayoutState, Reason};
use serde_json::{Value, json};

use super::super::{
    assert_movements, assert_same_bytes, attempts, create, reconfigure, silence_the_provider,
    submissions, wait_until_parked, with_horizon,
};
use super::{counts, fault_on, leave_in_doubt, wait_for_one_more};
use crate::keys::{TRUSTLY_TEST, TRUSTLYS};
use crate::world::{EU, World};

/// A payout, and how all its answers are spoilt.
const UNTRUSTED: [(&str, &str); 8] = [
    ("unsigned", "unsigned_error"),
    ("about-no-request", "anonymous_error"),
    ("badly-signed", "bad_signature"),
    ("under-another-uuid", "other_uuid"),
    ("to-another-method", "other_method"),
    ("html", "http_500"),
    ("html-of-a-proxy", "proxy_403"),
    ("html-that-is-fine", "http_500"),
];

#[tokio::test]
async fn what_is_not_signed_for_this_request_is_no_answer() {
    let mut world = World::start().await;
    let keys = UNTRUSTED.map(|(key, _)| key);
    let destination = world.destination(EU).await;
    silence_the_provider(&world).await;
    for (key, fault) in UNTRUSTED {
        fault_on(&world, key, fault, &spoilt(key, fault)).await;
        create(&world, EU, key, &destination).await;
    }
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
    }
    world.kill_server();
    let before = counts(&world, &keys).await;

    world.start_server().await;
    wait_for_one_more(&world, &keys, &before).await;
    for key in keys {
        let payout = world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
        let reason = payout.cause.clone().unwrap().reason();
        let expected = [Reason::AnswerUntrusted, Reason::ProviderUnavailable];
        assert!(expected.contains(&reason), "{key}: {reason:?}");
        assert_eq!(attempts(&payout), [AttemptState::InDoubt], "{key}");
        assert_eq!((payout.outcome(), &payout.give_back), (Outcome::Undecided, &None), "{key}");
    }
    world.kill_server();
    world.clear_faults().await;
    silence_the_provider(&world).await;

    world.start_server().await;
    for (key, before) in keys.into_iter().zip(before) {
        let payout = world.wait_for(EU, key, &[PayoutState::Accepted]).await;
        assert_eq!(attempts(&payout), [AttemptState::Accepted], "{key}");
        assert_same_bytes(&world, EU, key, before + 2).await;
    }
    world.clear_faults().await;
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_movements(&world, EU, key, &["completed"]).await;
    }
}

/// What would fail a payout, and a page that says that all went well.
fn spoilt(key: &str, fault: &str) -> Value {
    match (key, fault) {
        ("html-that-is-fine", _) => json!({ "status": 200 }),
        (_, "unsigned_error" | "anonymous_error") => json!({ "code": 624 }),
        _ => json!({}),
    }
}

/// All of Trustly's keys are configured wrongly, and then rightly again.
#[tokio::test]
async fn what_another_key_signed_is_no_answer() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    silence_the_provider(&world).await;
    world.kill_server();
    std::fs::write(world.directory().join("other.pem"), TRUSTLY_TEST).unwrap();
    reconfigure(&world, TRUSTLYS, "\"other.pem\"");
    world.start_server().await;
    create(&world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    world.kill_server();
    let before = counts(&world, &["order"]).await;

    world.start_server().await;
    wait_for_one_more(&world, &["order"], &before).await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    assert_eq!(payout.cause.clone().unwrap().reason(), Reason::AnswerUntrusted);
    assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
    world.kill_server();
    reconfigure(&world, "\"other.pem\"", TRUSTLYS);

    world.start_server().await;
    world.wait_for(EU, "order", &[PayoutState::Accepted]).await;
    assert_same_bytes(&world, EU, "order", before[0] + 2).await;
    assert_eq!(world.movements(EU, "order").await.len(), 1);
}

/// Trustly would answer by now, but nobody knows any more whether it remembers.
#[tokio::test]
async fn a_horizon_that_passes_while_nothing_runs_has_passed() {
    const HORIZON: Duration = Duration::from_millis(3000);
    let mut world = World::start_with(&with_horizon("3000ms")).await;
    leave_in_doubt(&mut world, &["order"]).await;
    let sent = submissions(&world, EU, "order").await;
    // It began before this, when the attempt was opened.
    tokio::time::sleep(HORIZON).await;
    for _ in 0..2 {
        world.start_server().await;
        let payout = wait_until_parked(&world, EU, "order").await;
        assert_eq!(payout.cause.clone().unwrap().reason(), Reason::HorizonPassed);
        assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
        assert_eq!((payout.outcome(), &payout.give_back), (Outcome::Undecided, &None));
        assert_eq!(submissions(&world, EU, "order").await, sent);
        world.kill_server();
    }
    assert_movements(&world, EU, "order", &[]).await;
}
