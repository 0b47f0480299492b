//! The configuration file as it is written: `payoutd.toml`. Every table refuses members that it
//! does not know, so that a misspelt one is an error and not a default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::duration::Span;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) server: Server,
    pub(crate) store: Store,
    /// The installation's keys by number; the highest writes, all read.
    pub(crate) keys: BTreeMap<String, SecretRef>,
    pub(crate) merchants: BTreeMap<String, Merchant>,
}

/// Where the server listens, and how much it does at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    pub(crate) grpc: SocketAddr,
    pub(crate) webhooks: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// The address under which the provider reaches `webhooks`, without a slash at the end.
    pub(crate) public_url: Option<String>,
    pub(crate) creations_max: usize,
    pub(crate) recoveries_max: usize,
    pub(crate) recovery_interval: Span,
    pub(crate) wait_max: Span,
    pub(crate) heartbeat_interval: Span,
    pub(crate) grace: Span,
    /// How long after midnight UTC a day's settlement reports are fetched.
    pub(crate) settlement_check_at: Span,
}

impl Default for Server {
    fn default() -> Self {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            grpc: local(50_051),
            webhooks: local(8080),
            admin: local(9090),
            public_url: None,
            creations_max: 1000,
            recoveries_max: 64,
            recovery_interval: span("1s"),
            wait_max: span("60s"),
            heartbeat_interval: span("15s"),
            grace: span("25s"),
            // Trustly computes them within twelve hours.
            settlement_check_at: span("750m"),
        }
    }
}

/// Where everything lies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    /// The data directory, relative to the file.
    pub(crate) directory: PathBuf,
}

/// Where a secret is: never in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    untagged,
    expecting = "a secret is { file = \"…\" } or { env = \"…\" }"
)]
pub(crate) enum SecretRef {
    /// In a file, relative to the configuration file.
    File { file: PathBuf },
    /// In an environment variable.
    Env { env: String },
}

/// One merchant: exactly one provider, and how its payouts are driven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    pub(crate) trustly_europe: Option<TrustlyEurope>,
    pub(crate) trustly_americas: Option<TrustlyAmericas>,
    #[serde(default)]
    pub(crate) policy: Policy,
}

/// An account with Trustly Europe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustlyEurope {
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: SecretRef,
    /// The merchant's own keys: the first signs, the others wait for it to be replaced.
    pub(crate) merchant_keys: Vec<MerchantKey>,
    /// Files with Trustly's public keys; all are accepted.
    pub(crate) trustly_keys: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) signature: Signature,
    pub(crate) shopper_statement: String,
    #[serde(default)]
    pub(crate) swedish_iban: bool,
    #[serde(default)]
    pub(crate) huf_decimals: HufDecimals,
    /// The currencies in which Trustly settles automatically, whose reports are fetched each day.
    #[serde(default)]
    pub(crate) settled_currencies: Vec<String>,
    #[serde(default)]
    pub(crate) profile: Profile,
    #[serde(default)]
    pub(crate) result_zero: ResultZero,
}

/// What a verified `result` "0" is taken for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResultZero {
    /// A refusal, as long as nothing else is in doubt.
    #[default]
    Refused,
    /// An order may exist.
    InDoubt,
}

/// What the contract with Trustly demands of each payout.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Profile {
    /// Nothing beyond what is always demanded.
    #[default]
    Standard,
    /// Who the money comes from.
    TransferService,
    /// That, and the shop that the customer deals with.
    EmoPartner,
    /// The same two.
    EWallet,
}

/// A private key of a merchant's, in PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MerchantKey {
    pub(crate) private_key: SecretRef,
    pub(crate) passphrase: Option<SecretRef>,
}

/// What requests are signed with.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signature {
    /// Trustly's default.
    #[default]
    Sha1,
    /// With the prefix `alg=RS256;`, once Trustly has confirmed it.
    Rs256,
}

/// How amounts in HUF are written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HufDecimals {
    /// As whole forints.
    #[default]
    None,
    /// With two decimals, like every other currency.
    Two,
}

/// An account with Trustly Americas.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustlyAmericas {
    pub(crate) url: String,
    pub(crate) merchant_id: String,
    /// The first calls, all of them verify.
    pub(crate) credentials: Vec<Credentials>,
    #[serde(default)]
    pub(crate) body: Body,
    #[serde(default)]
    pub(crate) duplicate_protection: DuplicateProtection,
}

/// An access id with its key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    pub(crate) access_id: String,
    pub(crate) access_key: SecretRef,
}

/// How deposits are written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    /// As Trustly's newest guide shows.
    #[default]
    Json,
    /// As its API reference shows.
    Form,
}

/// Whether Trustly has confirmed that it refuses the same merchant reference twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DuplicateProtection {
    /// What is in doubt and cannot be found is parked.
    #[default]
    Unconfirmed,
    /// What is proven absent is sent again.
    Confirmed,
}

/// How payouts are driven; absent members have the defaults of the region.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) horizon: Option<Span>,
    /// Europe: the same for payouts from an order made before.
    pub(crate) related_horizon: Option<Span>,
    pub(crate) send_window: Option<Span>,
    pub(crate) request_timeout: Option<Span>,
    pub(crate) retry_first: Option<Span>,
    pub(crate) retry_max: Option<Span>,
    pub(crate) hold: Option<Span>,
    pub(crate) look_up_spacing: Option<Span>,
    pub(crate) poll_first: Option<Span>,
    pub(crate) poll_max: Option<Span>,
    pub(crate) poll_through_return_window: Option<Span>,
    pub(crate) return_window: Option<Span>,
    /// Europe: without confirmations a payout is presumed paid after this silence. Absent where
    /// Trustly sends `payoutconfirmation`.
    pub(crate) presumed_after: Option<Span>,
}

fn span(text: &str) -> Span {
    Span::parse(text).expect("a default is written correctly")
}
