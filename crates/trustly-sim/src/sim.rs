//! The simulator's whole state, behind one lock that no `await` holds.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::agenda::Agenda;
use crate::amer;
use crate::config::Settings;
use crate::eu;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::notices::{NoticeId, Notices};
use crate::requests::Requests;
use crate::rng::{Ids, Rng};

pub(crate) struct Sim {
    pub(crate) settings: Settings,
    state: Mutex<State>,
    /// Rung on every change of state, so that the driver looks at its agenda again.
    pub(crate) changed: Notify,
    /// Counts finished attempts to deliver a notification.
    pub(crate) attempts: watch::Sender<u64>,
}

pub(crate) struct State {
    /// Drawn from under the lock only, so that one order of requests gives one order of choices.
    pub(crate) rng: Rng,
    /// Shared by both regions: no order, transaction or notification has another's id.
    pub(crate) ids: Ids,
    pub(crate) agenda: Agenda,
    /// Notifications whose time has come, waiting for a free sender.
    pub(crate) outbox: VecDeque<NoticeId>,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) notices: Notices,
    pub(crate) requests: Requests,
    pub(crate) eu: eu::Book,
    pub(crate) amer: amer::Book,
}

impl Sim {
    pub(crate) fn new(settings: Settings) -> Self {
        let state = State {
            rng: Rng::new(settings.seed),
            ids: Ids::new(settings.seed),
            agenda: Agenda::default(),
            outbox: VecDeque::new(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            notices: Notices::default(),
            requests: Requests::default(),
            eu: eu::Book::new(&settings.eu),
            amer: amer::Book::new(&settings.amer),
        };
        Self {
            settings,
            state: Mutex::new(state),
            changed: Notify::new(),
            attempts: watch::Sender::new(0),
        }
    }

    /// For looking. Guards are dropped before anything is awaited.
    pub(crate) fn read(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic under the lock is a bug that must not be served from")
    }

    /// Returns once a notification was delivered or its first attempt failed, or after `wait_max`.
    pub(crate) async fn wait_for_attempt(&self, notice: NoticeId, wait_max: Duration) {
        let mut attempts = self.attempts.subscribe();
        let attempted = attempts.wait_for(|_| self.read().notices.get(notice).is_settled_once());
        // On time-out what was to come second comes first, which real peers have to bear as well.
        let _ = tokio::time::timeout(wait_max, attempted).await;
    }

    /// For whatever may put something on the agenda or into the outbox: wakes the driver.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.read());
        self.changed.notify_one();
        outcome
    }
}
