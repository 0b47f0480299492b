//! Each fault of Trustly Europe: what the merchant sees, and what the ledger says.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::merchant::{Reply, account_payout, register_account, request, uuid};
use crate::receiver::Receiver;
use crate::rig::Rig;

/// A simulator with one rule on payouts, a receiver, and the request that meets the rule.
async fn met(seed: u64, mut rule: serde_json::Value) -> (Rig, Receiver, String) {
    let (rig, receiver) = (Rig::start(seed).await, Receiver::eu().await);
    rule["region"] = "eu".into();
    if rule["on"].is_null() {
        rule["on"] = "AccountPayout".into();
    }
    rig.fault(rule).await;
    let body = request("AccountPayout", &uuid(1), &account_payout("po_1", &receiver.url));
    (rig, receiver, body)
}

fn accepted(reply: &Reply) {
    assert_eq!(reply.result("AccountPayout", &uuid(1))["result"], "1");
}

fn methods(receiver: &Receiver) -> Vec<String> {
    receiver.seen().iter().map(crate::receiver::Seen::method).collect()
}

#[tokio::test]
async fn lose_reply_commits_and_hangs_up_and_a_resend_gets_the_answer() {
    let (rig, _receiver, body) = met(1, json!({ "fault": "lose_reply" })).await;
    assert_eq!(rig.try_post(&body).await, None);
    assert_eq!(rig.states("po_1").await.len(), 1);
    accepted(&rig.post(&body).await);
    rig.reach("po_1", &["completed"]).await;
    let rules = rig.show("faults").await;
    assert_eq!(
        (&rules["rules"][0]["times_left"], &rules["rules"][0]["fired"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn late_commit_answers_5xx_and_commits_later_once() {
    let rule = json!({ "fault": "late_commit", "delay_ms": 500, "status": 503 });
    let (rig, _receiver, body) = met(2, rule).await;
    assert_eq!(rig.post(&body).await.status, 503);
    assert!(rig.movements().await.is_empty());
    rig.reach("po_1", &["completed"]).await;
    accepted(&rig.post(&body).await);
    assert_eq!(rig.movements().await.len(), 1);
}

#[tokio::test]
async fn a_resend_that_overtakes_a_late_commit_is_the_same_payout() {
    let rule = json!({ "fault": "late_commit", "delay_ms": 500 });
    let (rig, _receiver, body) = met(3, rule).await;
    assert_eq!(rig.post(&body).await.status, 500);
    let early = rig.post(&body).await;
    accepted(&early);
    rig.settle("po_1").await;
    assert_eq!(rig.post(&body).await, early);
    assert_eq!(rig.movements().await.len(), 1);
}

#[tokio::test]
async fn delay_holds_the_answer_back_but_not_the_money() {
    let (rig, _receiver, body) = met(4, json!({ "fault": "delay", "delay_ms": 1_000 })).await;
    let started = Instant::now();
    let reply = async { (rig.post(&body).await, started.elapsed()) };
    let money = async {
        rig.reach("po_1", &["completed"]).await;
        started.elapsed()
    };
    let ((reply, replied), moved) = tokio::join!(reply, money);
    accepted(&reply);
    assert!(moved < replied && replied >= Duration::from_secs(1), "{moved:?} {replied:?}");
}

#[tokio::test]
async fn broken_servers_and_proxies_show_pages_and_commit_nothing() {
    for (fault, status) in [("http_500", 500), ("proxy_403", 403)] {
        let (rig, _receiver, body) = met(5, json!({ "fault": fault })).await;
        let reply = rig.post(&body).await;
        assert_eq!(reply.status, status);
        assert!(reply.text.contains("<html>"), "{}", reply.text);
        assert!(rig.movements().await.is_empty());
        accepted(&rig.post(&body).await);
    }
}

#[tokio::test]
async fn bad_signature_commits_and_a_resend_verifies() {
    let (rig, _receiver, body) = met(6, json!({ "fault": "bad_signature" })).await;
    let forged = rig.post(&body).await.json();
    let result = &forged["result"];
    assert!(!crate::merchant::is_trustlys("AccountPayout", &uuid(1), result), "{forged}");
    assert_eq!(rig.movements().await.len(), 1);
    let good = rig.post(&body).await;
    accepted(&good);
    assert_eq!(good.json()["result"]["data"], result["data"]);
}

#[tokio::test]
async fn refuse_is_remembered_for_content_and_forgotten_for_access() {
    let (rig, _receiver, body) = met(7, json!({ "fault": "refuse", "code": 638 })).await;
    let refused = rig.post(&body).await;
    assert_eq!(refused.error("AccountPayout", &uuid(1)), 638);
    assert_eq!(rig.post(&body).await, refused);
    assert!(rig.movements().await.is_empty());
    for code in [602, 607, 616, 636, 639, 718] {
        let (rig, _receiver, body) = met(7, json!({ "fault": "refuse", "code": code })).await;
        assert_eq!(rig.post(&body).await.error("AccountPayout", &uuid(1)), code);
        accepted(&rig.post(&body).await);
    }
}

#[tokio::test]
async fn a_committed_payout_is_refused_for_access_but_never_for_content() {
    let (rig, _receiver, body) = met(8, json!({ "fault": "lose_reply" })).await;
    let refuse = |code| json!({ "region": "eu", "on": "*", "fault": "refuse", "code": code });
    assert_eq!(rig.try_post(&body).await, None);
    rig.fault(refuse(615)).await;
    rig.fault(refuse(616)).await;
    assert_eq!(rig.post(&body).await.error("AccountPayout", &uuid(1)), 616);
    accepted(&rig.post(&body).await);
    let rules = rig.show("faults").await;
    assert_eq!(rules["rules"][1]["fired"], 0);
}

#[tokio::test]
async fn unsigned_error_has_no_signature_and_commits_nothing() {
    let (rig, _receiver, body) = met(9, json!({ "fault": "unsigned_error", "code": 616 })).await;
    let message = rig.post(&body).await.json();
    assert_eq!(message["error"]["code"], 616);
    assert!(message["error"].get("error").is_none());
    assert!(rig.movements().await.is_empty());
    accepted(&rig.post(&body).await);
}

#[tokio::test]
async fn no_funds_ends_in_a_credit() {
    let (rig, receiver, body) = met(10, json!({ "fault": "no_funds" })).await;
    accepted(&rig.post(&body).await);
    rig.settle("po_1").await;
    assert_eq!(methods(&receiver), ["credit"]);
    assert_eq!(rig.states("po_1").await, ["failed"]);
}

#[tokio::test]
async fn cancel_before_reply_is_acknowledged_before_the_reply_comes() {
    let (rig, receiver, body) = met(11, json!({ "fault": "cancel_before_reply" })).await;
    accepted(&rig.post(&body).await);
    let seen = receiver.seen();
    assert_eq!(methods(&receiver), ["cancel"]);
    assert!(seen[0].is_signed());
    assert!(seen[0].data().get("amount").is_none());
    assert_eq!(rig.states("po_1").await, ["failed"]);
}

#[tokio::test]
async fn credit_after_confirmation_returns_the_money() {
    let rule = json!({ "fault": "credit_after_confirmation" });
    let (rig, receiver, body) = met(12, rule).await;
    accepted(&rig.post(&body).await);
    rig.settle("po_1").await;
    assert_eq!(methods(&receiver), ["payoutconfirmation", "credit"]);
    assert_eq!(rig.states("po_1").await, ["returned"]);
}

#[tokio::test]
async fn money_that_came_back_can_be_paid_out_again() {
    for fault in ["cancel_before_reply", "credit_after_confirmation"] {
        let balances = [("EUR".to_owned(), 2_550)].into();
        let rig = Rig::with(18, |config| config.eu.balances = balances).await;
        let receiver = Receiver::eu().await;
        rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": fault })).await;
        rig.pay("po_1", &uuid(1), &receiver.url).await;
        rig.settle("po_1").await;
        rig.pay("po_2", &uuid(2), &receiver.url).await;
        rig.reach("po_2", &["completed"]).await;
        rig.pay("po_3", &uuid(3), &receiver.url).await;
        rig.reach("po_3", &["failed"]).await;
    }
}

#[tokio::test]
async fn a_reply_can_be_lost_for_a_payout_that_comes_back() {
    let (rig, receiver, body) = met(13, json!({ "fault": "lose_reply" })).await;
    rig.fault(json!({ "region": "eu", "on": "*", "fault": "credit_after_confirmation" })).await;
    assert_eq!(rig.try_post(&body).await, None);
    rig.settle("po_1").await;
    assert_eq!(methods(&receiver), ["payoutconfirmation", "credit"]);
}

#[tokio::test]
async fn silent_success_pays_and_says_nothing() {
    let (rig, receiver, body) = met(14, json!({ "fault": "silent_success" })).await;
    accepted(&rig.post(&body).await);
    assert!(rig.settle("po_1").await.is_empty());
    assert_eq!(rig.states("po_1").await, ["completed"]);
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn duplicate_check_off_pays_twice() {
    let (rig, _receiver, body) = met(15, json!({ "fault": "duplicate_check_off" })).await;
    accepted(&rig.post(&body).await);
    accepted(&rig.post(&body).await);
    assert_eq!(rig.states("po_1").await.len(), 2);
    accepted(&rig.post(&body).await);
    assert_eq!(rig.states("po_1").await.len(), 2, "the rule is used up");
}

#[tokio::test]
async fn a_rule_with_a_reference_leaves_other_payouts_alone() {
    let rule = json!({ "fault": "http_500", "reference": "po_2", "on": "*" });
    let (rig, receiver, body) = met(16, rule).await;
    accepted(&rig.post(&body).await);
    let other = request("AccountPayout", &uuid(2), &account_payout("po_2", &receiver.url));
    assert_eq!(rig.post(&other).await.status, 500);
}

#[tokio::test]
async fn registrations_can_fail_too() {
    let (rig, _receiver, _) =
        met(17, json!({ "fault": "lose_reply", "on": "RegisterAccount" })).await;
    let body = request("RegisterAccount", &uuid(2), &register_account());
    assert_eq!(rig.try_post(&body).await, None);
    rig.post(&body).await.result("RegisterAccount", &uuid(2));
}
