//! What can be seen from outside once everything has settled: the server's payouts and log, and the
//! provider's ledger and requests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use api::v1::event::Event as Kind;
use api::v1::event_selector::Selector;
use api::v1::event_start::Start;
use api::v1::{
    Attention, Event, EventSelector, EventStart, ListPayoutEventsRequest, ListPayoutsRequest,
    Outcome, Payout, PayoutEvent, PayoutState,
};
use reqwest::Method;
use serde_json::Value;

use super::watcher::Watched;
use crate::world::{EU, PATIENCE, US, World};

/// Everything there is to see.
pub(super) struct Observed {
    /// By id.
    pub(super) payouts: BTreeMap<String, Payout>,
    /// By merchant, in the order of the log.
    pub(super) events: BTreeMap<&'static str, Vec<Event>>,
    /// The same events by the id of their payout.
    pub(super) histories: BTreeMap<String, Vec<PayoutEvent>>,
    /// By payout id, which is the reference that the provider was given.
    pub(super) movements: BTreeMap<String, Vec<Movement>>,
    /// The digests of the requests that move money, by the reference they named.
    pub(super) submissions: BTreeMap<String, Vec<String>>,
}

/// A line of the provider's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Movement {
    pub(super) provider_id: String,
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) state: String,
}

/// Between two looks at whether everything has settled.
const PAUSE: Duration = Duration::from_millis(200);

/// Pages small enough that a list has many of them.
const PAGE_SIZE: i32 = 37;

impl Observed {
    /// Reads everything; returns once the watchers, who are still at it, have seen as much.
    pub(super) async fn read(world: &World, watched: &[Watched]) -> Self {
        let mut events = BTreeMap::new();
        for merchant in [EU, US] {
            events.insert(merchant, events_after(world, merchant, None, None).await);
        }
        for watched in watched {
            let last = events[watched.merchant].iter().rfind(|event| selects(watched, event));
            wait_for_watcher(watched, last).await;
        }
        Self {
            payouts: payouts(world).await,
            histories: histories(&events),
            events,
            movements: movements(world).await,
            submissions: submissions(world).await,
        }
    }

    /// What happened to a payout, in order.
    pub(super) fn history(&self, id: &str) -> &[PayoutEvent] {
        self.histories.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The provider's movements for a payout.
    pub(super) fn moved(&self, id: &str) -> &[Movement] {
        self.movements.get(id).map(Vec::as_slice).unwrap_or_default()
    }
}

fn histories(events: &BTreeMap<&str, Vec<Event>>) -> BTreeMap<String, Vec<PayoutEvent>> {
    let mut histories: BTreeMap<String, Vec<PayoutEvent>> = BTreeMap::new();
    for event in events.values().flatten() {
        if let Some(Kind::PayoutEvent(event)) = &event.event {
            let history = histories.entry(event.payout_id.clone()).or_default();
            history.push(PayoutEvent::clone(event));
        }
    }
    histories
}

/// Whether a selection shows an event.
pub(super) fn selects(watched: &Watched, event: &Event) -> bool {
    watched.customer.as_ref().is_none_or(|customer| *customer == event.customer)
}

async fn wait_for_watcher(watched: &Watched, last: Option<&Event>) {
    let end = Instant::now() + PATIENCE;
    // One that never sees it is found out when both are compared.
    while Instant::now() < end {
        let seen = watched.events.lock().unwrap().last().cloned();
        if seen.as_ref() == last {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until nothing moves any more; says what still does when patience is at an end.
pub(super) async fn settle(world: &World) -> Option<String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let open = open(world).await?;
        if Instant::now() >= end {
            return Some(format!("not settled: {open}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is not settled yet, if anything: at the provider, here, or between the two.
async fn open(world: &World) -> Option<String> {
    let notices = world.control(Method::GET, "notifications", Value::Null).await;
    let steps = notices["pending_steps"].as_u64().unwrap();
    let lines = notices["notifications"].as_array().unwrap();
    let waiting = lines.iter().filter(|line| line["state"] == "waiting").count();
    if steps > 0 || waiting > 0 {
        return Some(format!("{steps} steps and {waiting} notifications at the provider"));
    }
    let movements = movements(world).await;
    for (id, payout) in payouts(world).await {
        let moved = movements.get(&id).map(Vec::as_slice).unwrap_or_default();
        if !is_parked(&payout) && !agrees(&payout, moved) {
            return Some(format!("{id} is {:?} and the ledger says {moved:?}", payout.state()));
        }
    }
    None
}

/// Whether nothing more is tried by itself, for want of proof.
pub(super) fn is_parked(payout: &Payout) -> bool {
    payout.attention.contains(&Attention::Parked.into())
}

/// Whether a payout is where the provider's ledger has it.
pub(super) fn agrees(payout: &Payout, moved: &[Movement]) -> bool {
    let (state, not_paid) = (payout.state(), payout.outcome() == Outcome::NotPaid);
    match moved {
        [] => not_paid && state != PayoutState::Returned,
        [movement] => match movement.state.as_str() {
            "completed" => state == PayoutState::Completed,
            "returned" => not_paid && may_be_returned(payout),
            "failed" => not_paid && state != PayoutState::Returned,
            _ => false,
        },
        _ => false,
    }
}

/// In Europe a credit that overtakes the confirmation is a failure for good: which of the two the
/// money did cannot be seen from the credit.
fn may_be_returned(payout: &Payout) -> bool {
    match payout.state() {
        PayoutState::Returned => true,
        PayoutState::Failed => payout.merchant == EU,
        _ => false,
    }
}

async fn payouts(world: &World) -> BTreeMap<String, Payout> {
    let mut all = BTreeMap::new();
    for merchant in [EU, US] {
        let mut token = String::new();
        loop {
            let request = ListPayoutsRequest {
                merchant: merchant.to_owned(),
                page_size: PAGE_SIZE,
                page_token: token,
                ..ListPayoutsRequest::default()
            };
            let page = world.payouts().list_payouts(request).await.unwrap().into_inner();
            for payout in page.payouts {
                let listed_before = all.insert(payout.id.clone(), payout);
                assert_eq!(listed_before, None, "a payout is on two pages");
            }
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
    }
    all
}

/// The events of a merchant, or of one of its customers, after a cursor or from the beginning.
pub(super) async fn events_after(
    world: &World,
    merchant: &str,
    customer: Option<&str>,
    after: Option<&str>,
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut start = match after {
        Some(cursor) => Start::Cursor(cursor.to_owned()),
        None => Start::Beginning(()),
    };
    let mut client = world.payouts();
    loop {
        let selector = match customer {
            Some(customer) => Selector::Customer(customer.to_owned()),
            None => Selector::EntireMerchant(()),
        };
        let request = ListPayoutEventsRequest {
            merchant: merchant.to_owned(),
            selector: Some(EventSelector { selector: Some(selector) }),
            start: Some(EventStart { start: Some(start) }),
            page_size: PAGE_SIZE,
        };
        let page = client.list_payout_events(request).await.unwrap().into_inner();
        events.extend(page.events);
        if page.at_end {
            return events;
        }
        start = Start::Cursor(page.next_cursor);
    }
}

async fn movements(world: &World) -> BTreeMap<String, Vec<Movement>> {
    let ledger = world.control(Method::GET, "ledger", Value::Null).await;
    let mut movements: BTreeMap<String, Vec<Movement>> = BTreeMap::new();
    for line in ledger["movements"].as_array().unwrap() {
        let text = |member: &str| line[member].as_str().unwrap().to_owned();
        movements.entry(text("reference")).or_default().push(Movement {
            provider_id: text("provider_id"),
            amount: text("amount"),
            currency: text("currency"),
            state: text("state"),
        });
    }
    movements
}

async fn submissions(world: &World) -> BTreeMap<String, Vec<String>> {
    let asked = world.control(Method::GET, "requests", Value::Null).await;
    let mut submissions = BTreeMap::new();
    for line in asked["requests"].as_array().unwrap() {
        if line["method"] == "AccountPayout" || line["method"] == "deposit" {
            let digests = line["body_sha256"].as_array().unwrap();
            let digests = digests.iter().map(|digest| digest.as_str().unwrap().to_owned());
            let reference = line["reference"].as_str().unwrap().to_owned();
            submissions.insert(reference, digests.collect());
        }
    }
    submissions
}
