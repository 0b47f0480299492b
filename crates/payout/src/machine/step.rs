//! What is to be done next with a payout that is due. The engine does it; nothing is done here.

use crate::attempt::{ATTEMPTS_MAX, Attempt, AttemptStatus};
use crate::id::Incarnation;
use crate::policy::{DoubtPolicy, Policy};
use crate::reason::Reason;
use crate::record::{Payout, Schedule};
use crate::state::{Hold, State};
use crate::time::{Time, Timestamp};

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
    /// Record that what waits to be confirmed is not asked about any more.
    GiveUpHint,
    /// Record that the store may have forgotten what happened to it up to then.
    Distrust(Timestamp),
    /// Record that nothing bad was heard for long enough.
    Presume,
    /// Record that nothing is sent for the merchant before then.
    Hold(Reason, Timestamp),
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
    pub time: Time,
    /// The incarnation that would do it.
    pub me: &'a Incarnation,
    /// Whether the store proves that no other incarnation is alive.
    pub others_are_gone: bool,
    /// Since when the store has forgotten nothing and notifications were taken in.
    pub continuous_since: Timestamp,
    /// What stops the merchant's queue, if anything does.
    pub block: Option<Block>,
}

/// What stops a merchant's queue, and when that is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// An operator stopped it: nothing is sent that may move money.
    Paused(Timestamp),
    /// The provider refuses our access: nothing is sent at all.
    AccessRefused(Timestamp),
}

/// What to do next with `payout`.
pub fn next_step(
    payout: &Payout,
    schedule: &Schedule,
    policy: &Policy,
    situation: Situation<'_>,
) -> Step {
    let step = next_step_unblocked(payout, schedule, policy, situation);
    let asks = step == Step::Ask;
    let sends = matches!(step, Step::Resolve | Step::Open);
    let sends_again =
        asks && policy.doubt == DoubtPolicy::Resend && payout.live_attempt().is_some();
    match situation.block {
        Some(Block::AccessRefused(until)) if sends || asks => {
            Step::Hold(Reason::AccessRefused, until)
        }
        Some(Block::Paused(until)) if sends || sends_again => {
            Step::Hold(Reason::SubmissionPaused, until)
        }
        Some(_) | None => step,
    }
}

fn next_step_unblocked(
    payout: &Payout,
    schedule: &Schedule,
    policy: &Policy,
    situation: Situation<'_>,
) -> Step {
    if let Some(attempt) = payout.live_attempt()
        && attempt.status == AttemptStatus::Open
    {
        return open_attempt(attempt, policy, situation);
    }
    match schedule.due_at {
        None => return Step::Done,
        Some(due_at) if situation.time.wall < due_at => return Step::Wait(due_at),
        Some(_) => {}
    }
    if let Some(since) = forgotten_since(payout, situation.continuous_since) {
        return Step::Distrust(since);
    }
    if let Some(hint) = payout.unconfirmed
        && let Some(step) = beyond_horizon(hint.since, policy, situation.time, Step::GiveUpHint)
    {
        return step;
    }
    match &payout.state {
        State::Pending { held } => pending(payout, *held, policy, situation.time),
        State::Indeterminate { parked: Some(reason) } => parked(payout, policy, *reason),
        State::Indeterminate { parked: None } => indeterminate(payout, policy, situation.time),
        State::Accepted => accepted(payout, policy, situation),
        State::Processing | State::Presumed | State::Completed { .. } => Step::Ask,
        State::Submitting
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => Step::Done,
    }
}

/// Only the task that opened an attempt sends it, at once. Whoever finds one open, the same
/// incarnation included, may only find that its holder is gone: proven by the store, or because it
/// is too late for it to be sending still. The schedule has no say in that.
fn open_attempt(attempt: &Attempt, policy: &Policy, situation: Situation<'_>) -> Step {
    if attempt.holder != *situation.me && situation.others_are_gone {
        return Step::GiveUpHolder;
    }
    let taken_over_at = taken_over_at(attempt, policy);
    if situation.time.wall < taken_over_at {
        return Step::Wait(taken_over_at);
    }
    Step::GiveUpHolder
}

/// Since when the store has forgotten nothing, if that is later than what it knows of a payout with
/// nothing under way: in between, it may have been sent, ended or fenced.
pub fn forgotten_since(payout: &Payout, continuous_since: Timestamp) -> Option<Timestamp> {
    let at_rest = match payout.state {
        State::Pending { .. } => true,
        State::Indeterminate { .. } => payout.live_attempt().is_none(),
        State::Submitting
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. }
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => false,
    };
    let known = payout.forgetful_until.is_some_and(|known| known >= continuous_since);
    let current = payout.updated_at >= continuous_since;
    (at_rest && !known && !current && continuous_since != Timestamp::MAX)
        .then_some(continuous_since)
}

/// What is to be done, or waited for, once a payout's time is up; none before. A clock that was set
/// a moment ago is not believed: nothing is given up for ever on its word.
fn beyond_horizon(since: Timestamp, policy: &Policy, time: Time, step: Step) -> Option<Step> {
    beyond(since.plus(policy.horizon), policy, time, step)
}

/// The same for a payout that was sent: how long it may be sent again depends on its order.
fn sent_beyond_horizon(payout: &Payout, policy: &Policy, time: Time) -> Option<Step> {
    let end = first_send(payout).plus(policy.horizon_of(&payout.order));
    beyond(end, policy, time, Step::Park(Reason::HorizonPassed))
}

fn beyond(end: Timestamp, policy: &Policy, time: Time, step: Step) -> Option<Step> {
    if time.wall < end {
        return None;
    }
    match time.has_passed(policy.request_timeout, Timestamp::EPOCH) {
        true => Some(step),
        false => Some(Step::Wait(time.steady_since.plus(policy.request_timeout))),
    }
}

fn pending(payout: &Payout, held: Option<Hold>, policy: &Policy, time: Time) -> Step {
    if payout.unconfirmed.is_some() {
        return Step::Ask;
    }
    // Another order bears its name: only a word of the provider or a person moves it now.
    if payout.attention.is_some() || held.is_some_and(|hold| hold.is_parked()) {
        return Step::Done;
    }
    let too_late = is_too_late(payout, time.wall);
    let Some(since) = payout.forgetful_until else {
        return if too_late { Step::Expire } else { unsent(payout, held, time.wall, Step::Open) };
    };
    if policy.doubt.looks_up() {
        let since = since.max(payout.created_at);
        let park = Step::Park(Reason::HorizonPassed);
        let look = unsent(payout, held, time.wall, Step::Ask);
        return beyond_horizon(since, policy, time, park).unwrap_or(look);
    }
    // Only sending it would tell whether it was sent before.
    if payout.cancel_requested {
        return Step::Park(Reason::CancelRequested);
    }
    if too_late {
        return Step::Park(Reason::SubmitBeforePassed);
    }
    if policy.leaves_forgotten(&payout.order) {
        return Step::Park(Reason::ResendUnprotected);
    }
    unsent(payout, held, time.wall, Step::Open)
}

/// What leads to the next step of a payout with nothing under way.
fn unsent(payout: &Payout, held: Option<Hold>, now: Timestamp, next: Step) -> Step {
    match held {
        Some(Hold { reason, until }) if now < until && !is_the_merchants(reason) => {
            Step::Wait(until)
        }
        Some(_) | None if payout.resolved => next,
        Some(_) | None => Step::Resolve,
    }
}

fn indeterminate(payout: &Payout, policy: &Policy, time: Time) -> Step {
    if payout.live_attempt().is_none() && !payout.is_spoken_of() {
        let forgetful = payout.forgetful_until.is_some();
        return match (forgetful, policy.doubt.looks_up()) {
            (true, true) => sent_beyond_horizon(payout, policy, time).unwrap_or(Step::Ask),
            (true, false) if payout.cancel_requested => Step::Park(Reason::CancelRequested),
            (true, false) if is_too_late(payout, time.wall) => {
                Step::Park(Reason::SubmitBeforePassed)
            }
            (false, _) if is_too_late(payout, time.wall) => Step::Expire,
            (true, false) if policy.leaves_forgotten(&payout.order) => {
                Step::Park(Reason::ResendUnprotected)
            }
            _ if payout.attempts.len() >= ATTEMPTS_MAX => Step::Park(Reason::HorizonPassed),
            _ => Step::Open,
        };
    }
    sent_beyond_horizon(payout, policy, time).unwrap_or(Step::Ask)
}

/// Silence counts from when our own request was answered, or from when we began to listen without
/// a gap.
fn accepted(payout: &Payout, policy: &Policy, situation: Situation<'_>) -> Step {
    match (payout.unconfirmed, presumed_at(payout, policy, situation.continuous_since)) {
        (None, Some(at)) if situation.time.wall >= at => Step::Presume,
        (None, Some(at)) if policy.polling.is_none() => Step::Wait(at),
        _ => Step::Ask,
    }
}

pub(super) fn presumed_at(
    payout: &Payout,
    policy: &Policy,
    listening_since: Timestamp,
) -> Option<Timestamp> {
    match (payout.accepted_at, policy.presumed_after) {
        (Some(accepted_at), Some(after)) if payout.attention.is_none() => {
            Some(accepted_at.max(listening_since).plus(after))
        }
        _ => None,
    }
}

fn parked(payout: &Payout, policy: &Policy, reason: Reason) -> Step {
    if is_worth_a_look(payout, policy, reason) { Step::Ask } else { Step::Done }
}

/// What is parked is not tried any more, but a look-up, which is harmless, may still confirm a bad
/// word, or prove what a cancel needs. The same bytes are not sent again for that: nobody knows
/// how long the provider remembers them.
pub(super) fn is_worth_a_look(payout: &Payout, policy: &Policy, parked: Reason) -> bool {
    let stoppable = payout.cancel_requested && parked == Reason::ResendUnprotected;
    match policy.doubt {
        DoubtPolicy::Resend => false,
        DoubtPolicy::LookUp { .. } => {
            (payout.unconfirmed.is_some() && !payout.hides_another_order()) || stoppable
        }
    }
}

fn is_too_late(payout: &Payout, now: Timestamp) -> bool {
    payout.order.submit_before.is_some_and(|limit| now >= limit)
}

/// What the horizon bounds is the provider's memory, so it counts from the first request that may
/// have reached it.
fn first_send(payout: &Payout) -> Timestamp {
    let sent = |a: &&Attempt| !matches!(a.status, AttemptStatus::NotSent | AttemptStatus::Refused);
    match payout.attempts.iter().find(sent) {
        Some(attempt) => attempt.opened_at,
        None => payout.created_at,
    }
}

/// What holds all of a merchant's payouts ends for all at once, maybe earlier than was said.
pub(super) fn is_the_merchants(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AccessRefused | Reason::SubmissionPaused | Reason::ProviderAccountChanged
    )
}

/// After its send-by and the longest request, an open attempt can no longer be under way.
pub(super) fn taken_over_at(attempt: &Attempt, policy: &Policy) -> Timestamp {
    attempt.send_by.plus(policy.request_timeout)
}
