//! Notifications that wait for a payout which is not here.

use payout::codec;
use payout::id::{Merchant, PayoutId, kind};
use payout::port::{Page, PageToken, ParkedNotification, Parking, StoreError};
use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::cell;
use crate::fault::Fault;
use crate::page::{self, Place};
use crate::writer::Changes;

/// Notifications kept under one name of one merchant. A provider sends a handful per order; the
/// bound keeps one order from filling the disk, and what is refused is sent again.
const PARKED_PER_NAME_MAX: i64 = 128;

/// Notifications of one merchant kept under all names that begin as payouts' ids do, and as many
/// under all others. Some 20 MB at two kilobytes each: more than a provider sends about a few
/// thousand payouts that a lost store forgot, and few enough to be counted at each parking.
const PARKED_PER_MERCHANT_MAX: i64 = 10_000;

const EXISTS: &str = "SELECT 1 FROM payout WHERE id = ?1 AND merchant = ?2";
const HELD: &str = "SELECT count(*), coalesce(max(receipt = ?3), 0) FROM parked
    WHERE merchant = ?1 AND name = ?2";
// From "po_" to the last text that begins so: the next letter after the underscore is a backtick.
const HELD_OF_PAYOUTS: &str = "SELECT count(*) FROM parked
    WHERE merchant = ?1 AND name >= 'po_' AND name < 'po`'";
const HELD_OF_OTHERS: &str = "SELECT count(*) FROM parked
    WHERE merchant = ?1 AND NOT (name >= 'po_' AND name < 'po`')";
const PARK: &str = "INSERT INTO parked (merchant, name, receipt, body) VALUES (?1, ?2, ?3, ?4)";
const WAITING: &str = "SELECT body, number FROM parked
    WHERE merchant = ?1 AND name = ?2 ORDER BY number";
const REMOVE: &str = "DELETE FROM parked WHERE merchant = ?1 AND name = ?2";
const LIST: &str = "SELECT body, number FROM parked
    WHERE number < :after ORDER BY number DESC LIMIT :most";
const LIST_OF_MERCHANT: &str = "SELECT body, number FROM parked
    WHERE number < :after AND merchant = :merchant ORDER BY number DESC LIMIT :most";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[EXISTS, HELD, HELD_OF_PAYOUTS, HELD_OF_OTHERS, WAITING, REMOVE, LIST, LIST_OF_MERCHANT];

/// A notification to be parked, ready to be written.
pub(crate) struct NewParked {
    merchant: String,
    name: String,
    receipt: String,
    body: Vec<u8>,
}

impl TryFrom<&ParkedNotification> for NewParked {
    type Error = StoreError;

    fn try_from(parked: &ParkedNotification) -> Result<Self, StoreError> {
        let Some(receipt) = &parked.input.receipt else {
            let why = "a notification is parked under its receipt, and has none".to_owned();
            return Err(StoreError::NotWritten(why));
        };
        Ok(Self {
            merchant: parked.merchant.to_string(),
            name: parked.names.to_string(),
            receipt: receipt.to_string(),
            body: cell::pack(codec::encode_parked(parked)),
        })
    }
}

/// Keeps a notification once, unless its payout is here. A fence is no payout.
pub(crate) fn park(changes: &mut Changes<'_>, new: &NewParked) -> Result<Parking, Fault> {
    let NewParked { merchant, name, receipt, body } = new;
    let connection = changes.connection;
    let mut statement = connection.prepare_cached(EXISTS)?;
    if statement.query_row([name, merchant], |_| Ok(())).optional()?.is_some() {
        return Ok(Parking::Exists);
    }
    let mut statement = connection.prepare_cached(HELD)?;
    let (count, known): (i64, bool) =
        statement.query_row([merchant, name, receipt], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if known {
        return Ok(Parking::Parked);
    }
    let of_merchant = if name.starts_with(<kind::PayoutId as kind::Kind>::PREFIX) {
        HELD_OF_PAYOUTS
    } else {
        HELD_OF_OTHERS
    };
    let mut statement = connection.prepare_cached(of_merchant)?;
    let all: i64 = statement.query_row([merchant], |row| row.get(0))?;
    if count >= PARKED_PER_NAME_MAX || all >= PARKED_PER_MERCHANT_MAX {
        return Ok(Parking::Full);
    }
    connection.prepare_cached(PARK)?.execute(params![merchant, name, receipt, body])?;
    Ok(Parking::Parked)
}

/// What waits for a payout, oldest first.
pub(crate) fn waiting(
    connection: &Connection,
    merchant: &Merchant,
    payout: &PayoutId,
) -> Result<Vec<ParkedNotification>, Fault> {
    let mut statement = connection.prepare_cached(WAITING)?;
    let mut rows = statement.query([merchant.as_str(), payout.as_str()])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(1)?;
        waiting.push(cell::read(row, 0, ("parked", number), codec::decode_parked)?);
    }
    Ok(waiting)
}

/// Removes what waits for a payout.
pub(crate) fn remove(
    connection: &Connection,
    merchant: &Merchant,
    payout: &PayoutId,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(REMOVE)?;
    statement.execute([merchant.as_str(), payout.as_str()])?;
    Ok(())
}

/// A page of what waits, latest first.
pub(crate) fn list(
    connection: &Connection,
    list: &page::List,
    merchant: Option<&Merchant>,
    page: &Page,
) -> Result<(Vec<ParkedNotification>, Option<PageToken>), Fault> {
    let size = page::size(page);
    let after = list.place(page)?.map_or(i64::MAX, |place| place.number);
    let most = i64::try_from(size + 1).expect("a page is small");
    let mut statement =
        connection.prepare_cached(if merchant.is_some() { LIST_OF_MERCHANT } else { LIST })?;
    let mut rows = match merchant.map(Merchant::as_str) {
        None => statement.query(named_params! {":after": after, ":most": most})?,
        Some(merchant) => statement
            .query(named_params! {":after": after, ":most": most, ":merchant": merchant})?,
    };
    let (mut found, mut last) = (Vec::new(), Place::default());
    while let Some(row) = rows.next()? {
        if found.len() == size {
            return Ok((found, Some(list.token(last))));
        }
        last.number = row.get(1)?;
        found.push(cell::read(row, 0, ("parked", last.number), codec::decode_parked)?);
    }
    Ok((found, None))
}
