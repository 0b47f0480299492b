//! Domain values for the tests of this crate.

use std::collections::BTreeMap;

use payout::attempt::{Attempt, AttemptStatus, RequestDigest};
use payout::bank::Country;
use payout::cursor::{Cursor, Position};
use payout::destination::{Destination, DestinationState, Origin, Summary};
use payout::event::{Change, Created, Event};
use payout::fingerprint::fingerprint;
use payout::id::{
    Customer, DestinationId, IdempotencyKey, Incarnation, Merchant, PayoutId, ProviderAccount,
    ProviderReference, StoreId,
};
use payout::identity::payout_id;
use payout::input::{ProviderWords, Reported};
use payout::keys::{KEY_LENGTH, KeyId, KeyRing};
use payout::machine;
use payout::money::{Currency, Money};
use payout::order::{Metadata, Order, RawHandle, Speed, TargetRequest};
use payout::party::Parties;
use payout::reason::Reason;
use payout::record::Payout;
use payout::state::{GiveBack, State};
use payout::time::Timestamp;
use zeroize::Zeroizing;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

pub(crate) fn id() -> PayoutId {
    payout_id(&merchant(), &IdempotencyKey::parse("order-1").unwrap())
}

pub(crate) fn merchant() -> Merchant {
    Merchant::parse("demo-eu").unwrap()
}

pub(crate) fn cursor() -> Cursor {
    let store = StoreId::parse("store-1").unwrap();
    Cursor { store, positions: vec![Position { epoch: 1, count: 7 }] }
}

pub(crate) fn order() -> Order {
    let target = TargetRequest::ProviderHandle(RawHandle::parse("1234567890").unwrap());
    Order {
        merchant: merchant(),
        idempotency_key: IdempotencyKey::parse("order-1").unwrap(),
        customer: Customer::parse("customer 1").unwrap(),
        amount: Money::new(1025, Currency::parse("EUR").unwrap()).unwrap(),
        target: target.target(),
        speed: Speed::Standard,
        statement_descriptor: None,
        external_reference: None,
        related_order_reference: None,
        submit_before: None,
        metadata: Metadata::parse(BTreeMap::from([("k".to_owned(), "v".to_owned())])).unwrap(),
    }
}

pub(crate) fn created() -> Event {
    let keys = BTreeMap::from([(KeyId(1), Zeroizing::new([1; KEY_LENGTH]))]);
    let keys = KeyRing::new(keys).unwrap();
    let target = TargetRequest::ProviderHandle(RawHandle::parse("1234567890").unwrap());
    let order = order();
    let fingerprint = fingerprint(&keys, &order, &target, &Parties::default());
    let created = Created { order, fingerprint, forgetful_until: None, resolved: true };
    machine::create(id(), created, NOW)
}

/// The event that follows on `payout`, with its give-back where there has to be one.
pub(crate) fn next(payout: &Payout, change: Change, after: State) -> Event {
    let paid_back =
        matches!(after, State::Failed { .. } | State::Canceled { .. } | State::Returned { .. });
    let give_back = (paid_back && payout.give_back.is_none())
        .then(|| GiveBack { id: "gb_1".to_owned(), amount: payout.order.amount });
    Event {
        merchant: payout.order.merchant.clone(),
        payout: payout.id.clone(),
        customer: payout.order.customer.clone(),
        sequence: payout.sequence + 1,
        recorded_at: NOW,
        occurred_at: None,
        before: Some(payout.state.name()),
        after,
        change,
        reason: after.reason(),
        words: ProviderWords {
            code: Some("637".to_owned()),
            text: Some("a text".to_owned()),
            reference: Some(ProviderReference::parse("9594811343").unwrap()),
        },
        receipt: None,
        give_back,
    }
}

pub(crate) fn attempt(number: u32) -> Attempt {
    Attempt {
        number,
        generation: 1,
        holder: Incarnation::parse("run-1").unwrap(),
        opened_at: NOW,
        send_by: NOW,
        account: ProviderAccount::parse("account").unwrap(),
        digest: RequestDigest([0; 32]),
        masked: "masked".to_owned(),
        status: AttemptStatus::Open,
    }
}

/// A payout on the way that `changes` describe.
pub(crate) fn payout(changes: &[(Change, State)]) -> Payout {
    let mut payout = machine::apply(None, &created());
    for (change, after) in changes {
        let event = next(&payout, change.clone(), *after);
        payout = machine::apply(Some(payout), &event);
    }
    payout
}

pub(crate) fn opened() -> (Change, State) {
    (Change::AttemptOpened(Box::new(attempt(1))), State::Submitting)
}

pub(crate) fn reported(status: Reported, after: State) -> (Change, State) {
    (Change::Reported { status, speed_achieved: Some(Speed::Instant) }, after)
}

pub(crate) fn failed() -> Payout {
    let refused = Change::AttemptBecame(AttemptStatus::Refused);
    payout(&[opened(), (refused, State::Failed { reason: Reason::AccountClosed })])
}

pub(crate) fn destination() -> Destination {
    Destination {
        id: DestinationId::parse("ds_nc6jociwqwgl6whpyyuusnqmbq").unwrap(),
        merchant: merchant(),
        customer: Customer::parse("customer 1").unwrap(),
        origin: Origin::Imported,
        summary: Summary {
            masked: "SE*****4211".to_owned(),
            bank_name: Some("Bank".to_owned()),
            country: Some(Country::parse("SE").unwrap()),
            holder_verified: true,
        },
        state: DestinationState::Active,
        handle: None,
        link: None,
        cause: None,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}
