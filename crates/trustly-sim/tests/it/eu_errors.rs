//! Errors of Trustly Europe in every form, and who is served at all.

use serde_json::{Value, json};

use crate::merchant::{account_payout, question, register_account, request, select_account, uuid};
use crate::rig::Rig;

const URL: &str = "https://merchant.example/n";

#[tokio::test]
async fn every_code_can_be_asked_for_by_its_documented_name() {
    let rig = Rig::start(1).await;
    for (number, (code, name)) in (1..).zip([
        (602, "ERROR_FUNCTION_ACCESS_DENIED"),
        (607, "ERROR_HOST_ACCESS_DENIED"),
        (615, "ERROR_INVALID_AMOUNT"),
        (616, "ERROR_INVALID_CREDENTIALS"),
        (620, "ERROR_UNKNOWN"),
        (622, "ERROR_INVALID_CURRENCY_CODE"),
        (623, "ERROR_INVALID_PARAMETERS"),
        (624, "ERROR_INVALID_BANK_ACCOUNT_NUMBER"),
        (636, "ERROR_UNABLE_TO_VERIFY_RSA_SIGNATURE"),
        (637, "ERROR_DUPLICATE_MESSAGE_ID"),
        (638, "ERROR_ENDUSER_IS_BLOCKED"),
        (639, "ERROR_NO_PUBLIC_KEY"),
        (642, "ERROR_INVALID_EMAIL"),
        (645, "ERROR_INVALID_LOCALE"),
        (655, "ERROR_INVALID_ORDER_ID"),
        (688, "ERROR_DUPLICATE_UUID"),
        (696, "ERROR_ENDUSERID_IS_NULL"),
        (697, "ERROR_MESSAGEID_IS_NULL"),
        (698, "ERROR_INVALID_IP"),
        (700, "ERROR_MALFORMED_SUCCESSURL"),
        (701, "ERROR_MALFORMED_FAILURL"),
        (702, "ERROR_MALFORMED_TEMPLATEURL"),
        (703, "ERROR_MALFORMED_URLTARGET"),
        (704, "ERROR_MALFORMED_MESSAGEID"),
        (705, "ERROR_MALFORMED_NOTIFICATIONURL"),
        (706, "ERROR_MALFORMED_ENDUSERID"),
        (712, "ERROR_DIRECT_DEBIT_NOT_ALLOWED"),
        (717, "ERROR_INVALID_ORDER_ATTRIBUTE"),
        (718, "ERROR_DISABLED_USER"),
        (732, "ERROR_PAY_AND_PLAY_NOT_ALLOWED"),
        (734, "ERROR_NOT_SECURE_NOTIFICATIONURL"),
        (737, "ERROR_INVALID_COUNTRY"),
    ]) {
        let rule = json!({ "region": "eu", "on": "*", "fault": "refuse", "code": code });
        rig.fault(rule).await;
        let data = account_payout("po_1", URL);
        let reply = rig.post(&request("AccountPayout", &uuid(number), &data)).await;
        assert_eq!(reply.error("AccountPayout", &uuid(number)), code);
        let message = reply.json();
        assert_eq!(message["error"]["message"], name);
        assert_eq!(message["error"]["error"]["data"]["message"], name);
        assert!(message["error"]["error"]["data"]["code"].is_number());
    }
    assert!(rig.movements().await.is_empty());
}

#[tokio::test]
async fn errors_have_the_status_that_is_set() {
    let rig = Rig::start(2).await;
    let data = account_payout("po_1", "not a url");
    for (number, status) in (1..).zip([200, 400, 404, 500]) {
        rig.terms(json!({ "error_status": status })).await;
        let reply = rig.post(&request("AccountPayout", &uuid(number), &data)).await;
        assert_eq!((reply.status, reply.error("AccountPayout", &uuid(number))), (status, 705));
        assert_eq!(rig.post("{").await.status, status);
    }
    rig.terms(json!({ "error_status": 418 })).await;
    let same = rig.post(&request("AccountPayout", &uuid(1), &data)).await;
    assert_eq!(same.status, 200, "an answer stays as it was");
}

#[tokio::test]
async fn methods_are_disabled_and_enabled() {
    let rig = Rig::start(3).await;
    let data = register_account();
    rig.terms(json!({ "disabled_methods": ["RegisterAccount", "Balance"] })).await;
    assert_eq!(rig.refused("RegisterAccount", 1, &data).await, 602);
    assert_eq!(rig.refused("Balance", 2, &question(&json!({}))).await, 602);
    rig.ask("AccountPayout", 3, &account_payout("po_1", URL)).await;
    rig.terms(json!({ "disabled_methods": [] })).await;
    rig.ask("RegisterAccount", 1, &data).await;
    for (number, method) in (10..).zip(["Deposit", "Withdraw", "CancelPayout", "accountpayout"]) {
        assert_eq!(rig.refused(method, number, &question(&json!({}))).await, 602, "{method}");
    }
}

#[tokio::test]
async fn hosts_can_be_kept_out() {
    let rig = Rig::start(4).await;
    let data = account_payout("po_1", URL);
    rig.terms(json!({ "allowed_hosts": ["192.0.2.1", "2001:db8::1"] })).await;
    assert_eq!(rig.refused("AccountPayout", 1, &data).await, 607);
    rig.terms(json!({ "allowed_hosts": ["192.0.2.1", "127.0.0.1"] })).await;
    rig.ask("AccountPayout", 1, &data).await;
}

#[tokio::test]
async fn an_anonymous_error_names_no_request() {
    let rig = Rig::start(5).await;
    let rule = json!({ "region": "eu", "on": "*", "fault": "anonymous_error", "code": 623 });
    rig.fault(rule).await;
    let data = account_payout("po_1", URL);
    let message = rig.post(&request("AccountPayout", &uuid(1), &data)).await.json();
    let signed = &message["error"]["error"];
    assert_eq!((&signed["uuid"], &signed["method"]), (&Value::Null, &Value::Null));
    assert_eq!(signed["data"]["code"], 623);
    assert!(crate::merchant::is_trustlys("", "", signed), "{message}");
    assert!(rig.movements().await.is_empty());
    rig.ask("AccountPayout", 1, &data).await;
}

#[tokio::test]
async fn an_answer_under_another_uuid_is_signed_well() {
    let rig = Rig::start(6).await;
    rig.fault(json!({ "region": "eu", "on": "*", "fault": "other_uuid" })).await;
    let data = account_payout("po_1", URL);
    let message = rig.post(&request("AccountPayout", &uuid(1), &data)).await.json();
    let result = &message["result"];
    let other = result["uuid"].as_str().unwrap();
    assert_ne!(other, uuid(1));
    assert!(crate::merchant::is_trustlys("AccountPayout", other, result), "{message}");
    assert_eq!(rig.movements().await.len(), 1);
    assert_eq!(rig.ask("AccountPayout", 1, &data).await, result["data"]);
}

#[tokio::test]
async fn an_answer_to_another_method_is_signed_well() {
    let rig = Rig::start(6).await;
    rig.fault(json!({ "region": "eu", "on": "*", "fault": "other_method" })).await;
    let data = account_payout("po_1", URL);
    let message = rig.post(&request("AccountPayout", &uuid(1), &data)).await.json();
    let result = &message["result"];
    assert_eq!(result["method"], "Refund");
    assert!(crate::merchant::is_trustlys("Refund", &uuid(1), result), "{message}");
    assert_eq!(rig.movements().await.len(), 1);
    assert_eq!(rig.ask("AccountPayout", 1, &data).await, result["data"]);
}

#[tokio::test]
async fn faults_meet_every_method() {
    let rig = Rig::with(7, |config| config.eu.contract.disabled_methods.clear()).await;
    let order = rig.pay("po_1", &uuid(1), URL).await;
    let day = json!({ "SettlementDate": "2030-01-02", "Currency": "EUR", "Attributes": { "APIVersion": "1.2" } });
    let requests = [
        ("RegisterAccount", register_account()),
        ("RegisterAccountPayout", crate::merchant::register_account_payout("po_2", URL)),
        ("SelectAccount", select_account("sel_1", URL)),
        ("Balance", question(&json!({}))),
        ("GetWithdrawals", question(&json!({ "OrderID": order }))),
        (
            "AccountLedger",
            question(
                &json!({ "FromDate": "2030-01-01", "ToDate": "2030-01-02", "Currency": null }),
            ),
        ),
        ("ViewAutomaticSettlementDetailsCSV", question(&day)),
    ];
    for (number, (method, data)) in (2..).zip(requests) {
        let rule = |fault: &str| json!({ "region": "eu", "on": method, "fault": fault });
        rig.fault(rule("http_500")).await;
        rig.fault(rule("unsigned_error")).await;
        rig.fault(rule("bad_signature")).await;
        rig.fault(rule("lose_reply")).await;
        let body = request(method, &uuid(number), &data);
        assert!(rig.post(&body).await.text.contains("<html>"), "{method}");
        assert!(rig.post(&body).await.json()["error"].get("error").is_none(), "{method}");
        let forged = rig.post(&body).await.json()["result"].clone();
        assert!(!crate::merchant::is_trustlys(method, &uuid(number), &forged), "{method}");
        assert_eq!(rig.try_post(&body).await, None, "{method}");
        assert_eq!(rig.ask(method, number, &data).await, forged["data"], "{method}");
    }
}

#[tokio::test]
async fn a_late_commit_opens_a_checkout_too() {
    let rig = Rig::start(8).await;
    let rule =
        json!({ "region": "eu", "on": "SelectAccount", "fault": "late_commit", "delay_ms": 1 });
    rig.fault(rule).await;
    let data = select_account("sel_1", URL);
    assert_eq!(rig.post(&request("SelectAccount", &uuid(1), &data)).await.status, 500);
    let answer = rig.ask("SelectAccount", 1, &data).await;
    assert!(answer["url"].as_str().unwrap().starts_with(&rig.base), "{answer}");
}
