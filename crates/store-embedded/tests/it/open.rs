//! Opening: one process at a time, nobody else's files, and what was proven before.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use payout::id::StoreId;
use payout::port::{CreationOutcome, Store, StoreError};
use rusqlite::Connection;
use store_embedded::{EmbeddedStore, OpenError, SILENCE_MAX};
use store_suite::sample;
use tempfile::TempDir;

use crate::subject::{START, epoch, open};

const FILE: &str = "store.sqlite";

fn try_open(directory: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(directory, START, &StoreId::parse("new").unwrap(), epoch())
}

#[tokio::test]
async fn a_second_opener_is_refused_and_told_who_has_it() {
    let directory = TempDir::new().unwrap();
    let first = open(directory.path(), START);
    let error = try_open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(directory.path().to_str().unwrap()), "{text}");
    assert!(text.contains(&format!("(id {})", std::process::id())), "{text}");
    assert!(text.contains("stop that one"), "{text}");
    assert!(first.ends().await.is_ok(), "the first goes on");
    drop(first);
    assert!(try_open(directory.path()).is_ok());
}

#[test]
fn directory_and_files_are_their_owners_only() {
    let directory = TempDir::new().unwrap();
    let inner = directory.path().join("a/b");
    let store = try_open(&inner).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    let files: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(store);
}

#[test]
fn a_store_keeps_its_name() {
    let directory = TempDir::new().unwrap();
    let first = try_open(directory.path()).unwrap();
    assert_eq!(first.id().as_str(), "new");
    drop(first);
    let newer = StoreId::parse("newer").unwrap();
    let again = EmbeddedStore::open(directory.path(), START, &newer, epoch()).unwrap();
    assert_eq!(again.id().as_str(), "new");
}

#[test]
fn a_start_that_died_before_its_first_commit_is_a_new_store() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(FILE), b"").unwrap();
    assert!(try_open(directory.path()).is_ok());
}

#[test]
fn files_of_others_are_refused_and_left_as_they_are() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join(FILE);
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    drop(other);
    let before = fs::read(&file).unwrap();
    let error = try_open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenError::NotAStore(_)), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::write(&file, b"no database at all, but long enough to look like one".repeat(99)).unwrap();
    let error = try_open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    let error = try_open(&file).err().unwrap();
    assert!(matches!(error, OpenError::Directory { .. }), "{error}");
}

#[test]
fn a_store_of_a_later_release_is_refused() {
    let directory = TempDir::new().unwrap();
    drop(open(directory.path(), START));
    let connection = Connection::open(directory.path().join(FILE)).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    let error = try_open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenError::Version { found: 2, .. }), "{error}");
    assert!(error.to_string().contains("has store version 2"), "{error}");
}

#[tokio::test]
async fn a_long_silence_and_a_copy_are_losses() {
    let directory = TempDir::new().unwrap();
    let minute = Duration::from_secs(60);
    drop(open(directory.path(), START));
    let mut now = START;
    for pause in [minute, SILENCE_MAX - minute] {
        now = now.plus(pause);
        let store = open(directory.path(), now);
        assert_eq!(store.continuous_since(now).await, Ok(START), "silent for {pause:?}");
    }
    let copy = TempDir::new().unwrap();
    copy_files(directory.path(), copy.path());
    assert_eq!(open(copy.path(), now).continuous_since(now).await, Ok(now));
    let late = now.plus(SILENCE_MAX + minute);
    let store = open(directory.path(), late);
    assert_eq!(store.continuous_since(late).await, Ok(late));
    let later = late.plus(2 * SILENCE_MAX);
    assert_eq!(store.continuous_since(later).await, Ok(later), "silent while it was open");
}

/// Where inodes are given again at once, only the time of birth tells the copy from the original.
#[tokio::test]
async fn a_copy_in_the_place_of_the_original_is_a_loss() {
    let (directory, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    drop(open(directory.path(), START));
    copy_files(directory.path(), copy.path());
    for entry in fs::read_dir(directory.path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_files(copy.path(), directory.path());
    let now = START.plus(Duration::from_secs(1));
    let store = open(directory.path(), now);
    assert_eq!(store.continuous_since(now).await, Ok(now));
    drop(store);
    assert_eq!(open(directory.path(), now).continuous_since(now).await, Ok(now));
}

#[tokio::test]
async fn signs_of_life_are_there_after_a_restart() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut now = START;
    for _ in 0..3 {
        now = now.plus(SILENCE_MAX);
        assert_eq!(store.continuous_since(now).await, Ok(START));
    }
    drop(store);
    now = now.plus(SILENCE_MAX);
    assert_eq!(open(directory.path(), now).continuous_since(now).await, Ok(START));
}

/// A crash of the machine may leave anything behind the last commit that was reported.
#[tokio::test]
async fn a_torn_end_is_cut_off() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut creations = Vec::new();
    for number in 0..20 {
        let creation = sample::creation(&format!("key-{number}"), START);
        assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
        creations.push(creation);
    }
    for tail in [vec![0; 9000], (0..9001_u32).map(|n| (n * 31 % 251) as u8).collect()] {
        let copy = TempDir::new().unwrap();
        copy_files(directory.path(), copy.path());
        let log = copy.path().join("store.sqlite-wal");
        fs::write(&log, [fs::read(&log).unwrap(), tail].concat()).unwrap();
        let store = open(copy.path(), START);
        for creation in &creations {
            let found = store.load(&creation.record.payout.id).await.unwrap();
            assert!(found.is_some());
        }
    }
}

#[tokio::test]
async fn a_changed_byte_is_reported_with_its_place() {
    let directory = TempDir::new().unwrap();
    let creation = sample::creation("key", START);
    let id = &creation.record.payout.id;
    let store = open(directory.path(), START);
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
    drop(store);
    for change in [
        "UPDATE payout
            SET record = CAST(substr(record, 1, 40) || x'ff' || substr(record, 42) AS BLOB)",
        "UPDATE payout SET record = x''",
        "UPDATE payout SET record = (SELECT body FROM event)",
        "UPDATE payout SET version = version + 1",
    ] {
        let connection = Connection::open(directory.path().join(FILE)).unwrap();
        let whole: Vec<u8> = read_record(&connection);
        connection.execute(change, []).unwrap();
        drop(connection);
        let store = open(directory.path(), START);
        let Err(StoreError::Corrupt(why)) = store.load(id).await else { panic!("{change}") };
        assert!(why.contains(&format!("table payout, row {id}")), "{why}");
        let created = store.create(&creation).await;
        assert!(matches!(created, Err(StoreError::Corrupt(_))), "{created:?}");
        drop(store);
        let connection = Connection::open(directory.path().join(FILE)).unwrap();
        connection.execute("UPDATE payout SET record = ?1, version = 1", [whole]).unwrap();
        drop(connection);
        let store = open(directory.path(), START);
        assert!(store.load(id).await.unwrap().is_some(), "mended");
    }
}

fn read_record(connection: &Connection) -> Vec<u8> {
    connection.query_row("SELECT record FROM payout", [], |row| row.get(0)).unwrap()
}

/// Not the lock file: a process holds it open and no copy of a directory carries a lock.
fn copy_files(from: &Path, to: &Path) {
    for name in [FILE, "store.sqlite-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}
