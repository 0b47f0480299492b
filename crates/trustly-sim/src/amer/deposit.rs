//! Deposits: money goes to the customer, in steps.

use super::authorization::Consent;
use super::call::Call;
use super::check::{self, Case, is_duplicate};
use super::course::{self, ask};
use super::fields::Fields;
use super::reason::Reason;
use super::refusal::Refusal;
use super::terms::FirstStatus;
use super::transaction::{Course, Deposit, Ending, Kind, Status, Transaction, TransactionId};
use super::webhook;
use crate::announce::Series;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Fault, Operation, Rule, Stage};
use crate::ledger::{MovementState, Region, Transfer};
use crate::money::Amount;
use crate::sim::State;

/// A new transaction, already in the ledger, with its first event on the way.
pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    call: &Call,
    fields: &Fields,
) -> Result<TransactionId, Refusal> {
    let reference = fields.text("merchantReference").unwrap_or_default();
    let duplicates_pass = is_duplicate(&state.amer, reference)
        && ask(state, Operation::Deposit, Stage::Duplicate, &[reference]).is_some();
    check::run(&Case { call, fields, book: &state.amer, now, duplicates_pass }, settings.seed)?;
    let Some(authorization) = state.amer.find(&call.subject) else {
        return Err(Refusal::unknown_transaction());
    };
    let Some(amount) = check::amount(fields) else {
        return Err(Refusal::parameter("amount", "Amount is missing"));
    };
    if state.ledger.is_full() {
        return Err(Refusal::full());
    }
    let rule = ask(state, Operation::Deposit, Stage::Outcome, &[reference]);
    let fault = rule.as_ref().map(|rule| rule.fault);
    let id = record(state, now, fields, (authorization, amount), rule.as_ref());
    match fault {
        Some(Fault::DeclineSync) => {
            let status = match state.amer.terms.declined_status {
                5 => Status::Failed,
                _ => Status::Denied,
            };
            course::enter(state, settings, now, id, status);
        }
        _ => {
            // What is pending has nothing to tell yet.
            if state.amer.get(id).status != Status::Pending {
                webhook::announce_status(state, settings, now, id);
            }
            course::schedule_next(state, settings, now, id);
        }
    }
    Ok(id)
}

/// Money leaves before the answer: from here on the transaction is found by every look-up.
fn record(
    state: &mut State,
    now: Moment,
    fields: &Fields,
    (authorization, amount): (TransactionId, Amount),
    rule: Option<&Rule>,
) -> TransactionId {
    let id = state.ids.next();
    let reference = fields.owned("merchantReference").unwrap_or_default();
    let currency = state.amer.get(authorization).currency.clone();
    let transfer = Transfer {
        region: Region::Amer,
        reference: reference.clone(),
        provider_id: id.clone(),
        amount,
        currency: currency.clone(),
        reclaims: None,
    };
    let movement = state.ledger.record(transfer, MovementState::Moving, now);
    let course = course(state, authorization, Course::new(movement, rule));
    let held = rule.is_some_and(|rule| rule.fault == Fault::OnHold);
    let (status, network) = match state.amer.terms.deposit_status {
        _ if held => (Status::OnHold, "AC108"),
        FirstStatus::Authorized => (Status::Authorized, "AC100"),
        FirstStatus::Pending => (Status::Pending, "AC100"),
    };
    let falls_back = rule.is_some_and(|rule| rule.fault == Fault::InstantFallback);
    let deposit = Deposit {
        authorization,
        instant: is_instant(state, authorization, fields) && !falls_back,
        course,
        reclaimed: Amount::ZERO,
    };
    state.amer.add(Transaction {
        id,
        kind: Kind::Deposit(deposit),
        status,
        reference,
        amount,
        currency,
        created: now,
        updated: now,
        processed: None,
        completed: None,
        version: 1,
        network: Reason::plain(network),
        series: Series::default(),
    })
}

/// What a rule did not decide, the account and the bank's consent do.
fn course(state: &State, authorization: TransactionId, course: Course) -> Course {
    let (_, _, authorization) = state.amer.authorization_of(authorization);
    let objection = match authorization.consent {
        Consent::Good => authorization.denial.clone(),
        ended => ended.objection(),
    };
    match objection {
        Some(reason) if course.ending == Ending::Completed => {
            let ending = match reason.status.as_str() {
                "SW057" => Ending::Failed,
                _ => Ending::Denied,
            };
            Course { ending, reason: Some(reason), ..course }
        }
        _ => course,
    }
}

/// The instant networks are for dollars, and for banks that take part; others get ACH silently.
fn is_instant(state: &State, authorization: TransactionId, fields: &Fields) -> bool {
    let wanted =
        ["instantPayoutRequest", "instant"].iter().any(|name| fields.text(name) == Some("true"));
    let (_, transaction, authorization) = state.amer.authorization_of(authorization);
    wanted && authorization.bank.instant_available && transaction.currency == "USD"
}
