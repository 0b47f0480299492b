//! What a transaction says about the payout that it pays.

use payout::input::{Certainty, Input, Report, Reported, What};
use payout::money::{Currency, Money};
use payout::order::Speed;
use payout::reason::Reason;
use payout::record::Payout;
use payout::time::Timestamp;

use super::reason::ProviderDetail;
use super::status::{Status, TransactionType};
use super::wire::transaction::Transaction;
use crate::words::{own, words};

/// The report that a fully read deposit makes. None, if its status is not known here: it proves
/// nothing and is asked for again.
pub(super) fn report(payout: &Payout, deposit: &Transaction) -> Option<Input> {
    let said = word(payout, deposit)?;
    Some(Input {
        words: words(
            deposit.detail.status.as_deref(),
            deposit.detail.status_message.as_deref(),
            Some(&deposit.transaction_id),
        ),
        occurred_at: occurred_at(deposit),
        ..own(What::Reported(said))
    })
}

/// What the answer to a deposit says of it. A bad end must be confirmed by asking, because there is
/// a transaction now: first that there is one, then what it is said to have come to.
pub(super) fn first_reports(payout: &Payout, deposit: &Transaction) -> Option<Vec<Input>> {
    let said = report(payout, deposit)?;
    let word = word(payout, deposit)?;
    if !word.status.is_negative() {
        return Some(vec![said]);
    }
    let exists = Report { status: Reported::Accepted, reason: None, ..word };
    let exists = Input {
        words: words(None, None, Some(&deposit.transaction_id)),
        occurred_at: None,
        ..own(What::Reported(exists))
    };
    let unconfirmed = Report { certainty: Certainty::Unconfirmed, ..word };
    Some(vec![exists, Input { what: What::Reported(unconfirmed), ..said }])
}

fn word(payout: &Payout, deposit: &Transaction) -> Option<Report> {
    let (status, amount) = match deposit.status {
        // Not documented for deposits. It can only mean that a part of the money or all of it was
        // pulled back, so that another amount than was ordered is with the customer: a person must
        // see it, and it is neither a success nor a return to act on.
        Status::PartiallyRefunded | Status::Refunded => {
            (Reported::Completed, Some(no_payouts_amount(payout.order.amount.currency())))
        }
        status => (reported(status)?, amount(payout, deposit)),
    };
    Some(Report {
        status,
        reason: negative_reason(status, &deposit.detail),
        certainty: Certainty::Certain,
        amount,
        speed_achieved: speed_achieved(status, deposit),
    })
}

/// Whether a transaction is the deposit of this payout, by all that it says of itself.
pub(super) fn is_of(payout: &Payout, transaction: &Transaction) -> bool {
    let ours = |reference: &String| reference == payout.id.as_str();
    transaction.transaction_type == TransactionType::Deposit
        && transaction.merchant_reference.as_ref().is_none_or(ours)
}

/// Where an order stands whose transaction has this status. None, if that does not follow from it.
pub(super) fn reported(status: Status) -> Option<Reported> {
    Some(match status {
        Status::New | Status::Pending | Status::Authorized | Status::OnHold => Reported::Accepted,
        Status::Processed => Reported::Processing,
        Status::Completed => Reported::Completed,
        Status::Failed | Status::Denied | Status::Expired => Reported::Failed,
        Status::Canceled | Status::Voided => Reported::Canceled,
        Status::Reversed => Reported::Returned,
        Status::PartiallyRefunded | Status::Refunded | Status::Other(_) => return None,
    })
}

/// Why it ended badly, in neutral words; nothing if it did not.
pub(super) fn negative_reason(status: Reported, detail: &ProviderDetail) -> Option<Reason> {
    if !status.is_negative() {
        return None;
    }
    let otherwise = match status {
        Reported::Returned => Reason::ReturnedByBank,
        _ => Reason::ProviderAborted,
    };
    Some(specific(detail.reason(), otherwise))
}

/// The reason that was found, unless it says no more than that something went wrong.
pub(super) fn specific(found: Option<Reason>, otherwise: Reason) -> Reason {
    found.filter(|found| *found != Reason::Other).unwrap_or(otherwise)
}

/// The amount it names. A currency it does not name is that of the authorization, as ours is.
fn amount(payout: &Payout, deposit: &Transaction) -> Option<Money> {
    let ours = payout.order.amount.currency();
    let named = deposit.currency.as_deref().map_or(Ok(ours), Currency::parse);
    let minor_units = deposit.amount_minor_units?;
    let currency = named.unwrap_or(ours);
    Some(Money::new(minor_units, currency).unwrap_or_else(|_| no_payouts_amount(currency)))
}

/// An amount below the least that can be paid out: it differs from whatever was ordered.
fn no_payouts_amount(currency: Currency) -> Money {
    Money::new(1, currency).expect("a cent is an amount")
}

fn speed_achieved(status: Reported, deposit: &Transaction) -> Option<Speed> {
    match (status, deposit.instant_settle?) {
        (Reported::Completed, true) => Some(Speed::Instant),
        (Reported::Completed, false) => Some(Speed::Standard),
        _ => None,
    }
}

/// When it took the status that it has, as far as it says.
fn occurred_at(deposit: &Transaction) -> Option<Timestamp> {
    let millis = match deposit.status {
        Status::Processed => deposit.processed_at_ms.or(deposit.updated_at_ms),
        Status::Completed => deposit.completed_at_ms.or(deposit.updated_at_ms),
        _ => deposit.updated_at_ms.or(deposit.created_at_ms),
    };
    millis.and_then(|millis| i64::try_from(millis).ok()).map(Timestamp::from_millis)
}
