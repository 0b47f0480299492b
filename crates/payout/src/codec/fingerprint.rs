//! Fingerprints in bytes.

use std::collections::BTreeMap;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::fingerprint::Fingerprint;
use crate::keys::KeyId;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct FingerprintMirror<'b> {
    #[n(1)]
    version: u8,
    #[n(2)]
    key: u32,
    #[b(3)]
    fields: BTreeMap<&'b str, ByteArray<16>>,
}

impl<'b> From<&'b Fingerprint> for FingerprintMirror<'b> {
    fn from(fingerprint: &'b Fingerprint) -> Self {
        let fields = fingerprint.fields.iter();
        Self {
            version: fingerprint.version,
            key: fingerprint.key.0,
            fields: fields.map(|(path, digest)| (path.as_str(), (*digest).into())).collect(),
        }
    }
}

impl From<FingerprintMirror<'_>> for Fingerprint {
    fn from(mirror: FingerprintMirror<'_>) -> Self {
        let fields = mirror.fields.into_iter();
        Self {
            version: mirror.version,
            key: KeyId(mirror.key),
            fields: fields.map(|(path, digest)| (path.to_owned(), digest.into())).collect(),
        }
    }
}
