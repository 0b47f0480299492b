//! Keys and small values of the stores that know bytes only; big-endian, so they sort as numbers.

use crate::job::Append;

/// One integer.
pub(crate) fn one(number: i64) -> [u8; 8] {
    number.to_be_bytes()
}

/// Two integers, the first one deciding the order.
pub(crate) fn two(first: i64, second: i64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&first.to_be_bytes());
    key[8..].copy_from_slice(&second.to_be_bytes());
    key
}

/// What the payout's record is stored as: the version that appends compare, then the record.
pub(crate) fn record(append: &Append) -> Vec<u8> {
    let mut value = Vec::with_capacity(8 + append.record.len());
    value.extend_from_slice(&one(append.sequence));
    value.extend_from_slice(&append.record);
    value
}
