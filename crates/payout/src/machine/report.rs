//! What the provider's word about an order makes of a payout. States only move forward: late and
//! repeated words are recorded and move nothing.

use crate::event::{Change, Event};
use crate::input::{Certainty, Report, Reported};
use crate::machine::case::Case;
use crate::machine::decide::Declined;
use crate::reason::Reason;
use crate::record::Payout;
use crate::state::State;

/// A word about a payout that has not ended.
pub(super) fn reported(case: &Case<'_>, report: &Report) -> Result<Option<Event>, Declined> {
    if speaks_of_another_order(case) {
        // A bad end of something else is no harm; anything else means that two orders bear our
        // name, and a person must see that.
        return match report.status.is_negative() {
            true => case.noted(),
            false => contradicted(case, Reason::Contradicted),
        };
    }
    if report.certainty == Certainty::Unconfirmed {
        return hinted(case, report);
    }
    if report.amount.is_some_and(|amount| amount != case.payout.order.amount) {
        return contradicted(case, Reason::AmountDiffers);
    }
    if report.status.is_negative() && case.payout.hides_another_order() {
        return case.noted();
    }
    match onward(case, report) {
        Some(after) => {
            let Report { status, speed_achieved, .. } = *report;
            case.event(Change::Reported { status, speed_achieved }, after)
        }
        None => case.noted(),
    }
}

/// A word that must be confirmed makes us ask, once; one that would lead nowhere does not. Of two
/// the one that leads further is asked about: an answer that was on its way when it came cannot
/// confirm it, and would be the last.
fn hinted(case: &Case<'_>, report: &Report) -> Result<Option<Event>, Declined> {
    let contradicted = case.payout.attention == Some(Reason::Contradicted);
    let known =
        case.payout.unconfirmed.is_some_and(|hint| reach(hint.status) >= reach(report.status));
    if contradicted || known || onward(case, report).is_none() {
        return case.noted();
    }
    case.event(Change::Hinted(report.status), case.payout.state)
}

/// How far a word leads.
fn reach(status: Reported) -> u8 {
    match status {
        Reported::Accepted => 0,
        Reported::Processing => 1,
        Reported::Completed => 2,
        Reported::Failed | Reported::Canceled | Reported::Returned => 3,
    }
}

/// A word about a payout that was not paid and given back. It never moves again, so that a good
/// word is for people to look into, confirmed or not.
pub(super) fn after_the_end(case: &Case<'_>, report: &Report) -> Result<Option<Event>, Declined> {
    let known = report.status.is_negative() || is_old_news(case, report.status);
    if known { case.noted() } else { contradicted(case, Reason::Contradicted) }
}

/// The state that a word leads to; none, if the payout is there already or beyond.
fn onward(case: &Case<'_>, report: &Report) -> Option<State> {
    let before = case.payout.state;
    if !leads_on(before, report.status) {
        return None;
    }
    let reason = report.reason.unwrap_or(Reason::ProviderAborted);
    let was_paid = matches!(before, State::Presumed | State::Completed { .. });
    Some(match report.status {
        Reported::Accepted => State::Accepted,
        Reported::Processing => State::Processing,
        Reported::Completed => {
            let return_window_ends_at = case.time.wall.plus(case.policy.return_window);
            State::Completed { return_window_ends_at }
        }
        Reported::Failed | Reported::Canceled | Reported::Returned if was_paid => {
            State::Returned { reason: report.reason.unwrap_or(Reason::ReturnedByBank) }
        }
        Reported::Returned => {
            State::Returned { reason: report.reason.unwrap_or(Reason::ReturnedByBank) }
        }
        Reported::Canceled if case.payout.cancel_requested => {
            State::Canceled { reason: Reason::CancelRequested }
        }
        Reported::Failed | Reported::Canceled => State::Failed { reason },
    })
}

/// Whether a word leads on from a state: states only move forward.
pub(super) fn leads_on(from: State, status: Reported) -> bool {
    match from {
        State::Pending { .. } | State::Submitting | State::Indeterminate { .. } => true,
        State::Accepted => status != Reported::Accepted,
        State::Processing => !matches!(status, Reported::Accepted | Reported::Processing),
        State::Presumed => status == Reported::Completed || status.is_negative(),
        State::Completed { .. } => status.is_negative(),
        State::Failed { .. } | State::Canceled { .. } | State::Returned { .. } => false,
    }
}

/// Whether a good word after the end only repeats what was true before it. Only a provider that
/// had the order can have ended it later: where we ended a payout ourselves, for want of an order,
/// every good word is news however old.
fn is_old_news(case: &Case<'_>, status: Reported) -> bool {
    let payout = case.payout;
    let said_before_the_end = match (case.input.occurred_at, payout.ended_at) {
        (Some(said), Some(ended)) => said <= ended,
        _ => false,
    };
    let was_true = match status {
        Reported::Completed => payout.completed_at.is_some(),
        Reported::Accepted | Reported::Processing => payout.provider_reference.is_some(),
        Reported::Failed | Reported::Canceled | Reported::Returned => true,
    };
    let ended_by_provider = payout.provider_reference.is_some();
    !speaks_of_another_order(case) && (was_true || (ended_by_provider && said_before_the_end))
}

fn speaks_of_another_order(case: &Case<'_>) -> bool {
    let Payout { provider_reference, .. } = case.payout;
    match (provider_reference, &case.input.words.reference) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => false,
    }
}

/// What the provider never confirmed is for people to look into; nobody asks about it any more.
pub(super) fn hint_given_up(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match case.payout.unconfirmed {
        Some(_) => case.event(Change::Contradicted, case.payout.state),
        None => Ok(None),
    }
}

/// Said once, and again only if it is graver: asking again would find the same every time.
fn contradicted(case: &Case<'_>, why: Reason) -> Result<Option<Event>, Declined> {
    let known = case.payout.attention;
    if known == Some(graver(known, why)) {
        return case.noted();
    }
    case.event_because(Change::Contradicted, case.payout.state, Some(why))
}

/// The graver of two reasons to look at a payout: an order that bears our name and is not ours
/// outweighs one of another amount, and that a word which nobody confirmed.
pub(super) fn graver(known: Option<Reason>, new: Reason) -> Reason {
    let rank = |reason| match reason {
        Reason::Contradicted => 2,
        Reason::AmountDiffers => 1,
        _ => 0,
    };
    match known {
        Some(known) if rank(known) >= rank(new) => known,
        Some(_) | None => new,
    }
}
