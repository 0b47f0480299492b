//! One question to the machine, and how an event is worded.

use crate::attempt::{Attempt, AttemptStatus, InDoubt};
use crate::event::{Change, Event};
use crate::input::{Input, What};
use crate::machine::decide::Declined;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::record::Payout;
use crate::state::{GiveBack, Hold, Outcome, State};
use crate::time::Time;

/// One call of [`decide`](super::decide()): what it was given, and how it words an event.
pub(super) struct Case<'a> {
    pub(super) payout: &'a Payout,
    pub(super) policy: &'a Policy,
    pub(super) input: &'a Input,
    pub(super) time: Time,
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
            recorded_at: self.time.wall,
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

    pub(super) fn became(
        &self,
        status: AttemptStatus,
        after: State,
    ) -> Result<Option<Event>, Declined> {
        self.event(Change::AttemptBecame(status), after)
    }

    pub(super) fn cancel_requested(&self) -> Result<Option<Event>, Declined> {
        if self.payout.cancel_requested {
            return Ok(None);
        }
        self.event(Change::CancelRequested, self.payout.state)
    }

    pub(super) fn in_doubt(
        &self,
        why: Reason,
        refusal: Option<Reason>,
    ) -> Result<Option<Event>, Declined> {
        let doubt = InDoubt { since: self.time.wall, why, looked_in_vain_at: None, refusal };
        self.became(AttemptStatus::InDoubt(doubt), State::Indeterminate { parked: None })
    }

    pub(super) fn in_doubt_if_open(
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
    pub(super) fn still_in_doubt(&self, next: InDoubt) -> Result<Option<Event>, Declined> {
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
    pub(super) fn unsent(&self, held: Option<Hold>) -> State {
        if self.payout.cancel_requested && !self.payout.may_have_been_sent() {
            State::Canceled { reason: Reason::CancelRequested }
        } else {
            State::Pending { held }
        }
    }

    /// The same, once it has been in doubt: there is no way back to PENDING.
    pub(super) fn unsent_in_doubt(&self) -> State {
        if self.payout.cancel_requested && !self.payout.may_have_been_sent() {
            State::Canceled { reason: Reason::CancelRequested }
        } else {
            State::Indeterminate { parked: None }
        }
    }

    fn reason(&self, after: &State) -> Option<Reason> {
        match &self.input.what {
            What::DestinationRefused(reason)
            | What::InDoubt(reason)
            | What::Remarked(reason)
            | What::Parked(reason)
            | What::Blocked(reason, _) => Some(*reason),
            What::Refused(refusal) => Some(refusal.reason),
            What::Reported(report) => report.reason.or_else(|| after.reason()),
            What::NotSent => Some(Reason::ConnectionFailed),
            What::HolderGone => Some(Reason::Interrupted),
            What::CancelRequested => Some(Reason::CancelRequested),
            What::Expired => Some(Reason::SubmitBeforePassed),
            What::HintGivenUp => Some(Reason::Unconfirmed),
            What::Settled(_) => Some(Reason::SettledByOperator),
            What::NotFound
            | What::DestinationResolved
            | What::AttemptOpened(_)
            | What::PastForgotten(_)
            | What::Presumed => after.reason(),
        }
    }
}
