//! What a provider says about a merchant's money: funds, rows of its reports, and where single
//! orders stand. All of it is for people and for comparing; none of it moves a payout.

use crate::day::Day;
use crate::money::Currency;
use crate::text::{Invalid, Shape, is_printable};
use crate::time::Timestamp;

/// An amount that may be below zero, in minor units; below zero it is money out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signed {
    /// In minor units of the currency.
    pub minor_units: i64,
    /// The currency.
    pub currency: Currency,
}

/// The merchant's funds with the provider, as it told them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// One amount for each currency, by code. Currencies not known here are left out.
    pub amounts: Vec<Signed>,
    /// When the provider was asked.
    pub as_of: Timestamp,
}

/// A name that the provider gave something in a report: 1–128 characters, for people and for
/// comparing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// Takes 1–128 characters that can be printed.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape =
            Shape { length_max: 128, allowed: is_printable, alphabet: "printable characters" };
        SHAPE.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a row of a settlement report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Money of a payout, out or back.
    Payout,
    /// The provider's own charge, whatever for.
    Fee,
    /// Something else, such as money that came in.
    Other,
}

/// One row of a settlement report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// What it is about.
    pub kind: RowKind,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// How it changed the merchant's account.
    pub amount: Signed,
    /// The provider's name of the account that it is booked on.
    pub account_name: Option<Label>,
    /// The provider's id of the order.
    pub order_id: Option<Label>,
    /// The name that the merchant gave the order: of ours, the payout's id.
    pub message_id: Option<Label>,
    /// The merchant's own reference of the order.
    pub external_reference: Option<Label>,
    /// What the bank statement says of the whole settlement.
    pub settlement_reference: Option<Label>,
}

/// One row of the provider's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// When it was booked.
    pub booked_at: Timestamp,
    /// The provider's id of the order.
    pub order_id: Option<Label>,
    /// The name that the merchant gave the order.
    pub message_id: Option<Label>,
    /// How it changed the merchant's account.
    pub amount: Signed,
}

/// Where a transfer stands by the provider's own words, which may change without notice: a hint for
/// people and no proof of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The provider's id of the order.
    pub order_id: Label,
    /// The provider's word for where it stands.
    pub state: Label,
    /// What is transferred.
    pub amount: Signed,
    /// When that was last changed.
    pub modified_at: Option<Timestamp>,
}

/// A report that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportOf {
    /// The date of the settlement.
    pub day: Day,
    /// The currency that was settled.
    pub currency: Currency,
}
