//! Ends that are no word of the provider: silence for long enough, and an operator's decision.

use crate::event::{Change, Event};
use crate::machine::case::Case;
use crate::machine::decide::Declined;
use crate::reason::Reason;
use crate::settlement::{Settlement, Verdict};
use crate::state::State;

/// An operator knows what no machine can: evidence from outside ends the doubt.
pub(super) fn settled(case: &Case<'_>, settlement: &Settlement) -> Result<Option<Event>, Declined> {
    let after = match settlement.verdict {
        Verdict::Paid => {
            let return_window_ends_at = case.time.wall.plus(case.policy.return_window);
            State::Completed { return_window_ends_at }
        }
        Verdict::NotPaid => State::Failed { reason: Reason::SettledByOperator },
    };
    case.event(Change::Settled(Box::new(settlement.clone())), after)
}

/// Silence counts only where our own request was answered and nothing speaks against it.
pub(super) fn presumed(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    let payout = case.payout;
    let silent = payout.accepted_at.is_some() && !payout.is_spoken_of();
    match (payout.state, silent, case.policy.presumed_after) {
        (State::Accepted, true, Some(_)) => case.event(Change::Presumed, State::Presumed),
        _ => Ok(None),
    }
}
