//! What was sealed is sent again as it is, whatever was changed while the server was down. The
//! password and the merchant's key by themselves: see the parent and `keys`.

use api::v1::{AttemptState, PayoutState};
use serde_json::json;

use super::super::{
    ALWAYS, assert_movements, assert_same_bytes, attempts, create, fault_on_submission,
    reconfigure, silence_the_provider, submissions, wait_for_submissions,
};
use crate::keys::{NEW, OWN, keygen};
use crate::world::{EU, World};

#[tokio::test]
async fn nothing_but_a_restart() {
    let mut world = World::start().await;
    lose_every_answer(&mut world).await;
    assert_answered_in_its_own_bytes(&mut world).await;
}

/// The address that was given out stays in what was sealed, and stays one of ours.
#[tokio::test]
async fn another_notification_address() {
    let mut world = World::start().await;
    lose_every_answer(&mut world).await;
    move_the_notifications(&world);
    assert_answered_in_its_own_bytes(&mut world).await;
    assert_pays(&world, "other").await;
}

/// What an older key sealed is opened by it, and addresses that it authenticated are taken.
#[tokio::test]
async fn another_key_of_the_installation() {
    let mut world = World::start().await;
    lose_every_answer(&mut world).await;
    add_a_key(&world);
    assert_answered_in_its_own_bytes(&mut world).await;
    assert_pays(&world, "other").await;
}

#[tokio::test]
async fn everything_at_once() {
    let mut world = World::start().await;
    lose_every_answer(&mut world).await;
    std::fs::write(world.directory().join("secrets/password"), "another").unwrap();
    keygen(&world);
    reconfigure(&world, OWN, &format!("{NEW}, {OWN}"));
    reconfigure(&world, "\"sha1\"", "\"rs256\"");
    reconfigure(&world, "\"Demo Merchant\"", "\"Another Text\"");
    move_the_notifications(&world);
    add_a_key(&world);
    assert_answered_in_its_own_bytes(&mut world).await;
}

fn move_the_notifications(world: &World) {
    let moved = format!("[server]\npublic_url = \"http://localhost:{}\"", world.webhooks_at.port());
    reconfigure(world, "[server]", &moved);
}

fn add_a_key(world: &World) {
    std::fs::write(world.directory().join("secrets/key-2"), "5a".repeat(32)).unwrap();
    reconfigure(world, "[keys]", "[keys]\n2 = { file = \"secrets/key-2\" }");
}

/// Leaves a payout that Trustly has carried out without our hearing of it; the server is down.
async fn lose_every_answer(world: &mut World) {
    let destination = world.destination(EU).await;
    silence_the_provider(world).await;
    fault_on_submission(world, EU, "lose_reply", json!({ "times": ALWAYS })).await;
    create(world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    world.kill_server();
}

/// Two more restarts: after the first the answers are lost as before, after the second not.
async fn assert_answered_in_its_own_bytes(world: &mut World) {
    let sent = submissions(world, EU, "order").await.len();
    world.start_server().await;
    wait_for_submissions(world, EU, "order", sent + 1).await;
    world.wait_for(EU, "order", &[PayoutState::Indeterminate]).await;
    world.kill_server();
    let sent = submissions(world, EU, "order").await.len();
    world.clear_faults().await;
    silence_the_provider(world).await;
    world.start_server().await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Accepted]).await;
    assert_eq!(attempts(&payout), [AttemptState::Accepted]);
    assert_same_bytes(world, EU, "order", sent + 1).await;
    world.clear_faults().await;
    world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    assert_movements(world, EU, "order", &["completed"]).await;
}

/// A payout that is made under the new circumstances is paid and confirmed too.
async fn assert_pays(world: &World, key: &str) {
    let destination = world.destination(EU).await;
    create(world, EU, key, &destination).await;
    world.wait_for(EU, key, &[PayoutState::Completed]).await;
}
