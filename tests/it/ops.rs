//! What operators do, against the running binary: settling what is in doubt, stopping a queue,
//! looking at what was or would be sent; and what holds a queue without them.

mod access;
mod cli;
mod presumed;
mod preview;
mod queue;
mod settle;

use std::time::Instant;

use api::v1::event::Event as Kind;
use api::v1::{
    CreatePayoutRequest, DescribeProviderRequest, DescribeProviderResponse, IndeterminatePayout,
    ListIndeterminateRequest, Payout, PayoutEvent, QueueHold, QueueHoldKind, SettlePayoutRequest,
    Settlement, SettlementVerdict, WaitUntil,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::samples::to_handle;
use crate::world::{EU, Options, PATIENCE, PAUSE, World, id_of};

/// More often than any test lets it happen.
const ALWAYS: u32 = 1_000_000;

/// The account that always exists.
const ACCOUNT: &str = "1234567890";

/// A payout in Europe that is sent without anything before it.
fn straight(key: &str) -> CreatePayoutRequest {
    to_handle(EU, key, ACCOUNT)
}

/// Creates it and returns once it is recorded.
async fn create(world: &World, key: &str) -> Payout {
    let mut request = straight(key);
    request.set_wait_until(WaitUntil::Recorded);
    world.payouts().create_payout(request).await.unwrap().into_inner().payout.unwrap()
}

async fn on_submission(world: &World, fault: Value) {
    let mut rule = json!({ "region": "eu", "on": "AccountPayout" });
    for (name, value) in fault.as_object().unwrap() {
        rule[name] = value.clone();
    }
    world.fault(rule).await;
}

/// How often payouts were submitted in Europe; of one payout, if a key is given.
async fn submissions(world: &World, key: Option<&str>) -> usize {
    let path = match key {
        Some(key) => format!("requests?reference={}", id_of(EU, key)),
        None => "requests".to_owned(),
    };
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let lines = asked["requests"].as_array().unwrap().iter();
    let of_payouts = lines.filter(|line| line["method"] == "AccountPayout");
    of_payouts.map(|line| line["body_sha256"].as_array().unwrap().len()).sum()
}

async fn wait_for_submissions(world: &World, key: Option<&str>, count: usize) {
    let end = Instant::now() + PATIENCE;
    while submissions(world, key).await < count {
        assert!(Instant::now() < end, "{key:?} was not submitted {count} times");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn wait_until_parked(world: &World, key: &str) -> Payout {
    let parked = api::v1::Attention::Parked.into();
    world.wait_until(EU, key, "parked", |payout| payout.attention.contains(&parked)).await
}

/// Everything that is an operator's business; of all merchants, if none is named.
async fn indeterminate(world: &World, merchant: &str) -> Vec<IndeterminatePayout> {
    let mut request =
        ListIndeterminateRequest { merchant: merchant.to_owned(), ..Default::default() };
    request.page_size = 1;
    let mut all = Vec::new();
    loop {
        let answer = world.operations().list_indeterminate(request.clone()).await.unwrap();
        let answer = answer.into_inner();
        all.extend(answer.payouts);
        if answer.next_page_token.is_empty() {
            return all;
        }
        request.page_token = answer.next_page_token;
    }
}

async fn keys_in_doubt(world: &World, merchant: &str) -> Vec<String> {
    let listed = indeterminate(world, merchant).await;
    listed.into_iter().map(|one| one.payout.unwrap().idempotency_key).collect()
}

pub(crate) fn decision(key: &str, verdict: SettlementVerdict) -> SettlePayoutRequest {
    SettlePayoutRequest {
        merchant: EU.to_owned(),
        payout_id: id_of(EU, key),
        settlement: Some(Settlement {
            verdict: verdict.into(),
            operator: "Ada, payments".to_owned(),
            evidence: "ticket 4711".to_owned(),
            why: "said so on the phone".to_owned(),
        }),
    }
}

pub(crate) async fn describe(world: &World, merchant: &str) -> DescribeProviderResponse {
    let request = DescribeProviderRequest { merchant: merchant.to_owned() };
    world.provider().describe_provider(request).await.unwrap().into_inner()
}

/// Waits until exactly these kinds of hold are shown.
async fn wait_for_holds(
    world: &World,
    merchant: &str,
    kinds: &[QueueHoldKind],
) -> DescribeProviderResponse {
    let end = Instant::now() + PATIENCE;
    loop {
        let described = describe(world, merchant).await;
        if described.queue_holds.iter().map(QueueHold::kind).eq(kinds.iter().copied()) {
            return described;
        }
        assert!(Instant::now() < end, "not {kinds:?}: {described:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What happened to a payout so far.
async fn history(world: &World, key: &str) -> Vec<PayoutEvent> {
    let id = id_of(EU, key);
    let mut history = Vec::new();
    for event in world.events(EU).await {
        match event.event {
            Some(Kind::PayoutEvent(about)) if about.payout_id == id => history.push(*about),
            _ => {}
        }
    }
    history
}

fn with_horizon(horizon: &str) -> Options {
    let replace = vec![("horizon = \"144000ms\"", format!("horizon = \"{horizon}\""))];
    Options { replace, ..Options::default() }
}
