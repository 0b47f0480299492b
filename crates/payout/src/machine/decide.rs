//! What an input makes of a payout. One match on the state, one function per state.

use thiserror::Error;

use crate::attempt::{ATTEMPTS_MAX, AttemptStatus};
use crate::event::{Change, Created, Event};
use crate::id::PayoutId;
use crate::input::{Input, ProviderWords, What};
use crate::machine::case::Case;
use crate::machine::{doubt, hold, report, settle};
use crate::policy::Policy;
use crate::reason::Reason;
use crate::record::Payout;
use crate::state::State;
use crate::time::{Time, Timestamp};

/// Why an input cannot be taken. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Declined {
    /// A second attempt while one is open, in doubt or accepted.
    #[error("an attempt of this payout is not settled")]
    AttemptLive,
    /// An answer without an attempt that it could answer.
    #[error("no attempt of this payout is open")]
    NoAttempt,
    /// An attempt before the destination is resolved, or before the provider was asked.
    #[error("the payout is not ready to be sent")]
    NotReady,
    /// The payout is beyond this.
    #[error("the payout is past the point where this was possible")]
    TooLate,
    /// Nothing about it is in doubt, so that there is nothing to settle.
    #[error("nothing about the payout is in doubt; there is nothing to settle")]
    NotInDoubt,
    /// The provider has the order; stopping it there is not supported.
    #[error("the provider has the order and cannot be asked to stop it")]
    AtProvider,
}

/// The first event of a payout.
pub fn create(id: PayoutId, created: Created, now: Timestamp) -> Event {
    Event {
        merchant: created.order.merchant.clone(),
        payout: id,
        customer: created.order.customer.clone(),
        sequence: 1,
        recorded_at: now,
        occurred_at: None,
        before: None,
        after: State::Pending { held: None },
        change: Change::Created(Box::new(created)),
        reason: None,
        words: ProviderWords::default(),
        receipt: None,
        give_back: None,
    }
}

/// The event that `input` makes of `payout`; none, if it changes nothing. A notification that took
/// effect before changes nothing.
pub fn decide(
    payout: &Payout,
    policy: &Policy,
    input: &Input,
    time: Time,
) -> Result<Option<Event>, Declined> {
    if input.receipt.as_ref().is_some_and(|receipt| payout.receipts.contains(receipt)) {
        return Ok(None);
    }
    let case = Case { payout, policy, input, time };
    match payout.state {
        State::Pending { .. } => pending(&case),
        State::Submitting => submitting(&case),
        State::Indeterminate { .. } => indeterminate(&case),
        State::Accepted => accepted(&case),
        State::Processing => processing(&case),
        State::Presumed => presumed(&case),
        State::Completed { .. } => completed(&case),
        State::Failed { .. } | State::Canceled { .. } | State::Returned { .. } => settled(&case),
    }
}

fn pending(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    let payout = case.payout;
    let must_ask = payout.may_have_been_sent();
    let free = State::Pending { held: None };
    match &case.input.what {
        What::DestinationResolved if payout.resolved => Ok(None),
        What::DestinationResolved => case.event(Change::DestinationResolved, free),
        What::DestinationRefused(_) if payout.resolved || payout.is_spoken_of() => Ok(None),
        // That it is refused now does not say that it always was.
        What::DestinationRefused(reason) if must_ask => hold::parked(case, *reason),
        What::DestinationRefused(reason) => {
            let after = State::Failed { reason: *reason };
            case.event(Change::DestinationRefused, after)
        }
        What::AttemptOpened(attempt) => {
            if !payout.resolved || !may_send(case) || attempt.number != payout.next_number() {
                return Err(Declined::NotReady);
            }
            case.event(Change::AttemptOpened(attempt.clone()), State::Submitting)
        }
        // The provider itself says that there is something: nothing found is a look-up that lags.
        What::NotFound if payout.is_spoken_of() || !hold::may_look(case) => Ok(None),
        What::NotFound => hold::looked_first(case, free),
        What::CancelRequested if must_ask => case.cancel_requested(),
        What::CancelRequested => {
            case.event(Change::Canceled, State::Canceled { reason: Reason::CancelRequested })
        }
        What::Expired if must_ask => Ok(None),
        What::Expired => {
            case.event(Change::Canceled, State::Canceled { reason: Reason::SubmitBeforePassed })
        }
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::InDoubt(reason) if must_ask || !payout.resolved => hold::held(case, *reason),
        What::HintGivenUp => report::hint_given_up(case),
        What::Blocked(reason, until) => hold::blocked(case, *reason, *until),
        What::PastForgotten(until) => hold::past_forgotten(case, *until),
        What::Parked(reason) if must_ask => hold::parked(case, *reason),
        What::Settled(settlement) if must_ask => settle::settled(case, settlement),
        What::Settled(_) => Err(Declined::NotInDoubt),
        What::HolderGone | What::Parked(_) | What::Presumed => Ok(None),
        What::NotSent | What::Refused(_) | What::InDoubt(_) => Err(Declined::NoAttempt),
    }
}

/// Whether a payout with nothing under way may be sent. Where the provider takes no order twice
/// under one name, sending is how a forgotten past is asked about; elsewhere it was looked for.
fn may_send(case: &Case<'_>) -> bool {
    let payout = case.payout;
    let forgetful = payout.forgetful_until.is_some();
    let asked = !forgetful || (!case.policy.doubt.looks_up() && !payout.cancel_requested);
    asked && !payout.is_spoken_of() && payout.attempts.len() < ATTEMPTS_MAX
}

fn submitting(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::NotSent => case.became(AttemptStatus::NotSent, case.unsent(None)),
        What::Refused(refusal) => doubt::refused_at_once(case, *refusal),
        What::InDoubt(why) => case.in_doubt(*why, None),
        What::HolderGone => case.in_doubt(Reason::Interrupted, None),
        What::CancelRequested => case.cancel_requested(),
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::AttemptOpened(_) | What::Settled(_) => Err(Declined::AttemptLive),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotFound
        | What::HintGivenUp
        | What::Expired
        | What::Blocked(..)
        | What::PastForgotten(_)
        | What::Presumed
        | What::Parked(_) => Ok(None),
    }
}

fn indeterminate(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    let payout = case.payout;
    let live = payout.live_attempt();
    let nothing_there = live.is_none() && !payout.may_have_been_sent();
    match &case.input.what {
        What::AttemptOpened(attempt) => {
            if live.is_some() {
                return Err(Declined::AttemptLive);
            }
            let free = !payout.cancel_requested && payout.state.reason().is_none();
            if !free || !may_send(case) || attempt.number != payout.next_number() {
                return Err(Declined::NotReady);
            }
            let after = State::Indeterminate { parked: None };
            case.event(Change::AttemptOpened(attempt.clone()), after)
        }
        What::NotSent => match live.map(|attempt| attempt.status) {
            Some(AttemptStatus::Open) => {
                case.became(AttemptStatus::NotSent, case.unsent_in_doubt())
            }
            _ => Ok(None),
        },
        What::Refused(refusal) => doubt::refused_in_doubt(case, live, *refusal),
        What::InDoubt(why) => doubt::unanswered(case, live, *why),
        What::HolderGone => case.in_doubt_if_open(live, Reason::Interrupted),
        What::NotFound if live.is_some() => doubt::looked_in_vain(case, live),
        What::NotFound if payout.is_spoken_of() || !hold::may_look(case) => Ok(None),
        What::NotFound => hold::looked_first(case, payout.state),
        What::CancelRequested if nothing_there => {
            case.event(Change::Canceled, State::Canceled { reason: Reason::CancelRequested })
        }
        What::CancelRequested => case.cancel_requested(),
        What::Expired if nothing_there => {
            case.event(Change::Canceled, State::Canceled { reason: Reason::SubmitBeforePassed })
        }
        What::Parked(_) if live.is_some_and(|attempt| attempt.status == AttemptStatus::Open) => {
            Ok(None)
        }
        What::Parked(reason) => match payout.state.reason() {
            Some(_) => Ok(None),
            None => case.event(Change::Parked, State::Indeterminate { parked: Some(*reason) }),
        },
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::HintGivenUp => report::hint_given_up(case),
        What::Settled(_) if live.is_some_and(|attempt| attempt.status == AttemptStatus::Open) => {
            Err(Declined::AttemptLive)
        }
        What::Settled(settlement) => settle::settled(case, settlement),
        What::PastForgotten(until) if live.is_none() => hold::past_forgotten(case, *until),
        What::Blocked(..) | What::Presumed | What::PastForgotten(_) => Ok(None),
        What::Expired | What::DestinationResolved | What::DestinationRefused(_) => Ok(None),
    }
}

fn accepted(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::HintGivenUp => report::hint_given_up(case),
        What::CancelRequested => Err(Declined::AtProvider),
        What::AttemptOpened(_) => Err(Declined::TooLate),
        // What the provider says contradicts itself, and may hide an end for ever.
        What::Settled(settlement) if case.payout.attention.is_some() => {
            settle::settled(case, settlement)
        }
        What::Settled(_) => Err(Declined::NotInDoubt),
        What::Presumed => settle::presumed(case),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::Expired
        | What::Blocked(..)
        | What::PastForgotten(_)
        | What::Parked(_) => Ok(None),
    }
}

fn processing(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    accepted(case)
}

fn presumed(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    completed(case)
}

fn completed(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::HintGivenUp => report::hint_given_up(case),
        What::CancelRequested | What::AttemptOpened(_) => Err(Declined::TooLate),
        What::Settled(_) => Err(Declined::NotInDoubt),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::Expired
        | What::Blocked(..)
        | What::PastForgotten(_)
        | What::Presumed
        | What::Parked(_) => Ok(None),
    }
}

fn settled(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::Reported(said) => report::after_the_end(case, said),
        What::Remarked(_) => case.noted(),
        What::CancelRequested | What::AttemptOpened(_) => Err(Declined::TooLate),
        What::Settled(_) => Err(Declined::NotInDoubt),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::HintGivenUp
        | What::Expired
        | What::Blocked(..)
        | What::PastForgotten(_)
        | What::Presumed
        | What::Parked(_) => Ok(None),
    }
}
