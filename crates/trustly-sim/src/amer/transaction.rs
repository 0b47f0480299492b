//! A transaction: an authorization, a deposit on it, or what pulls a deposit back.

use super::authorization::Authorization;
use super::reason::Reason;
use crate::announce::Series;
use crate::clock::Moment;
use crate::faults::Operation;
use crate::ledger::MovementId;
use crate::money::Amount;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransactionId(usize);

/// The documented statuses; there is no 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    New = 0,
    Pending = 1,
    Authorized = 2,
    Processed = 3,
    Completed = 4,
    Failed = 5,
    Expired = 6,
    Canceled = 7,
    Denied = 8,
    Reversed = 10,
    PartiallyRefunded = 11,
    Refunded = 12,
    Voided = 13,
    OnHold = 14,
}

pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) status: Status,
    /// The merchant's own; a deposit's is not its authorization's.
    pub(super) reference: String,
    /// Of an authorization: the most its deposits may add up to; zero is no limit.
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) created: Moment,
    pub(super) updated: Moment,
    pub(super) processed: Option<Moment>,
    pub(super) completed: Option<Moment>,
    /// Counts the changes, so that a reader can tell a stale copy.
    pub(super) version: u32,
    /// What the bank network last said.
    pub(super) network: Reason,
    pub(super) series: Series,
}

pub(super) enum Kind {
    Authorization(Box<Authorization>),
    Deposit(Deposit),
    Reclaim(Reclaim),
}

pub(super) struct Deposit {
    pub(super) authorization: TransactionId,
    /// It goes over an instant network, because that was asked for and can be.
    pub(super) instant: bool,
    pub(super) course: Course,
    /// What completed reclaims have pulled back.
    pub(super) reclaimed: Amount,
}

pub(super) struct Reclaim {
    pub(super) deposit: TransactionId,
    pub(super) course: Course,
}

/// The way of what moves money.
pub(super) struct Course {
    pub(super) movement: MovementId,
    pub(super) ending: Ending,
    /// Why it ends badly, where it does.
    pub(super) reason: Option<Reason>,
    /// Counts the steps made, so that each is made once.
    pub(super) step: u32,
}

/// What happens to money that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Denied,
    Failed,
    /// Not at the merchant's request.
    Canceled,
    /// The bank refuses it once it is on the network.
    Reversed,
    CompletedThenReversed,
    CompletedThenReversedLate,
}

impl TransactionId {
    pub(super) fn new(index: usize) -> Self {
        Self(index)
    }

    pub(super) fn index(self) -> usize {
        self.0
    }
}

impl Transaction {
    pub(super) fn deposit(&self) -> Option<&Deposit> {
        match &self.kind {
            Kind::Deposit(deposit) => Some(deposit),
            Kind::Authorization(_) | Kind::Reclaim(_) => None,
        }
    }

    pub(super) fn authorization(&self) -> Option<&Authorization> {
        match &self.kind {
            Kind::Authorization(authorization) => Some(authorization),
            Kind::Deposit(_) | Kind::Reclaim(_) => None,
        }
    }

    pub(super) fn course(&self) -> Option<&Course> {
        match &self.kind {
            Kind::Deposit(deposit) => Some(&deposit.course),
            Kind::Reclaim(reclaim) => Some(&reclaim.course),
            Kind::Authorization(_) => None,
        }
    }

    pub(super) fn course_mut(&mut self) -> Option<&mut Course> {
        match &mut self.kind {
            Kind::Deposit(deposit) => Some(&mut deposit.course),
            Kind::Reclaim(reclaim) => Some(&mut reclaim.course),
            Kind::Authorization(_) => None,
        }
    }

    /// The transaction it was made on.
    pub(super) fn parent(&self) -> Option<TransactionId> {
        match &self.kind {
            Kind::Authorization(_) => None,
            Kind::Deposit(deposit) => Some(deposit.authorization),
            Kind::Reclaim(reclaim) => Some(reclaim.deposit),
        }
    }

    /// The number that travels as `transactionType`.
    pub(super) fn type_code(&self) -> u8 {
        match self.kind {
            Kind::Authorization(_) => 1,
            Kind::Deposit(_) => 6,
            Kind::Reclaim(_) => 7,
        }
    }

    pub(super) fn began_with(&self) -> Operation {
        match self.kind {
            Kind::Authorization(_) => Operation::Establish,
            Kind::Deposit(_) => Operation::Deposit,
            Kind::Reclaim(_) => Operation::Reclaim,
        }
    }

    /// Accepted, under way or done.
    fn is_live(&self) -> bool {
        matches!(
            self.status,
            Status::Authorized
                | Status::Processed
                | Status::Completed
                | Status::PartiallyRefunded
                | Status::Refunded
        )
    }

    /// Live, or about to be: what an upper bound has to count.
    pub(super) fn counts(&self) -> bool {
        self.is_live() || matches!(self.status, Status::Pending | Status::OnHold)
    }

    /// Settled, whatever was pulled back since.
    pub(super) fn has_settled(&self) -> bool {
        matches!(self.status, Status::Completed | Status::PartiallyRefunded | Status::Refunded)
    }

    pub(super) fn touch(&mut self, now: Moment) {
        self.updated = now;
        self.version += 1;
    }
}

impl Status {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Pending => "Pending",
            Self::Authorized => "Authorized",
            Self::Processed => "Processed",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Expired => "Expired",
            Self::Canceled => "Canceled",
            Self::Denied => "Denied",
            Self::Reversed => "Reversed",
            Self::PartiallyRefunded => "Partially Refunded",
            Self::Refunded => "Refunded",
            Self::Voided => "Voided",
            Self::OnHold => "On Hold",
        }
    }
}
