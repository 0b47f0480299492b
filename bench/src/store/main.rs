//! Measures how much of a raw write-ahead log each embedded store keeps on payoutd's own job.
//!
//! One append writes a payout's record, one event and two index entries, and is durable when it
//! returns; concurrent writers share commits. Every engine gets the same appends through the same
//! queue, in alternating turns, so the ratios hold although the machine's disk does not hold still.
//! This is not a benchmark of payoutd and not a test: it decides nothing by itself.

#![expect(clippy::print_stdout, reason = "the table on standard output is the product")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock; nothing simulates it")]

mod args;
mod engine;
mod group;
mod job;
mod probe;
mod report;
mod turn;

use std::time::Duration;

use clap::Parser;

use crate::args::Args;
use crate::engine::Kind;
use crate::report::{Report, Row};

/// A benchmark has one answer to every error: stop and print it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let mut report = Report::default();
    Report::print_header();
    for round in 0..args.rounds {
        for &writers in &args.writers {
            for kind in in_turn(&args.engines, round) {
                let figures = turn::take(kind, writers, &args)?;
                report.add(Row { round, writers, kind, figures });
                // The disk still discards this turn's files; the next one should not pay for that.
                std::thread::sleep(Duration::from_millis(args.pause_ms));
            }
            report.print_round(round, writers);
        }
    }
    report.print_medians(args.quiet_percent);
    Ok(())
}

/// Starts every round with another engine, so that none is always measured in another's wake.
fn in_turn(engines: &[Kind], round: usize) -> Vec<Kind> {
    let mut order = engines.to_vec();
    order.rotate_left(round % engines.len());
    order
}
