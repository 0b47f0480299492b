//! The accept loop that the three ports share.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use payout::port::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::drain::Drain;

/// The pause after a failed accept: out of file descriptors, trying again at once only burns time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves each connection in a task of its own, at most `connections_max` at once; one more is
/// closed as soon as it is made. Once the drain has begun nothing new is accepted, and it returns
/// when every connection is done. Dropping the future cuts all of them off.
pub(crate) async fn serve<F, C>(
    listener: TcpListener,
    connections_max: usize,
    clock: Arc<dyn Clock>,
    drain: Drain,
    connection: F,
) where
    F: Fn(TcpStream) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let stop = std::pin::pin!(drain.begun());
        let accept = std::pin::pin!(listener.accept());
        let accepted = match select(stop, accept).await {
            Either::Left(_) => break,
            Either::Right((accepted, _)) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) if connections.len() < connections_max => {
                set_nodelay(&stream);
                connections.spawn(connection(stream));
            }
            Ok(_) => tracing::debug!(connections_max, "connection refused: too many are open"),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                clock.sleep_until(clock.monotonic() + ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// With Nagle's algorithm on, small messages wait for the acknowledgement of the one before.
fn set_nodelay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection without TCP_NODELAY");
    }
}
