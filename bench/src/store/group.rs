//! Group commit: writers queue, one thread takes all that wait and commits them together.
//!
//! It is the same for every engine, and the shape that payoutd's store has: async callers, one
//! owner thread for the file, an answer only after the commit.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::Failure;
use crate::engine::Engine;
use crate::job::Append;

/// Appends that may wait beyond those in the commit under way; a full queue slows its writers.
const QUEUE_MAX: usize = 1024;

/// A writer's end of the queue.
#[derive(Debug, Clone)]
pub(crate) struct Queue(mpsc::Sender<Waiting>);

#[derive(Debug)]
struct Waiting {
    append: Append,
    durable: oneshot::Sender<()>,
}

impl Queue {
    /// Returns once the append is on the disk. Dropped early, the append may still be written.
    pub(crate) async fn append(&self, append: Append) -> Result<(), Failure> {
        let (durable, answer) = oneshot::channel();
        let waiting = Waiting { append, durable };
        if self.0.send(waiting).await.is_err() {
            return Err("the owner thread has stopped; its error follows".into());
        }
        answer.await.map_err(|_closed| "the commit failed; its error follows".into())
    }
}

/// The thread that owns the engine; ends when the last queue handle is dropped.
#[derive(Debug)]
pub(crate) struct Owner(JoinHandle<Result<u64, Failure>>);

impl Owner {
    /// The number of commits, once all writers are gone.
    pub(crate) fn join(self) -> Result<u64, Failure> {
        match self.0.join() {
            Ok(commits) => commits,
            Err(_panic) => Err("the owner thread panicked".into()),
        }
    }
}

/// Starts the owner of `engine`; `position` is the first free position in its event log.
pub(crate) fn start(engine: Box<dyn Engine>, position: i64, batch_max: usize) -> (Queue, Owner) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let owner = std::thread::spawn(move || own(engine, position, batch_max, receiver));
    (Queue(sender), Owner(owner))
}

fn own(
    mut engine: Box<dyn Engine>,
    mut position: i64,
    batch_max: usize,
    mut queue: mpsc::Receiver<Waiting>,
) -> Result<u64, Failure> {
    let mut waiting = Vec::with_capacity(batch_max);
    let mut batch = Vec::with_capacity(batch_max);
    let mut answers = Vec::with_capacity(batch_max);
    let mut commits = 0;
    while queue.blocking_recv_many(&mut waiting, batch_max) > 0 {
        for Waiting { append, durable } in waiting.drain(..) {
            batch.push(append);
            answers.push(durable);
        }
        engine.commit(position, &batch)?;
        position += batch.len() as i64;
        commits += 1;
        batch.clear();
        for answer in answers.drain(..) {
            // A writer that stopped listening has stopped counting too.
            let _gone = answer.send(());
        }
    }
    Ok(commits)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::job::{Author, Shared};

    /// Records the batches that reach it, and fails at a position of choice.
    #[derive(Debug, Clone, Default)]
    struct Spy {
        batches: Arc<Mutex<Vec<(i64, usize)>>>,
        fails_at: Option<i64>,
    }

    impl Engine for Spy {
        fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure> {
            if self.fails_at.is_some_and(|limit| position >= limit) {
                return Err("planned".into());
            }
            self.batches.lock().unwrap().push((position, batch.len()));
            Ok(())
        }
    }

    #[tokio::test]
    async fn waiting_appends_share_commits_within_the_bound() {
        let spy = Spy::default();
        let (queue, owner) = start(Box::new(spy.clone()), 10, 4);
        let mut author = Author::new(1, 1, &Shared::new());
        let appends: Vec<_> = (0..40).map(|_| author.next()).collect();
        let writes = appends.into_iter().map(|append| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.append(append).await.unwrap() })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.unwrap();
        }
        drop(queue);
        let commits = owner.join().unwrap();
        let batches = spy.batches.lock().unwrap();
        assert_eq!(commits, batches.len() as u64);
        let mut expected = 10;
        for &(position, length) in batches.iter() {
            assert_eq!(position, expected);
            assert!(length <= 4);
            expected += length as i64;
        }
        assert_eq!(expected, 50);
    }

    #[tokio::test]
    async fn a_failed_commit_is_nobodys_success() {
        let spy = Spy { fails_at: Some(1), ..Spy::default() };
        let (queue, owner) = start(Box::new(spy), 0, 4);
        let mut author = Author::new(1, 1, &Shared::new());
        queue.append(author.next()).await.unwrap();
        queue.append(author.next()).await.unwrap_err();
        assert_eq!(owner.join().unwrap_err().to_string(), "planned");
    }
}
