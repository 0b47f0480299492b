//! The composition root: the one place that names concrete stores and providers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use engine::{Engine, Parts, Work};
use payout::id::{Incarnation, Merchant, StoreId};
use payout::keys::{KeyId, KeyRing};
use payout::port::{Adapter, Clock, Store, StoreError};
use payout::time::Timestamp;
use server::Listeners;
use store_embedded::EmbeddedStore;
use thiserror::Error;
use tokio::net::TcpListener;
use trustly::amer::provider::Americas;
use trustly::eu::novelty::Novelties;
use trustly::eu::provider::Europe;
use trustly::http::Http;
use trustly::transport::Transport;

use crate::clock::SystemClock;
use crate::config::{Config, Listen, ProviderConfig};

/// Why the server cannot start. Each says what to mend.
#[derive(Debug, Error)]
pub(crate) enum ComposeError {
    #[error("cannot listen on {address} ({name})")]
    Listen { name: &'static str, address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] store_embedded::OpenError),
    #[error(transparent)]
    StoreFailed(#[from] StoreError),
    #[error(
        "keys.{0}: this is not the key that the store was written with; put that one back, or add \
         the new one under another number"
    )]
    OtherKey(KeyId),
    #[error(
        "keys: {0} was the lowest number when the store was first used, and must be so for ever: \
         ids of destinations derive from that key"
    )]
    OldestKey(String),
    #[error(transparent)]
    Http(#[from] trustly::http::SetupError),
    #[error("merchants.{merchant}: {why}")]
    Merchant { merchant: Merchant, why: String },
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
}

/// A server that is bound and ready to serve.
pub(crate) struct Composed {
    pub(crate) engine: Engine,
    pub(crate) work: Work,
    pub(crate) store: Arc<EmbeddedStore>,
    /// Of each European merchant.
    pub(crate) novelties: Vec<Arc<Novelties>>,
    pub(crate) listeners: Listeners,
    pub(crate) bound: Listen,
}

/// Binds the ports, opens the store and puts everything together.
pub(crate) async fn compose(config: Config) -> Result<Composed, ComposeError> {
    let clock = Arc::new(SystemClock::start());
    let (listeners, bound) = listen(config.listen).await?;
    let public_url = match config.public_url {
        Some(url) => url,
        // A provider on this machine: the configuration has been checked for that.
        None => format!("http://{}", bound.webhooks),
    };
    let new_id = StoreId::parse(&format!("store-{}", random_hex(8)?));
    let new_id = new_id.expect("hexadecimal digits are allowed in a store's id");
    let epoch = random_number()?;
    let store = EmbeddedStore::open(&config.directory, clock.wall(), &new_id, epoch)?;
    let store = Arc::new(store);
    check_keys(&store, &config.keys).await?;
    warn_of_a_forgotten_past(&store, clock.wall()).await?;
    let incarnation = Incarnation::parse(&format!("{}-{}", std::process::id(), random_hex(8)?));
    let incarnation = incarnation.expect("digits are allowed in an incarnation");
    let transport: Arc<dyn Transport> = Arc::new(Http::new()?);
    let mut merchants: BTreeMap<Merchant, Arc<dyn Adapter>> = BTreeMap::new();
    let mut novelties = Vec::new();
    for (merchant, section) in config.merchants {
        for key in &section.keys {
            tracing::info!(%merchant, %key, "key of signatures");
        }
        let adapter: Arc<dyn Adapter> = match section.provider {
            ProviderConfig::Europe(mut account) => {
                account.notification_url = format!("{public_url}/notifications/{merchant}");
                let (keys, transport) = (config.keys.clone(), transport.clone());
                let met = Arc::new(Novelties::new(merchant.clone(), clock.clone()));
                novelties.push(met.clone());
                let made = Europe::new(*account, keys, transport, incarnation.clone(), met);
                Arc::new(made.map_err(|error| refused(&merchant, &error))?)
            }
            ProviderConfig::Americas(account) => {
                let made = Americas::new(*account, transport.clone());
                Arc::new(made.map_err(|error| refused(&merchant, &error))?)
            }
        };
        merchants.insert(merchant, adapter);
    }
    let parts = Parts {
        store: store.clone(),
        shared: store.clone(),
        clock,
        keys: config.keys,
        merchants,
        incarnation,
        limits: config.limits,
    };
    let (engine, work) = Engine::new(parts);
    Ok(Composed { engine, work, store, novelties, listeners, bound })
}

/// Another key under a known id would make every repeated call look like another payout.
async fn check_keys(store: &EmbeddedStore, keys: &KeyRing) -> Result<(), ComposeError> {
    for (id, mark) in keys.marks() {
        if store.remember(&format!("key-{id}"), &mark).await? != mark {
            return Err(ComposeError::OtherKey(id));
        }
    }
    let oldest = keys.oldest().to_string();
    let first = store.remember("oldest-key", oldest.as_bytes()).await?;
    if first != oldest.as_bytes() {
        return Err(ComposeError::OldestKey(String::from_utf8_lossy(&first).into_owned()));
    }
    Ok(())
}

async fn warn_of_a_forgotten_past(
    store: &EmbeddedStore,
    now: Timestamp,
) -> Result<(), ComposeError> {
    let since = store.continuous_since(now).await?;
    if since != Timestamp::EPOCH {
        tracing::warn!(
            %since,
            "the store cannot prove that it remembers what was before: until it has lived for the \
             horizon, payouts are looked for before they are sent, and some cannot be cancelled; \
             if it is new, or the very one that stopped last, stop and run `payoutd vouch`"
        );
    }
    Ok(())
}

fn refused(merchant: &Merchant, error: &impl std::fmt::Display) -> ComposeError {
    ComposeError::Merchant { merchant: merchant.clone(), why: error.to_string() }
}

async fn listen(listen: Listen) -> Result<(Listeners, Listen), ComposeError> {
    let (grpc, grpc_at) = bind("grpc", listen.grpc).await?;
    let (webhooks, webhooks_at) = bind("webhooks", listen.webhooks).await?;
    let (admin, admin_at) = bind("admin", listen.admin).await?;
    let bound = Listen { grpc: grpc_at, webhooks: webhooks_at, admin: admin_at };
    Ok((Listeners { grpc, webhooks, admin }, bound))
}

async fn bind(
    name: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), ComposeError> {
    let failed = |source| ComposeError::Listen { name, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Random bytes in hexadecimal: names that must not repeat, and keys.
pub(crate) fn random_hex(bytes: usize) -> Result<String, ComposeError> {
    let mut random = zeroize::Zeroizing::new(vec![0; bytes]);
    fill(&mut random)?;
    Ok(HEXLOWER.encode(&random))
}

fn random_number() -> Result<u64, ComposeError> {
    let mut random = [0; 8];
    fill(&mut random)?;
    Ok(u64::from_be_bytes(random))
}

fn fill(random: &mut [u8]) -> Result<(), ComposeError> {
    getrandom::fill(random).map_err(|error| ComposeError::Randomness(error.to_string()))
}
