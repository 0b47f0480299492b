//! What stops a merchant's queue as a whole, beside what holds one payout.

use crate::id::Merchant;
use crate::settlement::Note;
use crate::time::Timestamp;

/// Why nothing is sent for a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueHold {
    /// Whose queue.
    pub merchant: Merchant,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub cause: QueueHoldCause,
}

/// What holds a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueHoldCause {
    /// An operator wants it so, until an operator resumes it.
    Paused {
        /// Who.
        operator: Note,
        /// Why.
        why: Note,
    },
    /// The provider refuses our access, until it lets one call in.
    AccessRefused {
        /// The provider's code for it.
        code: Option<String>,
    },
}

/// The kinds of hold; a queue has at most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueHoldKind {
    /// See [`QueueHoldCause::Paused`].
    Paused,
    /// See [`QueueHoldCause::AccessRefused`].
    AccessRefused,
}

impl QueueHold {
    /// Which kind of hold it is.
    pub fn kind(&self) -> QueueHoldKind {
        match self.cause {
            QueueHoldCause::Paused { .. } => QueueHoldKind::Paused,
            QueueHoldCause::AccessRefused { .. } => QueueHoldKind::AccessRefused,
        }
    }
}
