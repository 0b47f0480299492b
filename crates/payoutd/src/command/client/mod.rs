//! A client for people: what the commands share.

pub(crate) mod destination;
pub(crate) mod failure;
pub(crate) mod payout;
pub(crate) mod show;

use tonic::transport::{Channel, Endpoint};

use super::Failure;

/// Where the server is, and how answers look.
#[derive(clap::Args, Clone)]
pub(crate) struct Common {
    /// The server's gRPC address.
    #[arg(long, default_value = "http://127.0.0.1:50051", env = "PAYOUTD_ENDPOINT")]
    endpoint: String,
    /// On whose behalf.
    #[arg(long, env = "PAYOUTD_MERCHANT")]
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
        let endpoint = Endpoint::from_shared(self.endpoint.clone())
            .map_err(|_| format!("{} is not an address such as http://host:50051", self.endpoint))?
            .tcp_nodelay(true);
        let connected = endpoint.connect().await;
        connected.map_err(|error| {
            format!("cannot reach {}: {error}; is `payoutd serve` running there?", self.endpoint)
                .into()
        })
    }
}
