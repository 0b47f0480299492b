//! SQLite, with the schema, pragmas and statements that the product's store is to use.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior};

use crate::Failure;
use crate::args::Args;
use crate::engine::Engine;
use crate::job::Append;

/// Every page that an append touches is written twice, so the layout is about touching few.
///
/// Rows are found by the store's own ascending numbers: payouts that are young together lie on
/// the same pages, and timers hold a few bytes instead of a 29-byte id. A payout leads to its last
/// event and each event to the one before it, which costs no page at all. A timer whose payout
/// has another due time by now is left where it is, and swept when its time has come: by then
/// its neighbours go with it.
const SCHEMA: &str = "
    CREATE TABLE payout (
        number     INTEGER PRIMARY KEY,
        id         TEXT    NOT NULL,
        version    INTEGER NOT NULL,
        due        INTEGER,
        last_event INTEGER NOT NULL,
        record     BLOB    NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX payout_by_id ON payout (id);
    CREATE TABLE event (
        position INTEGER PRIMARY KEY,
        payout   INTEGER NOT NULL,
        previous INTEGER,
        body     BLOB    NOT NULL
    ) STRICT;
    CREATE TABLE timer (
        due    INTEGER NOT NULL,
        payout INTEGER NOT NULL,
        PRIMARY KEY (due, payout)
    ) STRICT, WITHOUT ROWID;
";

/// What chain and timers replace: two or three more random pages for most appends.
const PLAIN_INDEXES: &str = "
    CREATE UNIQUE INDEX event_by_payout ON event (payout, position);
    CREATE INDEX payout_by_due ON payout (due) WHERE due IS NOT NULL;
";

const CREATE: &str = "INSERT INTO payout (number, id, version, due, last_event, record)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const UPDATE: &str = "UPDATE payout SET version = ?3, due = ?4, last_event = ?5, record = ?6
    WHERE number = ?1 AND version = ?2";
const EVENT: &str = "INSERT INTO event (position, payout, previous, body)
    VALUES (?1, ?2, (SELECT last_event FROM payout WHERE number = ?2), ?3)";
const TIMER: &str = "INSERT OR IGNORE INTO timer (due, payout) VALUES (?1, ?2)";

/// Claiming due payouts reads these timers first; deleting them is what burdens the appends.
const SWEEP: &str = "DELETE FROM timer WHERE due <= ?1";

/// A database in one directory.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    plain_indexes: bool,
}

impl Sqlite {
    pub(crate) fn open(directory: &Path, args: &Args) -> Result<Sqlite, Failure> {
        let connection = Connection::open(directory.join("store.sqlite"))?;
        // The page size only takes effect before anything is written.
        connection.pragma_update(None, "page_size", args.page_size)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", args.checkpoint_pages)?;
        connection.pragma_update(None, "cache_size", -i64::from(args.cache_kib))?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.execute_batch(SCHEMA)?;
        if args.plain_indexes {
            connection.execute_batch(PLAIN_INDEXES)?;
        }
        Ok(Sqlite { connection, plain_indexes: args.plain_indexes })
    }
}

impl Engine for Sqlite {
    fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut create = transaction.prepare_cached(CREATE)?;
            let mut update = transaction.prepare_cached(UPDATE)?;
            let mut event = transaction.prepare_cached(EVENT)?;
            for (position, append) in (position..).zip(batch) {
                event.execute((position, append.payout, &append.event))?;
                put_record(&mut create, &mut update, position, append)?;
            }
            if !self.plain_indexes {
                put_timers(&transaction, batch)?;
            }
        }
        Ok(transaction.commit()?)
    }
}

fn put_timers(transaction: &Transaction<'_>, batch: &[Append]) -> Result<(), Failure> {
    let mut timer = transaction.prepare_cached(TIMER)?;
    for append in batch {
        timer.execute((append.due, append.payout))?;
    }
    let now = batch.iter().map(|append| append.now).max();
    transaction.prepare_cached(SWEEP)?.execute([now])?;
    Ok(())
}

/// The record's version is the sequence of its last event, which is what a stale append misses.
fn put_record(
    create: &mut CachedStatement<'_>,
    update: &mut CachedStatement<'_>,
    position: i64,
    append: &Append,
) -> Result<(), Failure> {
    let Append { payout, sequence, due, record, .. } = append;
    let changed = match &append.id {
        Some(id) => {
            create.execute((payout, str::from_utf8(id)?, sequence, due, position, record))?
        }
        None => update.execute((payout, sequence - 1, sequence, due, position, record))?,
    };
    match changed {
        1 => Ok(()),
        _ => Err("an append found another version of its payout than it expects".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::job::{Author, Shared};

    fn open(directory: &Path) -> Sqlite {
        Sqlite::open(directory, &Args::parse_from(["store"])).unwrap()
    }

    #[test]
    fn the_chain_leads_through_all_events_of_a_payout() {
        let directory = tempfile::tempdir().unwrap();
        let mut sqlite = open(directory.path());
        let mut author = Author::new(1, 10, &Shared::new());
        let batch: Vec<Append> = (0..40).map(|_| author.next()).collect();
        sqlite.commit(1, &batch).unwrap();
        let chain = "WITH RECURSIVE chain (position, previous) AS (
            SELECT position, previous FROM event
            WHERE position = (SELECT last_event FROM payout WHERE number = ?1)
            UNION ALL
            SELECT event.position, event.previous FROM chain
            JOIN event ON event.position = chain.previous
        ) SELECT position FROM chain ORDER BY position";
        let mut query = sqlite.connection.prepare(chain).unwrap();
        for payout in 1..=10 {
            let rows = query.query_map([payout], |row| row.get(0)).unwrap();
            let found: Vec<i64> = rows.map(Result::unwrap).collect();
            let expected: Vec<i64> =
                (1..).zip(&batch).filter(|(_, a)| a.payout == payout).map(|(p, _)| p).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_timer_stays_until_its_time_has_come() {
        let directory = tempfile::tempdir().unwrap();
        let mut sqlite = open(directory.path());
        let mut author = Author::new(1, 10, &Shared::new());
        let batch: Vec<Append> = (0..4).map(|_| author.next()).collect();
        sqlite.commit(1, &batch).unwrap();
        let mut late = author.next();
        late.now = batch[1].due.max(batch[0].due);
        sqlite.commit(5, &[late]).unwrap();
        let count = "SELECT count(*), count(*) FILTER (WHERE due <= ?1) FROM timer";
        let count = |now: i64| -> (i64, i64) {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            sqlite.connection.query_row(count, [now], read).unwrap()
        };
        let (left, due) = count(batch[1].due.max(batch[0].due));
        assert_eq!(due, 0);
        assert!(left >= 2, "the later polls of 5 minutes and a day are not due yet");
    }

    #[test]
    fn a_stale_append_writes_nothing_of_its_batch() {
        let directory = tempfile::tempdir().unwrap();
        let mut sqlite = open(directory.path());
        let mut author = Author::new(1, 10, &Shared::new());
        sqlite.commit(1, &[author.next()]).unwrap();
        let good = author.next();
        let mut stale = author.next();
        stale.sequence += 1;
        sqlite.commit(2, &[good, stale]).unwrap_err();
        let count = "SELECT count(*) FROM event";
        let events: i64 = sqlite.connection.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(events, 1);
    }

    #[test]
    fn a_commit_is_flushed_before_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = open(directory.path());
        let pragma = |name| -> String {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!("{:?}", sqlite.connection.pragma_query_value(None, name, read).unwrap())
        };
        assert_eq!(pragma("journal_mode"), r#"Text("wal")"#);
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("mmap_size"), "Integer(0)");
    }
}
