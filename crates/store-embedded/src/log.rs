//! The event log: one partition, whose positions count up by one.

use std::collections::BTreeSet;

use payout::codec;
use payout::cursor::{Cursor, Position};
use payout::destination::DestinationEvent;
use payout::event::Event;
use payout::id::{Merchant, PayoutId, StoreId};
use payout::port::{Batch, Ends, Entry, Fact, ReadError, Selection};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use crate::cell;
use crate::epochs::Epochs;
use crate::fault::{Fault, corrupt, refused};
use crate::topics::Topic;
use crate::writer::Changes;

/// Entries that one reading returns at most, whatever was asked for: some megabytes.
const ENTRIES_MAX: usize = 1000;

/// Payouts that one selection may name: each is looked up for every reading.
const SELECTED_PAYOUTS_MAX: usize = 1000;

const APPEND: &str = "INSERT INTO event (position, merchant, customer, of_payout, previous, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const LATEST: &str = "SELECT coalesce(max(position), 0) FROM event";
const ENTRY: &str = "SELECT body, of_payout FROM event WHERE position = ?1";
const OF_MERCHANT: &str = "SELECT position FROM event
    WHERE merchant = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
const OF_CUSTOMER: &str = "SELECT position FROM event
    WHERE merchant = ?1 AND customer = ?2 AND position > ?3 ORDER BY position LIMIT ?4";
const LAST_OF_PAYOUT: &str = "SELECT last_event FROM payout WHERE id = ?1 AND merchant = ?2";
const PREVIOUS: &str = "SELECT previous FROM event WHERE position = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ENTRY, OF_MERCHANT, OF_CUSTOMER, LAST_OF_PAYOUT, PREVIOUS];

/// An event, encoded.
pub(crate) struct EventRow {
    merchant: String,
    customer: String,
    topics: Vec<Topic>,
    body: Vec<u8>,
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        Self {
            merchant: event.merchant.to_string(),
            customer: event.customer.to_string(),
            topics: Topic::of_event(&event.merchant, &event.customer, Some(&event.payout)),
            body: cell::pack(codec::encode_event(event)),
        }
    }
}

impl From<&DestinationEvent> for EventRow {
    fn from(event: &DestinationEvent) -> Self {
        Self {
            merchant: event.merchant.to_string(),
            customer: event.customer.to_string(),
            topics: Topic::of_event(&event.merchant, &event.customer, None),
            body: cell::pack(codec::encode_destination_event(event)),
        }
    }
}

/// What an event is about.
#[derive(Clone, Copy)]
pub(crate) enum About {
    /// A payout, whose event before it has this position, if there is one.
    Payout(Option<i64>),
    Destination,
}

/// Appends an event; returns its position.
pub(crate) fn append(
    changes: &mut Changes<'_>,
    about: About,
    event: &EventRow,
) -> rusqlite::Result<i64> {
    changes.latest += 1;
    let (of_payout, previous) = match about {
        About::Payout(previous) => (true, previous),
        About::Destination => (false, None),
    };
    let EventRow { merchant, customer, topics, body } = event;
    let mut statement = changes.connection.prepare_cached(APPEND)?;
    statement.execute(params![changes.latest, merchant, customer, of_payout, previous, body])?;
    changes.news.extend(topics.iter().map(|topic| (*topic, changes.latest)));
    Ok(changes.latest)
}

/// The position of the latest event; 0 if there is none.
pub(crate) fn latest(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached(LATEST)?.query_row([], |row| row.get(0))
}

/// Which log this is: what its cursors carry.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) store: StoreId,
    pub(crate) epochs: Epochs,
}

impl Log {
    /// The cursor of a reader that has seen everything up to and with `position`.
    pub(crate) fn cursor(&self, position: i64) -> Cursor {
        let epoch = self.epochs.of(position);
        let position = Position { epoch, count: position.cast_unsigned() };
        Cursor { store: self.store.clone(), positions: vec![position] }
    }

    /// The position in a cursor of this log; whether the log reaches that far is not checked.
    pub(crate) fn position(&self, cursor: &Cursor) -> Result<i64, ReadError> {
        if cursor.store != self.store {
            return Err(ReadError::OtherStore);
        }
        let [Position { epoch, count }] = cursor.positions.as_slice() else {
            return Err(ReadError::OutOfRange);
        };
        match i64::try_from(*count) {
            Ok(position) if self.epochs.of(position) == *epoch => Ok(position),
            Ok(_) | Err(_) => Err(ReadError::OutOfRange),
        }
    }

    /// Nothing is trimmed yet, so the log begins where it began.
    pub(crate) fn ends(&self, connection: &Connection) -> Result<Ends, Fault> {
        Ok(Ends { earliest: self.cursor(0), latest: self.cursor(latest(connection)?) })
    }

    /// What fits after a position; none if the log does not reach that far.
    pub(crate) fn read(
        &self,
        connection: &Connection,
        after: i64,
        selection: &Selection,
        limit: usize,
    ) -> Result<Option<Batch>, Fault> {
        let latest = latest(connection)?;
        if after > latest {
            return Ok(None);
        }
        let limit = limit.min(ENTRIES_MAX);
        let positions = select(connection, after, selection, limit)?;
        let next = match positions.last() {
            Some(last) if positions.len() == limit => *last,
            None if limit == 0 => after,
            _ => latest,
        };
        let mut entries = Vec::with_capacity(positions.len());
        for position in positions {
            let fact = fact(connection, position)?;
            entries.push(Entry { cursor: self.cursor(position), fact });
        }
        Ok(Some(Batch { entries, next: self.cursor(next), at_end: next == latest }))
    }
}

/// The first positions that fit, ascending.
fn select(
    connection: &Connection,
    after: i64,
    selection: &Selection,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let most = i64::try_from(limit).expect("ENTRIES_MAX is small");
    match selection {
        Selection::Merchant(merchant) => {
            let statement = connection.prepare_cached(OF_MERCHANT)?;
            positions(statement, params![merchant.as_str(), after, most])
        }
        Selection::Customer(merchant, customer) => {
            let statement = connection.prepare_cached(OF_CUSTOMER)?;
            positions(statement, params![merchant.as_str(), customer.as_str(), after, most])
        }
        Selection::Payouts(merchant, ids) => {
            if ids.len() > SELECTED_PAYOUTS_MAX {
                let why = format!("a selection may name at most {SELECTED_PAYOUTS_MAX} payouts");
                return Err(refused(why));
            }
            let mut all = BTreeSet::new();
            for id in ids {
                walk_back(connection, after, merchant, id, &mut all)?;
            }
            Ok(all.into_iter().take(limit).collect())
        }
    }
}

/// Follows a payout's events from the last one back to `after`: as many steps as are new to the
/// reader.
fn walk_back(
    connection: &Connection,
    after: i64,
    merchant: &Merchant,
    id: &PayoutId,
    found: &mut BTreeSet<i64>,
) -> Result<(), Fault> {
    let mut last = connection.prepare_cached(LAST_OF_PAYOUT)?;
    let mut step = last.query_row([id.as_str(), merchant.as_str()], |row| row.get(0)).optional()?;
    let mut previous = connection.prepare_cached(PREVIOUS)?;
    while let Some(position) = step {
        if position <= after || !found.insert(position) {
            return Ok(());
        }
        step = previous.query_row([position], |row| row.get(0))?;
    }
    Ok(())
}

fn positions(mut statement: CachedStatement<'_>, params: impl Params) -> Result<Vec<i64>, Fault> {
    let mut found = Vec::new();
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        found.push(row.get(0)?);
    }
    Ok(found)
}

fn fact(connection: &Connection, position: i64) -> Result<Fact, Fault> {
    let mut statement = connection.prepare_cached(ENTRY)?;
    let mut rows = statement.query([position])?;
    let Some(row) = rows.next()? else {
        return Err(corrupt("event", position, "an index leads to it and it is not there"));
    };
    let place = ("event", position);
    if row.get(1)? {
        Ok(Fact::Payout(Box::new(cell::read(row, 0, place, codec::decode_event)?)))
    } else {
        Ok(Fact::Destination(cell::read(row, 0, place, codec::decode_destination_event)?))
    }
}
