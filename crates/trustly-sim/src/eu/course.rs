//! The course of a payout: money leaves the merchant's balance, and what becomes of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::book::{Ending, Order, OrderId};
use super::bookings::Kind;
use super::codes::Code;
use super::fields::is_set;
use super::methods::Work;
use super::notify;
use super::payout_checks::amount;
use super::subject::{Subject, SubjectId};
use crate::agenda::Task;
use crate::announce::Series;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Fault, Operation, Question, Stage};
use crate::ledger::{MovementState, Region, Transfer};
use crate::money::Amount;
use crate::sim::State;

/// How long the bank takes to confirm, and how long a confirmed payout takes to come back.
pub(crate) const CONFIRMATION_DELAY: Duration = Duration::from_secs(120);

/// How long a beneficiary's bank may take to send back what it had confirmed.
const LATE_RETURN_DELAY: Duration = Duration::from_secs(3 * 24 * 3_600);

/// A credit comes after the reply it contradicts: long enough for that to be sent. Not divided
/// by the time factor, because replies are not.
const CREDIT_AFTER_REPLY: Duration = Duration::from_millis(50);

/// A payout whose checks passed: it is accepted, whatever becomes of it.
pub(super) fn begin(
    work: &mut Work<'_>,
    operation: Operation,
    account_id: String,
) -> Result<Value, Code> {
    if work.state.ledger.is_full() {
        return Err(Code::UNKNOWN);
    }
    let outcome = outcome(work.state, operation, work.call.reference());
    let order_id = work.state.ids.next();
    if outcome == Some(Fault::ResultZero) {
        return Ok(json!({ "orderid": order_id, "result": "0" }));
    }
    let currency = work.call.text("Currency").unwrap_or_default().to_owned();
    let text = work.call.text("Amount").unwrap_or_default();
    let amount = amount(text, &currency).ok_or(Code::INVALID_AMOUNT)?;
    let funded = outcome != Some(Fault::NoFunds) && work.state.eu.debit(&currency, amount);
    let subject = add_subject(work, operation, &order_id, (amount, currency.clone()));
    let order = add_order(work, subject, account_id, outcome);
    if funded {
        work.state.eu.book(order, Kind::Payout, work.now);
        work.state.eu.book(order, Kind::Fee, work.now);
    }
    match outcome {
        _ if !funded => fail_for_funds(work, order),
        Some(Fault::CancelBeforeReply) => cancel_at_once(work, order),
        _ => {
            let at = work.now.since_start + work.settings.clock.compress(CONFIRMATION_DELAY);
            work.state.agenda.put(at, Task::Conclude(order));
        }
    }
    Ok(json!({ "orderid": order_id, "result": "1" }))
}

/// The bank, or Trustly, has come to an end with it.
pub(crate) fn conclude(state: &mut State, settings: &Settings, now: Moment, id: OrderId) {
    let order = &state.eu.orders[id.0];
    let (subject, credit_from) = (order.subject, order.credit_from.max(now.since_start));
    match order.ending {
        Ending::Confirmed => confirm(state, settings, now, id),
        Ending::Silent => turn(state, id, MovementState::Completed, now),
        Ending::Returned(after) => {
            confirm(state, settings, now, id);
            let at = now.since_start + settings.clock.compress(after);
            state.agenda.put(at, Task::Return(id));
        }
        Ending::Refused => {
            give_back(state, id, MovementState::Failed, now);
            if state.eu.contract.payout_failed {
                notify::payout_failed(state, settings, now, subject);
            }
            notify::credit(state, settings, now, credit_from, subject);
        }
        Ending::Cancelled => {
            give_back(state, id, MovementState::Failed, now);
            notify::cancel(state, settings, now, subject);
        }
        Ending::CreditedAndCancelled => {
            give_back(state, id, MovementState::Failed, now);
            let cancel_first = state.rng.one_in(2);
            if cancel_first {
                notify::cancel(state, settings, now, subject);
            }
            notify::credit(state, settings, now, credit_from, subject);
            if !cancel_first {
                notify::cancel(state, settings, now, subject);
            }
        }
    }
}

/// The beneficiary's bank sends it back.
pub(crate) fn return_to_sender(state: &mut State, settings: &Settings, now: Moment, id: OrderId) {
    let subject = state.eu.orders[id.0].subject;
    give_back(state, id, MovementState::Returned, now);
    notify::credit(state, settings, now, now.since_start, subject);
}

fn outcome(state: &mut State, operation: Operation, message_id: &str) -> Option<Fault> {
    let rule = state.faults.take(&Question {
        region: Region::Eu,
        stage: Stage::Outcome,
        operations: &[operation],
        references: &[message_id],
        answered: false,
    });
    rule.map(|rule| rule.fault)
}

fn add_subject(
    work: &mut Work<'_>,
    began_with: Operation,
    order_id: &str,
    sum: (Amount, String),
) -> SubjectId {
    let text = |name: &str| work.call.text(name).unwrap_or_default().to_owned();
    work.state.eu.add_subject(Subject {
        order_id: order_id.to_owned(),
        message_id: text("MessageID"),
        end_user_id: text("EndUserID"),
        notification_url: text("NotificationURL"),
        algorithm: work.call.algorithm,
        began_with,
        held: is_set(work.call.attribute("HoldNotifications")),
        sum: Some(sum),
        series: Series::default(),
    })
}

fn add_order(
    work: &mut Work<'_>,
    subject: SubjectId,
    account_id: String,
    outcome: Option<Fault>,
) -> OrderId {
    let told = &work.state.eu.subjects[subject.0];
    let (amount, currency) = told.sum.clone().expect("a payout's subject has its sum");
    let transfer = Transfer {
        region: Region::Eu,
        reference: told.message_id.clone(),
        provider_id: told.order_id.clone(),
        amount,
        currency: currency.clone(),
        reclaims: None,
    };
    let movement = work.state.ledger.record(transfer, MovementState::Moving, work.now);
    let external_reference = work.call.attribute_text("ExternalReference");
    work.state.eu.add_order(Order {
        subject,
        account_id,
        external_reference: external_reference.unwrap_or_default().to_owned(),
        amount,
        currency,
        movement,
        ending: ending(outcome),
        created: work.now,
        changed: work.now,
        credit_from: work.now.since_start + work.reply_after + CREDIT_AFTER_REPLY,
        asked_at: None,
    })
}

/// Faults that end an order at once are not its ending: it never gets under way.
fn ending(outcome: Option<Fault>) -> Ending {
    match outcome {
        Some(Fault::SilentSuccess) => Ending::Silent,
        Some(Fault::CreditAfterConfirmation) => Ending::Returned(CONFIRMATION_DELAY),
        Some(Fault::CreditDaysLater) => Ending::Returned(LATE_RETURN_DELAY),
        Some(Fault::BankRefusal) => Ending::Refused,
        Some(Fault::CancelAfterReply) => Ending::Cancelled,
        Some(Fault::CreditAndCancel) => Ending::CreditedAndCancelled,
        _ => Ending::Confirmed,
    }
}

/// Accepted all the same: that funds are missing is told by a credit, straight after the reply.
fn fail_for_funds(work: &mut Work<'_>, id: OrderId) {
    turn(work.state, id, MovementState::Failed, work.now);
    let order = &work.state.eu.orders[id.0];
    let (subject, credit_from) = (order.subject, order.credit_from);
    notify::credit(work.state, work.settings, work.now, credit_from, subject);
}

fn cancel_at_once(work: &mut Work<'_>, id: OrderId) {
    give_back(work.state, id, MovementState::Failed, work.now);
    let subject = work.state.eu.orders[id.0].subject;
    work.wait_for = Some(notify::cancel(work.state, work.settings, work.now, subject));
}

fn confirm(state: &mut State, settings: &Settings, now: Moment, id: OrderId) {
    turn(state, id, MovementState::Completed, now);
    if state.eu.contract.payout_confirmation {
        notify::payout_confirmation(state, settings, now, state.eu.orders[id.0].subject);
    }
}

/// The money is the merchant's again. The fee is not.
fn give_back(state: &mut State, id: OrderId, to: MovementState, now: Moment) {
    turn(state, id, to, now);
    let order = &state.eu.orders[id.0];
    let (currency, amount) = (order.currency.clone(), order.amount);
    state.eu.credit(&currency, amount);
    state.eu.book(id, Kind::GiveBack, now);
}

fn turn(state: &mut State, id: OrderId, to: MovementState, now: Moment) {
    let order = &mut state.eu.orders[id.0];
    order.changed = now;
    state.ledger.turn(order.movement, to, now);
}
