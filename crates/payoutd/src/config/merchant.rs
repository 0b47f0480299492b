//! One merchant's section, checked: the account with the provider and how payouts are driven.

use std::path::Path;
use std::time::Duration;

use payout::policy::{Backoff, DoubtPolicy, Policy, Polling};
use trustly::amer::credentials::Credentials;
use trustly::amer::provider as amer;
use trustly::amer::wire::deposit::{Encoding, InstantFlag};
use trustly::decimal::Decimals;
use trustly::eu::clearing_house::SwedishIban;
use trustly::eu::profile::Profile;
use trustly::eu::provider as eu;
use trustly::eu::signature::Algorithm;
use trustly::secret::Secret;

use super::duration::Span;
use super::file::{self, SecretRef};
use super::signature_keys::{self, KeyLine};
use super::{Mistakes, is_loopback_http, secret};

/// A merchant that can be served.
pub(crate) struct MerchantConfig {
    pub(crate) provider: ProviderConfig,
    pub(crate) policy: Policy,
    /// The keys of its signatures, to be compared with what the provider has.
    pub(crate) keys: Vec<KeyLine>,
}

/// A merchant's account. Where Trustly Europe reports to is known only once the server listens, so
/// it is filled in then.
pub(crate) enum ProviderConfig {
    Europe(Box<eu::Config>),
    Americas(Box<amer::Config>),
}

/// Checks one section; notes what is wrong.
pub(super) fn check(
    path: &str,
    section: &file::Merchant,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<MerchantConfig> {
    match (&section.trustly_europe, &section.trustly_americas) {
        (Some(account), None) => {
            let path = format!("{path}.trustly_europe");
            let policy = europe_policy(&section.policy);
            let (config, keys) = europe(&path, account, policy.clone(), base, mistakes)?;
            let provider = ProviderConfig::Europe(Box::new(config));
            Some(MerchantConfig { provider, policy, keys })
        }
        (None, Some(account)) => {
            let path = format!("{path}.trustly_americas");
            let policy = americas_policy(&section.policy, account.duplicate_protection);
            let config = americas(&path, account, policy.clone(), base, mistakes)?;
            let provider = ProviderConfig::Americas(Box::new(config));
            Some(MerchantConfig { provider, policy, keys: Vec::new() })
        }
        (None, None) | (Some(_), Some(_)) => {
            mistakes.add(path, "needs exactly one of trustly_europe and trustly_americas");
            None
        }
    }
}

fn europe(
    path: &str,
    account: &file::TrustlyEurope,
    policy: Policy,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<(eu::Config, Vec<KeyLine>)> {
    mistakes.keep(&format!("{path}.url"), check_url(&account.url));
    if !is_loopback_http(&account.url) {
        check_durations(&path.replace(".trustly_europe", ".policy"), &policy, mistakes);
    }
    let password = read(&format!("{path}.password"), &account.password, base, mistakes);
    let keys = signature_keys::check(path, account, base, mistakes);
    if account.shopper_statement.trim().is_empty() {
        mistakes.add(&format!("{path}.shopper_statement"), "must name the merchant");
    }
    let config = eu::Config {
        url: account.url.clone(),
        username: account.username.clone(),
        password: password?,
        key: keys.signing?,
        algorithm: match account.signature {
            file::Signature::Sha1 => Algorithm::Sha1,
            file::Signature::Rs256 => Algorithm::Rs256,
        },
        trustly_keys: keys.trustly,
        notification_url: String::new(),
        shopper_statement: account.shopper_statement.clone(),
        swedish_iban: match account.swedish_iban {
            true => SwedishIban::Enabled,
            false => SwedishIban::Refused,
        },
        huf: match account.huf_decimals {
            file::HufDecimals::None => Decimals::None,
            file::HufDecimals::Two => Decimals::Two,
        },
        profile: match account.profile {
            file::Profile::Standard => Profile::Standard,
            file::Profile::TransferService => Profile::TransferService,
            file::Profile::EmoPartner => Profile::EmoPartner,
            file::Profile::EWallet => Profile::EWallet,
        },
        policy,
    };
    Some((config, keys.lines))
}

fn americas(
    path: &str,
    account: &file::TrustlyAmericas,
    policy: Policy,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<amer::Config> {
    mistakes.keep(&format!("{path}.url"), check_url(&account.url));
    if !is_loopback_http(&account.url) {
        check_durations(&path.replace(".trustly_americas", ".policy"), &policy, mistakes);
    }
    let mut credentials = Vec::new();
    for (index, pair) in account.credentials.iter().enumerate() {
        let path = format!("{path}.credentials[{index}]");
        let key = read(&format!("{path}.access_key"), &pair.access_key, base, mistakes);
        let Some(key) = key else { continue };
        credentials.extend(mistakes.keep(&path, Credentials::new(pair.access_id.clone(), key)));
    }
    if account.credentials.is_empty() {
        mistakes.add(&format!("{path}.credentials"), "needs an access id with its key");
    }
    Some(amer::Config {
        url: account.url.clone(),
        merchant_id: account.merchant_id.clone(),
        credentials,
        encoding: match account.body {
            file::Body::Json => Encoding::Json,
            file::Body::Form => Encoding::Form,
        },
        instant_flag: InstantFlag::InstantPayoutRequest,
        policy,
    })
}

/// Durations that are proof: what comes too early proves nothing. Only a simulator, whose time is
/// compressed, may have shorter ones.
fn check_durations(path: &str, policy: &Policy, mistakes: &mut Mistakes) {
    // Trustly gives no figure; its own client waits this long for an answer.
    const REQUEST_TIMEOUT_MIN: Duration = Duration::from_secs(30);
    // Lists lag; minutes apart, two of them are unlikely to lag alike.
    const LOOK_UP_SPACING_MIN: Duration = Duration::from_secs(60);
    const HORIZON_MIN: Duration = Duration::from_secs(60 * 60);
    // Trustly: a credit comes at once for want of funds, and days later if the bank returns it.
    const PRESUMED_AFTER_MIN: Duration = Duration::from_secs(24 * 60 * 60);
    let mut at_least = |name: &str, value: Duration, least: Duration| {
        if value < least {
            let least = least.as_secs();
            mistakes.add(&format!("{path}.{name}"), format!("must be at least {least}s"));
        }
    };
    at_least("request_timeout", policy.request_timeout, REQUEST_TIMEOUT_MIN);
    at_least("horizon", policy.horizon, HORIZON_MIN);
    if let Some(presumed_after) = policy.presumed_after {
        at_least("presumed_after", presumed_after, PRESUMED_AFTER_MIN);
    }
    if let DoubtPolicy::LookUp { spacing, .. } = policy.doubt {
        at_least("look_up_spacing", spacing, LOOK_UP_SPACING_MIN);
    }
}

/// Money and credentials go there: https, except on this machine.
fn check_url(url: &str) -> Result<(), &'static str> {
    if url.ends_with('/') || url.contains(['?', '#', ' ']) {
        return Err("must not end in a slash nor hold a query");
    }
    match url.starts_with("https://") || is_loopback_http(url) {
        true => Ok(()),
        false => Err("must begin with https:// (http:// only for this machine)"),
    }
}

fn read(path: &str, secret: &SecretRef, base: &Path, mistakes: &mut Mistakes) -> Option<Secret> {
    let text = mistakes.keep(path, secret::read(secret, base))?;
    Some(Secret::new(text.to_string()))
}

fn europe_policy(given: &file::Policy) -> Policy {
    let presumed_after = given.presumed_after.map(|span| span.0);
    Policy { presumed_after, ..common_policy(given) }
}

fn americas_policy(given: &file::Policy, protection: file::DuplicateProtection) -> Policy {
    let polling = Polling {
        until_outcome: Backoff {
            first: or(given.poll_first, "30s"),
            max: or(given.poll_max, "15m"),
        },
        through_return_window: or(given.poll_through_return_window, "24h"),
    };
    Policy {
        doubt: DoubtPolicy::LookUp {
            spacing: or(given.look_up_spacing, "2m"),
            resend_when_absent: protection == file::DuplicateProtection::Confirmed,
        },
        polling: Some(polling),
        ..common_policy(given)
    }
}

/// The defaults that both regions share. Trustly documents no time-out; its own client waits 30 s.
/// How long it remembers a request is not documented either; the horizon is how long we rely on it.
fn common_policy(given: &file::Policy) -> Policy {
    Policy {
        doubt: DoubtPolicy::Resend,
        horizon: or(given.horizon, "24h"),
        related_horizon: or(given.related_horizon, "5m"),
        send_window: or(given.send_window, "5s"),
        request_timeout: or(given.request_timeout, "30s"),
        retry: Backoff { first: or(given.retry_first, "1s"), max: or(given.retry_max, "5m") },
        hold: or(given.hold, "1m"),
        polling: None,
        return_window: or(given.return_window, "14d"),
        presumed_after: None,
    }
}

fn or(given: Option<Span>, default: &str) -> Duration {
    let default = Span::parse(default).expect("a default is written correctly");
    given.unwrap_or(default).0
}
