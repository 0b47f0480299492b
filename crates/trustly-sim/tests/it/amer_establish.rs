//! `POST /establish`: signatures, mistakes, shapes, and manual payouts.

use serde_json::{Value, json};

use crate::amer::{code, refused, unwrapped};
use crate::amer_merchant::{
    canonical, decide, disbursement_data, establish_data, hmac_sha512, location, signed, with,
};
use crate::receiver::Receiver;
use crate::rig::Rig;

#[tokio::test]
async fn a_transaction_is_created_at_once_or_when_the_lightbox_is_seen() {
    let (rig, receiver) = (Rig::still(1).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    let (id, url) = rig.establish(&establish_data("auth-1")).await;
    assert!(url.starts_with(&format!("{}/start/lightbox?session=", rig.base)), "{url}");
    let seen = receiver.event("Establish", &id).await;
    assert_eq!(
        (seen.field("status"), seen.field("merchantReference")),
        ("0".into(), "auth-1".into())
    );
    let (_, answer) = rig.transaction(&id).await;
    let payment = &answer["transaction"]["payment"];
    assert_eq!(payment["description"], "Connect Bank for Withdrawals");
    assert_eq!(payment["customer"]["name"], "Zoë O'Neil");

    let (status, later) = rig.post_json("establish?notify=false", &establish_data("auth-2")).await;
    assert_eq!((status, later.get("transactionId")), (200, None));
    assert!(rig.listed("payment.merchantReference=auth-2").await.is_empty());
    let page = rig.client.get(later["url"].as_str().unwrap()).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Zoë O'Neil"));
    assert_eq!(rig.listed("payment.merchantReference=auth-2").await, ["auth-2"]);

    let neither = rig.post_json("establish", &establish_data("auth-3")).await;
    assert_eq!(refused(&neither), (400, 200));
}

#[tokio::test]
async fn either_algorithm_signs_and_what_is_not_signed_may_change() {
    let rig = Rig::still(2).await;
    let mut data = establish_data("auth-1");
    data["requestSignature"] = hmac_sha512(&canonical(&data)).into();
    rig.establish(&data).await;
    let mut data = establish_data("auth-2");
    data["returnUrl"] = "https://merchant.example/other".into();
    rig.establish(&data).await;
    // What is empty or zero may be left out of the signed text or stand in it.
    let mut falsy = establish_data("auth-3");
    falsy["minimumBalance"] = 0.into();
    rig.establish(&falsy).await;
    rig.establish(&with(&establish_data("auth-4"), "/description", json!(""))).await;
}

#[tokio::test]
async fn what_was_changed_after_signing_is_refused_as_are_strangers() {
    let rig = Rig::still(3).await;
    let good = establish_data("auth-1");
    for (path, value) in [
        ("/merchantReference", json!("auth-2")),
        ("/amount", json!("1.00")),
        ("/customer/name", json!("Zoe O'Neil")),
        ("/customer/address/country", json!("CA")),
        ("/requestSignature", json!("AAAA")),
        ("/requestSignature", Value::Null),
    ] {
        let mut data = good.clone();
        *data.pointer_mut(path).unwrap() = value;
        let reply = rig.post_json("establish?createTransaction=true", &data).await;
        assert_eq!(refused(&reply), (401, 375), "{path}");
    }
    for path in ["/accessId", "/merchantId"] {
        let data = with(&good, path, json!("other"));
        let reply = rig.post_json("establish?createTransaction=true", &data).await;
        assert_eq!(refused(&reply), (401, 375), "{path}");
    }
    rig.amer_terms(json!({ "signature_required": false })).await;
    let mut unsigned = good.clone();
    unsigned.as_object_mut().unwrap().remove("requestSignature");
    rig.establish(&unsigned).await;
}

#[tokio::test]
async fn every_single_mistake_is_a_400_with_200_whatever_the_seed() {
    let mut data = establish_data("auth-1");
    data["account"] =
        json!({ "type": "1", "accountNumber": "123456576", "routingNumber": "124003116" });
    data["notificationUrl"] = "https://merchant.example/n".into();
    let good = signed(data);
    for seed in 0..3 {
        let rig = Rig::still(seed).await;
        for (path, value) in [
            ("/paymentType", json!("Gift")),
            ("/paymentType", json!("Instant")),
            ("/amount", json!("1.005")),
            ("/amount", json!("12345678.00")),
            ("/amount", json!(5)),
            ("/currency", json!("EUR")),
            ("/currency", Value::Null),
            ("/merchantReference", json!("")),
            ("/merchantReference", Value::Null),
            ("/returnUrl", json!("nowhere")),
            ("/returnUrl", json!("javascript:alert(1)")),
            ("/cancelUrl", Value::Null),
            ("/notificationUrl", json!("http://merchant.example/n")),
            ("/account/routingNumber", json!("124003117")),
            ("/account/accountNumber", json!("12")),
            ("/account/type", json!("3")),
            ("/customer/address", json!({ "planet": "Mars" })),
        ] {
            let wrong = with(&good, path, value.clone());
            let reply = rig.post_json("establish?createTransaction=true", &wrong).await;
            assert_eq!(refused(&reply), (400, 200), "seed {seed}: {path} {value}");
        }
        for extra in [json!({ "transactionId": "1" }), json!({ "authToken": "new" })] {
            let mut data = good.clone();
            data.as_object_mut().unwrap().append(&mut extra.as_object().unwrap().clone());
            let reply = rig.post_json("establish?createTransaction=true", &signed(data)).await;
            assert_eq!(refused(&reply), (400, 200), "seed {seed}: {extra}");
        }
        let form = rig.client.post(format!("{}/api/v1/establish?notify=x", rig.base));
        let form = form.header("content-type", "application/x-www-form-urlencoded").body("a=b");
        assert_eq!(refused(&rig.amer(form).await.unwrap()), (400, 200));
        rig.establish(&good).await;
    }
}

#[tokio::test]
async fn a_disbursement_is_good_at_once_and_paid_to() {
    let rig = Rig::still(4).await;
    let data = disbursement_data("disb-1", "123456576", "124003116");
    let (id, _) = rig.establish(&data).await;
    let (_, answer) = rig.transaction(&id).await;
    let transaction = &answer["transaction"];
    assert_eq!(
        (code(&transaction["status"]), code(&transaction["payment"]["paymentType"])),
        (2, 4)
    );
    assert_eq!(transaction["payment"]["account"]["accountNumber"], "6576");
    assert!(!answer.to_string().contains("123456576"), "{answer}");
    let body = json!({ "merchantReference": "po_1", "amount": "25.00", "instant": true });
    let (_, answer) = rig.deposit(&id, body).await.unwrap();
    let deposit = unwrapped(&answer)["transactionId"].as_str().unwrap().to_owned();
    assert_eq!((rig.advance(&deposit).await, rig.advance(&deposit).await), (3, 4));

    let data = with(&data, "/merchantReference", json!("disb-2"));
    assert_eq!(refused(&rig.post_json("establish?notify=sms", &data).await), (400, 200));
    let mut bare = data.clone();
    bare.as_object_mut().unwrap().remove("account");
    let reply = rig.post_json("establish?createTransaction=true", &signed(bare)).await;
    assert_eq!(refused(&reply), (400, 200));
    let canadian = with(&data, "/currency", json!("CAD"));
    let reply = rig.post_json("establish?createTransaction=true", &canadian).await;
    assert_eq!(refused(&reply), (400, 200), "its routing number is American");
}

#[tokio::test]
async fn account_numbers_stand_for_errors() {
    let rig = Rig::still(5).await;
    for (number, expected) in [
        ("1001000000", (500, 100)),
        ("1002000000", (400, 200)),
        ("1003000000", (401, 300)),
        ("1003250000", (401, 325)),
        ("1003750000", (401, 375)),
    ] {
        let data = disbursement_data("disb-1", number, "124003116");
        let reply = rig.post_json("establish?createTransaction=true", &data).await;
        assert_eq!(refused(&reply), expected, "{number}");
    }
}

#[tokio::test]
async fn references_are_used_up_by_what_was_authorized() {
    let rig = Rig::still(6).await;
    let data = establish_data("auth-1");
    let (_, first) = rig.establish(&data).await;
    let (_, second) = rig.establish(&data).await;
    location(&decide(&first, "decision=cancel").await);
    let (authorization, _) = rig.establish(&data).await;
    location(&decide(&second, "decision=authorize").await);
    let duplicate = rig.post_json("establish?createTransaction=true", &data).await;
    assert_eq!(refused(&duplicate), (400, 210));
    let shared = json!({ "merchantReference": "auth-1", "amount": "25.00" });
    let other = rig.authorize().await;
    assert_eq!(refused(&rig.deposit(&other, shared.clone()).await.unwrap()), (400, 210));
    rig.amer_terms(json!({ "shared_references": false, "error_statuses": { "210": 409 } })).await;
    assert_eq!(rig.deposit(&other, shared).await.unwrap().0, 200);
    let duplicate = rig.post_json("establish?createTransaction=true", &data).await;
    assert_eq!(refused(&duplicate), (409, 210));
    rig.amer_terms(json!({ "duplicate_protection": false })).await;
    rig.establish(&data).await;
    assert_ne!(rig.status(&authorization).await, 2);
}

#[tokio::test]
async fn replies_have_the_shape_that_the_terms_say() {
    let rig = Rig::still(7).await;
    let path = "establish?createTransaction=true";
    rig.amer_terms(json!({ "establish_reply": "establish_data" })).await;
    let (_, answer) = rig.post_json(path, &establish_data("auth-1")).await;
    let data = &answer["establishData"];
    assert!(data["data"].is_string() && data["transactionId"].is_string(), "{answer}");
    assert!(answer["url"].is_string());
    rig.amer_terms(json!({ "establish_reply": "transaction" })).await;
    let (_, answer) = rig.post_json(path, &establish_data("auth-2")).await;
    assert_eq!(answer["transaction"]["merchantReference"], "auth-2");
    rig.amer_terms(json!({ "disabled_payment_types": ["Deferred"] })).await;
    assert_eq!(refused(&rig.post_json(path, &establish_data("auth-3")).await), (400, 200));
}
