//! What surrounds every value: one byte of kind, one byte of version, then the value and no more.

use minicbor::{Decode, Decoder, Encode};

use crate::codec::CodecError;

/// The version of the encoding that is written, and the latest that is read. It is counted up only
/// when a reader of the version before must not read the new bytes; every version ever written
/// stays readable.
const VERSION: u8 = 1;

/// What a value is. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Record = 1,
    Event = 2,
    Destination = 3,
    DestinationEvent = 4,
    Parked = 5,
    Fence = 6,
    Evidence = 7,
    Target = 8,
    QueueHold = 9,
    SettlementBreak = 10,
    Funds = 11,
    Parties = 12,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Event => "event",
            Self::Destination => "destination",
            Self::DestinationEvent => "destination event",
            Self::Parked => "parked notification",
            Self::Fence => "fence",
            Self::Evidence => "evidence",
            Self::Target => "target",
            Self::QueueHold => "queue hold",
            Self::SettlementBreak => "settlement break",
            Self::Funds => "funds",
            Self::Parties => "parties",
        }
    }
}

/// The bytes of a value.
pub(super) fn write(kind: Kind, value: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_into(&mut bytes, kind, value);
    bytes
}

/// Writes a value behind what is there.
pub(super) fn write_into(bytes: &mut Vec<u8>, kind: Kind, value: &impl Encode<()>) {
    bytes.extend_from_slice(&[kind as u8, VERSION]);
    minicbor::encode(value, bytes).expect("writing to memory cannot fail");
}

/// Reads a value that fills the bytes to the last one.
pub(super) fn read<'b, T: Decode<'b, ()>>(kind: Kind, bytes: &'b [u8]) -> Result<T, CodecError> {
    let malformed = CodecError::Malformed(kind.as_str());
    let Some((&[found, version], body)) = bytes.split_first_chunk() else {
        return Err(malformed);
    };
    if found != kind as u8 {
        return Err(malformed);
    }
    if version != VERSION {
        return Err(CodecError::Version);
    }
    let mut decoder = Decoder::new(body);
    match decoder.decode() {
        Ok(value) if decoder.position() == body.len() => Ok(value),
        _ => Err(malformed),
    }
}
