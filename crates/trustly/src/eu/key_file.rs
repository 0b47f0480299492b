//! What is in a key file: PEM of the kinds that are read, and of everything else what it is and
//! the command that makes one of them out of it.

use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{Kdf, Pbkdf2Prf};
use pkcs8::{Document, EncryptedPrivateKeyInfo, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The smallest modulus in use. Trustly's own keys have 2048 bits.
pub const MODULUS_BITS_MIN: u32 = 2048;

/// The largest modulus that AWS-LC signs and verifies with.
pub const MODULUS_BITS_MAX: u32 = 8192;

/// The longest key file that is looked at; 8192-bit keys, the largest that are known, need 7 KB.
pub const KEY_FILE_BYTES_MAX: usize = 64 * 1024;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Why a key file cannot be used, and what to do about it. Nothing of the file is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A file of a kind that is not read.
    #[error("{found}: {remedy}")]
    NotRead {
        /// What it is.
        found: &'static str,
        /// The exact command that helps, if one does.
        remedy: &'static str,
    },
    /// An encrypted key came without a passphrase.
    #[error("key is encrypted: configure its passphrase")]
    PassphraseMissing,
    /// The passphrase does not open the key.
    #[error("key cannot be decrypted: is the passphrase right?")]
    PassphraseWrong,
    /// An RSA key of a length that is not safe or not supported.
    #[error(
        "RSA key has {bits} bits and must have {MODULUS_BITS_MIN} to {MODULUS_BITS_MAX}: make one \
         with `openssl genrsa -out KEY.pem 2048`"
    )]
    Size {
        /// The length of its modulus.
        bits: u32,
    },
    /// An RSA key whose numbers do not belong together.
    #[error(
        "RSA key is damaged: its numbers do not belong together; take it from its origin again"
    )]
    Damaged,
}

/// The DER `RSAPrivateKey` (PKCS#1) in a private key's file.
pub(super) fn private(
    file: &[u8],
    passphrase: Option<&Secret>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (text, label) = pem(file, BINARY_PRIVATE, SEVERAL_PRIVATE)?;
    if text.contains("Proc-Type:") {
        return Err(TRADITIONAL_ENCRYPTION);
    }
    let rewrap = match label {
        "RSA PRIVATE KEY" | "PRIVATE KEY" => REWRAP_PRIVATE,
        "ENCRYPTED PRIVATE KEY" => REWRAP_ENCRYPTED,
        "EC PRIVATE KEY" | "EC PARAMETERS" => return Err(not_rsa("an EC key")),
        "DSA PRIVATE KEY" | "DSA PARAMETERS" => return Err(not_rsa("a DSA key")),
        "OPENSSH PRIVATE KEY" => return Err(OPENSSH),
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => return Err(PUBLIC_HALF),
        _ => return Err(OTHER_PRIVATE),
    };
    let Ok((_, document)) = SecretDocument::from_pem(text) else { return Err(rewrap) };
    match label {
        "RSA PRIVATE KEY" => Ok(Zeroizing::new(document.as_bytes().to_vec())),
        "ENCRYPTED PRIVATE KEY" => rsa_in(decrypt(document.as_bytes(), passphrase)?.as_bytes()),
        _ => rsa_in(document.as_bytes()),
    }
}

/// The DER `SubjectPublicKeyInfo` in the file of one of Trustly's public keys.
pub(super) fn public(file: &[u8]) -> Result<Document, KeyError> {
    let (text, label) = pem(file, BINARY_PUBLIC, SEVERAL_PUBLIC)?;
    match label {
        "PUBLIC KEY" => {}
        "RSA PUBLIC KEY" => return Err(PKCS1_PUBLIC),
        "CERTIFICATE" => return Err(CERTIFICATE),
        label if label.ends_with("PRIVATE KEY") => return Err(PRIVATE_HALF),
        _ => return Err(OTHER_PUBLIC),
    }
    match Document::from_pem(text) {
        Ok((_, document)) => Ok(document),
        Err(_) => Err(REWRAP_PUBLIC),
    }
}

/// The text of a file that holds one block of PEM, and the label of that block.
fn pem(file: &[u8], binary: KeyError, several: KeyError) -> Result<(&str, &str), KeyError> {
    if file.len() > KEY_FILE_BYTES_MAX {
        return Err(NOT_PEM);
    }
    let text = match std::str::from_utf8(file) {
        Ok(text) if !text.contains('\0') => text,
        _ => return Err(binary),
    };
    let Some((_, rest)) = text.split_once("-----BEGIN ") else { return Err(NOT_PEM) };
    let Some((label, rest)) = rest.split_once("-----") else { return Err(NOT_PEM) };
    // Parameters come with an EC or DSA key behind them, and say enough by themselves.
    if rest.contains("-----BEGIN ") && !label.ends_with(" PARAMETERS") {
        return Err(several);
    }
    Ok((text, label))
}

fn decrypt(der: &[u8], passphrase: Option<&Secret>) -> Result<SecretDocument, KeyError> {
    // What has an unknown cipher is not even parsed.
    let Ok(encrypted) = EncryptedPrivateKeyInfo::try_from(der) else {
        return Err(OUTDATED_CIPHER);
    };
    if is_outdated(&encrypted.encryption_algorithm) {
        return Err(OUTDATED_CIPHER);
    }
    let Some(passphrase) = passphrase else {
        return Err(KeyError::PassphraseMissing);
    };
    match encrypted.decrypt(passphrase.expose()) {
        Ok(document) => Ok(document),
        Err(_) => Err(KeyError::PassphraseWrong),
    }
}

/// Said before a passphrase is asked for, because no passphrase would help.
fn is_outdated(scheme: &EncryptionScheme<'_>) -> bool {
    match scheme {
        EncryptionScheme::Pbes2(parameters) => match &parameters.kdf {
            Kdf::Pbkdf2(kdf) => kdf.prf == Pbkdf2Prf::HmacWithSha1,
            _ => false,
        },
        _ => true,
    }
}

fn rsa_in(pkcs8: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let Ok(key) = PrivateKeyInfo::try_from(pkcs8) else {
        return Err(KeyError::Damaged);
    };
    match key.algorithm.oid {
        RSA => Ok(Zeroizing::new(key.private_key.to_vec())),
        RSA_PSS => Err(not_rsa("a key for RSA-PSS only")),
        EC => Err(not_rsa("an EC key")),
        _ => Err(not_rsa("a key that is not RSA")),
    }
}

/// Trustly takes RSA with PKCS#1 v1.5 padding only.
pub(super) const fn not_rsa(found: &'static str) -> KeyError {
    not_read(found, "make an RSA key with `openssl genrsa -out KEY.pem 2048`")
}

const fn not_read(found: &'static str, remedy: &'static str) -> KeyError {
    KeyError::NotRead { found, remedy }
}

const NOT_PEM: KeyError =
    not_read("not PEM", "a key file is a short text that begins with -----BEGIN");

const BINARY_PRIVATE: KeyError = not_read(
    "binary, such as DER or PKCS#12",
    "convert it with `openssl pkey -in OLD.der -out NEW.pem` (OpenSSL 3; before, for DER, \
     `openssl pkey -inform DER -in OLD.der -out NEW.pem`)",
);

const BINARY_PUBLIC: KeyError = not_read(
    "binary, such as DER",
    "convert it with `openssl pkey -pubin -inform DER -in OLD.der -out NEW.pem`",
);

const SEVERAL_PRIVATE: KeyError = not_read(
    "several blocks of PEM in one file",
    "leave the private key alone in it with `openssl pkey -in OLD.pem -out NEW.pem`",
);

const SEVERAL_PUBLIC: KeyError =
    not_read("several blocks of PEM in one file", "put each key into a file of its own");

const TRADITIONAL_ENCRYPTION: KeyError = not_read(
    "a key in OpenSSL's traditional encryption, which hashes the passphrase by one round of MD5",
    "convert it with `openssl pkey -in OLD.pem -aes256 -out NEW.pem`",
);

const OUTDATED_CIPHER: KeyError = not_read(
    "a key that is encrypted in an outdated way, such as PBES1, 3DES or SHA-1",
    "convert it with `openssl pkey -in OLD.pem -aes256 -out NEW.pem` (for single DES add \
     -provider default -provider legacy)",
);

const OPENSSH: KeyError = not_read(
    "a key in OpenSSH's own format",
    "convert a copy of it in place with `ssh-keygen -p -m PKCS8 -f COPY.pem`",
);

const PUBLIC_HALF: KeyError =
    not_read("a public key or certificate", "name the file of the private key that belongs to it");

const PRIVATE_HALF: KeyError =
    not_read("a private key", "name a file with Trustly's public key, as Trustly publishes it");

const PKCS1_PUBLIC: KeyError = not_read(
    "a public key in PKCS#1",
    "convert it with `openssl rsa -RSAPublicKey_in -in OLD.pem -pubout -out NEW.pem`",
);

const CERTIFICATE: KeyError = not_read(
    "a certificate",
    "take the key out with `openssl x509 -in OLD.pem -noout -pubkey -out NEW.pem`",
);

const REWRAP_PRIVATE: KeyError = not_read(
    "PEM that is damaged or wrapped unusually",
    "rewrite it with `openssl pkey -in OLD.pem -out NEW.pem`",
);

const REWRAP_ENCRYPTED: KeyError = not_read(
    "PEM that is damaged or wrapped unusually",
    "rewrite it with `openssl pkey -in OLD.pem -aes256 -out NEW.pem`",
);

const REWRAP_PUBLIC: KeyError = not_read(
    "PEM that is damaged or wrapped unusually",
    "rewrite it with `openssl pkey -pubin -in OLD.pem -out NEW.pem`",
);

const OTHER_PRIVATE: KeyError =
    not_read("PEM of something else", "expected PRIVATE KEY, ENCRYPTED or RSA PRIVATE KEY");

const OTHER_PUBLIC: KeyError = not_read("PEM of something else", "expected PUBLIC KEY");
