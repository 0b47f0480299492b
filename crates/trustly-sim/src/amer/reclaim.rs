//! Reclaims: a completed deposit is pulled back, whole or in part, by a debit that can fail and
//! come back itself (page "Reclaim a transaction").

use super::check;
use super::course::{self, ask};
use super::fields::Fields;
use super::reason::Reason;
use super::refusal::Refusal;
use super::transaction::{Course, Kind, Reclaim, Status, Transaction, TransactionId};
use super::webhook;
use crate::announce::Series;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Operation, Stage};
use crate::ledger::{MovementState, Region, Transfer};
use crate::money::Amount;
use crate::sim::State;

/// A new transaction of type 7. References are not protected against duplicates here.
pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    deposit: TransactionId,
    fields: &Fields,
) -> Result<TransactionId, Refusal> {
    check::only(fields, &["amount", "merchantReference"])?;
    let amount = amount(state, deposit, fields)?;
    let reference = fields.owned("merchantReference").unwrap_or_default();
    if fields.text("merchantReference").is_some_and(|text| !check::is_reference(text)) {
        return Err(Refusal::parameter("merchantReference", "Reference is empty or too long"));
    }
    if state.ledger.is_full() {
        return Err(Refusal::full());
    }
    let paid = state.amer.get(deposit).reference.clone();
    let rule = ask(state, Operation::Reclaim, Stage::Outcome, &[&reference, &paid]);
    let parent = state.amer.get(deposit);
    let (currency, of) = (parent.currency.clone(), parent.id.clone());
    let id = state.ids.next();
    let transfer = Transfer {
        region: Region::Amer,
        reference: reference.clone(),
        provider_id: id.clone(),
        amount,
        currency: currency.clone(),
        reclaims: Some(of),
    };
    let movement = state.ledger.record(transfer, MovementState::Moving, now);
    let course = Course::new(movement, rule.as_ref());
    let id = state.amer.add(Transaction {
        id,
        kind: Kind::Reclaim(Reclaim { deposit, course }),
        status: Status::Authorized,
        reference,
        amount,
        currency,
        created: now,
        updated: now,
        processed: None,
        completed: None,
        version: 1,
        network: Reason::plain("AC100"),
        series: Series::default(),
    });
    webhook::announce_status(state, settings, now, id);
    course::schedule_next(state, settings, now, id);
    Ok(id)
}

/// Up to what no other reclaim that is under way or done has taken.
fn amount(state: &State, deposit: TransactionId, fields: &Fields) -> Result<Amount, Refusal> {
    let transaction = state.amer.get(deposit);
    if transaction.deposit().is_none() || !transaction.has_settled() {
        return Err(Refusal::parameter("transactionId", "Transaction cannot be reclaimed"));
    }
    let left = transaction.amount.minus(state.amer.taken(deposit)).unwrap_or(Amount::ZERO);
    let amount = match fields.text("amount") {
        None if !state.amer.terms.reclaim_amount_required && left != Amount::ZERO => Some(left),
        _ => check::amount(fields),
    };
    match amount {
        Some(amount) if amount <= left => Ok(amount),
        Some(_) => Err(Refusal::parameter("amount", "Amount exceeds what is left")),
        None => Err(Refusal::parameter("amount", "Amount is missing, malformed or below 0.99")),
    }
}
