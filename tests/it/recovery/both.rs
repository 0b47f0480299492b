//! Rows of the table that are alike in both regions.

use std::net::SocketAddr;

use api::v1::{AttemptState, Outcome, PayoutEventKind, PayoutState, Reason};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{
    ALWAYS, assert_movements, attempts, create, fault_on_submission, let_recovery_have_its_turn,
    prove_the_store, reconfigure, submissions, wait_for_event, wait_until_parked, with_horizon,
};
use crate::world::{EU, US, World, free_port};

#[tokio::test]
async fn what_was_provably_not_sent_is_sent_again() {
    let mut world = World::without_server(&with_horizon("15000ms")).await;
    let (simulator, between) = (world.simulator_at, free_port());
    reconfigure(&world, &simulator.to_string(), &between.to_string());
    let relay = relayed(between, simulator).await;
    world.start_server().await;
    let destinations = [(EU, world.destination(EU).await), (US, world.destination(US).await)];
    // Before that, the Americas would be looked at and not sent to.
    prove_the_store(&world, &destinations[1].1).await;
    world.kill_server();
    relay.abort();
    world.start_server().await;
    for (merchant, destination) in &destinations {
        create(&world, merchant, "order", destination).await;
        wait_for_event(&world, merchant, "order", PayoutEventKind::AttemptNotSent, 2).await;
        let payout = world.wait_for(merchant, "order", &[PayoutState::Pending]).await;
        assert_eq!(payout.outcome(), Outcome::Undecided);
    }
    world.kill_server();
    relayed(between, simulator).await;
    world.start_server().await;
    for merchant in [EU, US] {
        let payout = world.wait_for(merchant, "order", &[PayoutState::Completed]).await;
        let [earlier @ .., last] = &attempts(&payout)[..] else { panic!("no attempt was made") };
        assert!(earlier.iter().all(|state| *state == AttemptState::NotSent));
        assert_eq!(*last, AttemptState::Accepted);
        assert_eq!(submissions(&world, merchant, "order").await.len(), 1);
        assert_movements(&world, merchant, "order", &["completed"]).await;
    }
}

/// Takes connections at one address on to another, until it is aborted: from then on the next ones
/// are refused.
async fn relayed(at: SocketAddr, to: SocketAddr) -> JoinHandle<()> {
    let listener = TcpListener::bind(at).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                // However it ends, both sides see it.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    })
}

#[tokio::test]
async fn beyond_the_horizon_it_is_parked_and_not_sent_again() {
    let mut world = World::start_with(&with_horizon("3000ms")).await;
    leave_in_doubt(&world).await;
    for merchant in [EU, US] {
        let payout = wait_until_parked(&world, merchant, "order").await;
        assert_eq!(payout.cause.clone().unwrap().reason(), Reason::HorizonPassed, "{merchant}");
        assert_eq!(payout.outcome(), Outcome::Undecided, "{merchant}");
    }
    assert_left_alone(&mut world).await;
}

#[tokio::test]
async fn another_account_at_the_provider_parks_what_is_in_doubt() {
    let mut world = World::start().await;
    leave_in_doubt(&world).await;
    world.kill_server();
    reconfigure(&world, "username = \"", "username = \"other-");
    reconfigure(&world, "merchant_id = \"", "merchant_id = \"9");
    world.start_server().await;
    assert_parked_for_configuration(&world).await;
    world.kill_server();
    reconfigure(&world, "username = \"other-", "username = \"");
    reconfigure(&world, "merchant_id = \"9", "merchant_id = \"");
    world.start_server().await;
    assert_left_alone(&mut world).await;
}

#[tokio::test]
async fn another_address_of_the_provider_parks_what_is_in_doubt() {
    let mut world = World::start().await;
    leave_in_doubt(&world).await;
    world.kill_server();
    let localhost = format!("http://localhost:{}", world.simulator_at.port());
    reconfigure(&world, &format!("http://{}", world.simulator_at), &localhost);
    world.start_server().await;
    assert_parked_for_configuration(&world).await;
    assert_left_alone(&mut world).await;
}

async fn assert_parked_for_configuration(world: &World) {
    for merchant in [EU, US] {
        let payout = wait_until_parked(world, merchant, "order").await;
        let reason = payout.cause.clone().unwrap().reason();
        assert_eq!(reason, Reason::ProviderAccountChanged, "{merchant}");
        assert_eq!(attempts(&payout), [AttemptState::InDoubt], "{merchant}");
        assert_eq!(payout.outcome(), Outcome::Undecided, "{merchant}");
    }
}

/// A payout of each merchant that was sent, never arrived, and cannot be cleared up.
async fn leave_in_doubt(world: &World) {
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        fault_on_submission(world, merchant, "http_500", json!({ "times": ALWAYS })).await;
        create(world, merchant, "order", &destination).await;
        world.wait_for(merchant, "order", &[PayoutState::Indeterminate]).await;
    }
    // Only now: the look before the first send had to be answered.
    let lists = json!({ "region": "amer", "on": "list", "fault": "http_500", "times": ALWAYS });
    world.fault(lists).await;
}

/// What is parked stays as it is after the trouble is over.
async fn assert_left_alone(world: &mut World) {
    world.clear_faults().await;
    let mut sent = Vec::new();
    for merchant in [EU, US] {
        sent.push(submissions(world, merchant, "order").await);
    }
    world.kill_server();
    world.start_server().await;
    for (merchant, sent) in [EU, US].into_iter().zip(sent) {
        let_recovery_have_its_turn(world, merchant, "other").await;
        wait_until_parked(world, merchant, "order").await;
        assert_eq!(submissions(world, merchant, "order").await, sent, "{merchant}");
        assert_movements(world, merchant, "order", &[]).await;
    }
}
