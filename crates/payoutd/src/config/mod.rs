//! The configuration, checked. Every mistake is reported with its path in the file, all of them at
//! once.

mod draft;
pub(crate) mod duration;
mod file;
mod listen;
mod merchant;
pub(crate) mod secret;
mod signature_keys;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use engine::Limits;
use payout::id::Merchant;
use payout::keys::{KEY_LENGTH, KeyId, KeyRing};
use zeroize::Zeroizing;

pub(crate) use listen::{Listen, ListenInstead};
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

/// Everything that is wrong with a configuration.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    found: Vec<String>,
    /// What stands in for a mistake that was told already: nothing more is said of it.
    hidden: Vec<String>,
}

impl Mistakes {
    pub(crate) fn one(path: &str, what: impl fmt::Display) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(path, what);
        mistakes
    }

    pub(crate) fn add(&mut self, path: &str, what: impl fmt::Display) {
        if !self.is_hidden(path) {
            self.found.push(format!("{path}: {what}"));
        }
    }

    /// Notes what is wrong at a path of the file, and where that stands; whatever else is wrong
    /// there or below comes of it.
    fn add_and_hide(&mut self, path: &str, place: &str, what: impl fmt::Display) {
        if !self.is_hidden(path) {
            self.found.push(format!("{path} ({place}): {what}"));
            self.hidden.push(path.to_owned());
        }
    }

    fn is_hidden(&self, path: &str) -> bool {
        let below = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        self.hidden.iter().any(|hidden| path.strip_prefix(hidden.as_str()).is_some_and(below))
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
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads and checks a configuration file, secrets and data directory included; where the server
/// listens may be said elsewhere.
pub(crate) fn load(path: &Path, instead: ListenInstead) -> Result<Config, Mistakes> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Mistakes::one(&shown, error))?;
    let name = path.file_name().map_or(shown, |name| name.display().to_string());
    let (file, mistakes) = draft::read(&name, &text);
    let Some(file) = file else { return Err(mistakes) };
    let base = path.parent().unwrap_or_else(|| Path::new("."));
    check(&file, base, instead, mistakes)
}

fn check(
    file: &File,
    base: &Path,
    instead: ListenInstead,
    mut mistakes: Mistakes,
) -> Result<Config, Mistakes> {
    let server = &file.server;
    let listen = Listen::of(server, instead);
    listen::check(&listen, file, &mut mistakes);
    check_intervals(server, &mut mistakes);
    for (path, value) in [
        ("server.creations_max", server.creations_max),
        ("server.recoveries_max", server.recoveries_max),
    ] {
        if !(1..=100_000).contains(&value) {
            mistakes.add(path, "must be between 1 and 100000");
        }
    }
    let directory = base.join(&file.store.directory);
    mistakes.keep("store.directory", check_directory(&directory));
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
        listen,
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
        directory,
        keys,
        merchants,
    });
    mistakes.into_result(config)
}

fn check_intervals(server: &file::Server, mistakes: &mut Mistakes) {
    // Payouts that are due are looked for this often; below ten milliseconds that is all it does.
    let looks = Duration::from_millis(10)..=Duration::from_secs(60);
    if !looks.contains(&server.recovery_interval.0) {
        mistakes.add("server.recovery_interval", "must be between 10ms and 60s");
    }
    // A caller takes a watch without heartbeats for dead.
    let beats = Duration::from_millis(100)..=Duration::from_secs(3600);
    if !beats.contains(&server.heartbeat_interval.0) {
        mistakes.add("server.heartbeat_interval", "must be between 100ms and 1h");
    }
    for (path, value) in [("server.wait_max", server.wait_max), ("server.grace", server.grace)] {
        if value.0 > Duration::from_secs(3600) {
            mistakes.add(path, "must not be longer than 1h");
        }
    }
}

/// Whether there is a directory that can be written, or one can be made. Leaves nothing behind.
fn check_directory(directory: &Path) -> Result<(), String> {
    let mut existing = directory;
    while !existing.exists() {
        match existing.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => existing = parent,
            _ => existing = Path::new("."),
        }
    }
    if !existing.is_dir() {
        return Err(format!("{} is not a directory", existing.display()));
    }
    let probe = existing.join(format!(".payoutd-check-{}", std::process::id()));
    let made = std::fs::File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    made.map_err(|error| format!("{} cannot be written: {error}", existing.display()))
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
