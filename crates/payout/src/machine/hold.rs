//! What keeps a payout from being sent at all, said where its owner can see it.

use crate::event::{Change, Event};
use crate::machine::case::Case;
use crate::machine::decide::Declined;
use crate::reason::Reason;
use crate::state::{Hold, State};
use crate::time::Timestamp;

/// What must be known before the first send is not to be had for now. Said once, and again only if
/// our access is refused, so that answers which alternate cannot make events for ever.
pub(super) fn held(case: &Case<'_>, reason: Reason) -> Result<Option<Event>, Declined> {
    let access = reason == Reason::AccessRefused;
    let known = match current(case) {
        None => false,
        Some(hold) => hold.reason == reason || !access,
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

/// Nothing is sent for the merchant. Said once for each reason.
pub(super) fn blocked(
    case: &Case<'_>,
    reason: Reason,
    until: Timestamp,
) -> Result<Option<Event>, Declined> {
    match current(case) {
        Some(hold) if hold.reason == reason => Ok(None),
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
    case.payout.look_first.is_some_and(|since| case.time.has_passed(timeout, since))
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
