//! Cursors: where a reader stands in the event log. Opaque to callers, versioned, bound to the
//! store they come from.

use data_encoding::BASE64URL_NOPAD;
use thiserror::Error;

use crate::id::StoreId;

/// Most partitions that a log may have: bounds the length of a cursor.
pub const PARTITIONS_MAX: usize = 256;

const VERSION: u8 = 1;
const POSITION_LENGTH: usize = 16;

/// A place in one partition of the log: everything up to and with it has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Names the life of the log that wrote the entry: where two lives parted, because the store
    /// was put back to an older state, their entries of the same number differ.
    pub epoch: u64,
    /// The entry's number; 0 is before the first.
    pub count: u64,
}

/// A place in the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The store it belongs to.
    pub store: StoreId,
    /// One place per partition.
    pub positions: Vec<Position>,
}

/// A text that is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not a cursor from this service; send one exactly as it was received")]
pub struct NotACursor;

impl Cursor {
    /// The text that callers keep.
    pub fn encode(&self) -> String {
        let store = self.store.as_str().as_bytes();
        let length = u8::try_from(store.len()).expect("a store id has at most 64 bytes");
        let mut bytes = vec![VERSION, length];
        bytes.extend_from_slice(store);
        for position in &self.positions {
            bytes.extend_from_slice(&position.epoch.to_be_bytes());
            bytes.extend_from_slice(&position.count.to_be_bytes());
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a text that [`Cursor::encode`] made.
    pub fn parse(text: &str) -> Result<Self, NotACursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotACursor)?;
        let Some((&[VERSION, length], rest)) = bytes.split_first_chunk() else {
            return Err(NotACursor);
        };
        let (store, rest) = rest.split_at_checked(usize::from(length)).ok_or(NotACursor)?;
        let store = std::str::from_utf8(store).map_err(|_| NotACursor)?;
        let store = StoreId::parse(store).map_err(|_| NotACursor)?;
        let (chunks, []) = rest.as_chunks::<POSITION_LENGTH>() else {
            return Err(NotACursor);
        };
        if chunks.is_empty() || chunks.len() > PARTITIONS_MAX {
            return Err(NotACursor);
        }
        let positions = chunks.iter().map(position).collect();
        Ok(Self { store, positions })
    }
}

fn position(chunk: &[u8; POSITION_LENGTH]) -> Position {
    let (epoch, count) = chunk.split_at(8);
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("a half is 8 bytes"));
    Position { epoch: number(epoch), count: number(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(positions: &[(u64, u64)]) -> Cursor {
        let positions = positions.iter().map(|&(epoch, count)| Position { epoch, count });
        Cursor { store: StoreId::parse("store-1").unwrap(), positions: positions.collect() }
    }

    #[test]
    fn survives_the_round_trip() {
        for cursor in [cursor(&[(0, 0)]), cursor(&[(1, 7), (u64::MAX, 3)])] {
            assert_eq!(Cursor::parse(&cursor.encode()), Ok(cursor));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let good = cursor(&[(1, 2)]).encode();
        let (start, _) = good.split_at(good.len() - 2);
        for bad in ["", "!!!", start, "AQ", &BASE64URL_NOPAD.encode(&[2, 0])] {
            assert_eq!(Cursor::parse(bad), Err(NotACursor), "{bad}");
        }
    }
}
