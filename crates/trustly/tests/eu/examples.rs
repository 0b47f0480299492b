//! The three request examples of the AccountPayout reference page, kept as the page has them, and
//! what each kind of contract demands.

use payout::bank::{Country, HolderName};
use payout::id::Customer;
use payout::order::{Order, RelatedOrderReference, StatementDescriptor};
use payout::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use payout::personal::Personal;
use payout::port::{Provider, UnfitKind};
use serde_json::Value;
use trustly::eu::profile::Profile;
use trustly::eu::provider::Europe;

use crate::rig::{config, europe_of, handle, offline};
use crate::sample::{money, nobody, order, pending, ring};
use crate::script::Script;
use crate::support::{OTHER_PAIR, is_signed, serialise};

const PLAIN: &str = include_str!("data/account_payout.plain.json");
const TRANSFER_SERVICE: &str = include_str!("data/account_payout.transfer_service.json");
const EMO_PARTNER: &str = include_str!("data/account_payout.emo_partner.json");

fn name(text: &str) -> HolderName {
    HolderName::parse(text).unwrap()
}

fn originator(party: Party) -> Originator {
    Originator {
        party,
        address: Personal::parse("Street 1, 12345 Barcelona").ok(),
        country: Country::parse("ES").ok(),
        customer_id: None,
    }
}

fn steve() -> Originator {
    let party = Party::Person {
        first_name: name("Steve"),
        last_name: name("Smith"),
        date_of_birth: Personal::parse("1990-03-31").ok(),
    };
    Originator { customer_id: Personal::parse("123456789").ok(), ..originator(party) }
}

fn emo() -> Parties {
    let party = Party::Organisation { name: name("merchant_name"), organisation_number: None };
    Parties {
        originator: Some(originator(party)),
        sub_merchant: Some(SubMerchant {
            name: name("merchant_name"),
            url: WebAddress::parse("https://merchantURL.com/").unwrap(),
            category: CategoryCode::parse("1234").unwrap(),
        }),
    }
}

fn eight_hundred() -> Order {
    let customer = Customer::parse("123123").unwrap();
    Order { customer, ..order("order-1", money(80_000, "EUR")) }
}

fn body(order: Order, parties: &Parties) -> (Value, String) {
    let request = offline().prepare(&pending(order), &handle(), parties, 1).unwrap();
    (serde_json::from_slice(&request.bytes).unwrap(), request.masked)
}

/// A request without what is each merchant's own.
fn bare(mut request: Value) -> Value {
    request["params"]["Signature"].take();
    request["params"]["UUID"].take();
    for own in ["MessageID", "NotificationURL", "Password"] {
        assert!(request["params"]["Data"][own].is_string(), "{own}");
        request["params"]["Data"][own].take();
    }
    request
}

#[test]
fn the_examples_of_the_page_are_what_is_sent() {
    let transfer = Parties { originator: Some(steve()), sub_merchant: None };
    for (golden, statement, parties) in [
        (PLAIN, "Trustly.com", nobody()),
        (TRANSFER_SERVICE, "Trustly.com", transfer),
        (EMO_PARTNER, "merchant_name", emo()),
    ] {
        let mut order = eight_hundred();
        order.statement_descriptor = StatementDescriptor::parse(statement).ok();
        let (sent, masked) = body(order, &parties);
        assert_eq!(bare(sent), bare(serde_json::from_str(golden).unwrap()));
        let secrets = ["Steve", "Smith", "Barcelona", "1990", "123456789", "https://merchant"];
        for secret in secrets {
            assert!(!masked.contains(secret), "{secret} in {masked}");
        }
    }
}

#[test]
fn names_of_any_script_are_signed_as_they_are() {
    let party = Party::Person {
        first_name: name("Åsa Ä."),
        last_name: name("Öberg-Übelacker 🎉"),
        date_of_birth: None,
    };
    let parties = Parties { originator: Some(originator(party)), sub_merchant: None };
    let (sent, _) = body(eight_hundred(), &parties);
    let params = &sent["params"];
    let signature = params["Signature"].as_str().unwrap();
    let uuid = params["UUID"].as_str().unwrap();
    let plaintext = format!("AccountPayout{uuid}{}", serialise(&params["Data"]));
    assert!(plaintext.contains("LastnameÖberg-Übelacker 🎉"));
    assert!(is_signed(&OTHER_PAIR.merchant.public_pem(), &plaintext, signature));
}

#[test]
fn a_payout_from_another_order_bears_its_name_and_has_an_address_of_its_own() {
    let mut related = eight_hundred();
    related.related_order_reference = RelatedOrderReference::parse("p2p-7").ok();
    let (sent, _) = body(related.clone(), &nobody());
    let data = &sent["params"]["Data"];
    assert_eq!(data["MessageID"], "p2p-7");
    let id = pending(related).id;
    assert!(data["NotificationURL"].as_str().unwrap().contains(id.as_str()));
}

#[test]
fn each_profile_demands_its_parts() {
    let of = |profile| {
        let mut config = config();
        config.profile = profile;
        europe_of(config, ring(&[1]), Script::new(|_| panic!("nothing is to be sent")))
    };
    let missing = |europe: &Europe, parties: &Parties| match europe.check(&eight_hundred(), parties)
    {
        Ok(()) => "nothing",
        Err(unfit) => {
            assert_eq!(unfit.kind, UnfitKind::Invalid);
            unfit.field
        }
    };
    let without = |change: fn(&mut Originator)| {
        let mut parties = emo();
        change(parties.originator.as_mut().unwrap());
        parties
    };
    let homeless = without(|originator| originator.address = None);
    let stateless = without(|originator| originator.country = None);
    let own_shop = Parties { sub_merchant: None, ..emo() };
    let nobody_pays = Parties { originator: None, ..emo() };
    for (profile, expected) in [
        (Profile::Standard, ["nothing", "nothing", "nothing"]),
        (Profile::TransferService, ["originator", "originator", "nothing"]),
        (Profile::EmoPartner, ["originator", "originator", "sub_merchant"]),
        (Profile::EWallet, ["originator", "originator", "sub_merchant"]),
    ] {
        let europe = of(profile);
        let found = [&nobody(), &nobody_pays, &own_shop].map(|it| missing(&europe, it));
        assert_eq!(found, expected, "{profile:?}");
        assert_eq!(missing(&europe, &homeless), "originator.address");
        assert_eq!(missing(&europe, &stateless), "originator.country_code");
        assert_eq!(missing(&europe, &emo()), "nothing");
        let told = europe.describe().required_fields;
        for field in expected {
            assert!(field == "nothing" || told.contains(&field), "{profile:?} {told:?}");
        }
    }
}

#[test]
fn a_statement_that_banks_may_cut_is_reported() {
    let mut long = eight_hundred();
    long.statement_descriptor = StatementDescriptor::parse(&"Å".repeat(35)).ok();
    assert_eq!(offline().check(&long, &nobody()), Ok(()));
    let warnings = offline().warnings(&long);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].field, "statement_descriptor");
    assert!(warnings[0].why.contains("24 characters"), "{}", warnings[0].why);
    assert_eq!(offline().warnings(&eight_hundred()), []);
}
