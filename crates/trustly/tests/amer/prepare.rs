//! Deposits as the adapter prepares them, and what it refuses before anything is recorded.

use payout::bank::{Account, BankDetails, Holder, HolderName, Iban};
use payout::order::{Order, RelatedOrderReference, Speed, TargetRequest};
use payout::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use payout::port::{Handle, Method, Onboarding, Provider, Resolution, UnfitKind};
use payout::reason::Reason;
use serde_json::{Value, json};
use trustly::amer::provider::{Americas, Config};
use trustly::amer::wire::deposit::{Encoding, InstantFlag};

use crate::rig::{
    AUTHORIZATION_ID, authorization, config, deposit, handle, handle_of, offline, ok, payout, with,
};
use crate::sample::{money, nobody, opened, order, pending, policy, raw_handle};
use crate::script::{Script, Sent};

fn adapter(change: impl FnOnce(&mut Config)) -> (Americas, std::sync::Arc<Script>) {
    let mut config = config();
    change(&mut config);
    let script = Script::new(|_| ok(&json!({ "transaction": deposit(&payout(), 2) })));
    (Americas::new(config, script.clone()).unwrap(), script)
}

/// What goes over the wire for an order.
async fn sent(order: Order, change: impl FnOnce(&mut Config)) -> Sent {
    let (americas, script) = adapter(change);
    let request = americas.prepare(&pending(order.clone()), &handle().await, &nobody(), 1).unwrap();
    let policy = crate::rig::policy();
    americas.send(&opened(pending(order), &policy, &request), &request).await;
    script.sent().remove(0)
}

#[tokio::test]
async fn the_example_of_the_guide() {
    let order = || Order { speed: Speed::Instant, ..order("order-1", money(2_500, "USD")) };
    let json = sent(order(), |_| {}).await;
    let expected = json!({
        "amount": "25.00", "merchantReference": payout().id.as_str(), "instantPayoutRequest": true,
    });
    assert_eq!(serde_json::from_slice::<Value>(&json.body).unwrap(), expected);
    let form = sent(order(), |config| {
        config.encoding = Encoding::Form;
        config.instant_flag = InstantFlag::Instant;
    });
    let form = form.await;
    let expected = format!("amount=25.00&merchantReference={}&instant=true", payout().id);
    assert_eq!(String::from_utf8(form.body).unwrap(), expected);
    assert_eq!(form.content_type, Some("application/x-www-form-urlencoded"));
    assert!(form.url.ends_with(&format!("/transactions/{AUTHORIZATION_ID}/deposit")));
}

#[tokio::test]
async fn the_same_payout_is_prepared_alike_every_time() {
    let handle = handle().await;
    let first = offline().prepare(&payout(), &handle, &nobody(), 1).unwrap();
    let second = offline().prepare(&payout(), &handle, &nobody(), 7).unwrap();
    assert_eq!(first, second, "the name of a payout is the same in every generation");
    assert_eq!(&first.account, offline().account());
    let text = String::from_utf8(first.bytes.to_vec()).unwrap();
    for secret in ["k3y-one", "ACCESS1", "user 1"] {
        assert!(!text.contains(secret) && !first.masked.contains(secret), "{secret}");
    }
    let expected = format!(r#"{{"amount":"25.00","merchantReference":"{}"}}"#, payout().id);
    assert_eq!(first.masked, expected);
}

#[tokio::test]
async fn a_rotated_key_does_not_strand_a_sealed_deposit() {
    let request = offline().prepare(&payout(), &handle().await, &nobody(), 1).unwrap();
    let (rotated, script) =
        adapter(|config| config.credentials = vec![crate::rig::credentials("NEW", "new")]);
    assert_eq!(&request.account, rotated.account());
    rotated.send(&opened(payout(), &crate::rig::policy(), &request), &request).await;
    let expected = crate::rig::credentials("NEW", "new").authorization().to_string();
    assert_eq!(script.sent()[0].authorization.as_deref(), Some(expected.as_str()));
}

/// A deposit names no currency: it is paid in that of its authorization.
#[tokio::test]
async fn a_deposit_in_another_currency_than_its_authorizations_is_refused() {
    let canadian = handle_of(with(authorization(), &json!({ "currency": "CAD" }))).await;
    let refused = offline().prepare(&payout(), &canadian, &nobody(), 1).unwrap_err();
    assert_eq!((refused.field, refused.kind), ("amount.currency_code", UnfitKind::Invalid));
    assert!(refused.why.contains("CAD"), "{}", refused.why);
    let in_dollars = pending(order("order-2", money(2_500, "CAD")));
    assert!(offline().prepare(&in_dollars, &canadian, &nobody(), 1).is_ok());
    assert!(offline().prepare(&in_dollars, &handle().await, &nobody(), 1).is_err());
    let unknown = handle_of(with(authorization(), &json!({ "currency": null }))).await;
    assert!(offline().prepare(&in_dollars, &unknown, &nobody(), 1).is_ok());
}

#[tokio::test]
async fn names_that_would_not_survive_a_handle_are_left_out() {
    let payment = json!({ "merchantReference": "a\u{1f}b", "customer": { "externalId": "c\nd" } });
    let odd = handle_of(with(authorization(), &json!({ "payment": payment }))).await;
    assert!(offline().prepare(&payout(), &odd, &nobody(), 1).is_ok());
    let refused = offline().prepare(&payout(), &Handle::new(b"1234567890".to_vec()), &nobody(), 1);
    assert_eq!(refused.unwrap_err().field, "destination");
}

#[test]
fn an_order_is_refused_with_the_path_of_its_field() {
    for (minor_units, currency, field) in [
        (99, "USD", None),
        (999_999_999, "CAD", None),
        (98, "USD", Some("amount.minor_units")),
        (1_000_000_000, "USD", Some("amount.minor_units")),
        (2_500, "EUR", Some("amount.currency_code")),
    ] {
        let checked = offline().check(&order("k", money(minor_units, currency)), &nobody());
        assert_eq!(checked.err().map(|refused| refused.field), field, "{minor_units} {currency}");
    }
    let fast = Order { speed: Speed::Instant, ..order("k", money(2_500, "USD")) };
    assert_eq!(offline().check(&fast, &nobody()), Ok(()));
}

#[tokio::test]
async fn a_target_is_refused_with_the_path_of_its_field() {
    assert_eq!(offline().check_target(&raw_handle(AUTHORIZATION_ID)), Ok(None));
    let refused = offline().check_target(&raw_handle("1/2")).unwrap_err();
    assert_eq!((refused.field, refused.kind), ("provider_handle", UnfitKind::Invalid));
    let account = Account::Iban(Iban::parse("FI2112345600000785").unwrap());
    let holder = Holder::Organisation { name: HolderName::parse("Acme").unwrap() };
    let details = BankDetails { account, holder, particulars: Box::default() };
    let refused = offline().check_target(&TargetRequest::BankAccount(details.clone())).unwrap_err();
    assert_eq!((refused.field, refused.kind), ("bank_details", UnfitKind::NotPossible));
    let customer = payout::id::Customer::parse("customer 1").unwrap();
    let resolution = offline().register(&customer, &details).await;
    assert!(matches!(resolution, Resolution::Refused(Reason::RequestRejected, _)));
}

#[test]
fn the_adapter_describes_itself() {
    let description = offline().describe();
    assert_eq!((description.name.as_str(), description.region.as_str()), ("Trustly", "Americas"));
    let limits = |currency: &str| {
        let mut all = description.currencies.iter();
        let (_, min, max) = all.find(|(each, ..)| each.code() == currency).unwrap();
        (min.unwrap().minor_units(), max.unwrap().minor_units())
    };
    assert_eq!((limits("USD"), limits("CAD")), ((99, 999_999_999), (99, 999_999_999)));
    assert!(description.methods.contains(&Method::PayInstantly));
    assert!(!description.methods.contains(&Method::RegisterDestination));
    assert!(description.duplicate_protection);
    for doubt in [
        payout::policy::DoubtPolicy::Resend,
        payout::policy::DoubtPolicy::LookUp {
            spacing: std::time::Duration::ZERO,
            resend_when_absent: false,
        },
    ] {
        let (unconfirmed, _) = adapter(|config| config.policy = policy(doubt));
        assert!(!unconfirmed.describe().duplicate_protection);
    }
    let expected = "1002463580@https://sandbox.trustly.example/api/v1";
    assert_eq!(offline().account().as_str(), expected, "no secret in the account's name");
    let mut nobody = config();
    nobody.credentials.clear();
    assert!(Americas::new(nobody, Script::new(|_| panic!())).is_err());
}

#[test]
fn what_has_no_place_in_a_deposit_is_refused_by_its_path() {
    let plain = || order("k", money(2_500, "USD"));
    let shop = SubMerchant {
        name: HolderName::parse("Shop").unwrap(),
        url: WebAddress::parse("www.shop.example").unwrap(),
        category: CategoryCode::parse("5499").unwrap(),
    };
    let originator = Originator {
        party: Party::Organisation {
            name: HolderName::parse("Acme").unwrap(),
            organisation_number: None,
        },
        address: None,
        country: None,
        customer_id: None,
    };
    let mut related = plain();
    related.related_order_reference = RelatedOrderReference::parse("p2p-1").ok();
    let on_behalf = Parties { originator: Some(originator), sub_merchant: None };
    let of_a_shop = Parties { originator: None, sub_merchant: Some(shop) };
    for (order, parties, field) in [
        (plain(), on_behalf, "originator"),
        (plain(), of_a_shop, "sub_merchant"),
        (related, nobody(), "related_order_reference"),
    ] {
        let refused = offline().check(&order, &parties).unwrap_err();
        assert_eq!((refused.field, refused.kind), (field, UnfitKind::NotPossible));
        assert!(offline().describe().unsupported_fields.contains(&field));
    }
}
