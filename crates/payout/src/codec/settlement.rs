//! Operators' decisions in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{Numbered, numbered};
use crate::settlement::{Note, Settlement, Verdict};

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct SettlementMirror<'b> {
    #[n(1)]
    verdict: u8,
    #[n(2)]
    operator: &'b str,
    #[n(3)]
    evidence: &'b str,
    #[n(4)]
    why: &'b str,
}

impl<'b> From<&'b Settlement> for SettlementMirror<'b> {
    fn from(settlement: &'b Settlement) -> Self {
        Self {
            verdict: settlement.verdict.number(),
            operator: settlement.operator.as_str(),
            evidence: settlement.evidence.as_str(),
            why: settlement.why.as_str(),
        }
    }
}

impl TryFrom<SettlementMirror<'_>> for Settlement {
    type Error = CodecError;

    fn try_from(mirror: SettlementMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            verdict: numbered(mirror.verdict, "settlement.verdict")?,
            operator: note(mirror.operator, "settlement.operator")?,
            evidence: note(mirror.evidence, "settlement.evidence")?,
            why: note(mirror.why, "settlement.why")?,
        })
    }
}

pub(super) fn note(text: &str, field: &'static str) -> Result<Note, CodecError> {
    Note::parse(text).map_err(|_| CodecError::Malformed(field))
}

impl Numbered for Verdict {
    fn number(self) -> u8 {
        match self {
            Self::Paid => 1,
            Self::NotPaid => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Paid,
            2 => Self::NotPaid,
            _ => return None,
        })
    }
}
