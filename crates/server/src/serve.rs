//! Everything that runs, and how it stops.

use std::sync::Arc;

use engine::Engine;
use futures_util::future::{Either, join, join4, select};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

use crate::config::ServerConfig;
use crate::drain::drain;
use crate::metrics::Metrics;
use crate::probes::Probes;
use crate::service::{Shared, watch};
use crate::{admin, grpc, ingress};

/// Where the server listens; bound already, so that whoever bound them can tell the ports.
pub struct Listeners {
    /// For callers.
    pub grpc: TcpListener,
    /// For the provider's notifications.
    pub webhooks: TcpListener,
    /// For probes and metrics.
    pub admin: TcpListener,
}

/// How the server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every call was answered.
    InTime,
    /// What was still open at the end of the grace period was cut off.
    CutOff,
}

/// Serves until `shutdown`, then drains: readiness goes off, no connection is accepted any more,
/// watches are ended with their cursor, callers are told to go elsewhere, mutations are refused,
/// and calls under way are answered. Returns when all of that is done, or at the end of the grace
/// period with whatever is left cut off. Submissions belong to [`engine::serve`], which should be
/// stopped after this returned: nothing here cancels one.
pub async fn serve(
    engine: Engine,
    listeners: Listeners,
    config: ServerConfig,
    probes: Probes,
    shutdown: impl Future<Output = ()>,
) -> Drained {
    let clock = Arc::clone(engine.clock());
    let (begin, drain) = drain();
    let (begin_last, last) = crate::drain::drain();
    let (started, starting) = mpsc::channel(watch::STARTING_MAX);
    let shared = Arc::new(Shared {
        engine,
        config,
        drain: drain.clone(),
        metrics: Metrics::default(),
        calls: Semaphore::new(config.limits.calls_max),
        waits: Semaphore::new(config.limits.waits_max),
        watches: Arc::new(Semaphore::new(config.limits.watches_max)),
        started,
    });
    let signal = async {
        shutdown.await;
        tracing::info!("stopping: no new work is taken on");
        begin.begin();
    };
    let work = async {
        let grpc = grpc::serve(listeners.grpc, Arc::clone(&shared), probes.clone());
        let webhooks = ingress::serve(listeners.webhooks, Arc::clone(&shared));
        let watches = watch::serve(starting, drain.clone());
        join4(signal, grpc, webhooks, watches).await;
        begin_last.begin();
    };
    let admin = admin::serve(listeners.admin, Arc::clone(&shared), probes.clone(), last);
    let limit = async {
        drain.begun().await;
        clock.sleep_until(clock.monotonic() + config.grace).await;
    };
    let all = std::pin::pin!(join(work, admin));
    match select(all, std::pin::pin!(limit)).await {
        Either::Left(_) => Drained::InTime,
        Either::Right(_) => {
            tracing::warn!("the grace period is over: what is still open is cut off");
            Drained::CutOff
        }
    }
}
