//! `payoutd serve`: the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use engine::Engine;
use futures_util::future::{Either, select};
use server::{Drained, Gauge, Intervals, Probes, ServerConfig};
use tokio::sync::oneshot;

use super::{Failure, shutdown};
use crate::compose::{Composed, compose};
use crate::config;

/// Arguments of `payoutd serve`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, env = "PAYOUTD_CONFIG")]
    config: PathBuf,
    /// Where gRPC listens, instead of `server.grpc`; port 0 takes a free one.
    #[arg(long, env = "PAYOUTD_GRPC")]
    grpc: Option<SocketAddr>,
    /// Where webhooks arrive, instead of `server.webhooks`; port 0 takes a free one.
    #[arg(long, env = "PAYOUTD_WEBHOOKS")]
    webhooks: Option<SocketAddr>,
    /// Where probes and metrics are, instead of `server.admin`; port 0 takes a free one.
    #[arg(long, env = "PAYOUTD_ADMIN")]
    admin: Option<SocketAddr>,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut config = config::load(&args.config)?;
    config.listen.grpc = args.grpc.unwrap_or(config.listen.grpc);
    config.listen.webhooks = args.webhooks.unwrap_or(config.listen.webhooks);
    config.listen.admin = args.admin.unwrap_or(config.listen.admin);
    let settings = server_config(&config);
    let composed = compose(config).await?;
    let bound = composed.bound;
    println!("grpc {}", bound.grpc);
    println!("webhooks {}", bound.webhooks);
    println!("admin {}", bound.admin);
    serve(composed, settings, shutdown::signal()).await
}

/// What of the configuration is the server's own.
pub(crate) fn server_config(config: &config::Config) -> ServerConfig {
    let defaults = ServerConfig::default();
    ServerConfig {
        intervals: Intervals { heartbeat: config.heartbeat_interval, ..defaults.intervals },
        grace: config.grace,
        ..defaults
    }
}

/// Serves until `stop`, or until the store cannot go on; returns when everything under way is done
/// or given up.
pub(crate) async fn serve(
    composed: Composed,
    settings: ServerConfig,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let Composed { engine, work, store, listeners, bound } = composed;
    tracing::info!(
        grpc = %bound.grpc, webhooks = %bound.webhooks, admin = %bound.admin, "serving"
    );
    let grace = settings.grace;
    let broken = OnceLock::new();
    let probed = store.clone();
    let ready = Arc::new(move || probed.takes_writes());
    let gauged = engine.clone();
    let probes = Probes { ready, gauges: Arc::new(move || gauges(&gauged)) };
    let stop = async {
        let (asked, failed) = (std::pin::pin!(stop), std::pin::pin!(store.stopped()));
        if let Either::Right((why, _)) = select(asked, failed).await {
            tracing::error!(why, "the store takes no more writes; restart to recover");
            broken.get_or_init(|| why);
        }
    };
    let (drained, front_is_gone) = oneshot::channel();
    let front = async {
        let how = server::serve(engine.clone(), listeners, settings, probes, stop).await;
        tracing::info!(in_time = how == Drained::InTime, "no call is open any more");
        // The engine cannot end before this: it waits for it.
        let _ = drained.send(());
    };
    // Submissions are finished after the last caller is gone, in the same time again.
    let stop_engine = async {
        let _ = front_is_gone.await;
    };
    let back = engine::serve(engine.clone(), work, stop_engine, grace);
    futures_util::future::join(front, back).await;
    tracing::info!("stopped");
    match broken.into_inner() {
        None => Ok(()),
        Some(why) => Err(format!("the store stopped: {why}").into()),
    }
}

/// What is measured of the engine.
fn gauges(engine: &Engine) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for (merchant, count) in engine.open_settlement_breaks() {
        gauges.push(Gauge {
            name: "payoutd_settlement_breaks_open",
            help: "What does not fit between settlement reports and payouts, by merchant.",
            labels: vec![("merchant", merchant.to_string())],
            value: i64::try_from(count).unwrap_or(i64::MAX),
        });
    }
    gauges
}
