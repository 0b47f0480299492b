//! The control API: strict about what it takes, silent about secrets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::merchant::{account_payout, register_account, request, uuid};
use crate::rig::{ACCESS_KEY, PASSWORD, Rig};

#[tokio::test]
async fn wrong_requests_are_refused_with_the_member() {
    let rig = Rig::start(1).await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    let rule = |change: Value| {
        let mut rule = json!({ "region": "eu", "on": "*", "fault": "delay", "times": 1 });
        for (name, value) in change.as_object().unwrap() {
            rule[name] = value.clone();
        }
        json!({ "rules": [rule] })
    };
    for (method, path, body, member) in [
        (Method::PUT, "faults", json!({}), "rules"),
        (Method::PUT, "faults", json!({ "rules": [], "more": 1 }), "more"),
        (Method::PUT, "faults", rule(json!({ "dealy_ms": 1 })), "dealy_ms"),
        (Method::PUT, "faults", rule(json!({ "fault": "explode" })), "fault"),
        (Method::PUT, "faults", rule(json!({ "on": "Withdraw" })), "on"),
        (Method::PUT, "faults", rule(json!({ "region": "apac" })), "region"),
        (Method::PUT, "webhooks", json!({ "url": "http://merchant.example/h" }), "url"),
        (Method::POST, "authorizations", json!({ "currency": "EUR" }), "currency"),
        (Method::POST, "authorizations", json!({ "limit": "much" }), "limit"),
        (Method::POST, "accounts", json!({ "account_id": "x" }), "account_id"),
        (Method::PUT, "settings", json!({}), "amer"),
        (Method::PUT, "settings", json!({ "apac": {} }), "apac"),
        (Method::PUT, "settings", json!({ "amer": { "signature": "md5" } }), "md5"),
        (Method::PUT, "faults", rule(json!({ "fault": "no_funds", "reason": "R02" })), "reason"),
        (Method::POST, "authorizations", json!({ "payment_type": "Gift" }), "payment_type"),
        (Method::PUT, "authorizations", json!({ "consent": "expired" }), "transaction_id"),
        (Method::PUT, "authorizations", json!({ "reference": "x", "consent": "?" }), "consent"),
        (Method::PUT, "authorizations", json!({ "reference": "x" }), "no such transaction"),
        (Method::POST, "webhooks", json!({ "reference": "x" }), "event"),
        (Method::POST, "advance", json!({ "transaction_id": "1" }), "no such transaction"),
        (Method::PUT, "settings", json!({ "eu": { "swedish": true } }), "swedish"),
        (Method::PUT, "settings", json!({ "eu": { "error_status": 7 } }), "error_status"),
        (Method::PUT, "settings", json!({ "eu": [] }), "eu"),
        (Method::POST, "p2p_orders", json!({ "amount": "1.00" }), "currency"),
        (Method::POST, "p2p_orders", json!({ "amount": "1", "currency": "EUR" }), "amount"),
        (Method::POST, "p2p_orders", json!({ "amount": "1.00", "currency": "USD" }), "currency"),
        (
            Method::POST,
            "p2p_orders",
            json!({ "amount": "1.00", "currency": "EUR", "message_id": "" }),
            "message_id",
        ),
        (Method::POST, "notifications", json!({ "reference": "po_1" }), "method"),
        (Method::POST, "notifications", json!({ "method": "credit" }), "reference"),
        (
            Method::POST,
            "notifications",
            json!({ "method": "credit", "reference": "po_1", "order_id": "1" }),
            "order_id",
        ),
        (
            Method::POST,
            "notifications",
            json!({ "method": "credit", "reference": "po_9" }),
            "no such order",
        ),
        (Method::POST, "notifications", json!({ "method": "", "reference": "po_1" }), "method"),
        (Method::POST, "held", json!({}), "reference"),
        (Method::POST, "settlements", json!({ "date": "today" }), "date"),
    ] {
        let (status, answer) = rig.control(method, path, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(member), "{answer}");
    }
    assert_eq!(rig.show("faults").await["rules"], json!([]));
    assert_eq!(rig.control(Method::GET, "nothing", Value::Null).await.0, 404);
    assert_eq!(rig.control(Method::DELETE, "ledger", Value::Null).await.0, 404);
}

#[tokio::test]
async fn rules_add_up_are_shown_and_cleared() {
    let rig = Rig::start(2).await;
    for times in [1, 2] {
        let rule = json!({ "region": "eu", "on": "*", "fault": "delay", "times": times });
        rig.fault(rule).await;
    }
    let rules = rig.show("faults").await["rules"].clone();
    let left: Vec<&Value> =
        rules.as_array().unwrap().iter().map(|rule| &rule["times_left"]).collect();
    assert_eq!(left, [&json!(1), &json!(2)]);
    let (_, answer) = rig.control(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(answer, json!({ "rules": [] }));
}

#[tokio::test]
async fn settings_are_shown_and_kept_whole_by_a_wrong_change() {
    let rig = Rig::start(6).await;
    let before = rig.show("settings").await;
    assert_eq!(before["eu"]["disabled_methods"], json!(["RegisterAccountPayout"]));
    let wrong = json!({ "eu": { "payout_failed": true, "error_status": 1 } });
    assert_eq!(rig.control(Method::PUT, "settings", wrong).await.0, 400);
    assert_eq!(rig.show("settings").await, before);
    let answer =
        rig.told(Method::PUT, "settings", json!({ "eu": { "payout_failed": true } })).await;
    assert_eq!(answer["eu"]["payout_failed"], true);
    assert_eq!(rig.show("settings").await, answer);
}

#[tokio::test]
async fn a_p2p_order_needs_an_id_of_its_own() {
    let rig = Rig::start(7).await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    let order = |id: &str| json!({ "message_id": id, "amount": "1.00", "currency": "EUR" });
    rig.told(Method::POST, "p2p_orders", order("p2p_1")).await;
    for used in ["po_1", "p2p_1"] {
        assert_eq!(rig.control(Method::POST, "p2p_orders", order(used)).await.0, 400, "{used}");
    }
}

#[tokio::test]
async fn rules_and_bodies_are_bounded() {
    let rig = Rig::start(3).await;
    let rule = json!({ "region": "eu", "on": "*", "fault": "delay" });
    let (status, answer) =
        rig.control(Method::PUT, "faults", json!({ "rules": vec![rule; 1_001] })).await;
    assert_eq!(status, 400, "{answer}");
    let large = "x".repeat(300 * 1024);
    let request = rig.client.post(format!("{}/api/1", rig.base)).body(large);
    // The server may answer and close before it has read everything.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 413);
    }
    assert!(rig.movements().await.is_empty());
}

#[tokio::test]
async fn requests_are_shown_by_method_and_reference() {
    let rig = Rig::start(4).await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    rig.post(&request("RegisterAccount", &uuid(2), &register_account())).await;
    let all = rig.show("requests").await["requests"].clone();
    let methods: Vec<&Value> = all.as_array().unwrap().iter().map(|line| &line["method"]).collect();
    assert_eq!(methods, [&json!("AccountPayout"), &json!("RegisterAccount")]);
    let one = rig.show("requests?reference=po_1").await["requests"].clone();
    let body =
        request("AccountPayout", &uuid(1), &account_payout("po_1", "https://merchant.example/n"));
    let digest = <sha2::Sha256 as sha2::Digest>::digest(body.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(one[0]["body_sha256"], json!([hex]));
}

#[tokio::test]
async fn no_secret_and_no_bank_detail_is_shown() {
    let rig = Rig::start(5).await;
    let authorization = rig.authorize_with(json!({ "name": "Name Canary" })).await;
    rig.deposit_ok(&authorization, "po_2", "25.00").await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/url-canary").await;
    rig.post(&request("RegisterAccount", &uuid(2), &register_account())).await;
    let selection = crate::merchant::select_account("sel_1", "https://merchant.example/url-canary");
    rig.ask("SelectAccount", 3, &selection).await;
    for path in ["ledger", "faults", "requests", "notifications", "settings", "authorizations"] {
        let shown = rig.show(path).await.to_string();
        for canary in [PASSWORD, ACCESS_KEY, "69706212", "Name Canary", "url-canary", "Åsa"] {
            assert!(!shown.contains(canary), "{path} shows {canary}");
        }
    }
}
