//! Time, as a port. The only real clock is in the composition root.

use std::time::Duration;

use async_trait::async_trait;

use crate::time::Timestamp;

/// What time it is, and waiting for another.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day. May jump; used for what is recorded and compared across processes.
    fn wall(&self) -> Timestamp;

    /// Time since some fixed point of this process. Never jumps; used to measure how much of a
    /// lease or a time-out is left.
    fn monotonic(&self) -> Duration;

    /// Returns once [`Clock::monotonic`] is `until` or later. Dropping the future cancels nothing
    /// but the wait.
    async fn sleep_until(&self, until: Duration);
}
