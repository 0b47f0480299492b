//! Erased secrets are not only out of reach but out of the files.

use std::fs;
use std::path::Path;

use payout::input::{Input, What};
use payout::port::{Appended, CreationOutcome, DestinationWritten, Store};
use payout::seal::Sealed;
use store_suite::sample;
use tempfile::TempDir;

use crate::subject::{START, open};

/// Long enough to spill over into pages of its own.
fn secret(letter: u8) -> Vec<u8> {
    let one = [b"secret-".as_slice(), &[letter; 57]].concat();
    one.repeat(100)
}

fn lies_in(directory: &Path, secret: &[u8]) -> bool {
    let needle = &secret[..64];
    fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn erased_secrets_leave_no_bytes_in_the_files() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut creation = sample::creation("key", START);
    creation.record.vault.handle = Some(Sealed::from_bytes(secret(b'k')));
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
    let record = &creation.record;
    let mut opened = sample::append(record, &[sample::attempt_opened(record, START)], START);
    opened.record.vault.request = Some(Sealed::from_bytes(secret(b'r')));
    assert_eq!(store.append(&opened).await, Ok(Appended::Yes));
    let mut destination = sample::destination('a', "c-1", START);
    destination.destination.handle = Some(Sealed::from_bytes(secret(b'd')));
    assert_eq!(store.write_destination(&destination).await, Ok(DestinationWritten::Yes));
    for letter in [b'k', b'r', b'd'] {
        assert!(lies_in(directory.path(), &secret(letter)));
    }

    let unsent = sample::append(&opened.record, &[Input::own(What::NotSent)], START);
    assert_eq!(store.append(&unsent).await, Ok(Appended::Yes));
    let deletion = sample::deletion(&destination.destination, START);
    assert_eq!(store.write_destination(&deletion).await, Ok(DestinationWritten::Yes));
    drop(store);
    for letter in [b'r', b'd'] {
        assert!(!lies_in(directory.path(), &secret(letter)));
    }
    assert!(lies_in(directory.path(), &secret(b'k')), "what is needed stays");
}
