//! The transaction object as replies show it.

use serde_json::{Value, json};

use super::book::{Kind, Status, TransactionId};
use crate::config::AmerSettings;
use crate::rng::Rng;
use crate::sim::State;

pub(super) const BANK_NAME: &str = "Demo Bank";
pub(super) const BANK_ID: &str = "200005501";

/// Deferred: the payment type of an authorization made in the Lightbox.
pub(super) const PAYMENT_TYPE: u8 = 2;

/// Every member that the adapter may read, and some that it may not rely on. Codes, money and the
/// order of members vary from one rendering to the next, as they do between Trustly's own pages.
pub(super) fn transaction(state: &mut State, settings: &AmerSettings, id: TransactionId) -> Value {
    let payment = payment(state, settings, id);
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
        "paymentProviderTransaction": network(state, id),
        "payment": payment,
    });
    let transaction = state.amer.get(id);
    if let Kind::Deposit(deposit) = &transaction.kind {
        object["originalTransactionId"] = state.amer.get(deposit.authorization).id.clone().into();
    }
    for (name, at) in
        [("processedAt", transaction.processed), ("completedAt", transaction.completed)]
    {
        if let Some(at) = at {
            object[name] = at.unix_ms().into();
        }
    }
    object
}

/// A number in samples of replies, a string in the published schema.
fn code(number: u8, rng: &mut Rng) -> Value {
    if rng.one_in(2) { number.into() } else { number.to_string().into() }
}

/// `paymentProviderTransaction`: what the bank network last said, and why where it refused.
fn network(state: &State, id: TransactionId) -> Value {
    let transaction = state.amer.get(id);
    let mut object = json!({
        "paymentProviderTransactionId": format!("P{}", transaction.id),
        "status": transaction.network_status,
        "statusMessage": transaction.network_status,
    });
    if let Some(deposit) = transaction.deposit() {
        object["instantSettle"] = deposit.instant.into();
    }
    match transaction.status {
        Status::Denied => {
            object["reasonCode"] = "12".into();
            object["reasonCodeMessage"] = "Insufficient funds".into();
            object["extendedReason"] = json!({ "code": "120000" });
        }
        // Where a return's NACHA code appears is not documented; this is one of four candidates.
        Status::Reversed => object["statusMessage"] = "R03 No account".into(),
        Status::Authorized | Status::Processed | Status::Completed => {}
    }
    object
}

/// Of the authorization, whichever transaction shows it: its reference is not the deposit's.
fn payment(state: &mut State, settings: &AmerSettings, id: TransactionId) -> Value {
    let State { amer, rng, .. } = state;
    let (_, parent, authorization) = amer.authorization_of(id);
    json!({
        "paymentId": authorization.payment_id,
        "paymentType": code(PAYMENT_TYPE, rng),
        "merchant": { "merchantId": settings.merchant_id, "name": "Demo Merchant" },
        "merchantReference": parent.reference,
        "currency": parent.currency,
        "amount": parent.amount.loosely(rng),
        "verification": { "status": code(3, rng), "mode": 3, "verifyCustomer": false },
        "account": {
            "name": "Checking",
            "type": 1,
            "profile": 1,
            "accountNumber": "6576",
            "accountNumberLastFour": "6576",
            "verified": true,
        },
        "paymentProvider": {
            "paymentProviderId": BANK_ID,
            "type": 1,
            "name": BANK_NAME,
            "instantPayoutAvailable": true,
        },
        "customer": {
            "externalId": authorization.customer_id,
            "name": authorization.customer_name,
        },
    })
}
