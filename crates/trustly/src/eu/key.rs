//! RSA keys: the merchant's, which signs, and Trustly's, which verify.
//!
//! Both are parsed once, when configuration is read. Private-key work is done by AWS-LC, which is
//! constant-time and blinded.

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
use pkcs8::der::pem::PemLabel;
use pkcs8::{Document, EncryptedPrivateKeyInfo, LineEnding, ObjectIdentifier};
use pkcs8::{PrivateKeyInfo, SecretDocument};
use thiserror::Error;

use super::sha1_sign::Sha1Signer;
use crate::secret::Secret;

/// The smallest modulus in use. Trustly's own keys have 2048 bits.
pub const MODULUS_BITS_MIN: u32 = 2048;

/// The longest key file that is looked at; 8192-bit keys, the largest that are known, need 7 KB.
pub const PEM_BYTES_MAX: usize = 64 * 1024;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Why a key file cannot be used, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is no PEM at all.
    #[error("key is not PEM: expected a text that begins with -----BEGIN")]
    NotPem,
    /// PEM of something else.
    #[error("PEM holds something else: expected {expected}")]
    OtherContents {
        /// The labels that would do.
        expected: &'static str,
    },
    /// OpenSSL's traditional encryption, whose key derivation is one round of MD5.
    #[error(
        "key has OpenSSL's traditional encryption (Proc-Type): convert it with \
         `openssl pkey -in OLD.pem -aes256 -out NEW.pem`"
    )]
    TraditionalEncryption,
    /// PKCS#8 encrypted by anything but PBES2 with AES.
    #[error(
        "key is encrypted with an outdated cipher such as 3DES: convert it with \
         `openssl pkey -in OLD.pem -aes256 -out NEW.pem`"
    )]
    OutdatedCipher,
    /// An encrypted key came without a passphrase.
    #[error("key is encrypted: configure its passphrase")]
    PassphraseMissing,
    /// The passphrase does not open the key.
    #[error("key cannot be decrypted: is the passphrase right?")]
    PassphraseWrong,
    /// A key of another kind, such as EC or RSA-PSS.
    #[error("key is not an RSA key: make one with `openssl genrsa -out KEY.pem 2048`")]
    NotRsa,
    /// An RSA key that AWS-LC refuses: too small, too large or with inconsistent numbers.
    #[error("RSA key is damaged or has fewer than {MODULUS_BITS_MIN} or more than 8192 bits")]
    Unusable,
}

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
    /// Reads a private key in PEM: PKCS#1, PKCS#8, or PKCS#8 encrypted by PBES2 with AES. The
    /// passphrase of a key that is not encrypted is not looked at.
    pub fn parse(pem: &str, passphrase: Option<&Secret>) -> Result<Self, KeyError> {
        if pem.contains("Proc-Type:") {
            return Err(KeyError::TraditionalEncryption);
        }
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyError::NotPem);
        }
        let Ok((label, document)) = SecretDocument::from_pem(pem) else {
            return Err(KeyError::NotPem);
        };
        match label {
            "RSA PRIVATE KEY" => Self::from_pkcs1(document.as_bytes()),
            PrivateKeyInfo::PEM_LABEL => Self::from_pkcs8(document.as_bytes()),
            EncryptedPrivateKeyInfo::PEM_LABEL => {
                let pkcs8 = decrypt(document.as_bytes(), passphrase)?;
                Self::from_pkcs8(pkcs8.as_bytes())
            }
            _ => Err(KeyError::OtherContents { expected: "a private key (PKCS#1 or PKCS#8)" }),
        }
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

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let Ok(key) = PrivateKeyInfo::try_from(pkcs8) else {
            return Err(KeyError::Unusable);
        };
        if key.algorithm.oid != RSA_ENCRYPTION {
            return Err(KeyError::NotRsa);
        }
        Self::from_pkcs1(key.private_key)
    }

    fn from_pkcs1(pkcs1: &[u8]) -> Result<Self, KeyError> {
        let Ok(rs256) = KeyPair::from_der(pkcs1) else {
            return Err(KeyError::Unusable);
        };
        let sha1 = Sha1Signer::parse(pkcs1).ok_or(KeyError::Unusable)?;
        Ok(Self { rs256, sha1 })
    }

    fn public_der(&self) -> PublicKeyX509Der<'static> {
        self.rs256.public_key().as_der().expect("a key that was parsed can be written")
    }
}

fn decrypt(der: &[u8], passphrase: Option<&Secret>) -> Result<SecretDocument, KeyError> {
    // PBES1, and PBES2 with an unknown cipher, are not even parsed.
    let Ok(encrypted) = EncryptedPrivateKeyInfo::try_from(der) else {
        return Err(KeyError::OutdatedCipher);
    };
    let Some(passphrase) = passphrase else {
        return Err(KeyError::PassphraseMissing);
    };
    match encrypted.decrypt(passphrase.expose()) {
        Ok(document) => Ok(document),
        Err(pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm {
            ..
        })) => Err(KeyError::OutdatedCipher),
        Err(_) => Err(KeyError::PassphraseWrong),
    }
}

impl fmt::Debug for MerchantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MerchantKey({})", fingerprint(self.public_der().as_ref()))
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
    /// Reads a public key in PEM (SubjectPublicKeyInfo), as Trustly publishes it.
    pub fn parse(pem: &str) -> Result<Self, KeyError> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyError::NotPem);
        }
        let Ok((label, document)) = Document::from_pem(pem) else {
            return Err(KeyError::NotPem);
        };
        if label != "PUBLIC KEY" {
            return Err(KeyError::OtherContents { expected: "a public key (PUBLIC KEY)" });
        }
        let der = document.as_bytes();
        if modulus_bits(der)? < MODULUS_BITS_MIN {
            return Err(KeyError::Unusable);
        }
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

fn modulus_bits(spki: &[u8]) -> Result<u32, KeyError> {
    let Ok(key) = PublicKey::from_der(spki) else {
        return Err(KeyError::NotRsa);
    };
    match RsaParameters::public_modulus_len(key.as_ref()) {
        Ok(bits) => Ok(bits),
        Err(Unspecified) => Err(KeyError::Unusable),
    }
}

fn parsed(parameters: &'static RsaParameters, der: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    match ParsedPublicKey::new(parameters, der) {
        Ok(key) => Ok(key),
        Err(_) => Err(KeyError::Unusable),
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
