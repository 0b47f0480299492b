//! What an input makes of a payout. One match on the state, one function per state.

use thiserror::Error;

use crate::attempt::{ATTEMPTS_MAX, Attempt, AttemptStatus, InDoubt};
use crate::event::{Change, Created, Event};
use crate::input::{Input, ProviderWords, Refusal, RefusalKind, What};
use crate::machine::report;
use crate::policy::{DoubtPolicy, Policy};
use crate::reason::Reason;
use crate::record::Payout;
use crate::state::{GiveBack, Hold, Outcome, State};
use crate::time::Timestamp;

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
    /// The provider has the order; stopping it there is not supported.
    #[error("the provider has the order and cannot be asked to stop it")]
    AtProvider,
}

/// The first event of a payout.
pub fn create(id: crate::id::PayoutId, created: Created, now: Timestamp) -> Event {
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
    now: Timestamp,
) -> Result<Option<Event>, Declined> {
    if input.receipt.as_ref().is_some_and(|receipt| payout.receipts.contains(receipt)) {
        return Ok(None);
    }
    let case = Case { payout, policy, input, now };
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
    let must_ask = payout.look_first || payout.is_spoken_of();
    match &case.input.what {
        What::DestinationResolved if payout.resolved => Ok(None),
        What::DestinationResolved => case.event(Change::DestinationResolved, payout.state),
        What::DestinationRefused(_) if payout.resolved || must_ask => Ok(None),
        What::DestinationRefused(reason) => {
            let after = State::Failed { reason: *reason };
            case.event(Change::DestinationRefused, after)
        }
        What::AttemptOpened(attempt) => {
            if !payout.resolved || must_ask || payout.attempts.len() >= ATTEMPTS_MAX {
                return Err(Declined::NotReady);
            }
            case.event(Change::AttemptOpened(attempt.clone()), State::Submitting)
        }
        // The provider itself says that there is something: nothing found is a look-up that lags.
        What::NotFound if payout.is_spoken_of() || !payout.look_first => Ok(None),
        What::NotFound if payout.cancel_requested => {
            case.event(Change::Canceled, State::Canceled { reason: Reason::CancelRequested })
        }
        What::NotFound => case.event(Change::LookedFirst, payout.state),
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
        What::Parked(reason) if is_worn_out(payout) => {
            let hold = Hold { reason: *reason, until: Timestamp::MAX };
            case.event(Change::Parked, State::Pending { held: Some(hold) })
        }
        What::HolderGone | What::Parked(_) => Ok(None),
        What::NotSent | What::Refused(_) | What::InDoubt(_) => Err(Declined::NoAttempt),
    }
}

/// Whether a payout has no attempt left and is not held for ever yet. Without an attempt in doubt
/// there is nothing to park: it stays PENDING, can be cancelled, and expires.
fn is_worn_out(payout: &Payout) -> bool {
    let State::Pending { held } = payout.state else { return false };
    let for_ever = held.is_some_and(|hold| hold.until == Timestamp::MAX);
    payout.attempts.len() >= ATTEMPTS_MAX && !for_ever
}

fn submitting(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::NotSent => case.became(AttemptStatus::NotSent, case.unsent(None)),
        What::Refused(refusal) => refused_at_once(case, *refusal),
        What::InDoubt(why) => case.in_doubt(*why, None),
        What::HolderGone => case.in_doubt(Reason::HolderGone, None),
        What::CancelRequested => case.cancel_requested(),
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::AttemptOpened(_) => Err(Declined::AttemptLive),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotFound
        | What::Expired
        | What::Parked(_) => Ok(None),
    }
}

/// A refusal of an attempt that nothing else is in doubt beside: it is the whole truth, unless the
/// provider spoke of an order that cannot be this one.
fn refused_at_once(case: &Case<'_>, refusal: Refusal) -> Result<Option<Event>, Declined> {
    let Refusal { kind, reason } = refusal;
    match kind {
        RefusalKind::Content | RefusalKind::Circumstance if case.payout.is_spoken_of() => {
            case.in_doubt(reason, Some(reason))
        }
        RefusalKind::Content | RefusalKind::Circumstance => {
            case.became(AttemptStatus::Refused, State::Failed { reason })
        }
        RefusalKind::Access => {
            let hold = Hold { reason, until: case.now.plus(case.policy.hold) };
            case.became(AttemptStatus::Refused, case.unsent(Some(hold)))
        }
        RefusalKind::Duplicate => case.in_doubt(Reason::DuplicateReported, None),
    }
}

fn indeterminate(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    let payout = case.payout;
    let live = payout.live_attempt();
    let nothing_there = live.is_none() && !payout.is_spoken_of();
    match &case.input.what {
        What::AttemptOpened(attempt) => {
            if live.is_some() {
                return Err(Declined::AttemptLive);
            }
            let free = nothing_there && !payout.cancel_requested && payout.state.reason().is_none();
            if !free || payout.attempts.len() >= ATTEMPTS_MAX {
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
        What::Refused(refusal) => refused_in_doubt(case, live, *refusal),
        What::InDoubt(why) => case.in_doubt_if_open(live, *why),
        What::HolderGone => case.in_doubt_if_open(live, Reason::HolderGone),
        What::NotFound => looked_in_vain(case, live),
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
        What::Expired | What::DestinationResolved | What::DestinationRefused(_) => Ok(None),
    }
}

/// A refusal while an earlier send may have taken effect. Where the same bytes are always answered
/// alike, what would have refused them every time settles; everything else says nothing about the
/// earlier send, but makes the payout fail once that is proven absent.
fn refused_in_doubt(
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

/// Whether the contents being refused now proves that they always were: where the same bytes are
/// answered alike, and no order made of other bytes can bear our name.
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
    same_bytes && !duplicate && !case.payout.is_spoken_of()
}

/// A look-up found nothing. Only the second of two that are far enough apart, and late enough that
/// no request can still be under way, proves that there is nothing.
fn looked_in_vain(case: &Case<'_>, live: Option<&Attempt>) -> Result<Option<Event>, Declined> {
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
    if case.now < doubt.since.plus(case.policy.request_timeout) {
        return Ok(None);
    }
    match doubt.looked_in_vain_at {
        None => {
            let doubt = InDoubt { looked_in_vain_at: Some(case.now), ..doubt };
            case.became(AttemptStatus::InDoubt(doubt), case.payout.state)
        }
        Some(first) if case.now < first.plus(spacing) => Ok(None),
        Some(_) => absent(case, doubt, resend_when_absent),
    }
}

/// The attempt is proven absent: what refused it stands, a cancel is free to end it, and only a
/// confirmed duplicate protection lets us send again.
fn absent(case: &Case<'_>, doubt: InDoubt, resend: bool) -> Result<Option<Event>, Declined> {
    if let Some(reason) = doubt.refusal {
        return case.became(AttemptStatus::Absent, State::Failed { reason });
    }
    if case.payout.cancel_requested {
        let after = State::Canceled { reason: Reason::CancelRequested };
        return case.became(AttemptStatus::Absent, after);
    }
    if resend {
        return case.became(AttemptStatus::Absent, State::Indeterminate { parked: None });
    }
    match case.payout.state.reason() {
        Some(_) => Ok(None),
        None => {
            let parked = Some(Reason::ResendUnprotected);
            case.event(Change::Parked, State::Indeterminate { parked })
        }
    }
}

fn accepted(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::Reported(said) => report::reported(case, said),
        What::Remarked(_) => case.noted(),
        What::CancelRequested => Err(Declined::AtProvider),
        What::AttemptOpened(_) => Err(Declined::TooLate),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::Expired
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
        What::CancelRequested | What::AttemptOpened(_) => Err(Declined::TooLate),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::Expired
        | What::Parked(_) => Ok(None),
    }
}

fn settled(case: &Case<'_>) -> Result<Option<Event>, Declined> {
    match &case.input.what {
        What::Reported(said) => report::after_the_end(case, said),
        What::Remarked(_) => case.noted(),
        What::CancelRequested | What::AttemptOpened(_) => Err(Declined::TooLate),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotSent
        | What::Refused(_)
        | What::InDoubt(_)
        | What::HolderGone
        | What::NotFound
        | What::Expired
        | What::Parked(_) => Ok(None),
    }
}

/// One call of [`decide`]: what it was given, and how it words an event.
pub(super) struct Case<'a> {
    pub(super) payout: &'a Payout,
    pub(super) policy: &'a Policy,
    pub(super) input: &'a Input,
    pub(super) now: Timestamp,
}

impl Case<'_> {
    /// The next event of the payout. Whoever enters NOT_PAID takes the instruction to give the
    /// money back along; there is no other place that makes one.
    pub(super) fn event(&self, change: Change, after: State) -> Result<Option<Event>, Declined> {
        let reason = self.reason(&after);
        self.event_because(change, after, reason)
    }

    /// The same, where the reason does not follow from the input.
    pub(super) fn event_because(
        &self,
        change: Change,
        after: State,
        reason: Option<Reason>,
    ) -> Result<Option<Event>, Declined> {
        let payout = self.payout;
        let enters = after.name().outcome() == Outcome::NotPaid && payout.give_back.is_none();
        Ok(Some(Event {
            merchant: payout.order.merchant.clone(),
            payout: payout.id.clone(),
            customer: payout.order.customer.clone(),
            sequence: payout.sequence + 1,
            recorded_at: self.now,
            occurred_at: self.input.occurred_at,
            before: Some(payout.state.name()),
            after,
            change,
            reason,
            words: self.input.words.clone(),
            receipt: self.input.receipt.clone(),
            give_back: enters.then(|| GiveBack::of(&payout.id, payout.order.amount)),
        }))
    }

    /// Recorded and nothing else; without a notification there is nothing worth recording.
    pub(super) fn noted(&self) -> Result<Option<Event>, Declined> {
        match self.input.receipt {
            Some(_) => self.event(Change::Noted, self.payout.state),
            None => Ok(None),
        }
    }

    fn reason(&self, after: &State) -> Option<Reason> {
        match &self.input.what {
            What::DestinationRefused(reason)
            | What::InDoubt(reason)
            | What::Remarked(reason)
            | What::Parked(reason) => Some(*reason),
            What::Refused(refusal) => Some(refusal.reason),
            What::Reported(report) => report.reason.or_else(|| after.reason()),
            What::NotSent => Some(Reason::ConnectionFailed),
            What::HolderGone => Some(Reason::HolderGone),
            What::CancelRequested => Some(Reason::CancelRequested),
            What::Expired => Some(Reason::SubmitBeforePassed),
            What::NotFound | What::DestinationResolved | What::AttemptOpened(_) => after.reason(),
        }
    }

    fn became(&self, status: AttemptStatus, after: State) -> Result<Option<Event>, Declined> {
        self.event(Change::AttemptBecame(status), after)
    }

    fn cancel_requested(&self) -> Result<Option<Event>, Declined> {
        if self.payout.cancel_requested {
            return Ok(None);
        }
        self.event(Change::CancelRequested, self.payout.state)
    }

    fn in_doubt(&self, why: Reason, refusal: Option<Reason>) -> Result<Option<Event>, Declined> {
        let doubt = InDoubt { since: self.now, why, looked_in_vain_at: None, refusal };
        self.became(AttemptStatus::InDoubt(doubt), State::Indeterminate { parked: None })
    }

    fn in_doubt_if_open(
        &self,
        live: Option<&Attempt>,
        why: Reason,
    ) -> Result<Option<Event>, Declined> {
        match live.map(|attempt| attempt.status) {
            Some(AttemptStatus::Open) => self.in_doubt(why, None),
            _ => Ok(None),
        }
    }

    /// Still in doubt, for another reason; said once. A reported duplicate is never forgotten, and
    /// a refusal only for that, so that answers which alternate cannot make events for ever.
    fn still_in_doubt(&self, next: InDoubt) -> Result<Option<Event>, Declined> {
        let Some(AttemptStatus::InDoubt(doubt)) = self.payout.live_attempt().map(|a| a.status)
        else {
            return Ok(None);
        };
        let why = match doubt.why {
            Reason::DuplicateReported => doubt.why,
            _ => next.why,
        };
        let next = InDoubt { why, ..next };
        if next == doubt {
            return Ok(None);
        }
        self.became(AttemptStatus::InDoubt(next), self.payout.state)
    }

    /// Where a payout stands that is proven not sent.
    fn unsent(&self, held: Option<Hold>) -> State {
        if self.payout.cancel_requested && !self.payout.is_spoken_of() {
            State::Canceled { reason: Reason::CancelRequested }
        } else {
            State::Pending { held }
        }
    }

    /// The same, once it has been in doubt: there is no way back to PENDING.
    fn unsent_in_doubt(&self) -> State {
        if self.payout.cancel_requested && !self.payout.is_spoken_of() {
            State::Canceled { reason: Reason::CancelRequested }
        } else {
            State::Indeterminate { parked: None }
        }
    }
}
