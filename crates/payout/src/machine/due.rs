//! When a payout is to be looked at again. What is to be done then is [`step`](super::step)'s.

use crate::attempt::{Attempt, AttemptStatus, InDoubt};
use crate::machine::step::{is_the_merchants, is_worth_a_look, presumed_at, taken_over_at};
use crate::policy::{DoubtPolicy, Policy};
use crate::record::Payout;
use crate::state::{Hold, State};
use crate::time::Timestamp;

/// What came of the tries since a payout last changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many were in vain.
    pub in_vain: u32,
    /// Whether the provider refused our access the last time: the next try waits for the hold.
    pub access_refused: bool,
}

/// When `payout` is to be looked at again; never by itself, if none.
pub fn due_at(payout: &Payout, policy: &Policy, tries: Tries, now: Timestamp) -> Option<Timestamp> {
    let earliest = if tries.access_refused { now.plus(policy.hold) } else { now };
    let tries = tries.in_vain;
    let again = |tries: u32| match tries {
        0 => earliest,
        _ => earliest.max(now.plus(policy.retry.pause(tries - 1, &payout.id))),
    };
    match &payout.state {
        State::Pending { held } => pending_due_at(
            payout,
            policy,
            *held,
            tries,
            again(tries.max(payout.failures_in_a_row())),
            now,
        ),
        State::Submitting => payout.live_attempt().map(|attempt| taken_over_at(attempt, policy)),
        State::Indeterminate { parked: Some(reason) } => {
            is_worth_a_look(payout, policy, *reason).then(|| again(tries))
        }
        State::Indeterminate { parked: None } => match payout.live_attempt() {
            Some(attempt) => Some(in_doubt_due_at(attempt, policy, again(tries))),
            None => {
                let due = again(tries.max(payout.failures_in_a_row()));
                Some(in_time(payout, due, now))
            }
        },
        State::Accepted | State::Processing | State::Presumed | State::Completed { .. }
            if payout.unconfirmed.is_some() =>
        {
            Some(again(tries))
        }
        State::Accepted | State::Processing => match policy.polling {
            Some(polling) => {
                Some(earliest.max(now.plus(polling.until_outcome.pause(tries, &payout.id))))
            }
            None if payout.state == State::Accepted => {
                presumed_at(payout, policy, Timestamp::EPOCH).map(|at| at.max(again(tries)))
            }
            None => None,
        },
        State::Completed { return_window_ends_at } => policy.polling.and_then(|polling| {
            let next = now.plus(polling.through_return_window);
            (now < *return_window_ends_at).then(|| next.min(*return_window_ends_at))
        }),
        State::Presumed
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => None,
    }
}

fn pending_due_at(
    payout: &Payout,
    policy: &Policy,
    held: Option<Hold>,
    tries: u32,
    again: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    if payout.unconfirmed.is_some() {
        return Some(again);
    }
    if payout.attention.is_some() || held.is_some_and(|hold| hold.is_parked()) {
        return None;
    }
    let due = match held {
        // A try in vain shows that the merchant's hold is over, whatever time was said.
        Some(hold) if tries > 0 && is_the_merchants(hold.reason) => again,
        Some(hold) => again.max(hold.until),
        None => again,
    };
    match payout.forgetful_until {
        // A request of a forgotten past may still be under way.
        Some(since) if policy.doubt.looks_up() && payout.resolved => {
            Some(due.max(since.plus(policy.request_timeout)))
        }
        Some(_) if policy.doubt.looks_up() => Some(due),
        Some(_) if payout.cancel_requested => Some(again),
        Some(_) | None => Some(in_time(payout, due, now)),
    }
}

/// What is not sent in time is cancelled in time.
fn in_time(payout: &Payout, due: Timestamp, now: Timestamp) -> Timestamp {
    match payout.order.submit_before {
        Some(limit) if now < limit => due.min(limit),
        Some(_) | None => due,
    }
}

fn in_doubt_due_at(attempt: &Attempt, policy: &Policy, again: Timestamp) -> Timestamp {
    match (attempt.status, policy.doubt) {
        (AttemptStatus::Open, _) => taken_over_at(attempt, policy),
        // Between the two look-ups that prove absence nothing is gained by looking.
        (
            AttemptStatus::InDoubt(InDoubt { looked_in_vain_at: Some(first), .. }),
            DoubtPolicy::LookUp { spacing, .. },
        ) => again.max(first.plus(spacing)),
        _ => again,
    }
}
