//! Finding out where a deposit stands. What is found is adopted; that nothing is found counts only
//! if the look-up could have found it.

use payout::input::What;
use payout::port::{Answer, Evidence, EvidenceKind};
use payout::record::Payout;

use super::handle::Authorization;
use super::provider::Americas;
use super::report::{is_of, report, reported};
use super::wire::page::{PAGE_BYTES_MAX, Page};
use super::wire::transaction::Transaction;
use crate::words::own;

/// Transactions asked for at once, the most that Trustly gives.
const PAGE_SIZE: usize = 100;

/// Pages read of one list. An authorization with more deposits than that cannot prove absence.
const PAGES_MAX: usize = 20;

/// Asks for the transaction that Trustly is known to call it.
pub(super) async fn by_id(americas: &Americas, payout: &Payout, id: &str) -> Answer {
    let (found, evidence) = americas.transaction(id).await;
    let said = found.filter(|found| is_of(payout, found)).and_then(|found| report(payout, &found));
    Answer { inputs: said.into_iter().collect(), evidence }
}

/// Looks for the deposit by our name: first among the deposits on its authorization, then among all
/// of the customer's transactions under the authorization's reference. The second list must hold
/// the authorization itself; if it does not, the look-up would not have found the deposit either.
pub(super) async fn by_name(
    americas: &Americas,
    payout: &Payout,
    authorization: Option<Authorization>,
) -> Answer {
    let Some(authorization) = authorization else { return Answer::default() };
    let id = &authorization.transaction_id;
    let query = format!("originalTransactionId={id}&transactionType=6");
    let Some(deposits) = list(americas, &query).await else { return Answer::default() };
    if let Some(found) = ours(payout, &deposits.transactions) {
        return by_id(americas, payout, &found.transaction_id).await;
    }
    let Some(query) = wider(&authorization) else { return Answer::default() };
    let Some(all) = list(americas, &query).await else { return Answer::default() };
    if let Some(found) = ours(payout, &all.transactions) {
        return by_id(americas, payout, &found.transaction_id).await;
    }
    let control = all.transactions.iter().any(|found| found.transaction_id == *id);
    match control {
        true => {
            let mut evidence = deposits.evidence;
            evidence.extend(all.evidence);
            Answer { inputs: vec![own(What::NotFound)], evidence }
        }
        false => Answer::default(),
    }
}

/// The customer's transactions under the authorization's reference, as far as both are known.
fn wider(authorization: &Authorization) -> Option<String> {
    let mut terms = Vec::new();
    if let Some(customer) = &authorization.customer {
        terms.push(format!("payment.customer.externalId={}", escaped(customer)));
    }
    if let Some(reference) = &authorization.reference {
        terms.push(format!("payment.merchantReference={}", escaped(reference)));
    }
    if terms.is_empty() { None } else { Some(terms.join("&")) }
}

/// The transaction that speaks for the payout: of several under our name, one that moves money.
fn ours<'a>(payout: &Payout, transactions: &'a [Transaction]) -> Option<&'a Transaction> {
    let named = |found: &&Transaction| {
        is_of(payout, found) && found.merchant_reference.as_deref() == Some(payout.id.as_str())
    };
    let mut best: Option<&Transaction> = None;
    for found in transactions.iter().filter(named) {
        let rank = |found: &Transaction| match reported(found.status) {
            None => 2,
            Some(status) if status.is_negative() => 0,
            Some(_) => 1,
        };
        if best.is_none_or(|best| rank(found) > rank(best)) {
            best = Some(found);
        }
    }
    best
}

/// A whole list, with the pages as they came.
struct Listed {
    transactions: Vec<Transaction>,
    evidence: Vec<Evidence>,
}

/// Reads a list to its end, without a time filter: whose clock would it be by? None, if any part
/// of it is not to be trusted.
async fn list(americas: &Americas, query: &str) -> Option<Listed> {
    let mut listed = Listed { transactions: Vec::new(), evidence: Vec::new() };
    for page in 0..PAGES_MAX {
        let start = page * PAGE_SIZE;
        let path =
            format!("/transactions?{query}&count={PAGE_SIZE}&startIndex={start}&sortOrder=desc");
        let reply = americas.get(&path, PAGE_BYTES_MAX).await.ok()?;
        let read = Page::parse(&reply.body).ok()?;
        listed.evidence.push(Evidence { kind: EvidenceKind::Reply, bytes: reply.body });
        let count = read.transactions.len();
        listed.transactions.extend(read.transactions);
        if count < PAGE_SIZE {
            return Some(listed);
        }
    }
    None
}

/// Escapes everything that is not unreserved in RFC 3986.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
