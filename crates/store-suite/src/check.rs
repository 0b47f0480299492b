//! Questions that many cases ask of a store.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::{self, Either};
use payout::cursor::Cursor;
use payout::event::Event;
use payout::id::PayoutId;
use payout::port::{Batch, Creation, CreationOutcome, Entry, Fact, Selection, Store, StoreError};
use payout::record::{Record, Stored};
use tokio::sync::oneshot;

use crate::sample;

/// How long a case waits for what must come before it fails. No passing case waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The record of a payout that must be there.
pub(crate) async fn record(store: &dyn Store, id: &PayoutId) -> Record {
    match store.load(id).await.expect("loading works") {
        Some(Stored::Payout(record)) => *record,
        other => panic!("{id} is no payout but {other:?}"),
    }
}

/// Records a payout that must not be there yet.
pub(crate) async fn created(store: &dyn Store, creation: &Creation) -> Record {
    let outcome = store.create(creation).await.expect("creating works");
    assert_eq!(outcome, CreationOutcome::Created);
    creation.record.clone()
}

/// Asserts that a write was refused and certainly left nothing.
pub(crate) fn assert_not_written<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::NotWritten(_))), "{result:?}");
}

/// All events of merchant `m-1`, from the earliest.
pub(crate) async fn all_events(store: &dyn Store) -> Vec<Event> {
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let entries = all_entries(store, &selection).await;
    let payout = |entry: Entry| match entry.fact {
        Fact::Payout(event) => Some(*event),
        Fact::Destination(_) => None,
    };
    entries.into_iter().filter_map(payout).collect()
}

/// All entries that fit, from the earliest.
pub(crate) async fn all_entries(store: &dyn Store, selection: &Selection) -> Vec<Entry> {
    let mut reader = Reader::from_start(store, selection.clone()).await;
    reader.rest(store).await
}

/// Reads the log by a selection, a few entries at a time.
pub struct Reader {
    /// Where it stands.
    pub cursor: Cursor,
    selection: Selection,
}

impl Reader {
    /// Entries per reading: few, so that every case reads more than once.
    const LIMIT: usize = 7;

    /// A reader that has seen nothing.
    pub async fn from_start(store: &dyn Store, selection: Selection) -> Self {
        let ends = store.ends().await.expect("the log has ends");
        Self { cursor: ends.earliest, selection }
    }

    /// The next few entries.
    pub async fn next(&mut self, store: &dyn Store) -> Batch {
        let read = store.read(&self.cursor, &self.selection, Self::LIMIT).await;
        let batch = read.expect("the log can be read from its own cursors");
        assert!(batch.entries.len() <= Self::LIMIT, "no more than asked for");
        let moved = batch.next != self.cursor;
        assert!(moved || batch.at_end, "a reader that is not at the end moves on");
        self.cursor = batch.next.clone();
        batch
    }

    /// Everything up to the end of the log.
    pub async fn rest(&mut self, store: &dyn Store) -> Vec<Entry> {
        let mut entries = Vec::new();
        loop {
            let batch = self.next(store).await;
            entries.extend(batch.entries);
            if batch.at_end {
                return entries;
            }
        }
    }
}

/// Asserts that the sequences of each payout's events count up from 1 in the order given.
pub(crate) fn assert_without_gaps(events: &[Event]) {
    let mut latest = std::collections::BTreeMap::new();
    for event in events {
        let before = latest.insert(&event.payout, event.sequence).unwrap_or(0);
        assert_eq!(event.sequence, before + 1, "the events of {} in the log", event.payout);
    }
}

/// The answer to something that must come by itself.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    // A thread, because the timers of the runtime are not for this crate. It ends with `done`.
    let (done, waits) = mpsc::sync_channel::<()>(1);
    let (late, lateness) = oneshot::channel();
    std::thread::spawn(move || {
        if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _gone = late.send(());
        }
    });
    let answer = match future::select(pin!(future), lateness).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => panic!("{what} did not come within {PATIENCE:?}"),
    };
    drop(done);
    answer
}
