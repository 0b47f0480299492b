//! Trustly Americas: look-ups, because the same bytes might make a second deposit.

use api::v1::{AttemptState, Outcome, PayoutEventKind, PayoutState, Reason};
use serde_json::json;

use super::{
    assert_movements, attempts, create, fault_on_submission, history, let_recovery_have_its_turn,
    silence_the_provider, submissions, wait_for_event, wait_for_submissions, wait_until_parked,
};
use crate::world::{CUSTOMER, Options, US, World, id_of};

/// Between the two look-ups that prove absence, as the simulator's configuration has it.
const SPACING_MS: i64 = 1000;
/// The longest that a request may take, as the simulator's configuration has it.
const REQUEST_TIMEOUT_MS: i64 = 2000;

#[tokio::test]
async fn a_lost_reply_is_found_by_looking() {
    let world = World::start().await;
    let destination = world.destination(US).await;
    silence_the_provider(&world).await;
    fault_on_submission(&world, US, "lose_reply", json!({})).await;
    create(&world, US, "order", &destination).await;
    assert_found(&world).await;
}

#[tokio::test]
async fn an_interrupted_submission_is_found_by_looking() {
    let mut world = World::start().await;
    let destination = world.destination(US).await;
    silence_the_provider(&world).await;
    fault_on_submission(&world, US, "delay", json!({ "delay_ms": 60_000 })).await;
    create(&world, US, "order", &destination).await;
    wait_for_submissions(&world, US, "order", 1).await;
    world.kill_server();
    world.start_server().await;
    assert_found(&world).await;
}

async fn assert_found(world: &World) {
    let payout = world.wait_for(US, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    assert_eq!(submissions(world, US, "order").await.len(), 1);
    assert_movements(world, US, "order", &["completed"]).await;
}

#[tokio::test]
async fn what_never_arrived_is_sent_again_once_after_two_look_ups() {
    let mut world = World::start().await;
    let first_look = look_once_in_vain(&mut world).await;
    world.start_server().await;
    let payout = world.wait_for(US, "order", &[PayoutState::Completed]).await;
    let absent = wait_for_event(&world, US, "order", PayoutEventKind::AttemptAbsent, 1).await;
    assert!(absent.recorded_at_ms >= first_look + SPACING_MS, "the look-ups were too close");
    assert_eq!(attempts(&payout), [AttemptState::Absent, AttemptState::Accepted]);
    assert_eq!(submissions(&world, US, "order").await.len(), 2);
    assert_movements(&world, US, "order", &["completed"]).await;
}

#[tokio::test]
async fn what_never_arrived_is_parked_if_duplicates_might_pass() {
    let unconfirmed = "duplicate_protection = \"unconfirmed\"".to_owned();
    let replace = vec![("duplicate_protection = \"confirmed\"", unconfirmed)];
    let mut world = World::start_with(&Options { replace, ..Options::default() }).await;
    look_once_in_vain(&mut world).await;
    world.start_server().await;
    let payout = wait_until_parked(&world, US, "order").await;
    assert_eq!(payout.cause.clone().unwrap().reason(), Reason::ResendUnprotected);
    assert_eq!(payout.outcome(), Outcome::Undecided);
    world.kill_server();
    world.start_server().await;
    let_recovery_have_its_turn(&world, US, "other").await;
    assert_eq!(submissions(&world, US, "order").await.len(), 1);
    assert_movements(&world, US, "order", &[]).await;
}

/// A submission that never arrived, with the first look-up made in vain and the server killed
/// before the second. Returns when the look-up was recorded.
async fn look_once_in_vain(world: &mut World) -> i64 {
    let destination = world.destination(US).await;
    fault_on_submission(world, US, "http_500", json!({})).await;
    create(world, US, "order", &destination).await;
    let doubt = wait_for_event(world, US, "order", PayoutEventKind::AttemptInDoubt, 1).await;
    let looked = wait_for_event(world, US, "order", PayoutEventKind::Noted, 1).await;
    world.kill_server();
    let since_doubt = looked.recorded_at_ms - doubt.recorded_at_ms;
    assert!(since_doubt >= REQUEST_TIMEOUT_MS, "a request might still have been under way");
    looked.recorded_at_ms
}

/// The store forgot the payout, and the list that is looked at before the first send lags.
#[tokio::test]
async fn a_reported_duplicate_is_looked_up_and_adopted() {
    let mut world = World::start().await;
    let handle = world.authorization(CUSTOMER).await;
    let destination = world.import(US, CUSTOMER, &handle).await;
    create(&world, US, "order", &destination).await;
    world.wait_for(US, "order", &[PayoutState::Completed]).await;
    world.kill_server();
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    world
        .fault(json!({
            "region": "amer", "on": "list", "fault": "list_lag", "times": 2,
            "delay_ms": 600_000, "reference": id_of(US, "order"),
        }))
        .await;
    world.start_server().await;
    let destination = world.import(US, CUSTOMER, &handle).await;
    create(&world, US, "order", &destination).await;
    let payout = world.wait_for(US, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    wait_for_event(&world, US, "order", PayoutEventKind::AttemptInDoubt, 1).await;
    assert_eq!(submissions(&world, US, "order").await.len(), 2, "it was never refused");
    assert_movements(&world, US, "order", &["completed"]).await;
}

#[tokio::test]
async fn a_refused_second_send_fails_only_once_it_is_proven_absent_too() {
    let mut world = World::start().await;
    let destination = world.destination(US).await;
    fault_on_submission(&world, US, "http_500", json!({})).await;
    fault_on_submission(&world, US, "refuse", json!({ "code": 330 })).await;
    create(&world, US, "order", &destination).await;
    wait_for_event(&world, US, "order", PayoutEventKind::AttemptAbsent, 1).await;
    wait_for_submissions(&world, US, "order", 2).await;
    wait_for_event(&world, US, "order", PayoutEventKind::AttemptInDoubt, 2).await;
    world.kill_server();
    world.start_server().await;
    let payout = world.wait_for(US, "order", &[PayoutState::Failed]).await;
    assert_eq!(payout.cause.clone().unwrap().reason(), Reason::AccountInvalid);
    assert!(payout.give_back.is_some());
    assert_eq!(attempts(&payout), [AttemptState::Absent, AttemptState::Absent]);
    let history = history(&world, US, "order").await;
    let absent = history.iter().filter(|one| one.kind == PayoutEventKind::AttemptAbsent).count();
    assert_eq!(absent, 2, "{history:?}");
    assert_eq!(submissions(&world, US, "order").await.len(), 2);
    assert_movements(&world, US, "order", &[]).await;
}
