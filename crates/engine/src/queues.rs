//! Stopping a merchant's queue: by an operator, or because the provider refuses our access (what
//! begins and ends that is `access`). What waits goes on when the last hold is over.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payout::id::{Merchant, PayoutId};
use payout::machine::Block;
use payout::port::{Filter, Page, StoreError};
use payout::queue::{QueueHold, QueueHoldCause, QueueHoldKind};
use payout::settlement::Note;
use payout::state::{Outcome, StateName};
use payout::time::Timestamp;
use thiserror::Error;

use crate::Engine;
use crate::probe::Probe;
use crate::query::QueryError;
use crate::take::Change;

/// How often a payout that waits behind a hold looks for itself whether that is over: only a lost
/// word of the end makes it wait so long.
const QUEUE_LOOK: Duration = Duration::from_secs(10 * 60);

/// Payouts of a merchant that are made due at once when its queue is resumed; then the next ones.
const RESUMED_AT_ONCE: usize = 500;

/// What is known here of the queues that are held. The store knows it for ever and for everybody.
#[derive(Default)]
pub(crate) struct Queues {
    held: Mutex<Holds>,
    /// Merchants whose payouts are to be made due, and which of them.
    resumed: Mutex<BTreeMap<Merchant, Hurried>>,
    /// When the newest request of each merchant was made that the provider let in.
    pub(crate) let_in: Mutex<BTreeMap<Merchant, Timestamp>>,
}

/// By merchant and kind: at most one hold of each kind.
pub(crate) type Holds = BTreeMap<(Merchant, QueueHoldKind), Held>;

#[derive(Clone)]
pub(crate) struct Held {
    hold: QueueHold,
    /// Whether the store has it: only then its absence there means that it is over.
    stored: bool,
    /// When one payout tries whether our access is back.
    pub(crate) probe: Probe,
}

/// Which payouts of a merchant are made due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hurried {
    /// Those that a hold keeps from being sent. What the provider has accepted is left alone: there
    /// may be a million of it, and it is looked at again in time by itself.
    Waiting,
    /// All whose outcome is not known.
    Undecided,
}

/// Why a queue was not held or resumed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueueError {
    /// No such merchant is configured.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Queues {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Holds> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_resumed(&self) -> MutexGuard<'_, BTreeMap<Merchant, Hurried>> {
        self.resumed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Stops sending for a merchant, durably. What is under way is finished; look-ups, polls and
    /// notifications go on. Repeatable: the latest word on why stands.
    pub async fn pause(
        &self,
        merchant: &Merchant,
        operator: Note,
        why: Note,
    ) -> Result<QueueHold, QueueError> {
        self.adapter(merchant)?;
        let cause = QueueHoldCause::Paused { operator, why };
        let hold = QueueHold { merchant: merchant.clone(), since: self.now(), cause };
        self.store().hold_queue(&hold).await?;
        tracing::warn!(%merchant, "submission is paused by an operator");
        self.remember(hold.clone(), Probe::found(self.now()), true);
        Ok(hold)
    }

    /// Lets a paused merchant send again; what waits is due at once. False if it was not paused.
    pub async fn resume(&self, merchant: &Merchant) -> Result<bool, QueueError> {
        self.adapter(merchant)?;
        let was_paused = self.store().resume_queue(merchant, QueueHoldKind::Paused).await?;
        if was_paused {
            tracing::warn!(%merchant, "submission is resumed by an operator");
            self.forget(merchant, QueueHoldKind::Paused);
        }
        Ok(was_paused)
    }

    /// What holds a merchant's queue.
    pub fn queue_holds(&self, merchant: &Merchant) -> Vec<QueueHold> {
        let held = self.shared().queues.lock();
        let mut holds = Vec::new();
        for kind in [QueueHoldKind::Paused, QueueHoldKind::AccessRefused] {
            if let Some(held) = held.get(&(merchant.clone(), kind)) {
                holds.push(held.hold.clone());
            }
        }
        holds
    }

    /// Learns what others have held or resumed since, and what was held before this process began.
    pub(crate) async fn refresh_queues(&self) {
        // Before the store is asked: what is held in the meantime cannot be in its answer.
        let known = self.stored_holds();
        let holds = match self.store().queue_holds().await {
            Ok(holds) => holds,
            Err(error) => {
                tracing::warn!(%error, "cannot read which queues are held");
                return;
            }
        };
        for (merchant, kind) in known {
            if !holds.iter().any(|hold| hold.merchant == merchant && hold.kind() == kind) {
                self.forget(&merchant, kind);
            }
        }
        for hold in holds {
            self.remember(hold, Probe::found(self.now()), true);
        }
        self.find_who_tries().await;
    }

    fn stored_holds(&self) -> Vec<(Merchant, QueueHoldKind)> {
        let held = self.shared().queues.lock();
        held.iter().filter(|(_, held)| held.stored).map(|(key, _)| key.clone()).collect()
    }

    pub(crate) fn remember(&self, hold: QueueHold, probe: Probe, stored: bool) {
        let key = (hold.merchant.clone(), hold.kind());
        let mut held = self.shared().queues.lock();
        match held.get_mut(&key) {
            Some(held) => {
                held.hold = hold;
                held.stored |= stored;
            }
            None => _ = held.insert(key, Held { hold, stored, probe }),
        }
    }

    /// The hold is over, for all that waits behind it.
    pub(crate) fn forget(&self, merchant: &Merchant, kind: QueueHoldKind) {
        let was_held = self.shared().queues.lock().remove(&(merchant.clone(), kind)).is_some();
        if !was_held {
            return;
        }
        let polls = self.adapter(merchant).is_ok_and(|adapter| adapter.policy().polling.is_some());
        let hurried = match kind {
            // Without access nothing was asked about either.
            QueueHoldKind::AccessRefused if polls => Hurried::Undecided,
            QueueHoldKind::AccessRefused | QueueHoldKind::Paused => Hurried::Waiting,
        };
        self.hurry_soon(merchant, hurried);
        self.shared().due.notify_one();
    }

    /// Has everything of everybody looked at: what was scheduled by a clock that was set since may
    /// be scheduled for any time.
    pub(crate) fn hurry_everything(&self) {
        for merchant in self.merchants() {
            self.hurry_soon(merchant, Hurried::Undecided);
        }
    }

    /// Has what waits without a hold looked at: a hold may have ended for a process that died
    /// before it had woken everything.
    pub(crate) fn hurry_what_is_not_held(&self) {
        for merchant in self.merchants() {
            if self.block(merchant).is_none() {
                self.hurry_soon(merchant, Hurried::Waiting);
            }
        }
    }

    fn hurry_soon(&self, merchant: &Merchant, hurried: Hurried) {
        let mut resumed = self.shared().queues.lock_resumed();
        let asked = resumed.entry(merchant.clone()).or_insert(hurried);
        *asked = hurried.max(*asked);
    }

    /// The merchants whose payouts are to be made due, asked for since this was last called.
    pub(crate) fn resumed(&self) -> BTreeMap<Merchant, Hurried> {
        std::mem::take(&mut *self.shared().queues.lock_resumed())
    }

    /// What stops a merchant's payouts now: without access even what a pause lets through.
    pub(crate) fn block(&self, merchant: &Merchant) -> Option<Block> {
        let held = self.shared().queues.lock();
        let of = |kind| held.get(&(merchant.clone(), kind));
        if of(QueueHoldKind::AccessRefused).is_some() {
            return Some(Block::AccessRefused(self.now().plus(QUEUE_LOOK)));
        }
        of(QueueHoldKind::Paused).map(|_| Block::Paused(self.now().plus(QUEUE_LOOK)))
    }

    /// Makes these payouts of a merchant due now.
    pub(crate) async fn hurry(&self, merchant: &Merchant, hurried: Hurried) {
        let filter = match hurried {
            Hurried::Waiting => waiting(merchant),
            Hurried::Undecided => Filter { states: Vec::new(), ..waiting(merchant) },
        };
        let mut after = None;
        loop {
            let page = Page { after, size: RESUMED_AT_ONCE };
            let (payouts, next) = match self.store().list(&filter, &page).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%merchant, %error, "payouts go on later than they could");
                    return;
                }
            };
            for payout in payouts {
                self.hurry_one(&payout.id).await;
            }
            match next {
                Some(token) => after = Some(token),
                None => return,
            }
        }
    }

    pub(crate) async fn hurry_one(&self, id: &PayoutId) {
        let change = Change { hurry: true, ..Change::default() };
        if let Err(error) = self.take(id, change).await {
            tracing::warn!(payout = %id, %error, "the payout goes on later than it could");
        }
    }
}

/// What a hold may keep from being sent, first or again.
pub(crate) fn waiting(merchant: &Merchant) -> Filter {
    Filter {
        states: vec![StateName::Pending, StateName::Indeterminate],
        outcome: Some(Outcome::Undecided),
        ..Filter::all(merchant)
    }
}
