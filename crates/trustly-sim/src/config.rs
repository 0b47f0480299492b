//! What the caller decides, and the same once parsed.

use std::collections::BTreeMap;

use reqwest::Url;
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::clock::Clock;
use crate::contract::{BadContract, Contract, EuContract};
use crate::keys::{self, KeyError};

/// Everything a simulator needs to know before it can serve.
pub struct Config {
    /// Decides the order of checks, ids, the order of members in answers, and retry jitter. A
    /// simulator that is restarted under a store that outlives it needs another seed: the same
    /// one gives the same order and notification ids again.
    pub seed: u64,
    /// Every documented duration is divided by it; at least 1. Time-outs are not divided.
    pub time_factor: u32,
    /// The merchant known to Trustly Europe.
    pub eu: EuMerchant,
    /// The merchant known to Trustly Americas.
    pub amer: AmerMerchant,
    /// The RSA private key (PEM, PKCS#8 or PKCS#1) with which the simulator signs as Trustly.
    pub trustly_key_pem: String,
}

/// A merchant of Trustly Europe.
pub struct EuMerchant {
    /// The processing account's user name.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The merchant's public keys (PEM, SPKI). With none, every request is refused with 639.
    pub public_keys_pem: Vec<String>,
    /// Funds per ISO 4217 code, in hundredths. A currency that is not named starts with ten
    /// billion units.
    pub balances: BTreeMap<String, u64>,
    /// What Trustly enables and demands to begin with.
    pub contract: EuContract,
}

/// A merchant of Trustly Americas.
pub struct AmerMerchant {
    /// The user name of HTTP Basic authentication.
    pub access_id: String,
    /// Its password, which is also the HMAC key of webhooks.
    pub access_key: String,
    /// The merchant's number.
    pub merchant_id: String,
    /// Where webhooks go; without one none are made until `PUT /_sim/webhooks` names it.
    pub webhook_url: Option<String>,
}

/// A configuration that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The factor is zero.
    #[error("time_factor is 0: it divides durations, so give 1 for real time")]
    TimeFactor,
    /// Trustly's own key does not parse.
    #[error("trustly_key_pem cannot be used")]
    TrustlyKey(#[source] KeyError),
    /// One of the merchant's public keys does not parse.
    #[error("eu.public_keys_pem[{index}] cannot be used")]
    MerchantKey {
        /// Its position in the list.
        index: usize,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The contract with Trustly Europe cannot be kept.
    #[error("eu.contract cannot be kept")]
    Contract(#[from] BadContract),
    /// The webhook URL is neither https nor http to this machine.
    #[error("amer.webhook_url must be an https URL, or http to a loopback host")]
    WebhookUrl,
}

/// A [`Config`] that was found usable. It never changes while the simulator runs.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) eu: EuSettings,
    pub(crate) amer: AmerSettings,
    pub(crate) trustly_key: RsaPrivateKey,
}

pub(crate) struct EuSettings {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) merchant_keys: Vec<RsaPublicKey>,
    pub(crate) balances: BTreeMap<String, u64>,
    pub(crate) contract: Contract,
}

pub(crate) struct AmerSettings {
    pub(crate) access_id: String,
    pub(crate) access_key: String,
    pub(crate) merchant_id: String,
    pub(crate) webhook_url: Option<Url>,
}

impl TryFrom<Config> for Settings {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        if config.time_factor == 0 {
            return Err(ConfigError::TimeFactor);
        }
        let trustly_key =
            keys::parse_private(&config.trustly_key_pem).map_err(ConfigError::TrustlyKey)?;
        Ok(Self {
            seed: config.seed,
            clock: Clock::start(config.time_factor),
            eu: config.eu.try_into()?,
            amer: config.amer.try_into()?,
            trustly_key,
        })
    }
}

impl TryFrom<EuMerchant> for EuSettings {
    type Error = ConfigError;

    fn try_from(merchant: EuMerchant) -> Result<Self, ConfigError> {
        let mut merchant_keys = Vec::new();
        for (index, pem) in merchant.public_keys_pem.iter().enumerate() {
            let key = keys::parse_public(pem)
                .map_err(|source| ConfigError::MerchantKey { index, source })?;
            merchant_keys.push(key);
        }
        Ok(Self {
            username: merchant.username,
            password: merchant.password,
            merchant_keys,
            balances: merchant.balances,
            contract: merchant.contract.try_into()?,
        })
    }
}

impl TryFrom<AmerMerchant> for AmerSettings {
    type Error = ConfigError;

    fn try_from(merchant: AmerMerchant) -> Result<Self, ConfigError> {
        let webhook_url = match merchant.webhook_url {
            Some(text) => Some(webhook_url(&text).ok_or(ConfigError::WebhookUrl)?),
            None => None,
        };
        Ok(Self {
            access_id: merchant.access_id,
            access_key: merchant.access_key,
            merchant_id: merchant.merchant_id,
            webhook_url,
        })
    }
}

/// Where AMER events may go: https anywhere, plain http only to this machine.
pub(crate) fn webhook_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let allowed = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    allowed.then_some(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for (text, allowed) in [
            ("https://merchant.example/hook", true),
            ("http://127.0.0.1:8080/hook", true),
            ("http://127.9.9.9/hook", true),
            ("http://[::1]:8080/hook", true),
            ("http://localhost/hook", true),
            ("http://localhost.example/hook", false),
            ("http://10.0.0.1/hook", false),
            ("ftp://127.0.0.1/hook", false),
            ("127.0.0.1:8080", false),
        ] {
            assert_eq!(webhook_url(text).is_some(), allowed, "{text}");
        }
    }
}
