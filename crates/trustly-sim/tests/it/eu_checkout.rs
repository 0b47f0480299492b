//! `SelectAccount`: a checkout that a person completes, cancels or leaves.

use std::collections::BTreeSet;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::merchant::{account_payout, question, select_account};
use crate::receiver::{Receiver, Seen};
use crate::rig::Rig;

/// A person's browser, which shows where it is sent.
fn browser() -> Client {
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

async fn decide(url: &str, form: &'static str) -> Response {
    let request = browser().post(url).header("content-type", "application/x-www-form-urlencoded");
    request.body(form).send().await.unwrap()
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap()
}

fn url(answer: &Value) -> &str {
    answer["url"].as_str().unwrap()
}

#[tokio::test]
async fn a_completed_checkout_gives_an_account_that_can_be_paid_to() {
    let (rig, receiver) = (Rig::slow(1).await, Receiver::eu().await);
    let answer = rig.ask("SelectAccount", 1, &select_account("sel_1", &receiver.url)).await;
    assert!(url(&answer).starts_with(&format!("{}/_/orderclient.php?SessionID=", rig.base)));
    let page = browser().get(url(&answer)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<form method=\"post\"") && page.contains("Åsa Öberg"), "{page}");
    let sent_on = decide(url(&answer), "decision=complete").await;
    assert_eq!(location(&sent_on), "https://merchant.example/good?a=1");
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed());
    assert_eq!(seen.method(), "account");
    let data = seen.data();
    assert_eq!((&data["messageid"], &data["orderid"]), (&json!("sel_1"), &answer["orderid"]));
    assert_eq!(data["verified"], "1");
    for (name, value) in [("clearinghouse", "SWEDEN"), ("bank", "Demo Bank")] {
        assert_eq!(data["attributes"][name], value);
    }
    for absent in ["enduserid", "timestamp", "amount"] {
        assert!(data.get(absent).is_none(), "{absent}");
    }
    let mut payout = account_payout("po_1", &receiver.url);
    payout["AccountID"] = data["accountid"].clone();
    rig.ask("AccountPayout", 2, &payout).await;
    rig.reach("po_1", &["completed"]).await;
}

#[tokio::test]
async fn a_cancelled_checkout_says_so_and_goes_to_the_fail_url() {
    let (rig, receiver) = (Rig::slow(2).await, Receiver::eu().await);
    let answer = rig.ask("SelectAccount", 1, &select_account("sel_1", &receiver.url)).await;
    let sent_on = decide(url(&answer), "decision=cancel").await;
    assert_eq!(location(&sent_on), "https://merchant.example/bad");
    let seen = receiver.wait_for(1).await.remove(0);
    assert_eq!((seen.method().as_str(), &seen.data()["messageid"]), ("cancel", &json!("sel_1")));
    assert_eq!(decide(url(&answer), "decision=complete").await.status(), 409);
    let page = browser().get(url(&answer)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("has ended"), "{page}");
    assert_eq!(rig.settle("sel_1").await.len(), 1);
    assert_eq!(rig.refused("SelectAccount", 2, &select_account("sel_1", &receiver.url)).await, 637);
}

#[tokio::test]
async fn a_checkout_that_nobody_touches_is_cancelled() {
    let (rig, receiver) = (Rig::start(3).await, Receiver::eu().await);
    let answer = rig.ask("SelectAccount", 1, &select_account("sel_1", &receiver.url)).await;
    rig.settle("sel_1").await;
    let methods: Vec<String> = receiver.seen().iter().map(Seen::method).collect();
    assert_eq!(methods, ["cancel"]);
    assert_eq!(decide(url(&answer), "decision=complete").await.status(), 409);
}

#[tokio::test]
async fn an_account_is_unverified_told_late_or_early_and_the_same_again() {
    let receiver = Receiver::eu().await;
    let rig = Rig::slow(4).await;
    let mut accounts = BTreeSet::new();
    for number in 1..=2 {
        let data = select_account(&format!("sel_{number}"), &receiver.url);
        let answer = rig.ask("SelectAccount", number, &data).await;
        decide(url(&answer), "decision=complete_unverified&accountnumber=6112123").await;
        rig.settle(&format!("sel_{number}")).await;
        let told = receiver.seen().pop().unwrap().data();
        assert_eq!(told["verified"], "0");
        assert_eq!(told["attributes"]["lastdigits"], "2123");
        accounts.insert(told["accountid"].to_string());
    }
    assert_eq!(accounts.len(), 1);
}

#[tokio::test]
async fn personal_data_is_told_where_the_contract_says_so() {
    let (rig, receiver) = (Rig::slow(5).await, Receiver::eu().await);
    rig.terms(json!({ "kyc_data": true, "direct_debit": true })).await;
    let mut data = select_account("sel_1", &receiver.url);
    data["Attributes"]["NationalIdentificationNumber"] = "19900331-0000".into();
    data["Attributes"]["RequestDirectDebitMandate"] = 1.into();
    data["Attributes"]["Email"] = "asa@example.se".into();
    let answer = rig.ask("SelectAccount", 1, &data).await;
    decide(url(&answer), "decision=complete").await;
    let told = receiver.wait_for(1).await.remove(0).data()["attributes"].clone();
    assert_eq!(
        (&told["name"], &told["personid"]),
        (&json!("Åsa Öberg"), &json!("SE19900331-0000"))
    );
    assert_eq!(told["directdebitmandate"], "1");
    for name in ["address", "zipcode", "city"] {
        assert!(told[name].is_string(), "{name}");
    }
}

#[tokio::test]
async fn a_checkout_is_the_browsers_that_has_its_address() {
    let (rig, receiver) = (Rig::slow(6).await, Receiver::eu().await);
    let answer = rig.ask("SelectAccount", 1, &select_account("sel_1", &receiver.url)).await;
    let other = format!("{}/_/orderclient.php?SessionID=guess", rig.base);
    assert_eq!(browser().get(&other).send().await.unwrap().status(), 404);
    assert_eq!(decide(&other, "decision=complete").await.status(), 404);
    for form in ["", "decision=maybe", "decision=complete&accountnumber=%3Cb%3E", "%zz"] {
        assert_eq!(decide(url(&answer), form).await.status(), 400, "{form}");
    }
    assert_eq!(browser().put(url(&answer)).send().await.unwrap().status(), 405);
    assert_eq!(location(&decide(url(&answer), "decision=complete").await).len(), 33);
}

#[tokio::test]
async fn what_is_shown_is_text_and_apps_get_their_link() {
    let rig = Rig::slow(7).await;
    let mut data = select_account("sel_1", "https://merchant.example/n");
    data["Attributes"]["Firstname"] = "<script>alert(1)</script>".into();
    data["Attributes"]["ReturnToAppURL"] = "myapp://back?a=\"1\"".into();
    data["Attributes"]["URLTarget"] = "_top".into();
    data["Attributes"].as_object_mut().unwrap().remove("FailURL");
    let answer = rig.ask("SelectAccount", 1, &data).await;
    let page = browser().get(url(&answer)).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("target=\"_top\"") && page.contains("myapp://back?a=&quot;"), "{page}");
    let ended = decide(url(&answer), "decision=cancel").await;
    assert_eq!(ended.status(), 200, "there is no FailURL to go to");
}

#[tokio::test]
async fn every_single_mistake_has_its_code() {
    let cases = [
        ("Country", json!("US"), 737),
        ("Country", Value::Null, 737),
        ("Locale", json!("swedish"), 645),
        ("Locale", json!("sv-SE"), 645),
        ("Locale", Value::Null, 645),
        ("SuccessURL", json!("good"), 700),
        ("SuccessURL", json!("javascript:alert(1)"), 700),
        ("SuccessURL", Value::Null, 700),
        ("FailURL", json!("/bad"), 701),
        ("TemplateURL", json!("http://merchant.example/t"), 702),
        ("URLTarget", json!("_blank"), 703),
        ("IP", json!("10.0.0.1, 10.0.0.2"), 698),
        ("Email", json!("nobody"), 642),
        ("RequestDirectDebitMandate", json!(1), 712),
        ("Firstname", json!(""), 717),
        ("Lastname", Value::Null, 717),
        ("DateOfBirth", json!("1990"), 717),
        ("MobilePhone", json!("mobile"), 717),
        ("URLScheme", json!("no scheme"), 717),
        ("ReturnToAppURL", json!(1), 717),
        ("ShopperStatement", json!(""), 717),
        ("MerchantCategoryCode", json!(5499), 717),
        ("UnchangeableNationalIdentificationNumber", json!(1), 717),
        ("Unheard", json!("of"), 717),
    ];
    for seed in 0..2 {
        let rig = Rig::start(seed).await;
        for (number, (name, value, code)) in (1..).zip(&cases) {
            let mut data = select_account("sel_1", "https://merchant.example/n");
            data["Attributes"][*name] = value.clone();
            let found = rig.refused("SelectAccount", number, &data).await;
            assert_eq!(found, *code, "seed {seed}: {name} = {value}");
        }
        let mut data = select_account("sel_1", "https://merchant.example/n");
        for (name, value, code) in [
            ("Attributes", Value::Null, 623),
            ("EndUserID", Value::Null, 696),
            ("Amount", json!("1"), 623),
        ] {
            let mut wrong = data.clone();
            wrong[name] = value;
            assert_eq!(rig.refused("SelectAccount", 50 + code, &wrong).await, u64::from(code));
        }
        rig.terms(json!({ "direct_debit": true })).await;
        data["Attributes"]["RequestDirectDebitMandate"] = "1".into();
        assert_eq!(rig.refused("SelectAccount", 90, &data).await, 642);
    }
}

#[tokio::test]
async fn a_selection_is_no_payout() {
    let rig = Rig::start(8).await;
    let mut data = select_account("sel_1", "https://merchant.example/n");
    data["Attributes"]["UnchangeableNationalIdentificationNumber"] = "1".into();
    data["Attributes"]["NationalIdentificationNumber"] = "19900331-0000".into();
    let order = rig.ask("SelectAccount", 1, &data).await["orderid"].clone();
    let asked = question(&json!({ "OrderID": order }));
    assert_eq!(rig.refused("GetWithdrawals", 2, &asked).await, 655);
    assert!(rig.movements().await.is_empty());
    let payout = account_payout("sel_1", "https://merchant.example/n");
    assert_eq!(rig.refused("AccountPayout", 3, &payout).await, 637);
}
