//! A store that is new, was wiped, or is an old copy: it cannot know what was sent before.

use std::path::Path;
use std::time::{Duration, Instant};

use api::v1::{AttemptState, CancelResult, Payout, PayoutState};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    LOOKED_FIRST, PLACED, SENT_AT_ONCE, assert_movements, assert_same_bytes, attempts, create,
    forgetful, kinds, prove_the_store, silence_the_provider, submissions, with_horizon,
};
use crate::samples::{cancel_by_id, cancel_by_key};
use crate::world::{CUSTOMER, EU, Options, PATIENCE, PAUSE, US, World, id_of, request};

#[tokio::test]
async fn a_new_store_looks_before_it_sends_in_the_americas() {
    let begin = Instant::now();
    let world = World::start_with(&forgetful(Options::default())).await;
    let destination = world.destination(US).await;
    create(&world, US, "order", &destination).await;
    world.wait_for(US, "order", &PLACED).await;
    // Not sooner than a request of the forgotten past could have taken.
    assert!(begin.elapsed() >= Duration::from_secs(2));
    assert!(kinds(&world, US, "order").await.starts_with(&LOOKED_FIRST));
}

#[tokio::test]
async fn a_store_that_has_proven_itself_sends_at_once() {
    let world = World::start_with(&forgetful(with_horizon("4000ms"))).await;
    let destination = world.destination(US).await;
    prove_the_store(&world, &destination).await;
    create(&world, US, "order", &destination).await;
    world.wait_for(US, "order", &[PayoutState::Completed]).await;
    assert!(kinds(&world, US, "order").await.starts_with(&SENT_AT_ONCE));
}

#[tokio::test]
async fn a_wiped_store_pays_nothing_again() {
    let mut world = World::start().await;
    silence_the_provider(&world).await;
    let handles = [(EU, "1234567890".to_owned()), (US, world.authorization(CUSTOMER).await)];
    pay_to(&world, &handles).await;
    world.kill_server();
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    world.start_server().await;
    pay_to(&world, &handles).await;
    assert_recovered(&world).await;
    assert_eq!(submissions(&world, US, "order").await.len(), 1);
    assert_same_bytes(&world, EU, "order", 2).await;
}

async fn pay_to(world: &World, handles: &[(&str, String)]) {
    for (merchant, handle) in handles {
        let destination = world.import(merchant, CUSTOMER, handle).await;
        create(world, merchant, "order", &destination).await;
        world.wait_for(merchant, "order", &PLACED).await;
    }
}

/// The confirmation finds a store that knows nothing; it waits there for the payout.
#[tokio::test]
async fn a_notification_that_outlived_its_store_keeps_the_payout_from_being_sent() {
    let mut world = World::start().await;
    silence_the_provider(&world).await;
    let destination = world.destination(EU).await;
    create(&world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &PLACED).await;
    world.kill_server();
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    world.start_server().await;
    world.clear_faults().await;
    wait_for_delivery(&world, EU, "order").await;
    let destination = world.destination(EU).await;
    create(&world, EU, "order", &destination).await;
    let payout = world.wait_for(EU, "order", &[PayoutState::Completed]).await;
    assert_eq!(attempts(&payout), []);
    assert_eq!(submissions(&world, EU, "order").await.len(), 1);
    assert_movements(&world, EU, "order", &["completed"]).await;
}

#[tokio::test]
async fn an_old_copy_of_the_store_pays_nothing_again() {
    let mut world = World::start_with(&with_horizon("4000ms")).await;
    let destinations = [world.destination(EU).await, world.destination(US).await];
    prove_the_store(&world, &destinations[1]).await;
    silence_the_provider(&world).await;
    let known = [(EU, "known", &destinations[0]), (US, "known", &destinations[1])];
    for (merchant, key, destination) in known {
        create(&world, merchant, key, destination).await;
        world.wait_for(merchant, key, &PLACED).await;
    }
    let (data, copy) = (world.directory().join("data"), world.directory().join("copy"));
    assert_eq!(world.stop_server(), Some(0));
    copy_directory(&data, &copy);
    world.start_server().await;
    let forgotten = [(EU, "order", &destinations[0]), (US, "order", &destinations[1])];
    for (merchant, key, destination) in forgotten {
        create(&world, merchant, key, destination).await;
        world.wait_for(merchant, key, &PLACED).await;
    }
    assert!(kinds(&world, US, "order").await.starts_with(&SENT_AT_ONCE));
    world.kill_server();
    std::fs::remove_dir_all(&data).unwrap();
    copy_directory(&copy, &data);
    world.start_server().await;
    for (merchant, key, destination) in forgotten {
        create(&world, merchant, key, destination).await;
        world.wait_for(merchant, key, &PLACED).await;
    }
    assert!(!kinds(&world, US, "order").await.starts_with(&SENT_AT_ONCE));
    assert_recovered(&world).await;
    assert_eq!(submissions(&world, US, "order").await.len(), 1);
    for merchant in [EU, US] {
        world.wait_for(merchant, "known", &[PayoutState::Completed]).await;
        assert_movements(&world, merchant, "known", &["completed"]).await;
    }
}

/// The copy knows the payouts as they were before they were paid: held, because our access was
/// refused. What it knows is not acted upon before the provider was asked.
#[tokio::test]
async fn an_old_copy_that_knows_a_payout_as_unsent_neither_pays_nor_gives_back() {
    let mut world = World::start().await;
    let destinations = [(EU, world.destination(EU).await), (US, world.destination(US).await)];
    for (region, on, code) in [("eu", "AccountPayout", 616), ("amer", "deposit", 375)] {
        let times = 1_000_000;
        let refuse = json!({
            "region": region, "on": on, "fault": "refuse", "code": code, "times": times,
        });
        world.fault(refuse).await;
    }
    for (merchant, destination) in &destinations {
        for key in ["order", "canceled"] {
            let create = request(merchant, key, destination);
            world.payouts().create_payout(create).await.unwrap();
            let held = |it: &Payout| it.state() == PayoutState::Pending && it.cause.is_some();
            world.wait_until(merchant, key, "held", held).await;
        }
    }
    let (data, copy) = (world.directory().join("data"), world.directory().join("copy"));
    // The clients' connections are closed meanwhile: the stop would wait for them.
    world.quiet().await;
    assert_eq!(world.stop_server(), Some(0));
    copy_directory(&data, &copy);
    world.clear_faults().await;
    world.start_server().await;
    for (merchant, _) in &destinations {
        for key in ["order", "canceled"] {
            world.wait_for(merchant, key, &[PayoutState::Completed]).await;
        }
    }
    world.quiet().await;
    world.kill_server();
    std::fs::remove_dir_all(&data).unwrap();
    copy_directory(&copy, &data);
    world.start_server().await;
    for (merchant, _) in &destinations {
        let cancel = cancel_by_id(merchant, &id_of(merchant, "canceled"));
        let answer = world.payouts().cancel_payout(cancel).await.unwrap().into_inner();
        assert_ne!(answer.result(), CancelResult::Canceled, "{merchant}");
        let asked = [PayoutState::Accepted, PayoutState::Completed];
        world.wait_for(merchant, "order", &asked).await;
        assert_movements(&world, merchant, "order", &["completed"]).await;
        assert_movements(&world, merchant, "canceled", &["completed"]).await;
        let canceled = world.wait_until(merchant, "canceled", "there", |_| true).await;
        assert_eq!(canceled.give_back, None, "{merchant}");
    }
}

/// A router that fails over must not be told that the key never paid.
#[tokio::test]
async fn a_wiped_store_fences_a_key_and_says_that_it_may_have_paid() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    silence_the_provider(&world).await;
    create(&world, EU, "order", &destination).await;
    world.wait_for(EU, "order", &PLACED).await;
    world.kill_server();
    std::fs::remove_dir_all(world.directory().join("data")).unwrap();
    world.start_server().await;
    for _ in 0..2 {
        for key in ["order", "another"] {
            let answer = world.payouts().cancel_payout(cancel_by_key(EU, key)).await.unwrap();
            let answer = answer.into_inner();
            assert_eq!((answer.result(), answer.payout), (CancelResult::Unknown, None), "{key}");
        }
        world.clear_faults().await;
        wait_for_delivery(&world, EU, "order").await;
    }
}

/// Once the provider speaks again, what was paid before the loss is known to be.
async fn assert_recovered(world: &World) {
    world.clear_faults().await;
    for merchant in [EU, US] {
        let payout = world.wait_for(merchant, "order", &[PayoutState::Completed]).await;
        assert!(attempts(&payout).iter().all(|state| *state == AttemptState::Accepted));
        assert_movements(world, merchant, "order", &["completed"]).await;
    }
}

/// Waits until everything the provider has to say about a payout was acknowledged.
async fn wait_for_delivery(world: &World, merchant: &str, key: &str) {
    let path = format!("notifications?reference={}", id_of(merchant, key));
    let end = Instant::now() + PATIENCE;
    loop {
        let notices = world.control(Method::GET, &path, Value::Null).await;
        let lines = notices["notifications"].as_array().unwrap();
        if !lines.is_empty() && lines.iter().all(|line| line["delivered"] == true) {
            return;
        }
        assert!(Instant::now() < end, "not delivered: {notices}");
        tokio::time::sleep(PAUSE).await;
    }
}

fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
