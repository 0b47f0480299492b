//! The checks a deposit goes through. Which of several mistakes is reported is not documented,
//! so their order follows the seed.

use super::book::Book;
use super::call::Call;
use super::fields::Fields;
use super::refusal::Refusal;
use super::terms::{BodyForm, EndedRefusal};
use super::transaction::Status;
use crate::clock::Moment;
use crate::faults::Operation;
use crate::money::Amount;
use crate::rng::Rng;

pub(super) struct Case<'a> {
    pub(super) call: &'a Call,
    pub(super) fields: &'a Fields,
    pub(super) book: &'a Book,
    pub(super) now: Moment,
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
    let mut checks: [Check; 10] = [
        members,
        body,
        reference,
        amount_form,
        instant,
        authorization,
        consent,
        split_token,
        limit,
        duplicate,
    ];
    Rng::new(seed).shuffle(&mut checks);
    for check in checks {
        check(case)?;
    }
    Ok(())
}

/// Of a deposit or a reclaim.
pub(super) fn amount(fields: &Fields) -> Option<Amount> {
    let amount = decimal(fields.text("amount")?)?;
    (amount >= AMOUNT_MIN).then_some(amount)
}

/// Any amount in a form that Trustly takes, zero too.
pub(super) fn decimal(text: &str) -> Option<Amount> {
    let amount = Amount::parse(text, |_| true)?;
    (text.len() <= AMOUNT_LENGTH_MAX).then_some(amount)
}

pub(super) fn is_reference(text: &str) -> bool {
    !text.is_empty() && text.len() <= REFERENCE_LENGTH_MAX
}

pub(super) fn only(fields: &Fields, known: &[&str]) -> Result<(), Refusal> {
    if fields.names().all(|name| known.contains(&name)) {
        return Ok(());
    }
    Err(Refusal::parameter("body", "A member is not accepted here"))
}

fn members(case: &Case<'_>) -> Result<(), Refusal> {
    const KNOWN: [&str; 6] = [
        "merchantReference",
        "amount",
        "instantPayoutRequest",
        "externalTier",
        "splitToken",
        "instant",
    ];
    let known = if case.book.terms.instant_alias { &KNOWN[..] } else { &KNOWN[..5] };
    only(case.fields, known)
}

fn body(case: &Case<'_>) -> Result<(), Refusal> {
    match (case.book.terms.deposit_body, case.fields.is_form) {
        (BodyForm::Any, _) | (BodyForm::Json, false) | (BodyForm::Form, true) => Ok(()),
        _ => Err(Refusal::parameter("Content-Type", "Deposits do not come this way")),
    }
}

fn reference(case: &Case<'_>) -> Result<(), Refusal> {
    if case.fields.text("merchantReference").is_some_and(is_reference) {
        return Ok(());
    }
    Err(Refusal::parameter("merchantReference", "Reference is missing or too long"))
}

fn amount_form(case: &Case<'_>) -> Result<(), Refusal> {
    match amount(case.fields) {
        Some(_) => Ok(()),
        None => Err(Refusal::parameter("amount", "Amount is missing, malformed or below 0.99")),
    }
}

fn instant(case: &Case<'_>) -> Result<(), Refusal> {
    for name in ["instantPayoutRequest", "instant"] {
        if !matches!(case.fields.text(name), None | Some("true" | "false")) {
            return Err(Refusal::parameter("instantPayoutRequest", "Not a boolean"));
        }
    }
    Ok(())
}

fn authorization(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(id) = case.book.find(&case.call.subject) else {
        return Err(Refusal::unknown_transaction());
    };
    let transaction = case.book.get(id);
    match (transaction.authorization(), transaction.status) {
        (Some(authorization), Status::Authorized) if authorization.payment_type.pays() => Ok(()),
        _ => Err(Refusal::parameter("transactionId", "Transaction takes no deposits")),
    }
}

/// Whether the bank still stands to it. Where the terms say so, an event will tell instead.
fn consent(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(id) = case.book.find(&case.call.subject) else { return Ok(()) };
    let (_, _, authorization) = case.book.authorization_of(id);
    let Some(objection) = authorization.consent.objection() else { return Ok(()) };
    match case.book.terms.ended_refusal {
        EndedRefusal::OwnCode => Err(Refusal::objection(objection.error_code)),
        EndedRefusal::Parameter => {
            Err(Refusal::parameter("transactionId", "Authorization is not valid any more"))
        }
        EndedRefusal::Event => Ok(()),
    }
}

/// One that came is looked at where one was ever issued.
fn split_token(case: &Case<'_>) -> Result<(), Refusal> {
    let terms = &case.book.terms;
    let Some(id) = case.book.find(&case.call.subject) else { return Ok(()) };
    let (_, _, authorization) = case.book.authorization_of(id);
    let checked = match (case.fields.text("splitToken"), &authorization.token) {
        (Some(sent), Some(_)) => authorization.check_token(sent, case.now),
        (Some(""), None) | (None, _) if terms.split_token_required => Err(Refusal::corrupt_token()),
        _ => Ok(()),
    };
    match terms.ended_refusal {
        EndedRefusal::Parameter => {
            checked.map_err(|_| Refusal::parameter("splitToken", "Split token is not valid"))
        }
        EndedRefusal::OwnCode | EndedRefusal::Event => checked,
    }
}

fn limit(case: &Case<'_>) -> Result<(), Refusal> {
    let (Some(id), Some(amount)) = (case.book.find(&case.call.subject), amount(case.fields)) else {
        return Ok(());
    };
    let limit = case.book.get(id).amount;
    if limit == Amount::ZERO || case.book.taken(id).plus(amount) <= limit {
        return Ok(());
    }
    Err(Refusal::parameter("amount", "Amount exceeds what is authorized"))
}

fn duplicate(case: &Case<'_>) -> Result<(), Refusal> {
    let reference = case.fields.text("merchantReference").unwrap_or_default();
    if is_duplicate(case.book, reference) && !case.duplicates_pass {
        return Err(Refusal::duplicate());
    }
    Ok(())
}

pub(super) fn is_duplicate(book: &Book, reference: &str) -> bool {
    book.terms.duplicate_protection && book.is_used(reference, Operation::Deposit)
}
