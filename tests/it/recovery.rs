//! The recovery table, row by row: what becomes of a payout whose answer was lost, refused or never
//! given, in each region, across restarts, changed configurations and lost or old stores.

mod americas;
mod both;
mod europe;
mod store;

use std::time::Instant;

use api::v1::event::Event as Kind;
use api::v1::event_selector::Selector;
use api::v1::event_start::Start;
use api::v1::{
    Attempt, AttemptState, Attention, EventSelector, EventStart, ListPayoutEventsRequest, Payout,
    PayoutEventKind, PayoutIds, PayoutState, WaitUntil,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{EU, Options, PATIENCE, PAUSE, US, World, by_key, id_of, request};

/// More often than any test lets it happen.
const ALWAYS: u32 = 1_000_000;

/// Where a payout may be that the provider is known to have.
const PLACED: [PayoutState; 3] =
    [PayoutState::Accepted, PayoutState::Processing, PayoutState::Completed];

/// How a payout begins in the Americas while the store cannot prove that it forgot nothing.
const LOOKED_FIRST: [PayoutEventKind; 3] =
    [PayoutEventKind::Created, PayoutEventKind::Noted, PayoutEventKind::AttemptOpened];
/// How it begins later.
const SENT_AT_ONCE: [PayoutEventKind; 2] =
    [PayoutEventKind::Created, PayoutEventKind::AttemptOpened];

/// One event of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Happened {
    kind: PayoutEventKind,
    after: PayoutState,
    recorded_at_ms: i64,
}

/// Creates a payout to the merchant's usual destination, or repeats the call that did, and returns
/// once it is recorded.
async fn create(world: &World, merchant: &str, key: &str, destination: &str) -> Payout {
    let mut request = request(merchant, key, destination);
    request.set_wait_until(WaitUntil::Recorded);
    let answer = world.payouts().create_payout(request).await.unwrap();
    answer.into_inner().payout.unwrap()
}

/// Adds a fault for submissions of the merchant's region.
async fn fault_on_submission(world: &World, merchant: &str, fault: &str, more: Value) {
    let (region, on) = match merchant {
        EU => ("eu", "AccountPayout"),
        _ => ("amer", "deposit"),
    };
    let mut rule = json!({ "region": region, "on": on, "fault": fault });
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    world.fault(rule).await;
}

/// The digests of the bodies in which a payout was submitted, in order.
async fn submissions(world: &World, merchant: &str, key: &str) -> Vec<String> {
    let method = if merchant == EU { "AccountPayout" } else { "deposit" };
    let path = format!("requests?reference={}", id_of(merchant, key));
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let lines = asked["requests"].as_array().unwrap();
    let Some(line) = lines.iter().find(|line| line["method"] == method) else { return Vec::new() };
    let digests = line["body_sha256"].as_array().unwrap();
    digests.iter().map(|digest| digest.as_str().unwrap().to_owned()).collect()
}

/// Waits until a payout was submitted so often.
async fn wait_for_submissions(world: &World, merchant: &str, key: &str, count: usize) {
    let end = Instant::now() + PATIENCE;
    while submissions(world, merchant, key).await.len() < count {
        assert!(Instant::now() < end, "{merchant} {key} was not submitted {count} times");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Submitted so often, always in the same bytes.
async fn assert_same_bytes(world: &World, merchant: &str, key: &str, at_least: usize) {
    let digests = submissions(world, merchant, key).await;
    assert!(digests.len() >= at_least, "{digests:?}");
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

async fn assert_movements(world: &World, merchant: &str, key: &str, states: &[&str]) {
    let movements = world.movements(merchant, key).await;
    let found: Vec<&str> = movements.iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(found, states, "{movements:?}");
}

fn attempts(payout: &Payout) -> Vec<AttemptState> {
    payout.attempts.iter().map(Attempt::state).collect()
}

/// Waits until a payout waits for an operator.
async fn wait_until_parked(world: &World, merchant: &str, key: &str) -> Payout {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = world.payouts().get_payout(by_key(merchant, key)).await.unwrap();
        let payout = answer.into_inner().payout.unwrap();
        if payout.attention.contains(&Attention::Parked.into()) {
            assert_eq!(payout.state(), PayoutState::Indeterminate);
            return payout;
        }
        assert!(Instant::now() < end, "{merchant} {key} is not parked: {payout:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Everything that happened to a payout so far.
async fn history(world: &World, merchant: &str, key: &str) -> Vec<Happened> {
    let ids = PayoutIds { ids: vec![id_of(merchant, key)] };
    let request = ListPayoutEventsRequest {
        merchant: merchant.to_owned(),
        selector: Some(EventSelector { selector: Some(Selector::Payouts(ids)) }),
        start: Some(EventStart { start: Some(Start::Beginning(())) }),
        page_size: 500,
    };
    let answer = world.payouts().list_payout_events(request).await.unwrap().into_inner();
    assert!(answer.at_end);
    let mut happened = Vec::new();
    for event in answer.events {
        let at = event.recorded_at.unwrap();
        if let Some(Kind::PayoutEvent(event)) = event.event {
            happened.push(Happened {
                kind: event.kind(),
                after: event.state_after(),
                recorded_at_ms: at.seconds * 1000 + i64::from(at.nanos / 1_000_000),
            });
        }
    }
    happened
}

/// Waits until something has happened to a payout so often; returns the latest of it.
async fn wait_for_event(
    world: &World,
    merchant: &str,
    key: &str,
    kind: PayoutEventKind,
    count: usize,
) -> Happened {
    let end = Instant::now() + PATIENCE;
    loop {
        let history = history(world, merchant, key).await;
        let found: Vec<_> = history.iter().filter(|happened| happened.kind == kind).collect();
        if found.len() >= count {
            return **found.last().unwrap();
        }
        assert!(Instant::now() < end, "not {count} times {kind:?}: {history:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Changes the configuration while the server is down.
fn reconfigure(world: &World, what: &str, with: &str) {
    let text = std::fs::read_to_string(world.config()).unwrap();
    assert!(text.contains(what), "the configuration has no {what:?}");
    std::fs::write(world.config(), text.replace(what, with)).unwrap();
}

/// Shows that recovery has had its turn since the server started: it takes another payout, which
/// was in doubt as well, all the way.
async fn let_recovery_have_its_turn(world: &World, merchant: &str, key: &str) {
    let destination = world.destination(merchant).await;
    fault_on_submission(world, merchant, "lose_reply", json!({})).await;
    create(world, merchant, key, &destination).await;
    world.wait_for(merchant, key, &[PayoutState::Completed]).await;
}

/// Options under which a store proves itself within seconds.
fn with_horizon(horizon: &str) -> Options {
    let replace = vec![("horizon = \"144000ms\"", format!("horizon = \"{horizon}\""))];
    Options { replace, ..Options::default() }
}

/// Options under which nobody vouches for the first store.
fn forgetful(options: Options) -> Options {
    Options { forgetful: true, ..options }
}

/// Creates payouts in the Americas until one is sent without a look.
async fn prove_the_store(world: &World, destination: &str) {
    for number in 0..100 {
        let key = format!("earlier-{number}");
        create(world, US, &key, destination).await;
        world.wait_for(US, &key, &[PayoutState::Completed]).await;
        if kinds(world, US, &key).await.starts_with(&SENT_AT_ONCE) {
            return;
        }
    }
    panic!("the store never proved itself");
}

/// No notification is delivered until faults are cleared.
async fn silence_the_provider(world: &World) {
    for region in ["eu", "amer"] {
        let (on, fault) = ("notification", "lose_notification");
        let rule = json!({ "region": region, "on": on, "fault": fault, "times": ALWAYS });
        world.fault(rule).await;
    }
}

async fn kinds(world: &World, merchant: &str, key: &str) -> Vec<PayoutEventKind> {
    history(world, merchant, key).await.iter().map(|happened| happened.kind).collect()
}
