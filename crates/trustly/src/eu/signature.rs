//! The `Signature` text: algorithm prefix, Base64, and which key it belongs to.
//!
//! No prefix means SHA-1; `alg=RS256;`, `alg=RS384;` and `alg=RS512;` name SHA-2 digests. Any
//! other `alg=` is refused rather than tried as Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::key::{Digest, MerchantKey, SignError, TrustlyKey};

/// What our own messages are signed with: a setting of each merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// What Trustly documents: SHA-1, no prefix.
    Sha1,
    /// SHA-256 with the prefix `alg=RS256;`. Ask Trustly before using it.
    Rs256,
}

/// Why a signature of Trustly's was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// An `alg=` prefix that nobody told us about.
    #[error("signature names an unknown algorithm")]
    UnknownAlgorithm,
    /// What should be a signature is not standard Base64.
    #[error("signature is not base64")]
    NotBase64,
    /// None of the accepted keys made this signature over this text.
    #[error("signature matches none of the accepted trustly keys")]
    NoMatch,
}

/// Signs `plaintext`. Deterministic, so a repeated request has repeated bytes.
pub fn sign(key: &MerchantKey, algorithm: Algorithm, plaintext: &str) -> Result<String, SignError> {
    match algorithm {
        Algorithm::Sha1 => Ok(STANDARD.encode(key.sign_sha1(plaintext.as_bytes())?)),
        Algorithm::Rs256 => {
            let signature = key.sign_sha256(plaintext.as_bytes())?;
            Ok(format!("alg=RS256;{}", STANDARD.encode(signature)))
        }
    }
}

/// Checks that one of `keys` signed `plaintext`. Several keys are accepted at once because
/// messages do not say which key signed them and Trustly announces no rotation.
pub fn verify(keys: &[TrustlyKey], plaintext: &str, signature: &str) -> Result<(), SignatureError> {
    let (digest, base64) = split(signature)?;
    let Ok(signature) = STANDARD.decode(base64) else {
        return Err(SignatureError::NotBase64);
    };
    for key in keys {
        if key.verifies(digest, plaintext.as_bytes(), &signature) {
            return Ok(());
        }
    }
    Err(SignatureError::NoMatch)
}

fn split(signature: &str) -> Result<(Digest, &str), SignatureError> {
    let Some(named) = signature.strip_prefix("alg=") else {
        return Ok((Digest::Sha1, signature));
    };
    match named.split_once(';') {
        Some(("RS256", base64)) => Ok((Digest::Sha256, base64)),
        Some(("RS384", base64)) => Ok((Digest::Sha384, base64)),
        Some(("RS512", base64)) => Ok((Digest::Sha512, base64)),
        _ => Err(SignatureError::UnknownAlgorithm),
    }
}
