//! Derived identity. Everything that names a payout to the outside is a pure function of the
//! caller's merchant and idempotency key, so that a lost or rolled-back store cannot make us send
//! the same payout under another name.

use data_encoding::{BASE32_NOPAD, Encoding, HEXLOWER};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::id::{DestinationId, IdempotencyKey, Merchant, Name, PayoutId};
use crate::keys::{KeyError, KeyId, KeyRing, Purpose, mac};

/// Characters of base32 that an id carries: 130 bits.
const ID_LENGTH: usize = 26;

/// Bytes of a notification address's MAC: 128 bits, more than can be guessed over a network.
const MAC_LENGTH: usize = 16;

/// `"po_"` and the first 26 characters of the lower-case base32 of
/// `SHA-256("payoutd.v1" ‖ merchant ‖ 0x00 ‖ key)`. Neither text can hold the zero byte.
pub fn payout_id(merchant: &Merchant, key: &IdempotencyKey) -> PayoutId {
    let mut hash = Sha256::new_with_prefix("payoutd.v1");
    hash.update(merchant.as_str());
    hash.update([0]);
    hash.update(key.as_str());
    let text = format!("po_{}", short(&hash.finalize()));
    PayoutId::parse(&text).expect("base32 of a digest has the shape of an id")
}

/// A destination's id from what it is made of: merchant, customer and contents. The contents may
/// be bank details, so the id is a keyed digest: nobody can try account numbers against it. It is
/// keyed with the oldest key so that a rotation does not rename destinations.
pub fn destination_id(
    keys: &KeyRing,
    merchant: &Merchant,
    contents: &[&[u8]],
) -> Result<DestinationId, KeyError> {
    let key = keys.derive(keys.oldest(), Purpose::Fingerprint)?;
    let mut parts = vec![b"destination".as_slice(), merchant.as_str().as_bytes()];
    parts.extend_from_slice(contents);
    let text = format!("ds_{}", short(mac(key.as_slice(), &parts).as_slice()));
    Ok(DestinationId::parse(&text).expect("base32 of a digest has the shape of an id"))
}

/// The id of a destination whose account the customer has yet to choose: there are no contents, so
/// it comes of the caller's key.
pub fn link_id(
    keys: &KeyRing,
    merchant: &Merchant,
    key: &IdempotencyKey,
) -> Result<DestinationId, KeyError> {
    destination_id(keys, merchant, &[b"link", key.as_str().as_bytes()])
}

/// The UUID of a request: one per record, method and generation, so that a repeat of the same
/// request carries the same UUID even if nothing of the first was kept. Lower-case 8-4-4-4-12.
pub fn request_uuid<K>(record: &Name<K>, method: &str, generation: u32) -> String {
    let mut hash = Sha256::new_with_prefix("payoutd.v1.uuid");
    for part in [record.as_str(), method] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(generation.to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 8 of RFC 9562 is "derived as the maker sees fit"; the variant is the usual one.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let parts = [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]];
    parts.map(|part| HEXLOWER.encode(part)).join("-")
}

/// The last segment of the notification address of a payout, or of a destination that is being
/// linked: id, key id and MAC. Nobody without the key can make one, so a stranger cannot even
/// address it.
pub fn notification_segment<K>(keys: &KeyRing, record: &Name<K>) -> Result<String, KeyError> {
    let id = keys.current();
    Ok(format!("{record}.{id}.{}", notification_mac(keys, id, record.as_str())?))
}

/// What a notification address is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// A payout.
    Payout(PayoutId),
    /// A destination that the customer was sent to the provider for.
    Destination(DestinationId),
}

/// Why a notification address is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not of the form that [`notification_segment`] makes.
    #[error("notification address is malformed")]
    Malformed,
    /// The MAC is not ours, or was made with a key that is no longer held.
    #[error("notification address does not carry our mac")]
    Forged,
}

/// Whom a notification address names, if the MAC is ours under any key still held.
pub fn parse_notification_segment(
    keys: &KeyRing,
    segment: &str,
) -> Result<Addressee, AddressError> {
    let mut parts = segment.split('.');
    let (Some(record), Some(key), Some(given), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(AddressError::Malformed);
    };
    let addressee = match (PayoutId::parse(record), DestinationId::parse(record)) {
        (Ok(payout), _) => Addressee::Payout(payout),
        (_, Ok(destination)) => Addressee::Destination(destination),
        _ => return Err(AddressError::Malformed),
    };
    let id = KeyId(key.parse().map_err(|_| AddressError::Malformed)?);
    // In one spelling only.
    if id.to_string() != key {
        return Err(AddressError::Malformed);
    }
    let ours = notification_mac(keys, id, record).map_err(|_| AddressError::Forged)?;
    if bool::from(ours.as_bytes().ct_eq(given.as_bytes())) {
        Ok(addressee)
    } else {
        Err(AddressError::Forged)
    }
}

fn notification_mac(keys: &KeyRing, id: KeyId, record: &str) -> Result<String, KeyError> {
    let key = keys.derive(id, Purpose::NotificationAddress)?;
    let mac = mac(key.as_slice(), &[record.as_bytes()]);
    Ok(lower_base32(&mac[..MAC_LENGTH]))
}

fn short(digest: &[u8]) -> String {
    let mut text = lower_base32(digest);
    text.truncate(ID_LENGTH);
    text
}

fn lower_base32(bytes: &[u8]) -> String {
    const RFC_4648: &Encoding = &BASE32_NOPAD;
    RFC_4648.encode(bytes).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::ring;

    fn id(merchant: &str, key: &str) -> PayoutId {
        payout_id(&Merchant::parse(merchant).unwrap(), &IdempotencyKey::parse(key).unwrap())
    }

    #[test]
    fn payout_ids_are_the_published_function() {
        assert_eq!(id("demo-eu", "order-1").as_str(), "po_nc6jociwqwgl6whpyyuusnqmbq");
        assert_ne!(id("demo-eu", "order-1"), id("demo-eu", "order-2"));
    }

    #[test]
    fn uuids_differ_by_payout_method_and_generation() {
        let payout = id("demo-eu", "order-1");
        let first = request_uuid(&payout, "AccountPayout", 1);
        assert_eq!(first, request_uuid(&payout, "AccountPayout", 1));
        assert_eq!(first.len(), 36);
        assert_ne!(first, request_uuid(&payout, "AccountPayout", 2));
        assert_ne!(first, request_uuid(&payout, "RegisterAccount", 1));
        assert_ne!(first, request_uuid(&id("demo-eu", "order-2"), "AccountPayout", 1));
    }

    #[test]
    fn addresses_made_with_an_older_key_are_still_ours() {
        let payout = id("demo-eu", "order-1");
        let old = notification_segment(&ring(&[1]), &payout).unwrap();
        let named = parse_notification_segment(&ring(&[1, 2]), &old);
        assert_eq!(named, Ok(Addressee::Payout(payout)));
        assert_eq!(parse_notification_segment(&ring(&[2]), &old), Err(AddressError::Forged));
    }

    #[test]
    fn links_are_named_by_their_keys_and_have_addresses_too() {
        let keys = ring(&[1]);
        let merchant = Merchant::parse("demo-eu").unwrap();
        let link = |key: &str| link_id(&keys, &merchant, &IdempotencyKey::parse(key).unwrap());
        assert_ne!(link("order-1"), link("order-2"));
        let link = link("order-1").unwrap();
        assert_ne!(Ok(link.clone()), destination_id(&keys, &merchant, &[b"order-1"]));
        let segment = notification_segment(&keys, &link).unwrap();
        let named = parse_notification_segment(&keys, &segment);
        assert_eq!(named, Ok(Addressee::Destination(link)));
    }

    #[test]
    fn altered_addresses_are_refused() {
        let keys = ring(&[1]);
        let good = notification_segment(&keys, &id("demo-eu", "order-1")).unwrap();
        let other = notification_segment(&keys, &id("demo-eu", "order-2")).unwrap();
        let (mine, theirs) = (good.rsplit_once('.').unwrap(), other.rsplit_once('.').unwrap());
        let mixed = format!("{}.{}", mine.0, theirs.1);
        assert_eq!(parse_notification_segment(&keys, &mixed), Err(AddressError::Forged));
        let spelled = [good.replacen(".1.", ".01.", 1), good.replacen(".1.", ".+1.", 1)];
        let malformed = ["", "po_a", "po_a.1", "po_a.x.y", "po_a.1.b.c"];
        for bad in malformed.into_iter().chain(spelled.iter().map(String::as_str)) {
            assert!(parse_notification_segment(&keys, bad).is_err(), "{bad}");
        }
    }
}
