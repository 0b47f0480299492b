//! What is written is read again, whatever it is.

use std::fmt::Debug;

use proptest::prelude::*;

use crate::attempt::ATTEMPTS_MAX;
use crate::bank::{
    Account, BankDetails, Country, Holder, HolderName, LocalNumber, Particulars, PostalAddress,
};
use crate::codec::tests::{arbitrary, samples};
use crate::codec::*;
use crate::event::{Change, Created};
use crate::fingerprint::fingerprint;
use crate::keys::tests::ring;
use crate::order::RawHandle;
use crate::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use crate::personal::{
    Address, AddressLine, DateOfBirth, Email, MobilePhone, NationalId, PartyId, PostalCode,
};
use crate::record::RECEIPTS_MAX;

#[test]
fn every_sample_is_read_as_it_was_written() {
    same(&samples::records(), encode_record, decode_record);
    same(&samples::events(), encode_event, decode_event);
    same(&samples::destinations(), encode_destination, decode_destination);
    same(&samples::destination_events(), encode_destination_event, decode_destination_event);
    same(&samples::parked(), encode_parked, decode_parked);
    same(&samples::fences(), encode_fence, decode_fence);
    same(&samples::evidence(), encode_evidence, decode_evidence);
    same(&samples::parties(), |parties| encode_parties(parties).to_vec(), decode_parties);
    same(&samples::targets(), |target| encode_target(target).to_vec(), decode_target);
}

fn same<T: PartialEq + Debug>(
    values: &[T],
    encode: fn(&T) -> Vec<u8>,
    decode: fn(&[u8]) -> Result<T, CodecError>,
) {
    for value in values {
        assert_eq!(decode(&encode(value)).as_ref(), Ok(value));
    }
}

proptest! {
    #[test]
    fn any_record(value in arbitrary::record()) {
        prop_assert_eq!(decode_record(&encode_record(&value)), Ok(value));
    }

    #[test]
    fn any_event(value in arbitrary::event()) {
        prop_assert_eq!(decode_event(&encode_event(&value)), Ok(value));
    }

    #[test]
    fn any_destination(value in arbitrary::destination()) {
        prop_assert_eq!(decode_destination(&encode_destination(&value)), Ok(value));
    }

    #[test]
    fn any_destination_event(value in arbitrary::destination_event()) {
        prop_assert_eq!(decode_destination_event(&encode_destination_event(&value)), Ok(value));
    }

    #[test]
    fn any_parked_notification(value in arbitrary::parked()) {
        prop_assert_eq!(decode_parked(&encode_parked(&value)), Ok(value));
    }

    #[test]
    fn any_fence(value in arbitrary::fence()) {
        prop_assert_eq!(decode_fence(&encode_fence(&value)), Ok(value));
    }

    #[test]
    fn any_evidence(value in arbitrary::evidence()) {
        prop_assert_eq!(decode_evidence(&encode_evidence(&value)), Ok(value));
    }

    #[test]
    fn any_target(value in arbitrary::target_request()) {
        prop_assert_eq!(decode_target(&encode_target(&value)), Ok(value));
    }
}

#[test]
fn lists_are_read_up_to_their_bound_and_no_further() {
    let [_, mut record, _, _] = samples::records().try_into().unwrap();
    record.payout.attempts = vec![record.payout.attempts[0].clone(); ATTEMPTS_MAX];
    record.payout.receipts = vec![samples::name("receipt"); RECEIPTS_MAX];
    assert_eq!(decode_record(&encode_record(&record)).as_ref(), Ok(&record));

    let mut more = record.clone();
    more.payout.attempts.push(record.payout.attempts[0].clone());
    let refused = decode_record(&encode_record(&more));
    assert_eq!(refused, Err(CodecError::Malformed("payout.attempts")));

    record.payout.receipts.push(samples::name("receipt"));
    let refused = decode_record(&encode_record(&record));
    assert_eq!(refused, Err(CodecError::Malformed("payout.receipts")));
}

#[test]
fn the_longest_targets_fit_without_growing() {
    let name = || HolderName::parse(&"🎉".repeat(140)).unwrap();
    let number = || LocalNumber::parse(&"9".repeat(34)).unwrap();
    let account = Account::Local {
        country: Country::parse("SE").unwrap(),
        bank_number: number(),
        account_number: number(),
    };
    let holder = Holder::Person { first_name: name(), last_name: name() };
    for target in [
        TargetRequest::BankAccount(BankDetails {
            account,
            holder,
            particulars: Box::new(longest()),
        }),
        TargetRequest::ProviderHandle(RawHandle::parse(&"h".repeat(128)).unwrap()),
    ] {
        let bytes = encode_target(&target);
        assert_eq!(bytes.capacity(), TARGET_LENGTH_MAX);
        assert_eq!(decode_target(&bytes), Ok(target));
    }
}

fn longest() -> Particulars {
    let line = || AddressLine::parse(&"🎉".repeat(140)).ok();
    Particulars {
        address: PostalAddress {
            country: Country::parse("SE").ok(),
            postal_code: PostalCode::parse(&"1".repeat(16)).ok(),
            city: line(),
            line_1: line(),
            line_2: line(),
        },
        date_of_birth: DateOfBirth::parse("1990-03-31").ok(),
        mobile_phone: MobilePhone::parse("+123456789012345").ok(),
        email: Email::parse(&format!("{}@b", "a".repeat(252))).ok(),
        national_id: NationalId::parse(&"1".repeat(35)).ok(),
    }
}

#[test]
fn the_longest_parties_fit_without_growing() {
    let name = || HolderName::parse(&"🎉".repeat(140)).unwrap();
    let person = Party::Person {
        first_name: name(),
        last_name: name(),
        date_of_birth: DateOfBirth::parse("1990-03-31").ok(),
    };
    let organisation = Party::Organisation {
        name: name(),
        organisation_number: NationalId::parse(&"1".repeat(35)).ok(),
    };
    for party in [person, organisation] {
        let originator = Originator {
            party,
            address: Address::parse(&"🎉".repeat(255)).ok(),
            country: Country::parse("ES").ok(),
            customer_id: PartyId::parse(&"1".repeat(64)).ok(),
        };
        let shop = SubMerchant {
            name: name(),
            url: WebAddress::parse(&format!("{}.a", "a".repeat(253))).unwrap(),
            category: CategoryCode::parse("5499").unwrap(),
        };
        let parties = Parties { originator: Some(originator), sub_merchant: Some(shop) };
        let bytes = encode_parties(&parties);
        assert_eq!(bytes.capacity(), PARTIES_LENGTH_MAX);
        assert_eq!(decode_parties(&bytes), Ok(parties));
    }
}

/// A payout to a stored destination, returned, with what callers usually send and a fingerprint as
/// it is really made. Stores are sized by these figures, so they may not double unnoticed.
#[test]
fn typical_values_are_small() {
    let [_, _, mut record, _] = samples::records().try_into().unwrap();
    let order = record.payout.order.clone();
    let target = samples::targets().remove(0);
    let fingerprint = fingerprint(&ring(&[1]), &order, &target, &Parties::default());
    record.payout.fingerprint = fingerprint.clone();
    record.payout.attempts[0].masked = "x".repeat(400);
    let created = Created { order, fingerprint, forgetful_until: None, resolved: true };
    let change = Change::Created(Box::new(created));
    let mut events = samples::events();
    let later = events.remove(1);
    let first = Event { change, ..events.remove(0) };
    let sizes = [
        ("record", encode_record(&record).len(), 1400),
        ("first event", encode_event(&first).len(), 800),
        ("later event", encode_event(&later).len(), 300),
    ];
    for (what, size, size_max) in sizes {
        println!("{what}: {size} bytes");
        assert!(size <= size_max, "{what}: {size} bytes");
    }
}
