//! What goes wrong between the database and the port.

use std::fmt::Display;

use payout::port::StoreError;
use rusqlite::ErrorCode;

/// Why a reading or a change of the database failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be done, and changed nothing.
    Refused(StoreError),
    /// The database failed: so does everything that shares the transaction.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// A change that cannot be done; nothing was written.
pub(crate) fn refused(why: impl Into<String>) -> Fault {
    Fault::Refused(StoreError::NotWritten(why.into()))
}

/// A row that is not what was written there. Names the place, never the contents.
pub(crate) fn corrupt(table: &str, id: impl Display, why: impl Display) -> Fault {
    Fault::Refused(StoreError::Corrupt(format!("table {table}, row {id}: {why}")))
}

impl From<Fault> for StoreError {
    /// For a failure before the commit: certainly nothing was written.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => error,
            Fault::Sql(error) => before_commit(&error),
        }
    }
}

/// What a failure means that came before the commit, or in a reading.
pub(crate) fn before_commit(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::NotWritten(error.to_string()),
    }
}

/// What a failure of the commit itself means. "The disk is full" is the one that is certain: it
/// comes from a write that must precede the mark which makes a commit count. After any other, an
/// fsync included, nobody can say what the disk holds.
pub(crate) fn of_commit(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::NotWritten(error.to_string()),
        _ => StoreError::Unknown(format!("{error}; restart the process to see what was kept")),
    }
}
