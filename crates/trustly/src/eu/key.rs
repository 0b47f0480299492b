//! RSA keys: the merchant's, which signs, and Trustly's, which verify.
//!
//! Both are parsed once, when configuration is read. Private-key work is done by AWS-LC, which is
//! constant-time and blinded.
//!
//! Signing is done where it is called, on no pool: with 2048 bits it takes 0.25 ms in a release
//! build (0.6 ms on processors without AVX-512 IFMA), about as long as a durable write. The work is
//! the same wherever it is done, and what is signed at once is bounded where calls and
//! notifications come in; a pool would add a queue, and one without a bound the longest waits.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, PublicKey};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RsaParameters,
};
use aws_lc_rs::{digest, error::Unspecified};
use pkcs8::{Document, LineEnding};
use thiserror::Error;

use super::key_file::{self, KeyError, MODULUS_BITS_MAX, MODULUS_BITS_MIN};
use super::sha1_sign::Sha1Signer;
use crate::secret::Secret;

/// A private-key operation failed for want of memory or randomness; trying again is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("RSA signing failed inside the crypto library")]
pub struct SignError;

/// Digests that Trustly may sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// Trustly's default.
    Sha1,
    /// `alg=RS256`
    Sha256,
    /// `alg=RS384`
    Sha384,
    /// `alg=RS512`
    Sha512,
}

/// The merchant's private key. `Debug` shows the fingerprint of its public half.
pub struct MerchantKey {
    rs256: KeyPair,
    sha1: Sha1Signer,
}

impl MerchantKey {
    /// Reads the file of a private key in PEM: PKCS#1, PKCS#8, or PKCS#8 encrypted by PBES2 with
    /// AES. The passphrase of a key that is not encrypted is not looked at.
    pub fn parse(file: &[u8], passphrase: Option<&Secret>) -> Result<Self, KeyError> {
        let pkcs1 = key_file::private(file, passphrase)?;
        let sha1 = Sha1Signer::parse(&pkcs1).ok_or(KeyError::Damaged)?;
        check_size(sha1.modulus_bits())?;
        match KeyPair::from_der(&pkcs1) {
            Ok(rs256) => Ok(Self { rs256, sha1 }),
            Err(_) => Err(KeyError::Damaged),
        }
    }

    /// SHA-256 of the public half as DER SubjectPublicKeyInfo, in lower-case hexadecimal: what
    /// people compare with what Trustly has.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.public_der().as_ref())
    }

    /// The public half in PEM (SubjectPublicKeyInfo), which is what Trustly is given.
    #[must_use]
    pub fn public_pem(&self) -> String {
        let document = Document::try_from(self.public_der().as_ref());
        document
            .and_then(|document| document.to_pem("PUBLIC KEY", LineEnding::LF))
            .expect("a key that was parsed can be written")
    }

    /// Signs with RSA PKCS#1 v1.5 over SHA-256. Deterministic: the same message has one signature.
    pub(super) fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.rs256.public_modulus_len()];
        // AWS-LC takes the randomness for blinding from its own generator, not from this argument.
        let random = SystemRandom::new();
        match self.rs256.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature) {
            Ok(()) => Ok(signature),
            Err(Unspecified) => Err(SignError),
        }
    }

    /// Signs with RSA PKCS#1 v1.5 over SHA-1. Deterministic as well.
    pub(super) fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sha1.sign(message).ok_or(SignError)
    }

    fn public_der(&self) -> PublicKeyX509Der<'static> {
        self.rs256.public_key().as_der().expect("a key that was parsed can be written")
    }
}

impl fmt::Debug for MerchantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MerchantKey({})", self.fingerprint())
    }
}

/// One of Trustly's public keys. `Debug` shows its fingerprint.
#[derive(Clone)]
pub struct TrustlyKey {
    sha1: ParsedPublicKey,
    sha256: ParsedPublicKey,
    sha384: ParsedPublicKey,
    sha512: ParsedPublicKey,
    fingerprint: String,
}

impl TrustlyKey {
    /// Reads the file of a public key in PEM (SubjectPublicKeyInfo), as Trustly publishes it.
    pub fn parse(file: &[u8]) -> Result<Self, KeyError> {
        let document = key_file::public(file)?;
        let der = document.as_bytes();
        check_size(modulus_bits(der)?)?;
        Ok(Self {
            sha1: parsed(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, der)?,
            sha256: parsed(&RSA_PKCS1_2048_8192_SHA256, der)?,
            sha384: parsed(&RSA_PKCS1_2048_8192_SHA384, der)?,
            sha512: parsed(&RSA_PKCS1_2048_8192_SHA512, der)?,
            fingerprint: fingerprint(der),
        })
    }

    /// SHA-256 of the DER SubjectPublicKeyInfo, in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether `signature` is this key's RSA PKCS#1 v1.5 signature of `message`.
    pub(super) fn verifies(&self, digest: Digest, message: &[u8], signature: &[u8]) -> bool {
        let key = match digest {
            Digest::Sha1 => &self.sha1,
            Digest::Sha256 => &self.sha256,
            Digest::Sha384 => &self.sha384,
            Digest::Sha512 => &self.sha512,
        };
        key.verify_sig(message, signature).is_ok()
    }
}

fn check_size(bits: u32) -> Result<(), KeyError> {
    match bits {
        MODULUS_BITS_MIN..=MODULUS_BITS_MAX => Ok(()),
        _ => Err(KeyError::Size { bits }),
    }
}

fn modulus_bits(spki: &[u8]) -> Result<u32, KeyError> {
    let Ok(key) = PublicKey::from_der(spki) else {
        return Err(key_file::not_rsa("a key that is not RSA"));
    };
    match RsaParameters::public_modulus_len(key.as_ref()) {
        Ok(bits) => Ok(bits),
        Err(Unspecified) => Err(KeyError::Damaged),
    }
}

fn parsed(parameters: &'static RsaParameters, der: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    match ParsedPublicKey::new(parameters, der) {
        Ok(key) => Ok(key),
        Err(_) => Err(KeyError::Damaged),
    }
}

fn fingerprint(der: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, der);
    let mut text = String::with_capacity(64);
    for byte in digest.as_ref() {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

impl fmt::Debug for TrustlyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustlyKey({})", self.fingerprint)
    }
}
