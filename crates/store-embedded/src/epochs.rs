//! Epochs: the lives of the log, one from each start of a process to the next, under names that do
//! not repeat. A cursor carries the name of the epoch that wrote its entry. A store put back to an
//! older state, in whatever way, goes on in another epoch than the one that was lost: a cursor of
//! the lost one finds another writer's entry in its place and is refused, instead of skipping what
//! came in its stead; a cursor from before the two parted goes on.

use std::sync::Arc;

use rusqlite::{Connection, params};

/// Epochs that are kept. A reader that was away for more of them starts anew.
const EPOCHS_MAX: i64 = 10_000;

/// What the place before the first entry carries, which all lives share.
const BEFORE_ALL: u64 = 0;

const FORGET_EMPTY: &str = "DELETE FROM epoch WHERE begins_after = ?1";
const BEGIN: &str = "INSERT INTO epoch (name, begins_after) VALUES (?1, ?2)";
const FORGET_OLD: &str = "DELETE FROM epoch WHERE number <= ?1";
const ALL: &str = "SELECT begins_after, name FROM epoch ORDER BY number";
const CURRENT: &str = "SELECT name FROM epoch ORDER BY number DESC LIMIT 1";

/// The epochs of a log: after which position each begins, ascending, and its name.
#[derive(Clone)]
pub(crate) struct Epochs(Arc<[(i64, u64)]>);

impl Epochs {
    /// Begins the epoch `name` after the event at `latest`, with the transaction under way. Fails
    /// if there was an epoch of that name.
    pub(crate) fn begin(connection: &Connection, name: u64, latest: i64) -> rusqlite::Result<Self> {
        connection.execute(FORGET_EMPTY, [latest])?;
        connection.execute(BEGIN, params![name.cast_signed(), latest])?;
        connection.execute(FORGET_OLD, [connection.last_insert_rowid() - EPOCHS_MAX])?;
        let mut epochs = Vec::new();
        let mut statement = connection.prepare(ALL)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            epochs.push((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
        }
        Ok(Self(epochs.into()))
    }

    /// The name of the epoch that wrote, or will write, the entry at `position`.
    pub(crate) fn of(&self, position: i64) -> u64 {
        let begun = self.0.partition_point(|(begins_after, _)| *begins_after < position);
        match self.0.get(begun.saturating_sub(1)) {
            Some((_, name)) if position > 0 => *name,
            _ => BEFORE_ALL,
        }
    }
}

/// Whether this is still the latest epoch: nobody has opened the store since.
pub(crate) fn is_latest(connection: &Connection, name: u64) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(CURRENT)?;
    let latest: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(latest.cast_unsigned() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(schema::CREATE).unwrap();
        connection
    }

    #[test]
    fn each_entry_keeps_the_epoch_that_wrote_it() {
        let connection = database();
        for (name, latest) in [(7, 0), (8, 0), (u64::MAX, 5), (9, 6)] {
            Epochs::begin(&connection, name, latest).unwrap();
            assert!(is_latest(&connection, name).unwrap());
            assert!(!is_latest(&connection, 7).unwrap() || name == 7);
        }
        let epochs = Epochs::begin(&connection, 10, 6).unwrap();
        let of: Vec<u64> = (0..=7).map(|position| epochs.of(position)).collect();
        assert_eq!(of, [0, 8, 8, 8, 8, 8, u64::MAX, 10]);
        assert!(Epochs::begin(&connection, 8, 9).is_err(), "a name does not repeat");
    }

    #[test]
    fn old_ones_are_forgotten() {
        let connection = database();
        let transaction = connection.unchecked_transaction().unwrap();
        for number in 0..=EPOCHS_MAX {
            transaction.execute(BEGIN, [1_000_000 + number, number]).unwrap();
        }
        let epochs = Epochs::begin(&transaction, 1, EPOCHS_MAX + 1).unwrap();
        assert_eq!(epochs.0.len(), usize::try_from(EPOCHS_MAX).unwrap());
        assert_eq!(epochs.of(1), epochs.of(3), "the oldest one kept stands for those before it");
    }
}
