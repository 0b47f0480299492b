//! Fingerprints bind an idempotency key to the contents it was first used with. Each field has a
//! keyed digest of its own, so that a reuse can name the fields that differ without anyone being
//! able to read or guess a value.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;

use crate::bank::{Account, BankDetails, Holder};
use crate::keys::{KeyError, KeyId, KeyRing, Purpose, mac};
use crate::order::{Order, Speed, TargetRequest};

/// Bytes kept of each field's digest: 128 bits.
const DIGEST_LENGTH: usize = 16;

/// How the fields are normalised; a change of the rules gets a new version so that old
/// fingerprints are still compared by the old rules.
const VERSION: u8 = 1;

/// The digest of one field.
pub type FieldDigest = [u8; DIGEST_LENGTH];

/// Keyed digests of a request's fields, by the field's path in the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Which rules normalised the fields.
    pub version: u8,
    /// Which key digested them.
    pub key: KeyId,
    /// One digest per field that was given; an absent field has none.
    pub fields: BTreeMap<String, FieldDigest>,
}

/// The fingerprint of a request under the current key.
pub fn fingerprint(keys: &KeyRing, order: &Order, target: &TargetRequest) -> Fingerprint {
    digest(keys, keys.current(), order, target).expect("the current key is in the ring")
}

/// The paths of the fields in which a request differs from the one that `first` was made of;
/// empty if they are the same. Fails if the key of `first` is no longer held: a missing key is no
/// answer, neither "same" nor "different".
pub fn differences(
    keys: &KeyRing,
    first: &Fingerprint,
    order: &Order,
    target: &TargetRequest,
) -> Result<Vec<String>, KeyError> {
    let now = digest(keys, first.key, order, target)?;
    let paths: std::collections::BTreeSet<&String> =
        first.fields.keys().chain(now.fields.keys()).collect();
    let mut differing = Vec::new();
    for path in paths {
        let same = match (first.fields.get(path), now.fields.get(path)) {
            (Some(a), Some(b)) => bool::from(a.ct_eq(b)),
            _ => false,
        };
        if !same {
            differing.push(path.clone());
        }
    }
    Ok(differing)
}

fn digest(
    keys: &KeyRing,
    id: KeyId,
    order: &Order,
    target: &TargetRequest,
) -> Result<Fingerprint, KeyError> {
    let key = keys.derive(id, Purpose::Fingerprint)?;
    let mut fields = BTreeMap::new();
    for (path, parts) in normalised(order, target) {
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        let digest = mac(key.as_slice(), &[&[path.as_bytes()], parts.as_slice()].concat());
        let short = *digest.first_chunk().expect("a digest is longer than its prefix");
        fields.insert(path, short);
    }
    Ok(Fingerprint { version: VERSION, key: id, fields })
}

/// Every given field by its path, in a form in which equal meanings are equal texts.
fn normalised(order: &Order, target: &TargetRequest) -> Vec<(String, Vec<String>)> {
    let amount = order.amount;
    let mut fields = vec![
        ("customer".to_owned(), vec![order.customer.to_string()]),
        ("amount.currency_code".to_owned(), vec![amount.currency().code().to_owned()]),
        ("amount.minor_units".to_owned(), vec![amount.minor_units().to_string()]),
    ];
    fields.extend(normalised_target(target));
    if order.speed == Speed::Instant {
        fields.push(("speed".to_owned(), vec!["instant".to_owned()]));
    }
    if let Some(text) = &order.statement_descriptor {
        fields.push(("statement_descriptor".to_owned(), vec![text.as_str().to_owned()]));
    }
    if let Some(text) = &order.external_reference {
        fields.push(("external_reference".to_owned(), vec![text.as_str().to_owned()]));
    }
    if let Some(time) = order.submit_before {
        fields.push(("submit_before".to_owned(), vec![time.as_millis().to_string()]));
    }
    for (key, value) in order.metadata.entries() {
        fields.push((format!("metadata.{key}"), vec![value.clone()]));
    }
    fields
}

fn normalised_target(target: &TargetRequest) -> Vec<(String, Vec<String>)> {
    match target {
        TargetRequest::Destination(id) => vec![("destination_id".to_owned(), vec![id.to_string()])],
        TargetRequest::ProviderHandle(handle) => {
            vec![("provider_handle".to_owned(), vec![handle.reveal().to_owned()])]
        }
        TargetRequest::BankAccount(BankDetails { account, holder }) => {
            let account = match account {
                Account::Iban(iban) => vec![iban.reveal().to_owned()],
                Account::Local { country, bank_number, account_number } => vec![
                    country.as_str().to_owned(),
                    bank_number.reveal().to_owned(),
                    account_number.reveal().to_owned(),
                ],
            };
            let holder = match holder {
                Holder::Person { first_name, last_name } => {
                    vec![first_name.reveal().to_owned(), last_name.reveal().to_owned()]
                }
                Holder::Organisation { name } => vec![name.reveal().to_owned()],
            };
            vec![
                ("bank_details.account".to_owned(), account),
                ("bank_details.holder".to_owned(), holder),
            ]
        }
    }
}
