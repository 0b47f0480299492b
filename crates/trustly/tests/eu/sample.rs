//! Payouts to try adapters on, and the state machine that judges what the adapters say.

use std::collections::BTreeMap;
use std::time::Duration;

use payout::attempt::{Attempt, AttemptStatus};
use payout::event::{Created, Event};
use payout::fingerprint::fingerprint;
use payout::id::{Customer, IdempotencyKey, Incarnation, Merchant};
use payout::identity::payout_id;
use payout::input::{Certainty, Input, Report, Reported, What};
use payout::keys::{KEY_LENGTH, KeyId, KeyRing};
use payout::machine;
use payout::money::{Currency, Money};
use payout::order::{Metadata, Order, RawHandle, Speed, TargetRequest};
use payout::party::Parties;
use payout::policy::{Backoff, DoubtPolicy, Policy};
use payout::port::{Answer, Request};
use payout::reason::Reason;
use payout::record::Payout;
use payout::time::{Time, Timestamp};
use zeroize::Zeroizing;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) fn ring(ids: &[u8]) -> KeyRing {
    let key = |id: &u8| (KeyId(u32::from(*id)), Zeroizing::new([*id; KEY_LENGTH]));
    KeyRing::new(ids.iter().map(key).collect()).unwrap()
}

pub(crate) fn policy(doubt: DoubtPolicy) -> Policy {
    Policy {
        doubt,
        horizon: Duration::from_secs(86_400),
        related_horizon: Duration::from_secs(300),
        send_window: Duration::from_secs(5),
        request_timeout: Duration::from_secs(30),
        retry: Backoff { first: Duration::from_secs(1), max: Duration::from_secs(300) },
        hold: Duration::from_secs(60),
        polling: None,
        presumed_after: None,
        return_window: Duration::from_secs(14 * 86_400),
    }
}

pub(crate) fn money(minor_units: i64, currency: &str) -> Money {
    Money::new(minor_units, Currency::parse(currency).unwrap()).unwrap()
}

pub(crate) fn raw_handle(text: &str) -> TargetRequest {
    TargetRequest::ProviderHandle(RawHandle::parse(text).unwrap())
}

/// A payout on nobody's behalf but the merchant's.
pub(crate) fn nobody() -> Parties {
    Parties::default()
}

pub(crate) fn order(key: &str, amount: Money) -> Order {
    Order {
        merchant: Merchant::parse("demo").unwrap(),
        idempotency_key: IdempotencyKey::parse(key).unwrap(),
        customer: Customer::parse("customer 1").unwrap(),
        amount,
        target: raw_handle("1234567890").target(),
        speed: Speed::Standard,
        statement_descriptor: None,
        external_reference: None,
        related_order_reference: None,
        submit_before: None,
        metadata: Metadata::parse(BTreeMap::new()).unwrap(),
    }
}

/// A payout whose destination is known and that was never sent.
pub(crate) fn pending(order: Order) -> Payout {
    let id = payout_id(&order.merchant, &order.idempotency_key);
    let fingerprint = fingerprint(&ring(&[1]), &order, &raw_handle("1234567890"), &nobody());
    let created = Created { order, fingerprint, forgetful_until: None, resolved: true };
    machine::apply(None, &machine::create(id, created, NOW))
}

/// The payout with one more attempt, about to be sent.
pub(crate) fn opened(payout: Payout, policy: &Policy, request: &Request) -> Payout {
    let attempt = Attempt {
        number: payout.next_number(),
        generation: payout.next_generation(),
        holder: Incarnation::parse("test-1").unwrap(),
        opened_at: NOW,
        send_by: NOW.plus(policy.send_window),
        account: request.account.clone(),
        digest: request.digest,
        masked: request.masked.clone(),
        status: AttemptStatus::Open,
    };
    let input = Input::own(What::AttemptOpened(Box::new(attempt)));
    taken(payout, policy, &[input]).0
}

/// What the machine makes of inputs: the payout after them, and the events.
pub(crate) fn taken(payout: Payout, policy: &Policy, inputs: &[Input]) -> (Payout, Vec<Event>) {
    let (mut payout, mut events) = (payout, Vec::new());
    for input in inputs {
        if let Some(event) = machine::decide(&payout, policy, input, Time::steady(NOW)).unwrap() {
            payout = machine::apply(Some(payout), &event);
            events.push(event);
        }
    }
    (payout, events)
}

/// The names of the states that a payout goes through.
pub(crate) fn path(payout: Payout, policy: &Policy, inputs: &[Input]) -> Vec<&'static str> {
    let (_, events) = taken(payout, policy, inputs);
    events.iter().map(|event| event.after.name().as_str()).collect()
}

pub(crate) fn whats(answer: &Answer) -> Vec<What> {
    answer.inputs.iter().map(|input| input.what.clone()).collect()
}

/// What a report looks like that knows no rail.
pub(crate) fn said(
    certainty: Certainty,
    status: Reported,
    reason: Option<Reason>,
    amount: Option<Money>,
) -> What {
    What::Reported(Report { status, reason, certainty, amount, speed_achieved: None })
}
