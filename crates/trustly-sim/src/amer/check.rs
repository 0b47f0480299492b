//! The checks a deposit goes through. Which of several mistakes is reported is not documented,
//! so their order follows the seed.

use super::book::{Book, Kind, Status};
use super::deposit::DepositCall;
use super::refusal::Refusal;
use crate::money::Amount;
use crate::rng::Rng;

pub(super) struct Case<'a> {
    pub(super) call: &'a DepositCall,
    pub(super) book: &'a Book,
    /// A rule switched the duplicate check off for this request.
    pub(super) duplicates_pass: bool,
}

type Check = fn(&Case<'_>) -> Result<(), Refusal>;

/// Documented: 0.99 at least, ten characters with the decimals.
const AMOUNT_MIN: Amount = Amount::from_hundredths(99);
const AMOUNT_LENGTH_MAX: usize = 10;

/// Far above any name a payout needs.
const REFERENCE_LENGTH_MAX: usize = 255;

pub(super) fn run(case: &Case<'_>, seed: u64) -> Result<(), Refusal> {
    let mut checks: [Check; 7] =
        [members, reference, amount_form, instant, authorization, limit, duplicate];
    Rng::new(seed).shuffle(&mut checks);
    for check in checks {
        check(case)?;
    }
    Ok(())
}

pub(super) fn amount(call: &DepositCall) -> Option<Amount> {
    let text = call.text("amount")?;
    let amount = Amount::parse(text, |_| true)?;
    (text.len() <= AMOUNT_LENGTH_MAX && amount >= AMOUNT_MIN).then_some(amount)
}

fn members(case: &Case<'_>) -> Result<(), Refusal> {
    const KNOWN: [&str; 6] = [
        "merchantReference",
        "amount",
        "instantPayoutRequest",
        "instant",
        "externalTier",
        "splitToken",
    ];
    if case.call.names().all(|name| KNOWN.contains(&name)) {
        return Ok(());
    }
    Err(Refusal::parameter("body", "A member is not accepted on deposits"))
}

fn reference(case: &Case<'_>) -> Result<(), Refusal> {
    let reference = case.call.reference();
    if reference.is_empty() || reference.len() > REFERENCE_LENGTH_MAX {
        return Err(Refusal::parameter("merchantReference", "Reference is missing or too long"));
    }
    Ok(())
}

fn amount_form(case: &Case<'_>) -> Result<(), Refusal> {
    match amount(case.call) {
        Some(_) => Ok(()),
        None => Err(Refusal::parameter("amount", "Amount is missing, malformed or below 0.99")),
    }
}

fn instant(case: &Case<'_>) -> Result<(), Refusal> {
    for name in ["instantPayoutRequest", "instant"] {
        if !matches!(case.call.text(name), None | Some("true" | "false")) {
            return Err(Refusal::parameter("instantPayoutRequest", "Not a boolean"));
        }
    }
    Ok(())
}

fn authorization(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(id) = case.book.find(case.call.authorization_id()) else {
        return Err(Refusal::unknown_transaction());
    };
    let transaction = case.book.get(id);
    match (&transaction.kind, transaction.status) {
        (Kind::Authorization(_), Status::Authorized) => Ok(()),
        _ => Err(Refusal::parameter("transactionId", "Transaction takes no deposits")),
    }
}

fn limit(case: &Case<'_>) -> Result<(), Refusal> {
    let (Some(id), Some(amount)) =
        (case.book.find(case.call.authorization_id()), amount(case.call))
    else {
        return Ok(());
    };
    let limit = case.book.get(id).amount;
    if limit == Amount::ZERO || case.book.deposited(id).plus(amount) <= limit {
        return Ok(());
    }
    Err(Refusal::parameter("amount", "Amount exceeds what is authorized"))
}

fn duplicate(case: &Case<'_>) -> Result<(), Refusal> {
    if case.book.has_live_deposit(case.call.reference()) && !case.duplicates_pass {
        return Err(Refusal::duplicate());
    }
    Ok(())
}
