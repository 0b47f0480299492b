//! The command line. Defaults are the figures of the decision record.

use std::path::PathBuf;

use clap::Parser;

use crate::engine::Kind;

/// Ratio of embedded stores to a raw write-ahead log.
#[derive(Debug, Parser)]
#[command(name = "store")]
pub(crate) struct Args {
    /// Engines to compare; the raw log is the baseline of every ratio.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Kind::all())]
    pub(crate) engines: Vec<Kind>,
    /// Numbers of concurrent writers, each measured in every round.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 1])]
    pub(crate) writers: Vec<usize>,
    /// Rounds; every engine has one turn per round and number of writers.
    #[arg(long, default_value_t = 5, value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// Measured seconds per turn.
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,
    /// Payouts already stored when a turn's clock starts.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) prefill: u64,
    /// Half of the appends are notifications; they go to any of this many youngest payouts.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) active: u64,
    /// Largest number of appends in one commit.
    #[arg(long, default_value_t = 256)]
    pub(crate) batch_max: usize,
    /// Pause between turns in milliseconds.
    #[arg(long, default_value_t = 300)]
    pub(crate) pause_ms: u64,
    /// A round is quiet if nothing else used more than this much of one processor in any turn.
    #[arg(long, default_value_t = 25)]
    pub(crate) quiet_percent: u64,
    /// Where the stores live: must be a disk. Default: the system's temporary directory.
    #[arg(long)]
    pub(crate) directory: Option<PathBuf>,
    /// SQLite's page size in bytes.
    #[arg(long, default_value_t = 4096)]
    pub(crate) page_size: u32,
    /// SQLite copies its log into the database file after this many pages.
    #[arg(long, default_value_t = 32_768)]
    pub(crate) checkpoint_pages: u32,
    /// SQLite's page cache in KiB.
    #[arg(long, default_value_t = 4096)]
    pub(crate) cache_kib: u32,
    /// Give SQLite ordinary indexes for due times and for a payout's events.
    #[arg(long)]
    pub(crate) plain_indexes: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}
