//! Encoded values in the database's cells, with a checksum each: SQLite has none of its own, and a
//! flipped bit in an amount would otherwise decode.

use std::fmt::Display;

use payout::codec::CodecError;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::fault::{Fault, corrupt};

const CHECKSUM_LENGTH: usize = 4;

/// The bytes followed by their checksum.
pub(crate) fn pack(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// What [`pack`] was given, if nothing has changed since.
pub(crate) fn unpack(packed: &[u8]) -> Option<&[u8]> {
    let (bytes, checksum) = packed.split_last_chunk::<CHECKSUM_LENGTH>()?;
    (crc32fast::hash(bytes).to_le_bytes() == *checksum).then_some(bytes)
}

/// Reads the value in a column of a row of `table`, which `id` names in errors.
pub(crate) fn read<T>(
    row: &Row<'_>,
    column: usize,
    (table, id): (&str, impl Display),
    decode: impl Fn(&[u8]) -> Result<T, CodecError>,
) -> Result<T, Fault> {
    let ValueRef::Blob(packed) = row.get_ref(column)? else {
        return Err(corrupt(table, id, "not a blob"));
    };
    let Some(bytes) = unpack(packed) else {
        return Err(corrupt(table, id, "the checksum differs"));
    };
    match decode(bytes) {
        Ok(value) => Ok(value),
        Err(error) => Err(corrupt(table, id, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_is_noticed() {
        let packed = pack(b"record".to_vec());
        assert_eq!(unpack(&packed), Some(b"record".as_slice()));
        for bit in 0..packed.len() * 8 {
            let mut changed = packed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unpack(&changed), None, "bit {bit}");
        }
        assert_eq!(unpack(&packed[..3]), None);
    }
}
