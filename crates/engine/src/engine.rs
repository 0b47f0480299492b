//! What the engine is made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use payout::id::{Incarnation, Merchant, PayoutId};
use payout::keys::KeyRing;
use payout::port::{self, Adapter, Clock, Store};
use payout::record::{Payout, Record, Stored};
use payout::seal::Place;
use payout::time::{Time, Timestamp};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::query::QueryError;
use crate::queues::Queues;
use crate::receive::Complaints;
use crate::serve::{Job, Work};
use crate::settlements::Settlements;
use crate::treasury::{self, Asking};

/// How much the engine does at once, and how often it looks.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Payouts that callers have under way at once; one more is refused at once.
    pub creations_max: usize,
    /// Payouts that recovery drives at once, beside those of callers.
    pub recoveries_max: usize,
    /// How long a claim on a payout lasts; longer than any one call to a provider.
    pub lease: Duration,
    /// The longest pause between two looks for payouts that are due.
    pub recovery_interval: Duration,
    /// The longest that a caller is kept waiting, whatever its own deadline.
    pub wait_max: Duration,
    /// How long after midnight UTC a day's settlement reports should be there.
    pub settlement_check_at: Duration,
}

/// What an engine is put together from.
pub struct Parts {
    /// Where everything lies.
    pub store: Arc<dyn Store>,
    /// What all replicas of this process share, and may lose.
    pub shared: Arc<dyn port::Shared>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The installation's keys.
    pub keys: KeyRing,
    /// Each merchant's provider.
    pub merchants: BTreeMap<Merchant, Arc<dyn Adapter>>,
    /// This run of this process; never used by another.
    pub incarnation: Incarnation,
    /// How much is done at once.
    pub limits: Limits,
}

/// A handle on the engine. Cheap to clone; the work itself is done by [`crate::serve`].
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) jobs: mpsc::Sender<Job>,
    /// One permit per creation under way; closed when the engine stops.
    pub(crate) creations: Arc<Semaphore>,
    /// Rung when something became due earlier than recovery may expect.
    pub(crate) due: Notify,
    /// When operators were last told that notifications are refused.
    pub(crate) complaints: Complaints,
    /// Which merchants' queues are held.
    pub(crate) queues: Queues,
    /// Checks of settlement reports.
    pub(crate) settlements: Settlements,
    /// Questions for funds.
    pub(crate) asking: Asking,
    /// Since when the store has forgotten nothing, as it last said.
    continuous_since: AtomicI64,
}

impl Engine {
    /// The engine and the work that [`crate::serve`] is to do for it.
    pub fn new(parts: Parts) -> (Self, Work) {
        // One place per permitted creation: a permit is taken before a job is sent.
        let (jobs, receiver) = mpsc::channel(parts.limits.creations_max);
        let work = Work::new(receiver, &parts.limits);
        let creations = Arc::new(Semaphore::new(parts.limits.creations_max));
        let asking = treasury::asking(&parts);
        let shared = Shared {
            parts,
            jobs,
            creations,
            due: Notify::new(),
            queues: Queues::default(),
            settlements: Settlements::default(),
            asking,
            complaints: Complaints::default(),
            // Until the store has said otherwise nothing is proven.
            continuous_since: AtomicI64::new(Timestamp::MAX.as_millis()),
        };
        (Self { shared: Arc::new(shared) }, work)
    }

    /// The merchants served.
    pub fn merchants(&self) -> impl Iterator<Item = &Merchant> {
        self.parts().merchants.keys()
    }

    /// Whether a merchant is served here.
    pub fn serves(&self, merchant: &Merchant) -> bool {
        self.parts().merchants.contains_key(merchant)
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts().clock
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.shared.parts
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.parts().store.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts().clock.wall()
    }

    pub(crate) fn time(&self) -> Time {
        self.parts().clock.time()
    }

    pub(crate) fn adapter(&self, merchant: &Merchant) -> Result<&dyn Adapter, QueryError> {
        match self.parts().merchants.get(merchant) {
            Some(adapter) => Ok(adapter.as_ref()),
            None => Err(QueryError::UnknownMerchant),
        }
    }

    pub(crate) async fn load_record(&self, id: &PayoutId) -> Result<Option<Record>, QueryError> {
        match self.store().load(id).await? {
            Some(Stored::Payout(record)) => Ok(Some(*record)),
            Some(Stored::Fence(_)) | None => Ok(None),
        }
    }

    /// Asks the store since when it has forgotten nothing; also the sign of life that proves it.
    pub(crate) async fn refresh_continuity(&self) {
        match self.store().continuous_since(self.now()).await {
            Ok(since) => self.shared.continuous_since.store(since.as_millis(), Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "cannot confirm the continuity of the store"),
        }
    }

    /// Makes sure that [`Engine::continuous_since`] is what the store says, before anything that a
    /// payout's past decides about.
    pub(crate) async fn learn_continuity(&self) {
        if self.continuous_since() == Timestamp::MAX {
            self.refresh_continuity().await;
        }
    }

    /// Since when the store has forgotten nothing; the end of time while it has not said so.
    pub(crate) fn continuous_since(&self) -> Timestamp {
        Timestamp::from_millis(self.shared.continuous_since.load(Ordering::Relaxed))
    }
}

/// Where a secret of a payout belongs.
pub(crate) fn place<'a>(payout: &'a Payout, field: &'a str) -> Place<'a> {
    Place { merchant: &payout.order.merchant, record: payout.id.as_str(), field }
}

/// The names of a payout's sealed fields, as they are authenticated.
pub(crate) mod field {
    pub(crate) const REQUEST: &str = "request";
    pub(crate) const HANDLE: &str = "handle";
    pub(crate) const LINK_URL: &str = "link url";
    pub(crate) const TARGET: &str = "target";
    pub(crate) const PARTIES: &str = "parties";
    pub(crate) const EVIDENCE: &str = "evidence";
    pub(crate) const NOTIFICATION: &str = "notification";
}
