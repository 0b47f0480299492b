//! What Trustly Europe answers from its books: balances, withdrawals, ledger, settlement.

use reqwest::Method;
use serde_json::{Value, json};

use crate::merchant::{account_payout, question, request, uuid};
use crate::receiver::Receiver;
use crate::rig::Rig;

const SETTLEMENT: &str = "ViewAutomaticSettlementDetailsCSV";

/// The day on which the simulator books, which the ledger's clock tells too.
async fn today(rig: &Rig) -> String {
    rig.told(Method::POST, "settlements", json!({})).await["date"].as_str().unwrap().to_owned()
}

fn settlement(date: &str, currency: &Value) -> Value {
    question(&json!({
        "SettlementDate": date, "Currency": currency, "Attributes": { "APIVersion": "1.2" },
    }))
}

/// Rows by the names in the header.
fn rows(csv: &str) -> Vec<Value> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut rows = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        assert_eq!(fields.len(), names.len(), "{line}");
        let mut row = json!({});
        for (name, field) in names.iter().zip(fields) {
            row[*name] = field.into();
        }
        rows.push(row);
    }
    rows
}

#[tokio::test]
async fn balances_are_told_by_currency_every_quarter_of_an_hour() {
    let balances = [("EUR".to_owned(), 5_000)].into();
    let rig = Rig::with(1, |config| {
        config.eu.balances = balances;
        config.time_factor = 300;
    })
    .await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    let asked = question(&json!({}));
    let told = rig.ask("Balance", 2, &asked).await;
    let euros = told.as_array().unwrap().iter().find(|row| row["currency"] == "EUR").unwrap();
    assert_eq!(euros["balance"], "24.50");
    assert_eq!(told.as_array().unwrap().len(), 11);
    assert_eq!(rig.refused("Balance", 3, &asked).await, 620, "three seconds have not passed");
    let same = rig.post(&request("Balance", &uuid(2), &asked)).await;
    assert_eq!(same.result("Balance", &uuid(2)), told, "the same bytes get the same answer");
    rig.terms(json!({ "spacing_enforced": false })).await;
    rig.ask("Balance", 4, &asked).await;
    let with_more = question(&json!({ "Currency": "EUR" }));
    assert_eq!(rig.refused("Balance", 5, &with_more).await, 623);
}

#[tokio::test]
async fn the_quarter_of_an_hour_passes() {
    let rig = Rig::with(2, |config| config.time_factor = 100_000).await;
    let asked = question(&json!({ "Attributes": null }));
    rig.ask("Balance", 1, &asked).await;
    for number in 2.. {
        let reply = rig.post(&request("Balance", &uuid(number), &asked)).await;
        if reply.json()["result"].is_object() {
            return;
        }
        assert_eq!(reply.error("Balance", &uuid(number)), 620);
        assert!(number < 5_000, "nine milliseconds never pass");
    }
}

#[tokio::test]
async fn a_withdrawal_is_where_its_money_is() {
    let (rig, receiver) = (Rig::start(3).await, Receiver::eu().await);
    rig.terms(json!({ "spacing_enforced": false })).await;
    let moving = ["PREPARING", "PREPARED", "QUEUED", "PENDING", "EXECUTING", "EXECUTED"];
    for (number, (fault, ends)) in (1..).zip([
        (None, ["EXECUTED", "CONFIRMED"]),
        (Some("credit_after_confirmation"), ["BOUNCED", "RETURNED"]),
        (Some("bank_refusal"), ["ERROR", "FAILED"]),
    ]) {
        if let Some(fault) = fault {
            rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": fault })).await;
        }
        let reference = format!("po_{number}");
        let order = rig.pay(&reference, &uuid(number), &receiver.url).await;
        let asked = question(&json!({ "OrderID": order }));
        let early = rig.ask("GetWithdrawals", 100 + number, &asked).await[0].clone();
        assert!(early["eta"].is_null() || early["eta"].is_string());
        let state = early["transferstate"].as_str().unwrap();
        assert!(moving.contains(&state) || ends.contains(&state), "{state}");
        rig.settle(&reference).await;
        let late = rig.ask("GetWithdrawals", 200 + number, &asked).await[0].clone();
        let state = late["transferstate"].as_str().unwrap();
        assert!(ends.contains(&state), "{state}");
        for (name, value) in [
            ("orderid", order.as_str()),
            ("amount", "25.50"),
            ("currency", "EUR"),
            ("accountid", "1234567890"),
        ] {
            assert_eq!(late[name], value);
        }
        assert_eq!(late["reference"].as_str().unwrap().len(), 10);
        assert!(late["modificationdate"].as_str() > late["datestamp"].as_str());
    }
}

#[tokio::test]
async fn withdrawals_are_asked_about_rarely_one_by_one() {
    let rig = Rig::with(4, |config| config.time_factor = 300).await;
    let first = rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    let second = rig.pay("po_2", &uuid(2), "https://merchant.example/n").await;
    let asked = |order: &str| question(&json!({ "OrderID": order.parse::<u64>().unwrap() }));
    rig.ask("GetWithdrawals", 3, &asked(&first)).await;
    rig.ask("GetWithdrawals", 4, &asked(&second)).await;
    assert_eq!(rig.refused("GetWithdrawals", 5, &asked(&first)).await, 620);
    assert_eq!(rig.refused("GetWithdrawals", 6, &asked("1")).await, 655);
    for (number, order) in (7..).zip([json!("abc"), Value::Null, json!(1.5)]) {
        let wrong = question(&json!({ "OrderID": order }));
        assert_eq!(rig.refused("GetWithdrawals", number, &wrong).await, 623, "{order}");
    }
    let lines = rig.show("requests?reference=po_1").await["requests"].clone();
    assert_eq!(lines[1]["method"], "GetWithdrawals", "{lines}");
}

#[tokio::test]
async fn the_ledger_leads_from_message_id_to_order_id_once_settled() {
    let (rig, receiver) = (Rig::start(5).await, Receiver::eu().await);
    let today = today(&rig).await;
    let asked = |to: &str, currency: Value| {
        question(&json!({ "FromDate": today, "ToDate": to, "Currency": currency }))
    };
    let order = rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let rows = rig.ask("AccountLedger", 2, &asked("2999-01-01", Value::Null)).await;
    let payout =
        rows.as_array().unwrap().iter().find(|row| row["transactiontype"] == "AccountPayout");
    let payout = payout.unwrap();
    for (name, value) in [("orderid", order.as_str()), ("messageid", "po_1"), ("currency", "EUR")] {
        assert_eq!(payout[name], value);
    }
    let amount = payout["amount"].as_str().unwrap();
    assert!(["-25.50", "-25.50000000000000000000"].contains(&amount), "{amount}");
    for (number, (to, currency)) in
        (3..).zip([(today.as_str(), Value::Null), ("2999-01-01", json!("SEK"))])
    {
        let none = rig.ask("AccountLedger", number, &asked(to, currency)).await;
        assert_eq!(none, json!([]), "until {to}, exclusive");
    }
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "delay", "delay_ms": 1 }))
        .await;
    for (number, wrong) in (10..).zip([
        question(&json!({ "FromDate": today, "ToDate": "2999-01-01" })),
        asked("tomorrow", Value::Null),
        asked("2999-01-01", json!("USD")),
    ]) {
        assert_eq!(rig.refused("AccountLedger", number, &wrong).await, 623);
    }
}

#[tokio::test]
async fn what_is_under_way_is_not_in_the_ledger() {
    let rig = Rig::with(6, |config| config.time_factor = 1).await;
    rig.pay("po_1", &uuid(1), "https://merchant.example/n").await;
    let asked =
        question(&json!({ "FromDate": "2000-01-01", "ToDate": "2999-01-01", "Currency": null }));
    assert_eq!(rig.ask("AccountLedger", 2, &asked).await, json!([]));
}

#[tokio::test]
async fn a_settlement_has_payouts_fees_and_what_came_back() {
    let (rig, receiver) = (Rig::start(7).await, Receiver::eu().await);
    let before = today(&rig).await;
    let mut data = account_payout("po_1", &receiver.url);
    data["Attributes"]["ExternalReference"] = "ref 1".into();
    let order = rig.ask("AccountPayout", 1, &data).await["orderid"].clone();
    rig.fault(
        json!({ "region": "eu", "on": "AccountPayout", "fault": "credit_after_confirmation" }),
    )
    .await;
    rig.pay("po_2", &uuid(2), &receiver.url).await;
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "no_funds" })).await;
    rig.pay("po_3", &uuid(3), &receiver.url).await;
    rig.settle("po_2").await;
    let told = rig.ask(SETTLEMENT, 4, &settlement(&before, &json!("EUR"))).await;
    let rows = rows(told["view_automatic_settlement_details"].as_str().unwrap());
    let of = |message_id: &str, kind: &str| -> Vec<&Value> {
        rows.iter()
            .filter(|row| row["messageid"] == message_id && row["ordertype"] == kind)
            .collect()
    };
    let paid = of("po_1", "AccountPayout")[0];
    for (name, value) in [
        ("accountname", json!("BANK_WITHDRAWAL_QUEUED")),
        ("currency", json!("EUR")),
        ("amount", json!("-25.50")),
        ("total", json!("-27.50")),
        ("orderid", order),
        ("username", json!("merchant-user")),
    ] {
        assert_eq!(paid[name], value, "{name}");
    }
    let reference = if paid["extraref"].is_null() { "externalreference" } else { "extraref" };
    assert_eq!(paid[reference], "ref 1");
    assert_eq!(
        of("po_1", "AccountPayout Fee")[0]["accountname"],
        "TRANSACTION_FEE_BANK_WITHDRAWAL"
    );
    let amounts: Vec<&Value> =
        of("po_2", "AccountPayout").iter().map(|row| &row["amount"]).collect();
    assert_eq!(amounts, ["-25.50", "25.50"]);
    assert!(of("po_3", "AccountPayout").is_empty(), "it was never debited");
    assert_eq!(of("", "Settlement Fee").len(), 1);
    let ids: Vec<&Value> = rows.iter().map(|row| &row["settlementbankwithdrawalid"]).collect();
    assert!(ids[0].as_str().unwrap().len() == 10 && ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn settlements_are_by_day_and_currency() {
    let (rig, receiver) = (Rig::start(8).await, Receiver::eu().await);
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let mut crowns = account_payout("po_2", &receiver.url);
    crowns["Currency"] = "SEK".into();
    rig.ask("AccountPayout", 2, &crowns).await;
    let closed = rig.told(Method::POST, "settlements", json!({ "date": "2030-01-02" })).await;
    assert_eq!(closed, json!({ "date": "2030-01-02", "bookings": 4 }));
    rig.pay("po_3", &uuid(3), &receiver.url).await;
    let today = today(&rig).await;
    for (number, (date, currency, expected)) in (10..).zip([
        ("2030-01-02", json!("EUR"), vec!["po_1"]),
        ("2030-01-02", json!("SEK"), vec!["po_2"]),
        ("2030-01-02", Value::Null, vec!["po_1", "po_2"]),
        (today.as_str(), Value::Null, vec!["po_3"]),
        ("2030-01-03", Value::Null, vec![]),
    ]) {
        let told = rig.ask(SETTLEMENT, number, &settlement(date, &currency)).await;
        let rows = rows(told["view_automatic_settlement_details"].as_str().unwrap());
        let paid: Vec<&str> = rows
            .iter()
            .filter(|row| row["ordertype"] == "AccountPayout")
            .map(|row| row["messageid"].as_str().unwrap())
            .collect();
        assert_eq!(paid, expected);
    }
}

#[tokio::test]
async fn only_version_1_2_of_the_settlement_is_told() {
    let rig = Rig::start(9).await;
    let good = settlement("2030-01-02", &json!("EUR"));
    for (number, (pointer, value, code)) in (1..).zip([
        ("/Attributes/APIVersion", json!("1.1"), 717),
        ("/Attributes", Value::Null, 623),
        ("/SettlementDate", json!("2030-13-01"), 623),
        ("/Currency", json!("euro"), 623),
    ]) {
        let mut wrong = good.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert_eq!(rig.refused(SETTLEMENT, number, &wrong).await, code, "{pointer}");
    }
    assert!(rig.ask(SETTLEMENT, 9, &good).await["view_automatic_settlement_details"].is_string());
}
