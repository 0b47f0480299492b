//! Attempts: a payout is sent in numbered attempts, each recorded before its first byte leaves.

use crate::id::{Incarnation, ProviderAccount};
use crate::reason::Reason;
use crate::time::Timestamp;

/// Attempts kept with a payout. Of more, the oldest that never reached the provider are forgotten;
/// their events remain in the log.
pub const ATTEMPTS_KEPT: usize = 16;

/// Most attempts of one payout that may have reached the provider. A payout that was proven absent
/// so often is parked instead of being tried for ever.
pub const ATTEMPTS_MAX: usize = 64;

/// SHA-256 of the exact bytes of a request: the evidence that remains when the request is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDigest(pub [u8; 32]);

/// One try at sending a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// Counted from 1; a new one only after a refusal, because the refused identity is used up.
    pub generation: u32,
    /// Which run of which process opened it and alone may send it.
    pub holder: Incarnation,
    /// When it was recorded.
    pub opened_at: Timestamp,
    /// No first byte leaves after this, so that others know when it is safe to take over.
    pub send_by: Timestamp,
    /// The account at the provider it was made for.
    pub account: ProviderAccount,
    /// The digest of its exact bytes.
    pub digest: RequestDigest,
    /// A copy for evidence, without secrets and personal data.
    pub masked: String,
    /// What became of it.
    pub status: AttemptStatus,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptStatus {
    /// Recorded; its holder is sending it.
    Open,
    /// Proven: the connection was never made.
    NotSent,
    /// The provider refused it, verified.
    Refused,
    /// It may have taken effect.
    InDoubt(InDoubt),
    /// The provider has it.
    Accepted,
    /// Proven: the provider does not have it.
    Absent,
    /// The provider had it, and it moved nothing or came back.
    Ended,
}

/// What is known about an attempt whose effect is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: Reason,
    /// When a look-up that could have found it first found nothing.
    pub looked_in_vain_at: Option<Timestamp>,
    /// A refusal that settles nothing by itself; with proven absence it makes the payout fail.
    pub refusal: Option<Reason>,
}

impl Attempt {
    /// Whether it is settled and moved no money.
    pub fn is_settled_without_money(&self) -> bool {
        match self.status {
            AttemptStatus::NotSent
            | AttemptStatus::Refused
            | AttemptStatus::Absent
            | AttemptStatus::Ended => true,
            AttemptStatus::Open | AttemptStatus::InDoubt(_) | AttemptStatus::Accepted => false,
        }
    }

    /// Whether its request may still have to be sent again, so that the sealed bytes are needed.
    pub fn needs_request(&self) -> bool {
        match self.status {
            AttemptStatus::Open | AttemptStatus::InDoubt(_) => true,
            AttemptStatus::NotSent
            | AttemptStatus::Refused
            | AttemptStatus::Accepted
            | AttemptStatus::Absent
            | AttemptStatus::Ended => false,
        }
    }
}
