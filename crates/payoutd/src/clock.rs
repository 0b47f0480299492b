//! The real clock: the only place of the product that reads one.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use payout::port::Clock;
use payout::time::Timestamp;

/// The system's clocks.
pub(crate) struct SystemClock {
    started: Instant,
}

impl SystemClock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        // A clock before 1970 is wrong in any case; the epoch is as wrong and does no harm.
        Timestamp::EPOCH.plus(since.unwrap_or_default())
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
