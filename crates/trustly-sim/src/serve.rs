//! The server: its tasks begin here, and end before it returns.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError, Settings};
use crate::sim::Sim;
use crate::{driver, web};

/// Connections served at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;

/// How long a connection may take to say what it wants.
const HEADERS_WAIT_MAX: Duration = Duration::from_secs(10);

/// How long requests under way may take to end once it is time to stop.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// A pause after a failed accept, which is most often a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration cannot be served.
    #[error("the simulator's configuration cannot be served")]
    Config(#[from] ConfigError),
    /// The client that sends notifications cannot be made.
    #[error("the client for notifications cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Serves both APIs and the control API on `listener` until `shutdown` is ready; then returns
/// within about two seconds, requests and deliveries that took longer being broken off.
///
/// Everything is forgotten on return, and when the future is dropped.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let sim = Arc::new(Sim::new(Settings::try_from(config)?));
    let client = notification_client()?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(driver::run(Arc::clone(&sim), client, stopped));
    let graceful = GracefulShutdown::new();
    accept(&listener, &sim, &graceful, &mut tasks, shutdown).await;
    drop(listener);
    stop.send_replace(true);
    let drained = async {
        graceful.shutdown().await;
        while tasks.join_next().await.is_some() {}
    };
    let in_time = tokio::time::timeout(DRAIN_MAX, drained).await.is_ok();
    tracing::debug!(in_time, "simulator stopped");
    tasks.shutdown().await;
    Ok(())
}

/// Neither redirects nor a proxy nor repeats of its own: what a delivery comes to is ours to see.
fn notification_client() -> Result<reqwest::Client, ServeError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .map_err(ServeError::Client)
}

async fn accept(
    listener: &TcpListener,
    sim: &Arc<Sim>,
    graceful: &GracefulShutdown,
    tasks: &mut JoinSet<()>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = {
            let next = pin!(next_connection(listener, tasks));
            match select(shutdown.as_mut(), next).await {
                Either::Left(_) => return,
                Either::Right((accepted, _)) => accepted,
            }
        };
        match accepted {
            Ok(connection) => begin(connection, sim, graceful, tasks),
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Waits for room first, so that the number of tasks is bounded.
async fn next_connection(
    listener: &TcpListener,
    tasks: &mut JoinSet<()>,
) -> io::Result<(TcpStream, IpAddr)> {
    while tasks.try_join_next().is_some() {}
    if tasks.len() > CONNECTIONS_MAX {
        tasks.join_next().await;
    }
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer.ip()))
}

fn begin(
    (stream, peer): (TcpStream, IpAddr),
    sim: &Arc<Sim>,
    graceful: &GracefulShutdown,
    tasks: &mut JoinSet<()>,
) {
    let sim = Arc::clone(sim);
    let service = service_fn(move |request| web::serve_request(Arc::clone(&sim), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WAIT_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tasks.spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
