//! HMAC signatures of requests, redirects and webhooks: one key for all three (page "Generate
//! request signatures").

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha512;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Algorithm {
    Sha1,
    Sha512,
}

impl Algorithm {
    /// Named in front of a signature; SHA-1 is implied where nothing is.
    fn prefix(self) -> &'static str {
        match self {
            Self::Sha1 => "",
            Self::Sha512 => "HmacSHA512:",
        }
    }
}

pub(super) fn sign(algorithm: Algorithm, access_key: &str, message: &str) -> String {
    let code = match algorithm {
        Algorithm::Sha1 => code::<Hmac<Sha1>>(access_key, message),
        Algorithm::Sha512 => code::<Hmac<Sha512>>(access_key, message),
    };
    format!("{}{}", algorithm.prefix(), BASE64.encode(code))
}

/// Whether it is the signature of this message by either algorithm.
pub(super) fn is_valid(signature: &str, access_key: &str, message: &str) -> bool {
    let signature = signature.strip_prefix("HmacSHA1:").unwrap_or(signature);
    [Algorithm::Sha1, Algorithm::Sha512]
        .iter()
        .any(|algorithm| sign(*algorithm, access_key, message) == signature)
}

fn code<M: Mac + hmac::digest::KeyInit>(access_key: &str, message: &str) -> Vec<u8> {
    let mut mac =
        <M as Mac>::new_from_slice(access_key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sandbox-access-key-0001";

    #[test]
    fn signatures_are_those_of_the_worked_examples() {
        let message = "accessId=SIMACCESSID0000000001&merchantId=1002463580\
            &description=Connect Bank for Withdrawals&currency=USD&amount=0.00\
            &merchantReference=auth-7f3c1&paymentType=Deferred&customer.externalId=user_123\
            &customer.name=Zoë O'Neil&customer.address.country=US&customer.email=zoe@example.com";
        assert_eq!(sign(Algorithm::Sha1, KEY, message), "MCBIz94sLPQOTJ6WdcIjfC4/Hjs=");
        assert_eq!(
            sign(Algorithm::Sha512, KEY, message),
            "HmacSHA512:QvGIFH4PwWSC5c/FtFMG/K2hAV7QNNRbbWUYTsMIEzZakZ/UwITBWTkxUr43SFXVw1c7nLP7J2\
             i2hNSCIjBoIw=="
        );
    }

    #[test]
    fn either_algorithm_is_taken_and_none_for_the_other() {
        let (short, long) = (sign(Algorithm::Sha1, KEY, "m"), sign(Algorithm::Sha512, KEY, "m"));
        for good in [short.clone(), long.clone(), format!("HmacSHA1:{short}")] {
            assert!(is_valid(&good, KEY, "m") && !is_valid(&good, KEY, "n"));
        }
        assert!(!is_valid(long.trim_start_matches("HmacSHA512:"), KEY, "m"));
        assert!(!is_valid(&format!("HmacSHA512:{short}"), KEY, "m"));
    }
}
