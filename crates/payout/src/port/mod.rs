//! What the domain needs from the world: traits that live here, with their consumer, and are
//! implemented at the edge.

mod clock;
mod provider;
mod store;

pub use clock::Clock;
pub use provider::{
    Acknowledgement, Adapter, Answer, Description, EVIDENCE_LENGTH_MAX, Evidence, EvidenceKind,
    Handle, Inbound, Method, Onboarding, Provider, Receipt, Rejection, Request, Resolution,
    Resolved, Unfit, UnfitKind, Warning,
};
pub use store::{
    Append, Appended, Batch, Claim, ClaimChange, Creation, CreationOutcome, DestinationFilter,
    DestinationWrite, DestinationWritten, Ends, Entry, Fact, Fenced, Filter, Page, PageToken,
    ParkedNotification, Parking, ReadError, SealedEvidence, Selection, Store, StoreError,
};
