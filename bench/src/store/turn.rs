//! One turn: a fresh store is filled, then written to by many until the time is up.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::Failure;
use crate::args::Args;
use crate::engine::{self, Engine, Kind};
use crate::group::{self, Queue};
use crate::job::{Author, Shared};
use crate::probe::Usage;

/// Filling commits this many appends at once; it is not measured.
const FILL_BATCH: usize = 2_000;

/// Latencies are kept in microseconds, with three digits, up to a minute.
const LATENCY_MAX: u64 = 60_000_000;
const LATENCY_DIGITS: u8 = 3;

/// What one turn measured. Times are microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) per_second: u64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) per_commit: u64,
    pub(crate) cpu_micros: u64,
    pub(crate) written: u64,
    /// What everything else on the machine used meanwhile, in per cent of one processor.
    pub(crate) others_percent: u64,
}

/// Measures `kind` with `writers` concurrent writers on a store of its own, deleted afterwards.
pub(crate) fn take(kind: Kind, writers: usize, args: &Args) -> Result<Figures, Failure> {
    let parent = args.directory.clone().unwrap_or_else(std::env::temp_dir);
    let directory = tempfile::Builder::new().prefix("payoutd-bench-").tempdir_in(parent)?;
    let Filled { engine, authors, position } = fill(kind, writers, args, directory.path())?;
    // Dirty pages of the filling, or of the turn before, would be flushed at this turn's expense.
    Command::new("sync").status()?;
    let (queue, owner) = group::start(engine, position, args.batch_max);
    let before = Usage::now()?;
    let started = Instant::now();
    let latencies = write(authors, queue, started + Duration::from_secs(args.seconds));
    let commits = owner.join()?;
    let elapsed = started.elapsed();
    let usage = Usage::now()?.since(before);
    Ok(figures(&latencies?, commits, elapsed, usage))
}

/// A store with payouts in it, and who continues them.
struct Filled {
    engine: Box<dyn Engine>,
    authors: Vec<Author>,
    position: i64,
}

fn fill(kind: Kind, writers: usize, args: &Args, directory: &Path) -> Result<Filled, Failure> {
    let mut engine = engine::open(kind, directory, args)?;
    let shared = Shared::new();
    let active = args.active / writers as u64;
    let mut authors: Vec<Author> =
        (0..writers as u64).map(|seed| Author::new(seed + 1, active, &shared)).collect();
    let mut batch = Vec::with_capacity(FILL_BATCH);
    let mut position = 1;
    for number in 0..args.prefill {
        batch.push(authors[number as usize % writers].create());
        if batch.len() == FILL_BATCH || number + 1 == args.prefill {
            engine.commit(position, &batch)?;
            position += batch.len() as i64;
            batch.clear();
        }
    }
    Ok(Filled { engine, authors, position })
}

/// All writers share one thread: they stand for callers that mostly wait.
fn write(authors: Vec<Author>, queue: Queue, until: Instant) -> Result<Histogram<u64>, Failure> {
    let latencies = Arc::new(Mutex::new(Histogram::new_with_max(LATENCY_MAX, LATENCY_DIGITS)?));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for author in authors {
            tasks.spawn(keep_writing(author, queue.clone(), until, Arc::clone(&latencies)));
        }
        drop(queue);
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok::<(), Failure>(())
    })?;
    let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(latencies.clone())
}

async fn keep_writing(
    mut author: Author,
    queue: Queue,
    until: Instant,
    latencies: Arc<Mutex<Histogram<u64>>>,
) -> Result<(), Failure> {
    let mut now = Instant::now();
    while now < until {
        queue.append(author.next()).await?;
        let done = Instant::now();
        let micros = done.duration_since(now).as_micros() as u64;
        latencies.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(micros);
        now = done;
    }
    Ok(())
}

fn figures(latencies: &Histogram<u64>, commits: u64, elapsed: Duration, usage: Usage) -> Figures {
    let appends = latencies.len().max(1);
    let others_micros = usage.machine_micros.saturating_sub(usage.cpu_micros);
    Figures {
        per_second: appends * 1_000_000 / elapsed.as_micros() as u64,
        p50: latencies.value_at_quantile(0.5),
        p99: latencies.value_at_quantile(0.99),
        per_commit: appends / commits.max(1),
        cpu_micros: usage.cpu_micros / appends,
        written: usage.written / appends,
        others_percent: others_micros * 100 / elapsed.as_micros() as u64,
    }
}
