//! Bytes that were written once are read for ever.
//!
//! `tests/golden/*.hex` holds one sample a line, as version 1 of the encoding wrote it. Lines are
//! added and never changed: a line that can no longer be read is a store that can no longer be.

use std::fmt::{Debug, Write};
use std::fs;

use data_encoding::HEXLOWER;

use crate::codec::field::Numbered;
use crate::codec::tests::{every, specimens};

#[test]
fn what_was_ever_written_is_read_as_the_same_value() {
    for specimen in specimens() {
        let file = format!("{}.hex", specimen.name);
        let golden = read(&file);
        let mut lines = golden.lines();
        for (index, value) in specimen.written.iter().enumerate() {
            let Some(line) = lines.next() else {
                panic!("add to tests/golden/{file}: {}", HEXLOWER.encode(value));
            };
            let bytes = HEXLOWER.decode(line.as_bytes()).unwrap();
            let read = (specimen.rewrite)(&bytes);
            assert_eq!(read.as_ref(), Ok(value), "line {} of {file}", index + 1);
        }
        assert_eq!(lines.next(), None, "{file} has a line without a sample");
    }
}

#[test]
fn numbers_mean_what_they_always_meant() {
    let mut table = String::new();
    list(&mut table, "break kind", &every::break_kinds());
    list(&mut table, "certainty", &every::certainties());
    list(&mut table, "destination state", &every::destination_states());
    list(&mut table, "evidence kind", &every::evidence_kinds());
    list(&mut table, "origin", &every::origins());
    list(&mut table, "provider call", &every::provider_calls());
    list(&mut table, "reason", &every::reasons());
    list(&mut table, "refusal kind", &every::refusal_kinds());
    list(&mut table, "reported", &every::reported());
    list(&mut table, "speed", &every::speeds());
    list(&mut table, "state", &every::state_names());
    assert_eq!(read("numbers.txt"), table, "the numbers are now:\n{table}");
}

/// Lists an enum's numbers, and shows that every one of them is read and no other is.
fn list<T: Numbered + Copy + Debug + PartialEq>(table: &mut String, what: &str, values: &[T]) {
    for value in values {
        writeln!(table, "{what} {} {value:?}", value.number()).unwrap();
    }
    let mut known = Vec::new();
    for number in 0..=u8::MAX {
        if let Some(value) = T::from_number(number) {
            assert_eq!(value.number(), number, "{value:?}");
            known.push(value);
        }
    }
    assert_eq!(known, values, "every {what} is read");
}

fn read(file: &str) -> String {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_default()
}
