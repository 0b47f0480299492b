//! Notifications of Trustly Europe beyond the usual: every method, by fault and by control call.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::merchant::{account_payout, acknowledgement, select_account, uuid};
use crate::receiver::{Receiver, Seen};
use crate::rig::{MERCHANT_KEY, Rig};

fn methods(receiver: &Receiver) -> Vec<String> {
    receiver.seen().iter().map(Seen::method).collect()
}

/// What becomes of a payout that meets a fault, and what is told of it.
async fn course(rig: &Rig, fault: &str, expected: &str) -> Vec<String> {
    let receiver = Receiver::eu().await;
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": fault })).await;
    rig.pay(fault, &uuid(1), &receiver.url).await;
    rig.settle(fault).await;
    assert_eq!(rig.states(fault).await, [expected], "{fault}");
    assert!(receiver.seen().iter().all(Seen::is_signed));
    methods(&receiver)
}

#[tokio::test]
async fn a_payout_can_crash_after_the_reply() {
    let rig = Rig::start(1).await;
    assert_eq!(course(&rig, "cancel_after_reply", "failed").await, ["cancel"]);
}

#[tokio::test]
async fn credit_and_cancel_can_both_come_in_either_order() {
    let mut orders = BTreeSet::new();
    for seed in 0..8 {
        // Slow enough that the reply is out before either of them.
        let rig = Rig::with(seed, |config| config.time_factor = 600).await;
        let told = course(&rig, "credit_and_cancel", "failed").await;
        let methods: BTreeSet<String> = told.iter().cloned().collect();
        assert_eq!(methods, BTreeSet::from(["cancel".to_owned(), "credit".to_owned()]));
        orders.insert(told);
    }
    assert_eq!(orders.len(), 2);
}

#[tokio::test]
async fn a_bank_refusal_is_explained_where_the_contract_says_so() {
    let rig = Rig::start(2).await;
    assert_eq!(course(&rig, "bank_refusal", "failed").await, ["credit"]);
    let (rig, receiver) = (Rig::start(3).await, Receiver::eu().await);
    rig.terms(json!({ "payout_failed": true })).await;
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "bank_refusal" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let seen = receiver.seen();
    let failed = seen.iter().find(|seen| seen.method() == "payoutfailed").unwrap().data();
    assert_eq!(failed["errorcode"], "incorrect_account_number");
    assert!(failed["errormessage"].is_string() && failed["amount"].is_string());
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn money_can_come_back_days_after_it_was_confirmed() {
    let rig = Rig::with(4, |config| config.time_factor = 100_000).await;
    let told = course(&rig, "credit_days_later", "returned").await;
    assert_eq!(told, ["payoutconfirmation", "credit"]);
}

#[tokio::test]
async fn confirmations_are_a_matter_of_contract() {
    let (rig, receiver) = (Rig::start(5).await, Receiver::eu().await);
    rig.terms(json!({ "payout_confirmation": false })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.reach("po_1", &["completed"]).await;
    assert!(rig.settle("po_1").await.is_empty());
}

#[tokio::test]
async fn result_zero_is_no_order() {
    let (rig, receiver) = (Rig::start(6).await, Receiver::eu().await);
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "result_zero" })).await;
    let data = account_payout("po_1", &receiver.url);
    let answer = rig.ask("AccountPayout", 1, &data).await;
    assert_eq!(answer["result"], "0");
    assert_eq!(rig.ask("AccountPayout", 1, &data).await, answer);
    assert!(rig.movements().await.is_empty());
    rig.pay("po_1", &uuid(2), &receiver.url).await;
}

#[tokio::test]
async fn a_credit_waits_for_a_delayed_reply() {
    let (rig, receiver) = (Rig::start(7).await, Receiver::eu().await);
    for (fault, delay_ms) in [("bank_refusal", 0), ("delay", 700)] {
        let rule =
            json!({ "region": "eu", "on": "AccountPayout", "fault": fault, "delay_ms": delay_ms });
        rig.fault(rule).await;
    }
    let started = Instant::now();
    let credited = async {
        receiver.wait_for(1).await;
        started.elapsed()
    };
    let order = uuid(1);
    let (_, after) = tokio::join!(rig.pay("po_1", &order, &receiver.url), credited);
    assert!(after >= Duration::from_millis(700), "the credit overtook the reply: {after:?}");
    rig.settle("po_1").await;
    assert_eq!(methods(&receiver), ["credit"]);
}

#[tokio::test]
async fn held_notifications_come_when_they_are_asked_for() {
    let (rig, receiver) = (Rig::start(8).await, Receiver::eu().await);
    for (number, flag) in (1..).zip([json!(1), json!("1")]) {
        let mut data = account_payout(&format!("po_{number}"), &receiver.url);
        data["Attributes"]["HoldNotifications"] = flag;
        rig.ask("AccountPayout", number, &data).await;
    }
    let lines = rig.settle("po_1").await;
    assert_eq!((&lines[0]["state"], &lines[0]["attempts"]), (&json!("held"), &json!(0)));
    assert_eq!(rig.states("po_1").await, ["completed"]);
    assert!(receiver.seen().is_empty());
    let released = rig.told(Method::POST, "held", json!({ "reference": "po_1" })).await;
    assert_eq!(released, json!({ "released": 1 }));
    assert_eq!(receiver.wait_for(1).await[0].data()["messageid"], "po_1");
    let lines = rig.settle("po_1").await;
    assert_eq!(lines[0]["state"], "delivered");
    let again = rig.told(Method::POST, "held", json!({ "reference": "po_1" })).await;
    assert_eq!(again, json!({ "released": 0 }));
    assert_eq!(receiver.seen().len(), 1, "po_2 is held still");
}

#[tokio::test]
async fn a_held_cancel_does_not_hold_the_reply() {
    let (rig, receiver) = (Rig::start(9).await, Receiver::eu().await);
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "cancel_before_reply" }))
        .await;
    let mut data = account_payout("po_1", &receiver.url);
    data["Attributes"]["HoldNotifications"] = "1".into();
    rig.ask("AccountPayout", 1, &data).await;
    assert_eq!(rig.settle("po_1").await[0]["state"], "held");
}

#[tokio::test]
async fn every_method_can_be_sent_about_an_order() {
    let receiver = Receiver::answering(|_, seen| {
        let status = match seen.method().as_str() {
            "kyc" => "CONTINUE",
            "debit" => "FAILED",
            _ => "OK",
        };
        (200, acknowledgement(&seen.method(), &seen.uuid(), status, &MERCHANT_KEY))
    })
    .await;
    let rig = Rig::start(10).await;
    let order = rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let all = [
        ("credit", "amount"),
        ("cancel", "enduserid"),
        ("payoutconfirmation", "currency"),
        ("payoutfailed", "errorcode"),
        ("account", "accountid"),
        ("pending", "amount"),
        ("debit", "amount"),
        ("kyc", "kycentityid"),
        ("somethingnew", "timestamp"),
    ];
    for (index, (method, member)) in (1..).zip(all) {
        let wanted = json!({ "order_id": order, "method": method });
        let id = rig.told(Method::POST, "notifications", wanted).await["id"].clone();
        let seen = receiver.wait_for(index + 1).await.pop().unwrap();
        assert_eq!(seen.method(), method);
        assert!(seen.is_signed());
        assert_eq!((&seen.data()["notificationid"], &seen.data()["orderid"]), (&id, &json!(order)));
        assert!(!seen.data()[member].is_null(), "{method} has no {member}");
    }
    let lines = rig.settle("po_1").await;
    assert!(lines.iter().all(|line| line["attempts"] == 1), "{lines:?}");
    assert_eq!(rig.states("po_1").await, ["completed"], "they move nothing");
}

#[tokio::test]
async fn members_are_added_replaced_and_left_out() {
    let (rig, receiver) = (Rig::start(11).await, Receiver::eu().await);
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let body = r#"{"reference":"po_1","method":"credit","leave_out":["timestamp"],
        "data":{"amount":25.500,"orderid":"1","more":{"ö":[null,true]}}}"#;
    let url = format!("{}/_sim/notifications", rig.base);
    let answer = rig.client.post(url).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = receiver.wait_for(2).await.pop().unwrap();
    assert!(seen.is_signed(), "{seen:?}");
    assert!(seen.body.contains("25.500"), "numbers keep their text: {seen:?}");
    let data = seen.data();
    assert_eq!((&data["orderid"], &data["more"]), (&json!("1"), &json!({ "ö": [null, true] })));
    assert!(data.get("timestamp").is_none());
}

#[tokio::test]
async fn a_checkout_can_be_told_about_too() {
    let (rig, receiver) = (Rig::start(12).await, Receiver::eu().await);
    rig.ask("SelectAccount", 1, &select_account("sel_1", &receiver.url)).await;
    let wanted = json!({ "reference": "sel_1", "method": "account", "data": { "verified": "0" } });
    rig.told(Method::POST, "notifications", wanted).await;
    let data = receiver.wait_for(1).await.remove(0).data();
    assert_eq!((&data["verified"], &data["messageid"]), (&json!("0"), &json!("sel_1")));
}

#[tokio::test]
async fn shapes_vary_and_the_meaning_does_not() {
    let receiver = Receiver::eu().await;
    let rig = Rig::start(13).await;
    let mut kinds: [BTreeSet<String>; 4] = Default::default();
    for number in 1..=24 {
        let reference = format!("po_{number}");
        rig.fault(json!({ "region": "eu", "on": "*", "fault": "no_funds" })).await;
        let mut data = account_payout(&reference, &receiver.url);
        data["Amount"] = "20.00".into();
        rig.ask("AccountPayout", number, &data).await;
        rig.settle(&reference).await;
        let seen = receiver.seen().pop().unwrap();
        let told = seen.data();
        assert!(seen.is_signed());
        kinds[0].insert(told["amount"].as_str().unwrap().to_owned());
        kinds[1]
            .insert(told.get("attributes").map_or_else(|| "absent".to_owned(), Value::to_string));
        kinds[2].insert(told["timestamp"].as_str().unwrap().len().to_string());
        kinds[3].insert(told.get("zz_added_later").is_some().to_string());
    }
    assert_eq!(kinds[0], ["20", "20.0", "20.00"].map(str::to_owned).into());
    assert_eq!(kinds[1], ["absent", "{}"].map(str::to_owned).into());
    assert!(kinds[2].len() > 3, "{kinds:?}");
    assert_eq!(kinds[3].len(), 2);
}
