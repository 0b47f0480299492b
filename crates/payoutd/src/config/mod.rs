//! The configuration, checked. Every mistake is reported with its path in the file, all of them at
//! once.

pub(crate) mod duration;
mod file;
mod merchant;
pub(crate) mod secret;
mod signature_keys;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use engine::Limits;
use payout::id::Merchant;
use payout::keys::{KEY_LENGTH, KeyId, KeyRing};
use zeroize::Zeroizing;

pub(crate) use merchant::{MerchantConfig, ProviderConfig};

use file::{File, SecretRef};

/// A configuration that can be served.
pub(crate) struct Config {
    pub(crate) listen: Listen,
    pub(crate) public_url: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) grace: Duration,
    pub(crate) directory: PathBuf,
    pub(crate) keys: KeyRing,
    pub(crate) merchants: BTreeMap<Merchant, MerchantConfig>,
}

/// Where the server listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listen {
    pub(crate) grpc: SocketAddr,
    pub(crate) webhooks: SocketAddr,
    pub(crate) admin: SocketAddr,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<String>);

impl Mistakes {
    pub(crate) fn one(path: &str, what: impl fmt::Display) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(path, what);
        mistakes
    }

    pub(crate) fn add(&mut self, path: &str, what: impl fmt::Display) {
        self.0.push(format!("{path}: {what}"));
    }

    /// Keeps a value or notes why there is none.
    pub(crate) fn keep<T>(
        &mut self,
        path: &str,
        result: Result<T, impl fmt::Display>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(what) => {
                self.add(path, what);
                None
            }
        }
    }

    fn into_result<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads and checks a configuration file, secrets included.
pub(crate) fn load(path: &Path) -> Result<Config, Mistakes> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Mistakes::one(&shown, error))?;
    let file: File = toml::from_str(&text).map_err(|error| unreadable(&shown, &text, &error))?;
    let base = path.parent().unwrap_or_else(|| Path::new("."));
    check(&file, base)
}

/// What is wrong with a file that is not of the right form. Says where and what would be right,
/// never what stands there: it may be a secret that somebody wrote into the file itself.
fn unreadable(path: &str, text: &str, error: &toml::de::Error) -> Mistakes {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let message = error.message();
    // Serde repeats a value of the wrong type.
    let what = match message.rsplit_once(", expected ") {
        Some((found, right)) if found.starts_with("invalid ") => format!("expected {right}"),
        _ => message.to_owned(),
    };
    Mistakes::one(&format!("{path}, line {line}"), what)
}

fn check(file: &File, base: &Path) -> Result<Config, Mistakes> {
    let mut mistakes = Mistakes::default();
    let server = &file.server;
    if let Some(url) = &server.public_url {
        mistakes.keep("server.public_url", check_public_url(url));
    }
    for (path, value) in [
        ("server.creations_max", server.creations_max),
        ("server.recoveries_max", server.recoveries_max),
    ] {
        if !(1..=100_000).contains(&value) {
            mistakes.add(path, "must be between 1 and 100000");
        }
    }
    if server.settlement_check_at.0 >= Duration::from_secs(24 * 3600) {
        mistakes.add("server.settlement_check_at", "is after midnight UTC: less than 24h");
    }
    let keys = key_ring(&file.keys, base, &mut mistakes);
    let mut merchants = BTreeMap::new();
    for (name, section) in &file.merchants {
        let path = format!("merchants.{name}");
        let merchant = mistakes.keep(&path, Merchant::parse(name));
        let config = merchant::check(&path, section, base, &mut mistakes);
        if let (Some(merchant), Some(config)) = (merchant, config) {
            merchants.insert(merchant, config);
        }
    }
    if file.merchants.is_empty() {
        mistakes.add("merchants", "at least one merchant is needed");
    }
    let longest = merchants.values().map(|merchant| merchant.policy.request_timeout).max();
    let config = keys.map(|keys| Config {
        listen: Listen { grpc: server.grpc, webhooks: server.webhooks, admin: server.admin },
        public_url: server.public_url.clone(),
        limits: Limits {
            creations_max: server.creations_max,
            recoveries_max: server.recoveries_max,
            // Two calls and the writes between them fit in a claim.
            lease: longest.unwrap_or_default() * 2 + Duration::from_secs(30),
            recovery_interval: server.recovery_interval.0,
            wait_max: server.wait_max.0,
            settlement_check_at: server.settlement_check_at.0,
        },
        heartbeat_interval: server.heartbeat_interval.0,
        grace: server.grace.0,
        directory: base.join(&file.store.directory),
        keys,
        merchants,
    });
    mistakes.into_result(config)
}

/// The provider posts to it: https, except on this machine.
fn check_public_url(url: &str) -> Result<(), &'static str> {
    if url.ends_with('/') || url.contains(['?', '#', ' ']) {
        return Err("must not end in a slash nor hold a query");
    }
    if url.starts_with("https://") || is_loopback_http(url) {
        return Ok(());
    }
    Err("must begin with https:// (http:// only for this machine)")
}

/// Whether an address is plain http to this very machine.
pub(crate) fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host == "localhost" || host == "127.0.0.1"
}

fn key_ring(
    keys: &BTreeMap<String, SecretRef>,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<KeyRing> {
    let mut ring = BTreeMap::new();
    for (name, secret) in keys {
        let path = format!("keys.{name}");
        let id = mistakes.keep(&path, name.parse::<u32>().map_err(|_| "must be a number"));
        let key = mistakes.keep(&path, read_key(secret, base));
        if let (Some(id), Some(key)) = (id, key) {
            ring.insert(KeyId(id), key);
        }
    }
    mistakes.keep("keys", KeyRing::new(ring))
}

fn read_key(secret: &SecretRef, base: &Path) -> Result<Zeroizing<[u8; KEY_LENGTH]>, String> {
    let text = secret::read(secret, base).map_err(|error| error.to_string())?;
    let decoded = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
    let bytes = Zeroizing::new(decoded.unwrap_or_default());
    match <[u8; KEY_LENGTH]>::try_from(bytes.as_slice()) {
        Ok(key) => Ok(Zeroizing::new(key)),
        Err(_) => Err(format!(
            "must be {KEY_LENGTH} bytes in hexadecimal; make one with \
             `openssl rand -hex {KEY_LENGTH}`"
        )),
    }
}
