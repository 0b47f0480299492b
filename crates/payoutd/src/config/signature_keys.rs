//! The RSA keys of an account with Trustly Europe: the merchant's own and Trustly's, each parsed
//! once, and how people are told which is which.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use trustly::eu::key::{MerchantKey, TrustlyKey};
use trustly::eu::published::{Published, published};
use trustly::secret::Secret;

use super::{Mistakes, file, secret};

/// The most keys in one list: those of a rotation, and room for a second one.
const KEYS_MAX: usize = 8;

/// The keys of one account.
pub(super) struct SignatureKeys {
    /// The key that signs. `None` if there is a mistake in it.
    pub(super) signing: Option<MerchantKey>,
    /// Every key that Trustly may sign with.
    pub(super) trustly: Vec<TrustlyKey>,
    /// All of them, for people.
    pub(super) lines: Vec<KeyLine>,
}

/// One key, for people who compare it with what Trustly has. Nothing in it is secret.
pub(crate) struct KeyLine {
    /// Where it stands in the configuration, such as `merchant_keys[0]`.
    place: String,
    what: &'static str,
    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal.
    fingerprint: String,
}

impl fmt::Display for KeyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, fingerprint } = self;
        write!(f, "{place} {fingerprint}: {what}")
    }
}

/// Reads the keys of one account; notes what is wrong with them.
pub(super) fn check(
    path: &str,
    account: &file::TrustlyEurope,
    base: &Path,
    mistakes: &mut Mistakes,
) -> SignatureKeys {
    let (mut seen, mut lines) = (BTreeSet::new(), Vec::new());
    check_count(&format!("{path}.merchant_keys"), account.merchant_keys.len(), mistakes);
    let mut signing = None;
    for (index, listed) in account.merchant_keys.iter().take(KEYS_MAX).enumerate() {
        let place = format!("merchant_keys[{index}]");
        let path = format!("{path}.{place}");
        let Some(key) = merchant_key(&path, listed, base, mistakes) else { continue };
        let fingerprint = key.fingerprint();
        mistakes.keep(&path, check_merchant_key(&fingerprint, &mut seen));
        let what = match index {
            0 => "signs our messages",
            _ => "signs nothing until it is listed first",
        };
        lines.push(KeyLine { place, what, fingerprint });
        if index == 0 {
            signing = Some(key);
        }
    }
    check_count(&format!("{path}.trustly_keys"), account.trustly_keys.len(), mistakes);
    let mut trustly = Vec::new();
    for (index, listed) in account.trustly_keys.iter().take(KEYS_MAX).enumerate() {
        let place = format!("trustly_keys[{index}]");
        let path = format!("{path}.{place}");
        let Some(key) = trustly_key(&path, &base.join(listed), mistakes) else { continue };
        let fingerprint = key.fingerprint().to_owned();
        mistakes.keep(&path, check_trustly_key(&fingerprint, &account.url, &mut seen));
        lines.push(KeyLine { place, what: accepted(&fingerprint), fingerprint });
        trustly.push(key);
    }
    SignatureKeys { signing, trustly, lines }
}

fn check_count(path: &str, count: usize, mistakes: &mut Mistakes) {
    if !(1..=KEYS_MAX).contains(&count) {
        mistakes.add(path, format!("needs 1 to {KEYS_MAX} keys"));
    }
}

fn merchant_key(
    path: &str,
    listed: &file::MerchantKey,
    base: &Path,
    mistakes: &mut Mistakes,
) -> Option<MerchantKey> {
    let passphrase = match &listed.passphrase {
        Some(passphrase) => {
            let path = format!("{path}.passphrase");
            let text = mistakes.keep(&path, secret::read(passphrase, base))?;
            Some(Secret::new(text.to_string()))
        }
        None => None,
    };
    let path = format!("{path}.private_key");
    let file = mistakes.keep(&path, secret::read_bytes(&listed.private_key, base))?;
    mistakes.keep(&path, MerchantKey::parse(&file, passphrase.as_ref()))
}

fn trustly_key(path: &str, file: &Path, mistakes: &mut Mistakes) -> Option<TrustlyKey> {
    let file = mistakes.keep(path, secret::read_file(file))?;
    mistakes.keep(path, TrustlyKey::parse(&file))
}

/// What a key of Trustly's is for, and which of those that everybody knows it is.
fn accepted(fingerprint: &str) -> &'static str {
    match published(fingerprint) {
        Some(Published::TrustlyTest) => "accepted; Trustly's published TEST key",
        Some(Published::TrustlyLive) => "accepted; Trustly's published LIVE key",
        Some(Published::SignatureTester) | None => "accepted; none of Trustly's published keys",
    }
}

fn check_merchant_key(fingerprint: &str, seen: &mut BTreeSet<String>) -> Result<(), &'static str> {
    if published(fingerprint).is_some() {
        return Err(
            "is published in Trustly's client libraries: anybody can sign with it; make one \
                    with `payoutd keygen`",
        );
    }
    match seen.insert(fingerprint.to_owned()) {
        true => Ok(()),
        false => Err("is listed twice"),
    }
}

/// A key that Trustly does not sign this environment's messages with lets others speak for it.
fn check_trustly_key(
    fingerprint: &str,
    url: &str,
    seen: &mut BTreeSet<String>,
) -> Result<(), &'static str> {
    if !seen.insert(fingerprint.to_owned()) {
        return Err("is listed twice, or is the merchant's own: Trustly's public keys are needed");
    }
    match (published(fingerprint), environment(url)) {
        (Some(Published::SignatureTester), _) => {
            Err("is the key of Trustly's signature tester: anybody can sign with it")
        }
        (Some(Published::TrustlyTest), Some(Published::TrustlyLive)) => {
            Err("is Trustly's TEST key, and the url is of Trustly's live environment")
        }
        (Some(Published::TrustlyLive), Some(Published::TrustlyTest)) => {
            Err("is Trustly's LIVE key, and the url is of Trustly's test environment")
        }
        _ => Ok(()),
    }
}

/// Which of Trustly's environments an address is of, if it is one of the documented ones.
fn environment(url: &str) -> Option<Published> {
    let url = url.to_ascii_lowercase();
    match url.strip_prefix("https://")?.split(['/', ':']).next()? {
        "test.trustly.com" => Some(Published::TrustlyTest),
        "api.trustly.com" | "trustly.com" => Some(Published::TrustlyLive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: &str = "3c45411e0532933c3c97215b375d238c08b6a06d40793999444f6459c917a935";
    const LIVE: &str = "7e09f288f4ed5b6e31c4665efe9b364347083ad8d03427d2d1cfb963ce7551c5";
    const TESTER: &str = "95dfd03243d259fe5cd43c2e4ff32e36f79152480a54d87451b56ba235ec3813";

    fn trustly_key_at(url: &str, fingerprint: &str) -> Result<(), &'static str> {
        check_trustly_key(fingerprint, url, &mut BTreeSet::new())
    }

    #[test]
    fn a_key_of_the_other_environment_is_refused() {
        for live in ["https://api.trustly.com/1", "https://Trustly.com:443/api/1"] {
            assert!(trustly_key_at(live, TEST).unwrap_err().contains("TEST key"));
            assert_eq!(trustly_key_at(live, LIVE), Ok(()));
        }
        let test = "https://test.trustly.com/api/1";
        assert!(trustly_key_at(test, LIVE).unwrap_err().contains("LIVE key"));
        assert_eq!(trustly_key_at(test, TEST), Ok(()));
        // Keys that are not published today may be tomorrow's; what is behind a proxy is not known.
        assert_eq!(trustly_key_at(test, &"0".repeat(64)), Ok(()));
        for unknown in ["https://proxy.example/api/1", "http://127.0.0.1:7070/api/1"] {
            assert_eq!(trustly_key_at(unknown, TEST), Ok(()));
            assert_eq!(trustly_key_at(unknown, LIVE), Ok(()));
        }
    }

    #[test]
    fn a_key_that_everybody_has_proves_nothing() {
        assert!(trustly_key_at("https://proxy.example/1", TESTER).is_err());
        assert!(check_merchant_key(TESTER, &mut BTreeSet::new()).is_err());
    }

    #[test]
    fn a_key_is_listed_once_and_on_one_side() {
        let mut seen = BTreeSet::new();
        assert_eq!(check_merchant_key("a", &mut seen), Ok(()));
        assert_eq!(check_merchant_key("b", &mut seen), Ok(()));
        assert!(check_merchant_key("a", &mut seen).is_err());
        assert!(check_trustly_key("b", "", &mut seen).unwrap_err().contains("merchant's own"));
        assert_eq!(check_trustly_key("c", "", &mut seen), Ok(()));
    }
}
