//! Answers to questions about the merchant's money: Balance, GetWithdrawals, AccountLedger and
//! ViewAutomaticSettlementDetailsCSV. Amounts are exact or the whole answer is refused.

use payout::id::ProviderReference;
use payout::money::Currency;
use payout::text::is_printable;
use payout::time::Timestamp;
use payout::treasury::{Label, LedgerRow, ReportRow, RowKind, Signed, Transfer};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::csv::{CsvError, Table};
use crate::decimal::{Decimal, DecimalError, Sign};
use crate::eu::timestamp;
use crate::field::{self, FieldError};
use crate::json::Json;

/// The only version of the settlement report that Trustly wants to be used.
pub const SETTLEMENT_VERSION: &str = "1.2";

/// Most entries of one answer that is a list.
const ENTRIES_MAX: usize = 500_000;

/// Why a signed answer cannot be used as a report. Values are not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReportError {
    /// It is no list, or a longer one than is read.
    #[error("it is not a list of at most {ENTRIES_MAX} entries")]
    NotAList,
    /// A member of an entry.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The table of the report.
    #[error(transparent)]
    Table(#[from] CsvError),
    /// An amount in a row, counted from 1.
    #[error("row {row} has an amount that is not exact: {source}")]
    Amount {
        /// The row.
        row: usize,
        /// What is wrong with it.
        source: DecimalError,
    },
    /// Another field of a row, counted from 1.
    #[error("row {row} has no usable `{column}`")]
    Row {
        /// The row.
        row: usize,
        /// The column.
        column: &'static str,
    },
}

/// The answer of Balance. Currencies not known here are left out: their decimals are not known.
pub fn balances(data: &Json) -> Result<Vec<Signed>, ReportError> {
    let mut amounts = Vec::new();
    for (row, entry) in list(data)? {
        let Ok(currency) = Currency::parse(field::required(entry, "currency")?) else { continue };
        amounts.push(signed(row, field::required(entry, "balance")?, currency)?);
    }
    amounts.sort_unstable_by_key(|amount| amount.currency);
    Ok(amounts)
}

/// The answer of GetWithdrawals about one order.
pub fn withdrawals(data: &Json, order: &ProviderReference) -> Result<Vec<Transfer>, ReportError> {
    let mut transfers = Vec::new();
    for (row, entry) in list(data)? {
        let order_id = required_label(row, entry, "orderid")?;
        if order_id.as_str() != order.as_str() {
            return Err(ReportError::Row { row, column: "orderid" });
        }
        let currency = currency(row, field::required(entry, "currency")?)?;
        let modified_at = match field::optional(entry, "modificationdate")? {
            None | Some("") => None,
            Some(text) => Some(time(row, "modificationdate", text)?),
        };
        transfers.push(Transfer {
            order_id,
            state: required_label(row, entry, "transferstate")?,
            amount: signed(row, field::required(entry, "amount")?, currency)?,
            modified_at,
        });
    }
    Ok(transfers)
}

/// The answer of AccountLedger.
pub fn ledger(data: &Json) -> Result<Vec<LedgerRow>, ReportError> {
    let mut rows = Vec::new();
    for (row, entry) in list(data)? {
        let currency = currency(row, field::required(entry, "currency")?)?;
        rows.push(LedgerRow {
            booked_at: time(row, "datestamp", field::required(entry, "datestamp")?)?,
            order_id: label(field::optional(entry, "orderid")?.unwrap_or_default()),
            message_id: label(field::optional(entry, "messageid")?.unwrap_or_default()),
            amount: signed(row, field::required(entry, "amount")?, currency)?,
        });
    }
    Ok(rows)
}

/// The answer of ViewAutomaticSettlementDetailsCSV about one currency. Columns are found by their
/// names; unknown ones are ignored.
pub fn settlement(data: &Json, asked: Currency) -> Result<Vec<ReportRow>, ReportError> {
    let text = field::required(data, "view_automatic_settlement_details")?;
    let table = Table::parse(text)?;
    let columns = Columns::of(&table)?;
    let mut rows = Vec::new();
    for (index, fields) in table.rows().iter().enumerate() {
        rows.push(columns.read(index + 1, fields, asked)?);
    }
    Ok(rows)
}

struct Columns {
    datestamp: usize,
    account_name: usize,
    currency: usize,
    amount: usize,
    order_id: usize,
    order_type: usize,
    message_id: usize,
    bank_reference: Option<usize>,
    external_reference: Option<usize>,
}

impl Columns {
    fn of(table: &Table) -> Result<Self, CsvError> {
        Ok(Self {
            datestamp: table.column("datestamp")?,
            account_name: table.column("accountname")?,
            currency: table.column("currency")?,
            amount: table.column("amount")?,
            order_id: table.column("orderid")?,
            order_type: table.column("ordertype")?,
            message_id: table.column("messageid")?,
            bank_reference: table.optional_column(&["settlementbankwithdrawalid"])?,
            // Trustly's pages use both names.
            external_reference: table.optional_column(&["externalreference", "extraref"])?,
        })
    }

    fn read(
        &self,
        row: usize,
        fields: &[String],
        asked: Currency,
    ) -> Result<ReportRow, ReportError> {
        let optional = |column: Option<usize>| column.and_then(|column| label(&fields[column]));
        if fields[self.currency] != asked.code() {
            return Err(ReportError::Row { row, column: "currency" });
        }
        Ok(ReportRow {
            kind: row_kind(&fields[self.order_type]),
            booked_at: time(row, "datestamp", &fields[self.datestamp])?,
            amount: signed(row, &fields[self.amount], asked)?,
            account_name: label(&fields[self.account_name]),
            order_id: label(&fields[self.order_id]),
            message_id: label(&fields[self.message_id]),
            external_reference: optional(self.external_reference),
            settlement_reference: optional(self.bank_reference),
        })
    }
}

/// Trustly marks its fees by the end of the order type.
fn row_kind(order_type: &str) -> RowKind {
    match order_type {
        "AccountPayout" => RowKind::Payout,
        fee if fee.ends_with(" Fee") => RowKind::Fee,
        _ => RowKind::Other,
    }
}

/// The entries, counted from 1.
fn list(data: &Json) -> Result<impl Iterator<Item = (usize, &Json)>, ReportError> {
    match data {
        Json::Array(entries) if entries.len() <= ENTRIES_MAX => Ok((1..).zip(entries)),
        _ => Err(ReportError::NotAList),
    }
}

fn signed(row: usize, text: &str, currency: Currency) -> Result<Signed, ReportError> {
    let exact = |text| Decimal::parse(text, Sign::Allowed)?.minor_units(currency.exponent().into());
    let minor_units = exact(text).map_err(|source| ReportError::Amount { row, source })?;
    Ok(Signed { minor_units, currency })
}

fn currency(row: usize, code: &str) -> Result<Currency, ReportError> {
    Currency::parse(code).map_err(|_| ReportError::Row { row, column: "currency" })
}

fn time(row: usize, column: &'static str, text: &str) -> Result<Timestamp, ReportError> {
    match timestamp::epoch_ms(text) {
        Ok(millis) => Ok(Timestamp::from_millis(millis)),
        Err(_) => Err(ReportError::Row { row, column }),
    }
}

fn required_label(row: usize, entry: &Json, column: &'static str) -> Result<Label, ReportError> {
    label(field::required(entry, column)?).ok_or(ReportError::Row { row, column })
}

/// A name, if there is one. Of one that is longer than any that Trustly gives, or cannot be shown,
/// what can be shown with a mark made of the whole: two names stay two, and neither is one of ours.
fn label(text: &str) -> Option<Label> {
    if text.is_empty() {
        return None;
    }
    if let Ok(whole) = Label::parse(text) {
        return Some(whole);
    }
    const CHARACTERS_SHOWN: usize = 100;
    let printable = text.chars().filter(|c| is_printable(*c));
    let shown: String = printable.take(CHARACTERS_SHOWN).collect();
    let mark: [u8; 8] = *Sha256::digest(text).first_chunk().expect("a digest has 32 bytes");
    let marked = format!("{shown}… {:016x}", u64::from_be_bytes(mark));
    Some(Label::parse(&marked).expect("118 characters that can be shown are a label"))
}
