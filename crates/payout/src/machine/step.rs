//! What is to be done next with a payout, and when. The engine does it; nothing is done here.

use crate::attempt::{ATTEMPTS_MAX, Attempt, AttemptStatus, InDoubt};
use crate::id::Incarnation;
use crate::policy::{DoubtPolicy, Policy};
use crate::reason::Reason;
use crate::record::{Payout, Schedule};
use crate::state::{Hold, State};
use crate::time::Timestamp;

/// The next thing to do with a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Have the provider make a handle of the destination.
    Resolve,
    /// Record an attempt, then send it.
    Open,
    /// Ask the provider: re-send the same bytes or look up, as its rules say.
    Ask,
    /// Record that the holder of the open attempt is gone.
    GiveUpHolder,
    /// Record that it was not sent in time.
    Expire,
    /// Record that nothing more is tried by itself.
    Park(Reason),
    /// Nothing before then.
    Wait(Timestamp),
    /// Nothing by itself, ever.
    Done,
}

/// Who asks, and what is known about the others.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The time.
    pub now: Timestamp,
    /// The incarnation that would do it.
    pub me: &'a Incarnation,
    /// Whether the store proves that no other incarnation is alive.
    pub others_are_gone: bool,
}

/// What to do next with `payout`.
pub fn next_step(
    payout: &Payout,
    schedule: &Schedule,
    policy: &Policy,
    situation: Situation<'_>,
) -> Step {
    if let Some(attempt) = payout.live_attempt()
        && attempt.status == AttemptStatus::Open
    {
        return open_attempt(attempt, schedule, situation);
    }
    match schedule.due_at {
        None => return Step::Done,
        Some(due_at) if situation.now < due_at => return Step::Wait(due_at),
        Some(_) => {}
    }
    match &payout.state {
        State::Pending { .. } => pending(payout, situation.now),
        State::Indeterminate { .. } => indeterminate(payout, policy, situation.now),
        State::Accepted | State::Processing | State::Presumed | State::Completed { .. } => {
            Step::Ask
        }
        State::Submitting
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => Step::Done,
    }
}

/// Only the task that opened an attempt sends it, at once. Whoever finds one open, the same
/// incarnation included, may only find that its holder is gone: proven by the store, or because it
/// is too late for it to be sending still.
fn open_attempt(attempt: &Attempt, schedule: &Schedule, situation: Situation<'_>) -> Step {
    if attempt.holder != *situation.me && situation.others_are_gone {
        return Step::GiveUpHolder;
    }
    match schedule.due_at {
        Some(due_at) if situation.now < due_at => Step::Wait(due_at),
        Some(_) | None => Step::GiveUpHolder,
    }
}

fn pending(payout: &Payout, now: Timestamp) -> Step {
    if payout.is_spoken_of() || (payout.look_first && payout.resolved) {
        return Step::Ask;
    }
    if payout.order.submit_before.is_some_and(|limit| now >= limit) && !payout.look_first {
        return Step::Expire;
    }
    if !payout.resolved {
        return Step::Resolve;
    }
    Step::Open
}

fn indeterminate(payout: &Payout, policy: &Policy, now: Timestamp) -> Step {
    if payout.is_spoken_of() {
        return Step::Ask;
    }
    let Some(attempt) = payout.live_attempt() else {
        if payout.order.submit_before.is_some_and(|limit| now >= limit) {
            return Step::Expire;
        }
        return match payout.attempts.len() {
            ATTEMPTS_MAX.. => Step::Park(Reason::HorizonPassed),
            _ => Step::Open,
        };
    };
    if now >= first_send(payout, attempt).plus(policy.horizon) {
        return Step::Park(Reason::HorizonPassed);
    }
    Step::Ask
}

/// What the horizon bounds is the provider's memory, so it counts from the first request that may
/// have reached it.
fn first_send(payout: &Payout, attempt: &Attempt) -> Timestamp {
    let unsent =
        |a: &&Attempt| !matches!(a.status, AttemptStatus::NotSent | AttemptStatus::Refused);
    payout.attempts.iter().find(unsent).unwrap_or(attempt).opened_at
}

/// When `payout` is to be looked at again after `tries` tries in vain; never by itself, if none.
pub fn due_at(payout: &Payout, policy: &Policy, tries: u32, now: Timestamp) -> Option<Timestamp> {
    let again = || match tries {
        0 => now,
        _ => now.plus(policy.retry.pause(tries - 1, &payout.id)),
    };
    let due = match &payout.state {
        State::Submitting => payout.live_attempt().map(|attempt| taken_over_at(attempt, policy)),
        _ if payout.unconfirmed.is_some() && payout.give_back.is_none() => Some(again()),
        State::Pending { held: Some(Hold { until, .. }) } => Some(again().max(*until)),
        State::Pending { held: None } => Some(again()),
        State::Indeterminate { parked: Some(_) } => None,
        State::Indeterminate { parked: None } => Some(in_doubt_due_at(payout, policy, again())),
        State::Accepted | State::Processing => {
            policy.polling.map(|polling| now.plus(polling.until_outcome.pause(tries, &payout.id)))
        }
        State::Completed { return_window_ends_at } => policy.polling.and_then(|polling| {
            let next = now.plus(polling.through_return_window);
            (now < *return_window_ends_at).then(|| next.min(*return_window_ends_at))
        }),
        State::Presumed
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => None,
    };
    match (due, payout.order.submit_before) {
        (Some(due), Some(limit)) if payout.live_attempt().is_none() && now < limit => {
            Some(due.min(limit))
        }
        _ => due,
    }
}

/// After its send-by and the longest request, an open attempt can no longer be under way.
fn taken_over_at(attempt: &Attempt, policy: &Policy) -> Timestamp {
    attempt.send_by.plus(policy.request_timeout)
}

fn in_doubt_due_at(payout: &Payout, policy: &Policy, again: Timestamp) -> Timestamp {
    let Some(attempt) = payout.live_attempt() else { return again };
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
