//! The data directory or its files are deleted, moved or replaced while the store is open: from then
//! on nothing is acknowledged, since it would not be there at the next start.

use std::fs;
use std::path::Path;

use payout::id::StoreId;
use payout::port::{CreationOutcome, Store, StoreError};
use store_embedded::{EmbeddedStore, OpenError};
use store_suite::sample;
use tempfile::TempDir;

use crate::subject::{START, epoch, open};

/// A name, and what is done to the directory `data` in the directory given.
type Deed = (&'static str, fn(&Path));

const DEEDS: [Deed; 7] = [
    ("directory deleted", |parent| fs::remove_dir_all(parent.join("data")).unwrap()),
    ("directory moved", |parent| fs::rename(parent.join("data"), parent.join("x")).unwrap()),
    ("database deleted", |parent| delete(parent, "store.sqlite")),
    ("database replaced", |parent| replace(parent, "store.sqlite")),
    ("log deleted", |parent| delete(parent, "store.sqlite-wal")),
    ("log replaced", |parent| replace(parent, "store.sqlite-wal")),
    ("lock deleted", |parent| delete(parent, "lock")),
];

fn delete(parent: &Path, name: &str) {
    fs::remove_file(parent.join("data").join(name)).unwrap();
}

/// By a copy with the same contents, as `rsync` and editors do.
fn replace(parent: &Path, name: &str) {
    let file = parent.join("data").join(name);
    fs::copy(&file, parent.join("copy")).unwrap();
    fs::rename(parent.join("copy"), file).unwrap();
}

/// A store in `data`, with a payout in it.
async fn start(parent: &Path) -> EmbeddedStore {
    let store = open(&parent.join("data"), START);
    let created = store.create(&sample::creation("before", START)).await;
    assert_eq!(created, Ok(CreationOutcome::Created));
    store
}

fn assert_says(why: &str, deed: &str) {
    for part in ["deleted, moved or replaced", "data/", "restart the process"] {
        assert!(why.contains(part), "{deed}: {why}");
    }
}

#[tokio::test]
async fn nothing_is_written_to_files_that_are_gone() {
    for (deed, commit) in DEEDS {
        let parent = TempDir::new().unwrap();
        let store = start(parent.path()).await;
        commit(parent.path());
        let created = store.create(&sample::creation("after", START)).await;
        let Err(StoreError::NotWritten(why)) = created else { panic!("{deed}: {created:?}") };
        assert_says(&why, deed);
        assert_says(&store.stopped().await, deed);
        let again = store.create(&sample::creation("again", START)).await;
        assert!(matches!(again, Err(StoreError::NotWritten(_))), "{deed}: {again:?}");
    }
}

#[tokio::test]
async fn a_sign_of_life_notices_that_files_are_gone() {
    for (deed, commit) in DEEDS {
        let parent = TempDir::new().unwrap();
        let store = start(parent.path()).await;
        assert_eq!(store.continuous_since(START).await, Ok(START));
        commit(parent.path());
        assert!(store.continuous_since(START).await.is_err(), "{deed}");
        assert_says(&store.stopped().await, deed);
    }
}

/// Closing must not delete the log of whoever has the name by now.
#[tokio::test]
async fn what_was_put_in_its_place_is_left_as_it_is() {
    for noticed in [true, false] {
        let parent = TempDir::new().unwrap();
        let data = parent.path().join("data");
        let store = start(parent.path()).await;
        fs::rename(&data, parent.path().join("x")).unwrap();
        let other = open(&data, START);
        let creation = sample::creation("other", START);
        assert_eq!(other.create(&creation).await, Ok(CreationOutcome::Created));
        if noticed {
            assert!(store.continuous_since(START).await.is_err());
        }
        drop(store);
        assert!(data.join("store.sqlite-wal").exists(), "noticed before: {noticed}");
        let next = sample::creation("next", START);
        assert_eq!(other.create(&next).await, Ok(CreationOutcome::Created));
        drop(other);
        let other = open(&data, START);
        assert!(other.load(&creation.record.payout.id).await.unwrap().is_some());
    }
}

/// The database is locked as well as the lock file, whose name anybody may delete.
#[tokio::test]
async fn without_the_lock_file_there_is_still_only_one() {
    let parent = TempDir::new().unwrap();
    let store = start(parent.path()).await;
    delete(parent.path(), "lock");
    let second = parent.path().join("data");
    let new = StoreId::parse("new").unwrap();
    let error = EmbeddedStore::open(&second, START, &new, epoch()).err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(store.continuous_since(START).await.is_err());
    drop(store);
    let store = open(&second, START);
    let before = sample::creation("before", START).record.payout.id;
    assert!(store.load(&before).await.unwrap().is_some());
}
