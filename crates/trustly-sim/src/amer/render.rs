//! The transaction object as replies show it.

use serde_json::{Value, json};

use super::authorization::Authorization;
use super::reason::Reason;
use super::terms::{ReturnCodeIn, Shape, StatusCodes};
use super::transaction::{Kind, Status, Transaction, TransactionId};
use crate::config::AmerSettings;
use crate::money::Amount;
use crate::rng::Rng;
use crate::sim::State;

/// Every member that the adapter may read, and some that it may not rely on. Codes, money and the
/// order of members vary from one rendering to the next, as they do between Trustly's own pages.
pub(super) fn transaction(state: &mut State, settings: &AmerSettings, id: TransactionId) -> Value {
    let payment = payment(state, settings, id);
    let network = network(state, id);
    let State { amer, rng, .. } = state;
    let transaction = amer.get(id);
    let mut object = json!({
        "transactionId": transaction.id,
        "transactionType": code(transaction.type_code(), rng),
        "status": code(transaction.status.code(), rng),
        "statusMessage": transaction.status.name(),
        "merchantReference": transaction.reference,
        "currency": transaction.currency,
        "amount": transaction.amount.loosely(rng),
        "createdAt": transaction.created.unix_ms(),
        "updatedAt": transaction.updated.unix_ms(),
        "timeZone": "Etc/UTC",
        "recordVersion": transaction.version,
        "paymentProviderTransaction": network,
        "payment": payment,
    });
    for (name, amount) in balances(transaction) {
        object[name] = amount.loosely(rng).into();
    }
    if let Some(parent) = transaction.parent() {
        object["originalTransactionId"] = amer.get(parent).id.clone().into();
    }
    for (name, at) in
        [("processedAt", transaction.processed), ("completedAt", transaction.completed)]
    {
        if let Some(at) = at {
            object[name] = at.unix_ms().into();
        }
    }
    // Members may be added at any time.
    if rng.one_in(4) {
        object["zzAddedLater"] = json!({ "list": [1, null, "Å"] });
    }
    object
}

/// As a reply holds it.
pub(super) fn wrapped(transaction: Value, shape: Shape, rng: &mut Rng) -> Value {
    let wrap = match shape {
        Shape::Either => rng.one_in(2),
        Shape::Wrapped | Shape::Keyed => true,
        Shape::Bare => false,
    };
    if wrap { json!({ "transaction": transaction }) } else { transaction }
}

/// `status` and `statusMessage` of a reason, one of them with the return's code where it is there.
pub(super) fn return_code(reason: &Reason, place: ReturnCodeIn) -> (String, String) {
    let status = reason.status.clone();
    match (&reason.return_code, place) {
        (Some(code), ReturnCodeIn::StatusMessage) => (status, format!("{code} Returned")),
        (Some(code), ReturnCodeIn::Status) => (code.clone(), code.clone()),
        _ => (status.clone(), status),
    }
}

/// Pending, paid, pulled back, returned, and what is left with the customer.
pub(super) fn balances(transaction: &Transaction) -> [(&'static str, Amount); 5] {
    let (all, none) = (transaction.amount, Amount::ZERO);
    let reclaimed = transaction.deposit().map_or(none, |deposit| deposit.reclaimed);
    let (pending, paid, reversed) = match (&transaction.kind, transaction.status) {
        (Kind::Authorization(_), _) => (none, none, none),
        (
            _,
            Status::New | Status::Pending | Status::OnHold | Status::Authorized | Status::Processed,
        ) => (all, none, none),
        (_, Status::Completed | Status::PartiallyRefunded | Status::Refunded) => (none, all, none),
        (_, Status::Reversed) => (none, all, all),
        (
            _,
            Status::Failed | Status::Expired | Status::Canceled | Status::Denied | Status::Voided,
        ) => (none, none, none),
    };
    let left = paid.minus(reversed).and_then(|left| left.minus(reclaimed)).unwrap_or(none);
    [
        ("pending", pending),
        ("paid", paid),
        ("refunded", reclaimed),
        ("reversed", reversed),
        ("balance", left),
    ]
}

/// A number in samples of replies, a string in the published schema.
fn code(number: u8, rng: &mut Rng) -> Value {
    if rng.one_in(2) { number.into() } else { number.to_string().into() }
}

/// `paymentProviderTransaction`: what the bank network last said, and why where it refused.
fn network(state: &State, id: TransactionId) -> Value {
    let transaction = state.amer.get(id);
    let place = state.amer.terms.return_code_in;
    let reason = &transaction.network;
    let (status, message) = return_code(reason, place);
    let mut object = json!({
        "paymentProviderTransactionId": provider_id(transaction),
        "status": status,
        "statusMessage": message,
    });
    if let Some(deposit) = transaction.deposit() {
        object["instantSettle"] = deposit.instant.into();
    }
    if let (Some(code), Some(extended)) = (reason.code(), reason.extended) {
        object["reasonCode"] = code.to_string().into();
        object["reasonCodeMessage"] = reason.message().into();
        object["extendedReason"] = json!({ "code": extended.to_string() });
    }
    if let (ReturnCodeIn::ThirdPartyDeclineCode, Some(code)) = (place, &reason.return_code) {
        object["thirdPartyDeclineCode"] = code.clone().into();
    }
    object
}

pub(super) fn provider_id(transaction: &Transaction) -> String {
    format!("P{}", transaction.id)
}

/// Of the authorization, whichever transaction shows it: its reference is not the deposit's.
fn payment(state: &mut State, settings: &AmerSettings, id: TransactionId) -> Value {
    let State { amer, rng, .. } = state;
    let (_, parent, authorization) = amer.authorization_of(id);
    let own = amer.terms.authorization_status_codes == StatusCodes::Own;
    let bank = bank(authorization);
    let mut payment = json!({
        "paymentId": authorization.payment_id,
        "paymentType": code(authorization.payment_type.code(), rng),
        "merchant": { "merchantId": settings.merchant_id, "name": "Demo Merchant" },
        "merchantReference": parent.reference,
        "fingerprint": authorization.fingerprint(),
        "currency": parent.currency,
        "amount": parent.amount.loosely(rng),
        "verification": { "status": code(3, rng), "mode": 3, "verifyCustomer": false },
        "authorizationStatus": code(authorization_status(parent, authorization, own), rng),
        "account": account(authorization, &bank),
        "paymentProvider": bank,
        "customer": {
            "customerId": authorization.trustlys_customer_id(),
            "externalId": authorization.customer_id,
            "name": authorization.customer_name,
        },
    });
    if let Some(description) = &authorization.description {
        payment["description"] = description.clone().into();
    }
    for (name, url) in
        [("returnUrl", &authorization.return_url), ("cancelUrl", &authorization.cancel_url)]
    {
        if !url.is_empty() {
            payment[name] = url.clone().into();
        }
    }
    payment
}

fn bank(authorization: &Authorization) -> Value {
    json!({
        "paymentProviderId": authorization.bank.id,
        "type": 1,
        "subType": 1000,
        "name": authorization.bank.name,
        "instantPayoutAvailable": authorization.bank.instant_available,
    })
}

fn account(authorization: &Authorization, bank: &Value) -> Value {
    let account = &authorization.account;
    json!({
        "name": account.name,
        "type": account.kind,
        "profile": 1,
        "accountNumber": account.last_digits,
        "accountNumberLastFour": account.last_digits,
        "routingNumber": account.routing_number,
        "token": account.token,
        "verified": account.verified,
        "virtualAccountRoutingPair": account.is_virtual,
        "paymentProvider": bank,
    })
}

/// Two pages disagree on the codes: the transaction's own, or 1 to 7.
pub(super) fn authorization_status(
    transaction: &Transaction,
    authorization: &Authorization,
    own: bool,
) -> u8 {
    if !own {
        return transaction.status.code();
    }
    match transaction.status {
        Status::New | Status::Pending | Status::OnHold => 1,
        Status::Authorized if authorization.consent.objection().is_some() => 4,
        Status::Authorized => 2,
        Status::Expired => 4,
        Status::Canceled => 6,
        Status::Voided => 7,
        _ => 5,
    }
}
