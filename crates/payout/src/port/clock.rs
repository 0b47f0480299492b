//! Time, as a port. The only real clock is in the composition root.

use std::time::Duration;

use async_trait::async_trait;

use crate::time::{Time, Timestamp};

/// What time it is, and waiting for another.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day, and since when it has run evenly: both read at once, so that no jump lies
    /// between the two. Starts with the process, which cannot know what happened before it.
    fn time(&self) -> Time;

    /// The time of day. May jump; used for what is recorded and compared across processes. What a
    /// proof rests on is compared by [`Time::has_passed`].
    fn wall(&self) -> Timestamp {
        self.time().wall
    }

    /// Time since some fixed point of this process. Never jumps; used to measure how much of a
    /// lease or a time-out is left.
    fn monotonic(&self) -> Duration;

    /// Returns once [`Clock::monotonic`] is `until` or later. Dropping the future cancels nothing
    /// but the wait.
    async fn sleep_until(&self, until: Duration);
}
