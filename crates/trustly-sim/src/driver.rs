//! What time brings about: one task that works off the agenda and keeps a bounded number of
//! senders busy.

mod delivery;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, Either, select};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agenda::Task;
use crate::clock::Moment;
use crate::sim::{Sim, State};
use crate::{amer, eu};

/// Deliveries under way at once; the others wait in the outbox.
const SENDERS_MAX: usize = 32;

/// With an empty agenda there is nothing to wake up for but a change.
const IDLE_MAX: Duration = Duration::from_secs(3_600);

/// Runs until told to stop; deliveries still under way are then broken off.
pub(crate) async fn run(sim: Arc<Sim>, client: reqwest::Client, mut stop: watch::Receiver<bool>) {
    let mut senders = JoinSet::new();
    while !*stop.borrow() {
        let next_due = work_off(&sim);
        while senders.len() < SENDERS_MAX {
            let Some(notice) = sim.read().outbox.pop_front() else { break };
            senders.spawn(delivery::deliver(Arc::clone(&sim), client.clone(), notice));
        }
        wait(&sim, next_due, &mut senders, &mut stop).await;
    }
    senders.shutdown().await;
}

/// Everything that is due, in order; gives the time of what is due next.
fn work_off(sim: &Sim) -> Option<Duration> {
    let now = sim.settings.clock.now();
    let mut state = sim.read();
    while let Some(task) = state.agenda.take_due(now.since_start) {
        perform(sim, &mut state, now, task);
    }
    state.agenda.next_due()
}

/// Exhaustive on purpose: a task that nobody performs would be lost silently.
fn perform(sim: &Sim, state: &mut State, now: Moment, task: Task) {
    match task {
        Task::Conclude(order) => eu::conclude(state, &sim.settings, now, order),
        Task::Return(order) => eu::return_to_sender(state, &sim.settings, now, order),
        Task::Abandon(selection) => eu::abandon(state, &sim.settings, now, selection),
        Task::Advance(id, step) => amer::advance(state, &sim.settings, now, (id, step)),
        Task::EndSession(session) => amer::end_session(state, &sim.settings, now, session),
        Task::Deliver(notice) => state.outbox.push_back(notice),
        Task::LateCall(call) => eu::handle_late(sim, state, now, &call),
        Task::LateRequest(call) => amer::handle_late(sim, state, now, &call),
    }
}

/// Until told to stop, a sender is free, the state changed, or the next task is due.
async fn wait(
    sim: &Sim,
    next_due: Option<Duration>,
    senders: &mut JoinSet<()>,
    stop: &mut watch::Receiver<bool>,
) {
    let clock = sim.settings.clock;
    let wake_at = match next_due {
        Some(due) => clock.instant(due),
        None => clock.instant(clock.now().since_start + IDLE_MAX),
    };
    let stopped = pin!(stop.changed());
    let changed = pin!(sim.changed.notified());
    let due = pin!(tokio::time::sleep_until(Instant::from_std(wake_at)));
    let sent = pin!(async {
        match senders.join_next().await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::error!(%error, "a delivery ended in a bug"),
            None => future::pending().await,
        }
    });
    match select(stopped, select(sent, select(changed, due))).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}
