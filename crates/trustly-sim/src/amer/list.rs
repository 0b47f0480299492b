//! `GET /transactions`: filters, order and paging (page "List transactions").

use serde_json::{Value, json};

use super::book::{Kind, Transaction, TransactionId};
use super::refusal::Refusal;
use super::render;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::faults::{Operation, Question, Stage};
use crate::ledger::Region;
use crate::money::Amount;
use crate::sim::State;

const PAGE_SIZE_DEFAULT: usize = 25;
const PAGE_SIZE_MAX: usize = 100;

/// Documented filters that are not simulated. Ignoring one would show too much, so they are
/// refused; names nobody documents are ignored, as `merchantReference` is.
const NOT_SIMULATED: [&str; 25] = [
    "payment.paymentId",
    "payment.verification.status",
    "payment.authorization.status",
    "paymentProviderTransaction.ppTrxStatusCode",
    "paymentProviderTransaction.paymentProviderTransactionId",
    "payment.description",
    "payment.fingerprint",
    "payment.merchant.merchantId",
    "payment.paymentProvider.paymentProviderId",
    "payment.paymentProvider.framework",
    "payment.fiAccount.providerId",
    "payment.fiAccount.accountNumber",
    "payment.fiAccount.routingNumber",
    "payment.fiAccount.verified",
    "ipAddr",
    "routingNumber",
    "accountNumber",
    "paid.min",
    "paid.max",
    "refunded.min",
    "refunded.max",
    "processedAt.start",
    "processedAt.end",
    "completedAt.start",
    "completedAt.end",
];

type Query = [(String, String)];

/// The references of all that the filters let through, whatever the page shows.
pub(super) fn references(state: &State, query: &Query) -> Vec<String> {
    let matching = matching(state, query);
    matching.iter().map(|id| state.amer.get(*id).reference.clone()).collect()
}

/// One page of what the filters let through. There is no total: the reader goes on until a page
/// comes back short.
pub(super) fn page(
    state: &mut State,
    settings: &AmerSettings,
    now: Moment,
    query: &Query,
) -> Result<Value, Refusal> {
    if query.iter().any(|(name, _)| NOT_SIMULATED.contains(&name.as_str())) {
        return Err(Refusal::parameter("query", "The simulator does not know this filter"));
    }
    let count = number(query, "count", PAGE_SIZE_DEFAULT)?;
    let start = number(query, "startIndex", 0)?;
    if count == 0 || count > PAGE_SIZE_MAX {
        return Err(Refusal::parameter("count", "Not from 1 to 100"));
    }
    let mut shown = matching(state, query);
    hide_recent(state, now, &mut shown);
    sort(state, query, &mut shown)?;
    let mut elements = Vec::new();
    for id in shown.into_iter().skip(start).take(count) {
        let transaction = render::transaction(state, settings, id);
        // The documentation's sample wraps elements, clients in use read them bare.
        let wrapped = state.rng.one_in(2);
        elements.push(if wrapped { json!({ "transaction": transaction }) } else { transaction });
    }
    Ok(json!({
        "startIndex": start,
        "itemsPerPage": count,
        "transactions": elements,
    }))
}

fn number(query: &Query, name: &'static str, default: usize) -> Result<usize, Refusal> {
    match query.iter().find(|(each, _)| each == name) {
        Some((_, text)) => text.parse().map_err(|_| Refusal::parameter(name, "Not a number")),
        None => Ok(default),
    }
}

fn matching(state: &State, query: &Query) -> Vec<TransactionId> {
    let mut matching = Vec::new();
    for (id, transaction) in state.amer.all() {
        if passes(state, query, id, transaction) {
            matching.push(id);
        }
    }
    matching
}

/// A name given several times lets any of its values through; different names must all agree.
fn passes(state: &State, query: &Query, id: TransactionId, transaction: &Transaction) -> bool {
    query.iter().all(|(name, _)| {
        let mut values = query.iter().filter(|(each, _)| each == name);
        values.any(|(_, value)| matches(state, id, transaction, name, value))
    })
}

/// One filter on one transaction. `payment.…` names speak of the authorization, so a deposit's own
/// reference cannot be asked for.
fn matches(
    state: &State,
    id: TransactionId,
    transaction: &Transaction,
    name: &str,
    value: &str,
) -> bool {
    let (_, parent, authorization) = state.amer.authorization_of(id);
    match name {
        "transactionType" => transaction.type_code().to_string() == value,
        "transactionStatus" => transaction.status.code().to_string() == value,
        "payment.paymentType" => render::PAYMENT_TYPE.to_string() == value,
        "payment.merchantReference" => parent.reference == value,
        "payment.customer.externalId" => authorization.customer_id == value,
        "payment.customer.name" | "customerName" => authorization.customer_name == value,
        "originalTransactionId" => match &transaction.kind {
            Kind::Deposit(_) => parent.id == value,
            Kind::Authorization(_) => false,
        },
        "amount.min" => Amount::parse(value, |_| true).is_some_and(|min| transaction.amount >= min),
        "amount.max" => Amount::parse(value, |_| true).is_some_and(|max| transaction.amount <= max),
        "createdAt.start" => millis(value).is_some_and(|at| transaction.created.unix_ms() >= at),
        "createdAt.end" => millis(value).is_some_and(|at| transaction.created.unix_ms() <= at),
        "updatedAt.start" => millis(value).is_some_and(|at| transaction.updated.unix_ms() >= at),
        "updatedAt.end" => millis(value).is_some_and(|at| transaction.updated.unix_ms() <= at),
        _ => true,
    }
}

/// "Unix timestamp" is all the documentation says; every other time in this API counts
/// milliseconds. A value too small for that must be meant in seconds.
fn millis(value: &str) -> Option<u64> {
    const SECONDS_MAX: u64 = 100_000_000_000;
    let number: u64 = value.parse().ok()?;
    Some(if number < SECONDS_MAX { number * 1_000 } else { number })
}

/// Takes out what the list does not know yet, where a rule says that it lags behind.
fn hide_recent(state: &mut State, now: Moment, shown: &mut Vec<TransactionId>) {
    let references: Vec<String> =
        shown.iter().map(|id| state.amer.get(*id).reference.clone()).collect();
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let Some(rule) = state.faults.take(&Question {
        region: Region::Amer,
        stage: Stage::Listing,
        operations: &[Operation::List],
        references: &references,
        answered: false,
    }) else {
        return;
    };
    shown.retain(|id| {
        let transaction = state.amer.get(*id);
        let meant = rule.reference.as_ref().is_none_or(|only| *only == transaction.reference);
        let age = now.since_start.saturating_sub(transaction.created.since_start);
        !meant || age >= rule.delay
    });
}

/// Newest first unless asked otherwise.
fn sort(state: &State, query: &Query, shown: &mut [TransactionId]) -> Result<(), Refusal> {
    let value =
        |name: &str| query.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str());
    match value("orderBy") {
        None | Some("createdAt") => {
            shown.sort_by_key(|id| state.amer.get(*id).created.since_start);
        }
        Some("updatedAt") => shown.sort_by_key(|id| state.amer.get(*id).updated.since_start),
        Some(_) => return Err(Refusal::parameter("orderBy", "Neither createdAt nor updatedAt")),
    }
    match value("sortOrder") {
        None | Some("desc") => shown.reverse(),
        Some("asc") => {}
        Some(_) => return Err(Refusal::parameter("sortOrder", "Neither asc nor desc")),
    }
    Ok(())
}
