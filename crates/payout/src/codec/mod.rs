//! The record codec: how the values that a store keeps become bytes, and bytes become values.
//!
//! Every value is two bytes, its kind and the version of the encoding, and then one CBOR map with
//! integer keys. Private mirror types own the encoding, so no domain type knows of it; decoding
//! goes through the domain's own `parse`, so bytes can never make a value that a caller could not.
//!
//! Rules that keep old bytes readable, and new bytes readable by the old program during a rollout:
//! - A key and an enum's number are never reused and never change their meaning.
//! - A new key is optional or has a default. Readers skip keys that they do not know, and an old
//!   writer drops them: what must not be overlooked or dropped needs a new version instead.
//! - A number that is not known is refused, never taken for another.
//! - No mirror is a derived enum: minicbor turns an unknown variant beneath an `Option` into `None`
//!   without a word, wherever it lies.

mod attempt;
mod destination;
mod envelope;
mod event;
mod field;
mod fingerprint;
mod input;
mod money;
mod notification;
mod order;
mod parties;
mod payout;
mod personal;
mod queue;
mod reason;
mod reconcile;
mod settlement;
mod state;
mod target;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::codec::destination::{DestinationEventMirror, DestinationMirror};
use crate::codec::envelope::Kind;
use crate::codec::event::EventMirror;
use crate::codec::notification::{EvidenceMirror, ParkedMirror};
use crate::codec::parties::{PARTIES_LENGTH_MAX, PartiesMirror};
use crate::codec::payout::{FenceMirror, RecordMirror};
use crate::codec::queue::QueueHoldMirror;
use crate::codec::reconcile::{FundsMirror, SettlementBreakMirror};
use crate::codec::target::{TARGET_LENGTH_MAX, TargetRequestMirror};
use crate::destination::{Destination, DestinationEvent};
use crate::event::Event;
use crate::id::PayoutId;
use crate::machine;
use crate::order::TargetRequest;
use crate::party::Parties;
use crate::port::{ParkedNotification, SealedEvidence};
use crate::queue::QueueHold;
use crate::reconcile::SettlementBreak;
use crate::record::{Fence, Record};
use crate::treasury::Funds;

/// Why stored bytes cannot be read. Of what was stored it holds a payout's id at most.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodecError {
    /// Written by a program whose encoding this one does not know.
    #[error("written in another version of the encoding; run the release that wrote it or later")]
    Version,
    /// Not what this codec writes. The field is named, never its value; where the bytes are no
    /// readable value at all, the kind of value that was expected is named instead.
    #[error("{0} is damaged, of another kind or of a later release; upgrade or restore it")]
    Malformed(&'static str),
    /// Readable, but not as any payout can be: nothing may be decided on it.
    #[error("the record of {payout} contradicts itself: {flaw}; restore it from a backup")]
    Unsound {
        /// Whose record it is.
        payout: PayoutId,
        /// What is wrong with it.
        flaw: &'static str,
    },
}

/// The bytes of a payout's record.
pub fn encode_record(record: &Record) -> Vec<u8> {
    envelope::write(Kind::Record, &RecordMirror::from(record))
}

/// Reads what [`encode_record`] wrote, in this or an earlier release. What the machine holds of
/// every payout that it makes is checked again on what was read.
pub fn decode_record(bytes: &[u8]) -> Result<Record, CodecError> {
    let record: Record = envelope::read::<RecordMirror<'_>>(Kind::Record, bytes)?.try_into()?;
    match machine::flaw(&record.payout) {
        None => Ok(record),
        Some(flaw) => Err(CodecError::Unsound { payout: record.payout.id, flaw }),
    }
}

/// The bytes of one event of a payout.
pub fn encode_event(event: &Event) -> Vec<u8> {
    envelope::write(Kind::Event, &EventMirror::from(event))
}

/// Reads what [`encode_event`] wrote, in this or an earlier release.
pub fn decode_event(bytes: &[u8]) -> Result<Event, CodecError> {
    envelope::read::<EventMirror<'_>>(Kind::Event, bytes)?.try_into()
}

/// The bytes of a stored destination.
pub fn encode_destination(destination: &Destination) -> Vec<u8> {
    envelope::write(Kind::Destination, &DestinationMirror::from(destination))
}

/// Reads what [`encode_destination`] wrote, in this or an earlier release.
pub fn decode_destination(bytes: &[u8]) -> Result<Destination, CodecError> {
    envelope::read::<DestinationMirror<'_>>(Kind::Destination, bytes)?.try_into()
}

/// The bytes of one event of a destination.
pub fn encode_destination_event(event: &DestinationEvent) -> Vec<u8> {
    envelope::write(Kind::DestinationEvent, &DestinationEventMirror::from(event))
}

/// Reads what [`encode_destination_event`] wrote, in this or an earlier release.
pub fn decode_destination_event(bytes: &[u8]) -> Result<DestinationEvent, CodecError> {
    envelope::read::<DestinationEventMirror<'_>>(Kind::DestinationEvent, bytes)?.try_into()
}

/// The bytes of a parked notification.
pub fn encode_parked(parked: &ParkedNotification) -> Vec<u8> {
    envelope::write(Kind::Parked, &ParkedMirror::from(parked))
}

/// Reads what [`encode_parked`] wrote, in this or an earlier release.
pub fn decode_parked(bytes: &[u8]) -> Result<ParkedNotification, CodecError> {
    envelope::read::<ParkedMirror<'_>>(Kind::Parked, bytes)?.try_into()
}

/// The bytes of a fence.
pub fn encode_fence(fence: &Fence) -> Vec<u8> {
    envelope::write(Kind::Fence, &FenceMirror::from(fence))
}

/// Reads what [`encode_fence`] wrote, in this or an earlier release.
pub fn decode_fence(bytes: &[u8]) -> Result<Fence, CodecError> {
    envelope::read::<FenceMirror<'_>>(Kind::Fence, bytes)?.try_into()
}

/// The bytes of a piece of sealed evidence.
pub fn encode_evidence(evidence: &SealedEvidence) -> Vec<u8> {
    envelope::write(Kind::Evidence, &EvidenceMirror::from(evidence))
}

/// Reads what [`encode_evidence`] wrote, in this or an earlier release.
pub fn decode_evidence(bytes: &[u8]) -> Result<SealedEvidence, CodecError> {
    envelope::read::<EvidenceMirror<'_>>(Kind::Evidence, bytes)?.try_into()
}

/// The bytes of what holds a queue.
pub fn encode_queue_hold(hold: &QueueHold) -> Vec<u8> {
    envelope::write(Kind::QueueHold, &QueueHoldMirror::from(hold))
}

/// Reads what [`encode_queue_hold`] wrote, in this or an earlier release.
pub fn decode_queue_hold(bytes: &[u8]) -> Result<QueueHold, CodecError> {
    envelope::read::<QueueHoldMirror<'_>>(Kind::QueueHold, bytes)?.try_into()
}

/// The bytes of a break of a settlement report.
pub fn encode_settlement_break(found: &SettlementBreak) -> Vec<u8> {
    envelope::write(Kind::SettlementBreak, &SettlementBreakMirror::from(found))
}

/// Reads what [`encode_settlement_break`] wrote, in this or an earlier release.
pub fn decode_settlement_break(bytes: &[u8]) -> Result<SettlementBreak, CodecError> {
    envelope::read::<SettlementBreakMirror<'_>>(Kind::SettlementBreak, bytes)?.try_into()
}

/// The bytes of a merchant's funds.
pub fn encode_funds(funds: &Funds) -> Vec<u8> {
    envelope::write(Kind::Funds, &FundsMirror::from(funds))
}

/// Reads what [`encode_funds`] wrote, in this or an earlier release.
pub fn decode_funds(bytes: &[u8]) -> Result<Funds, CodecError> {
    envelope::read::<FundsMirror<'_>>(Kind::Funds, bytes)?.try_into()
}

/// The bytes of where a payout goes, secrets in the clear: to be sealed before they are stored.
/// They are wiped when dropped, and no copy of them stays behind.
pub fn encode_target(target: &TargetRequest) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(TARGET_LENGTH_MAX));
    envelope::write_into(&mut bytes, Kind::Target, &TargetRequestMirror::from(target));
    assert!(bytes.len() <= TARGET_LENGTH_MAX, "a vector that grows leaves its secrets behind");
    bytes
}

/// The bytes of a payout's parties, in the clear: to be sealed before they are stored. They are
/// wiped when dropped, and no copy of them stays behind.
pub fn encode_parties(parties: &Parties) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(PARTIES_LENGTH_MAX));
    envelope::write_into(&mut bytes, Kind::Parties, &PartiesMirror::from(parties));
    assert!(bytes.len() <= PARTIES_LENGTH_MAX, "a vector that grows leaves its secrets behind");
    bytes
}

/// Reads what [`encode_parties`] wrote, in this or an earlier release, after it was opened.
pub fn decode_parties(bytes: &[u8]) -> Result<Parties, CodecError> {
    envelope::read::<PartiesMirror<'_>>(Kind::Parties, bytes)?.try_into()
}

/// Reads what [`encode_target`] wrote, in this or an earlier release, after it was opened.
pub fn decode_target(bytes: &[u8]) -> Result<TargetRequest, CodecError> {
    envelope::read::<TargetRequestMirror<'_>>(Kind::Target, bytes)?.try_into()
}

#[cfg(test)]
pub(crate) mod tests;
