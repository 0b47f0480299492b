//! The Lightbox: a person authorizes, gives up, or walks away.

use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};

use crate::amer::{code, refused};
use crate::amer_merchant::{
    browser, decide, establish_data, hmac_sha1, hmac_sha512, is_signed_redirect, location,
    parameter, signed,
};
use crate::receiver::{Receiver, Seen};
use crate::rig::{DEADLINE, Rig};

async fn told(seed: u64) -> (Rig, Receiver) {
    let (rig, receiver) = (Rig::slow(seed).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    (rig, receiver)
}

#[tokio::test]
async fn an_authorization_is_told_by_redirect_and_event_and_can_be_paid_on() {
    let (rig, receiver) = told(1).await;
    let (id, url) = rig.establish(&establish_data("auth-1")).await;
    let page = browser().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<form method=\"post\"") && !page.contains("<script"), "{page}");
    assert_eq!(rig.status(&id).await, 1);
    let back = location(&decide(&url, "decision=authorize").await);
    assert!(back.starts_with("https://merchant.example/payout/return?transactionId="), "{back}");
    assert!(is_signed_redirect(&back) && back.ends_with("&instantPayoutAvail=true"), "{back}");
    for (name, value) in [
        ("transactionId", id.as_str()),
        ("transactionType", "1"),
        ("merchantReference", "auth-1"),
        ("status", "2"),
        ("payment.paymentType", "2"),
        ("payment.paymentProvider.type", "1"),
        ("payment.account.verified", "true"),
    ] {
        assert_eq!(parameter(&back, name), value, "{name}");
    }
    assert!(!back.contains("splitToken"));
    let seen = receiver.event("Authorize", &id).await;
    assert!(seen.is_signed_form());
    assert_eq!((seen.field("status"), seen.field("transactionType")), ("2".into(), "1".into()));
    let token = seen.field("splitToken");
    assert!(token.ends_with("=="), "{token}");
    let (_, answer) = rig.transaction(&id).await;
    assert_eq!(code(&answer["transaction"]["status"]), 2);
    assert!(!answer.to_string().contains(&token), "it is in the one event only");
    rig.deposit_ok(&id, "po_1", "25.00").await;
    assert_eq!(decide(&url, "decision=authorize").await.status(), 409);
    let page = browser().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("has ended"), "{page}");
}

#[tokio::test]
async fn the_events_of_an_authorization_are_those_documented() {
    let (rig, receiver) = told(2).await;
    let id = rig.authorize_in_lightbox("auth-1", "").await;
    rig.settle("auth-1").await;
    let mut names: Vec<String> =
        receiver.seen().iter().map(|seen| seen.field("eventType")).collect();
    names.sort();
    assert_eq!(names, ["Authorize", "DataReady", "Establish", "Update"]);
    assert!(receiver.seen().iter().all(Seen::is_signed_form));
    let update = receiver.event("Update", &id).await;
    assert_eq!(update.field("message"), "setPaymentProvider");
    rig.amer_terms(json!({ "data_events": false, "split_tokens": false })).await;
    let id = rig.authorize_in_lightbox("auth-2", "").await;
    assert_eq!(rig.settle("auth-2").await.len(), 2);
    assert_eq!(receiver.event("Authorize", &id).await.field("splitToken"), "");
}

#[tokio::test]
async fn a_cancellation_says_on_which_panel_it_was() {
    let (rig, receiver) = told(3).await;
    let (id, url) = rig.establish(&establish_data("auth-1")).await;
    let again = decide(&url, "decision=authorize&password=WrongCredentials").await;
    assert!(again.text().await.unwrap().contains("Wrong credentials"));
    let back = location(&decide(&url, "decision=cancel").await);
    assert!(back.starts_with("https://merchant.example/payout/cancel?why=1&transactionId="));
    assert!(is_signed_redirect(&back), "{back}");
    assert_eq!(parameter(&back, "payment.paymentProviderTransaction.status"), "UC03");
    assert_eq!(parameter(&back, "status"), "7");
    rig.settle("auth-1").await;
    let last = receiver.seen().pop().unwrap();
    assert_eq!((last.field("status"), last.field("objectId")), ("7".into(), id.clone()));
    assert_eq!(rig.status(&id).await, 7);
    let body = json!({ "merchantReference": "po_1", "amount": "25.00" });
    assert_eq!(refused(&rig.deposit(&id, body).await.unwrap()), (400, 200));
}

#[tokio::test]
async fn a_lightbox_that_nobody_touches_expires() {
    let (rig, receiver) = told(4).await;
    rig.amer_terms(json!({ "session_lifetime_s": 60, "event_names": "short" })).await;
    let (id, url) = rig.establish(&establish_data("auth-1")).await;
    rig.settle("auth-1").await;
    assert_eq!(receiver.event("Expire", &id).await.field("status"), "6");
    assert_eq!(decide(&url, "decision=authorize").await.status(), 409);
    assert_eq!(rig.status(&id).await, 6);
}

#[tokio::test]
async fn order_is_as_the_terms_say() {
    // A batch lasts five seconds: longer than the way from a redirect to the look after it.
    let rig = Rig::with(5, |config| config.time_factor = 60).await;
    let receiver = Receiver::amer().await;
    rig.set_webhooks(&receiver.url).await;
    rig.amer_terms(json!({ "redirect_order": "event_first" })).await;
    for number in 0..3 {
        let id = rig.authorize_in_lightbox(&format!("first-{number}"), "").await;
        let came =
            |seen: &Seen| seen.field("objectId") == id && !seen.field("splitToken").is_empty();
        assert!(receiver.seen().iter().any(came), "the event was to be first");
    }
    rig.amer_terms(json!({ "redirect_order": "redirect_first" })).await;
    let id = rig.authorize_in_lightbox("second", "").await;
    let came = |seen: &Seen| seen.field("objectId") == id && !seen.field("splitToken").is_empty();
    assert!(!receiver.seen().iter().any(came), "the redirect was to be first");
    receiver.event("Authorize", &id).await;
}

#[tokio::test]
async fn a_browser_starts_with_establish_data_alone() {
    let rig = Rig::slow(6).await;
    let data = establish_data("auth-1");
    let start = format!("{}/start/selectBank/index", rig.base);
    let mut query = Url::parse(&start).unwrap();
    for (name, value) in flat("", &data) {
        query.query_pairs_mut().append_pair(&name, &value);
    }
    let json = browser().post(&start).header("content-type", "application/json");
    for request in [
        browser().get(query.clone()),
        browser().post(&start).body(query.query().unwrap().to_owned()),
        json.body(data.to_string()),
    ] {
        let page = location(&request.send().await.unwrap());
        let session = format!("{}{page}", rig.base);
        assert_eq!(browser().get(&session).send().await.unwrap().status(), 200);
    }
    let mut forged = data.clone();
    forged["amount"] = "9.00".into();
    let request = browser().post(&start).header("content-type", "application/json");
    let answer = request.body(forged.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.unwrap().contains("375"));
    let other = format!("{}/start/lightbox?session=guess", rig.base);
    assert_eq!(decide(&other, "decision=authorize").await.status(), 404);
}

#[tokio::test]
async fn redirects_are_signed_as_the_terms_say() {
    let rig = Rig::slow(7).await;
    let go = async |reference: &str, return_url: &str| {
        let mut data = establish_data(reference);
        data["returnUrl"] = return_url.into();
        let (_, url) = rig.establish(&signed(data)).await;
        let back = location(&decide(&url, "decision=authorize").await);
        let (text, _) = back.split_once("&requestSignature=").unwrap();
        (text.to_owned(), parameter(&back, "requestSignature"), back)
    };
    rig.amer_terms(json!({ "signature": "sha512", "redirect_hint": false })).await;
    let (text, signature, back) = go("auth 1", "https://m.example/r").await;
    assert_eq!(signature, hmac_sha512(&text));
    assert!(back.contains("merchantReference=auth+1&") && !back.contains("instantPayoutAvail"));
    rig.amer_terms(json!({ "signature": "sha1", "redirect_signature": "query" })).await;
    let (text, signature, _) = go("auth-2", "https://m.example/r").await;
    assert_eq!(signature, hmac_sha1(text.split_once('?').unwrap().1));
    rig.amer_terms(json!({ "redirect_signature": "url", "redirect_values": "decoded" })).await;
    let (text, signature, _) = go("auth 3", "https://m.example/r").await;
    assert_eq!(signature, hmac_sha1(&text.replace('+', " ")));
}

#[tokio::test]
async fn the_same_authorization_is_authorized_again() {
    let (rig, receiver) = told(8).await;
    let id = rig.authorize_in_lightbox("auth-1", "").await;
    let first = receiver.event("Authorize", &id).await.field("splitToken");
    rig.told(
        reqwest::Method::PUT,
        "authorizations",
        json!({ "transaction_id": id, "consent": "expired" }),
    )
    .await;
    let mut data = establish_data("refresh-1");
    data["paymentType"] = "Verification".into();
    data["transactionId"] = id.clone().into();
    data["authToken"] = "new".into();
    let (again, url) = rig.establish(&signed(data.clone())).await;
    assert_eq!(again, id);
    assert_eq!(rig.status(&id).await, 2);
    let back = location(&decide(&url, "decision=authorize").await);
    assert_eq!(parameter(&back, "transactionId"), id);
    assert_eq!(parameter(&back, "merchantReference"), "refresh-1");
    rig.settle("auth-1").await;
    let tokens: Vec<String> = receiver.seen().iter().map(|seen| seen.field("splitToken")).collect();
    let second = tokens.into_iter().rfind(|token| !token.is_empty()).unwrap();
    assert_ne!(first, second);
    let deposit = |token: &str| json!({ "merchantReference": "po_1", "amount": "25.00", "splitToken": token });
    assert_eq!(refused(&rig.deposit(&id, deposit(&first)).await.unwrap()), (400, 397));
    assert_eq!(rig.deposit(&id, deposit(&second)).await.unwrap().0, 200);
    rig.act(&id, "cancel", json!({})).await;
    data["merchantReference"] = "refresh-2".into();
    let reply = rig.post_json("establish?createTransaction=true", &signed(data)).await;
    assert_eq!(refused(&reply), (400, 200), "a voided mandate is void");
}

#[tokio::test]
async fn passwords_of_the_demonstration_bank_work() {
    let (rig, receiver) = told(9).await;
    let (_, url) = rig.establish(&establish_data("auth-1")).await;
    let code = decide(&url, "decision=authorize&password=2FA").await.text().await.unwrap();
    assert!(code.contains("Enter the code"), "{code}");
    location(&decide(&url, "decision=authorize&password=2FA&code=1").await);

    let started = std::time::Instant::now();
    let slow = rig.authorize_in_lightbox("auth-2", "username=Sleep&password=30&bank=200005503");
    let id = slow.await;
    assert!(started.elapsed() >= Duration::from_millis(100), "30 s are 100 ms");
    let (_, answer) = rig.transaction(&id).await;
    let bank = &answer["transaction"]["payment"]["paymentProvider"];
    assert_eq!(bank["instantPayoutAvailable"], false);

    let id = rig.authorize_in_lightbox("auth-3", "password=ExpiredSplitToken").await;
    let token = receiver.event("Authorize", &id).await.field("splitToken");
    while rig.act(&id, "refresh", json!({ "splitToken": token })).await.0 == 200 {
        assert!(started.elapsed() < DEADLINE, "the token never expires");
    }
    let body = json!({ "merchantReference": "po_3", "amount": "1.00", "splitToken": token });
    assert_eq!(refused(&rig.deposit(&id, body).await.unwrap()), (400, 326));

    let id = rig.authorize_in_lightbox("auth-4", "password=extendedreasoncode_30401").await;
    let deposit = rig.deposit_ok(&id, "po_4", "25.00").await;
    rig.reach("po_4", &["failed"]).await;
    let (_, answer) = rig.transaction(&deposit).await;
    let network = &answer["transaction"]["paymentProviderTransaction"];
    assert_eq!((&network["status"], &network["reasonCode"]), (&json!("SW054"), &json!("3")));
    assert_eq!(network["extendedReason"]["code"], "30401");
}

#[tokio::test]
async fn events_go_to_the_address_that_was_established() {
    let (rig, usual) = told(10).await;
    let own = Receiver::amer().await;
    let mut data = establish_data("auth-1");
    data["notificationUrl"] = own.url.clone().into();
    let (id, url) = rig.establish(&data).await;
    location(&decide(&url, "decision=authorize").await);
    rig.deposit_ok(&id, "po_1", "25.00").await;
    rig.settle("po_1").await;
    assert_eq!(own.seen().iter().filter(|seen| seen.field("transactionType") == "6").count(), 3);
    assert!(usual.seen().is_empty());
}

/// Dotted names and values.
fn flat(path: &str, value: &Value) -> Vec<(String, String)> {
    let Value::Object(members) = value else {
        return vec![(path.to_owned(), value.as_str().unwrap().to_owned())];
    };
    let mut pairs = Vec::new();
    for (name, member) in members {
        let dot = if path.is_empty() { "" } else { "." };
        pairs.extend(flat(&format!("{path}{dot}{name}"), member));
    }
    pairs
}
