//! The real clock: the only place of the product that reads one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use payout::port::Clock;
use payout::time::{Time, Timestamp};

/// How far the time of day and the time that passes may drift apart between two readings and still
/// count as one even run. Wider than two clocks that are read one after the other on a busy
/// machine, and far narrower than any duration that a proof rests on in production.
const DRIFT_MAX: Duration = Duration::from_secs(1);

/// How long one reading serves as the point that later ones are compared with. Clocks are
/// disciplined by at most half a millisecond a second: an honest drift stays below [`DRIFT_MAX`].
const ANCHOR_AGE_MAX: Duration = Duration::from_secs(60);

/// The system's clocks.
pub(crate) struct SystemClock {
    started: Instant,
    run: Mutex<EvenRun>,
}

impl SystemClock {
    pub(crate) fn start() -> Self {
        let started = Instant::now();
        let run = EvenRun::begin(time_of_day(), Duration::ZERO);
        Self { started, run: Mutex::new(run) }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn time(&self) -> Time {
        // Read under the lock: two readings must not overtake each other.
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        run.read(time_of_day(), self.started.elapsed())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep_until(&self, until: Duration) {
        // `Duration::MAX` and the like mean never; the runtime's clock cannot add that much.
        let Some(instant) = self.started.checked_add(until) else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(instant.into()).await;
    }
}

fn time_of_day() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // A clock before 1970 is wrong in any case; the epoch is as wrong and does no harm.
    Timestamp::EPOCH.plus(since.unwrap_or_default())
}

/// Since when the time of day has passed as fast as time does. A machine that slept looks like one
/// whose clock was set, and is treated alike.
struct EvenRun {
    wall: Timestamp,
    passed: Duration,
    since: Timestamp,
}

impl EvenRun {
    fn begin(wall: Timestamp, passed: Duration) -> Self {
        Self { wall, passed, since: wall }
    }

    fn read(&mut self, wall: Timestamp, passed: Duration) -> Time {
        let age = passed.saturating_sub(self.passed);
        let expected = self.wall.plus(age);
        let drift = wall.since(expected).max(expected.since(wall));
        if drift > DRIFT_MAX {
            tracing::warn!(
                from = %expected, to = %wall,
                "the time of day jumped: proofs that rest on waiting begin anew"
            );
            *self = Self::begin(wall, passed);
        } else if age > ANCHOR_AGE_MAX {
            *self = Self { wall, passed, since: self.since };
        }
        Time { wall, steady_since: self.since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_clock_that_is_disciplined_runs_evenly() {
        let mut run = EvenRun::begin(START, Duration::ZERO);
        for minutes in 1..10_000 {
            let passed = Duration::from_secs(60 * minutes);
            let fast = passed + passed / 2000;
            assert_eq!(run.read(START.plus(fast), passed).steady_since, START, "{minutes} minutes");
        }
    }

    #[test]
    fn a_clock_that_is_set_begins_a_new_run() {
        for wall in [START.plus(HOUR), Timestamp::from_millis(START.as_millis() - 3_600_000)] {
            let mut run = EvenRun::begin(START, Duration::ZERO);
            assert_eq!(run.read(START.plus(SECOND), SECOND).steady_since, START);
            let set = run.read(wall, 2 * SECOND);
            assert_eq!(set, Time { wall, steady_since: wall });
            assert!(!set.has_passed(HOUR / 2, START));
            let later = run.read(wall.plus(HOUR), HOUR + 2 * SECOND);
            assert_eq!(later.steady_since, wall);
            assert!(later.has_passed(HOUR, wall));
        }
    }

    #[test]
    fn a_machine_that_slept_begins_a_new_run() {
        let mut run = EvenRun::begin(START, Duration::ZERO);
        let awake = run.read(START.plus(HOUR), SECOND);
        assert_eq!(awake.steady_since, START.plus(HOUR));
    }

    #[tokio::test]
    async fn the_systems_clocks_agree() {
        let clock = SystemClock::start();
        let first = clock.time();
        clock.sleep_until(clock.monotonic() + Duration::from_millis(5)).await;
        let second = clock.time();
        assert_eq!(first.steady_since, second.steady_since);
        assert!(second.has_passed(Duration::from_millis(4), first.wall));
    }
}
