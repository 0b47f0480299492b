//! What the suite needs of the store that it tests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use payout::port::Store;
use payout::time::Timestamp;

/// A store of its own for one case, empty at first, with a clock.
#[async_trait]
pub trait Subject: Send {
    /// The store. A case drops what it got before it reopens.
    fn store(&self) -> Arc<dyn Store>;

    /// The time that the store goes by.
    fn now(&self) -> Timestamp;

    /// Lets time pass, for stores with a clock of their own really; cases ask for seconds.
    async fn pass(&mut self, duration: Duration);

    /// Lets go of the store and opens it again, as a process does that is stopped and started.
    async fn reopen(&mut self);

    /// Another empty store of the same kind.
    async fn another(&self) -> Box<dyn Subject>;
}
