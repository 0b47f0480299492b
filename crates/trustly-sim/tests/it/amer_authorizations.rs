//! Authorizations: limits, what ends them, split tokens, and what cancelling does to them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::amer::{code, refused, unwrapped};
use crate::receiver::Receiver;
use crate::rig::Rig;

fn deposit_of(reference: &str, amount: &str) -> Value {
    json!({ "merchantReference": reference, "amount": amount })
}

async fn turn(rig: &Rig, id: &str, change: Value) {
    let mut body = change;
    body["transaction_id"] = id.into();
    rig.told(Method::PUT, "authorizations", body).await;
}

#[tokio::test]
async fn an_authorization_shows_what_it_is() {
    let rig = Rig::still(1).await;
    let made = rig
        .authorize_with(
            json!({ "customer_id": "anna", "limit": "50.00", "merchant_reference": "a" }),
        )
        .await;
    rig.deposit_ok(&made, "po_1", "20.00").await;
    let shown = rig.show("authorizations?reference=a").await["authorizations"].clone();
    assert_eq!(
        shown,
        json!([{
            "transaction_id": made, "reference": "a", "customer_id": "anna", "status": 2,
            "payment_type": "Deferred", "consent": "good", "currency": "USD", "limit": "50.00",
            "taken": "20.00", "instant_available": true,
        }])
    );
    assert_eq!(
        refused(&rig.deposit(&made, deposit_of("po_2", "30.01")).await.unwrap()),
        (400, 200)
    );
    rig.deposit_ok(&made, "po_2", "30.00").await;
    assert_eq!(refused(&rig.deposit(&made, deposit_of("po_3", "0.99")).await.unwrap()), (400, 200));
}

#[tokio::test]
async fn a_deposit_where_the_bank_objects_is_refused_with_its_code() {
    for (consent, status) in [("expired", 326), ("revoked", 326), ("account_closed", 330)] {
        let rig = Rig::still(2).await;
        let id = rig.authorize().await;
        turn(&rig, &id, json!({ "consent": consent })).await;
        let body = deposit_of("po_1", "25.00");
        assert_eq!(refused(&rig.deposit(&id, body.clone()).await.unwrap()), (400, status));
        rig.amer_terms(json!({ "ended_refusal": "parameter" })).await;
        assert_eq!(refused(&rig.deposit(&id, body.clone()).await.unwrap()), (400, 200));
        assert!(rig.movements().await.is_empty());
        rig.amer_terms(json!({ "ended_refusal": "event" })).await;
        let deposit = rig.deposit_ok(&id, "po_1", "25.00").await;
        let ended = if consent == "account_closed" { 8 } else { 5 };
        assert_eq!(rig.advance(&deposit).await, ended);
        assert_eq!(rig.states("po_1").await, ["failed"]);
        turn(&rig, &id, json!({ "consent": "good" })).await;
        rig.deposit_ok(&id, "po_1", "25.00").await;
    }
}

#[tokio::test]
async fn a_consent_taken_back_is_told() {
    let (rig, receiver) = (Rig::still(3).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    for (terms, status) in [(json!(null), "2"), (json!(6), "6"), (json!(7), "7"), (json!(13), "13")]
    {
        rig.amer_terms(json!({ "revoked_status": terms })).await;
        let id = rig.authorize().await;
        turn(&rig, &id, json!({ "consent": "revoked" })).await;
        let seen = receiver.event("CONSENT_REVOKED", &id).await;
        assert_eq!(seen.field("status"), status);
    }
}

#[tokio::test]
async fn cancelling_voids_a_mandate_and_leaves_its_deposits_alone() {
    let (rig, receiver) = (Rig::still(4).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    rig.amer_terms(json!({ "event_names": "short" })).await;
    let id = rig.authorize().await;
    let deposit = rig.deposit_ok(&id, "po_1", "25.00").await;
    let (status, answer) = rig.act(&id, "cancel", json!({ "reason": 1, "message": "bye" })).await;
    assert_eq!((status, code(&unwrapped(&answer)["status"])), (200, 13));
    assert_eq!(refused(&rig.deposit(&id, deposit_of("po_2", "1.00")).await.unwrap()), (400, 200));
    assert_eq!(refused(&rig.act(&id, "cancel", json!({})).await), (400, 200));
    assert_eq!((rig.advance(&deposit).await, rig.advance(&deposit).await), (3, 4));
    assert_eq!(receiver.event("Cancel", &id).await.field("status"), "13");
}

#[tokio::test]
async fn cancelling_a_deposit_stops_it_and_leaves_the_mandate_alone() {
    let rig = Rig::still(5).await;
    let id = rig.authorize().await;
    let deposit = rig.deposit_ok(&id, "po_1", "25.00").await;
    for wrong in [
        json!({ "message": "x".repeat(41) }),
        json!({ "reason": "why" }),
        json!({ "amount": "25.00" }),
    ] {
        assert_eq!(refused(&rig.act(&deposit, "cancel", wrong).await), (400, 200));
    }
    let url = format!("{}/api/v1/transactions/{deposit}/cancel", rig.base);
    let (status, answer) = rig.amer(rig.client.post(url)).await.unwrap();
    assert_eq!((status, code(&unwrapped(&answer)["status"])), (200, 7));
    assert_eq!(rig.states("po_1").await, ["canceled"]);
    assert_eq!(refused(&rig.act(&deposit, "cancel", json!({})).await), (400, 200));
    let late = rig.deposit_ok(&id, "po_1", "25.00").await;
    assert_eq!(rig.advance(&late).await, 3);
    assert_eq!(refused(&rig.act(&late, "cancel", json!({})).await), (400, 200), "too late");
    assert_eq!(refused(&rig.act("4711", "cancel", json!({})).await), (400, 200));
    rig.amer_terms(json!({ "canceled_status": 13 })).await;
    let third = rig.deposit_ok(&id, "po_3", "25.00").await;
    let (_, answer) = rig.act(&third, "cancel", json!({})).await;
    assert_eq!(code(&unwrapped(&answer)["status"]), 13);
    assert_eq!(rig.states("po_3").await, ["canceled"]);
}

#[tokio::test]
async fn a_cancelled_deposit_takes_no_further_step() {
    // A batch lasts five seconds: nothing is processed before it is cancelled.
    let rig = Rig::with(8, |config| config.time_factor = 60).await;
    let id = rig.authorize().await;
    let deposit = rig.deposit_ok(&id, "po_1", "25.00").await;
    assert_eq!(rig.act(&deposit, "cancel", json!({})).await.0, 200);
    rig.settle("po_1").await;
    assert_eq!(rig.status(&deposit).await, 7);
    assert_eq!(rig.states("po_1").await, ["canceled"]);
}

#[tokio::test]
async fn split_tokens_are_looked_at_where_they_were_issued() {
    let (rig, receiver) = (Rig::slow(6).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    let id = rig.authorize_with(json!({ "announced": true })).await;
    let token = receiver.event("Authorize", &id).await.field("splitToken");
    let with =
        |token: &str| json!({ "merchantReference": "po_1", "amount": "1.00", "splitToken": token });
    for (wrong, expected) in [("", 380), ("not base64!", 380), ("AAAA", 380)] {
        assert_eq!(refused(&rig.deposit(&id, with(wrong)).await.unwrap()), (400, expected));
    }
    let other = "CPb0pseeHNs2ngCXJSRdtlHrpD5MAAAA";
    assert_eq!(refused(&rig.deposit(&id, with(other)).await.unwrap()), (400, 397));
    let (status, answer) = rig.act(&id, "refresh", json!({ "splitToken": token })).await;
    assert!(status == 200 && answer["refresh"]["processId"].is_string(), "{answer}");
    let refreshed = receiver.event("Refresh", &id).await;
    assert_eq!(
        (refreshed.field("success"), refreshed.field("hardRefresh")),
        ("true".into(), "true".into())
    );
    turn(&rig, &id, json!({ "split_token_expired": true })).await;
    assert_eq!(refused(&rig.deposit(&id, with(&token)).await.unwrap()), (400, 326));
    assert_eq!(refused(&rig.act(&id, "refresh", json!({ "splitToken": token })).await), (400, 326));
    assert_eq!(refused(&rig.act(&id, "refresh", json!({})).await), (400, 380));
    rig.deposit_ok(&id, "po_2", "1.00").await;
    rig.amer_terms(json!({ "split_token_required": true })).await;
    assert_eq!(refused(&rig.deposit(&id, deposit_of("po_3", "1.00")).await.unwrap()), (400, 380));
}

#[tokio::test]
async fn what_is_no_payout_authorization_takes_no_deposits() {
    let rig = Rig::still(7).await;
    for payment_type in ["Retrieval", "Verification"] {
        let id = rig.authorize_with(json!({ "payment_type": payment_type })).await;
        let reply = rig.deposit(&id, deposit_of("po_1", "1.00")).await.unwrap();
        assert_eq!(refused(&reply), (400, 200), "{payment_type}");
    }
}
