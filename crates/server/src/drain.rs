//! The one signal by which everything here learns that the server is to stop.

use tokio::sync::watch;

/// Begins the drain; dropping it does too.
pub(crate) struct Begin(watch::Sender<bool>);

/// Tells when the drain has begun.
#[derive(Clone)]
pub(crate) struct Drain(watch::Receiver<bool>);

/// A signal that has not been given yet.
pub(crate) fn drain() -> (Begin, Drain) {
    let (sender, receiver) = watch::channel(false);
    (Begin(sender), Drain(receiver))
}

impl Begin {
    pub(crate) fn begin(&self) {
        self.0.send_replace(true);
    }
}

impl Drain {
    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once the drain has begun.
    pub(crate) async fn begun(&self) {
        // An error means that the sender is gone, which is a stop as well.
        let _ = self.0.clone().wait_for(|begun| *begun).await;
    }
}
