//! The key ring: the installation's own secrets, by key id, from which every purpose derives its
//! own key. One is current and writes; all of them read, so that a rotation overlaps.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// The length of a key in bytes.
pub const KEY_LENGTH: usize = 32;

/// A key ring holds at most this many keys: a rotation needs two, a decade of them a few more.
pub const KEYS_MAX: usize = 32;

/// What a derived key is for. Each purpose has a key of its own, so that one cannot be used to
/// attack another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Encrypts sealed fields.
    Seal,
    /// Derives the nonce of a sealed field from its contents.
    Nonce,
    /// Fingerprints the fields of a request.
    Fingerprint,
    /// Authenticates the notification address of a payout.
    NotificationAddress,
    /// Tells this key from another one of the same id.
    Mark,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Seal => b"payoutd.v1.seal",
            Self::Nonce => b"payoutd.v1.nonce",
            Self::Fingerprint => b"payoutd.v1.fingerprint",
            Self::NotificationAddress => b"payoutd.v1.notification-address",
            Self::Mark => b"payoutd.v1.mark",
        }
    }
}

/// Which key something was made with: short, public, and never reused for another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a key ring cannot be made or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The ring has no keys, or too many.
    #[error("a key ring needs 1 to {KEYS_MAX} keys")]
    Count,
    /// Something was made with a key that this ring does not hold.
    #[error("key {0} is not in the key ring; put it back (old keys must stay readable)")]
    Missing(KeyId),
}

/// The installation's keys. `Debug` shows key ids only; the bytes are wiped when dropped.
#[derive(Clone)]
pub struct KeyRing {
    keys: BTreeMap<KeyId, Zeroizing<[u8; KEY_LENGTH]>>,
    current: KeyId,
}

impl KeyRing {
    /// A ring whose highest key id is current.
    pub fn new(keys: BTreeMap<KeyId, Zeroizing<[u8; KEY_LENGTH]>>) -> Result<Self, KeyError> {
        if keys.len() > KEYS_MAX {
            return Err(KeyError::Count);
        }
        let Some(current) = keys.keys().next_back().copied() else {
            return Err(KeyError::Count);
        };
        Ok(Self { keys, current })
    }

    /// The key that writes.
    pub fn current(&self) -> KeyId {
        self.current
    }

    /// The key that was first, for what must keep its name through every rotation.
    pub fn oldest(&self) -> KeyId {
        *self.keys.keys().next().expect("a ring is never empty: `new` refuses it")
    }

    /// What each key is known by without being known: whoever has kept it can tell that another
    /// key was put in its place.
    pub fn marks(&self) -> Vec<(KeyId, [u8; KEY_LENGTH])> {
        let mark =
            |key: &Zeroizing<[u8; KEY_LENGTH]>| *mac(key.as_slice(), &[Purpose::Mark.label()]);
        self.keys.iter().map(|(id, key)| (*id, mark(key))).collect()
    }

    /// The key of `purpose` under `id`.
    pub fn derive(
        &self,
        id: KeyId,
        purpose: Purpose,
    ) -> Result<Zeroizing<[u8; KEY_LENGTH]>, KeyError> {
        let key = self.keys.get(&id).ok_or(KeyError::Missing(id))?;
        Ok(mac(key.as_slice(), &[purpose.label()]))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("ids", &self.keys.keys()).finish_non_exhaustive()
    }
}

/// HMAC-SHA-256 over `parts`, each preceded by its length so that no two lists collide.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; KEY_LENGTH]> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length, by definition");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn ring(ids: &[u32]) -> KeyRing {
        let keys = ids.iter().map(|id| (KeyId(*id), Zeroizing::new([*id as u8; KEY_LENGTH])));
        KeyRing::new(keys.collect()).unwrap()
    }

    #[test]
    fn the_highest_id_is_current_and_purposes_differ() {
        let ring = ring(&[1, 7]);
        assert_eq!(ring.current(), KeyId(7));
        let seal = ring.derive(KeyId(7), Purpose::Seal).unwrap();
        assert_ne!(seal, ring.derive(KeyId(7), Purpose::Nonce).unwrap());
        assert_ne!(seal, ring.derive(KeyId(1), Purpose::Seal).unwrap());
    }

    #[test]
    fn a_missing_key_is_named_and_debug_shows_no_bytes() {
        let ring = ring(&[1]);
        assert_eq!(ring.derive(KeyId(2), Purpose::Seal), Err(KeyError::Missing(KeyId(2))));
        assert_eq!(format!("{ring:?}"), "KeyRing { ids: [KeyId(1)], .. }");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(mac(b"k", &[b"ab", b"c"]), mac(b"k", &[b"a", b"bc"]));
    }
}
