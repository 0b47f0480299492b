//! The one thread that writes. It takes whatever waits, up to a bound, into one transaction, and
//! answers after the commit: many writers share the price of one fsync.

use std::thread::JoinHandle;

use payout::port::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};

use crate::fault::{Fault, before_commit, of_commit};
use crate::hold::{Files, Hold};
use crate::topics::{Topic, Topics, Waits};
use crate::{epochs, schema, topics};

/// Jobs that may wait beyond those in the transaction under way; a full queue slows its callers.
const QUEUE_MAX: usize = 1024;

/// Jobs in one transaction: enough to make the fsync cheap for each, few enough that none waits
/// for more than some milliseconds of others' work.
const BATCH_MAX: usize = 256;

/// How the store stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The position of the latest durable event.
    pub(crate) latest: i64,
    pub(crate) writing: Writing,
}

/// Whether the store takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// The latest write went well.
    Works,
    /// The latest write failed, with certainty; the next may go well.
    Fails,
    /// Nothing more will be written; why.
    Stopped(String),
}

/// By what the store is known to be still this process's.
pub(crate) struct Ours {
    /// What it writes to.
    pub(crate) files: Files,
    /// The life of the log that began with it.
    pub(crate) epoch: u64,
}

/// The caller's end of the writing thread. Dropping it finishes what waits.
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread that owns `connection`, and `hold` until the connection is closed.
    pub(crate) fn start(
        connection: Connection,
        latest: i64,
        hold: Hold,
        ours: Ours,
    ) -> (Self, States, Waits) {
        let (sender, queue) = mpsc::channel(QUEUE_MAX);
        let state = State { latest, writing: Writing::Works };
        let (state, states) = watch::channel(state);
        let (topics, waits) = topics::topics(latest);
        let news = Vec::new();
        let thread = Thread { connection, ours, queue, state, topics, latest, news };
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            thread.run();
            hold.release();
        });
        let thread = thread.expect("a process that cannot start a thread cannot start at all");
        (Self { queue: Some(sender), thread: Some(thread) }, states, waits)
    }

    /// Runs `work` in a transaction and returns once that is durable. `work` reads first and
    /// writes only when nothing can make it refuse any more. Dropped early, it may still be done.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Changes<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().expect("the queue is there until the store is dropped");
        let job = Work { work: Some(work), done: None, reply };
        if queue.send(Box::new(job)).await.is_err() {
            return Err(StoreError::NotWritten(STOPPED.to_owned()));
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unknown(STOPPED.to_owned())),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writing thread panicked");
        }
    }
}

/// Follows the store.
pub(crate) type States = watch::Receiver<State>;

const STOPPED: &str = "the store stopped writing (the log says why); restart the process";

/// Locks prevent it; some file systems only pretend to have them.
const OPENED: &str = "another process has opened the store since; leave it the data directory, or \
    stop it and restart this process";

/// What a job works on: the transaction and the log's end within it.
pub(crate) struct Changes<'a> {
    pub(crate) connection: &'a Connection,
    /// The position of the latest event, those of this transaction included.
    pub(crate) latest: i64,
    /// The events of this transaction, for those who wait for them.
    pub(crate) news: Vec<(Topic, i64)>,
}

/// Something to be written, with somebody who waits for it.
trait Job: Send {
    /// Does its part of the transaction. Fails only if the whole transaction must.
    fn run(&mut self, changes: &mut Changes<'_>) -> Result<(), rusqlite::Error>;

    /// Answers: what it did counts if the transaction was committed.
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

struct Work<T, F> {
    work: Option<F>,
    done: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnOnce(&mut Changes<'_>) -> Result<T, Fault> + Send,
{
    fn run(&mut self, changes: &mut Changes<'_>) -> Result<(), rusqlite::Error> {
        let work = self.work.take().expect("a job runs once");
        let before = changes.connection.total_changes();
        match work(changes) {
            Ok(value) => self.done = Some(Ok(value)),
            Err(Fault::Sql(error)) => return Err(error),
            Err(Fault::Refused(error)) => {
                let after = changes.connection.total_changes();
                assert_eq!(before, after, "a job that refuses has written nothing");
                self.done = Some(Err(error));
            }
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let answer = match (committed, self.done) {
            (Ok(()), Some(done)) => done,
            // A job that was refused wrote nothing, whatever became of the others.
            (Err(_), Some(Err(refused))) => Err(refused),
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => unreachable!("every job of a committed transaction has run"),
        };
        // Whoever dropped the future does not want the answer.
        let _gone = self.reply.send(answer);
    }
}

struct Thread {
    connection: Connection,
    ours: Ours,
    queue: mpsc::Receiver<Box<dyn Job>>,
    state: watch::Sender<State>,
    topics: Topics,
    latest: i64,
    /// What was committed and is not told yet.
    news: Vec<(Topic, i64)>,
}

impl Thread {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
            let before = self.connection.total_changes();
            let committed = self.commit(&mut batch);
            // Before the answers: whoever reads what was answered finds the log grown.
            self.publish(match committed {
                Ok(()) if self.connection.total_changes() == before => None,
                Ok(()) => Some(Writing::Works),
                Err(_) => Some(Writing::Fails),
            });
            let answer = match &committed {
                Ok(()) => Ok(()),
                Err(Failed::GoesOn(error) | Failed::Stops(error)) => Err(error.clone()),
            };
            for job in batch.drain(..) {
                job.answer(&answer);
            }
            match committed {
                Ok(()) => {}
                Err(Failed::GoesOn(why)) => tracing::error!(%why, "the store could not write"),
                Err(Failed::Stops(StoreError::NotWritten(why) | StoreError::Unknown(why))) => {
                    return self.stop(why);
                }
                Err(Failed::Stops(other)) => return self.stop(other.to_string()),
            }
        }
        self.close();
    }

    /// All jobs in one durable transaction, in files that were there before it and after it; or
    /// none.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failed> {
        self.ours.files.check().map_err(|why| Failed::Stops(StoreError::NotWritten(why)))?;
        self.transact(batch)?;
        self.ours.files.check().map_err(|why| Failed::Stops(StoreError::Unknown(why)))
    }

    fn transact(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failed> {
        let immediate = TransactionBehavior::Immediate;
        let begun = self.connection.transaction_with_behavior(immediate);
        let transaction = begun.map_err(|error| Failed::GoesOn(before_commit(&error)))?;
        match epochs::is_latest(&transaction, self.ours.epoch) {
            Ok(true) => {}
            Ok(false) => return Err(Failed::Stops(StoreError::NotWritten(OPENED.to_owned()))),
            Err(error) => return Err(Failed::GoesOn(before_commit(&error))),
        }
        let mut changes =
            Changes { connection: &transaction, latest: self.latest, news: Vec::new() };
        for job in batch {
            // Dropping the transaction rolls it back.
            job.run(&mut changes).map_err(|error| Failed::GoesOn(before_commit(&error)))?;
        }
        let Changes { latest, news, .. } = changes;
        transaction.commit().map_err(|error| match of_commit(&error) {
            unknown @ StoreError::Unknown(_) => Failed::Stops(unknown),
            certain => Failed::GoesOn(certain),
        })?;
        self.latest = latest;
        self.news = news;
        Ok(())
    }

    /// Wakes those who wait for what was committed. Without a write there is no news of `writing`.
    fn publish(&mut self, writing: Option<Writing>) {
        self.state.send_modify(|state| {
            state.latest = self.latest;
            state.writing = writing.unwrap_or_else(|| state.writing.clone());
        });
        self.topics.publish(&std::mem::take(&mut self.news));
    }

    /// A commit that failed is never tried again: what the disk took is only known after reading
    /// it anew. What waits was not begun.
    fn stop(mut self, why: String) {
        tracing::error!(why, "the store stopped writing");
        self.keep_log();
        self.queue.close();
        while let Ok(job) = self.queue.try_recv() {
            job.answer(&Err(StoreError::NotWritten(STOPPED.to_owned())));
        }
        self.state.send_modify(|state| state.writing = Writing::Stopped(why));
    }

    /// Closing deletes the write-ahead log by its name, which must still be that of our own.
    fn close(self) {
        if let Err(why) = self.ours.files.check() {
            tracing::error!(why, "the data directory was touched before the store was closed");
            self.keep_log();
        }
    }

    fn keep_log(&self) {
        if let Err(why) = schema::keep_log(&self.connection) {
            tracing::error!(%why, "the write-ahead log cannot be kept");
        }
    }
}

/// Why a transaction was not committed, and what that means for the next.
enum Failed {
    /// Nothing was written; another may do better.
    GoesOn(StoreError),
    /// There must not be another.
    Stops(StoreError),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;

    use super::*;
    use crate::epochs::Epochs;
    use crate::fault::refused;

    const EPOCH: u64 = 1;

    fn start(directory: &tempfile::TempDir, pages_max: i64) -> (Writer, States) {
        let hold = Hold::take(directory.path()).unwrap();
        let mut connection = schema::connect(directory.path()).unwrap();
        schema::prepare_to_write(&mut connection, schema::LOG_PAGES_MAX).unwrap();
        connection.execute_batch(schema::CREATE).unwrap();
        connection.execute_batch("CREATE TABLE blob (body BLOB)").unwrap();
        Epochs::begin(&connection, EPOCH, 0).unwrap();
        let limit = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let sql = format!("PRAGMA max_page_count = {pages_max}");
        assert_eq!(connection.query_row(&sql, [], limit), Ok(pages_max));
        let files = hold.files().unwrap();
        let (writer, states, _) = Writer::start(connection, 0, hold, Ours { files, epoch: EPOCH });
        (writer, states)
    }

    async fn put(writer: &Writer, length: usize) -> Result<i64, StoreError> {
        let work = move |changes: &mut Changes<'_>| {
            changes.latest += 1;
            changes.connection.execute("INSERT INTO blob VALUES (?1)", [vec![1_u8; length]])?;
            Ok(changes.latest)
        };
        writer.write(work).await
    }

    async fn count(writer: &Writer) -> i64 {
        let work = |changes: &mut Changes<'_>| {
            let count = "SELECT count(*) FROM blob";
            Ok(changes.connection.query_row(count, [], |row| row.get(0))?)
        };
        writer.write(work).await.unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_certain_and_writing_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, states) = start(&directory, 50);
        assert_eq!(put(&writer, 100).await, Ok(1));
        let full = put(&writer, 1_000_000).await;
        let Err(StoreError::NotWritten(why)) = full else { panic!("{full:?}") };
        assert!(why.contains("full"), "{why}");
        assert_eq!(*states.borrow(), State { latest: 1, writing: Writing::Fails });
        assert_eq!(count(&writer).await, 1);
        assert_eq!(states.borrow().writing, Writing::Fails, "reading proves nothing");
        assert_eq!(put(&writer, 100).await, Ok(2), "no position was lost");
        assert_eq!(*states.borrow(), State { latest: 2, writing: Writing::Works });
    }

    #[tokio::test]
    async fn a_refusal_is_nobody_elses_and_a_defect_ends_all() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, mut states) = start(&directory, 50);
        let refusal = writer.write(|_| -> Result<(), Fault> { Err(refused("no")) });
        let (refusal, written) = tokio::join!(refusal, put(&writer, 100));
        assert_eq!(refusal, Err(StoreError::NotWritten("no".to_owned())));
        assert_eq!(written, Ok(1));
        let defect = writer.write(|changes| -> Result<(), Fault> {
            changes.connection.execute("INSERT INTO blob VALUES (x'01')", [])?;
            Err(refused("written before it was refused"))
        });
        let (defect, beside) = tokio::join!(defect, put(&writer, 100));
        assert!(matches!(defect, Err(StoreError::Unknown(_))), "{defect:?}");
        assert!(beside.is_err());
        assert!(states.wait_for(|_| false).await.is_err(), "whoever waits is told");
        let later = put(&writer, 100).await;
        assert!(matches!(later, Err(StoreError::NotWritten(_))), "{later:?}");
    }

    #[tokio::test]
    async fn a_failed_commit_is_unknown_and_the_log_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, mut states) = start(&directory, 50);
        assert_eq!(put(&writer, 100).await, Ok(1));
        let fails = writer.write(|changes| {
            let deferred = "CREATE TABLE parent (x INTEGER PRIMARY KEY);
                CREATE TABLE child (x REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
                INSERT INTO child VALUES (1)";
            Ok(changes.connection.execute_batch(deferred)?)
        });
        let failed = fails.await;
        assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
        assert!(
            states.wait_for(|state| matches!(state.writing, Writing::Stopped(_))).await.is_ok()
        );
        drop(writer);
        assert!(directory.path().join("store.sqlite-wal").exists());
    }

    /// As where locks hold nobody off.
    #[tokio::test]
    async fn who_opens_the_store_later_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, mut states) = start(&directory, 500);
        assert_eq!(put(&writer, 100).await, Ok(1));
        let second = schema::connect(directory.path()).unwrap();
        Epochs::begin(&second, EPOCH + 1, 1).unwrap();
        let refused = put(&writer, 100).await;
        let Err(StoreError::NotWritten(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("another process has opened"), "{why}");
        let stopped = |state: &State| matches!(state.writing, Writing::Stopped(_));
        assert!(states.wait_for(stopped).await.is_ok());
        let count = "SELECT count(*) FROM blob";
        assert_eq!(second.query_row(count, [], |row| row.get::<_, i64>(0)), Ok(1));
    }

    #[tokio::test]
    async fn writers_share_commits() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, states) = start(&directory, 5000);
        let writer = Arc::new(writer);
        let mut tasks = JoinSet::new();
        for _ in 0..500 {
            let writer = writer.clone();
            tasks.spawn(async move { put(&writer, 10).await.unwrap() });
        }
        let mut positions = tasks.join_all().await;
        positions.sort_unstable();
        assert_eq!(positions, (1..=500).collect::<Vec<i64>>());
        assert_eq!(*states.borrow(), State { latest: 500, writing: Writing::Works });
        // Every commit leaves a page in the log at least.
        let log = std::fs::metadata(directory.path().join("store.sqlite-wal")).unwrap();
        let commits_max = log.len() / 4096;
        assert!(commits_max <= 100, "up to {commits_max} commits for 500 writes");
    }
}
