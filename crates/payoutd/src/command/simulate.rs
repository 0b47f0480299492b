//! `payoutd simulate`: a simulated Trustly with both regions, and a configuration for it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;
use trustly_sim::{AmerMerchant, EuContract, EuMerchant};
use zeroize::Zeroizing;

use super::keygen::write_secret;
use super::terminal::announce;
use super::{Failure, shutdown};
use crate::compose::random_hex;
use crate::config::duration::written;

/// Arguments of `payoutd simulate`.
#[derive(clap::Args, Clone)]
pub(crate) struct Args {
    /// Where keys, credentials, the configuration and the server's data go.
    #[arg(long)]
    pub(crate) data_dir: PathBuf,
    /// Where the simulator listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7070")]
    pub(crate) listen: SocketAddr,
    /// By how much time is compressed: an hour takes an hour divided by it.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) time_factor: u32,
    /// Decides the order in which the simulator checks and answers, and its ids; random if absent,
    /// because a simulator that is started anew must not give its old ids again.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Written to the configuration: where gRPC will listen.
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub(crate) grpc: SocketAddr,
    /// Written to the configuration: where webhooks will arrive.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) webhooks: SocketAddr,
    /// Written to the configuration: where probes and metrics will be.
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub(crate) admin: SocketAddr,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let bound = listener.local_addr()?;
    let config = prepare(&args, bound)?;
    announce(format_args!("simulator {bound}"));
    announce(format_args!("configuration {}", args.data_dir.join(CONFIG_FILE).display()));
    announce(format_args!(
        "next: payoutd serve --config {}   (then payoutd payout create --help has examples)",
        args.data_dir.join(CONFIG_FILE).display()
    ));
    announce("note: the ledger and the authorizations of this simulator end with this process");
    trustly_sim::serve(listener, config, shutdown::signal()).await?;
    Ok(())
}

/// The name of the configuration in the data directory.
pub(crate) const CONFIG_FILE: &str = "payoutd.toml";

/// Where the server's store goes, in the data directory.
const STORE_DIRECTORY: &str = "data";

const MERCHANT_ID: &str = "1002463580";
const ACCESS_ID: &str = "SIMACCESSID0000000001";
const USERNAME: &str = "demo_merchant";

/// Makes what is not there yet, writes the configuration for a simulator at `bound`, and returns
/// the simulator's own.
pub(crate) fn prepare(args: &Args, bound: SocketAddr) -> Result<trustly_sim::Config, Failure> {
    let secrets = args.data_dir.join("secrets");
    fs::create_dir_all(&secrets)
        .map_err(|error| format!("cannot create {}: {error}", secrets.display()))?;
    let trustly_key = kept(&secrets.join("trustly-private.pem"), || {
        Ok(Zeroizing::new(trustly_sim::generate_key_pem()))
    })?;
    let merchant_key = kept(&secrets.join("merchant-private.pem"), || {
        Ok(Zeroizing::new(trustly_sim::generate_key_pem()))
    })?;
    let random = |bytes| move || Ok(Zeroizing::new(random_hex(bytes)?));
    let password = kept(&secrets.join("password"), random(16))?;
    let access_key = kept(&secrets.join("access-key"), random(20))?;
    kept(&secrets.join("key-1"), random(32))?;
    let configuration_file = args.data_dir.join(CONFIG_FILE);
    if !configuration_file.exists() {
        // Nothing was ever paid with these merchants, so the first store has nothing to forget.
        store_embedded::vouch(&args.data_dir.join(STORE_DIRECTORY))?;
    }
    fs::write(secrets.join("trustly-public.pem"), trustly_sim::public_key_pem(&trustly_key)?)?;
    fs::write(configuration_file, configuration(args, bound))?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => u64::from_str_radix(&random_hex(8)?, 16)?,
    };
    Ok(trustly_sim::Config {
        seed,
        time_factor: args.time_factor,
        eu: EuMerchant {
            username: USERNAME.to_owned(),
            password: password.trim().to_owned(),
            public_keys_pem: vec![trustly_sim::public_key_pem(&merchant_key)?],
            balances: BTreeMap::new(),
            contract: EuContract::default(),
        },
        amer: AmerMerchant {
            access_id: ACCESS_ID.to_owned(),
            access_key: access_key.trim().to_owned(),
            merchant_id: MERCHANT_ID.to_owned(),
            webhook_url: Some(format!("http://{}/notifications/demo-us", args.webhooks)),
        },
        trustly_key_pem: trustly_key.to_string(),
    })
}

/// What lies in a file, or what is made and written there the first time.
fn kept(
    path: &Path,
    make: impl FnOnce() -> Result<Zeroizing<String>, Failure>,
) -> Result<Zeroizing<String>, Failure> {
    if path.exists() {
        return Ok(Zeroizing::new(fs::read_to_string(path)?));
    }
    let made = make()?;
    write_secret(path, made.as_bytes())?;
    Ok(made)
}

fn configuration(args: &Args, simulator: SocketAddr) -> String {
    let policy = policy(args.time_factor);
    let Args { grpc, webhooks, admin, .. } = args;
    format!(
        r#"# Written by `payoutd simulate` for its simulator.
# Time runs {factor} times faster than it really does.

[server]
grpc = "{grpc}"
webhooks = "{webhooks}"
admin = "{admin}"
recovery_interval = "100ms"

[store]
directory = "{STORE_DIRECTORY}"

[keys]
1 = {{ file = "secrets/key-1" }}

[merchants.demo-eu.trustly_europe]
url = "http://{simulator}/api/1"
username = "{USERNAME}"
password = {{ file = "secrets/password" }}
merchant_keys = [{{ private_key = {{ file = "secrets/merchant-private.pem" }} }}]
trustly_keys = ["secrets/trustly-public.pem"]
signature = "sha1"
shopper_statement = "Demo Merchant"

[merchants.demo-eu.policy]
{policy}
[merchants.demo-us.trustly_americas]
url = "http://{simulator}/api/v1"
merchant_id = "{MERCHANT_ID}"
credentials = [
    {{ access_id = "{ACCESS_ID}", access_key = {{ file = "secrets/access-key" }} }},
]
duplicate_protection = "confirmed"

[merchants.demo-us.policy]
{policy}"#,
        factor = args.time_factor,
    )
}

/// The default durations, compressed like the simulator's. A request still takes as long as it
/// takes, so what waits for one is not compressed below what a busy machine needs.
fn policy(factor: u32) -> String {
    let second = Duration::from_secs(1);
    let scaled = |seconds: u64, least: Duration| (second * seconds as u32 / factor).max(least);
    let members = [
        ("horizon", scaled(24 * 3600, 60 * second)),
        ("send_window", scaled(5, 2 * second)),
        ("request_timeout", scaled(30, 2 * second)),
        ("retry_first", scaled(1, second / 20)),
        ("retry_max", scaled(300, second / 2)),
        ("hold", scaled(60, second / 2)),
        ("look_up_spacing", scaled(120, second)),
        ("poll_first", scaled(30, second / 2)),
        ("poll_max", scaled(900, 2 * second)),
        ("poll_through_return_window", scaled(24 * 3600, 2 * second)),
        ("return_window", scaled(14 * 24 * 3600, 60 * second)),
    ];
    let mut text = String::new();
    for (name, duration) in members {
        text.push_str(&format!("{name} = \"{}\"\n", written(duration)));
    }
    text
}
