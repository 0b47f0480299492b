//! How deposits and reclaims go on, step by step, with the ledger and the merchant told.

use std::time::Duration;

use super::reason::Reason;
use super::transaction::{Course, Ending, Kind, Status, Transaction, TransactionId};
use super::webhook;
use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Fault, Operation, Question, Rule, Stage};
use crate::ledger::{MovementId, MovementState, Region};
use crate::money::Amount;
use crate::sim::State;

/// Payouts take one step per batch, as in the sandbox (page "Event notifications").
pub(crate) const BATCH_LENGTH: Duration = Duration::from_secs(300);

/// A return that nobody expects any more.
const LATE_RETURN: Duration = Duration::from_secs(3 * 24 * 3_600);

/// An instant network's way, where the terms say that it does not wait for a batch.
const INSTANT_WAY: Duration = Duration::from_secs(10);

impl Course {
    /// What a rule makes of the way.
    pub(super) fn new(movement: MovementId, rule: Option<&Rule>) -> Self {
        let asked_for = rule.and_then(|rule| rule.reason.clone());
        let (ending, usual) = match rule.map(|rule| rule.fault) {
            Some(Fault::NoFunds) => (Ending::Denied, Some(Reason::declined("SW021"))),
            Some(Fault::Deny | Fault::DeclineSync) => {
                (Ending::Denied, Some(Reason::declined("SW021")))
            }
            Some(Fault::Fail) => (Ending::Failed, Some(Reason::declined("SW053"))),
            Some(Fault::OnHold) if asked_for.is_some() => (Ending::Denied, None),
            Some(Fault::CancelAfterReply) => (Ending::Canceled, Some(Reason::plain("SW013"))),
            Some(Fault::BankRefusal) => (Ending::Reversed, Some(Reason::returned("R03"))),
            Some(Fault::CreditAfterConfirmation) => {
                (Ending::CompletedThenReversed, Some(Reason::returned("R03")))
            }
            Some(Fault::CreditDaysLater) => {
                (Ending::CompletedThenReversedLate, Some(Reason::returned("R03")))
            }
            _ => (Ending::Completed, None),
        };
        Self { movement, ending, reason: asked_for.or(usual), step: 0 }
    }
}

/// The next step, unless it was made already. It is put on the agenda only where there is one.
pub(crate) fn advance(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    (id, step): (TransactionId, u32),
) {
    if state.amer.get(id).course().is_some_and(|course| course.step == step) {
        push(state, settings, now, id);
    }
}

/// The next step now, whenever it was to come; gives whether there was one.
pub(crate) fn push(state: &mut State, settings: &Settings, now: Moment, id: TransactionId) -> bool {
    let Some(next) = next(state, id) else { return false };
    enter(state, settings, now, id, next);
    schedule_next(state, settings, now, id);
    true
}

/// A new status of what moves money, with the ledger and the merchant told in the same step.
pub(super) fn enter(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    status: Status,
) {
    let movement_state = match status {
        Status::Completed => Some(MovementState::Completed),
        Status::Denied | Status::Failed | Status::Canceled => Some(MovementState::Failed),
        Status::Reversed => Some(MovementState::Returned),
        _ => None,
    };
    enter_as(state, settings, now, id, (status, movement_state));
}

/// The same where the ledger is to say something else.
pub(super) fn enter_as(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    (status, movement_state): (Status, Option<MovementState>),
) {
    let completed_code = state.amer.terms.completed_code.clone();
    let transaction = state.amer.get_mut(id);
    transaction.status = status;
    transaction.touch(now);
    match status {
        Status::Processed => transaction.processed = Some(now),
        Status::Completed => transaction.completed = Some(now),
        _ => {}
    }
    transaction.network = network(transaction, &completed_code);
    let course = transaction.course_mut().expect("only what moves money goes on");
    course.step += 1;
    let movement = course.movement;
    if let Some(movement_state) = movement_state {
        state.ledger.turn(movement, movement_state, now);
    }
    settle_reclaim(state, now, id);
    webhook::announce_status(state, settings, now, id);
}

/// Nothing is put on the agenda once there is nothing more to come.
pub(super) fn schedule_next(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
) {
    let Some(next) = next(state, id) else { return };
    let transaction = state.amer.get(id);
    let course = transaction.course().expect("only what moves money goes on");
    let at = match (next, course.ending) {
        (Status::Reversed, Ending::CompletedThenReversedLate) => {
            now.since_start + settings.clock.compress(LATE_RETURN)
        }
        (Status::Completed, _) if is_at_once(state, transaction) => {
            now.since_start + settings.clock.compress(INSTANT_WAY)
        }
        _ => settings.clock.next_batch(now, BATCH_LENGTH),
    };
    let step = course.step;
    state.agenda.put(at, Task::Advance(id, step));
}

/// What a rule makes of a deposit or a reclaim.
pub(super) fn ask(
    state: &mut State,
    operation: Operation,
    stage: Stage,
    references: &[&str],
) -> Option<Rule> {
    state.faults.take(&Question {
        region: Region::Amer,
        stage,
        operations: &[operation],
        references,
        answered: false,
    })
}

fn next(state: &State, id: TransactionId) -> Option<Status> {
    let transaction = state.amer.get(id);
    let course = transaction.course()?;
    let next = match (transaction.status, course.ending) {
        (Status::OnHold, Ending::Denied) => Status::Denied,
        (Status::OnHold | Status::Pending, _) => Status::Authorized,
        (Status::Authorized, Ending::Denied) => Status::Denied,
        (Status::Authorized, Ending::Failed) => Status::Failed,
        (Status::Authorized, Ending::Canceled) => Status::Canceled,
        (Status::Authorized, Ending::Completed) if is_at_once(state, transaction) => {
            Status::Completed
        }
        (Status::Authorized, _) => Status::Processed,
        (Status::Processed, Ending::Reversed) => Status::Reversed,
        (Status::Processed, _) => Status::Completed,
        (_, Ending::CompletedThenReversed | Ending::CompletedThenReversedLate)
            if transaction.has_settled() =>
        {
            Status::Reversed
        }
        _ => return None,
    };
    Some(next)
}

fn is_at_once(state: &State, transaction: &Transaction) -> bool {
    let instant = transaction.deposit().is_some_and(|deposit| deposit.instant);
    instant && state.amer.terms.instant_at_once
}

fn network(transaction: &Transaction, completed_code: &str) -> Reason {
    let status = match transaction.status {
        Status::Pending | Status::Authorized => "AC100",
        Status::OnHold => "AC108",
        Status::Processed => "AC105",
        Status::Completed => completed_code,
        _ => {
            let reason = transaction.course().and_then(|course| course.reason.clone());
            return reason.unwrap_or_else(|| Reason::plain("SW013"));
        }
    };
    Reason::plain(status)
}

/// What a completed reclaim pulled back is the deposit's no more, until the reclaim comes back.
fn settle_reclaim(state: &mut State, now: Moment, id: TransactionId) {
    let transaction = state.amer.get(id);
    let Kind::Reclaim(reclaim) = &transaction.kind else { return };
    let deposit = reclaim.deposit;
    if !matches!(transaction.status, Status::Completed | Status::Reversed) {
        return;
    }
    let mut reclaimed = Amount::ZERO;
    for child in state.amer.children(deposit) {
        if child.status == Status::Completed {
            reclaimed = reclaimed.plus(child.amount);
        }
    }
    let shows = state.amer.terms.reclaimed_statuses;
    let transaction = state.amer.get_mut(deposit);
    transaction.touch(now);
    if shows && transaction.has_settled() {
        transaction.status = match reclaimed {
            Amount::ZERO => Status::Completed,
            all if all == transaction.amount => Status::Refunded,
            _ => Status::PartiallyRefunded,
        };
    }
    if let Kind::Deposit(deposit) = &mut transaction.kind {
        deposit.reclaimed = reclaimed;
    }
}
