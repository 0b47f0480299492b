//! Reclaims: a completed deposit is pulled back.

use serde_json::json;

use crate::amer::{code, refused, unwrapped};
use crate::receiver::Receiver;
use crate::rig::Rig;

/// A reclaim that must be accepted; gives its id.
async fn reclaim(rig: &Rig, deposit: &str, reference: &str, amount: &str) -> String {
    let body = json!({ "amount": amount, "merchantReference": reference });
    let (status, answer) = rig.act(deposit, "reclaim", body).await;
    let transaction = unwrapped(&answer);
    assert_eq!((status, code(&transaction["transactionType"])), (200, 7), "{answer}");
    assert_eq!(transaction["originalTransactionId"], deposit);
    transaction["transactionId"].as_str().unwrap().to_owned()
}

async fn balance(rig: &Rig, deposit: &str) -> String {
    let (_, answer) = rig.transaction(deposit).await;
    let text = answer["transaction"]["balance"].as_str().unwrap().to_owned();
    format!("{:0<5}", if text.contains('.') { text } else { format!("{text}.") })
}

#[tokio::test]
async fn parts_are_pulled_back_until_nothing_is_left() {
    let (rig, receiver) = (Rig::still(1).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    let deposit = rig.completed_deposit("po_1", "25.00").await;
    let first = reclaim(&rig, &deposit, "rc_1", "10.00").await;
    let query = format!("originalTransactionId={deposit}&transactionType=7");
    assert_eq!(rig.listed(&query).await, ["rc_1"]);
    let over = rig.act(&deposit, "reclaim", json!({ "amount": "15.01" })).await;
    assert_eq!(refused(&over), (400, 200));
    let second = reclaim(&rig, &deposit, "rc_2", "15.00").await;
    assert_eq!(balance(&rig, &deposit).await, "25.00");
    for id in [&first, &second] {
        assert_eq!((rig.advance(id).await, rig.advance(id).await), (3, 4));
    }
    assert_eq!(balance(&rig, &deposit).await, "0.000");
    assert_eq!(rig.status(&deposit).await, 4);
    let more = rig.act(&deposit, "reclaim", json!({ "amount": "0.99" })).await;
    assert_eq!(refused(&more), (400, 200));
    assert_eq!(rig.states("rc_1").await, ["completed"]);
    let movement = rig.movements().await.pop().unwrap();
    assert_eq!((&movement["reclaims"], &movement["amount"]), (&json!(deposit), &json!("15.00")));
    let told = receiver.event("Authorize", &first).await;
    assert_eq!((told.field("transactionType"), told.field("status")), ("7".into(), "2".into()));
}

#[tokio::test]
async fn only_what_completed_can_be_reclaimed() {
    let rig = Rig::still(2).await;
    let authorization = rig.authorize().await;
    let deposit = rig.deposit_ok(&authorization, "po_1", "25.00").await;
    let body = json!({ "amount": "25.00" });
    for id in [&deposit, &authorization] {
        assert_eq!(refused(&rig.act(id, "reclaim", body.clone()).await), (400, 200));
    }
    rig.advance(&deposit).await;
    assert_eq!(refused(&rig.act(&deposit, "reclaim", body.clone()).await), (400, 200));
    rig.advance(&deposit).await;
    for wrong in [
        json!({}),
        json!({ "amount": "0.98" }),
        json!({ "amount": "25.01" }),
        json!({ "amount": "25.00", "merchantReference": "" }),
        json!({ "amount": "25.00", "currency": "USD" }),
    ] {
        assert_eq!(
            refused(&rig.act(&deposit, "reclaim", wrong.clone()).await),
            (400, 200),
            "{wrong}"
        );
    }
    for action in ["refund", "cancel"] {
        assert_eq!(refused(&rig.act(&deposit, action, json!({})).await), (400, 200), "{action}");
    }
    assert_eq!(rig.act(&deposit, "reclaim", body).await.0, 200);
}

#[tokio::test]
async fn a_reclaim_fails_comes_back_or_is_cancelled_and_frees_the_rest() {
    let rig = Rig::still(3).await;
    let deposit = rig.completed_deposit("po_1", "25.00").await;
    for (number, (rule, statuses, state)) in [
        (json!({ "fault": "deny", "reason": "R02" }), &[8][..], "failed"),
        (json!({ "fault": "bank_refusal", "reason": "R10" }), &[3, 10][..], "returned"),
        (json!({ "fault": "credit_after_confirmation" }), &[3, 4, 10][..], "returned"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut rule = rule;
        (rule["region"], rule["on"]) = ("amer".into(), "reclaim".into());
        rule["reference"] = "po_1".into();
        rig.fault(rule).await;
        let reference = format!("rc_{number}");
        let id = reclaim(&rig, &deposit, &reference, "25.00").await;
        for status in statuses {
            assert_eq!(rig.advance(&id).await, *status, "{reference}");
        }
        assert_eq!(rig.states(&reference).await, [state]);
        assert_eq!(balance(&rig, &deposit).await, "25.00");
    }
    let id = reclaim(&rig, &deposit, "rc_9", "25.00").await;
    let (_, answer) = rig.act(&id, "cancel", json!({})).await;
    assert_eq!(code(&unwrapped(&answer)["status"]), 7);
    reclaim(&rig, &deposit, "rc_10", "25.00").await;
}

#[tokio::test]
async fn references_of_reclaims_are_not_protected() {
    let rig = Rig::still(4).await;
    let deposit = rig.completed_deposit("po_1", "25.00").await;
    rig.fault(json!({ "region": "amer", "on": "reclaim", "fault": "lose_reply" })).await;
    let body = json!({ "amount": "5.00", "merchantReference": "rc_1" });
    let url = format!("{}/api/v1/transactions/{deposit}/reclaim", rig.base);
    let request = rig.client.post(url).header("content-type", "application/json");
    assert_eq!(rig.amer(request.body(body.to_string())).await, None);
    reclaim(&rig, &deposit, "rc_1", "5.00").await;
    assert_eq!(rig.states("rc_1").await, ["moving", "moving"]);
}

#[tokio::test]
async fn terms_decide_about_amounts_and_statuses() {
    let rig = Rig::still(5).await;
    rig.amer_terms(json!({ "reclaim_amount_required": false, "reclaimed_statuses": true })).await;
    let deposit = rig.completed_deposit("po_1", "25.00").await;
    let first = reclaim(&rig, &deposit, "rc_1", "10.00").await;
    rig.advance(&first).await;
    rig.advance(&first).await;
    assert_eq!(rig.status(&deposit).await, 11);
    let (_, answer) = rig.act(&deposit, "reclaim", json!({})).await;
    let second = unwrapped(&answer)["transactionId"].as_str().unwrap().to_owned();
    rig.advance(&second).await;
    rig.advance(&second).await;
    assert_eq!(rig.status(&deposit).await, 12);
    assert_eq!(refused(&rig.act(&deposit, "reclaim", json!({})).await), (400, 200));
}
