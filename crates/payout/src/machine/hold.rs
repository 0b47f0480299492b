//! What keeps a payout from being sent at all, said where its owner can see it.

use crate::event::{Change, Event};
use crate::machine::case::Case;
use crate::machine::decide::Declined;
use crate::machine::step::is_the_merchants;
use crate::reason::Reason;
use crate::state::{Hold, State};
use crate::time::Timestamp;

/// What must be known before the first send is not to be had for now. Said once, and again only if
/// it waits for other people than was said, so that answers which alternate, as a provider in
/// trouble gives them, cannot make events for ever.
pub(super) fn held(case: &Case<'_>, reason: Reason) -> Result<Option<Event>, Declined> {
    let access = reason == Reason::AccessRefused;
    let known = match current(case) {
        None => false,
        Some(hold) => {
            let news = access || (reason == Reason::NotEnabled && is_the_merchants(hold.reason));
            hold.is_parked() || hold.reason == reason || !news
        }
    };
    if known {
        return Ok(None);
    }
    let pause = match access {
        true => case.policy.hold,
        false => case.policy.retry.pause(0, &case.payout.id),
    };
    let hold = Hold { reason, until: case.time.wall.plus(pause) };
    case.event_because(Change::Held, State::Pending { held: Some(hold) }, Some(reason))
}

/// It can neither be sent nor proven not to have been sent, before somebody acts.
pub(super) fn parked(case: &Case<'_>, reason: Reason) -> Result<Option<Event>, Declined> {
    if current(case).is_some_and(|hold| hold.is_parked()) {
        return Ok(None);
    }
    let held = Some(Hold::parked(reason));
    case.event_because(Change::Held, State::Pending { held }, Some(reason))
}

/// Nothing is sent for the merchant. Said once for each reason.
pub(super) fn blocked(
    case: &Case<'_>,
    reason: Reason,
    until: Timestamp,
) -> Result<Option<Event>, Declined> {
    match current(case) {
        Some(hold) if hold.reason == reason || hold.is_parked() => Ok(None),
        Some(_) | None => {
            let held = Some(Hold { reason, until });
            case.event(Change::Held, State::Pending { held })
        }
    }
}

/// Whether a look before the first send proves something: it must, and whatever was sent before
/// this store began to remember can no longer be under way.
pub(super) fn may_look(case: &Case<'_>) -> bool {
    let timeout = case.policy.request_timeout;
    let late = |since| case.time.has_passed(timeout, since);
    case.policy.doubt.looks_up() && case.payout.forgetful_until.is_some_and(late)
}

/// A look before the first send found nothing.
pub(super) fn looked_first(case: &Case<'_>, after: State) -> Result<Option<Event>, Declined> {
    match case.payout.cancel_requested {
        true => {
            let after = State::Canceled { reason: Reason::CancelRequested };
            case.event(Change::Canceled, after)
        }
        false => case.event(Change::LookedFirst, after),
    }
}

/// A past that was forgotten matters where nothing under way speaks for the payout.
pub(super) fn past_forgotten(case: &Case<'_>, until: Timestamp) -> Result<Option<Event>, Declined> {
    if case.payout.forgetful_until.is_some_and(|known| known >= until) {
        return Ok(None);
    }
    case.event(Change::PastForgotten(until), case.payout.state)
}
fn current(case: &Case<'_>) -> Option<Hold> {
    match case.payout.state {
        State::Pending { held } => held,
        State::Submitting
        | State::Indeterminate { .. }
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. }
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => None,
    }
}
