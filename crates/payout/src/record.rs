//! The payout as it stands, and the record that a store keeps of it.

use crate::attempt::{Attempt, AttemptStatus};
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::id::{IdempotencyKey, Merchant, PayoutId, ProviderReference, ReceiptId};
use crate::input::{ProviderWords, Reported};
use crate::machine;
use crate::order::{Order, Speed};
use crate::reason::Reason;
use crate::seal::Sealed;
use crate::state::{GiveBack, State};
use crate::time::Timestamp;

/// Notifications remembered per payout. Providers send a handful; a repeat of one that was
/// forgotten is recorded again and still changes nothing.
pub const RECEIPTS_MAX: usize = 256;

/// Something bad the provider said that has yet to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Where the order stands by that word.
    pub status: Reported,
    /// Since when we know of it.
    pub since: Timestamp,
}

/// A payout as its events made it. `machine::apply` is the only maker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Derived from merchant and idempotency key.
    pub id: PayoutId,
    /// What was asked for.
    pub order: Order,
    /// What a repeat of the key is compared with.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: State,
    /// The tries at sending it, oldest first, without all but the latest of those that never
    /// reached the provider; at most the last is not settled.
    pub attempts: Vec<Attempt>,
    /// Whether the provider's handle of the destination is known.
    pub resolved: bool,
    /// Set if this store may have forgotten that it sent or ended the payout before: since when it
    /// has forgotten nothing. Until the provider has said something, nothing ends the payout here.
    /// A request that was forgotten may be under way for the longest request more.
    pub forgetful_until: Option<Timestamp>,
    /// Whether a caller asked to cancel and no answer was possible yet.
    pub cancel_requested: bool,
    /// Something bad the provider said that has yet to be confirmed.
    pub unconfirmed: Option<Hint>,
    /// The provider's id of the order.
    pub provider_reference: Option<ProviderReference>,
    /// The provider's words behind its latest change of state.
    pub words: ProviderWords,
    /// By which rail it went, where that is known.
    pub speed_achieved: Option<Speed>,
    /// When the provider accepted it in an answer to a request of ours.
    pub accepted_at: Option<Timestamp>,
    /// When it was confirmed.
    pub completed_at: Option<Timestamp>,
    /// When it ended without being paid, by the provider's clock where it said so.
    pub ended_at: Option<Timestamp>,
    /// The instruction to give the money back, once there is one.
    pub give_back: Option<GiveBack>,
    /// Why a person should look at it, the gravest so far; cleared by nobody yet.
    pub attention: Option<Reason>,
    /// The latest notifications that took effect, oldest first.
    pub receipts: Vec<ReceiptId>,
    /// The sequence of its latest event.
    pub sequence: u64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When its latest event was recorded.
    pub updated_at: Timestamp,
}

impl Payout {
    /// The attempt that is not settled, if there is one.
    pub fn live_attempt(&self) -> Option<&Attempt> {
        self.attempts.last().filter(|attempt| !attempt.is_settled_without_money())
    }

    /// Whether the provider spoke of an order under this payout's name that we know nothing
    /// certain about. Until that is cleared up nothing is sent, looking in vain proves nothing, and
    /// no money is given back but on a certain word of the provider.
    pub fn is_spoken_of(&self) -> bool {
        self.unconfirmed.is_some() || self.attention.is_some()
    }

    /// Whether it may have been sent although nothing of it is here: the provider spoke of an
    /// order, or this store may have forgotten. Then nothing is proven by what is not here.
    pub fn may_have_been_sent(&self) -> bool {
        self.is_spoken_of() || self.forgetful_until.is_some()
    }

    /// Whether a request may still be made for it.
    pub fn may_be_sent_yet(&self) -> bool {
        match self.state {
            State::Pending { .. } | State::Submitting | State::Indeterminate { .. } => true,
            State::Accepted
            | State::Processing
            | State::Presumed
            | State::Completed { .. }
            | State::Failed { .. }
            | State::Canceled { .. }
            | State::Returned { .. } => false,
        }
    }

    /// Whether nothing safe is left to try by machine, before its outcome is known.
    pub fn is_parked(&self) -> bool {
        match self.state {
            State::Pending { held } => held.is_some_and(|hold| hold.is_parked()),
            State::Indeterminate { parked } => parked.is_some(),
            State::Submitting
            | State::Accepted
            | State::Processing
            | State::Presumed
            | State::Completed { .. }
            | State::Failed { .. }
            | State::Canceled { .. }
            | State::Returned { .. } => false,
        }
    }

    /// Whether people have to look at it.
    pub fn needs_attention(&self) -> bool {
        self.attention.is_some() || self.is_parked()
    }

    /// Whether it belongs before an operator: its effect is not known, or people have to look at
    /// it.
    pub fn is_operators_business(&self) -> bool {
        self.needs_attention() || matches!(self.state, State::Indeterminate { .. })
    }

    /// Whether a bad end may be that of an attempt that was taken for absent, while the last one,
    /// or an order that contradicted, may move money still. A look-up that missed once may miss
    /// again: then nothing ends the payout but a good word, a person or the horizon.
    pub fn hides_another_order(&self) -> bool {
        let was_absent = self.attempts.iter().any(|a| a.status == AttemptStatus::Absent);
        let undecided = self.attempts.last().is_some_and(Attempt::needs_request);
        (was_absent && undecided) || self.attention == Some(Reason::Contradicted)
    }

    /// The number of the next attempt.
    pub fn next_number(&self) -> u32 {
        self.attempts.last().map_or(1, |last| last.number + 1)
    }

    /// The generation that the next attempt belongs to: a refused identity is used up.
    pub fn next_generation(&self) -> u32 {
        match self.attempts.last() {
            None => 1,
            Some(last) if last.status == AttemptStatus::Refused => last.generation + 1,
            Some(last) => last.generation,
        }
    }

    /// How many of the latest attempts in a row never reached the provider or were not let in. They
    /// are tries too: each is an event, and every event starts the count of tries anew.
    pub fn failures_in_a_row(&self) -> u32 {
        let failed =
            |a: &&Attempt| matches!(a.status, AttemptStatus::NotSent | AttemptStatus::Refused);
        let count = self.attempts.iter().rev().take_while(failed).count();
        u32::try_from(count).expect("attempts are bounded by ATTEMPTS_MAX")
    }
}

/// When a payout is looked at again, and how often that was in vain. Not part of its history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// When it is due; never by itself, if none.
    pub due_at: Option<Timestamp>,
    /// Tries since it last changed.
    pub tries: u32,
}

/// A payout's secrets, sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vault {
    /// The exact request of the live attempt; erased when the attempt no longer needs it.
    pub request: Option<Sealed>,
    /// The provider's handle of the destination; erased with the outcome NOT_PAID.
    pub handle: Option<Sealed>,
    /// What the handle is still to be made of; erased in the write that stores the handle.
    pub target: Option<Sealed>,
    /// On whose behalf it is made, if anybody is named; erased once no request can follow.
    pub parties: Option<Sealed>,
}

/// Everything a store keeps under a payout's id, written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The payout.
    pub payout: Payout,
    /// When it is due.
    pub schedule: Schedule,
    /// Its secrets.
    pub vault: Vault,
    /// Counts the writes of this record; a writer names the version it read.
    pub version: u64,
}

impl Record {
    /// The record that a first event makes.
    pub fn first(event: &Event, vault: Vault) -> Self {
        let payout = machine::apply(None, event);
        Self { payout, schedule: Schedule::default(), vault, version: 1 }
    }

    /// The record after `events`: the payout moved on, secrets that it no longer needs erased, the
    /// version counted up. Without events only the version changes.
    pub fn advance(&self, events: &[Event]) -> Self {
        let mut next = self.clone();
        for event in events {
            next.payout = machine::apply(Some(next.payout), event);
            // After each event: the request of a settled attempt must not pass for the next one's.
            next.erase_what_is_not_needed();
        }
        // Without an event too: a handle may come for a payout that was cancelled meanwhile.
        next.erase_what_is_not_needed();
        next.version += 1;
        next
    }

    /// Holds in every record that is written: a secret lies here only while it is needed.
    pub fn erase_what_is_not_needed(&mut self) {
        let payout = &self.payout;
        if !payout.attempts.last().is_some_and(Attempt::needs_request) {
            self.vault.request = None;
        }
        let ended = payout.give_back.is_some();
        if payout.resolved || ended {
            self.vault.target = None;
        }
        if ended {
            self.vault.handle = None;
        }
        if ended || !payout.may_be_sent_yet() {
            self.vault.parties = None;
        }
    }
}

/// A key that can never pay: left by a cancel that came before its create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The id that the key derives.
    pub payout: PayoutId,
    /// Whose key.
    pub merchant: Merchant,
    /// The key.
    pub idempotency_key: IdempotencyKey,
    /// When it was fenced.
    pub fenced_at: Timestamp,
    /// Set if this store may have forgotten that the key was used: since when it has forgotten
    /// nothing. Then nobody can say that it never paid.
    pub forgetful_until: Option<Timestamp>,
}

/// What a store holds under a payout's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A payout.
    Payout(Box<Record>),
    /// A fence.
    Fence(Fence),
}
