//! Sealing: how secrets and personal data lie in a store. AES-256-GCM-SIV, whose nonce is derived
//! from the contents, so that sealing needs no randomness and the same input gives the same bytes.
//! A sealed field opens only for the merchant, record and field it was sealed for.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::id::Merchant;
use crate::keys::{KeyError, KeyId, KeyRing, Purpose, mac};

/// The layout of sealed bytes: version, key id (big-endian), nonce, ciphertext with tag.
const VERSION: u8 = 1;
const NONCE_LENGTH: usize = 12;
const HEADER_LENGTH: usize = 1 + 4 + NONCE_LENGTH;

/// Encrypted bytes that can lie anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes read from a store; they are checked when opened.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes as they are stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a sealed field belongs to; authenticated with it, so that bytes moved to another merchant,
/// record or field do not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose data it is.
    pub merchant: &'a Merchant,
    /// The id of the record that holds it.
    pub record: &'a str,
    /// The name of the field within the record.
    pub field: &'a str,
}

/// Why sealed bytes cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The key they were sealed with is not held.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The bytes were altered, moved, or never sealed here.
    #[error("sealed field {0} does not open; the record was altered or belongs to another place")]
    Altered(String),
}

/// Seals `plain` for `place` with the current key.
pub fn seal(keys: &KeyRing, place: Place<'_>, plain: &[u8]) -> Sealed {
    let id = keys.current();
    let aad = associated_data(place);
    let nonce_key = keys.derive(id, Purpose::Nonce).expect("the current key is in the ring");
    let nonce = mac(nonce_key.as_slice(), &[&aad, plain]);
    let nonce = &nonce[..NONCE_LENGTH];
    let cipher = cipher(keys, id).expect("the current key is in the ring");
    let text = cipher
        .encrypt(Nonce::from_slice(nonce), Payload { msg: plain, aad: &aad })
        .expect("a field is far smaller than the cipher's limit of 64 GiB");
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + text.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&id.0.to_be_bytes());
    bytes.extend_from_slice(nonce);
    bytes.extend_from_slice(&text);
    Sealed(bytes)
}

/// Opens what [`seal`] made for the same place, under any key still in the ring. The result is
/// wiped when dropped.
pub fn open(
    keys: &KeyRing,
    place: Place<'_>,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let altered = || OpenError::Altered(place.field.to_owned());
    let Some((header, text)) = sealed.0.split_at_checked(HEADER_LENGTH) else {
        return Err(altered());
    };
    let (&[version, a, b, c, d], nonce) = header.split_first_chunk().expect("header is longer");
    if version != VERSION {
        return Err(altered());
    }
    let cipher = cipher(keys, KeyId(u32::from_be_bytes([a, b, c, d])))?;
    let aad = associated_data(place);
    match cipher.decrypt(Nonce::from_slice(nonce), Payload { msg: text, aad: &aad }) {
        Ok(plain) => Ok(Zeroizing::new(plain)),
        Err(_) => Err(altered()),
    }
}

fn cipher(keys: &KeyRing, id: KeyId) -> Result<Aes256GcmSiv, KeyError> {
    let key = keys.derive(id, Purpose::Seal)?;
    Ok(Aes256GcmSiv::new(key.as_slice().into()))
}

fn associated_data(place: Place<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [place.merchant.as_str(), place.record, place.field] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::ring;

    fn merchant(text: &str) -> Merchant {
        Merchant::parse(text).unwrap()
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let (keys, eu, us) = (ring(&[1]), merchant("demo-eu"), merchant("demo-us"));
        let place = Place { merchant: &eu, record: "po_1", field: "request" };
        let sealed = seal(&keys, place, b"secret");
        assert_eq!(open(&keys, place, &sealed).unwrap().as_slice(), b"secret");
        for elsewhere in [
            Place { merchant: &us, ..place },
            Place { record: "po_2", ..place },
            Place { field: "handle", ..place },
        ] {
            assert!(matches!(open(&keys, elsewhere, &sealed), Err(OpenError::Altered(_))));
        }
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let (keys, eu) = (ring(&[1]), merchant("demo-eu"));
        let place = Place { merchant: &eu, record: "po_1", field: "request" };
        let sealed = seal(&keys, place, b"secret");
        for index in 0..sealed.0.len() {
            let mut bytes = sealed.0.clone();
            bytes[index] ^= 1;
            assert!(open(&keys, place, &Sealed(bytes)).is_err(), "byte {index}");
        }
        assert!(open(&keys, place, &Sealed(sealed.0[..10].to_vec())).is_err());
    }

    #[test]
    fn the_same_input_gives_the_same_bytes_and_rotation_keeps_the_old_readable() {
        let eu = merchant("demo-eu");
        let place = Place { merchant: &eu, record: "po_1", field: "request" };
        let old = seal(&ring(&[1]), place, b"secret");
        assert_eq!(old, seal(&ring(&[1]), place, b"secret"));
        let both = ring(&[1, 2]);
        assert_ne!(old, seal(&both, place, b"secret"));
        assert_eq!(open(&both, place, &old).unwrap().as_slice(), b"secret");
        let gone = open(&ring(&[2]), place, &old);
        assert_eq!(gone, Err(OpenError::Key(KeyError::Missing(KeyId(1)))));
    }
}
