//! A client for people: what the commands share.

pub(crate) mod amount;
pub(crate) mod destination;
pub(crate) mod failure;
mod link;
pub(crate) mod ops;
mod party;
pub(crate) mod payout;
pub(crate) mod provider;
mod settlement;
pub(crate) mod show;
mod table;

use tonic::transport::{Channel, Endpoint};

use ::payout::id::Name;
use ::payout::id::kind::{self, Kind};
use ::payout::text::Invalid;

use super::{Failure, Usage};

/// Most entries that one page of a list may have.
const LIMIT_MAX: i64 = 500;

/// Where the server is, and how answers look.
#[derive(clap::Args, Clone)]
pub(crate) struct Common {
    /// The server's gRPC address.
    #[arg(long, default_value = "http://127.0.0.1:50051", env = "PAYOUTD_ENDPOINT")]
    endpoint: String,
    /// On whose behalf: the name of a merchant in the server's configuration.
    #[arg(long, env = "PAYOUTD_MERCHANT", value_parser = name::<kind::Merchant>)]
    pub(crate) merchant: String,
    /// How answers look.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) output: Output,
}

/// How answers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Common {
    pub(crate) async fn channel(&self) -> Result<Channel, Failure> {
        let endpoint = match Endpoint::from_shared(self.endpoint.clone()) {
            Ok(endpoint) if endpoint.uri().scheme_str() == Some("http") => {
                endpoint.tcp_nodelay(true)
            }
            _ => return Err(not_an_address(&self.endpoint).into()),
        };
        let connected = endpoint.connect().await;
        connected.map_err(|error| failure::unreachable(&self.endpoint, error))
    }
}

fn not_an_address(endpoint: &str) -> Usage {
    let why = "which is no address that is spoken to: write one such as http://host:50051";
    Usage(format!("--endpoint is {endpoint}, {why}"))
}

/// How many entries a list shows.
#[derive(clap::Args, Clone, Copy)]
pub(crate) struct Limit {
    /// How many at most, 1 to 500.
    #[arg(
        long,
        default_value_t = 50,
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(i32).range(1..=LIMIT_MAX)
    )]
    limit: i32,
}

impl Limit {
    /// The size of the only page that is asked for.
    pub(crate) fn page_size(self) -> i32 {
        self.limit
    }

    /// Says so if a list has more entries than were shown.
    pub(crate) fn tell_of_more(self, next_page_token: &str) {
        if !next_page_token.is_empty() {
            let limit = self.limit;
            eprintln!("there are more than these {limit}: raise --limit (at most {LIMIT_MAX})");
        }
    }
}

/// Checks a name that is no secret, so that a mistake in it is told with its flag.
pub(crate) fn name<K: Kind>(text: &str) -> Result<String, Invalid> {
    Ok(Name::<K>::parse(text)?.to_string())
}
