//! Facts that never change.

use rusqlite::params;

use crate::fault::Fault;
use crate::writer::Changes;

const INSERT: &str = "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const READ: &str = "SELECT value FROM fact WHERE name = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[READ];

/// Keeps a fact unless there is one, and returns what is kept.
pub(crate) fn remember(
    changes: &mut Changes<'_>,
    name: &str,
    value: &[u8],
) -> Result<Vec<u8>, Fault> {
    changes.connection.prepare_cached(INSERT)?.execute(params![name, value])?;
    Ok(changes.connection.prepare_cached(READ)?.query_row([name], |row| row.get(0))?)
}
