//! Requests as the adapter prepares them, and what it refuses before anything is recorded.

use payout::bank::{Account, BankDetails, Country, Holder, HolderName, Iban, LocalNumber};
use payout::identity::{notification_segment, request_uuid};
use payout::order::{ExternalReference, Order, Speed, StatementDescriptor, TargetRequest};
use payout::port::{Handle, Method, Onboarding, Provider, Unfit, UnfitKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use trustly::decimal::Decimals;
use trustly::eu::clearing_house::SwedishIban;
use trustly::eu::provider::Europe;
use trustly::eu::signature::Algorithm;

use crate::rig::{ACCOUNT_ID, config, europe_of, handle, offline, payout, request};
use crate::sample::{money, nobody, order, pending, raw_handle, ring};
use crate::script::Script;
use crate::support::{OTHER_PAIR, is_signed, serialise};

fn json_of(europe: &Europe, order: Order) -> Value {
    serde_json::from_slice(&request(europe, &pending(order)).bytes).unwrap()
}

fn with(change: impl FnOnce(&mut trustly::eu::provider::Config)) -> Europe {
    let mut config = config();
    change(&mut config);
    europe_of(config, ring(&[1]), Script::new(|_| panic!("nothing is to be sent")))
}

/// The first example of the AccountPayout page, with what is ours instead of the page's.
#[test]
fn the_first_example_of_the_page() {
    let payout = payout();
    let segment = notification_segment(&ring(&[1]), &payout.id).unwrap();
    for (algorithm, prefix) in [(Algorithm::Sha1, ""), (Algorithm::Rs256, "alg=RS256;")] {
        let europe = with(|config| config.algorithm = algorithm);
        let mut body: Value = serde_json::from_slice(&request(&europe, &payout).bytes).unwrap();
        let signature = body["params"]["Signature"].take();
        let signature = signature.as_str().unwrap();
        assert!(signature.starts_with(prefix), "{signature}");
        let uuid = request_uuid(&payout.id, "AccountPayout", 1);
        let plaintext = format!("AccountPayout{uuid}{}", serialise(&body["params"]["Data"]));
        assert!(is_signed(&OTHER_PAIR.merchant.public_pem(), &plaintext, signature));
        let expected = json!({
            "method": "AccountPayout",
            "params": { "Signature": null, "UUID": uuid, "Data": {
                "AccountID": ACCOUNT_ID, "Amount": "800.00",
                "Attributes": { "ShopperStatement": "Trustly.com" },
                "Currency": "EUR", "EndUserID": "customer 1", "MessageID": payout.id.as_str(),
                "NotificationURL": format!("https://merchant.example/notifications/demo/{segment}"),
                "Password": "tr3asure", "Username": "your_username",
            }},
            "version": "1.1",
        });
        assert_eq!(body, expected);
    }
}

#[test]
fn the_same_payout_is_prepared_alike_every_time() {
    let (first, second) = (request(&offline(), &payout()), request(&offline(), &payout()));
    assert_eq!((&first.bytes, &first.masked), (&second.bytes, &second.masked));
    let digest: [u8; 32] = Sha256::digest(&first.bytes).into();
    assert_eq!(first.digest.0, digest);
    assert_eq!(&first.account, offline().account());
    let uuid = |generation| {
        let bytes = offline().prepare(&payout(), &handle(), &nobody(), generation).unwrap().bytes;
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        (body["params"]["UUID"].clone(), body["params"]["Data"]["MessageID"].clone())
    };
    assert_ne!(uuid(1).0, uuid(2).0, "a refused UUID is used up");
    assert_eq!(uuid(1).1, uuid(2).1, "the name of the payout is not");
}

#[test]
fn what_the_caller_says_goes_where_it_belongs() {
    let mut order = order("order-2", money(5, "SEK"));
    order.statement_descriptor = Some(StatementDescriptor::parse("Åäö 1").unwrap());
    order.external_reference = Some(ExternalReference::parse("invoice 7").unwrap());
    let body = json_of(&offline(), order);
    let data = &body["params"]["Data"];
    assert_eq!((&data["Amount"], &data["Currency"]), (&json!("0.05"), &json!("SEK")));
    let expected = json!({ "ShopperStatement": "Åäö 1", "ExternalReference": "invoice 7" });
    assert_eq!(data["Attributes"], expected);
}

#[test]
fn forints_are_whole_unless_configured_otherwise() {
    let forints = || order("order-3", money(1_234_500, "HUF"));
    let amount = |europe: &Europe| json_of(europe, forints())["params"]["Data"]["Amount"].clone();
    assert_eq!(amount(&offline()), "12345");
    assert_eq!(amount(&with(|config| config.huf = Decimals::Two)), "12345.00");
}

#[test]
fn the_masked_copy_holds_no_secret() {
    let masked = request(&offline(), &payout()).masked;
    let segment = notification_segment(&ring(&[1]), &payout().id).unwrap();
    let mac = segment.rsplit('.').next().unwrap();
    let body: Value = serde_json::from_slice(&request(&offline(), &payout()).bytes).unwrap();
    let signature = body["params"]["Signature"].as_str().unwrap();
    for secret in ["tr3asure", ACCOUNT_ID, "customer 1", mac, signature] {
        assert!(!masked.contains(secret), "{secret} in {masked}");
    }
    for shown in ["800.00", "EUR", payout().id.as_str()] {
        assert!(masked.contains(shown), "{shown} in {masked}");
    }
}

#[test]
fn a_handle_that_is_no_account_id_is_not_sent() {
    for bad in ["", "12a", "1 2", "-1", "123456789012345678901", "\u{0661}"] {
        let refused =
            offline().prepare(&payout(), &Handle::new(bad.into()), &nobody(), 1).unwrap_err();
        assert_eq!((refused.field, refused.kind), ("destination", UnfitKind::NotPossible));
        assert!(bad.is_empty() || !refused.why.contains(bad), "{}", refused.why);
    }
    assert!(offline().prepare(&payout(), &Handle::new(vec![0xff]), &nobody(), 1).is_err());
}

#[test]
fn an_order_is_refused_with_the_path_of_its_field() {
    for currency in ["CZK", "DKK", "EUR", "GBP", "HUF", "NOK", "PLN", "RON", "SEK"] {
        assert_eq!(
            offline().check(&order("k", money(100, currency)), &nobody()),
            Ok(()),
            "{currency}"
        );
    }
    for currency in ["USD", "CAD", "CHF", "BGN", "ISK"] {
        let refused = offline().check(&order("k", money(100, currency)), &nobody()).unwrap_err();
        let expected = ("amount.currency_code", UnfitKind::NotPossible);
        assert_eq!((refused.field, refused.kind), expected, "{currency}");
    }
    let fast = Order { speed: Speed::Instant, ..order("k", money(100, "EUR")) };
    assert_eq!(offline().check(&fast, &nobody()).unwrap_err().field, "speed");
}

fn target(account: Account) -> TargetRequest {
    let holder = Holder::Organisation { name: HolderName::parse("Acme").unwrap() };
    TargetRequest::BankAccount(BankDetails { account, holder, particulars: Box::default() })
}

fn iban(text: &str) -> TargetRequest {
    target(Account::Iban(Iban::parse(text).unwrap()))
}

fn local(country: &str, bank: &str, account: &str) -> TargetRequest {
    target(Account::Local {
        country: Country::parse(country).unwrap(),
        bank_number: LocalNumber::parse(bank).unwrap(),
        account_number: LocalNumber::parse(account).unwrap(),
    })
}

#[test]
fn a_target_is_refused_with_the_path_of_its_field() {
    use UnfitKind::{Invalid, NotPossible};
    let field = |name: &str| format!("bank_details.account.{name}");
    for (target, name, kind) in [
        (iban("CH9300762011623852957"), field("iban"), NotPossible),
        (iban("GB29NWBK60161331926819"), field("iban"), NotPossible),
        (iban("SE4550000000058398257466"), field("iban"), NotPossible),
        (iban("FR7630006000011234567890189"), String::new(), Invalid),
        (local("US", "124003116", "1"), field("local.country_code"), NotPossible),
        (local("DE", "37040044", "532013000"), field("local.country_code"), NotPossible),
        (local("SE", "611", "69706212"), field("local.bank_number"), Invalid),
        (local("GB", "200052", "5577991"), field("local.account_number"), Invalid),
        (raw_handle("12a"), "provider_handle".to_owned(), Invalid),
        (raw_handle("123456789012345678901"), "provider_handle".to_owned(), Invalid),
    ] {
        match offline().check_target(&target) {
            Ok(handle) => assert_eq!((handle, name), (None, String::new())),
            Err(Unfit { field, kind: found, why }) => {
                assert_eq!((field, found), (name.as_str(), kind), "{why}");
            }
        }
    }
    let found = offline().check_target(&raw_handle(ACCOUNT_ID)).unwrap();
    assert_eq!(found, Some(handle()));
    let swedish = with(|config| config.swedish_iban = SwedishIban::Enabled);
    assert_eq!(swedish.check_target(&iban("SE4550000000058398257466")), Ok(None));
}

#[test]
fn the_adapter_describes_itself() {
    let description = offline().describe();
    assert_eq!((description.name.as_str(), description.region.as_str()), ("Trustly", "Europe"));
    assert_eq!((description.currencies.len(), description.countries.len()), (9, 29));
    assert!(description.currencies.iter().all(|(_, min, max)| min.is_none() && max.is_none()));
    assert!(!description.methods.contains(&Method::PayInstantly));
    assert_eq!(description.return_window, offline().policy().return_window);
    let expected = "your_username@https://test.trustly.example/api/1";
    assert_eq!(offline().account().as_str(), expected, "no secret in the account's name");
}
