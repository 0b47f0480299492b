//! Questions about the merchant's money: what is sent, and that answers are exact or refused.

use payout::day::Day;
use payout::id::ProviderReference;
use payout::money::Currency;
use payout::port::{Treasury, TreasuryError};
use payout::reason::Reason;
use payout::treasury::{ReportOf, ReportRow, RowKind};
use serde_json::{Value, json};
use trustly::transport::NoReply;

use crate::rig::{body, error, europe, result};
use crate::support::{OTHER_PAIR, PAIR};

/// As in the tests of Trustly's client for Java, with quotes, another order of columns, one that
/// nobody knows, and the other name of the last.
const CSV: &str = "accountname,datestamp,currency,amount,total,orderid,ordertype,messageid,username,\
    fxpaymentamount,fxpaymentcurrency,settlementbankwithdrawalid,externalreference,new column
BANK_WITHDRAWAL_QUEUED,\"2018-11-16 12:52:22.293626+00\",SEK,-10.00,-11.50,123,AccountPayout,po_a,\
    child,,,1234567890,\"ref, 1\",x
TRANSACTION_FEE_BANK_WITHDRAWAL,\"2018-11-16 12:52:22.293626+00\",SEK,-0.50,-11.50,123,\
    \"AccountPayout Fee\",po_a,child,,,1234567890,,
TRANSACTION_FEE_SETTLEMENT,\"2018-11-16 23:00:00+00\",SEK,-1.00,-11.50,,\"Settlement Fee\",,child,,,\
    1234567890,,
DEPOSIT,\"2018-11-16 12:00:00+00\",SEK,7.00,-11.50,9,Deposit,their-1,child,,,1234567890,,
";

fn sek() -> Currency {
    Currency::parse("SEK").unwrap()
}

fn of() -> ReportOf {
    ReportOf { day: Day::parse("2018-11-17").unwrap(), currency: sek() }
}

fn csv(text: &str) -> String {
    json!({ "view_automatic_settlement_details": text }).to_string()
}

async fn settlement(text: &str) -> Result<Vec<ReportRow>, TreasuryError> {
    let data = csv(text);
    let (europe, _) = europe(move |sent| Ok((200, result(&PAIR, sent, &data))));
    europe.settlement(of()).await
}

/// What was asked, without the credentials.
fn asked(sent: &[crate::script::Sent]) -> (String, Value) {
    let [only] = sent else { panic!("not one request") };
    let mut body = body(only);
    let mut data = body["params"]["Data"].take();
    for name in ["Username", "Password"] {
        assert!(data.as_object_mut().unwrap().remove(name).is_some());
    }
    (body["method"].as_str().unwrap().to_owned(), data)
}

#[tokio::test]
async fn a_settlement_report_is_read_by_its_header() {
    let data = csv(CSV);
    let (europe, script) = europe(move |sent| Ok((200, result(&PAIR, sent, &data))));
    let rows = europe.settlement(of()).await.unwrap();
    let (method, data) = asked(&script.sent());
    assert_eq!(method, "ViewAutomaticSettlementDetailsCSV");
    let attributes = json!({ "APIVersion": "1.2" });
    let expected =
        json!({ "SettlementDate": "2018-11-17", "Currency": "SEK", "Attributes": attributes });
    assert_eq!(data, expected);
    let shown: Vec<_> = rows.iter().map(|row| (row.kind, row.amount.minor_units)).collect();
    let kinds = [
        (RowKind::Payout, -1000),
        (RowKind::Fee, -50),
        (RowKind::Fee, -100),
        (RowKind::Other, 700),
    ];
    assert_eq!(shown, kinds);
    let text = |label: &Option<payout::treasury::Label>| label.clone().unwrap().as_str().to_owned();
    let first = &rows[0];
    assert_eq!(first.booked_at.to_string(), "2018-11-16T12:52:22.293Z");
    assert_eq!((text(&first.message_id), text(&first.order_id)), ("po_a".into(), "123".into()));
    assert_eq!(text(&first.account_name), "BANK_WITHDRAWAL_QUEUED");
    assert_eq!(text(&first.external_reference), "ref, 1");
    assert_eq!(text(&first.settlement_reference), "1234567890");
    assert_eq!((&rows[2].message_id, &rows[2].order_id), (&None, &None));
}

#[tokio::test]
async fn a_report_is_read_as_a_whole_or_not_at_all() {
    for (what, with) in [
        ("-10.00,", "-10.001,"),
        ("-10.00,", "ten,"),
        ("12:52:22.293626+00", "yesterday"),
        ("SEK,-10.00", "EUR,-10.00"),
        ("messageid", "message"),
        ("123,AccountPayout,po_a", "123,AccountPayout"),
        ("\"ref, 1\"", "\"ref, 1"),
    ] {
        let changed = CSV.replacen(what, with, 1);
        assert_ne!(changed, CSV, "{what}");
        let read = settlement(&changed).await;
        assert!(matches!(read, Err(TreasuryError::Unreadable(_))), "{with}: {read:?}");
    }
    assert!(matches!(settlement("").await, Err(TreasuryError::Unreadable(_))));
    let header = CSV.lines().next().unwrap();
    assert_eq!(settlement(header).await, Ok(Vec::new()));
}

/// Neither cut off nor cleaned does a name become another's.
#[tokio::test]
async fn names_that_cannot_be_kept_whole_stay_apart() {
    let long = "L".repeat(299);
    let names = [long.clone(), format!("{long}M"), "po_a\u{1b}".to_owned(), "po_a".to_owned()];
    let mut labels = std::collections::BTreeSet::new();
    for name in &names {
        let rows = settlement(&CSV.replace("po_a", name)).await.unwrap();
        let label = rows[0].message_id.clone().unwrap();
        assert_eq!(label.as_str() == name, name == "po_a", "{label:?}");
        let shown: String = name.chars().take(4).collect();
        assert!(label.as_str().starts_with(&shown));
        labels.insert(label);
    }
    assert_eq!(labels.len(), names.len());
}

#[tokio::test]
async fn funds_are_told_by_currency_and_exact() {
    let data = r#"[{"currency":"SEK","balance":"-3.10"},{"currency":"HRK","balance":"1.00"},
        {"currency":"EUR","balance":"96778.00"}]"#;
    let (europe, script) = europe(move |sent| Ok((200, result(&PAIR, sent, data))));
    let funds = europe.balance().await.unwrap();
    let shown: Vec<_> = funds.iter().map(|it| (it.currency.code(), it.minor_units)).collect();
    assert_eq!(shown, [("EUR", 9_677_800), ("SEK", -310)]);
    assert_eq!(asked(&script.sent()), ("Balance".to_owned(), json!({})));
}

#[tokio::test]
async fn a_ledger_amount_is_exact_or_refused() {
    for (amount, expected) in [
        ("5.00000000000000000000", Some(500)),
        ("-12.34000000000000000000", Some(-1234)),
        ("5.00000000000000000001", None),
        ("0.00500000000000000000", None),
    ] {
        let row = json!([{
            "userid": "1", "datestamp": "2014-01-30 13:28:45.652299+01", "orderid": "2190971587",
            "accountname": "BANK_WITHDRAWAL_QUEUED", "messageid": "po_a", "currency": "EUR",
            "transactiontype": "AccountPayout", "amount": amount, "gluepayid": "2190971587",
        }]);
        let data = row.to_string();
        let (europe, script) = europe(move |sent| Ok((200, result(&PAIR, sent, &data))));
        let day = Day::parse("2014-01-30").unwrap();
        let euro = Currency::parse("EUR").unwrap();
        let read = europe.ledger(day, day.next(), euro).await;
        let data = json!({ "FromDate": "2014-01-30", "ToDate": "2014-01-31", "Currency": "EUR" });
        assert_eq!(asked(&script.sent()), ("AccountLedger".to_owned(), data));
        match expected {
            Some(minor_units) => assert_eq!(read.unwrap()[0].amount.minor_units, minor_units),
            None => assert!(matches!(read, Err(TreasuryError::Unreadable(_))), "{amount}"),
        }
    }
}

#[tokio::test]
async fn a_withdrawal_of_another_order_is_no_answer() {
    let row = json!([{
        "reference": "1", "modificationdate": "2014-01-30 13:28:45.652299+01", "eta": null,
        "orderid": "2190971587", "datestamp": "2014-01-30 13:28:45.652299+01", "accountid": "2",
        "transferstate": "EXECUTING", "amount": "5.00", "currency": "EUR",
    }]);
    for (order, fits) in [("2190971587", true), ("2190971588", false)] {
        let data = row.to_string();
        let (europe, script) = europe(move |sent| Ok((200, result(&PAIR, sent, &data))));
        let read = europe.withdrawal(&ProviderReference::parse(order).unwrap()).await;
        let expected = ("GetWithdrawals".to_owned(), json!({ "OrderID": order }));
        assert_eq!(asked(&script.sent()), expected);
        assert_eq!(read.is_ok(), fits, "{read:?}");
        if let Ok(transfers) = read {
            assert_eq!(transfers[0].state.as_str(), "EXECUTING");
            assert_eq!(transfers[0].amount.minor_units, 500);
        }
    }
}

#[tokio::test]
async fn only_what_is_signed_is_an_answer() {
    let (unsigned, _) = europe(|sent| Ok((200, result(&OTHER_PAIR, sent, "[]"))));
    let untrusted = Err(TreasuryError::Unanswered(Reason::AnswerUntrusted));
    assert_eq!(unsigned.balance().await, untrusted);
    let (refused, _) = europe(|sent| Ok((200, error(Some(&PAIR), sent, 620))));
    assert_eq!(refused.balance().await, Err(TreasuryError::Refused("620".to_owned())));
    let (unreached, _) = europe(|_| Err(NoReply::NotSent));
    assert_eq!(unreached.balance().await, Err(TreasuryError::NotSent));
    let (lost, _) = europe(|_| Err(NoReply::Lost));
    let lost = lost.balance().await;
    assert_eq!(lost, Err(TreasuryError::Unanswered(Reason::AnswerLost)));
    let (odd, _) = europe(|sent| Ok((200, result(&PAIR, sent, r#"{"currency":"EUR"}"#))));
    assert!(matches!(odd.balance().await, Err(TreasuryError::Unreadable(_))));
}
