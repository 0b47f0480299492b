//! Stored destinations: the provider's handle of a customer's account, sealed, with a summary that
//! is safe to show.

use crate::bank::Country;
use crate::id::{Customer, DestinationId, Merchant};
use crate::seal::Sealed;
use crate::time::Timestamp;

/// A place that payouts can go to again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Derived from merchant, customer and contents.
    pub id: DestinationId,
    /// Whose destination.
    pub merchant: Merchant,
    /// Who is paid there.
    pub customer: Customer,
    /// How it came to be.
    pub origin: Origin,
    /// What can be shown of it.
    pub summary: Summary,
    /// Whether it can be paid to.
    pub state: DestinationState,
    /// The provider's handle; erased when deleted.
    pub handle: Option<Sealed>,
    /// Counts the writes of this record.
    pub version: u64,
    /// When it was stored first.
    pub created_at: Timestamp,
    /// When it was written last.
    pub updated_at: Timestamp,
}

/// How a destination came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller gave bank details and the provider made a handle of them.
    Registered,
    /// The caller already had the provider's handle.
    Imported,
}

/// What can be shown of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The account or handle, masked.
    pub masked: String,
    /// The bank's name, where the provider told it.
    pub bank_name: Option<String>,
    /// Where the account is held, where that is known.
    pub country: Option<Country>,
}

/// Whether a destination can be paid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DestinationState {
    /// It can.
    Active,
    /// The caller deleted it; its handle is erased.
    Deleted,
}

/// A change of a destination, on the same log as the events of payouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationEvent {
    /// Whose destination.
    pub merchant: Merchant,
    /// Which destination.
    pub destination: DestinationId,
    /// Who is paid there: watchers select by it.
    pub customer: Customer,
    /// The version that this change made.
    pub version: u64,
    /// The state after.
    pub state: DestinationState,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}
