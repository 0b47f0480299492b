//! What the documentation leaves open, each way; and reasons, instant payouts and events by call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::amer::{code, refused, unwrapped};
use crate::receiver::Receiver;
use crate::rig::Rig;

async fn told(seed: u64) -> (Rig, Receiver) {
    let (rig, receiver) = (Rig::still(seed).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    (rig, receiver)
}

fn deposit_of(reference: &str) -> Value {
    json!({ "merchantReference": reference, "amount": "25.00", "instantPayoutRequest": true })
}

async fn instant(rig: &Rig, authorization: &str, reference: &str) -> (String, bool) {
    let (status, answer) = rig.deposit(authorization, deposit_of(reference)).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    let transaction = unwrapped(&answer);
    let settles = transaction["paymentProviderTransaction"]["instantSettle"].as_bool().unwrap();
    (transaction["transactionId"].as_str().unwrap().to_owned(), settles)
}

#[tokio::test]
async fn instant_is_done_where_it_can_be() {
    let rig = Rig::slow(1).await;
    let dollars = rig.authorize().await;
    assert!(instant(&rig, &dollars, "po_1").await.1);
    let slow = rig.authorize_with(json!({ "instant_available": false })).await;
    assert!(!instant(&rig, &slow, "po_2").await.1);
    let body = json!({ "transaction_id": slow, "instant_available": true });
    rig.told(Method::PUT, "authorizations", body).await;
    assert!(instant(&rig, &slow, "po_3").await.1);
    let canadian = rig.authorize_with(json!({ "currency": "CAD" })).await;
    assert!(!instant(&rig, &canadian, "po_4").await.1);
    rig.fault(json!({ "region": "amer", "on": "deposit", "fault": "instant_fallback" })).await;
    assert!(!instant(&rig, &dollars, "po_5").await.1);
    rig.amer_terms(json!({ "instant_at_once": true })).await;
    let (id, _) = instant(&rig, &dollars, "po_6").await;
    rig.settle("po_6").await;
    assert_eq!(rig.status(&id).await, 4);
}

#[tokio::test]
async fn deposits_come_and_are_answered_as_the_terms_say() {
    let rig = Rig::still(2).await;
    let id = rig.authorize().await;
    rig.amer_terms(json!({ "deposit_body": "form" })).await;
    assert_eq!(refused(&rig.deposit(&id, deposit_of("po_1")).await.unwrap()), (400, 200));
    rig.amer_terms(json!({ "deposit_body": "json", "deposit_status": "pending" })).await;
    let (_, answer) = rig.deposit(&id, deposit_of("po_1")).await.unwrap();
    assert_eq!(code(&unwrapped(&answer)["status"]), 1);
    // What is pending does not make a duplicate yet.
    assert_eq!(rig.deposit(&id, deposit_of("po_1")).await.unwrap().0, 200);
    let first = unwrapped(&answer)["transactionId"].as_str().unwrap();
    assert_eq!((rig.advance(first).await, rig.advance(first).await), (2, 3));
    rig.amer_terms(json!({ "instant_alias": false })).await;
    let alias = json!({ "merchantReference": "po_2", "amount": "1.00", "instant": true });
    assert_eq!(refused(&rig.deposit(&id, alias).await.unwrap()), (400, 200));
    for (shape, wrapped) in [("wrapped", true), ("bare", false)] {
        rig.amer_terms(json!({ "reply_shape": shape, "list_elements": shape })).await;
        let (_, answer) = rig.deposit(&id, deposit_of(shape)).await.unwrap();
        assert_eq!(answer.get("transaction").is_some(), wrapped, "{answer}");
        let (_, list) = rig.list("transactionType=6").await;
        assert_eq!(list["transactions"][0].get("transaction").is_some(), wrapped, "{list}");
    }
    for (unit, bound, nothing) in [
        ("seconds", "4102444800", true),
        ("milliseconds", "4102444800", false),
        ("either", "4102444800000", true),
    ] {
        rig.amer_terms(json!({ "list_times": unit })).await;
        let query = format!("amount.min=25&originalTransactionId={id}&createdAt.start={bound}");
        assert_eq!(rig.listed(&query).await.is_empty(), nothing, "{unit}");
    }
    rig.amer_terms(json!({ "declined_status": 5, "duplicate_statuses": [1, 5] })).await;
    rig.fault(json!({ "region": "amer", "on": "deposit", "fault": "decline_sync" })).await;
    let (_, answer) = rig.deposit(&id, deposit_of("po_9")).await.unwrap();
    assert_eq!(code(&unwrapped(&answer)["status"]), 5);
    assert_eq!(refused(&rig.deposit(&id, deposit_of("po_9")).await.unwrap()), (400, 210));
    rig.amer_terms(json!({ "list_elements": "keyed", "list_by_reference": true })).await;
    let (_, list) = rig.list("merchantReference=bare").await;
    assert_eq!(list["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(list["transactions"][0]["0"]["transaction"]["merchantReference"], "bare");
}

#[tokio::test]
async fn a_held_deposit_goes_on_or_is_denied() {
    let (rig, receiver) = told(3).await;
    let authorization = rig.authorize().await;
    for (reference, rule, next) in [
        ("po_1", json!({ "fault": "on_hold" }), 2),
        ("po_2", json!({ "fault": "on_hold", "reason": "SW055/60000" }), 8),
        ("po_3", json!({ "fault": "fail" }), 5),
        ("po_4", json!({ "fault": "deny", "reason": "SW056" }), 8),
        ("po_5", json!({ "fault": "cancel_after_reply" }), 7),
    ] {
        let mut rule = rule;
        (rule["region"], rule["on"]) = ("amer".into(), "deposit".into());
        let held = rule["fault"] == "on_hold";
        rig.fault(rule).await;
        let (_, answer) = rig.deposit(&authorization, deposit_of(reference)).await.unwrap();
        let transaction = unwrapped(&answer);
        assert_eq!(code(&transaction["status"]), if held { 14 } else { 2 });
        let id = transaction["transactionId"].as_str().unwrap();
        assert_eq!(rig.advance(id).await, next, "{reference}");
        let state = if next == 2 { "moving" } else { "failed" };
        assert_eq!(rig.states(reference).await, [state]);
    }
    let (_, list) = rig.list("transactionStatus=8&sortOrder=asc").await;
    let denied = unwrapped(&list["transactions"][0])["transactionId"].as_str().unwrap();
    let told = receiver.event("Deny", denied).await;
    for (name, value) in [
        ("paymentProviderTransaction.status", "SW055"),
        ("paymentProviderTransaction.reasonCode", "6"),
        ("extendedReason.code", "60000"),
        ("errorCode", "390"),
    ] {
        assert_eq!(told.field(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_returns_code_is_where_the_terms_say() {
    let (rig, receiver) = told(4).await;
    let authorization = rig.authorize().await;
    for (place, in_reply, in_event) in [
        ("status_message", "statusMessage", "paymentProviderTransaction.statusMessage"),
        ("status", "status", "paymentProviderTransaction.status"),
        ("third_party_decline_code", "thirdPartyDeclineCode", "thirdPartyDeclineCode"),
        ("return_type", "", "returnType"),
    ] {
        rig.amer_terms(json!({ "return_code_in": place })).await;
        let rule = json!({
            "region": "amer", "on": "deposit", "fault": "bank_refusal", "reason": "R04",
        });
        rig.fault(rule).await;
        let id = rig.deposit_ok(&authorization, place, "1.00").await;
        assert_eq!((rig.advance(&id).await, rig.advance(&id).await), (3, 10));
        assert_eq!(rig.states(place).await, ["returned"]);
        let told = receiver.event("Reverse", &id).await;
        assert!(told.field(in_event).starts_with("R04"), "{place}: {}", told.body);
        let (_, answer) = rig.transaction(&id).await;
        let network = &answer["transaction"]["paymentProviderTransaction"];
        if in_reply.is_empty() {
            assert!(!network.to_string().contains("R04"), "{network}");
        } else {
            assert!(network[in_reply].as_str().unwrap().starts_with("R04"), "{network}");
        }
    }
}

#[tokio::test]
async fn a_return_comes_days_later() {
    let rig = Rig::with(5, |config| config.time_factor = 1_000_000).await;
    let rule = json!({ "region": "amer", "on": "deposit", "fault": "credit_days_later" });
    rig.fault(rule).await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "1.00").await;
    rig.reach("po_1", &["completed"]).await;
    rig.reach("po_1", &["returned"]).await;
}

#[tokio::test]
async fn events_are_named_signed_and_filled_as_the_terms_say() {
    let (rig, receiver) = told(6).await;
    let authorization = rig.authorize().await;
    for (names, expected) in [("short", "Complete"), ("long", "Completed")] {
        rig.amer_terms(json!({
            "event_names": names, "parent_object_id": "always", "completed_code": "AC118",
        }))
        .await;
        let id = rig.deposit_ok(&authorization, names, "1.00").await;
        rig.advance(&id).await;
        rig.advance(&id).await;
        let told = receiver.event(expected, &id).await;
        assert_eq!(told.field("parentObjectId"), authorization);
        assert_eq!(told.field("paymentProviderTransaction.status"), "AC118");
        assert!(told.is_signed_form());
    }
    rig.amer_terms(json!({ "signature": "sha512", "parent_object_id": "never" })).await;
    let id = rig.deposit_ok(&authorization, "po_3", "1.00").await;
    let told = receiver.event("Authorize", &id).await;
    assert_eq!(told.field("parentObjectId"), "");
    let header = told.authorization.clone().unwrap();
    let decoded = crate::amer_merchant::decoded(&told.body);
    assert_eq!(header, crate::amer_merchant::header(&crate::amer_merchant::hmac_sha512(&decoded)));
}

#[tokio::test]
async fn an_event_can_say_anything() {
    let (rig, receiver) = told(7).await;
    let authorization = rig.authorize().await;
    let id = rig.deposit_ok(&authorization, "po_1", "1.00").await;
    let body = json!({
        "reference": "po_1", "event": "Reverse", "leave_out": ["message", "timeZone"],
        "data": { "status": "99", "statusMessage": "Sideways & more", "zz": "+ü" },
    });
    rig.told(Method::POST, "webhooks", body).await;
    let told = receiver.event("Reverse", &id).await;
    assert!(told.is_signed_form());
    assert_eq!((told.field("status"), told.field("zz")), ("99".into(), "+ü".into()));
    assert_eq!(told.field("statusMessage"), "Sideways & more");
    assert!(!told.body.contains("timeZone"));
    assert_eq!(rig.status(&id).await, 2);
    assert_eq!(rig.states("po_1").await, ["moving"]);
}

#[tokio::test]
async fn steps_are_made_once_and_only_while_there_are_some() {
    // A batch lasts five seconds: the steps that it would bring were made before.
    let rig = Rig::with(8, |config| config.time_factor = 60).await;
    let receiver = Receiver::amer().await;
    rig.set_webhooks(&receiver.url).await;
    let rule = json!({ "region": "amer", "on": "deposit", "fault": "credit_days_later" });
    rig.fault(rule).await;
    let id = rig.completed_deposit("po_1", "1.00").await;
    let authorization = rig.authorize().await;
    let later = rig.deposit_ok(&authorization, "po_2", "1.00").await;
    receiver.event("Process", &later).await;
    assert_eq!(rig.status(&id).await, 4, "days have not passed");
    assert_eq!(rig.advance(&id).await, 10);
    let body = json!({ "transaction_id": id });
    assert_eq!(rig.control(Method::POST, "advance", body).await.0, 400);
}

#[tokio::test]
async fn a_status_that_nobody_knows_is_shown_once() {
    let rig = Rig::still(10).await;
    let id = rig.authorize().await;
    rig.fault(json!({ "region": "amer", "on": "get", "fault": "unknown_status" })).await;
    assert_eq!((rig.status(&id).await, rig.status(&id).await), (99, 2));
}

#[tokio::test]
async fn lists_know_every_filter() {
    let rig = Rig::still(9).await;
    let id = rig.completed_deposit("po_1", "25.00").await;
    let other = rig.authorize_with(json!({ "customer_id": "other", "name": "Other" })).await;
    rig.deposit_ok(&other, "po_2", "10.00").await;
    let (_, answer) = rig.transaction(&id).await;
    let transaction = &answer["transaction"];
    let payment = &transaction["payment"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for filter in [
        format!("payment.paymentId={}", text(&payment["paymentId"])),
        format!("payment.fingerprint={}", text(&payment["fingerprint"])),
        "payment.customer.externalId=user_123".to_owned(),
        "customerName=John%20Smith".to_owned(),
        "payment.customer.name=John+Smith".to_owned(),
        "paymentProviderTransaction.ppTrxStatusCode=AC106".to_owned(),
        format!("paymentProviderTransaction.paymentProviderTransactionId=P{id}"),
        "transactionStatus=4".to_owned(),
        "paid.min=0.01".to_owned(),
        "amount.min=10.01&amount.max=25".to_owned(),
        "processedAt.start=1".to_owned(),
        "completedAt.end=4102444800000".to_owned(),
    ] {
        let listed = rig.listed(&format!("transactionType=6&{filter}")).await;
        assert_eq!(listed, ["po_1"], "{filter}");
    }
    for filter in [
        "payment.merchant.merchantId=1002463580",
        "payment.paymentProvider.paymentProviderId=200005501",
        "payment.fiAccount.accountNumber=6576",
        "accountNumber=6576&routingNumber=124003116",
        "payment.fiAccount.verified=true",
        "payment.verification.status=3",
        "payment.authorization.status=2",
        "payment.paymentType=2&payment.paymentType=4",
        "refunded.max=0",
        "ignoreUserPortalTransactions=true",
    ] {
        let listed = rig.listed(&format!("transactionType=6&{filter}")).await;
        assert_eq!(listed, ["po_2", "po_1"], "{filter}");
    }
    for filter in ["payment.description=x", "payment.fiAccount.providerId=1", "paid.max=x"] {
        assert!(rig.listed(&format!("transactionType=6&{filter}")).await.is_empty(), "{filter}");
    }
    assert_eq!(refused(&rig.list("ipAddr=1").await), (400, 200));
}
