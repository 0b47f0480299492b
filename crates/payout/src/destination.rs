//! Stored destinations: the provider's handle of a customer's account, sealed, with a summary that
//! is safe to show.

use crate::bank::Country;
use crate::fingerprint::Fingerprint;
use crate::id::{Customer, DestinationId, Merchant, ProviderAccount, ProviderReference};
use crate::input::ProviderWords;
use crate::reason::Reason;
use crate::seal::Sealed;
use crate::time::Timestamp;

/// A place that payouts can go to again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Derived from merchant, customer and contents; of one that is linked, from the caller's key.
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
    /// The provider's handle, as long as it can be paid to.
    pub handle: Option<Sealed>,
    /// How the customer was asked to choose it, where that is how it came to be.
    pub link: Option<Link>,
    /// Why it cannot be paid to, where nobody here decided that, with the provider's words.
    pub cause: Option<(Reason, ProviderWords)>,
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
    /// The customer chose an account with the provider.
    Linked,
}

/// How a customer was asked to choose an account with the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What a repeat of the key is compared with.
    pub fingerprint: Fingerprint,
    /// The account at the provider that it was started in: what is chosen is of that.
    pub account: ProviderAccount,
    /// Where the customer goes, as long as there is something to choose. Whoever has it can act in
    /// the customer's place.
    pub url: Option<Sealed>,
    /// The provider's id of it.
    pub provider_reference: Option<ProviderReference>,
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
    /// Whether the provider has verified that the account is the customer's.
    pub holder_verified: bool,
}

/// Whether a destination can be paid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DestinationState {
    /// It can.
    Active,
    /// The caller deleted it; its handle is erased.
    Deleted,
    /// Not yet: the customer is choosing the account.
    Linking,
    /// The customer has not chosen an account and will not any more.
    Abandoned,
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
