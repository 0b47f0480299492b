//! One merchant's section, checked: the account with the provider and how payouts are driven.

use std::path::Path;
use std::time::Duration;

use payout::money::Currency;
use payout::policy::{Backoff, DoubtPolicy, Policy, Polling};
use trustly::amer::credentials::Credentials;
use trustly::amer::provider as amer;
use trustly::amer::wire::deposit::{Encoding, InstantFlag};
use trustly::decimal::Decimals;
use trustly::eu::answer::ResultZero;
use trustly::eu::clearing_house::SwedishIban;
use trustly::eu::profile::Profile;
use trustly::eu::provider as eu;
use trustly::eu::signature::Algorithm;
use trustly::secret::Secret;

use super::duration::Span;
use super::file::{self, SecretRef};
use super::listen::{check_https, is_loopback_http};
use super::signature_keys::{self, KeyLine};
use super::{Mistakes, secret};

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

impl ProviderConfig {
    /// What people call it.
    pub(crate) fn region(&self) -> &'static str {
        match self {
            Self::Europe(_) => "Trustly Europe",
            Self::Americas(_) => "Trustly Americas",
        }
    }
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
    mistakes.keep(&format!("{path}.url"), check_https(&account.url));
    check_filled(&format!("{path}.username"), &account.username, mistakes);
    let is_real = !is_loopback_http(&account.url);
    check_durations(&path.replace(".trustly_europe", ".policy"), &policy, is_real, mistakes);
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
        settled_currencies: settled_currencies(path, account, mistakes),
        profile: match account.profile {
            file::Profile::Standard => Profile::Standard,
            file::Profile::TransferService => Profile::TransferService,
            file::Profile::EmoPartner => Profile::EmoPartner,
            file::Profile::EWallet => Profile::EWallet,
        },
        result_zero: match account.result_zero {
            file::ResultZero::Refused => ResultZero::Refused,
            file::ResultZero::InDoubt => ResultZero::InDoubt,
        },
        policy,
    };
    Some((config, keys.lines))
}

fn settled_currencies(
    path: &str,
    account: &file::TrustlyEurope,
    mistakes: &mut Mistakes,
) -> Vec<Currency> {
    let mut currencies = Vec::new();
    for (index, code) in account.settled_currencies.iter().enumerate() {
        let path = format!("{path}.settled_currencies[{index}]");
        match Currency::parse(code) {
            Ok(currency) if currencies.contains(&currency) => mistakes.add(&path, "is there twice"),
            Ok(currency) => currencies.push(currency),
            Err(error) => mistakes.add(&path, error),
        }
    }
    currencies
}

fn americas(
    path: &str,
    account: &file::TrustlyAmericas,
    policy: Policy,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<amer::Config> {
    mistakes.keep(&format!("{path}.url"), check_https(&account.url));
    check_filled(&format!("{path}.merchant_id"), &account.merchant_id, mistakes);
    let is_real = !is_loopback_http(&account.url);
    check_durations(&path.replace(".trustly_americas", ".policy"), &policy, is_real, mistakes);
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
/// compressed, may have short ones; nobody may have none at all, or a pause that shrinks.
fn check_durations(path: &str, policy: &Policy, is_real: bool, mistakes: &mut Mistakes) {
    // Trustly gives no figure; its own client waits this long for an answer.
    const REQUEST_TIMEOUT_MIN: Duration = Duration::from_secs(30);
    // Lists lag; minutes apart, two of them are unlikely to lag alike.
    const LOOK_UP_SPACING_MIN: Duration = Duration::from_secs(60);
    const HORIZON_MIN: Duration = Duration::from_secs(60 * 60);
    // Trustly: a credit comes at once for want of funds, and days later if the bank returns it.
    const PRESUMED_AFTER_MIN: Duration = Duration::from_secs(24 * 60 * 60);
    let mut at_least = |name: &str, value: Duration, least: Duration| {
        let least = if is_real { least } else { SHORTEST };
        if value < least {
            let least = shown(least);
            mistakes.add(&format!("{path}.{name}"), format!("must be at least {least}"));
        }
    };
    at_least("request_timeout", policy.request_timeout, REQUEST_TIMEOUT_MIN);
    at_least("horizon", policy.horizon, HORIZON_MIN);
    at_least("send_window", policy.send_window, SHORTEST);
    at_least("hold", policy.hold, SHORTEST);
    at_least("return_window", policy.return_window, SHORTEST);
    at_least("retry_first", policy.retry.first, SHORTEST);
    if let Some(presumed_after) = policy.presumed_after {
        at_least("presumed_after", presumed_after, PRESUMED_AFTER_MIN);
    }
    if let DoubtPolicy::LookUp { spacing, .. } = policy.doubt {
        at_least("look_up_spacing", spacing, LOOK_UP_SPACING_MIN);
    }
    let mut pauses = vec![("retry_first", "retry_max", policy.retry)];
    if let Some(polling) = &policy.polling {
        at_least("poll_first", polling.until_outcome.first, SHORTEST);
        at_least("poll_through_return_window", polling.through_return_window, SHORTEST);
        pauses.push(("poll_first", "poll_max", polling.until_outcome));
    }
    for (first, max, pause) in pauses {
        if pause.first > pause.max {
            let (longer, shorter) = (shown(pause.first), shown(pause.max));
            let what = format!("is {longer}, longer than {max}, which is {shorter}");
            mistakes.add(&format!("{path}.{first}"), what);
        }
    }
    if is_real && policy.horizon <= policy.request_timeout {
        let what = "must be longer than request_timeout: a request may be under way as long";
        mistakes.add(&format!("{path}.horizon"), what);
    }
}

/// The shortest duration that means anything: a shorter pause is none, and a server without pauses
/// does nothing else.
const SHORTEST: Duration = Duration::from_millis(10);

fn shown(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_millis()) {
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", duration.as_millis()),
    }
}

/// What may not be left empty.
fn check_filled(path: &str, value: &str, mistakes: &mut Mistakes) {
    if value.trim().is_empty() {
        mistakes.add(path, "must not be empty");
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
