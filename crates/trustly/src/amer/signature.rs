//! HMAC signatures under the access key: Base64, with the algorithm in front unless it is SHA-1.

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA512};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::credentials::Credentials;

/// What our signatures are made with: a setting of each merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Trustly's default, without a prefix.
    Sha1,
    /// Written with the prefix `HmacSHA512:`. Trustly enables it on request.
    Sha512,
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// A prefix other than `HmacSHA1:` and `HmacSHA512:`.
    #[error("signature names an unknown algorithm")]
    UnknownAlgorithm,
    /// What should be a signature is not standard Base64.
    #[error("signature is not base64")]
    NotBase64,
    /// The signature belongs to another text or another key.
    #[error("signature does not match")]
    NoMatch,
}

/// Signs `message`, which for requests is the canonical string. Deterministic, without a time or a
/// nonce: it never expires, so it must not be given to anybody who should not use it again.
#[must_use]
pub fn sign(credentials: &Credentials, algorithm: Algorithm, message: &str) -> String {
    let tag = hmac::sign(&key(credentials, algorithm), message.as_bytes());
    match algorithm {
        Algorithm::Sha1 => STANDARD.encode(tag),
        Algorithm::Sha512 => format!("HmacSHA512:{}", STANDARD.encode(tag)),
    }
}

/// Checks a signature over `message` as Trustly writes it. Compares in constant time.
pub(super) fn verify(
    credentials: &Credentials,
    message: &[u8],
    signature: &str,
) -> Result<(), SignatureError> {
    let (algorithm, base64) = split(signature)?;
    let Ok(tag) = STANDARD.decode(base64) else {
        return Err(SignatureError::NotBase64);
    };
    match hmac::verify(&key(credentials, algorithm), message, &tag) {
        Ok(()) => Ok(()),
        Err(_) => Err(SignatureError::NoMatch),
    }
}

/// Base64 has no colon, so a colon ends a prefix.
fn split(signature: &str) -> Result<(Algorithm, &str), SignatureError> {
    match signature.split_once(':') {
        None => Ok((Algorithm::Sha1, signature)),
        Some(("HmacSHA1", base64)) => Ok((Algorithm::Sha1, base64)),
        Some(("HmacSHA512", base64)) => Ok((Algorithm::Sha512, base64)),
        Some(_) => Err(SignatureError::UnknownAlgorithm),
    }
}

fn key(credentials: &Credentials, algorithm: Algorithm) -> hmac::Key {
    let algorithm = match algorithm {
        Algorithm::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha512 => HMAC_SHA512,
    };
    hmac::Key::new(algorithm, credentials.access_key().expose().as_bytes())
}
