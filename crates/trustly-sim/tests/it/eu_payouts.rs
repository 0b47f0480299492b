//! What payouts of Trustly Europe carry, and what they are attached to.

use reqwest::Method;
use serde_json::{Value, json};

use crate::merchant::{account_payout, register_account, register_account_payout, request, uuid};
use crate::receiver::Receiver;
use crate::rig::Rig;

const URL: &str = "https://merchant.example/n";

fn person() -> Value {
    json!({
        "Partytype": "PERSON", "Address": "Street 1, 12345 Barcelona", "CountryCode": "ES",
        "Firstname": "Steve", "Lastname": "Smith", "CustomerID": "123456789",
        "DateOfBirth": "1990-03-31",
    })
}

fn organisation() -> Value {
    json!({
        "Partytype": "ORGANISATION", "Address": "Street 1, 12345 Barcelona", "CountryCode": "ES",
        "Firstname": "merchant_name", "Lastname": "",
    })
}

#[tokio::test]
async fn the_three_documented_examples_are_accepted() {
    let rig = Rig::start(1).await;
    let mut data = account_payout("771463386074", URL);
    data["Attributes"]["ExternalReference"] = "23423525234".into();
    assert_eq!(rig.ask("AccountPayout", 1, &data).await["result"], "1");
    data["MessageID"] = "771463386075".into();
    data["Attributes"]["SenderInformation"] = person();
    assert_eq!(rig.ask("AccountPayout", 2, &data).await["result"], "1");
    data["MessageID"] = "771463386076".into();
    data["Attributes"] = json!({
        "SenderInformation": organisation(),
        "PSPMerchant": "merchant_name",
        "PSPMerchantURL": "https://merchantURL.com/",
        "MerchantCategoryCode": "1234",
        "ShopperStatement": "merchant_name",
    });
    assert_eq!(rig.ask("AccountPayout", 3, &data).await["result"], "1");
}

#[tokio::test]
async fn every_wrong_attribute_is_refused() {
    let rig = Rig::start(2).await;
    let cases = [
        ("/ShopperStatement", json!(7)),
        ("/ExternalReference", json!({})),
        ("/PSPMerchant", json!("")),
        ("/PSPMerchantURL", json!(["www.merchant.com"])),
        ("/MerchantCategoryCode", json!("54 99")),
        ("/MerchantCategoryCode", json!("54990")),
        ("/HoldNotifications", json!("yes")),
        ("/HoldNotifications", json!(true)),
        ("/SenderInformation", json!("Steve")),
        ("/SenderInformation/Partytype", json!("PET")),
        ("/SenderInformation/Partytype", json!("ORGANISATION")),
        ("/SenderInformation/Address", json!("")),
        ("/SenderInformation/CountryCode", json!("Spain")),
        ("/SenderInformation/Firstname", json!("")),
        ("/SenderInformation/Lastname", json!("")),
        ("/SenderInformation/Lastname", Value::Null),
        ("/SenderInformation/CustomerID", json!(123_456_789)),
        ("/SenderInformation/DateOfBirth", json!("31.3.1990")),
    ];
    let mut data = account_payout("po_1", URL);
    data["Attributes"] = json!({
        "ShopperStatement": "Demo", "ExternalReference": "1", "PSPMerchant": "Merchant Ltd.",
        "PSPMerchantURL": "www.merchant.com", "MerchantCategoryCode": "5499",
        "HoldNotifications": "0", "SenderInformation": person(),
    });
    for (number, (pointer, value)) in (1..).zip(cases) {
        let mut wrong = data.clone();
        *wrong.pointer_mut(&format!("/Attributes{pointer}")).unwrap() = value.clone();
        let code = rig.refused("AccountPayout", number, &wrong).await;
        assert_eq!(code, 717, "{pointer} = {value}");
    }
    let mut wrong = data.clone();
    wrong["Attributes"]["SenderInformation"]["Nickname"] = "S".into();
    assert_eq!(rig.refused("AccountPayout", 90, &wrong).await, 717);
    assert!(rig.movements().await.is_empty());
    rig.ask("AccountPayout", 91, &data).await;
}

#[tokio::test]
async fn a_contract_can_demand_sender_and_merchant() {
    let rig = Rig::start(3).await;
    let mut data = account_payout("po_1", URL);
    rig.terms(json!({ "sender_information_required": true })).await;
    assert_eq!(rig.refused("AccountPayout", 1, &data).await, 717);
    data["Attributes"]["SenderInformation"] = organisation();
    rig.ask("AccountPayout", 2, &data).await;
    rig.terms(json!({ "psp_merchant_required": true })).await;
    data["MessageID"] = "po_2".into();
    for (number, (name, value)) in (3..).zip([
        ("PSPMerchant", "Merchant Ltd."),
        ("PSPMerchantURL", "www.merchant.com"),
        ("MerchantCategoryCode", "5499"),
    ]) {
        assert_eq!(rig.refused("AccountPayout", number, &data).await, 717, "without {name}");
        data["Attributes"][name] = value.into();
    }
    rig.ask("AccountPayout", 9, &data).await;
}

#[tokio::test]
async fn attributes_are_optional_where_the_contract_says_so() {
    let rig = Rig::start(9).await;
    let mut data = account_payout("po_1", URL);
    data.as_object_mut().unwrap().remove("Attributes");
    assert_eq!(rig.refused("AccountPayout", 1, &data).await, 623);
    rig.terms(json!({ "attributes_optional": true })).await;
    let mut half = data.clone();
    half["Attributes"] = json!({ "ExternalReference": "1" });
    assert_eq!(rig.refused("AccountPayout", 2, &half).await, 717);
    rig.terms(json!({ "psp_merchant_required": true })).await;
    assert_eq!(rig.refused("AccountPayout", 3, &data).await, 717);
    rig.terms(json!({ "psp_merchant_required": false })).await;
    assert_eq!(rig.ask("AccountPayout", 4, &data).await["result"], "1");
}

#[tokio::test]
async fn payouts_share_a_p2p_order_until_it_is_used_up() {
    let (rig, receiver) = (Rig::slow(4).await, Receiver::eu().await);
    let order = json!({ "message_id": "p2p_1", "amount": "60.00", "currency": "EUR" });
    let made = rig.told(Method::POST, "p2p_orders", order).await;
    assert_eq!(made["message_id"], "p2p_1");
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "bank_refusal" })).await;
    rig.pay("p2p_1", &uuid(1), &receiver.url).await;
    rig.pay("p2p_1", &uuid(2), &receiver.url).await;
    let data = account_payout("p2p_1", &receiver.url);
    assert_eq!(rig.refused("AccountPayout", 3, &data).await, 615, "9.00 are left");
    rig.settle("p2p_1").await;
    assert_eq!(rig.states("p2p_1").await, ["failed", "completed"]);
    rig.pay("p2p_1", &uuid(4), &receiver.url).await;
    let mut rest = data.clone();
    rest["Amount"] = "9.00".into();
    rest["Currency"] = "SEK".into();
    assert_eq!(rig.refused("AccountPayout", 5, &rest).await, 623);
    rest["Currency"] = "EUR".into();
    rig.ask("AccountPayout", 6, &rest).await;
    rest["Amount"] = "0.01".into();
    assert_eq!(rig.refused("AccountPayout", 7, &rest).await, 615);
    let lines = rig.settle("p2p_1").await;
    let told: Vec<&Value> = lines.iter().map(|line| &line["provider_id"]).collect();
    assert_eq!(told.len(), 4, "{lines:?}");
    let again = rig.post(&request("AccountPayout", &uuid(6), &rest)).await;
    assert_eq!(again.error("AccountPayout", &uuid(6)), 688);
}

#[tokio::test]
async fn the_same_bytes_attach_once() {
    let rig = Rig::start(5).await;
    let order = json!({ "amount": "51.00", "currency": "EUR" });
    let made = rig.told(Method::POST, "p2p_orders", order).await;
    let message_id = made["message_id"].as_str().unwrap();
    let body = request("AccountPayout", &uuid(1), &account_payout(message_id, URL));
    let first = rig.post(&body).await;
    assert_eq!(rig.post(&body).await, first);
    assert_eq!(rig.states(message_id).await.len(), 1);
    rig.pay(message_id, &uuid(2), URL).await;
    assert_eq!(rig.post(&body).await, first);
}

#[tokio::test]
async fn bank_details_can_be_paid_to_at_once_where_the_contract_allows() {
    let (rig, receiver) = (Rig::start(6).await, Receiver::eu().await);
    let data = register_account_payout("po_1", &receiver.url);
    assert_eq!(rig.refused("RegisterAccountPayout", 1, &data).await, 602);
    rig.terms(json!({ "disabled_methods": [] })).await;
    let answer = rig.ask("RegisterAccountPayout", 1, &data).await;
    assert_eq!(answer["result"], "1");
    assert!(answer.get("accountid").is_none());
    let seen = receiver.wait_for(1).await.remove(0);
    assert_eq!(
        (seen.method().as_str(), &seen.data()["orderid"]),
        ("payoutconfirmation", &answer["orderid"],)
    );
    rig.reach("po_1", &["completed"]).await;
    assert_eq!(rig.refused("RegisterAccountPayout", 2, &data).await, 637);
    let asked = crate::merchant::question(&json!({ "OrderID": answer["orderid"] }));
    let paid_to = rig.ask("GetWithdrawals", 3, &asked).await[0]["accountid"].clone();
    let registered = rig.ask("RegisterAccount", 4, &register_account()).await;
    assert_eq!(paid_to, registered["accountid"]);
}

#[tokio::test]
async fn mistakes_of_both_halves_are_found() {
    let rig = Rig::with(7, |config| config.eu.contract.disabled_methods.clear()).await;
    let data = register_account_payout("po_1", URL);
    for (number, (pointer, value, code)) in (1..).zip([
        ("/ClearingHouse", json!("SVERIGE"), 623),
        ("/AccountNumber", json!("12a"), 624),
        ("/Firstname", Value::Null, 623),
        ("/Amount", json!("0.00"), 615),
        ("/MessageID", Value::Null, 697),
        ("/NotificationURL", json!("http://m.example/n"), 734),
        ("/Attributes/ShopperStatement", json!(""), 717),
        ("/Attributes/DateOfBirth", json!("1990-02-31"), 717),
    ]) {
        let mut wrong = data.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let found = rig.refused("RegisterAccountPayout", number, &wrong).await;
        assert_eq!(found, code, "{pointer}");
    }
    assert!(rig.movements().await.is_empty());
}

#[tokio::test]
async fn outcome_faults_meet_both_methods() {
    let rig = Rig::with(8, |config| config.eu.contract.disabled_methods.clear()).await;
    let receiver = Receiver::eu().await;
    rig.fault(json!({ "region": "eu", "on": "RegisterAccountPayout", "fault": "no_funds" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let data = register_account_payout("po_2", &receiver.url);
    rig.ask("RegisterAccountPayout", 2, &data).await;
    rig.reach("po_1", &["completed"]).await;
    rig.reach("po_2", &["failed"]).await;
}
