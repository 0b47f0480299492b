//! When the process is asked to stop.

/// Returns at the first SIGTERM or SIGINT.
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be received; stop the process with SIGKILL");
        return std::future::pending().await;
    };
    let terminate = std::pin::pin!(terminate.recv());
    let interrupt = std::pin::pin!(interrupt.recv());
    futures_util::future::select(terminate, interrupt).await;
}
