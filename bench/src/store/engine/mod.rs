//! The engines: each stores an append its own way and is durable when `commit` returns.

#[cfg(feature = "fjall")]
mod fjall;
#[cfg(any(feature = "fjall", feature = "redb"))]
mod keys;
mod raw;
#[cfg(feature = "redb")]
mod redb;
mod sqlite;

use std::fmt;
use std::path::Path;

use clap::ValueEnum;

use crate::Failure;
use crate::args::Args;
use crate::job::Append;

/// A store under measurement, owned by one thread.
pub(crate) trait Engine: Send {
    /// Writes all of `batch` atomically; its events get the positions from `position` on.
    /// On the disk when it returns. After an error the engine is in an unknown state.
    fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure>;
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A growing file: append, then `fdatasync`.
    Raw,
    /// The same on a file written once before, whose size and blocks never change.
    RawReused,
    /// SQLite with its write-ahead log.
    Sqlite,
    /// fjall, a log-structured merge tree.
    #[cfg(feature = "fjall")]
    Fjall,
    /// redb, a copy-on-write B-tree.
    #[cfg(feature = "redb")]
    Redb,
}

impl Kind {
    pub(crate) fn all() -> Vec<Kind> {
        Kind::value_variants().to_vec()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no engine is hidden from the command line");
        formatter.write_str(value.get_name())
    }
}

/// Opens a new store in an empty directory.
pub(crate) fn open(kind: Kind, directory: &Path, args: &Args) -> Result<Box<dyn Engine>, Failure> {
    Ok(match kind {
        Kind::Raw => Box::new(raw::Log::growing(directory)?),
        Kind::RawReused => Box::new(raw::Log::reused(directory)?),
        Kind::Sqlite => Box::new(sqlite::Sqlite::open(directory, args)?),
        #[cfg(feature = "fjall")]
        Kind::Fjall => Box::new(fjall::Fjall::open(directory)?),
        #[cfg(feature = "redb")]
        Kind::Redb => Box::new(redb::Redb::open(directory)?),
    })
}
