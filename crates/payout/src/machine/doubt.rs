//! What ends a doubt, and what does not: refusals and look-ups that found nothing.

use crate::attempt::{Attempt, AttemptStatus, InDoubt};
use crate::event::{Change, Event};
use crate::input::{Refusal, RefusalKind};
use crate::machine::case::Case;
use crate::machine::decide::Declined;
use crate::policy::DoubtPolicy;
use crate::reason::Reason;
use crate::state::{Hold, State};

/// A refusal of an attempt that nothing else is in doubt beside: it is the whole truth, unless the
/// provider spoke of an order that cannot be this one.
pub(super) fn refused_at_once(
    case: &Case<'_>,
    refusal: Refusal,
) -> Result<Option<Event>, Declined> {
    let Refusal { kind, reason } = refusal;
    match kind {
        RefusalKind::Content | RefusalKind::Circumstance if case.payout.is_spoken_of() => {
            case.in_doubt(reason, Some(reason))
        }
        RefusalKind::Content | RefusalKind::Circumstance => {
            case.became(AttemptStatus::Refused, State::Failed { reason })
        }
        RefusalKind::Access => {
            let hold = Hold { reason, until: case.time.wall.plus(case.policy.hold) };
            case.became(AttemptStatus::Refused, case.unsent(Some(hold)))
        }
        RefusalKind::Duplicate => case.in_doubt(Reason::DuplicateReported, None),
    }
}

/// A refusal while an earlier send may have taken effect. Where the same bytes are always answered
/// alike, what would have refused them every time settles; everything else says nothing about the
/// earlier send, but makes the payout fail once that is proven absent.
pub(super) fn refused_in_doubt(
    case: &Case<'_>,
    live: Option<&Attempt>,
    refusal: Refusal,
) -> Result<Option<Event>, Declined> {
    let Some(attempt) = live else { return Err(Declined::NoAttempt) };
    let Refusal { kind, reason } = refusal;
    match (kind, attempt.status) {
        (RefusalKind::Content, AttemptStatus::Open | AttemptStatus::InDoubt(_))
            if speaks_for_every_send(case, attempt) =>
        {
            case.became(AttemptStatus::Refused, State::Failed { reason })
        }
        (RefusalKind::Content | RefusalKind::Circumstance, AttemptStatus::Open) => {
            case.in_doubt(reason, Some(reason))
        }
        (RefusalKind::Access, AttemptStatus::Open) => {
            case.became(AttemptStatus::Refused, case.unsent_in_doubt())
        }
        (RefusalKind::Duplicate, AttemptStatus::Open) => {
            case.in_doubt(Reason::DuplicateReported, None)
        }
        (RefusalKind::Duplicate, AttemptStatus::InDoubt(doubt)) => {
            case.still_in_doubt(InDoubt { why: Reason::DuplicateReported, ..doubt })
        }
        (RefusalKind::Access, AttemptStatus::InDoubt(doubt @ InDoubt { refusal: None, .. })) => {
            case.still_in_doubt(InDoubt { why: Reason::AccessRefused, ..doubt })
        }
        (
            RefusalKind::Content | RefusalKind::Circumstance,
            AttemptStatus::InDoubt(doubt @ InDoubt { refusal: None, .. }),
        ) => case.still_in_doubt(InDoubt { why: reason, refusal: Some(reason), ..doubt }),
        // Said before.
        (
            RefusalKind::Content | RefusalKind::Circumstance | RefusalKind::Access,
            AttemptStatus::InDoubt(InDoubt { refusal: Some(_), .. }),
        ) => Ok(None),
        (
            _,
            AttemptStatus::NotSent
            | AttemptStatus::Refused
            | AttemptStatus::Accepted
            | AttemptStatus::Absent
            | AttemptStatus::Ended,
        ) => Ok(None),
    }
}

/// No answer to a send leaves it in doubt; none to a question teaches nothing, except that our
/// access is refused, which somebody must mend.
pub(super) fn unanswered(
    case: &Case<'_>,
    live: Option<&Attempt>,
    why: Reason,
) -> Result<Option<Event>, Declined> {
    match live.map(|attempt| attempt.status) {
        Some(AttemptStatus::InDoubt(doubt @ InDoubt { refusal: None, .. }))
            if why == Reason::AccessRefused =>
        {
            case.still_in_doubt(InDoubt { why, ..doubt })
        }
        _ => case.in_doubt_if_open(live, why),
    }
}

/// Whether the contents being refused now proves that they always were: where the same bytes are
/// answered alike, and no order made of other bytes can bear our name. What an order made before
/// has left to pay out may have gone to the first of two sends.
fn speaks_for_every_send(case: &Case<'_>, attempt: &Attempt) -> bool {
    let same_bytes = case.policy.doubt == DoubtPolicy::Resend;
    let duplicate = match attempt.status {
        AttemptStatus::InDoubt(doubt) => doubt.why == Reason::DuplicateReported,
        AttemptStatus::Open
        | AttemptStatus::NotSent
        | AttemptStatus::Refused
        | AttemptStatus::Accepted
        | AttemptStatus::Absent
        | AttemptStatus::Ended => false,
    };
    let related = case.payout.order.related_order_reference.is_some();
    same_bytes && !related && !duplicate && !case.payout.is_spoken_of()
}

/// A look-up found nothing. Only the second of two that are far enough apart, and late enough that
/// no request can still be under way, proves that there is nothing.
pub(super) fn looked_in_vain(
    case: &Case<'_>,
    live: Option<&Attempt>,
) -> Result<Option<Event>, Declined> {
    let Some(AttemptStatus::InDoubt(doubt)) = live.map(|attempt| attempt.status) else {
        return Ok(None);
    };
    let DoubtPolicy::LookUp { spacing, resend_when_absent } = case.policy.doubt else {
        return Ok(None);
    };
    // The provider itself says that there is something: nothing found is a look-up that lags.
    if doubt.why == Reason::DuplicateReported || case.payout.is_spoken_of() {
        return Ok(None);
    }
    if !case.time.has_passed(case.policy.request_timeout, doubt.since) {
        return Ok(None);
    }
    match doubt.looked_in_vain_at {
        None => {
            let doubt = InDoubt { looked_in_vain_at: Some(case.time.wall), ..doubt };
            case.became(AttemptStatus::InDoubt(doubt), case.payout.state)
        }
        Some(first) if !case.time.has_passed(spacing, first) => Ok(None),
        Some(_) => absent(case, doubt, resend_when_absent),
    }
}

/// The attempt is proven absent: what refused it stands, a cancel is free to end it, and only a
/// confirmed duplicate protection lets us send again. What is parked stays parked.
fn absent(case: &Case<'_>, doubt: InDoubt, resend: bool) -> Result<Option<Event>, Declined> {
    if let Some(reason) = doubt.refusal {
        return case.became(AttemptStatus::Absent, State::Failed { reason });
    }
    if case.payout.cancel_requested {
        let after = State::Canceled { reason: Reason::CancelRequested };
        return case.became(AttemptStatus::Absent, after);
    }
    if resend {
        return case.became(AttemptStatus::Absent, case.payout.state);
    }
    match case.payout.state.reason() {
        Some(_) => Ok(None),
        None => {
            let parked = Some(Reason::ResendUnprotected);
            case.event(Change::Parked, State::Indeterminate { parked })
        }
    }
}
