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
    let status = reported(deposit.status)?;
    let report = Report {
        status,
        reason: negative_reason(status, &deposit.detail),
        certainty: Certainty::Certain,
        amount: amount(payout, deposit),
        speed_achieved: speed_achieved(status, deposit),
    };
    Some(Input {
        words: words(
            deposit.detail.status.as_deref(),
            deposit.detail.status_message.as_deref(),
            Some(&deposit.transaction_id),
        ),
        occurred_at: occurred_at(deposit),
        ..own(What::Reported(report))
    })
}

/// Whether a transaction is the deposit of this payout, by all that it says of itself.
pub(super) fn is_of(payout: &Payout, transaction: &Transaction) -> bool {
    let ours = |reference: &String| reference == payout.id.as_str();
    transaction.transaction_type == TransactionType::Deposit
        && transaction.merchant_reference.as_ref().is_none_or(ours)
}

/// Where an order stands whose transaction has this status.
pub(super) fn reported(status: Status) -> Option<Reported> {
    Some(match status {
        Status::New | Status::Pending | Status::Authorized | Status::OnHold => Reported::Accepted,
        Status::Processed => Reported::Processing,
        // A reclaim, which refunds a deposit, comes after its completion and is no return.
        Status::Completed | Status::PartiallyRefunded | Status::Refunded => Reported::Completed,
        Status::Failed | Status::Denied | Status::Expired => Reported::Failed,
        Status::Canceled | Status::Voided => Reported::Canceled,
        Status::Reversed => Reported::Returned,
        Status::Other(_) => return None,
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

/// The amount it names. A currency it does not name is that of the authorization, as ours is; an
/// amount that cannot be ours is shown as the least there is, so that it differs.
fn amount(payout: &Payout, deposit: &Transaction) -> Option<Money> {
    let ours = payout.order.amount.currency();
    let named = deposit.currency.as_deref().map_or(Ok(ours), Currency::parse);
    let minor_units = deposit.amount_minor_units?;
    let least = |currency| Money::new(1, currency).expect("a cent can be paid");
    let currency = named.unwrap_or(ours);
    Some(Money::new(minor_units, currency).unwrap_or_else(|_| least(currency)))
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
