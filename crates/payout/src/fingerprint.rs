//! Fingerprints bind an idempotency key to the contents it was first used with. Each field has a
//! keyed digest of its own, so that a reuse can name the fields that differ without anyone being
//! able to read or guess a value.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::bank::{Account, BankDetails, Country, Holder, Particulars};
use crate::keys::{KeyError, KeyId, KeyRing, Purpose, mac};
use crate::order::{Order, Speed, TargetRequest};
use crate::party::{Originator, Parties, Party, SubMerchant};
use crate::personal::Personal;

/// Bytes kept of each field's digest: 128 bits.
const DIGEST_LENGTH: usize = 16;

/// By which rules fields get their names and their texts. Whoever changes the rules counts this up
/// and keeps the old ones beside the new: a fingerprint is compared by the rules it was made by.
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

/// Why it cannot be said whether a request is the same: no answer, neither "same" nor "different".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompareError {
    /// The key that the first request was digested with is no longer held.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The first request was digested by the rules of a later release.
    #[error("contents were fingerprinted by rules {0}, unknown here; run the release that did it")]
    Rules(u8),
}

/// The fingerprint of a request under the current key.
pub fn fingerprint(
    keys: &KeyRing,
    order: &Order,
    target: &TargetRequest,
    parties: &Parties,
) -> Fingerprint {
    of_fields(keys, fields(order, target, parties))
}

/// The paths of the fields in which a request differs from the one that `first` was made of;
/// empty if they are the same.
pub fn differences(
    keys: &KeyRing,
    first: &Fingerprint,
    order: &Order,
    target: &TargetRequest,
    parties: &Parties,
) -> Result<Vec<String>, CompareError> {
    differing_fields(keys, first, fields(order, target, parties))
}

/// Given fields by their paths, in a form in which equal meanings are equal texts.
pub(crate) type Fields = Vec<(String, Vec<String>)>;

/// The fingerprint of fields under the current key.
pub(crate) fn of_fields(keys: &KeyRing, fields: Fields) -> Fingerprint {
    digest(keys, keys.current(), fields).expect("the current key is in the ring")
}

/// The paths of the fields that differ from what `first` was made of.
pub(crate) fn differing_fields(
    keys: &KeyRing,
    first: &Fingerprint,
    fields: Fields,
) -> Result<Vec<String>, CompareError> {
    if first.version != VERSION {
        return Err(CompareError::Rules(first.version));
    }
    let now = digest(keys, first.key, fields)?;
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

fn digest(keys: &KeyRing, id: KeyId, given: Fields) -> Result<Fingerprint, KeyError> {
    let key = keys.derive(id, Purpose::Fingerprint)?;
    let mut fields = BTreeMap::new();
    for (path, parts) in given {
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        let digest = mac(key.as_slice(), &[&[path.as_bytes()], parts.as_slice()].concat());
        let short = *digest.first_chunk().expect("a digest is longer than its prefix");
        fields.insert(path, short);
    }
    Ok(Fingerprint { version: VERSION, key: id, fields })
}

fn fields(order: &Order, target: &TargetRequest, parties: &Parties) -> Fields {
    let mut fields = normalised(order, target);
    fields.extend(parties.originator.iter().flat_map(of_originator));
    fields.extend(parties.sub_merchant.iter().flat_map(of_sub_merchant));
    fields
}

fn normalised(order: &Order, target: &TargetRequest) -> Fields {
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
    if let Some(name) = &order.related_order_reference {
        fields.push(("related_order_reference".to_owned(), vec![name.as_str().to_owned()]));
    }
    if let Some(time) = order.submit_before {
        fields.push(("submit_before".to_owned(), vec![time.as_millis().to_string()]));
    }
    for (key, value) in order.metadata.entries() {
        fields.push((format!("metadata.{key}"), vec![value.clone()]));
    }
    fields
}

fn normalised_target(target: &TargetRequest) -> Fields {
    match target {
        TargetRequest::Destination(id) => vec![("destination_id".to_owned(), vec![id.to_string()])],
        TargetRequest::ProviderHandle(handle) => {
            vec![("provider_handle".to_owned(), vec![handle.reveal().to_owned()])]
        }
        TargetRequest::BankAccount(BankDetails { account, holder, particulars }) => {
            let account = match account {
                Account::Iban(iban) => vec![iban.reveal().to_owned()],
                Account::Local { country, bank_number, account_number } => vec![
                    country.as_str().to_owned(),
                    bank_number.reveal().to_owned(),
                    account_number.reveal().to_owned(),
                ],
            };
            let mut fields = vec![("bank_details.account".to_owned(), account)];
            fields.extend(of_holder("bank_details.holder", holder, particulars));
            fields
        }
    }
}

fn of_originator(originator: &Originator) -> Fields {
    let Originator { party, address, country, customer_id } = originator;
    let mut fields = Fields::new();
    let mut add = |path: &str, parts: &[Option<&str>]| {
        let parts: Vec<String> = parts.iter().flatten().map(|text| (*text).to_owned()).collect();
        if !parts.is_empty() {
            fields.push((path.to_owned(), parts));
        }
    };
    match party {
        Party::Person { first_name, last_name, date_of_birth } => {
            let names = [Some(first_name.reveal()), Some(last_name.reveal())];
            add("originator.person", &names);
            add("originator.date_of_birth", &[date_of_birth.as_ref().map(Personal::reveal)]);
        }
        Party::Organisation { name, organisation_number } => {
            add("originator.organisation_name", &[Some(name.reveal())]);
            let number = organisation_number.as_ref().map(Personal::reveal);
            add("originator.organisation_number", &[number]);
        }
    }
    add("originator.address", &[address.as_ref().map(Personal::reveal)]);
    add("originator.country_code", &[country.as_ref().map(Country::as_str)]);
    add("originator.customer_id", &[customer_id.as_ref().map(Personal::reveal)]);
    fields
}

pub(crate) fn of_sub_merchant(sub_merchant: &SubMerchant) -> Fields {
    let SubMerchant { name, url, category } = sub_merchant;
    vec![
        ("sub_merchant.name".to_owned(), vec![name.reveal().to_owned()]),
        ("sub_merchant.url".to_owned(), vec![url.reveal().to_owned()]),
        ("sub_merchant.merchant_category_code".to_owned(), vec![category.as_str().to_owned()]),
    ]
}

/// A holder with what else is known, at a path.
pub(crate) fn of_holder(path: &str, holder: &Holder, particulars: &Particulars) -> Fields {
    let names = match holder {
        Holder::Person { first_name, last_name } => {
            vec![first_name.reveal().to_owned(), last_name.reveal().to_owned()]
        }
        Holder::Organisation { name } => vec![name.reveal().to_owned()],
    };
    let mut fields = vec![(path.to_owned(), names)];
    for (known, value) in particulars.given() {
        fields.push((format!("{path}.{known}"), vec![value.to_owned()]));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{HolderName, Iban, LocalNumber};
    use crate::id::{Customer, DestinationId, IdempotencyKey, Merchant};
    use crate::keys::tests::ring;
    use crate::money::{Currency, Money};
    use crate::order::{
        ExternalReference, Metadata, RawHandle, RelatedOrderReference, StatementDescriptor, Target,
    };
    use crate::time::Timestamp;

    fn order() -> Order {
        Order {
            merchant: Merchant::parse("demo-eu").unwrap(),
            idempotency_key: IdempotencyKey::parse("order-1").unwrap(),
            customer: Customer::parse("customer-1").unwrap(),
            amount: money(1050, "EUR"),
            target: Target::BankAccount { masked: "SE*****0358".to_owned() },
            speed: Speed::Standard,
            statement_descriptor: None,
            external_reference: None,
            related_order_reference: None,
            submit_before: None,
            metadata: Metadata::default(),
        }
    }

    fn money(minor_units: i64, code: &str) -> Money {
        Money::new(minor_units, Currency::parse(code).unwrap()).unwrap()
    }

    fn metadata(entries: &[(&str, &str)]) -> Metadata {
        let entry = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Metadata::parse(entries.iter().map(entry).collect()).unwrap()
    }

    fn iban(text: &str) -> Account {
        Account::Iban(Iban::parse(text).unwrap())
    }

    fn person(first: &str, last: &str) -> Holder {
        let name = |text| HolderName::parse(text).unwrap();
        Holder::Person { first_name: name(first), last_name: name(last) }
    }

    fn bank(account: Account, holder: Holder) -> TargetRequest {
        let particulars = Box::default();
        TargetRequest::BankAccount(BankDetails { account, holder, particulars })
    }

    fn nobody() -> Parties {
        Parties::default()
    }

    fn target() -> TargetRequest {
        bank(iban("SE45 5000 0000 0583 9825 7466"), person("Steve", "Smith"))
    }

    /// The paths in which `order` and `target` differ from the plain request.
    fn differing(order: &Order, target: &TargetRequest) -> Vec<String> {
        let keys = ring(&[1]);
        let first = fingerprint(&keys, &self::order(), &self::target(), &nobody());
        differences(&keys, &first, order, target, &nobody()).unwrap()
    }

    #[test]
    fn the_same_contents_do_not_differ_however_they_are_written() {
        assert_eq!(differing(&order(), &target()), [""; 0]);
        let account = iban("se4550000000058398257466");
        assert_eq!(differing(&order(), &bank(account, person(" Steve", "Smith "))), [""; 0]);
    }

    #[test]
    fn a_field_that_differs_is_named_by_its_path_alone() {
        type Change = fn(&mut Order);
        let changes: [(&str, Change); 8] = [
            ("customer", |o| o.customer = Customer::parse("customer-2").unwrap()),
            ("amount.minor_units", |o| o.amount = money(1051, "EUR")),
            ("amount.currency_code", |o| o.amount = money(1050, "SEK")),
            ("speed", |o| o.speed = Speed::Instant),
            ("statement_descriptor", |o| {
                o.statement_descriptor = Some(StatementDescriptor::parse("Winnings").unwrap());
            }),
            ("external_reference", |o| {
                o.external_reference = Some(ExternalReference::parse("r-1").unwrap());
            }),
            ("submit_before", |o| o.submit_before = Some(Timestamp::from_millis(1))),
            ("metadata.shift", |o| o.metadata = metadata(&[("shift", "night")])),
        ];
        for (path, change) in changes {
            let mut order = order();
            change(&mut order);
            assert_eq!(differing(&order, &target()), [path]);
        }
    }

    /// The key is what is compared, and the masked target says less than the target.
    #[test]
    fn what_names_a_request_or_shows_it_is_not_part_of_its_contents() {
        let mut other = order();
        other.idempotency_key = IdempotencyKey::parse("order-2").unwrap();
        other.target = Target::BankAccount { masked: "SE*****0000".to_owned() };
        assert_eq!(differing(&other, &target()), [""; 0]);
    }

    #[test]
    fn a_field_taken_away_differs_as_one_that_is_added() {
        let keys = ring(&[1]);
        let mut full = order();
        full.external_reference = Some(ExternalReference::parse("r-1").unwrap());
        full.metadata = metadata(&[("shift", "night"), ("till", "4")]);
        let first = fingerprint(&keys, &full, &target(), &nobody());
        full.metadata = metadata(&[("shift", "night")]);
        assert_eq!(
            differences(&keys, &first, &full, &target(), &nobody()),
            Ok(vec!["metadata.till".into()])
        );
        let paths = ["external_reference", "metadata.shift", "metadata.till"].map(String::from);
        assert_eq!(differences(&keys, &first, &order(), &target(), &nobody()), Ok(paths.to_vec()));
    }

    #[test]
    fn the_parts_of_bank_details_do_not_run_together() {
        let swapped = bank(iban("SE4550000000058398257466"), person("Steve Smith", "Jr"));
        assert_eq!(differing(&order(), &swapped), ["bank_details.holder"]);
        let name = HolderName::parse("SteveSmith").unwrap();
        let company =
            bank(iban("SE4550000000058398257466"), Holder::Organisation { name: name.clone() });
        assert_eq!(differing(&order(), &company), ["bank_details.holder"]);
        let number = |text| LocalNumber::parse(text).unwrap();
        let local = |bank_number, account_number| {
            let country = Country::parse("SE").unwrap();
            let account = Account::Local {
                country,
                bank_number: number(bank_number),
                account_number: number(account_number),
            };
            bank(account, Holder::Organisation { name: name.clone() })
        };
        let keys = ring(&[1]);
        let first = fingerprint(&keys, &order(), &local("6112", "69706212"), &nobody());
        let other = differences(&keys, &first, &order(), &local("61126", "9706212"), &nobody());
        assert_eq!(other, Ok(vec!["bank_details.account".to_owned()]));
    }

    #[test]
    fn another_kind_of_target_differs_in_both() {
        let handle = TargetRequest::ProviderHandle(RawHandle::parse("1234567890").unwrap());
        let paths = ["bank_details.account", "bank_details.holder", "provider_handle"];
        assert_eq!(differing(&order(), &handle), paths);
        let id = DestinationId::parse("ds_nc6jociwqwgl6whpyyuusnqmbq").unwrap();
        let paths = ["bank_details.account", "bank_details.holder", "destination_id"];
        assert_eq!(differing(&order(), &TargetRequest::Destination(id)), paths);
    }

    #[test]
    fn an_old_key_still_compares_and_a_missing_one_is_no_answer() {
        let first = fingerprint(&ring(&[1]), &order(), &target(), &nobody());
        assert_eq!(differences(&ring(&[1, 2]), &first, &order(), &target(), &nobody()), Ok(vec![]));
        let gone = differences(&ring(&[2]), &first, &order(), &target(), &nobody());
        assert_eq!(gone, Err(CompareError::Key(KeyError::Missing(KeyId(1)))));
        assert_eq!(fingerprint(&ring(&[1, 2]), &order(), &target(), &nobody()).key, KeyId(2));
    }

    /// After a step back to an earlier release: the same request must not pass for another one.
    #[test]
    fn unknown_rules_are_no_answer() {
        let keys = ring(&[1]);
        let first = fingerprint(&keys, &order(), &target(), &nobody());
        for version in [VERSION - 1, VERSION + 1, u8::MAX] {
            let later = Fingerprint { version, ..first.clone() };
            let refused = differences(&keys, &later, &order(), &target(), &nobody());
            assert_eq!(refused, Err(CompareError::Rules(version)));
        }
    }

    #[test]
    fn equal_values_in_different_fields_or_rings_have_different_digests() {
        let mut order = order();
        order.metadata = metadata(&[("a", "x"), ("b", "x")]);
        let one = fingerprint(&ring(&[1]), &order, &target(), &nobody());
        assert_ne!(one.fields["metadata.a"], one.fields["metadata.b"]);
        let other = fingerprint(&ring(&[2]), &order, &target(), &nobody());
        assert_ne!(one.fields["customer"], other.fields["customer"]);
    }

    #[test]
    fn every_part_of_the_parties_has_a_path_of_its_own() {
        let keys = ring(&[1]);
        let first = fingerprint(&keys, &order(), &target(), &nobody());
        let differing =
            |parties: &Parties| differences(&keys, &first, &order(), &target(), parties).unwrap();
        let person = crate::codec::tests::samples::parties().remove(0);
        let paths = [
            "originator.address",
            "originator.country_code",
            "originator.customer_id",
            "originator.date_of_birth",
            "originator.person",
        ];
        assert_eq!(differing(&person), paths);
        let both = crate::codec::tests::samples::parties().remove(1);
        let paths = [
            "originator.address",
            "originator.country_code",
            "originator.customer_id",
            "originator.organisation_name",
            "originator.organisation_number",
            "sub_merchant.merchant_category_code",
            "sub_merchant.name",
            "sub_merchant.url",
        ];
        assert_eq!(differing(&both), paths);
    }

    #[test]
    fn what_is_known_of_a_holder_is_part_of_the_contents() {
        let TargetRequest::BankAccount(mut details) = target() else { unreachable!() };
        *details.particulars = crate::codec::tests::samples::particulars();
        let known = details.particulars.given();
        assert_eq!(known.len(), 9);
        let paths = differing(&order(), &TargetRequest::BankAccount(details.clone()));
        for (path, _) in known {
            assert!(paths.contains(&format!("bank_details.holder.{path}")), "{path}");
        }
        let mut related = order();
        related.related_order_reference = RelatedOrderReference::parse("p2p-1").ok();
        assert_eq!(differing(&related, &target()), ["related_order_reference"]);
    }
}
