//! Records of payouts, and fences: what lies under a payout's id.

use payout::codec;
use payout::event::Event;
use payout::id::PayoutId;
use payout::port::{
    Append, Appended, ClaimChange, Creation, CreationOutcome, Fenced, ParkedNotification,
    StoreError,
};
use payout::record::{Fence, Record, Stored};
use payout::state::Outcome;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::fault::{Fault, corrupt, refused};
use crate::log::{About, EventRow};
use crate::writer::Changes;
use crate::{cell, evidence, log, parked};

const LOAD: &str = "SELECT record, id, version, sequence FROM payout WHERE id = ?1";
const LOAD_FENCE: &str = "SELECT body FROM fence WHERE payout = ?1";
const HEAD: &str = "SELECT number, version, sequence, last_event, claimed_by IS NOT NULL
    FROM payout WHERE id = ?1";
const INSERT: &str = "INSERT INTO payout (id, merchant, customer, provider_reference, undecided,
        operators_business, created_at, version, sequence, last_event, due_at, wake_at, claimed_by,
        record)
    VALUES (:id, :merchant, :customer, :provider_reference, :undecided,
        :operators_business, :created_at, :version, :sequence, :last_event, :due_at, :wake_at,
        :claimed_by, :record)";
const UPDATE: &str = "UPDATE payout SET provider_reference = :provider_reference,
        undecided = :undecided, operators_business = :operators_business,
        version = :version, sequence = :sequence, last_event = :last_event, due_at = :due_at,
        wake_at = iif(claimed_by IS NOT NULL AND claimed_by IS NOT :released_by, wake_at, :due_at),
        claimed_by = nullif(claimed_by, :released_by), record = :record
    WHERE number = :number";
const INSERT_FENCE: &str = "INSERT INTO fence (payout, body) VALUES (?1, ?2)";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LOAD, LOAD_FENCE, HEAD, UPDATE];

/// What lies under a payout's id.
pub(crate) fn load(connection: &Connection, id: &PayoutId) -> Result<Option<Stored>, Fault> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let mut rows = statement.query([id.as_str()])?;
    if let Some(row) = rows.next()? {
        return Ok(Some(Stored::Payout(Box::new(read(row)?))));
    }
    Ok(load_fence(connection, id)?.map(Stored::Fence))
}

/// Reads the record from a row that begins with `record, id, version, sequence`; what stands in
/// the columns must stand in the record.
pub(crate) fn read(row: &Row<'_>) -> Result<Record, Fault> {
    let id: String = row.get(1)?;
    let record = cell::read(row, 0, ("payout", &id), codec::decode_record)?;
    let (version, sequence): (i64, i64) = (row.get(2)?, row.get(3)?);
    let same = record.payout.id.as_str() == id
        && record.version == version.cast_unsigned()
        && record.payout.sequence == sequence.cast_unsigned();
    if !same {
        return Err(corrupt("payout", id, "the record is not the one that its row says"));
    }
    Ok(record)
}

fn load_fence(connection: &Connection, id: &PayoutId) -> Result<Option<Fence>, Fault> {
    let mut statement = connection.prepare_cached(LOAD_FENCE)?;
    let mut rows = statement.query([id.as_str()])?;
    match rows.next()? {
        Some(row) => Ok(Some(cell::read(row, 0, ("fence", id), codec::decode_fence)?)),
        None => Ok(None),
    }
}

/// A record with its events and evidence, encoded by the task that writes it, so that the writing
/// thread need not.
struct Version {
    record: Record,
    cell: Vec<u8>,
    events: Vec<EventRow>,
    evidence: Vec<Vec<u8>>,
}

impl Version {
    /// Refuses events that do not lead to the record: a defect of the caller, and no data.
    fn of(record: &Record, events: &[Event]) -> Result<Self, StoreError> {
        let payout = &record.payout;
        let count = events.len() as u64;
        for (event, after_it) in events.iter().zip((0..count).rev()) {
            let follows = event.sequence + after_it == payout.sequence
                && event.payout == payout.id
                && event.merchant == payout.order.merchant;
            if !follows {
                let why = format!("the events given do not lead to the record of {}", payout.id);
                return Err(StoreError::NotWritten(why));
            }
        }
        let cell = cell::pack(codec::encode_record(record));
        let events = events.iter().map(EventRow::from).collect();
        Ok(Self { record: record.clone(), cell, events, evidence: Vec::new() })
    }

    /// The sequence before its first event.
    fn sequence_before(&self) -> Option<u64> {
        self.record.payout.sequence.checked_sub(self.events.len() as u64)
    }

    /// Appends the events to the log, after the payout's event at `last`; returns the new last.
    fn log(
        &self,
        changes: &mut Changes<'_>,
        mut last: Option<i64>,
    ) -> rusqlite::Result<Option<i64>> {
        for event in &self.events {
            last = Some(log::append(changes, About::Payout(last), event)?);
        }
        Ok(last)
    }
}

/// A creation, ready to be written.
pub(crate) struct NewPayout {
    version: Version,
    applies: Vec<String>,
    claimed_by: Option<String>,
    wake_at: Option<i64>,
}

impl TryFrom<&Creation> for NewPayout {
    type Error = StoreError;

    fn try_from(creation: &Creation) -> Result<Self, StoreError> {
        let mut version = Version::of(&creation.record, &creation.events)?;
        if version.sequence_before() != Some(0) {
            let why = "a payout is created with all its events".to_owned();
            return Err(StoreError::NotWritten(why));
        }
        version.evidence = evidence::encode(&creation.evidence);
        let due_at = creation.record.schedule.due_at;
        let claim = creation.claim.as_ref();
        Ok(Self {
            version,
            applies: creation.applies.iter().map(ToString::to_string).collect(),
            claimed_by: claim.map(|claim| claim.holder.to_string()),
            wake_at: claim
                .map(|claim| claim.until)
                .or(due_at)
                .map(payout::time::Timestamp::as_millis),
        })
    }
}

/// Records a payout, unless there is something under its id or waiting for it.
pub(crate) fn create(changes: &mut Changes<'_>, new: &NewPayout) -> Result<CreationOutcome, Fault> {
    let payout = &new.version.record.payout;
    if let Some(stored) = load(changes.connection, &payout.id)? {
        return Ok(CreationOutcome::Existing(stored));
    }
    let waiting = parked::waiting(changes.connection, &payout.order.merchant, &payout.id)?;
    if !waiting.iter().map(receipt).eq(new.applies.iter().map(String::as_str)) {
        return Ok(CreationOutcome::Parked(waiting));
    }
    parked::remove(changes.connection, &payout.order.merchant, &payout.id)?;
    let last_event = new.version.log(changes, None)?;
    let number = insert(changes.connection, new, last_event)?;
    evidence::add(changes.connection, number, &new.version.evidence)?;
    Ok(CreationOutcome::Created)
}

fn receipt(parked: &ParkedNotification) -> &str {
    parked.input.receipt.as_ref().map_or("", |receipt| receipt.as_str())
}

fn insert(
    connection: &Connection,
    new: &NewPayout,
    last_event: Option<i64>,
) -> rusqlite::Result<i64> {
    let Version { record, cell, .. } = &new.version;
    let payout = &record.payout;
    connection.prepare_cached(INSERT)?.execute(named_params! {
        ":id": payout.id.as_str(),
        ":merchant": payout.order.merchant.as_str(),
        ":customer": payout.order.customer.as_str(),
        ":provider_reference": payout.provider_reference.as_ref().map(payout::id::Name::as_str),
        ":undecided": is_undecided(record),
        ":operators_business": payout.is_operators_business(),
        ":created_at": payout.created_at.as_millis(),
        ":version": record.version.cast_signed(),
        ":sequence": payout.sequence.cast_signed(),
        ":last_event": last_event,
        ":due_at": record.schedule.due_at.map(payout::time::Timestamp::as_millis),
        ":wake_at": new.wake_at,
        ":claimed_by": new.claimed_by,
        ":record": cell,
    })?;
    Ok(connection.last_insert_rowid())
}

fn is_undecided(record: &Record) -> bool {
    record.payout.state.name().outcome() == Outcome::Undecided
}

/// An append, ready to be written.
pub(crate) struct NextVersion {
    version: Version,
    released_by: Option<String>,
    must_be_unclaimed: bool,
}

impl TryFrom<&Append> for NextVersion {
    type Error = StoreError;

    fn try_from(append: &Append) -> Result<Self, StoreError> {
        let mut version = Version::of(&append.record, &append.events)?;
        version.evidence = evidence::encode(&append.evidence);
        let released_by = match &append.claim {
            ClaimChange::Keep | ClaimChange::MustBeNone => None,
            ClaimChange::Release(holder) => Some(holder.to_string()),
        };
        let must_be_unclaimed = append.claim == ClaimChange::MustBeNone;
        Ok(Self { version, released_by, must_be_unclaimed })
    }
}

/// Writes the next version of a record, if nobody was quicker.
pub(crate) fn append(changes: &mut Changes<'_>, next: &NextVersion) -> Result<Appended, Fault> {
    let record = &next.version.record;
    let id = &record.payout.id;
    let Some(head) = Head::read(changes.connection, id)? else { return Ok(Appended::Stale) };
    if head.version.checked_add(1) != Some(record.version) {
        return Ok(Appended::Stale);
    }
    if next.must_be_unclaimed && head.is_claimed {
        return Ok(Appended::Claimed);
    }
    if next.version.sequence_before() != Some(head.sequence) {
        return Err(refused(format!("the events given do not follow the last one of {id}")));
    }
    let last_event = next.version.log(changes, Some(head.last_event))?;
    update(changes.connection, head.number, next, last_event)?;
    evidence::add(changes.connection, head.number, &next.version.evidence)?;
    Ok(Appended::Yes)
}

/// What an append needs to know of the version before it, without its record.
struct Head {
    number: i64,
    version: u64,
    sequence: u64,
    last_event: i64,
    /// Also by a claim whose time is over: its holder may have been held up.
    is_claimed: bool,
}

impl Head {
    fn read(connection: &Connection, id: &PayoutId) -> rusqlite::Result<Option<Self>> {
        let mut statement = connection.prepare_cached(HEAD)?;
        let head = statement.query_row([id.as_str()], |row| {
            Ok(Self {
                number: row.get(0)?,
                version: row.get::<_, i64>(1)?.cast_unsigned(),
                sequence: row.get::<_, i64>(2)?.cast_unsigned(),
                last_event: row.get(3)?,
                is_claimed: row.get(4)?,
            })
        });
        head.optional()
    }
}

fn update(
    connection: &Connection,
    number: i64,
    next: &NextVersion,
    last_event: Option<i64>,
) -> rusqlite::Result<()> {
    let Version { record, cell, .. } = &next.version;
    let payout = &record.payout;
    connection.prepare_cached(UPDATE)?.execute(named_params! {
        ":provider_reference": payout.provider_reference.as_ref().map(payout::id::Name::as_str),
        ":undecided": is_undecided(record),
        ":operators_business": payout.is_operators_business(),
        ":version": record.version.cast_signed(),
        ":sequence": payout.sequence.cast_signed(),
        ":last_event": last_event,
        ":due_at": record.schedule.due_at.map(payout::time::Timestamp::as_millis),
        ":released_by": next.released_by,
        ":record": cell,
        ":number": number,
    })?;
    Ok(())
}

/// Makes a key unable to pay, unless there is something under its id.
pub(crate) fn fence(
    changes: &mut Changes<'_>,
    fence: &Fence,
    body: &[u8],
) -> Result<Fenced, Fault> {
    let fence = match load(changes.connection, &fence.payout)? {
        Some(Stored::Payout(record)) => return Ok(Fenced::Existing(record)),
        Some(Stored::Fence(earlier)) => earlier,
        None => {
            let mut statement = changes.connection.prepare_cached(INSERT_FENCE)?;
            statement.execute(params![fence.payout.as_str(), body])?;
            fence.clone()
        }
    };
    let waiting = parked::waiting(changes.connection, &fence.merchant, &fence.payout)?;
    Ok(Fenced::Fenced { fence, notified: !waiting.is_empty() })
}
