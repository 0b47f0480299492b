//! The states of a payout, what they mean for money, and the order to give it back.

use crate::id::PayoutId;
use crate::money::Money;
use crate::reason::Reason;
use crate::time::Timestamp;

/// Where a payout stands. Each variant holds only what is true in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Durable here; no attempt is open or in doubt.
    Pending {
        /// Set when the provider refused our access or could not be asked what must be known first:
        /// nothing is sent before [`Hold::until`].
        held: Option<Hold>,
    },
    /// An attempt is open and its holder alive: being sent right now.
    Submitting,
    /// An attempt is in doubt: money may be moving.
    Indeterminate {
        /// Why nothing more is tried by itself; only a notification or an operator ends it then.
        parked: Option<Reason>,
    },
    /// The provider has the order.
    Accepted,
    /// With the banking network.
    Processing,
    /// Accepted by a verified reply of our own and nothing bad heard for the configured time.
    Presumed,
    /// Confirmed by the provider.
    Completed {
        /// Until then the bank may still return it.
        return_window_ends_at: Timestamp,
    },
    /// No money reached the customer and none will.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// Stopped because somebody asked.
    Canceled {
        /// Why.
        reason: Reason,
    },
    /// Moved and came back.
    Returned {
        /// Why.
        reason: Reason,
    },
}

/// Why and how long nothing is sent for a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: Reason,
    /// When it is tried again; [`Timestamp::MAX`] if that takes a person.
    pub until: Timestamp,
}

impl Hold {
    /// A hold that does not end by itself.
    pub fn parked(reason: Reason) -> Self {
        Self { reason, until: Timestamp::MAX }
    }

    /// Whether nothing is tried any more by itself.
    pub fn is_parked(&self) -> bool {
        self.until == Timestamp::MAX
    }
}

/// A state's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateName {
    /// See [`State::Pending`].
    Pending,
    /// See [`State::Submitting`].
    Submitting,
    /// See [`State::Indeterminate`].
    Indeterminate,
    /// See [`State::Accepted`].
    Accepted,
    /// See [`State::Processing`].
    Processing,
    /// See [`State::Presumed`].
    Presumed,
    /// See [`State::Completed`].
    Completed,
    /// See [`State::Failed`].
    Failed,
    /// See [`State::Canceled`].
    Canceled,
    /// See [`State::Returned`].
    Returned,
}

impl StateName {
    /// Every state, in the order a payout may pass through them.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Submitting,
        Self::Indeterminate,
        Self::Accepted,
        Self::Processing,
        Self::Presumed,
        Self::Completed,
        Self::Failed,
        Self::Canceled,
        Self::Returned,
    ];

    /// The name in upper case, as the API and the logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Submitting => "SUBMITTING",
            Self::Indeterminate => "INDETERMINATE",
            Self::Accepted => "ACCEPTED",
            Self::Processing => "PROCESSING",
            Self::Presumed => "PRESUMED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
            Self::Returned => "RETURNED",
        }
    }

    /// What the state means for money.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Pending
            | Self::Submitting
            | Self::Indeterminate
            | Self::Accepted
            | Self::Processing => Outcome::Undecided,
            Self::Presumed => Outcome::Presumed,
            Self::Completed => Outcome::Succeeded,
            Self::Failed | Self::Canceled | Self::Returned => Outcome::NotPaid,
        }
    }

    /// Whether a payout may go from this state to `next`. Everything else is a defect and is
    /// refused by `machine::apply`.
    pub fn may_become(self, next: Self) -> bool {
        use StateName::{
            Accepted, Canceled, Completed, Failed, Indeterminate, Pending, Presumed, Processing,
            Returned, Submitting,
        };
        let onward: &[Self] = match self {
            Pending => &[Submitting, Failed, Canceled, Accepted, Processing, Completed, Returned],
            Submitting => &[
                Pending,
                Indeterminate,
                Accepted,
                Processing,
                Completed,
                Failed,
                Returned,
                Canceled,
            ],
            Indeterminate => &[Accepted, Processing, Completed, Failed, Returned, Canceled],
            Accepted => &[Processing, Presumed, Completed, Failed, Canceled, Returned],
            Processing => &[Completed, Failed, Canceled, Returned],
            Presumed => &[Completed, Returned],
            Completed => &[Returned],
            Failed | Canceled | Returned => &[],
        };
        self == next || onward.contains(&next)
    }
}

impl State {
    /// The state's name.
    pub fn name(&self) -> StateName {
        match self {
            Self::Pending { .. } => StateName::Pending,
            Self::Submitting => StateName::Submitting,
            Self::Indeterminate { .. } => StateName::Indeterminate,
            Self::Accepted => StateName::Accepted,
            Self::Processing => StateName::Processing,
            Self::Presumed => StateName::Presumed,
            Self::Completed { .. } => StateName::Completed,
            Self::Failed { .. } => StateName::Failed,
            Self::Canceled { .. } => StateName::Canceled,
            Self::Returned { .. } => StateName::Returned,
        }
    }

    /// Why the payout stands where it stands, where there is a reason.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Pending { held } => held.map(|hold| hold.reason),
            Self::Indeterminate { parked } => *parked,
            Self::Failed { reason } | Self::Canceled { reason } | Self::Returned { reason } => {
                Some(*reason)
            }
            Self::Submitting
            | Self::Accepted
            | Self::Processing
            | Self::Presumed
            | Self::Completed { .. } => None,
        }
    }
}

/// What a state means for money. Callers act on this and on [`GiveBack`], never on the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Not known yet.
    Undecided,
    /// Taken for paid, by configuration, without a confirmation.
    Presumed,
    /// Paid.
    Succeeded,
    /// Not paid, or paid and returned: the customer does not have the money.
    NotPaid,
}

/// The instruction to give the amount back to whoever it was taken from before the payout.
/// Instructed exactly once per payout, with the entry into [`Outcome::NotPaid`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveBack {
    /// Derived from the payout's id, so that a repeat of the instruction is recognisable.
    pub id: String,
    /// How much; always what was ordered.
    pub amount: Money,
}

impl GiveBack {
    pub(crate) fn of(payout: &PayoutId, amount: Money) -> Self {
        let id = payout.as_str().replacen("po_", "gb_", 1);
        Self { id, amount }
    }
}
