//! RSA keys and the signatures of Trustly Europe (page "Authentication").
//!
//! The `rsa` crate signs without blinding here, which is fine for a simulator's key and would not
//! be for a merchant's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding,
};
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// What Trustly asks of merchant keys.
const KEY_BITS: usize = 2048;

/// A key in a form that cannot be used. The message never holds any of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither PKCS#8 nor PKCS#1.
    #[error("not an RSA private key in PEM (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)")]
    Private,
    /// Not SPKI.
    #[error("not an RSA public key in PEM (BEGIN PUBLIC KEY)")]
    Public,
}

/// A new RSA-2048 private key as PKCS#8 PEM, from the operating system's randomness.
pub fn generate_key_pem() -> String {
    let key = RsaPrivateKey::new(&mut OsRng, KEY_BITS)
        .expect("two primes of 1024 bits exist, and OsRng aborts rather than fail");
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("an RSA key always has a PKCS#8 form");
    pem.to_string()
}

/// The public half (PEM, SPKI) of a private key (PEM, PKCS#8 or PKCS#1).
pub fn public_key_pem(private_key_pem: &str) -> Result<String, KeyError> {
    let key = parse_private(private_key_pem)?;
    key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Public)
}

pub(crate) fn parse_private(pem: &str) -> Result<RsaPrivateKey, KeyError> {
    RsaPrivateKey::from_pkcs8_pem(pem)
        .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
        .map_err(|_| KeyError::Private)
}

pub(crate) fn parse_public(pem: &str) -> Result<RsaPublicKey, KeyError> {
    RsaPublicKey::from_public_key_pem(pem).map_err(|_| KeyError::Public)
}

/// The digest under an RSASSA-PKCS1-v1_5 signature. A signature names it by a prefix that is not
/// part of what is signed; SHA-1 has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Rs256,
    Rs384,
    Rs512,
}

impl Algorithm {
    /// The algorithm a signature claims, and its Base64. `None` for an `alg=` nobody knows.
    pub(crate) fn of(signature: &str) -> Option<(Self, &str)> {
        for algorithm in [Self::Rs256, Self::Rs384, Self::Rs512] {
            if let Some(encoded) = signature.strip_prefix(algorithm.prefix()) {
                return Some((algorithm, encoded));
            }
        }
        let known = !signature.starts_with("alg=");
        known.then_some((Self::Sha1, signature))
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Sha1 => "",
            Self::Rs256 => "alg=RS256;",
            Self::Rs384 => "alg=RS384;",
            Self::Rs512 => "alg=RS512;",
        }
    }

    fn padding(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
            Self::Rs256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Rs384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Rs512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }

    fn digest(self, plaintext: &str) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(plaintext).to_vec(),
            Self::Rs256 => Sha256::digest(plaintext).to_vec(),
            Self::Rs384 => Sha384::digest(plaintext).to_vec(),
            Self::Rs512 => Sha512::digest(plaintext).to_vec(),
        }
    }
}

/// The signature as it goes into a message. The same input always gives the same text.
pub(crate) fn sign(key: &RsaPrivateKey, algorithm: Algorithm, plaintext: &str) -> String {
    let signature = key
        .sign(algorithm.padding(), &algorithm.digest(plaintext))
        .expect("a 2048-bit key has room for every digest");
    format!("{}{}", algorithm.prefix(), BASE64.encode(signature))
}

/// Whether any of the keys made this signature over this plaintext.
pub(crate) fn verify(keys: &[RsaPublicKey], signature: &str, plaintext: &str) -> bool {
    let Some((algorithm, encoded)) = Algorithm::of(signature) else { return false };
    let Ok(bytes) = BASE64.decode(encoded) else { return false };
    let digest = algorithm.digest(plaintext);
    keys.iter().any(|key| key.verify(algorithm.padding(), &digest, &bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_round_trips_and_none_passes_for_another() {
        let key = parse_private(&generate_key_pem()).unwrap();
        let public = [key.to_public_key()];
        for algorithm in [Algorithm::Sha1, Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512] {
            let signature = sign(&key, algorithm, "plaintext");
            assert!(verify(&public, &signature, "plaintext"));
            assert!(!verify(&public, &signature, "plaintexT"));
            assert_eq!(Algorithm::of(&signature).unwrap().0, algorithm);
            let bare = signature.strip_prefix(algorithm.prefix()).unwrap();
            let relabelled = if algorithm == Algorithm::Sha1 {
                format!("alg=RS256;{bare}")
            } else {
                bare.to_owned()
            };
            assert!(!verify(&public, &relabelled, "plaintext"));
        }
        assert!(!verify(&public, "alg=RS1;AAAA", "plaintext"));
    }

    #[test]
    fn a_wrong_pem_is_named_without_its_contents() {
        let error = public_key_pem("-----BEGIN NONSENSE-----").unwrap_err();
        assert!(!error.to_string().contains("NONSENSE"));
    }
}
