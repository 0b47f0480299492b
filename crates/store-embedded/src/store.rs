//! The port, method by method: what is to be written goes to the writing thread encoded, what is
//! to be read to a reader.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use payout::codec;
use payout::cursor::Cursor;
use payout::destination::Destination;
use payout::id::{DestinationId, Incarnation, Merchant, PayoutId, StoreId};
use payout::port::{
    Append, Appended, Batch, BreakFilter, Claim, Creation, CreationOutcome, DestinationFilter,
    DestinationWrite, DestinationWritten, Ends, Fenced, Filter, Page, PageToken,
    ParkedNotification, Parking, ReadError, SealedEvidence, Selection, Store, StoreError,
};
use payout::queue::{QueueHold, QueueHoldKind};
use payout::reconcile::SettlementBreak;
use payout::record::{Fence, Payout, Record, Stored};
use payout::time::Timestamp;

use crate::breaks::NewBreak;
use crate::continuity::Continuity;
use crate::destinations::NewDestination;
use crate::log::Log;
use crate::open::{self, OpenError, Opened};
use crate::page::List;
use crate::parked::NewParked;
use crate::payouts::{NewPayout, NextVersion};
use crate::readers::Readers;
use crate::topics::Waits;
use crate::writer::{Changes, Ours, State, States, Writer, Writing};
use crate::{breaks, cell, claims, destinations, evidence, facts, list, parked, payouts, queues};

/// A store in one data directory, used by one process at a time.
///
/// Dropping it finishes what was begun, which may block for as long as a disk write takes. Needs a
/// tokio runtime for its readings.
///
/// Should its files be deleted, moved or replaced, the next write or sign of life notices: it is
/// not acknowledged, and the store stops. What remains: acknowledged writes before that are where
/// the files went, and what their writers do on the strength of them, such as sending, goes on
/// until they write again.
pub struct EmbeddedStore {
    log: Log,
    continuity: Mutex<Continuity>,
    states: States,
    waits: Waits,
    // In this order: the last connection to be closed folds the write-ahead log into the database,
    // and one that only reads cannot.
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
}

impl EmbeddedStore {
    /// Opens the store in `directory`, or makes one there and calls it `new_store_id`. Proves that
    /// no other process uses it: all claims end, and what was claimed is due `now`. Blocks.
    ///
    /// `epoch` must be random: by it cursors are told from those of a life of this store that was
    /// lost when older files were put in its place.
    pub fn open(
        directory: &Path,
        now: Timestamp,
        new_store_id: &StoreId,
        epoch: u64,
    ) -> Result<Self, OpenError> {
        let opened = open::open(directory, now, new_store_id, epoch)?;
        let readers = Readers::open(directory)
            .map_err(|source| OpenError::Database { directory: directory.to_path_buf(), source })?;
        let Opened { connection, hold, files, log, latest, continuity } = opened;
        let (writer, states, waits) =
            Writer::start(connection, latest, hold, Ours { files, epoch });
        Ok(Self { log, continuity: Mutex::new(continuity), states, waits, readers, writer })
    }

    /// Returns, with the reason, once a commit has failed in a way that leaves unknown what the
    /// disk holds, or the files are no longer this process's. Nothing is written after that: the
    /// process is to be restarted.
    pub async fn stopped(&self) -> String {
        let mut states = self.states.clone();
        let stopped = |state: &State| matches!(state.writing, Writing::Stopped(_));
        match states.wait_for(stopped).await.as_deref() {
            Ok(State { writing: Writing::Stopped(why), .. }) => why.clone(),
            Ok(_) | Err(_) => WRITER_GONE.to_owned(),
        }
    }

    /// Whether the latest write went well. False while, for example, the disk is full; then every
    /// sign of life is written, so that it becomes true again by itself.
    #[must_use]
    pub fn takes_writes(&self) -> bool {
        self.states.borrow().writing == Writing::Works
    }

    /// What takes part in a page token: one list's token is no other's.
    fn list_of(&self, filter: &impl std::fmt::Debug) -> List {
        List::new(&self.log.store, filter)
    }
}

const WRITER_GONE: &str = "the store's writing thread ended unexpectedly; restart the process";

#[async_trait]
impl Store for EmbeddedStore {
    fn id(&self) -> &StoreId {
        &self.log.store
    }

    fn others_are_gone(&self) -> bool {
        true
    }

    async fn continuous_since(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let (continuity, to_be_written) = {
            let mut continuity = self.continuity.lock().unwrap_or_else(PoisonError::into_inner);
            let to_be_written = continuity.observe(now);
            (*continuity, to_be_written)
        };
        // Not written, the silence only looks longer than it was, which errs on the safe side. With
        // nothing to write the thread still looks whether the files are there.
        let to_be_written = to_be_written || !self.takes_writes();
        let work = move |changes: &mut Changes<'_>| match to_be_written {
            true => Ok(continuity.write(changes.connection)?),
            false => Ok(()),
        };
        self.writer.write(work).await?;
        Ok(continuity.since())
    }

    async fn remember(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (name, value) = (name.to_owned(), value.to_vec());
        self.writer.write(move |changes| facts::remember(changes, &name, &value)).await
    }

    async fn load(&self, id: &PayoutId) -> Result<Option<Stored>, StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| payouts::load(connection, &id)).await
    }

    async fn create(&self, creation: &Creation) -> Result<CreationOutcome, StoreError> {
        let new = NewPayout::try_from(creation)?;
        self.writer.write(move |changes| payouts::create(changes, &new)).await
    }

    async fn append(&self, append: &Append) -> Result<Appended, StoreError> {
        let next = NextVersion::try_from(append)?;
        self.writer.write(move |changes| payouts::append(changes, &next)).await
    }

    async fn fence(&self, fence: &Fence) -> Result<Fenced, StoreError> {
        let (fence, body) = (fence.clone(), cell::pack(codec::encode_fence(fence)));
        self.writer.write(move |changes| payouts::fence(changes, &fence, &body)).await
    }

    async fn park(&self, parked: &ParkedNotification) -> Result<Parking, StoreError> {
        let new = NewParked::try_from(parked)?;
        self.writer.write(move |changes| parked::park(changes, &new)).await
    }

    async fn list_parked(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<ParkedNotification>, Option<PageToken>), StoreError> {
        let list = self.list_of(&("parked", merchant));
        let (merchant, page) = (merchant.cloned(), page.clone());
        let reading =
            move |connection: &_| parked::list(connection, &list, merchant.as_ref(), &page);
        self.readers.read(reading).await
    }

    async fn evidence(&self, payout: &PayoutId) -> Result<Vec<SealedEvidence>, StoreError> {
        let payout = payout.clone();
        self.readers.read(move |connection| evidence::read(connection, &payout)).await
    }

    async fn queue_holds(&self) -> Result<Vec<QueueHold>, StoreError> {
        self.readers.read(queues::read).await
    }

    async fn hold_queue(&self, hold: &QueueHold) -> Result<(), StoreError> {
        let (hold, body) = (hold.clone(), cell::pack(codec::encode_queue_hold(hold)));
        self.writer.write(move |changes| queues::hold(changes, &hold, &body)).await
    }

    async fn resume_queue(
        &self,
        merchant: &Merchant,
        kind: QueueHoldKind,
    ) -> Result<bool, StoreError> {
        let merchant = merchant.clone();
        self.writer.write(move |changes| queues::resume(changes, &merchant, kind)).await
    }

    async fn write_settlement_breaks(&self, breaks: &[SettlementBreak]) -> Result<(), StoreError> {
        let breaks: Vec<NewBreak> = breaks.iter().map(NewBreak::from).collect();
        self.writer.write(move |changes| breaks::write(changes, &breaks)).await
    }

    async fn list_settlement_breaks(
        &self,
        filter: &BreakFilter,
        page: &Page,
    ) -> Result<(Vec<SettlementBreak>, Option<PageToken>), StoreError> {
        let list = self.list_of(filter);
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.read(move |connection| breaks::list(connection, &list, &filter, &page)).await
    }

    async fn list(
        &self,
        filter: &Filter,
        page: &Page,
    ) -> Result<(Vec<Payout>, Option<PageToken>), StoreError> {
        let list = self.list_of(filter);
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.read(move |connection| list::list(connection, &list, &filter, &page)).await
    }

    async fn list_operators_business(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<Record>, Option<PageToken>), StoreError> {
        let list = self.list_of(&("operators' business", merchant));
        let (merchant, page) = (merchant.cloned(), page.clone());
        let reading = move |connection: &_| {
            list::operators_business(connection, &list, merchant.as_ref(), &page)
        };
        self.readers.read(reading).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<PayoutId>, StoreError> {
        let claim = claim.clone();
        self.writer.write(move |changes| claims::claim(changes, &claim)).await
    }

    async fn release(&self, holder: &Incarnation, payouts: &[PayoutId]) -> Result<(), StoreError> {
        let (holder, payouts) = (holder.to_string(), payouts.to_vec());
        self.writer.write(move |changes| claims::release(changes, &holder, &payouts)).await
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(claims::next).await
    }

    async fn read(
        &self,
        after: &Cursor,
        selection: &Selection,
        limit: usize,
    ) -> Result<Batch, ReadError> {
        let after = self.log.position(after)?;
        let (log, selection) = (self.log.clone(), selection.clone());
        let reading = move |connection: &_| log.read(connection, after, &selection, limit);
        self.readers.read(reading).await?.ok_or(ReadError::OutOfRange)
    }

    async fn changed(&self, after: &Cursor, selection: &Selection) -> Result<(), StoreError> {
        // Reading from a cursor that does not belong here says so; waiting would not.
        let Ok(after) = self.log.position(after) else { return Ok(()) };
        let beyond = after > self.states.borrow().latest;
        if beyond || self.waits.wait(selection, after).await {
            return Ok(());
        }
        Err(StoreError::NotWritten(self.stopped().await))
    }

    async fn ends(&self) -> Result<Ends, StoreError> {
        let log = self.log.clone();
        self.readers.read(move |connection| log.ends(connection)).await
    }

    async fn load_destination(
        &self,
        id: &DestinationId,
    ) -> Result<Option<Destination>, StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| destinations::load(connection, &id)).await
    }

    async fn write_destination(
        &self,
        write: &DestinationWrite,
    ) -> Result<DestinationWritten, StoreError> {
        let new = NewDestination::try_from(write)?;
        self.writer.write(move |changes| destinations::write(changes, &new)).await
    }

    async fn list_destinations(
        &self,
        filter: &DestinationFilter,
        page: &Page,
    ) -> Result<(Vec<Destination>, Option<PageToken>), StoreError> {
        let list = self.list_of(filter);
        let (filter, page) = (filter.clone(), page.clone());
        let reading = move |connection: &_| destinations::list(connection, &list, &filter, &page);
        self.readers.read(reading).await
    }
}
