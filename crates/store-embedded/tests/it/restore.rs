//! The data directory is put back to an older state: cursors of the life that is lost are refused,
//! whichever way it was done, and those from before go on.

use std::path::Path;
use std::process::Command;

use payout::cursor::Cursor;
use payout::id::PayoutId;
use payout::port::{CreationOutcome, Fact, ReadError, Selection, Store};
use store_embedded::EmbeddedStore;
use store_suite::sample;
use tempfile::TempDir;

use crate::subject::{START, open};

/// How a snapshot is made and put back, in a directory that contains `data`.
struct Way {
    snapshot: &'static str,
    restore: &'static str,
}

const WAYS: [Way; 7] = [
    Way { snapshot: "cp -a data old", restore: "rm -r data; cp -a old data" },
    Way { snapshot: "cp -a data old", restore: "cp -a old/. data" },
    Way { snapshot: "cp -a data old", restore: "rm -r data; mv old data" },
    Way { snapshot: "cp -a data old", restore: "rm data/*; cp old/* data" },
    // The way of rsync: each file is written beside the old one and given its name.
    Way {
        snapshot: "cp -a data old",
        restore: "rm data/*; cd old; for f in *; do cp -a $f ../data/.$f; mv ../data/.$f ../data/$f; done",
    },
    Way { snapshot: "tar --create --file old.tar data", restore: "tar --extract --file old.tar" },
    // A snapshot that keeps inode and time of birth, as those of volumes do.
    Way { snapshot: "mv data old; cp -a old data", restore: "rm -r data; mv old data" },
];

#[tokio::test]
async fn cursors_of_a_lost_life_are_refused() {
    for way in WAYS {
        check(&way, false).await;
        // Under an open store nothing may be moved.
        if way.snapshot.starts_with("mv") {
            continue;
        }
        check(&way, true).await;
    }
}

/// `hot` is a snapshot made while the store is open.
async fn check(way: &Way, hot: bool) {
    let what = format!("{}, {}, hot: {hot}", way.snapshot, way.restore);
    let parent = TempDir::new().unwrap();
    let data = parent.path().join("data");
    let store = open(&data, START);
    create(&store, "before").await;
    let before = store.ends().await.unwrap().latest;
    let store = match hot {
        true => {
            run(parent.path(), way.snapshot);
            store
        }
        false => {
            drop(store);
            run(parent.path(), way.snapshot);
            open(&data, START)
        }
    };
    create(&store, "lost").await;
    let lost = store.ends().await.unwrap().latest;
    drop(store);

    run(parent.path(), way.restore);
    let store = open(&data, START);
    assert_eq!(read(&store, &before).await, Ok(vec![]), "{what}");
    assert_eq!(read(&store, &lost).await, Err(ReadError::OutOfRange), "{what}");
    let created = create(&store, "instead").await;
    create(&store, "later").await;
    assert_eq!(read(&store, &lost).await, Err(ReadError::OutOfRange), "{what}");
    assert_eq!(read(&store, &before).await.unwrap().first(), Some(&created), "{what}");
    drop(store);
    let store = open(&data, START);
    assert_eq!(read(&store, &lost).await, Err(ReadError::OutOfRange), "{what}");
    assert_eq!(read(&store, &before).await.unwrap().len(), 2, "{what}");
}

fn run(directory: &Path, script: &str) {
    let shell = Command::new("sh").args(["-e", "-c", script]).current_dir(directory).status();
    assert!(shell.unwrap().success(), "{script}");
}

async fn create(store: &EmbeddedStore, key: &str) -> PayoutId {
    let creation = sample::creation(key, START);
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
    creation.record.payout.id
}

async fn read(store: &EmbeddedStore, after: &Cursor) -> Result<Vec<PayoutId>, ReadError> {
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let mut found = Vec::new();
    for entry in store.read(after, &selection, 100).await?.entries {
        let Fact::Payout(event) = entry.fact else { panic!("nobody wrote a destination") };
        found.push(event.payout);
    }
    Ok(found)
}
