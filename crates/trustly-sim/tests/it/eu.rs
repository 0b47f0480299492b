//! Trustly Europe as documented, nothing going wrong.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use trustly_sim::generate_key_pem;

use crate::merchant::{
    ALGORITHMS, account_payout, algorithm, register_account, request, request_signed, uuid,
};
use crate::receiver::Receiver;
use crate::rig::{MERCHANT_KEY, Rig};

#[tokio::test]
async fn bank_details_become_an_account_and_a_payout_to_it_is_confirmed() {
    let (rig, receiver) = (Rig::start(1).await, Receiver::eu().await);
    let mut accounts = BTreeSet::new();
    for number in [1, 2] {
        let reply = rig.post(&request("RegisterAccount", &uuid(number), &register_account())).await;
        let data = reply.result("RegisterAccount", &uuid(number));
        assert_eq!(
            (&data["clearinghouse"], &data["descriptor"]),
            (&"SWEDEN".into(), &"***6212".into())
        );
        accounts.insert(data["accountid"].as_str().unwrap().to_owned());
    }
    assert_eq!(accounts.len(), 1, "the same details give the same account");
    let mut data = account_payout("po_1", &receiver.url);
    data["AccountID"] = accounts.pop_first().unwrap().into();
    let reply = rig.post(&request("AccountPayout", &uuid(3), &data)).await;
    let order = reply.result("AccountPayout", &uuid(3))["orderid"].clone();
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed(), "{seen:?}");
    assert_eq!(seen.method(), "payoutconfirmation");
    let told = seen.data();
    assert_eq!((&told["messageid"], &told["orderid"]), (&json!("po_1"), &order));
    assert_eq!((&told["enduserid"], &told["currency"]), (&json!("user-1"), &json!("EUR")));
    assert!(["25.50", "25.5"].contains(&told["amount"].as_str().unwrap()));
    let lines = rig.settle("po_1").await;
    assert_eq!((&lines[0]["delivered"], &lines[0]["attempts"]), (&json!(true), &json!(1)));
    let movement = rig.movements().await.remove(0);
    for (name, value) in [
        ("region", "eu"),
        ("reference", "po_1"),
        ("amount", "25.50"),
        ("currency", "EUR"),
        ("state", "completed"),
    ] {
        assert_eq!(movement[name], value);
    }
    assert_eq!(movement["provider_id"], order);
    assert!(movement["updated_at_ms"].as_u64() > movement["created_at_ms"].as_u64());
}

#[tokio::test]
async fn answers_errors_and_notifications_use_the_algorithm_of_the_request() {
    let (rig, receiver) = (Rig::start(2).await, Receiver::eu().await);
    for (number, prefix) in (10..).step_by(2).zip(ALGORITHMS) {
        let mut data = account_payout(&format!("po_{number}"), &receiver.url);
        let good = request_signed("AccountPayout", &uuid(number), &data, prefix, &MERCHANT_KEY);
        let reply = rig.post(&good).await;
        reply.result("AccountPayout", &uuid(number));
        assert_eq!(algorithm(reply.json()["result"]["signature"].as_str().unwrap()), prefix);
        let seen = rig_notification(&receiver, &format!("po_{number}")).await;
        assert_eq!(algorithm(seen["params"]["signature"].as_str().unwrap()), prefix);
        data["Amount"] = "0.00".into();
        let uuid = uuid(number + 1);
        let bad = request_signed("AccountPayout", &uuid, &data, prefix, &MERCHANT_KEY);
        let reply = rig.post(&bad).await;
        assert!([615, 637].contains(&reply.error("AccountPayout", &uuid)));
        let signed = &reply.json()["error"]["error"];
        assert_eq!(algorithm(signed["signature"].as_str().unwrap()), prefix);
    }
}

async fn rig_notification(receiver: &Receiver, message_id: &str) -> Value {
    for count in 1.. {
        for seen in receiver.wait_for(count).await {
            if seen.data()["messageid"] == message_id {
                assert!(seen.is_signed());
                return seen.json();
            }
        }
    }
    unreachable!("waiting fails first")
}

#[tokio::test]
async fn the_same_bytes_get_the_same_bytes_and_move_money_once() {
    let (rig, receiver) = (Rig::start(3).await, Receiver::eu().await);
    let body = request("AccountPayout", &uuid(1), &account_payout("po_1", &receiver.url));
    let (first, second, third) = tokio::join!(rig.post(&body), rig.post(&body), rig.post(&body));
    first.result("AccountPayout", &uuid(1));
    assert_eq!((&second, &third), (&first, &first));
    rig.reach("po_1", &["completed"]).await;
    assert_eq!(rig.post(&body).await, first);
    assert_eq!(rig.movements().await.len(), 1);
    let shown = rig.show("requests?reference=po_1").await["requests"][0].clone();
    assert_eq!(shown["count"], 4);
    let digests = shown["body_sha256"].as_array().unwrap();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{shown}");
}

#[tokio::test]
async fn a_refusal_of_content_is_replayed_even_when_its_cause_is_gone() {
    let (rig, receiver) = (Rig::start(4).await, Receiver::eu().await);
    let mut data = account_payout("po_1", &receiver.url);
    data["AccountID"] = "7777777777".into();
    let body = request("AccountPayout", &uuid(1), &data);
    let first = rig.post(&body).await;
    assert_eq!(first.error("AccountPayout", &uuid(1)), 624);
    let account = json!({ "account_id": "7777777777" });
    let (status, _) = rig.control(Method::POST, "accounts", account).await;
    assert_eq!(status, 200);
    assert_eq!(rig.post(&body).await, first);
    let again = rig.post(&request("AccountPayout", &uuid(2), &data)).await;
    assert_eq!(again.result("AccountPayout", &uuid(2))["result"], "1");
    assert_eq!(rig.states("po_1").await.len(), 1);
}

#[tokio::test]
async fn a_refusal_of_access_says_nothing_about_the_order() {
    let (rig, receiver) = (Rig::start(5).await, Receiver::eu().await);
    let data = account_payout("po_1", &receiver.url);
    let stranger = rsa::pkcs8::DecodePrivateKey::from_pkcs8_pem(&generate_key_pem()).unwrap();
    let forged = request_signed("AccountPayout", &uuid(1), &data, "", &stranger);
    for _ in 0..2 {
        assert_eq!(rig.post(&forged).await.error("AccountPayout", &uuid(1)), 636);
    }
    let mut wrong = data.clone();
    wrong["Password"] = "wrong".into();
    let reply = rig.post(&request("AccountPayout", &uuid(1), &wrong)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(1)), 616);
    let reply = rig.post(&request("Withdraw", &uuid(1), &data)).await;
    assert_eq!(reply.error("Withdraw", &uuid(1)), 602);
    assert!(rig.movements().await.is_empty());
    rig.pay("po_1", &uuid(1), &receiver.url).await;
}

#[tokio::test]
async fn a_stranger_cannot_use_up_a_uuid() {
    let stranger = rsa::pkcs8::DecodePrivateKey::from_pkcs8_pem(&generate_key_pem()).unwrap();
    let mut codes = BTreeSet::new();
    for seed in 0..8 {
        let (rig, receiver) = (Rig::start(seed).await, Receiver::eu().await);
        let mut data = account_payout("po_1", &receiver.url);
        data["Amount"] = "0.00".into();
        let forged = request_signed("AccountPayout", &uuid(1), &data, "", &stranger);
        codes.insert(rig.post(&forged).await.error("AccountPayout", &uuid(1)));
        rig.pay("po_1", &uuid(1), &receiver.url).await;
    }
    assert_eq!(codes, BTreeSet::from([615, 636]));
}

#[tokio::test]
async fn a_used_uuid_or_message_id_with_other_content_is_refused() {
    let (rig, receiver) = (Rig::start(6).await, Receiver::eu().await);
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let other = account_payout("po_2", &receiver.url);
    let reply = rig.post(&request("AccountPayout", &uuid(1), &other)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(1)), 688);
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let same = account_payout("po_1", &receiver.url);
    let reply = rig.post(&request("AccountPayout", &uuid(2), &same)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(2)), 637);
    assert_eq!(rig.movements().await.len(), 1);
}

#[tokio::test]
async fn of_many_requests_with_one_message_id_at_once_one_is_accepted() {
    let (rig, receiver) = (Rig::start(7).await, Receiver::eu().await);
    let data = account_payout("po_1", &receiver.url);
    let bodies: Vec<String> =
        (1..=12).map(|number| request("AccountPayout", &uuid(number), &data)).collect();
    let replies = futures_util::future::join_all(bodies.iter().map(|body| rig.post(body))).await;
    let mut accepted = 0;
    for (number, reply) in (1..).zip(replies) {
        if reply.json()["result"].is_object() {
            accepted += 1;
        } else {
            assert_eq!(reply.error("AccountPayout", &uuid(number)), 637);
        }
    }
    assert_eq!((accepted, rig.movements().await.len()), (1, 1));
}

#[tokio::test]
async fn every_single_mistake_has_its_code_whatever_the_seed() {
    let payout = account_payout("po_1", "https://merchant.example/n/f346212d");
    let registration = register_account();
    let cases: Vec<(&str, &Value, &str, Value, u64)> = vec![
        ("AccountPayout", &payout, "/Username", json!("somebody"), 616),
        ("AccountPayout", &payout, "/Password", Value::Null, 616),
        ("AccountPayout", &payout, "/AccountID", json!("AccountID"), 620),
        ("AccountPayout", &payout, "/AccountID", json!("9999999999"), 624),
        ("AccountPayout", &payout, "/AccountID", json!(1234567890), 623),
        ("AccountPayout", &payout, "/Amount", json!("0.00"), 615),
        ("AccountPayout", &payout, "/Amount", json!("-1.00"), 615),
        ("AccountPayout", &payout, "/Amount", json!("1.5"), 615),
        ("AccountPayout", &payout, "/Amount", json!("1,50"), 615),
        ("AccountPayout", &payout, "/Currency", json!("USD"), 623),
        ("AccountPayout", &payout, "/EndUserID", Value::Null, 696),
        ("AccountPayout", &payout, "/EndUserID", json!(""), 706),
        ("AccountPayout", &payout, "/MessageID", Value::Null, 697),
        ("AccountPayout", &payout, "/MessageID", json!("a\nb"), 704),
        ("AccountPayout", &payout, "/NotificationURL", json!("not a url"), 705),
        ("AccountPayout", &payout, "/NotificationURL", json!("https://m.example/n?a"), 705),
        ("AccountPayout", &payout, "/NotificationURL", json!("http://m.example/n"), 734),
        ("AccountPayout", &payout, "/Attributes", Value::Null, 623),
        ("AccountPayout", &payout, "/Attributes", json!({}), 717),
        ("AccountPayout", &payout, "/Attributes/ShopperStatement", json!(""), 717),
        ("RegisterAccount", &registration, "/ClearingHouse", json!("SVERIGE"), 623),
        ("RegisterAccount", &registration, "/BankNumber", json!(""), 623),
        ("RegisterAccount", &registration, "/AccountNumber", json!("12a"), 624),
        ("RegisterAccount", &registration, "/Firstname", json!(""), 623),
        ("RegisterAccount", &registration, "/EndUserID", Value::Null, 696),
        ("RegisterAccount", &registration, "/Attributes/DateOfBirth", json!("1990"), 717),
        ("RegisterAccount", &registration, "/Attributes/AddressCountry", json!("Sweden"), 717),
    ];
    for seed in 0..3 {
        let rig = Rig::start(seed).await;
        for (number, (method, data, pointer, value, code)) in (1..).zip(&cases) {
            let mut data = (*data).clone();
            *data.pointer_mut(pointer).unwrap() = value.clone();
            let reply = rig.post(&request(method, &uuid(number), &data)).await;
            let found = reply.error(method, &uuid(number));
            assert_eq!(found, *code, "seed {seed}: {pointer} = {value}");
        }
        let mut misspelt = payout.clone();
        misspelt["Attributes"]["pspMerchant"] = "Demo".into();
        let reply = rig.post(&request("AccountPayout", &uuid(90), &misspelt)).await;
        assert_eq!(reply.error("AccountPayout", &uuid(90)), 717);
        let reply = rig.post(&request("Withdraw", &uuid(91), &payout)).await;
        assert_eq!(reply.error("Withdraw", &uuid(91)), 602);
        assert!(rig.movements().await.is_empty());
    }
}

#[tokio::test]
async fn which_of_two_mistakes_is_reported_depends_on_the_seed() {
    let mut data = account_payout("po_1", "http://merchant.example/n");
    data["Amount"] = "0.00".into();
    let mut codes = BTreeSet::new();
    for seed in 0..12 {
        let rig = Rig::start(seed).await;
        let reply = rig.post(&request("AccountPayout", &uuid(1), &data)).await;
        codes.insert(reply.error("AccountPayout", &uuid(1)));
    }
    assert_eq!(codes, BTreeSet::from([615, 734]));
}

#[tokio::test]
async fn sender_information_is_checked_and_accepted() {
    let (rig, receiver) = (Rig::start(8).await, Receiver::eu().await);
    let mut data = account_payout("po_1", &receiver.url);
    data["Attributes"]["SenderInformation"] = json!({
        "Partytype": "PERSON", "Address": "Street 1, 12345 Barcelona", "CountryCode": "ES",
        "Firstname": "Steve", "Lastname": "Smith", "CustomerID": "123456789",
        "DateOfBirth": "1990-03-31",
    });
    let mut wrong = data.clone();
    wrong["Attributes"]["SenderInformation"]["Partytype"] = "PET".into();
    let reply = rig.post(&request("AccountPayout", &uuid(1), &wrong)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(1)), 717);
    let reply = rig.post(&request("AccountPayout", &uuid(2), &data)).await;
    assert_eq!(reply.result("AccountPayout", &uuid(2))["result"], "1");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_without_uuid_and_method() {
    let rig = Rig::start(9).await;
    let duplicate =
        request("AccountPayout", &uuid(1), &account_payout("po_1", "https://m.example/n"))
            .replacen("\"Amount\":", "\"Amount\":\"1.00\",\"Amount\":", 1);
    for body in ["", "{", "[]", r#"{"method":"AccountPayout","version":"1.1"}"#, &duplicate] {
        let message = rig.post(body).await.json();
        let signed = &message["error"]["error"];
        assert_eq!((&signed["uuid"], &signed["method"]), (&Value::Null, &Value::Null));
        assert!(crate::merchant::is_trustlys("", "", signed), "{message}");
    }
    assert!(rig.movements().await.is_empty());
}

#[tokio::test]
async fn the_live_path_works_too_and_only_post_does() {
    let rig = Rig::start(13).await;
    let data = account_payout("po_1", "https://merchant.example/n");
    let body = request("AccountPayout", &uuid(1), &data);
    let url = format!("{}/1", rig.base);
    let response = rig.client.post(&url).body(body.clone()).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), rig.post(&body).await.text);
    assert_eq!(rig.client.get(&url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn without_a_merchant_key_every_request_is_refused() {
    let rig = Rig::with(10, |config| config.eu.public_keys_pem.clear()).await;
    let data = account_payout("po_1", "https://merchant.example/n");
    let reply = rig.post(&request("AccountPayout", &uuid(1), &data)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(1)), 639);
}

#[tokio::test]
async fn missing_funds_are_told_by_a_credit_after_the_reply() {
    let balances = [("EUR".to_owned(), 5_000)].into();
    let rig = Rig::with(11, |config| config.eu.balances = balances).await;
    let receiver = Receiver::eu().await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.pay("po_2", &uuid(2), &receiver.url).await;
    let lines = rig.settle("po_2").await;
    assert_eq!((lines.len(), &lines[0]["method"]), (1, &json!("credit")));
    assert_eq!(rig.states("po_2").await, ["failed"]);
    rig.reach("po_1", &["completed"]).await;
    let mut rest = account_payout("po_3", &receiver.url);
    rest["Amount"] = "24.50".into();
    rig.post(&request("AccountPayout", &uuid(3), &rest)).await.result("AccountPayout", &uuid(3));
    rig.reach("po_3", &["completed"]).await;
}

#[tokio::test]
async fn forints_may_be_whole_and_must_be() {
    let (rig, receiver) = (Rig::start(12).await, Receiver::eu().await);
    let mut data = account_payout("po_1", &receiver.url);
    data["Currency"] = "HUF".into();
    let reply = rig.post(&request("AccountPayout", &uuid(1), &data)).await;
    assert_eq!(reply.error("AccountPayout", &uuid(1)), 615);
    data["Amount"] = "2550".into();
    rig.post(&request("AccountPayout", &uuid(2), &data)).await.result("AccountPayout", &uuid(2));
    assert_eq!(rig.movements().await[0]["amount"], "2550.00");
}
