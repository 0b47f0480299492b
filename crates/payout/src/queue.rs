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
    /// The provider refuses our access, until it lets one payout in or nothing waits for that.
    AccessRefused {
        /// The provider's code for it.
        code: Option<String>,
        /// What it refused; not known of holds from before this was recorded.
        call: Option<ProviderCall>,
    },
}

/// What the provider was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderCall {
    /// To send a payout, or to find out where one stands.
    Payout,
    /// To register or import a destination, for a payout or by itself.
    Destination,
    /// To let a customer choose an account.
    Link,
}

impl ProviderCall {
    /// What was refused, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payout => "a payout",
            Self::Destination => "registering a destination",
            Self::Link => "starting a link",
        }
    }
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
