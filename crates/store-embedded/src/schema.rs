//! The tables, and how the database is set up.
//!
//! Rows are found by ascending numbers of the store's own: payouts that are young together lie on
//! the same pages. What a row is about lies in its `body` or `record`, encoded and check-summed;
//! the other columns repeat only what is searched by.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, OpenFlags};

/// "pyot": tells this database from anybody else's SQLite file.
pub(crate) const APPLICATION_ID: i64 = 0x7079_6f74;

/// Counted up with every change of the tables that an older program must not write to.
pub(crate) const VERSION: i64 = 1;

/// The database's file in the data directory.
pub(crate) const FILE_NAME: &str = "store.sqlite";

/// The write-ahead log's, which SQLite names.
pub(crate) const LOG_FILE_NAME: &str = "store.sqlite-wal";

/// Pages that the write-ahead log holds before it is folded into the database: 128 MiB. At SQLite's
/// own 1,000 the folding takes most of the writing thread's time.
pub(crate) const LOG_PAGES_MAX: i32 = 32 * 1024;

/// The writing connection's page cache. A larger one is slower: SQLite searches all of it at a
/// commit that a B-tree split has led past the file's end.
const CACHE_KIB: i64 = 4 * 1024;

/// Statements that a connection keeps prepared: more than there are in this crate.
const STATEMENTS_MAX: usize = 64;

/// Creates everything, in one transaction with the row of `store`.
pub(crate) const CREATE: &str = "
    CREATE TABLE store (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        id TEXT NOT NULL,
        file_mark INTEGER NOT NULL,
        continuous_since INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE epoch (
        number INTEGER PRIMARY KEY,
        name INTEGER NOT NULL UNIQUE,
        begins_after INTEGER NOT NULL
    ) STRICT;

    -- A payout is looked at when wake_at comes: at the end of its claim while it is claimed, else
    -- at due_at.
    CREATE TABLE payout (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        merchant TEXT NOT NULL,
        customer TEXT NOT NULL,
        provider_reference TEXT,
        undecided INTEGER NOT NULL,
        operators_business INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        due_at INTEGER,
        wake_at INTEGER,
        claimed_by TEXT,
        record BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX payout_by_id ON payout (id);
    CREATE INDEX payout_by_wake ON payout (wake_at) WHERE wake_at IS NOT NULL;
    CREATE INDEX payout_by_claim ON payout (claimed_by) WHERE claimed_by IS NOT NULL;
    CREATE INDEX payout_by_merchant ON payout (merchant, created_at);
    CREATE INDEX payout_by_customer ON payout (merchant, customer, created_at);
    CREATE INDEX payout_by_reference ON payout (merchant, provider_reference, created_at)
        WHERE provider_reference IS NOT NULL;
    CREATE INDEX payout_undecided ON payout (merchant, created_at) WHERE undecided = 1;
    CREATE INDEX payout_for_operators ON payout (created_at) WHERE operators_business = 1;
    CREATE INDEX payout_for_operators_by_merchant ON payout (merchant, created_at)
        WHERE operators_business = 1;

    CREATE TABLE fence (
        payout TEXT PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE parked (
        number INTEGER PRIMARY KEY,
        merchant TEXT NOT NULL,
        name TEXT NOT NULL,
        receipt TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX parked_by_name ON parked (merchant, name);
    CREATE INDEX parked_by_merchant ON parked (merchant);

    CREATE TABLE fact (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE queue_hold (
        merchant TEXT NOT NULL,
        kind INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (merchant, kind)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE evidence (
        number INTEGER PRIMARY KEY,
        payout INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX evidence_by_payout ON evidence (payout);

    -- The log. An event of a payout leads to the one before it; payout.last_event is the end of
    -- that chain. An index instead would touch one more page for every event.
    CREATE TABLE event (
        position INTEGER PRIMARY KEY,
        merchant TEXT NOT NULL,
        customer TEXT NOT NULL,
        of_payout INTEGER NOT NULL,
        previous INTEGER,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX event_by_merchant ON event (merchant);
    CREATE INDEX event_by_customer ON event (merchant, customer);

    CREATE TABLE destination (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        merchant TEXT NOT NULL,
        customer TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX destination_by_id ON destination (id);
    CREATE INDEX destination_by_merchant ON destination (merchant, created_at);
    CREATE INDEX destination_by_customer ON destination (merchant, customer, created_at);
";

/// What was added later: made wherever it is not there yet. An older program writes beside it.
pub(crate) const ADD: &str = "
    CREATE TABLE IF NOT EXISTS settlement_break (
        number INTEGER PRIMARY KEY,
        merchant TEXT NOT NULL,
        day INTEGER NOT NULL,
        currency TEXT NOT NULL,
        reference TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS settlement_break_by_name
        ON settlement_break (merchant, day, currency, reference);
    CREATE INDEX IF NOT EXISTS settlement_break_by_merchant ON settlement_break (merchant);
    CREATE INDEX IF NOT EXISTS settlement_break_open ON settlement_break (merchant)
        WHERE is_open = 1;

    CREATE TABLE IF NOT EXISTS turn (
        name TEXT PRIMARY KEY,
        next_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS turn_by_time ON turn (next_at);

    CREATE TABLE IF NOT EXISTS kept (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// A connection that can write, as it is before anything is known about the file.
pub(crate) fn connect(directory: &Path) -> rusqlite::Result<Connection> {
    Connection::open(directory.join(FILE_NAME))
}

/// Makes every commit wait for the disk, and what is erased be overwritten.
pub(crate) fn prepare_to_write(
    connection: &mut Connection,
    log_pages_max: i32,
) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.wal_hook(Some(
        move |log: &mut Wal, pages| {
            if pages < log_pages_max { Ok(()) } else { fold(log) }
        },
    ))
}

/// Folds the write-ahead log into the database, after a commit. SQLite would do so by itself and
/// keep silent about a disk that fails; a failure here fails the commit and so stops the store, as
/// every failure of the disk does. A full disk is no loss: the log stays and is folded later.
fn fold(log: &mut Wal) -> rusqlite::Result<()> {
    let Err(error) = log.checkpoint() else { return Ok(()) };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull) => Ok(()),
        _ => Err(error),
    }
}

/// Leaves the write-ahead log as it is when the connection is closed: a disk that has failed is
/// not written to any more, and the next start finds out what it holds.
pub(crate) fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// A connection that reads what is committed, and cannot write.
pub(crate) fn connect_reader(directory: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(FILE_NAME), flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_wait_for_the_disk_and_erasing_overwrites() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = connect(directory.path()).unwrap();
        prepare_to_write(&mut connection, LOG_PAGES_MAX).unwrap();
        const FULL: i64 = 2;
        for (name, value) in [("synchronous", FULL), ("secure_delete", 1)] {
            let set: i64 = connection.pragma_query_value(None, name, |row| row.get(0)).unwrap();
            assert_eq!(set, value, "{name}");
        }
        let mode: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    /// By its name, which may be another process's after the writer has stopped.
    #[test]
    fn a_reader_never_deletes_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = connect(directory.path()).unwrap();
        prepare_to_write(&mut writer, LOG_PAGES_MAX).unwrap();
        writer.execute_batch("CREATE TABLE blob (body BLOB); PRAGMA wal_checkpoint").unwrap();
        let reader = connect_reader(directory.path()).unwrap();
        let count = "SELECT count(*) FROM blob";
        assert_eq!(reader.query_row(count, [], |row| row.get::<_, i64>(0)), Ok(0));
        keep_log(&writer).unwrap();
        drop(writer);
        drop(reader);
        assert!(directory.path().join(LOG_FILE_NAME).exists());
    }

    #[test]
    fn the_log_does_not_grow_without_end() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = connect(directory.path()).unwrap();
        prepare_to_write(&mut connection, 20).unwrap();
        connection.execute_batch("CREATE TABLE blob (body BLOB)").unwrap();
        for _ in 0..100 {
            connection.execute("INSERT INTO blob VALUES (?1)", [vec![1_u8; 4000]]).unwrap();
        }
        let log = directory.path().join("store.sqlite-wal").metadata().unwrap();
        assert!(log.len() < 30 * 4200, "{} bytes", log.len());
    }
}
