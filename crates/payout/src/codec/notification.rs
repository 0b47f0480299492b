//! Parked notifications and sealed evidence in bytes.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{Numbered, name, numbered};
use crate::codec::input::InputMirror;
use crate::port::{EvidenceKind, ParkedNotification, SealedEvidence};
use crate::seal::Sealed;
use crate::time::Timestamp;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct ParkedMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    names: &'b str,
    #[b(3)]
    input: InputMirror<'b>,
    #[n(4)]
    method: &'b str,
    #[n(5)]
    received_at: i64,
    #[n(6)]
    body: &'b ByteSlice,
}

impl<'b> From<&'b ParkedNotification> for ParkedMirror<'b> {
    fn from(parked: &'b ParkedNotification) -> Self {
        Self {
            merchant: parked.merchant.as_str(),
            names: parked.names.as_str(),
            input: (&parked.input).into(),
            method: &parked.method,
            received_at: parked.received_at.as_millis(),
            body: parked.body.as_bytes().into(),
        }
    }
}

impl TryFrom<ParkedMirror<'_>> for ParkedNotification {
    type Error = CodecError;

    fn try_from(mirror: ParkedMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            merchant: name(mirror.merchant, "parked.merchant")?,
            names: name(mirror.names, "parked.names")?,
            input: mirror.input.try_into()?,
            method: mirror.method.to_owned(),
            received_at: Timestamp::from_millis(mirror.received_at),
            body: Sealed::from_bytes(mirror.body.to_vec()),
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct EvidenceMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    recorded_at: i64,
    #[n(3)]
    bytes: &'b ByteSlice,
}

impl<'b> From<&'b SealedEvidence> for EvidenceMirror<'b> {
    fn from(evidence: &'b SealedEvidence) -> Self {
        Self {
            kind: evidence.kind.number(),
            recorded_at: evidence.recorded_at.as_millis(),
            bytes: evidence.bytes.as_bytes().into(),
        }
    }
}

impl TryFrom<EvidenceMirror<'_>> for SealedEvidence {
    type Error = CodecError;

    fn try_from(mirror: EvidenceMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            kind: numbered(mirror.kind, "evidence.kind")?,
            recorded_at: Timestamp::from_millis(mirror.recorded_at),
            bytes: Sealed::from_bytes(mirror.bytes.to_vec()),
        })
    }
}

impl Numbered for EvidenceKind {
    fn number(self) -> u8 {
        match self {
            Self::Reply => 1,
            Self::Notification => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Reply,
            2 => Self::Notification,
            _ => return None,
        })
    }
}
