//! What replicas share: one process shares it with those that come after it, so that a restart asks
//! nobody sooner than it may.

use std::time::Duration;

use async_trait::async_trait;
use payout::port::{SHARED_VALUE_LENGTH_MAX, Shared, SharedError, StoreError, Turn};
use payout::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::EmbeddedStore;
use crate::fault::{Fault, refused};
use crate::writer::Changes;

/// Turns, and values, that are kept at most: far more than merchants have questions and operators
/// payouts to ask about within a quarter of an hour.
const NAMES_MAX: i64 = 10_000;

const NEXT: &str = "SELECT next_at FROM turn WHERE name = ?1";
const TAKE: &str = "INSERT INTO turn (name, next_at) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at";
const COUNT_OVER: &str = "SELECT count(*) FROM turn WHERE next_at <= ?1";
const FORGET: &str = "DELETE FROM turn WHERE next_at <= ?1";
const GIVE_BACK: &str = "DELETE FROM turn WHERE name = ?1";
const KEEP: &str = "INSERT INTO kept (name, value) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const KEPT: &str = "SELECT value FROM kept WHERE name = ?1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, COUNT_OVER, FORGET, GIVE_BACK, KEPT];

// These two read a whole table, which is small.
const COUNT_TURNS: &str = "SELECT count(*) FROM turn";
const COUNT_KEPT: &str = "SELECT count(*) FROM kept";

#[async_trait]
impl Shared for EmbeddedStore {
    async fn take_turn(
        &self,
        name: &str,
        spacing: Duration,
        now: Timestamp,
    ) -> Result<Turn, SharedError> {
        let name = name.to_owned();
        let taking = move |changes: &mut Changes<'_>| take_turn(changes, &name, spacing, now);
        self.writer.write(taking).await.map_err(|error| unreached(&error))
    }

    async fn give_back_turn(&self, name: &str) -> Result<(), SharedError> {
        let name = name.to_owned();
        let giving_back = move |changes: &mut Changes<'_>| {
            changes.connection.prepare_cached(GIVE_BACK)?.execute([&name])?;
            Ok(())
        };
        self.writer.write(giving_back).await.map_err(|error| unreached(&error))
    }

    async fn keep(&self, name: &str, value: &[u8]) -> Result<(), SharedError> {
        let (name, value) = (name.to_owned(), value.to_vec());
        let keeping = move |changes: &mut Changes<'_>| keep(changes, &name, &value);
        self.writer.write(keeping).await.map_err(|error| unreached(&error))
    }

    async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, SharedError> {
        let name = name.to_owned();
        self.readers
            .read(move |connection| kept(connection, &name))
            .await
            .map_err(|error| unreached(&error))
    }
}

fn take_turn(
    changes: &mut Changes<'_>,
    name: &str,
    spacing: Duration,
    now: Timestamp,
) -> Result<Turn, Fault> {
    let connection = changes.connection;
    let next: Option<i64> =
        connection.prepare_cached(NEXT)?.query_row([name], |row| row.get(0)).optional()?;
    if let Some(next) = next.map(Timestamp::from_millis)
        // Of a turn that is further away the clock was set back since: it was long ago.
        && now < next && next <= now.plus(spacing)
    {
        return Ok(Turn::NotBefore(next));
    }
    let count: i64 = connection.prepare_cached(COUNT_TURNS)?.query_row([], |row| row.get(0))?;
    // What is over is forgotten in passing; a store that is full of others refuses first.
    let mut statement = connection.prepare_cached(COUNT_OVER)?;
    let over: i64 = statement.query_row([now.as_millis()], |row| row.get(0))?;
    if next.is_none() && count - over >= NAMES_MAX {
        return Err(refused("too many turns are taken"));
    }
    if over > 0 {
        connection.prepare_cached(FORGET)?.execute([now.as_millis()])?;
    }
    connection.prepare_cached(TAKE)?.execute(params![name, now.plus(spacing).as_millis()])?;
    Ok(Turn::Ours)
}

fn keep(changes: &mut Changes<'_>, name: &str, value: &[u8]) -> Result<(), Fault> {
    let connection = changes.connection;
    let count: i64 = connection.prepare_cached(COUNT_KEPT)?.query_row([], |row| row.get(0))?;
    let is_full = count >= NAMES_MAX && kept(connection, name)?.is_none();
    if value.len() > SHARED_VALUE_LENGTH_MAX || is_full {
        return Err(refused("there is no room for another value"));
    }
    connection.prepare_cached(KEEP)?.execute(params![name, value])?;
    Ok(())
}

fn kept(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = connection.prepare_cached(KEPT)?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

fn unreached(error: &StoreError) -> SharedError {
    SharedError(error.to_string())
}

#[cfg(test)]
mod tests {
    use payout::id::StoreId;

    use super::*;

    const SPACING: Duration = Duration::from_secs(900);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_785_600_000_000 + second * 1000)
    }

    fn open(directory: &tempfile::TempDir, epoch: u64) -> EmbeddedStore {
        let id = StoreId::parse("store-1").unwrap();
        EmbeddedStore::open(directory.path(), at(0), &id, epoch).unwrap()
    }

    #[tokio::test]
    async fn a_turn_comes_back_after_its_time_or_unused() {
        let directory = tempfile::tempdir().unwrap();
        let shared = open(&directory, 1);
        let take = async |name, second| shared.take_turn(name, SPACING, at(second)).await;
        assert_eq!(take("a", 0).await, Ok(Turn::Ours));
        assert_eq!(take("a", 899).await, Ok(Turn::NotBefore(at(900))));
        assert_eq!(take("b", 899).await, Ok(Turn::Ours));
        assert_eq!(take("a", 900).await, Ok(Turn::Ours));
        assert_eq!(shared.give_back_turn("a").await, Ok(()));
        assert_eq!(take("a", 901).await, Ok(Turn::Ours));
        assert_eq!(take("a", -1000).await, Ok(Turn::Ours), "the clock was set back");
    }

    #[tokio::test]
    async fn turns_and_values_outlive_the_process() {
        let directory = tempfile::tempdir().unwrap();
        let shared = open(&directory, 1);
        assert_eq!(shared.take_turn("a", SPACING, at(0)).await, Ok(Turn::Ours));
        assert_eq!(shared.keep("a", b"first").await, Ok(()));
        assert_eq!(shared.keep("a", b"second").await, Ok(()));
        drop(shared);
        let shared = open(&directory, 2);
        let turn = shared.take_turn("a", SPACING, at(1)).await;
        assert_eq!(turn, Ok(Turn::NotBefore(at(900))));
        assert_eq!(shared.kept("a").await, Ok(Some(b"second".to_vec())));
        assert_eq!(shared.kept("b").await, Ok(None));
    }

    #[tokio::test]
    async fn names_and_values_are_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let shared = open(&directory, 1);
        let many = |changes: &mut Changes<'_>| {
            for number in 0..NAMES_MAX {
                take_turn(changes, &format!("turn-{number}"), SPACING, at(0))?;
                keep(changes, &format!("value-{number}"), b"")?;
            }
            Ok(())
        };
        assert_eq!(shared.writer.write(many).await, Ok(()));
        assert!(shared.take_turn("one more", SPACING, at(1)).await.is_err());
        assert_eq!(shared.take_turn("one more", SPACING, at(900)).await, Ok(Turn::Ours));
        assert!(shared.keep("one more", b"").await.is_err());
        let too_long = vec![0; SHARED_VALUE_LENGTH_MAX + 1];
        assert!(shared.keep("value-1", &too_long).await.is_err());
        assert_eq!(shared.keep("value-1", &too_long[1..]).await, Ok(()));
    }
}
