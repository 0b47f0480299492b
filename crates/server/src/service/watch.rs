//! Watches: streams of events. A watch holds its place in the log and a small buffer, nothing else;
//! a caller who reads slowly slows only its own watch, and one who does not read at all loses it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use api::v1;
use api::v1::watch_payouts_response::Message;
use engine::Tail;
use futures_util::Stream;
use futures_util::future::{Either, select};
use payout::cursor::Cursor;
use payout::id::PayoutId;
use payout::port::{Batch, Entry, Fact, Filter, Page, ReadError, Selection};
use payout::record::Payout;
use payout::state::Outcome;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender, channel};
use tokio::task::JoinSet;
use tonic::Status;

use super::call::{Call, Shared};
use super::payouts::{check_selection, event, payout};
use crate::convert::{self, WatchRequest};
use crate::drain::Drain;
use crate::status::Failure;

/// Entries read from the log at once; a watch that has much to catch up with reads again.
const BATCH_SIZE: usize = 64;

/// Payouts read at once for a snapshot.
const SNAPSHOT_PAGE_SIZE: usize = 64;

/// Watches that may wait to be started; starting one takes no time worth mentioning.
pub(crate) const STARTING_MAX: usize = 1024;

type Item = Result<v1::WatchPayoutsResponse, Status>;

/// What a caller reads.
pub(crate) struct Watching {
    messages: Receiver<Item>,
    _permit: OwnedSemaphorePermit,
}

impl Stream for Watching {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        self.messages.poll_recv(context)
    }
}

/// A watch that is to be served.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    call: Call,
    request: WatchRequest,
    tail: Tail,
    /// Up to here the caller has been told everything.
    cursor: Cursor,
    /// The payouts whose outcome is waited for.
    undecided: BTreeSet<PayoutId>,
    messages: Sender<Item>,
    /// The place that is kept for the last message, so that even a full buffer can be ended.
    last: OwnedPermit<Item>,
    /// When a heartbeat is due if nothing else is sent.
    heartbeat_at: Duration,
}

/// Why a watch ends.
enum Stop {
    /// The server ends it.
    Ended(v1::WatchEndReason),
    /// It failed.
    Failed(Failure),
    /// The caller is gone.
    Gone,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Failed(Failure::Read(error))
    }
}

/// Checks a request to watch and hands it to [`serve`].
pub(super) async fn open(
    shared: Arc<Shared>,
    call: Call,
    request: &v1::WatchPayoutsRequest,
) -> Result<Watching, Status> {
    let Ok(permit) = Arc::clone(&shared.watches).try_acquire_owned() else {
        return Err(call.fail(&Failure::Overloaded));
    };
    let (request, tail, payouts) = match prepare(&shared, request).await {
        Ok(prepared) => prepared,
        Err(failure) => return Err(call.fail(&failure)),
    };
    let (sender, messages) = channel(shared.config.limits.watch_buffer_max.max(1) + 1);
    let last = sender.clone().try_reserve_owned().expect("nothing was sent on it yet");
    let watch = Watch {
        call,
        request,
        cursor: tail.cursor().clone(),
        tail,
        undecided: undecided(&payouts),
        messages: sender,
        last,
        heartbeat_at: Duration::ZERO,
        shared: Arc::clone(&shared),
    };
    let watching = Watching { messages, _permit: permit };
    if shared.drain.has_begun() {
        watch.end_at_once();
        return Ok(watching);
    }
    match shared.started.try_send(watch) {
        Ok(()) => Ok(watching),
        Err(TrySendError::Full(watch)) => Err(watch.call.fail(&Failure::Overloaded)),
        Err(TrySendError::Closed(watch)) => {
            watch.end_at_once();
            Ok(watching)
        }
    }
}

async fn prepare(
    shared: &Shared,
    request: &v1::WatchPayoutsRequest,
) -> Result<(WatchRequest, Tail, Vec<Payout>), Failure> {
    let request = convert::watch(request)?;
    check_selection(&shared.engine, &request.selection).await?;
    let tail = shared.engine.tail(request.selection.clone(), request.start.clone()).await?;
    // Read again after the place in the log is known: what is decided now is in the log before
    // whatever is read from there on, or was decided before.
    let payouts = match request.until_outcome {
        true => check_selection(&shared.engine, &request.selection).await?,
        false => Vec::new(),
    };
    Ok((request, tail, payouts))
}

fn undecided(payouts: &[Payout]) -> BTreeSet<PayoutId> {
    let mut undecided = BTreeSet::new();
    for payout in payouts {
        if payout.state.name().outcome() == Outcome::Undecided {
            undecided.insert(payout.id.clone());
        }
    }
    undecided
}

/// Serves watches, each in a task of its own, until the drain; then every one is ended with its
/// cursor, those that wait to be started included.
pub(crate) async fn serve(mut starting: Receiver<Watch>, drain: Drain) {
    let mut tasks = JoinSet::new();
    loop {
        let stop = std::pin::pin!(drain.begun());
        let next = std::pin::pin!(starting.recv());
        match select(stop, next).await {
            Either::Right((Some(watch), _)) => tasks.spawn(run(watch)),
            Either::Right((None, _)) | Either::Left(_) => break,
        };
        while tasks.try_join_next().is_some() {}
    }
    starting.close();
    while let Some(watch) = starting.recv().await {
        watch.end_at_once();
    }
    while tasks.join_next().await.is_some() {}
}

async fn run(mut watch: Watch) {
    let Err(stop) = watch.follow().await;
    watch.end(stop);
}

impl Watch {
    /// The whole of a watch that is opened while the server stops.
    fn end_at_once(self) {
        let started = v1::WatchStarted { cursor: self.cursor.encode() };
        // The buffer is empty, and a caller who is gone already misses nothing.
        let _ = self.messages.try_send(response(Message::Started(started)));
        self.end(Stop::Ended(v1::WatchEndReason::ShuttingDown));
    }

    fn end(self, stop: Stop) {
        match stop {
            Stop::Ended(reason) => {
                let ended = v1::WatchEnded { cursor: self.cursor.encode(), reason: reason.into() };
                self.last.send(response(Message::Ended(ended)));
                self.call.succeed();
            }
            Stop::Failed(failure) => {
                self.last.send(Err(self.call.fail(&failure)));
            }
            // The call counts as abandoned.
            Stop::Gone => {}
        }
    }

    /// Sends everything, live and replay alike, until something ends it.
    async fn follow(&mut self) -> Result<Infallible, Stop> {
        let cursor = self.cursor.encode();
        self.send(Message::Started(v1::WatchStarted { cursor })).await?;
        if self.request.snapshot_first {
            self.snapshot().await?;
        }
        loop {
            let Batch { entries, next, at_end } = self.tail.read(BATCH_SIZE).await?;
            for entry in &entries {
                let event = event(&self.shared.engine, &self.tail, entry).await?;
                self.send(Message::Event(Box::new(event))).await?;
                self.cursor = entry.cursor.clone();
                self.note_outcome(entry);
            }
            self.cursor = next;
            if at_end && self.request.until_outcome && self.undecided.is_empty() {
                return Err(Stop::Ended(v1::WatchEndReason::OutcomeReached));
            }
            if self.now() >= self.heartbeat_at {
                let cursor = self.cursor.encode();
                self.send(Message::Heartbeat(v1::WatchHeartbeat { cursor })).await?;
            }
            if at_end {
                self.wait().await?;
            }
        }
    }

    /// Sends the payouts selected as they are.
    async fn snapshot(&mut self) -> Result<(), Stop> {
        let mut payout_count = 0;
        let (merchant, customer) = match self.request.selection.clone() {
            Selection::Payouts(merchant, ids) => {
                for id in &ids {
                    let found = payout(&self.shared.engine, &merchant, id).await?;
                    self.send(shown(&found)).await?;
                    payout_count += 1;
                }
                return self.snapshot_ended(payout_count).await;
            }
            Selection::Customer(merchant, customer) => (merchant, Some(customer)),
            Selection::Merchant(merchant) => (merchant, None),
        };
        let filter = Filter { customer, ..Filter::all(&merchant) };
        let mut page = Page { after: None, size: SNAPSHOT_PAGE_SIZE };
        loop {
            let listed = self.shared.engine.list(&filter, &page).await;
            let (found, next) = listed.map_err(Failure::Query)?;
            for payout in &found {
                self.send(shown(payout)).await?;
                payout_count += 1;
            }
            let Some(next) = next else { return self.snapshot_ended(payout_count).await };
            page.after = Some(next);
        }
    }

    async fn snapshot_ended(&mut self, payout_count: i64) -> Result<(), Stop> {
        self.send(Message::SnapshotEnded(v1::WatchSnapshotEnded { payout_count })).await
    }

    fn note_outcome(&mut self, entry: &Entry) {
        if let Fact::Payout(event) = &entry.fact
            && event.after.name().outcome() != Outcome::Undecided
        {
            self.undecided.remove(&event.payout);
        }
    }

    /// Hands a message over. Waits if the buffer is full, but not for ever.
    async fn send(&mut self, message: Message) -> Result<(), Stop> {
        if self.shared.drain.has_begun() && !matches!(message, Message::Started(_)) {
            return Err(Stop::Ended(v1::WatchEndReason::ShuttingDown));
        }
        match self.messages.try_send(response(message)) {
            Ok(()) => {}
            Err(TrySendError::Closed(_)) => return Err(Stop::Gone),
            Err(TrySendError::Full(item)) => self.send_when_there_is_room(item).await?,
        }
        self.heartbeat_at = self.now() + self.shared.config.intervals.heartbeat;
        Ok(())
    }

    async fn send_when_there_is_room(&self, item: Item) -> Result<(), Stop> {
        let stalled_at = self.now() + self.shared.config.intervals.stall_max;
        let stalled = self.shared.engine.clock().sleep_until(stalled_at);
        let stop = std::pin::pin!(self.shared.drain.begun());
        let room = std::pin::pin!(self.messages.reserve());
        match select(select(room, stop), stalled).await {
            Either::Left((Either::Left((Ok(room), _)), _)) => {
                room.send(item);
                Ok(())
            }
            Either::Left((Either::Left((Err(_), _)), _)) => Err(Stop::Gone),
            Either::Left((Either::Right(_), _)) => {
                Err(Stop::Ended(v1::WatchEndReason::ShuttingDown))
            }
            Either::Right(_) => Err(Stop::Ended(v1::WatchEndReason::TooSlow)),
        }
    }

    /// Returns when there may be something to send: events, or a heartbeat.
    async fn wait(&self) -> Result<(), Stop> {
        let clock = self.shared.engine.clock();
        let gone = std::pin::pin!(self.messages.closed());
        let stop = std::pin::pin!(self.shared.drain.begun());
        let changed = std::pin::pin!(self.tail.changed());
        let quiet = clock.sleep_until(self.heartbeat_at);
        match select(select(gone, stop), select(changed, quiet)).await {
            Either::Left((Either::Left(_), _)) => Err(Stop::Gone),
            Either::Left((Either::Right(_), _)) => {
                Err(Stop::Ended(v1::WatchEndReason::ShuttingDown))
            }
            Either::Right((Either::Left((changed, _)), _)) => {
                changed?;
                clock.sleep_until(self.now() + self.shared.config.intervals.collect).await;
                Ok(())
            }
            Either::Right((Either::Right(_), _)) => Ok(()),
        }
    }

    fn now(&self) -> Duration {
        self.shared.engine.clock().monotonic()
    }
}

fn shown(payout: &Payout) -> Message {
    Message::SnapshotPayout(Box::new(convert::payout(payout)))
}

fn response(message: Message) -> Item {
    Ok(v1::WatchPayoutsResponse { message: Some(message) })
}
