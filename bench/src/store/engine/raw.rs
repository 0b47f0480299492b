//! The baseline: the bytes of every append, framed, in one file that is only ever written.
//!
//! Nothing can be looked up in it, so no store that answers questions reaches its rate for long.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::Failure;
use crate::engine::Engine;
use crate::job::Append;

/// A reused log begins again at this length: enough for some seconds, little to write beforehand.
const REUSED_LEN: u64 = 256 << 20;

/// Bytes written at a time while a file to be reused is filled with zeros.
const ZEROS_LEN: usize = 1 << 20;

/// A write-ahead log without anything ahead of which it would be written.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    end: u64,
    end_max: u64,
    buffer: Vec<u8>,
}

impl Log {
    pub(crate) fn growing(directory: &Path) -> Result<Log, Failure> {
        Ok(Log { file: create(directory)?, end: 0, end_max: u64::MAX, buffer: Vec::new() })
    }

    pub(crate) fn reused(directory: &Path) -> Result<Log, Failure> {
        let file = create(directory)?;
        let zeros = vec![0; ZEROS_LEN];
        let mut end = 0;
        while end < REUSED_LEN {
            file.write_all_at(&zeros, end)?;
            end += ZEROS_LEN as u64;
        }
        file.sync_all()?;
        Ok(Log { file, end: 0, end_max: REUSED_LEN, buffer: Vec::new() })
    }
}

impl Engine for Log {
    fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure> {
        self.buffer.clear();
        for (position, append) in (position..).zip(batch) {
            frame(&mut self.buffer, position, append);
        }
        if self.end + self.buffer.len() as u64 > self.end_max {
            self.end = 0;
        }
        self.file.write_all_at(&self.buffer, self.end)?;
        self.end += self.buffer.len() as u64;
        Ok(self.file.sync_data()?)
    }
}

fn create(directory: &Path) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).write(true).open(directory.join("log"))
}

/// Length, checksum, then the fields; a torn tail is recognised by its checksum.
fn frame(buffer: &mut Vec<u8>, position: i64, append: &Append) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 8]);
    for number in [position, append.payout, append.sequence, append.due] {
        buffer.extend_from_slice(&number.to_le_bytes());
    }
    buffer.extend_from_slice(&append.due_before.unwrap_or(i64::MAX).to_le_bytes());
    let id: &[u8] = match &append.id {
        Some(id) => id,
        None => &[],
    };
    for bytes in [id, &append.record, &append.event] {
        buffer.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        buffer.extend_from_slice(bytes);
    }
    let (head, body) = buffer[start..].split_at_mut(8);
    head[..4].copy_from_slice(&(body.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Author, Shared};

    #[test]
    fn every_frame_on_the_disk_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::growing(directory.path()).unwrap();
        let mut author = Author::new(1, 10, &Shared::new());
        for position in [1, 11, 21] {
            let batch: Vec<Append> = (0..10).map(|_| author.next()).collect();
            log.commit(position, &batch).unwrap();
        }
        let bytes = std::fs::read(directory.path().join("log")).unwrap();
        let (mut rest, mut frames) = (bytes.as_slice(), 0);
        while let Some((head, tail)) = rest.split_at_checked(8) {
            let length = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
            let (body, next) = tail.split_at(length);
            assert_eq!(head[4..], crc32fast::hash(body).to_le_bytes());
            frames += 1;
            assert_eq!(body[..8], i64::to_le_bytes(frames));
            rest = next;
        }
        assert_eq!((frames, rest.len()), (30, 0));
    }

    #[test]
    fn a_reused_log_keeps_its_length() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::reused(directory.path()).unwrap();
        let mut author = Author::new(1, 10, &Shared::new());
        log.end = REUSED_LEN - 1;
        log.commit(1, &[author.next()]).unwrap();
        assert_eq!(log.file.metadata().unwrap().len(), REUSED_LEN);
        assert!(log.end < 4096);
    }
}
