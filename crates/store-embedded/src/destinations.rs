//! Stored destinations.

use payout::codec;
use payout::destination::Destination;
use payout::id::DestinationId;
use payout::port::{
    DestinationFilter, DestinationWrite, DestinationWritten, Page, PageToken, StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::fault::{Fault, corrupt};
use crate::log::{About, EventRow};
use crate::page::{self, List, Place};
use crate::writer::Changes;
use crate::{cell, log};

const LOAD: &str = "SELECT body, id, version FROM destination WHERE id = ?1";
const VERSION: &str = "SELECT version FROM destination WHERE id = ?1";
const WRITE: &str = "INSERT INTO destination (id, merchant, customer, created_at, version, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LOAD, VERSION];

/// A stored destination.
pub(crate) fn load(
    connection: &Connection,
    id: &DestinationId,
) -> Result<Option<Destination>, Fault> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let mut rows = statement.query([id.as_str()])?;
    match rows.next()? {
        Some(row) => Ok(Some(read(row)?)),
        None => Ok(None),
    }
}

fn read(row: &Row<'_>) -> Result<Destination, Fault> {
    let id: String = row.get(1)?;
    let destination = cell::read(row, 0, ("destination", &id), codec::decode_destination)?;
    let version: i64 = row.get(2)?;
    if destination.id.as_str() != id || destination.version != version.cast_unsigned() {
        return Err(corrupt("destination", id, "the body is not the one that its row says"));
    }
    Ok(destination)
}

/// A destination to be written, encoded.
pub(crate) struct NewDestination {
    destination: Destination,
    body: Vec<u8>,
    event: Option<EventRow>,
}

impl TryFrom<&DestinationWrite> for NewDestination {
    type Error = StoreError;

    fn try_from(write: &DestinationWrite) -> Result<Self, StoreError> {
        let DestinationWrite { destination, event } = write;
        let belongs = event.as_ref().is_none_or(|event| {
            event.destination == destination.id
                && event.merchant == destination.merchant
                && event.version == destination.version
        });
        if !belongs {
            let why = format!("the event given does not belong to {}", destination.id);
            return Err(StoreError::NotWritten(why));
        }
        let body = cell::pack(codec::encode_destination(destination));
        Ok(Self { destination: destination.clone(), body, event: event.as_ref().map(Into::into) })
    }
}

/// Writes a destination, if nobody was quicker.
pub(crate) fn write(
    changes: &mut Changes<'_>,
    new: &NewDestination,
) -> Result<DestinationWritten, Fault> {
    let NewDestination { destination, body, event } = new;
    let mut statement = changes.connection.prepare_cached(VERSION)?;
    let id = destination.id.as_str();
    let version: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
    if version.unwrap_or(0).cast_unsigned() + 1 != destination.version {
        return Ok(DestinationWritten::Stale);
    }
    changes.connection.prepare_cached(WRITE)?.execute(params![
        id,
        destination.merchant.as_str(),
        destination.customer.as_str(),
        destination.created_at.as_millis(),
        destination.version.cast_signed(),
        body,
    ])?;
    if let Some(event) = event {
        log::append(changes, About::Destination, event)?;
    }
    Ok(DestinationWritten::Yes)
}

/// A page of destinations, newest first.
pub(crate) fn list(
    connection: &Connection,
    list: &List,
    filter: &DestinationFilter,
    page: &Page,
) -> Result<(Vec<Destination>, Option<PageToken>), Fault> {
    let size = page::size(page);
    let after = list.place(page)?.unwrap_or(Place { created_at: i64::MAX, number: i64::MAX });
    let mut statement = connection.prepare_cached(&list_statement(filter.customer.is_some()))?;
    let mut rows = statement.query(named_params! {
        ":merchant": filter.merchant.as_str(),
        ":customer": filter.customer.as_ref().map(payout::id::Name::as_str),
        ":created_at": after.created_at,
        ":number": after.number,
    })?;
    let (mut found, mut last) = (Vec::new(), after);
    while let Some(row) = rows.next()? {
        if found.len() == size {
            return Ok((found, Some(list.token(last))));
        }
        last = Place { created_at: row.get(3)?, number: row.get(4)? };
        found.push(read(row)?);
    }
    Ok((found, None))
}

fn list_statement(of_customer: bool) -> String {
    let condition = if of_customer { "customer = :customer" } else { ":customer IS NULL" };
    format!(
        "SELECT body, id, version, created_at, number FROM destination
        WHERE merchant = :merchant AND {condition}
        AND (created_at, number) < (:created_at, :number)
        ORDER BY created_at DESC, number DESC"
    )
}

#[cfg(test)]
pub(crate) fn list_statements() -> [String; 2] {
    [list_statement(true), list_statement(false)]
}
