//! Each fault of Trustly Americas: what the merchant sees, and what the ledger says.

use std::time::Duration;

use serde_json::{Value, json};

use crate::amer::{Reply, code, unwrapped};
use crate::receiver::Receiver;
use crate::rig::Rig;

/// A simulator with one rule, an authorization, and the outcome of the deposit that meets the rule.
async fn met(seed: u64, mut rule: Value) -> (Rig, String, Option<Reply>) {
    let rig = Rig::start(seed).await;
    rule["region"] = "amer".into();
    if rule["on"].is_null() {
        rule["on"] = "deposit".into();
    }
    rig.fault(rule).await;
    let authorization = rig.authorize().await;
    let reply = deposit(&rig, &authorization).await;
    (rig, authorization, reply)
}

async fn deposit(rig: &Rig, authorization: &str) -> Option<Reply> {
    let body = json!({ "merchantReference": "po_1", "amount": "25.00" });
    rig.deposit(authorization, body).await
}

fn error(reply: Option<Reply>) -> (u16, u64) {
    let (status, answer) = reply.unwrap();
    (status, answer["errors"][0]["code"].as_u64().unwrap())
}

#[tokio::test]
async fn lose_reply_commits_and_hangs_up_and_a_resend_is_a_duplicate() {
    let (rig, authorization, reply) = met(1, json!({ "fault": "lose_reply" })).await;
    assert_eq!(reply, None);
    assert_eq!(error(deposit(&rig, &authorization).await), (400, 210));
    let query = format!("originalTransactionId={authorization}&transactionType=6");
    assert_eq!(rig.listed(&query).await, ["po_1"]);
    rig.reach("po_1", &["completed"]).await;
}

#[tokio::test]
async fn late_commit_answers_5xx_and_commits_later() {
    let rule = json!({ "fault": "late_commit", "delay_ms": 500 });
    let (rig, authorization, reply) = met(2, rule).await;
    assert_eq!(reply.unwrap().0, 500);
    assert!(rig.listed("transactionType=6").await.is_empty());
    rig.reach("po_1", &["completed"]).await;
    assert_eq!(error(deposit(&rig, &authorization).await), (400, 210));
}

#[tokio::test]
async fn a_late_commit_that_was_overtaken_is_refused_as_a_duplicate() {
    let rule = json!({ "fault": "late_commit", "delay_ms": 500 });
    let (rig, authorization, _) = met(3, rule).await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    assert_eq!(rig.states("po_1").await, ["completed"]);
}

#[tokio::test]
async fn broken_servers_and_proxies_commit_nothing() {
    for (fault, status) in [("http_500", 500), ("proxy_403", 403)] {
        let (rig, authorization, reply) = met(4, json!({ "fault": fault, "on": "*" })).await;
        let (found, page) = reply.unwrap();
        assert_eq!(found, status);
        assert!(page.as_str().unwrap().contains("<html>"));
        assert!(rig.movements().await.is_empty());
        rig.deposit_ok(&authorization, "po_1", "25.00").await;
    }
}

#[tokio::test]
async fn refuse_answers_with_the_code_and_the_documented_status() {
    for (asked, status) in [(330, 400), (200, 400), (300, 401), (325, 401), (375, 401)] {
        let (rig, authorization, reply) = met(5, json!({ "fault": "refuse", "code": asked })).await;
        assert_eq!(error(reply), (status, asked));
        assert!(rig.movements().await.is_empty());
        rig.deposit_ok(&authorization, "po_1", "25.00").await;
    }
    let rule = json!({ "fault": "refuse", "code": 330, "status": 200 });
    let (_, _, reply) = met(5, rule).await;
    assert_eq!(error(reply), (200, 330));
}

#[tokio::test]
async fn decline_sync_answers_200_with_status_8() {
    let (rig, authorization, reply) = met(6, json!({ "fault": "decline_sync" })).await;
    let (status, answer) = reply.unwrap();
    assert_eq!((status, code(&unwrapped(&answer)["status"])), (200, 8));
    assert_eq!(rig.states("po_1").await, ["failed"]);
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
}

#[tokio::test]
async fn no_funds_is_denied_later() {
    let receiver = Receiver::amer().await;
    let rig = Rig::start(7).await;
    rig.set_webhooks(&receiver.url).await;
    rig.fault(json!({ "region": "amer", "on": "deposit", "fault": "no_funds" })).await;
    let authorization = rig.authorize().await;
    let id = rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    let last = receiver.seen().pop().unwrap();
    assert_eq!((last.field("eventType"), last.field("status")), ("Deny".into(), "8".into()));
    assert_eq!(last.field("paymentProviderTransaction.status"), "SW021");
    let (_, answer) = rig.transaction(&id).await;
    let detail = &answer["transaction"]["paymentProviderTransaction"];
    assert_eq!((&detail["status"], &detail["reasonCode"]), (&json!("SW021"), &json!("12")));
    assert_eq!(rig.states("po_1").await, ["failed"]);
}

#[tokio::test]
async fn credit_after_confirmation_reverses_a_completed_deposit() {
    let receiver = Receiver::amer().await;
    let rig = Rig::start(8).await;
    rig.set_webhooks(&receiver.url).await;
    let rule = json!({ "region": "amer", "on": "*", "fault": "credit_after_confirmation" });
    rig.fault(rule).await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    let statuses: Vec<String> = receiver.seen().iter().map(|seen| seen.field("status")).collect();
    assert_eq!(statuses, ["2", "3", "4", "10"]);
    assert_eq!(rig.states("po_1").await, ["returned"]);
}

#[tokio::test]
async fn list_lag_hides_the_young_from_lists_only() {
    let rig = Rig::start(9).await;
    let rule = json!({
        "region": "amer", "on": "list", "fault": "list_lag", "delay_ms": 600_000,
        "reference": "po_2", "times": 2,
    });
    rig.fault(rule).await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    let hidden = rig.deposit_ok(&authorization, "po_2", "25.00").await;
    for _ in 0..2 {
        assert_eq!(rig.listed("transactionType=6").await, ["po_1"]);
    }
    assert_eq!(rig.transaction(&hidden).await.0, 200);
    assert_eq!(rig.listed("transactionType=6").await, ["po_2", "po_1"]);
}

#[tokio::test]
async fn duplicate_check_off_pays_twice() {
    let rule = json!({ "fault": "duplicate_check_off" });
    let (rig, authorization, reply) = met(10, rule).await;
    assert_eq!(reply.unwrap().0, 200);
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    assert_eq!(rig.states("po_1").await.len(), 2);
    assert_eq!(error(deposit(&rig, &authorization).await), (400, 210));
}

#[tokio::test]
async fn reads_can_fail_by_reference_too() {
    let rig = Rig::start(11).await;
    for (on, reference) in [("get", "po_1"), ("list", "po_2")] {
        let rule = json!({
            "region": "amer", "on": on, "fault": "http_500", "reference": reference, "status": 503,
        });
        rig.fault(rule).await;
    }
    let authorization = rig.authorize().await;
    let first = rig.deposit_ok(&authorization, "po_1", "25.00").await;
    let second = rig.deposit_ok(&authorization, "po_2", "25.00").await;
    assert_eq!(rig.transaction(&second).await.0, 200);
    assert_eq!(rig.transaction(&first).await.0, 503);
    assert_eq!(rig.transaction(&first).await.0, 200);
    assert_eq!(rig.list("amount.min=30").await.0, 200);
    assert_eq!(rig.list("transactionType=6").await.0, 503);
}

#[tokio::test]
async fn delay_holds_the_answer_back() {
    let started = std::time::Instant::now();
    let (rig, _, reply) = met(12, json!({ "fault": "delay", "delay_ms": 200 })).await;
    assert_eq!(reply.unwrap().0, 200);
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(rig.movements().await.len(), 1);
}
