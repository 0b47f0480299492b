//! `payoutd serve`: the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use engine::Engine;
use futures_util::future::{Either, select};
use payout::id::Merchant;
use payout::port::{Filter, Page};
use payout::queue::{QueueHold, QueueHoldKind};
use payout::state::Outcome;
use server::{Drained, Gauge, Intervals, Probes, ServerConfig};
use tokio::sync::oneshot;
use trustly::eu::novelty::{Count, Novelties};

use super::terminal::announce;
use super::{Failure, shutdown};
use crate::compose::{Composed, compose};
use crate::config::{self, ListenInstead, MerchantConfig};

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
    let Args { config: path, grpc, webhooks, admin } = args;
    let config = config::load(&path, ListenInstead { grpc, webhooks, admin })?;
    let settings = server_config(&config);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"), configuration = %path.display(),
        data_directory = %config.directory.display(), "starting"
    );
    let regions: Vec<_> = config.merchants.iter().map(region).collect();
    let composed = compose(config).await?;
    for (merchant, region) in regions {
        let undecided = undecided(&composed.engine, &merchant).await;
        tracing::info!(%merchant, region, undecided, "merchant");
    }
    let bound = composed.bound;
    announce(format_args!("grpc {}", bound.grpc));
    announce(format_args!("webhooks {}", bound.webhooks));
    announce(format_args!("admin {}", bound.admin));
    serve(composed, settings, shutdown::signal()).await
}

fn region((merchant, section): (&Merchant, &MerchantConfig)) -> (Merchant, &'static str) {
    (merchant.clone(), section.provider.region())
}

/// How many payouts wait for their outcome, as far as they are counted.
async fn undecided(engine: &Engine, merchant: &Merchant) -> Option<String> {
    let filter = Filter { outcome: Some(Outcome::Undecided), ..Filter::all(merchant) };
    let page = Page { after: None, size: UNDECIDED_COUNTED_MAX };
    match engine.list(&filter, &page).await {
        Ok((payouts, None)) => Some(payouts.len().to_string()),
        Ok((payouts, Some(_))) => Some(format!("more than {}", payouts.len())),
        Err(error) => {
            tracing::warn!(%merchant, %error, "cannot count payouts without an outcome");
            None
        }
    }
}

/// Each is read for it, which must not delay the start.
const UNDECIDED_COUNTED_MAX: usize = 500;

/// What of the configuration is the server's own.
pub(crate) fn server_config(config: &config::Config) -> ServerConfig {
    let defaults = ServerConfig::default();
    // However many creations wait for the provider, there is room for other calls.
    let calls_max = config.limits.creations_max + defaults.limits.calls_max;
    ServerConfig {
        limits: server::Limits { calls_max, ..defaults.limits },
        intervals: Intervals { heartbeat: config.heartbeat_interval, ..defaults.intervals },
        grace: config.grace,
    }
}

/// Serves until `stop`, or until the store cannot go on; returns when everything under way is done
/// or given up.
pub(crate) async fn serve(
    composed: Composed,
    settings: ServerConfig,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let Composed { engine, work, store, novelties, listeners, bound } = composed;
    tracing::info!(
        grpc = %bound.grpc, webhooks = %bound.webhooks, admin = %bound.admin, "serving"
    );
    let grace = settings.grace;
    let broken = OnceLock::new();
    let probed = store.clone();
    let ready = Arc::new(move || probed.takes_writes());
    let gauged = engine.clone();
    let probes = Probes { ready, gauges: Arc::new(move || gauges(&gauged, &novelties)) };
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

/// What is measured of the engine and of the providers.
fn gauges(engine: &Engine, novelties: &[Arc<Novelties>]) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for (merchant, count) in engine.open_settlement_breaks() {
        gauges.push(Gauge {
            name: "payoutd_settlement_breaks_open",
            help: "What does not fit between settlement reports and payouts, by merchant.",
            labels: vec![("merchant", merchant.to_string())],
            value: i64::try_from(count).unwrap_or(i64::MAX),
        });
    }
    for merchant in engine.merchants() {
        for hold in engine.queue_holds(merchant) {
            gauges.push(held(&hold));
        }
    }
    for met in novelties {
        let merchant = met.merchant();
        gauges.extend(met.counts().into_iter().map(|count| novelty(merchant, count)));
    }
    gauges
}

/// A queue that is not held has no line.
fn held(hold: &QueueHold) -> Gauge {
    let kind = match hold.kind() {
        QueueHoldKind::Paused => "paused",
        QueueHoldKind::AccessRefused => "access_refused",
    };
    Gauge {
        name: "payoutd_queue_held",
        help: "1 while nothing is sent for a merchant, by why.",
        labels: vec![("merchant", hold.merchant.to_string()), ("kind", kind.to_owned())],
        value: 1,
    }
}

fn novelty(merchant: &Merchant, count: Count) -> Gauge {
    Gauge {
        name: "payoutd_notification_novelties_total",
        help: "Notifications of a method, or with a member, that is not known here.",
        labels: vec![
            ("merchant", merchant.to_string()),
            ("method", count.method.to_owned()),
            ("part", count.part.as_str().to_owned()),
        ],
        value: i64::try_from(count.notifications).unwrap_or(i64::MAX),
    }
}
