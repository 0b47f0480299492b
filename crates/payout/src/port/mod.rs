//! What the domain needs from the world: traits that live here, with their consumer, and are
//! implemented at the edge.

mod clock;
mod provider;
mod shared;
mod store;
mod treasury;

pub use clock::Clock;
pub use provider::{
    Acknowledgement, Adapter, Answer, Description, EVIDENCE_LENGTH_MAX, Evidence, EvidenceKind,
    Handle, Inbound, LinkNews, LinkStart, Method, Onboarding, Provider, Receipt, Rejection,
    Request, Resolution, Resolved, Unfit, UnfitKind, Warning,
};
pub use shared::{SHARED_VALUE_LENGTH_MAX, Shared, SharedError, Turn};
pub use store::{
    Append, Appended, Batch, BreakFilter, Claim, ClaimChange, Creation, CreationOutcome,
    DestinationFilter, DestinationWrite, DestinationWritten, Ends, Entry, Fact, Fenced, Filter,
    Page, PageToken, ParkedNotification, Parking, ReadError, SealedEvidence, Selection, Store,
    StoreError,
};
pub use treasury::{Treasury, TreasuryError};
