//! Payouts, notifications and destinations to be stored, made by the real state machine.

use std::collections::BTreeMap;
use std::time::Duration;

use payout::attempt::{Attempt, AttemptStatus, RequestDigest};
use payout::bank::Country;
use payout::destination::{Destination, DestinationEvent, DestinationState, Origin, Summary};
use payout::event::Created;
use payout::fingerprint::Fingerprint;
use payout::id::{
    Customer, DestinationId, IdempotencyKey, Incarnation, Merchant, ProviderAccount,
    ProviderReference, ReceiptId,
};
use payout::identity;
use payout::input::{Certainty, Input, ProviderWords, Report, Reported, What};
use payout::keys::KeyId;
use payout::machine;
use payout::money::{Currency, Money};
use payout::order::{Metadata, Order, Speed, Target};
use payout::policy::{Backoff, DoubtPolicy, Policy};
use payout::port::{
    Append, Claim, ClaimChange, Creation, DestinationWrite, EvidenceKind, ParkedNotification,
    SealedEvidence,
};
use payout::reason::Reason;
use payout::record::{Fence, Record, Vault};
use payout::seal::Sealed;
use payout::time::{Time, Timestamp};

/// How long the claims of the cases last.
pub const LEASE: Duration = Duration::from_secs(2);

/// A merchant by name.
pub fn merchant(name: &str) -> Merchant {
    Merchant::parse(name).expect("cases use names of the right shape")
}

/// A customer by name.
pub fn customer(name: &str) -> Customer {
    Customer::parse(name).expect("cases use names of the right shape")
}

/// An incarnation by name.
pub fn holder(name: &str) -> Incarnation {
    Incarnation::parse(name).expect("cases use names of the right shape")
}

/// A provider's reference by name.
pub fn reference(name: &str) -> ProviderReference {
    ProviderReference::parse(name).expect("cases use names of the right shape")
}

/// A receipt by name.
pub fn receipt(name: &str) -> ReceiptId {
    ReceiptId::parse(name).expect("cases use names of the right shape")
}

/// Bytes that stand for something sealed.
pub fn sealed(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

/// An order of EUR 10.50.
pub fn order(merchant_name: &str, customer_name: &str, key: &str) -> Order {
    let euro = Currency::parse("EUR").expect("the euro is known");
    let note = ("note".to_owned(), format!("for {customer_name}"));
    Order {
        merchant: merchant(merchant_name),
        idempotency_key: IdempotencyKey::parse(key).expect("cases use keys of the right shape"),
        customer: customer(customer_name),
        amount: Money::new(1050, euro).expect("the amount can be paid"),
        target: Target::BankAccount { masked: "SE*****1234".to_owned() },
        speed: Speed::Standard,
        statement_descriptor: None,
        external_reference: None,
        related_order_reference: None,
        submit_before: None,
        metadata: Metadata::parse(BTreeMap::from([note])).expect("one short note is allowed"),
    }
}

/// A new payout of merchant `m-1` to customer `c-1`, never due by itself.
pub fn creation(key: &str, now: Timestamp) -> Creation {
    creation_of(order("m-1", "c-1", key), now)
}

/// A new payout, never due by itself.
pub fn creation_of(order: Order, now: Timestamp) -> Creation {
    let id = identity::payout_id(&order.merchant, &order.idempotency_key);
    let fields = BTreeMap::from([("customer".to_owned(), [7; 16])]);
    let fingerprint = Fingerprint { version: 1, key: KeyId(1), fields };
    let created = Created { order, fingerprint, forgetful_until: None, resolved: true };
    let event = machine::create(id, created, now);
    let vault = Vault { handle: Some(sealed("handle")), ..Vault::default() };
    Creation {
        record: Record::first(&event, vault),
        events: vec![event],
        applies: Vec::new(),
        claim: None,
        evidence: Vec::new(),
    }
}

/// The same, due at a time.
pub fn creation_due(key: &str, now: Timestamp, due_at: Timestamp) -> Creation {
    let mut creation = creation(key, now);
    creation.record.schedule.due_at = Some(due_at);
    creation
}

/// What `inputs` make of a record. Each must make an event.
pub fn append(record: &Record, inputs: &[Input], now: Timestamp) -> Append {
    let mut payout = record.payout.clone();
    let mut events = Vec::new();
    for input in inputs {
        let event = machine::decide(&payout, &policy(), input, Time::steady(now))
            .expect("cases give inputs that the state takes")
            .expect("cases give inputs that make an event");
        payout = machine::apply(Some(payout), &event);
        events.push(event);
    }
    let record = record.advance(&events);
    Append { record, events, claim: ClaimChange::Keep, evidence: Vec::new() }
}

/// The next version with another time to be looked at, and no event.
pub fn reschedule(record: &Record, due_at: Option<Timestamp>) -> Append {
    let mut append = append(record, &[], Timestamp::EPOCH);
    append.record.schedule.due_at = due_at;
    append
}

/// A notification that is recorded and changes nothing.
pub fn remark(name: &str) -> Input {
    let receipt = Some(receipt(name));
    Input { receipt, ..Input::own(What::Remarked(Reason::Other)) }
}

/// A report that the provider has the order under a reference.
pub fn accepted(name: &str) -> Input {
    let report = Report {
        status: Reported::Accepted,
        reason: None,
        certainty: Certainty::Certain,
        amount: None,
        speed_achieved: None,
    };
    let words = ProviderWords { reference: Some(reference(name)), ..ProviderWords::default() };
    Input { words, ..Input::own(What::Reported(report)) }
}

/// An attempt that is about to be sent.
pub fn attempt_opened(record: &Record, now: Timestamp) -> Input {
    let number = u32::try_from(record.payout.attempts.len() + 1).expect("cases try a few times");
    let account = ProviderAccount::parse("user@provider.test").expect("an account has this shape");
    let attempt = Attempt {
        number,
        generation: record.payout.next_generation(),
        holder: holder("incarnation-1"),
        opened_at: now,
        send_by: now.plus(LEASE),
        account,
        digest: RequestDigest([9; 32]),
        masked: "POST /pay ***".to_owned(),
        status: AttemptStatus::Open,
    };
    Input::own(What::AttemptOpened(Box::new(attempt)))
}

/// A piece of evidence.
pub fn evidence(bytes: Vec<u8>, now: Timestamp) -> SealedEvidence {
    let bytes = Sealed::from_bytes(bytes);
    SealedEvidence { kind: EvidenceKind::Reply, recorded_at: now, bytes }
}

/// A notification for the payout that `creation` would make.
pub fn parked_for(creation: &Creation, name: &str, now: Timestamp) -> ParkedNotification {
    let payout = &creation.record.payout;
    parked(payout.order.merchant.as_str(), payout.id.as_str(), name, now)
}

/// A notification under a name.
pub fn parked(merchant_name: &str, names: &str, name: &str, now: Timestamp) -> ParkedNotification {
    ParkedNotification {
        merchant: merchant(merchant_name),
        names: reference(names),
        input: remark(name),
        method: "remark".to_owned(),
        received_at: now,
        body: sealed("word for word"),
    }
}

/// A fence of the key that `creation` uses.
pub fn fence(creation: &Creation, now: Timestamp) -> Fence {
    let payout = &creation.record.payout;
    Fence {
        payout: payout.id.clone(),
        merchant: payout.order.merchant.clone(),
        idempotency_key: payout.order.idempotency_key.clone(),
        forgetful_until: None,
        fenced_at: now,
    }
}

/// A wish to claim up to `limit` payouts.
pub fn claim(name: &str, limit: usize, now: Timestamp) -> Claim {
    Claim { holder: holder(name), now, until: now.plus(LEASE), limit }
}

/// A new destination of a customer of merchant `m-1`, told apart by one letter of `a`–`z`.
pub fn destination(letter: char, customer_name: &str, now: Timestamp) -> DestinationWrite {
    let id = format!("ds_{}", letter.to_string().repeat(26));
    let summary = Summary {
        masked: "SE*****1234".to_owned(),
        bank_name: Some("Testbanken".to_owned()),
        country: Some(Country::parse("SE").expect("SE is a country code")),
        holder_verified: false,
    };
    written(Destination {
        id: DestinationId::parse(&id).expect("26 letters make an id"),
        merchant: merchant("m-1"),
        customer: customer(customer_name),
        origin: Origin::Imported,
        summary,
        state: DestinationState::Active,
        handle: Some(sealed("handle")),
        link: None,
        cause: None,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

/// The deletion of a destination.
pub fn deletion(of: &Destination, now: Timestamp) -> DestinationWrite {
    let state = DestinationState::Deleted;
    let version = of.version + 1;
    written(Destination { state, version, handle: None, updated_at: now, ..of.clone() })
}

fn written(destination: Destination) -> DestinationWrite {
    let event = DestinationEvent {
        merchant: destination.merchant.clone(),
        destination: destination.id.clone(),
        customer: destination.customer.clone(),
        version: destination.version,
        state: destination.state,
        recorded_at: destination.updated_at,
    };
    DestinationWrite { destination, event: Some(event) }
}

fn policy() -> Policy {
    let second = Duration::from_secs(1);
    Policy {
        doubt: DoubtPolicy::Resend,
        horizon: 100 * second,
        related_horizon: 10 * second,
        send_window: second,
        request_timeout: second,
        retry: Backoff { first: second, max: second },
        hold: second,
        polling: None,
        presumed_after: None,
        return_window: 100 * second,
    }
}
