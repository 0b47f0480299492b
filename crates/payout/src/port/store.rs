//! The store, as a port. Whatever a mutating method reports as done is durable when it returns;
//! each is atomic: all of it or nothing. A dropped future may or may not have taken effect.

use async_trait::async_trait;
use thiserror::Error;

use crate::cursor::Cursor;
use crate::destination::{Destination, DestinationEvent};
use crate::event::Event;
use crate::id::{
    Customer, DestinationId, Incarnation, Merchant, PayoutId, ProviderReference, StoreId,
};
use crate::input::Input;
use crate::port::EvidenceKind;
use crate::queue::{QueueHold, QueueHoldKind};
use crate::reconcile::SettlementBreak;
use crate::record::{Fence, Payout, Record, Stored};
use crate::seal::Sealed;
use crate::state::{Outcome, StateName};
use crate::time::Timestamp;

/// Durable records, the event log and claims on work.
#[async_trait]
pub trait Store: Send + Sync {
    /// Which store this is; cursors are bound to it.
    fn id(&self) -> &StoreId;

    /// Whether opening this store proves that no earlier incarnation still runs.
    fn others_are_gone(&self) -> bool;

    /// Since when this store can prove that it has forgotten nothing; the epoch, where an operator
    /// vouched for it. Calling it is also the sign of life by which it is proven: a silence longer
    /// than the store's own limit counts as a loss.
    async fn continuous_since(&self, now: Timestamp) -> Result<Timestamp, StoreError>;

    /// Keeps a fact that never changes, unless one is kept under this name, and returns the one
    /// that is kept then. Names and values are short and few.
    async fn remember(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError>;

    /// What lies under a payout's id.
    async fn load(&self, id: &PayoutId) -> Result<Option<Stored>, StoreError>;

    /// Records a payout, unless there is something under its id, or a parked notification that
    /// the record does not take into account. Never writes twice; a repeat finds itself.
    async fn create(&self, creation: &Creation) -> Result<CreationOutcome, StoreError>;

    /// Writes the next version of a record and its events, if nobody was quicker.
    async fn append(&self, append: &Append) -> Result<Appended, StoreError>;

    /// Makes a key unable to pay, unless there is something under its id. Says at the same moment
    /// whether notifications wait under it: then the provider has an order of that name.
    async fn fence(&self, fence: &Fence) -> Result<Fenced, StoreError>;

    /// Keeps a notification for a payout that is not here, unless it is here after all. A repeat
    /// of the same receipt is kept once, whether or not there is room.
    ///
    /// What is kept is never dropped, except by the creation that takes it into account, and it is
    /// bounded: for one name of a merchant (64 at least), for all names of a merchant that begin as
    /// payouts' ids do (1,000 at least), and apart from those for all its other names (1,000 at
    /// least). So nothing foreign takes the room of what may be a payout's status.
    async fn park(&self, parked: &ParkedNotification) -> Result<Parking, StoreError>;

    /// Parked notifications, latest first; of one merchant if given.
    async fn list_parked(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<ParkedNotification>, Option<PageToken>), StoreError>;

    /// What the provider said about a payout, oldest first; at most a few hundred entries.
    async fn evidence(&self, payout: &PayoutId) -> Result<Vec<SealedEvidence>, StoreError>;

    /// What holds merchants' queues: at most one hold of each kind for each.
    async fn queue_holds(&self) -> Result<Vec<QueueHold>, StoreError>;

    /// Holds a merchant's queue; a hold of its kind that is there already is replaced. Moves no
    /// payout: whoever works on them asks.
    async fn hold_queue(&self, hold: &QueueHold) -> Result<(), StoreError>;

    /// Ends a hold; false if there was none.
    async fn resume_queue(
        &self,
        merchant: &Merchant,
        kind: QueueHoldKind,
    ) -> Result<bool, StoreError>;

    /// Writes breaks of settlement reports, each in the place of the one with the same merchant,
    /// report and reference.
    async fn write_settlement_breaks(&self, breaks: &[SettlementBreak]) -> Result<(), StoreError>;

    /// Breaks that fit a filter, latest found first; one that is written again keeps its place.
    async fn list_settlement_breaks(
        &self,
        filter: &BreakFilter,
        page: &Page,
    ) -> Result<(Vec<SettlementBreak>, Option<PageToken>), StoreError>;

    /// Payouts that fit a filter, newest first.
    async fn list(
        &self,
        filter: &Filter,
        page: &Page,
    ) -> Result<(Vec<Payout>, Option<PageToken>), StoreError>;

    /// Records of payouts that are an operator's business ([`Payout::is_operators_business`]),
    /// oldest first; of one merchant if given.
    async fn list_operators_business(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<Record>, Option<PageToken>), StoreError>;

    /// Claims up to `claim.limit` payouts that are due and not claimed by anyone, most overdue
    /// first. A claim ends by a released append, by [`Store::release`], or at its time; in the last
    /// case the payout is due then, whatever its schedule says: it may have been left in the middle
    /// of something.
    async fn claim(&self, claim: &Claim) -> Result<Vec<PayoutId>, StoreError>;

    /// Ends claims without writing anything else. Claims of others are left alone.
    async fn release(&self, holder: &Incarnation, payouts: &[PayoutId]) -> Result<(), StoreError>;

    /// When [`Store::claim`] finds something next: when a payout is due that nobody claims, or when
    /// a claim ends at its time. None, if neither is to come.
    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Up to `limit` entries after `after` that fit the selection, in log order.
    async fn read(
        &self,
        after: &Cursor,
        selection: &Selection,
        limit: usize,
    ) -> Result<Batch, ReadError>;

    /// Returns when something that fits the selection may have been appended after `after`; it may
    /// return early, but sleeps while other merchants' events pour in. Carries no data: read again.
    /// Dropping the future costs nothing.
    async fn changed(&self, after: &Cursor, selection: &Selection) -> Result<(), StoreError>;

    /// The ends of the log.
    async fn ends(&self) -> Result<Ends, StoreError>;

    /// A stored destination.
    async fn load_destination(&self, id: &DestinationId)
    -> Result<Option<Destination>, StoreError>;

    /// Writes a destination and its event, if there is one, if nobody was quicker.
    async fn write_destination(
        &self,
        write: &DestinationWrite,
    ) -> Result<DestinationWritten, StoreError>;

    /// Destinations that fit a filter, newest first.
    async fn list_destinations(
        &self,
        filter: &DestinationFilter,
        page: &Page,
    ) -> Result<(Vec<Destination>, Option<PageToken>), StoreError>;
}

/// Why the store did not do what was asked. The text is for operators and holds no stored value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Certainly nothing was written.
    #[error("the store refused: {0}")]
    NotWritten(String),
    /// It may or may not have been written.
    #[error("the store did not answer: {0}")]
    Unknown(String),
    /// What was read is not what was written.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// A page token that this store did not make.
    #[error("the page token is not one of this list")]
    PageToken,
}

/// Why the log cannot be read from a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The cursor was made by another store.
    #[error("the cursor is from another store")]
    OtherStore,
    /// The cursor points beyond the end of the log or to another number of partitions.
    #[error("the cursor does not point into this log")]
    OutOfRange,
    /// What follows the cursor is no longer kept.
    #[error("the cursor is older than the log; the earliest is {}", .0.encode())]
    TooOld(Cursor),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A new payout with its first events.
#[derive(Clone, Debug)]
pub struct Creation {
    /// The record after `events`.
    pub record: Record,
    /// All its events so far, from the first.
    pub events: Vec<Event>,
    /// The parked notifications that `events` take into account, by receipt, in the order in which
    /// they were parked. They are removed with the creation.
    pub applies: Vec<crate::id::ReceiptId>,
    /// Claims the payout for its creator until then, so that nobody else drives it.
    pub claim: Option<Claim>,
    /// The provider's words behind the events, sealed.
    pub evidence: Vec<SealedEvidence>,
}

/// What became of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreationOutcome {
    /// It is recorded.
    Created,
    /// There is something under its id already; nothing was written.
    Existing(Stored),
    /// These notifications wait under its id, all of them, oldest first; nothing was written.
    Parked(Vec<ParkedNotification>),
}

/// The next version of a record.
#[derive(Clone, Debug)]
pub struct Append {
    /// The record after `events`; its version is one above the one that was read.
    pub record: Record,
    /// What happened, in order; may be empty when only the schedule changes.
    pub events: Vec<Event>,
    /// What becomes of a claim on the payout.
    pub claim: ClaimChange,
    /// The provider's words behind the events, sealed.
    pub evidence: Vec<SealedEvidence>,
}

/// What an append does to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// Nothing: the writer does not hold it, or goes on.
    Keep,
    /// Ends it if it is this holder's. Anybody else's stays: the writer's own may have run out
    /// meanwhile, and whoever claimed the payout after it goes on.
    Release(Incarnation),
    /// Nothing, and it is written only if nobody claims the payout: whoever claims it may be about
    /// to send what was decided before this.
    MustBeNone,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is recorded.
    Yes,
    /// Somebody else wrote first; read again and decide again.
    Stale,
    /// Somebody is at work on it, which [`ClaimChange::MustBeNone`] forbids; nothing was written.
    Claimed,
}

/// What became of a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fenced {
    /// The key can never pay, as of now or of an earlier fence, which is this.
    Fenced {
        /// The fence as it was first written.
        fence: Fence,
        /// Whether notifications wait under its id.
        notified: bool,
    },
    /// There is a payout under its id; nothing was written.
    Existing(Box<Record>),
}

/// A verified notification whose payout is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedNotification {
    /// Whose account at the provider it came for.
    pub merchant: Merchant,
    /// The name under which the provider knows the order.
    pub names: ProviderReference,
    /// What it says; its `receipt` is set.
    pub input: Input,
    /// The provider's name of this kind of notification.
    pub method: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The notification word for word, sealed.
    pub body: Sealed,
}

/// What became of parking a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parking {
    /// It is kept, or was already.
    Parked,
    /// There is no room; nothing was written. Not acknowledged, the provider sends it again.
    Full,
    /// The payout is here: append to it instead.
    Exists,
}

/// The provider's own words, sealed, with what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEvidence {
    /// What they are.
    pub kind: EvidenceKind,
    /// When they came.
    pub recorded_at: Timestamp,
    /// The bytes.
    pub bytes: Sealed,
}

/// A wish to work on payouts that are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who claims.
    pub holder: Incarnation,
    /// The time, for stores without a clock of their own.
    pub now: Timestamp,
    /// When the claim ends by itself.
    pub until: Timestamp,
    /// At most this many.
    pub limit: usize,
}

/// Which payouts a list shows. Absent means any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Whose payouts.
    pub merchant: Merchant,
    /// Paid to whom.
    pub customer: Option<Customer>,
    /// Known to the provider under this id.
    pub provider_reference: Option<ProviderReference>,
    /// In one of these states; empty means any.
    pub states: Vec<StateName>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Recorded at this time or later.
    pub created_from: Option<Timestamp>,
    /// Recorded before this time.
    pub created_before: Option<Timestamp>,
    /// Only those that people have to look at ([`Payout::needs_attention`]).
    pub needs_attention: bool,
}

impl Filter {
    /// All payouts of a merchant.
    pub fn all(merchant: &Merchant) -> Self {
        Self {
            merchant: merchant.clone(),
            customer: None,
            provider_reference: None,
            states: Vec::new(),
            outcome: None,
            created_from: None,
            created_before: None,
            needs_attention: false,
        }
    }
}

/// Which breaks of settlement reports a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakFilter {
    /// Whose breaks.
    pub merchant: Merchant,
    /// Whether those that are closed are shown too.
    pub with_closed: bool,
}

/// Which destinations a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationFilter {
    /// Whose destinations.
    pub merchant: Merchant,
    /// Of whom.
    pub customer: Option<Customer>,
}

/// Where a list goes on, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(pub Vec<u8>);

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// After this place; from the start if absent.
    pub after: Option<PageToken>,
    /// At most this many.
    pub size: usize,
}

/// Which entries of the log a reader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Everything of a merchant.
    Merchant(Merchant),
    /// Everything about a customer of a merchant.
    Customer(Merchant, Customer),
    /// These payouts of a merchant.
    Payouts(Merchant, Vec<PayoutId>),
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A reader that has seen this entry goes on after this.
    pub cursor: Cursor,
    /// What happened.
    pub fact: Fact,
}

/// What happened, to a payout or to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// To a payout.
    Payout(Box<Event>),
    /// To a destination.
    Destination(DestinationEvent),
}

/// Some entries of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// In log order; empty if nothing fits.
    pub entries: Vec<Entry>,
    /// Where to go on; past what did not fit.
    pub next: Cursor,
    /// Whether the end of the log was reached.
    pub at_end: bool,
}

/// The ends of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Reading after this gives the first entry that is kept.
    pub earliest: Cursor,
    /// Reading after this gives what is appended from now on.
    pub latest: Cursor,
}

/// A destination to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationWrite {
    /// The destination; its version is one above the one that was read, 1 if there was none.
    pub destination: Destination,
    /// What happened to it, where that is for watchers.
    pub event: Option<DestinationEvent>,
}

/// What became of writing a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationWritten {
    /// It is recorded.
    Yes,
    /// Somebody else wrote first; nothing was written.
    Stale,
}
