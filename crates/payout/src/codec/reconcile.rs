//! Breaks of settlement reports, and funds, in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{Numbered, malformed, name, numbered, optional_millis, optional_time};
use crate::day::Day;
use crate::money::Currency;
use crate::reconcile::{BreakKind, SettlementBreak};
use crate::time::Timestamp;
use crate::treasury::{Funds, Label, ReportOf, Signed};

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct SettlementBreakMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    day: i64,
    #[n(3)]
    currency: &'b str,
    #[n(4)]
    reference: &'b str,
    #[n(5)]
    kind: u8,
    #[n(6)]
    reported: Option<i64>,
    #[n(7)]
    expected: Option<i64>,
    #[n(8)]
    order_id: Option<&'b str>,
    #[n(9)]
    settlement_reference: Option<&'b str>,
    #[n(10)]
    found_at: i64,
    #[n(11)]
    closed_at: Option<i64>,
}

impl<'b> From<&'b SettlementBreak> for SettlementBreakMirror<'b> {
    fn from(found: &'b SettlementBreak) -> Self {
        Self {
            merchant: found.merchant.as_str(),
            day: found.report.day.number(),
            currency: found.report.currency.code(),
            reference: found.reference.as_str(),
            kind: found.kind.number(),
            reported: found.reported,
            expected: found.expected,
            order_id: found.order_id.as_ref().map(Label::as_str),
            settlement_reference: found.settlement_reference.as_ref().map(Label::as_str),
            found_at: found.found_at.as_millis(),
            closed_at: optional_millis(found.closed_at),
        }
    }
}

impl TryFrom<SettlementBreakMirror<'_>> for SettlementBreak {
    type Error = CodecError;

    fn try_from(mirror: SettlementBreakMirror<'_>) -> Result<Self, CodecError> {
        let day = Day::from_number(mirror.day).map_err(malformed("settlement_break.day"))?;
        let currency = currency(mirror.currency, "settlement_break.currency")?;
        Ok(Self {
            merchant: name(mirror.merchant, "settlement_break.merchant")?,
            report: ReportOf { day, currency },
            reference: label(mirror.reference)?,
            kind: numbered(mirror.kind, "settlement_break.kind")?,
            reported: mirror.reported,
            expected: mirror.expected,
            order_id: mirror.order_id.map(label).transpose()?,
            settlement_reference: mirror.settlement_reference.map(label).transpose()?,
            found_at: Timestamp::from_millis(mirror.found_at),
            closed_at: optional_time(mirror.closed_at),
        })
    }
}

fn label(text: &str) -> Result<Label, CodecError> {
    Label::parse(text).map_err(malformed("settlement_break.label"))
}

fn currency(code: &str, field: &'static str) -> Result<Currency, CodecError> {
    Currency::parse(code).map_err(malformed(field))
}

impl Numbered for BreakKind {
    fn number(self) -> u8 {
        match self {
            Self::UnknownHere => 1,
            Self::Missing => 2,
            Self::AmountDiffers => 3,
            Self::DebitedInDoubt => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::UnknownHere,
            2 => Self::Missing,
            3 => Self::AmountDiffers,
            4 => Self::DebitedInDoubt,
            _ => return None,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct FundsMirror<'b> {
    #[b(1)]
    amounts: Vec<SignedMirror<'b>>,
    #[n(2)]
    as_of: i64,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SignedMirror<'b> {
    #[n(1)]
    minor_units: i64,
    #[n(2)]
    currency: &'b str,
}

impl From<&Funds> for FundsMirror<'static> {
    fn from(funds: &Funds) -> Self {
        let mirrored = |amount: &Signed| SignedMirror {
            minor_units: amount.minor_units,
            currency: amount.currency.code(),
        };
        let amounts = funds.amounts.iter().map(mirrored).collect();
        Self { amounts, as_of: funds.as_of.as_millis() }
    }
}

impl TryFrom<FundsMirror<'_>> for Funds {
    type Error = CodecError;

    fn try_from(mirror: FundsMirror<'_>) -> Result<Self, CodecError> {
        let mut amounts = Vec::new();
        for amount in &mirror.amounts {
            let currency = currency(amount.currency, "funds.currency")?;
            amounts.push(Signed { minor_units: amount.minor_units, currency });
        }
        Ok(Self { amounts, as_of: Timestamp::from_millis(mirror.as_of) })
    }
}
