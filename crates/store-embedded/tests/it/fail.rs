//! What callers are told when the database fails. The failures are real: triggers put into the
//! file make a statement or the commit itself fail.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use payout::port::{CreationOutcome, Fenced, Selection, Store, StoreError};
use payout::reason::Reason;
use payout::state::State;
use rusqlite::Connection;
use store_suite::sample;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::subject::{START, open};

/// Fences are written and fail when they are committed.
const COMMIT_FAILS: &str = "
    CREATE TABLE parent (x INTEGER PRIMARY KEY);
    CREATE TABLE child (x INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER commit_fails AFTER INSERT ON fence BEGIN INSERT INTO child VALUES (1); END;";

/// Fences fail when they are written.
const STATEMENT_FAILS: &str = "
    CREATE TRIGGER statement_fails AFTER INSERT ON fence BEGIN SELECT RAISE(FAIL, 'no'); END;";

fn alter(directory: &Path, sql: &str) {
    let connection = Connection::open(directory.join("store.sqlite")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn after_a_failed_commit_nothing_is_written_until_a_restart() {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path(), START));
    alter(directory.path(), COMMIT_FAILS);
    let store = Arc::new(open(directory.path(), START));
    let creation = sample::creation("key", START);
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
    let latest = store.ends().await.unwrap().latest;
    let waiting = tokio::spawn({
        let (store, latest) = (store.clone(), latest.clone());
        let everything = Selection::Merchant(sample::merchant("m-1"));
        async move { store.changed(&latest, &everything).await }
    });
    let other = sample::creation("other", START);
    let fenced = store.fence(&sample::fence(&other, START)).await;
    assert!(matches!(fenced, Err(StoreError::Unknown(_))), "{fenced:?}");
    assert!(store.stopped().await.contains("restart the process"));
    assert!(waiting.await.unwrap().is_err(), "nobody waits for a log that does not grow");
    for _ in 0..2 {
        let created = store.create(&other).await;
        assert!(matches!(created, Err(StoreError::NotWritten(_))), "{created:?}");
    }
    assert!(store.load(&creation.record.payout.id).await.unwrap().is_some(), "reading goes on");

    drop(store);
    let log = directory.path().join("store.sqlite-wal").metadata().unwrap();
    assert!(log.len() > 0, "what is certain lies in the log, and stays there");
    alter(directory.path(), "DROP TRIGGER commit_fails");
    let store = open(directory.path(), START);
    assert_eq!(store.load(&other.record.payout.id).await, Ok(None));
    let fenced = store.fence(&sample::fence(&other, START)).await;
    assert!(matches!(fenced, Ok(Fenced::Fenced { .. })), "{fenced:?}");
}

#[tokio::test]
async fn after_a_failed_write_a_sign_of_life_tells_whether_writing_works() {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path(), START));
    alter(directory.path(), STATEMENT_FAILS);
    let store = open(directory.path(), START);
    assert!(store.takes_writes());
    let fence = sample::fence(&sample::creation("key", START), START);
    assert!(matches!(store.fence(&fence).await, Err(StoreError::NotWritten(_))));
    assert!(!store.takes_writes());
    assert_eq!(store.continuous_since(START).await, Ok(START));
    assert!(store.takes_writes());
}

#[tokio::test]
async fn what_fails_before_the_commit_is_not_written_and_the_store_goes_on() {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path(), START));
    alter(directory.path(), STATEMENT_FAILS);
    let store = Arc::new(open(directory.path(), START));
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for number in 0..8 {
            let store = store.clone();
            let creation = sample::creation(&format!("key-{round}-{number}"), START);
            tasks.spawn(async move {
                let id = creation.record.payout.id.clone();
                let written = match number {
                    0 => store.fence(&sample::fence(&creation, START)).await.is_ok(),
                    _ => store.create(&creation).await.is_ok(),
                };
                // Whoever shares a transaction with a failure is told so, and it is true.
                assert_eq!(store.load(&id).await.unwrap().is_some(), written);
                assert!(number > 0 || !written);
            });
        }
        tasks.join_all().await;
    }
    let creation = sample::creation("last", START);
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
}

/// Its bytes are whole, and yet no payout can be like that: the caller is told, nobody panics.
#[tokio::test]
async fn a_record_that_contradicts_itself_is_named_and_others_are_read() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut broken = sample::creation("broken", START);
    broken.record.payout.state = State::Failed { reason: Reason::Other };
    let id = broken.record.payout.id.clone();
    assert_eq!(store.create(&broken).await, Ok(CreationOutcome::Created));
    let sound = sample::creation("sound", START);
    assert_eq!(store.create(&sound).await, Ok(CreationOutcome::Created));
    let again = sample::creation("broken", START);
    for refused in [store.load(&id).await.err(), store.create(&again).await.err()] {
        let Some(StoreError::Corrupt(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains(id.as_str()) && why.contains("NOT_PAID"), "{why}");
    }
    assert!(store.load(&sound.record.payout.id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_dropped_while_it_waits_is_finished() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut ids = Vec::new();
    // Fewer than the runtime lets a task do in one go.
    for number in 0..100 {
        let creation = sample::creation(&format!("key-{number}"), START);
        let dropped = pin!(store.create(&creation)).poll(&mut Context::from_waker(Waker::noop()));
        drop(dropped);
        ids.push(creation.record.payout.id);
    }
    drop(store);
    let store = open(directory.path(), START);
    for id in ids {
        assert!(store.load(&id).await.unwrap().is_some());
    }
}
