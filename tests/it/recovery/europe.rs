//! Trustly Europe: the same bytes again, because Trustly answers them as it did the first time.

mod answers;
mod changes;
mod refusals;
mod related;

use api::v1::{AttemptState, Outcome, PayoutEventKind, PayoutState, Reason};
use serde_json::{Value, json};

use super::{
    ALWAYS, assert_movements, assert_same_bytes, attempts, create, fault_on_submission, history,
    let_recovery_have_its_turn, reconfigure, silence_the_provider, submissions,
    wait_for_submissions, wait_until_parked, with_horizon,
};
use crate::world::{EU, World, id_of};

#[tokio::test]
async fn a_lost_reply_is_asked_for_with_the_same_bytes() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    silence_the_provider(&world).await;
    fault_on_submission(&world, EU, "lose_reply", json!({ "times": 2 })).await;
    create(&world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &[PayoutState::Accepted]).await;
    world.clear_faults().await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    assert_same_bytes(&world, EU, "order", 3).await;
    assert_movements(&world, EU, "order", &["completed"]).await;
}

#[tokio::test]
async fn an_interrupted_submission_is_repeated_in_its_own_bytes_under_a_new_password() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    silence_the_provider(&world).await;
    fault_on_submission(&world, EU, "delay", json!({ "delay_ms": 60_000 })).await;
    create(&world, EU, "order", &destination).await;
    wait_for_submissions(&world, EU, "order", 1).await;
    world.kill_server();
    // What was sealed holds the old one; made anew, the bytes would differ.
    std::fs::write(world.directory().join("secrets/password"), "another").unwrap();
    world.start_server().await;
    world.wait_for(EU, "order", &[PayoutState::Accepted]).await;
    world.clear_faults().await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    assert_same_bytes(&world, EU, "order", 2).await;
    assert_movements(&world, EU, "order", &["completed"]).await;
}

#[tokio::test]
async fn a_refusal_of_the_contents_settles_the_earlier_send_too() {
    let mut world = World::start().await;
    leave_in_doubt(&mut world, &["order"]).await;
    fault_on_submission(&world, EU, "refuse", json!({ "code": 624 })).await;
    world.start_server().await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Failed]).await;
    assert_eq!(payout.outcome(), Outcome::NotPaid);
    assert_eq!(payout.cause.clone().unwrap().reason(), Reason::AccountInvalid);
    assert!(payout.give_back.is_some());
    assert_eq!(attempts(&payout), [AttemptState::Refused]);
    assert_same_bytes(&world, EU, "order", 2).await;
    assert_movements(&world, EU, "order", &[]).await;
}

#[tokio::test]
async fn a_refusal_of_access_settles_nothing() {
    let mut world = World::start().await;
    leave_in_doubt(&mut world, &["order"]).await;
    let before = submissions(&world, EU, "order").await.len();
    fault_on_submission(&world, EU, "refuse", json!({ "code": 616, "times": 3 })).await;
    world.start_server().await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    let never = |kind| !matches!(kind, PayoutEventKind::Failed | PayoutEventKind::AttemptRefused);
    assert!(history(&world, EU, "order").await.iter().all(|happened| never(happened.kind)));
    assert_same_bytes(&world, EU, "order", before + 4).await;
    assert_movements(&world, EU, "order", &["completed"]).await;
}

#[tokio::test]
async fn a_customer_blocked_since_is_left_in_doubt_until_the_horizon_and_then_parked() {
    let mut world = World::start_with(&with_horizon("3000ms")).await;
    leave_in_doubt(&mut world, &["order"]).await;
    // Trustly answers the same bytes alike from now on.
    fault_on_submission(&world, EU, "refuse", json!({ "code": 638 })).await;
    world.start_server().await;
    let payout = wait_until_parked(&world, EU, "order").await;
    assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
    assert_eq!(payout.outcome(), Outcome::Undecided);
    assert!(payout.give_back.is_none());
    let sent = submissions(&world, EU, "order").await;
    world.kill_server();
    world.start_server().await;
    let_recovery_have_its_turn(&world, EU, "other").await;
    assert_eq!(submissions(&world, EU, "order").await, sent);
    assert_movements(&world, EU, "order", &[]).await;
}

/// A store that forgot, and a configuration that makes other bytes of the same call.
#[tokio::test]
async fn a_reported_duplicate_is_left_in_doubt_and_never_paid_again() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    create(&world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    // A confirmation that was not acknowledged would come again and tell the new store.
    world.quiet().await;
    world.kill_server();
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    reconfigure(&world, "\"Demo Merchant\"", "\"Another Text\"");
    world.start_server().await;
    let destination = world.destination(EU).await;
    create(&world, EU, "order", &destination).await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    assert_eq!(payout.cause.clone().unwrap().reason(), Reason::DuplicateReported);
    let_recovery_have_its_turn(&world, EU, "other").await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    assert_eq!(attempts(&payout), [AttemptState::InDoubt]);
    assert_eq!(payout.outcome(), Outcome::Undecided);
    assert_movements(&world, EU, "order", &["completed"]).await;
}

/// Payouts that were sent, never arrived, and have had no answer; the server is down.
async fn leave_in_doubt(world: &mut World, keys: &[&str]) {
    let destination = world.destination(EU).await;
    fault_on_submission(world, EU, "http_500", json!({ "times": ALWAYS })).await;
    for key in keys {
        create(world, EU, key, &destination).await;
    }
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
    }
    world.kill_server();
    world.clear_faults().await;
}

/// A fault for the submissions of one payout, for as long as faults are not cleared.
async fn fault_on(world: &World, key: &str, fault: &str, more: &Value) {
    let mut more = more.clone();
    more["reference"] = json!(id_of(EU, key));
    more["times"] = json!(ALWAYS);
    fault_on_submission(world, EU, fault, more).await;
}

/// Waits until each payout was submitted once more than so often.
async fn wait_for_one_more(world: &World, keys: &[&str], before: &[usize]) {
    for (key, before) in keys.iter().zip(before) {
        wait_for_submissions(world, EU, key, before + 1).await;
    }
}

/// How often each payout was submitted.
async fn counts(world: &World, keys: &[&str]) -> Vec<usize> {
    let mut counts = Vec::new();
    for key in keys {
        counts.push(submissions(world, EU, key).await.len());
    }
    counts
}
