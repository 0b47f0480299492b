//! Finding out where a deposit stands. What is found is adopted; that nothing is found counts only
//! if the look-up could have found it.

use payout::attempt::AttemptStatus;
use payout::input::What;
use payout::port::{Answer, EVIDENCE_LENGTH_MAX, Evidence, EvidenceKind};
use payout::reason::Reason;
use payout::record::Payout;
use zeroize::Zeroizing;

use super::handle::{Authorization, is_transaction_id};
use super::provider::{Americas, why_no_answer, why_no_reply};
use super::report::{is_of, report, reported};
use super::status::Status;
use super::wire::page::{PAGE_BYTES_MAX, Page};
use super::wire::transaction::Transaction;
use crate::words::own;

/// Transactions asked for at once, the most that Trustly gives.
const PAGE_SIZE: usize = 100;

/// Pages read of one list. An authorization with more deposits than that cannot prove absence.
const PAGES_MAX: usize = 20;

/// Asks by the transaction's id where Trustly has told it, else by our name for the payout. Reads
/// only, so that nothing here can pay a second time.
pub(super) async fn ask(
    americas: &Americas,
    payout: &Payout,
    authorization: Option<Authorization>,
) -> Answer {
    match &payout.provider_reference {
        Some(id) if is_transaction_id(id.as_str()) => {
            by_id(americas, payout, id.as_str(), authorization).await
        }
        Some(_) | None => by_name(americas, payout, authorization).await,
    }
}

/// A bad end speaks for the payout only if no other transaction under our name moves money.
async fn by_id(
    americas: &Americas,
    payout: &Payout,
    id: &str,
    authorization: Option<Authorization>,
) -> Answer {
    let (found, evidence) = americas.transaction(id).await;
    let found = match found {
        Ok(found) if is_of(payout, &found) => found,
        Ok(_) => return unanswered(Reason::AnswerUnknown, evidence),
        Err(why) => return unanswered(why, evidence),
    };
    if rank(found.status) > Rank::Ended || !may_have_another(payout) {
        return told(payout, &found, evidence);
    }
    let parent = authorization.map(|authorization| authorization.transaction_id);
    let Some(parent) = found.original_transaction_id.clone().or(parent) else {
        return unanswered(Reason::AnswerUnknown, evidence);
    };
    let mut listed = list(americas, &deposits_on(&parent)).await;
    listed.evidence.extend(evidence);
    let listed_itself = listed.has(id);
    listed.transactions.retain(|other| other.transaction_id != id);
    if let Some(other) = best(payout, &listed.transactions)
        && rank(other.status) > Rank::Ended
    {
        return adopt(americas, payout, other).await;
    }
    match listed.gap {
        None if listed_itself => told(payout, &found, listed.evidence),
        None => unanswered(Reason::AnswerUnknown, listed.evidence),
        Some(why) => unanswered(why, listed.evidence),
    }
}

/// What a transaction says; a status that is not known here says nothing.
fn told(payout: &Payout, found: &Transaction, evidence: Vec<Evidence>) -> Answer {
    match report(payout, found) {
        Some(said) => Answer { inputs: vec![said], evidence },
        None => unanswered(Reason::AnswerUnknown, evidence),
    }
}

fn unanswered(why: Reason, evidence: Vec<Evidence>) -> Answer {
    Answer { inputs: vec![own(What::InDoubt(why))], evidence }
}

/// Only what was sent again after it was proven absent can have two transactions, and what is not
/// known here to have been sent at all.
fn may_have_another(payout: &Payout) -> bool {
    let absent = |status| status == AttemptStatus::Absent;
    payout.attempts.is_empty() || payout.attempts.iter().any(|attempt| absent(attempt.status))
}

/// Looks for the deposit by our name: first among the deposits on its authorization, then among all
/// of the customer's transactions under the authorization's reference. The second list must hold
/// the authorization itself; if it does not, the look-up would not have found the deposit either.
async fn by_name(
    americas: &Americas,
    payout: &Payout,
    authorization: Option<Authorization>,
) -> Answer {
    let Some(authorization) = authorization else { return Answer::default() };
    let id = &authorization.transaction_id;
    let deposits = list(americas, &deposits_on(id)).await;
    if let Some(found) = deposits.ours(payout) {
        return adopt(americas, payout, found).await;
    }
    let Some(query) = wider(&authorization) else {
        return unanswered(Reason::AnswerUnknown, deposits.evidence);
    };
    let all = list(americas, &query).await;
    if let Some(found) = all.ours(payout) {
        return adopt(americas, payout, found).await;
    }
    let could_find = all.has(id);
    let mut evidence = deposits.evidence;
    evidence.extend(all.evidence);
    match deposits.gap.or(all.gap) {
        Some(why) => unanswered(why, evidence),
        None if could_find => Answer { inputs: vec![own(What::NotFound)], evidence },
        None => unanswered(Reason::AnswerUnknown, evidence),
    }
}

/// Asks for a transaction that a list showed. Lists lag, so what the transaction says itself
/// counts; an amount that it leaves out is the one in the list.
async fn adopt(americas: &Americas, payout: &Payout, listed: &Transaction) -> Answer {
    let (found, evidence) = americas.transaction(&listed.transaction_id).await;
    match found {
        Ok(mut found) if is_of(payout, &found) => {
            found.amount_minor_units = found.amount_minor_units.or(listed.amount_minor_units);
            found.currency = found.currency.or_else(|| listed.currency.clone());
            told(payout, &found, evidence)
        }
        Ok(_) => unanswered(Reason::AnswerUnknown, evidence),
        Err(why) => unanswered(why, evidence),
    }
}

fn deposits_on(authorization_id: &str) -> String {
    format!("originalTransactionId={authorization_id}&transactionType=6")
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

/// How much a transaction speaks for its payout, of several under one name: what may move money
/// before what has ended, and what is not understood before all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Ended,
    Moves,
    Unknown,
}

fn rank(status: Status) -> Rank {
    match reported(status) {
        None => Rank::Unknown,
        Some(status) if status.is_negative() => Rank::Ended,
        Some(_) => Rank::Moves,
    }
}

fn best<'a>(payout: &Payout, transactions: &'a [Transaction]) -> Option<&'a Transaction> {
    let mut best: Option<&Transaction> = None;
    for found in transactions {
        let named = found.merchant_reference.as_deref() == Some(payout.id.as_str());
        let better = best.is_none_or(|best| rank(found.status) > rank(best.status));
        if named && is_of(payout, found) && better {
            best = Some(found);
        }
    }
    best
}

/// A list, with the pages as they came.
struct Listed {
    transactions: Vec<Transaction>,
    evidence: Vec<Evidence>,
    /// Why it is not known to its end; none if it is, every page of it to be trusted.
    gap: Option<Reason>,
}

impl Listed {
    /// The transaction that speaks for the payout. One that has ended does so only if no other can
    /// be in what was not read.
    fn ours(&self, payout: &Payout) -> Option<&Transaction> {
        let found = best(payout, &self.transactions)?;
        (self.gap.is_none() || rank(found.status) > Rank::Ended).then_some(found)
    }

    fn has(&self, id: &str) -> bool {
        self.transactions.iter().any(|found| found.transaction_id == id)
    }
}

/// Reads a list, without a time filter: whose clock would it be by? It has ended when a page is
/// empty: one that is merely short may be all that Trustly was willing to give at once.
async fn list(americas: &Americas, query: &str) -> Listed {
    let gap = Some(Reason::AnswerUnknown);
    let mut listed = Listed { transactions: Vec::new(), evidence: Vec::new(), gap };
    for _ in 0..PAGES_MAX {
        let (page, body) = match page(americas, query, listed.transactions.len()).await {
            Ok(page) => page,
            Err(why) => return Listed { gap: Some(why), ..listed },
        };
        listed.evidence.push(Evidence { kind: EvidenceKind::Reply, bytes: kept(&body) });
        if page.transactions.is_empty() {
            return Listed { gap: None, ..listed };
        }
        listed.transactions.extend(page.transactions);
    }
    listed
}

/// What is kept of a page: a long list must not lie in memory twice.
fn kept(body: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(body.get(..EVIDENCE_LENGTH_MAX).unwrap_or(body).to_vec())
}

/// One page of a list and its bytes; else why it cannot be had.
async fn page(
    americas: &Americas,
    query: &str,
    start: usize,
) -> Result<(Page, Zeroizing<Vec<u8>>), Reason> {
    let path = format!("/transactions?{query}&count={PAGE_SIZE}&startIndex={start}&sortOrder=desc");
    let reply = americas.get(&path, PAGE_BYTES_MAX).await.map_err(why_no_reply)?;
    let page = match Page::parse(&reply.body) {
        Ok(page) if reply.is_success() => page,
        Ok(_) | Err(_) => return Err(why_no_answer(&reply)),
    };
    match page.start_index {
        Some(index) if usize::try_from(index) != Ok(start) => Err(Reason::AnswerUntrusted),
        Some(_) | None => Ok((page, reply.body)),
    }
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
