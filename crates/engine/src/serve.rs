//! Where the work is done. Every task of the engine is spawned here, and [`serve`] returns when
//! they are done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join4, select};
use payout::id::PayoutId;
use payout::port::{Claim, StoreError};
use payout::time::Timestamp;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::Engine;
use crate::create::Plan;
use crate::daily;
use crate::engine::Limits;

/// Something a caller wants done whether or not it waits for it.
pub(crate) enum Job {
    /// Write a payout and send it.
    Create(Box<Plan>),
}

/// The receiving end of an engine's work.
pub struct Work {
    jobs: mpsc::Receiver<Job>,
    recoveries: Arc<Semaphore>,
}

impl Work {
    pub(crate) fn new(jobs: mpsc::Receiver<Job>, limits: &Limits) -> Self {
        Self { jobs, recoveries: Arc::new(Semaphore::new(limits.recoveries_max)) }
    }
}

/// Does an engine's work until `shutdown`: carries out creations, drives what is due, and compares
/// settlement reports. Then
/// nothing new is begun; what is under way is finished within `grace`, and the rest is left to the
/// recovery of whoever comes next.
pub async fn serve(
    engine: Engine,
    work: Work,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) {
    let Work { jobs, recoveries } = work;
    // Before anything is sent: a pause outlives the process that was told of it.
    engine.refresh_queues().await;
    engine.hurry_what_is_not_held();
    let (stop, stopped) = watch::channel(false);
    let signal = async {
        shutdown.await;
        engine.shared().creations.close();
        // Nobody listening any more means that both loops have ended already.
        let _ = stop.send(true);
    };
    let creations = create_what_is_asked(&engine, jobs, stopped.clone(), grace);
    let daily = daily::check_settlements(&engine, wait_for_stop(stopped.clone()));
    let recoveries = recover_what_is_due(&engine, &recoveries, stopped, grace);
    join4(signal, creations, recoveries, daily).await;
}

async fn create_what_is_asked(
    engine: &Engine,
    mut jobs: mpsc::Receiver<Job>,
    stopped: watch::Receiver<bool>,
    grace: Duration,
) {
    let mut tasks = JoinSet::new();
    loop {
        let job = std::pin::pin!(jobs.recv());
        let stop = std::pin::pin!(wait_for_stop(stopped.clone()));
        match select(stop, job).await {
            Either::Right((Some(job), _)) => carry_out(engine, job, &mut tasks),
            Either::Right((None, _)) | Either::Left(_) => break,
        }
        while tasks.try_join_next().is_some() {}
    }
    // What was handed over before the stop was promised to be carried out.
    jobs.close();
    while let Ok(job) = jobs.try_recv() {
        carry_out(engine, job, &mut tasks);
    }
    finish(engine, tasks, grace).await;
}

fn carry_out(engine: &Engine, job: Job, tasks: &mut JoinSet<()>) {
    let engine = engine.clone();
    match job {
        Job::Create(plan) => tasks.spawn(async move { engine.carry_out(*plan).await }),
    };
}

async fn recover_what_is_due(
    engine: &Engine,
    permits: &Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
    grace: Duration,
) {
    let mut tasks = JoinSet::new();
    let mut look_at_queues = Duration::ZERO;
    let mut trouble = Trouble::default();
    let mut steady_since = engine.time().steady_since;
    while !*stopped.borrow() {
        if engine.time().steady_since != steady_since {
            steady_since = engine.time().steady_since;
            engine.hurry_everything();
        }
        engine.refresh_continuity().await;
        if engine.clock().monotonic() >= look_at_queues {
            engine.refresh_queues().await;
            look_at_queues = engine.clock().monotonic() + engine.parts().limits.recovery_interval;
        }
        for (merchant, hurried) in engine.resumed() {
            let engine = engine.clone();
            tasks.spawn(async move { engine.hurry(&merchant, hurried).await });
        }
        let claimed = match claim(engine, permits.available_permits()).await {
            Ok(claimed) => claimed,
            Err(error) => {
                let interval = engine.parts().limits.recovery_interval;
                let (told, next) = trouble.met(engine.clock().monotonic(), interval);
                if told {
                    let failures = trouble.count;
                    tracing::error!(%error, failures, "cannot look for payouts that are due");
                }
                let stop = std::pin::pin!(wait_for_stop(stopped.clone()));
                select(stop, engine.clock().sleep_until(next)).await;
                continue;
            }
        };
        trouble.over();
        if claimed.is_empty() {
            let stop = std::pin::pin!(wait_for_stop(stopped.clone()));
            let due = std::pin::pin!(wait_for_work(engine));
            select(stop, due).await;
        }
        for payout in claimed {
            let permit = permits.clone().try_acquire_owned();
            let permit = permit.expect("no more is claimed than there are permits");
            let engine = engine.clone();
            tasks.spawn(async move {
                engine.drive(&payout).await;
                drop(permit);
            });
        }
        while tasks.try_join_next().is_some() {}
    }
    finish(engine, tasks, grace).await;
}

/// That the store does not say what is due, pass after pass: a full disk lasts for hours.
#[derive(Default)]
struct Trouble {
    /// Passes in a row that failed.
    count: u32,
    /// When it was last told.
    told: Duration,
}

impl Trouble {
    /// Counts a pass that failed at `now`. Says whether it is to be told, which the first is and
    /// then one per interval, and when to look again.
    fn met(&mut self, now: Duration, interval: Duration) -> (bool, Duration) {
        let told = self.count == 0 || now.saturating_sub(self.told) >= TROUBLE_TOLD_INTERVAL;
        if told {
            self.told = now;
        }
        let doublings = self.count.min(TROUBLE_DOUBLINGS_MAX);
        let pause = interval.max(SHORTEST_PAUSE).saturating_mul(1 << doublings);
        self.count = self.count.saturating_add(1);
        (told, now.saturating_add(pause.min(TROUBLE_PAUSE_MAX)))
    }

    fn over(&mut self) {
        if self.count > 0 {
            tracing::info!(failures = self.count, "payouts that are due are looked for again");
            self.count = 0;
        }
    }
}

/// How often it is told that a trouble lasts.
const TROUBLE_TOLD_INTERVAL: Duration = Duration::from_secs(60);

/// The longest pause after a failed look: how long payouts wait at most once the disk has room.
const TROUBLE_PAUSE_MAX: Duration = Duration::from_secs(10);

/// More make no longer pause, whatever the interval is.
const TROUBLE_DOUBLINGS_MAX: u32 = 10;

async fn claim(engine: &Engine, limit: usize) -> Result<Vec<PayoutId>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let now = engine.now();
    let until = now.plus(engine.parts().limits.lease);
    let holder = engine.parts().incarnation.clone();
    engine.store().claim(&Claim { holder, now, until, limit }).await
}

/// Returns when something should be due, when somebody says so, or after the longest pause.
async fn wait_for_work(engine: &Engine) {
    let clock = engine.clock();
    let pause = engine.parts().limits.recovery_interval;
    let next = engine.store().next_due_at().await.ok().flatten().unwrap_or(Timestamp::MAX);
    // A due time in the past means that all drivers are busy: no need to look at once.
    let until_next = next.since(engine.now()).max(SHORTEST_PAUSE);
    let asleep = clock.sleep_until(clock.monotonic() + pause.min(until_next));
    let rung = std::pin::pin!(engine.shared().due.notified());
    select(rung, asleep).await;
}

/// The shortest pause between two looks for payouts that are due; bounds what looking costs.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

async fn wait_for_stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Waits for tasks under way; what is not done within `grace` is cut off, as a crash would.
async fn finish(engine: &Engine, mut tasks: JoinSet<()>, grace: Duration) {
    let end = engine.clock().monotonic() + grace;
    let all = std::pin::pin!(async { while tasks.join_next().await.is_some() {} });
    if let Either::Right(_) = select(all, engine.clock().sleep_until(end)).await {
        tracing::warn!("submissions under way are left to recovery: the grace period is over");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_trouble_is_told_once_a_minute_and_met_ever_more_rarely() {
        let mut trouble = Trouble::default();
        let (mut now, mut times) = (Duration::from_secs(100), Vec::new());
        let end = now + Duration::from_secs(600);
        let mut passes = 0;
        while now < end {
            let (told, next) = trouble.met(now, Duration::ZERO);
            if told {
                times.push(now.as_secs());
            }
            assert!(next >= now + SHORTEST_PAUSE && next <= now + TROUBLE_PAUSE_MAX);
            (now, passes) = (next, passes + 1);
        }
        assert!(passes < 80, "{passes} passes in ten minutes");
        assert!(times.len() >= 8 && times.is_sorted_by(|a, b| b - a >= 60), "{times:?}");
        trouble.over();
        assert!(trouble.met(now, Duration::ZERO).0, "a new trouble is told at once");
    }
}
