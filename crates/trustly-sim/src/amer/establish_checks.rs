//! The checks that establish data goes through, in an order that follows the seed.

use reqwest::Url;

use super::authorization::PaymentType;
use super::book::Book;
use super::canonical::{KEYS, canonical};
use super::check::{decimal, is_reference};
use super::fields::Fields;
use super::refusal::Refusal;
use super::routing;
use super::signature::is_valid;
use super::transaction::Status;
use crate::config::{AmerSettings, webhook_url};
use crate::faults::Operation;
use crate::rng::Rng;

pub(super) struct Case<'a> {
    pub(super) fields: &'a Fields,
    pub(super) settings: &'a AmerSettings,
    pub(super) book: &'a Book,
    pub(super) payment_type: PaymentType,
}

type Check = fn(&Case<'_>) -> Result<(), Refusal>;

/// Beside what is signed.
const UNSIGNED: [&str; 15] = [
    "authToken",
    "returnUrl",
    "cancelUrl",
    "notificationUrl",
    "requestSignature",
    "allowedPaymentProviderTypes",
    "paymentProviderId",
    "env",
    "customer.organizationNumber",
    "customer.nationalId",
    "customer.customData",
    "beneficiary",
    "beneficiaryAccount",
    "metadata",
    "version",
];

/// What may hold anything.
const OPEN: [&str; 4] =
    ["metadata.", "beneficiary.", "beneficiaryAccount.", "customer.customData."];

pub(super) fn run(case: &Case<'_>, seed: u64) -> Result<(), Refusal> {
    let mut checks: [Check; 11] = [
        access,
        signature,
        members,
        payment_type,
        amounts,
        currency,
        reference,
        urls,
        account,
        refresh,
        duplicate,
    ];
    Rng::new(seed).shuffle(&mut checks);
    for check in checks {
        check(case)?;
    }
    Ok(())
}

fn access(case: &Case<'_>) -> Result<(), Refusal> {
    let known = case.fields.text("accessId") == Some(case.settings.access_id.as_str())
        && case.fields.text("merchantId") == Some(case.settings.merchant_id.as_str());
    if known { Ok(()) } else { Err(Refusal::access()) }
}

fn signature(case: &Case<'_>) -> Result<(), Refusal> {
    let key = &case.settings.access_key;
    let good = match case.fields.text("requestSignature") {
        None => !case.book.terms.signature_required,
        Some(signature) => [true, false]
            .iter()
            .any(|skip_falsy| is_valid(signature, key, &canonical(case.fields, *skip_falsy))),
    };
    if good { Ok(()) } else { Err(Refusal::access()) }
}

fn members(case: &Case<'_>) -> Result<(), Refusal> {
    let known = |name: &str| {
        KEYS.contains(&name)
            || UNSIGNED.contains(&name)
            || OPEN.iter().any(|prefix| name.starts_with(prefix))
    };
    if case.fields.names().all(known) {
        return Ok(());
    }
    Err(Refusal::parameter("body", "A member is not known"))
}

fn payment_type(case: &Case<'_>) -> Result<(), Refusal> {
    if case.book.terms.disabled_payment_types.contains(case.payment_type.name()) {
        return Err(Refusal::parameter("paymentType", "Payment type is not enabled"));
    }
    Ok(())
}

/// Strings with two decimals at most; a number would lose its decimals on the way.
fn amounts(case: &Case<'_>) -> Result<(), Refusal> {
    for name in ["amount", "displayAmount"] {
        let Some(text) = case.fields.text(name) else { continue };
        if !case.fields.is_string(name) || decimal(text).is_none() {
            return Err(Refusal::parameter("amount", "Not a decimal in a string"));
        }
    }
    Ok(())
}

fn currency(case: &Case<'_>) -> Result<(), Refusal> {
    if matches!(case.fields.text("currency"), Some("USD" | "CAD")) {
        return Ok(());
    }
    Err(Refusal::parameter("currency", "Neither USD nor CAD"))
}

fn reference(case: &Case<'_>) -> Result<(), Refusal> {
    if case.fields.text("merchantReference").is_some_and(is_reference) {
        return Ok(());
    }
    Err(Refusal::parameter("merchantReference", "Reference is missing or too long"))
}

fn urls(case: &Case<'_>) -> Result<(), Refusal> {
    for name in ["returnUrl", "cancelUrl"] {
        let url = case.fields.text(name).unwrap_or_default();
        let scheme = Url::parse(url).map(|url| url.scheme().to_owned()).unwrap_or_default();
        let good = !matches!(scheme.as_str(), "" | "javascript" | "data") && url.is_ascii();
        if !good {
            return Err(Refusal::parameter("returnUrl", "Not an address to return to"));
        }
    }
    match case.fields.text("notificationUrl").map(webhook_url) {
        Some(None) => Err(Refusal::parameter("notificationUrl", "Not an address for events")),
        Some(Some(_)) | None => Ok(()),
    }
}

/// Needed where no bank is there to name it; the Lightbox asks otherwise.
fn account(case: &Case<'_>) -> Result<(), Refusal> {
    let text = |name: &str| case.fields.text(name).unwrap_or_default();
    let is_named = case.fields.names().any(|name| name.starts_with("account."));
    let is_needed = match case.payment_type {
        PaymentType::Disbursement => true,
        PaymentType::Verification => case.fields.text("transactionId").is_none(),
        PaymentType::Deferred | PaymentType::Retrieval => false,
    };
    if !matches!(text("account.type"), "" | "1" | "2") {
        return Err(Refusal::parameter("account.type", "Neither 1 nor 2"));
    }
    if !is_needed && !is_named {
        return Ok(());
    }
    let (number, routing_number) = (text("account.accountNumber"), text("account.routingNumber"));
    routing::check(number, routing_number, case.fields.text("currency"))
}

/// The same authorization once more: only as a verification, and not after it was voided.
fn refresh(case: &Case<'_>) -> Result<(), Refusal> {
    let wrong = |message| Err(Refusal::parameter("transactionId", message));
    let token = case.fields.text("authToken");
    let Some(id) = case.fields.text("transactionId") else {
        return if token.is_none() { Ok(()) } else { wrong("authToken needs a transaction") };
    };
    if case.payment_type != PaymentType::Verification || token != Some("new") {
        return wrong("A transaction is refreshed by a verification with a new authToken");
    }
    let Some(found) = case.book.find(id) else { return Err(Refusal::unknown_transaction()) };
    let transaction = case.book.get(found);
    let ended = matches!(transaction.status, Status::Voided | Status::New | Status::Pending);
    if transaction.authorization().is_none() || ended {
        return wrong("Transaction cannot be refreshed");
    }
    Ok(())
}

fn duplicate(case: &Case<'_>) -> Result<(), Refusal> {
    let reference = case.fields.text("merchantReference").unwrap_or_default();
    // A refresh makes no transaction.
    let is_new = case.fields.text("transactionId").is_none();
    let used = case.book.is_used(reference, Operation::Establish);
    if is_new && used && case.book.terms.duplicate_protection {
        return Err(Refusal::duplicate());
    }
    Ok(())
}
