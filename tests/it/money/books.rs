//! Settlement reports beside the payouts here: what fits, what does not, and what is mended.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use api::v1::{
    CheckSettlementRequest, CheckSettlementResponse, CreatePayoutRequest,
    ListSettlementBreaksRequest, PayoutState, SettlementBreak, SettlementBreakKind,
    SettlementCheck, SettlementVerdict, WaitUntil,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use payout::day::Day;
use payout::time::Timestamp;
use reqwest::Method;
use rsa::Pkcs1v15Sign;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tonic::{Code, Status};

use super::{count, text};
use crate::between;
use crate::calls::{Call, Case, invalid, refused};
use crate::ops::decision;
use crate::samples::to_handle;
use crate::trustly::Keys;
use crate::world::{EU, Options, PATIENCE, PAUSE, US, World, id_of};

const REPORT: &str = "ViewAutomaticSettlementDetailsCSV";

/// What is made of a report on its way.
type Edit = Arc<Mutex<Box<dyn Fn(&str) -> String + Send>>>;

#[tokio::test]
async fn what_does_not_fit_is_listed_until_it_fits() {
    let edit: Edit = Arc::new(Mutex::new(Box::new(str::to_owned)));
    let mut world = World::without_server(&Options::default()).await;
    serve_edited(&mut world, &edit).await;
    world.start_server().await;
    pay(&world, "returned", "credit_after_confirmation", PayoutState::Returned).await;
    for key in ["completed", "missing", "changed"] {
        pay(&world, key, "", PayoutState::Completed).await;
    }
    world.quiet().await;
    let date = close(&world, 0).await;
    let missing = missing_at(&date);

    *edit.lock().unwrap() = Box::new(damaged);
    let answer = check(&world, &date).await.unwrap();
    let [checked] = &answer.checks[..] else { panic!("{answer:?}") };
    assert_eq!(counts(checked), (2, 2 + missing, 0));
    check_breaks(&world, &date).await;
    world.kill_server();
    world.start_server().await;
    check_breaks(&world, &date).await;
    let table = text(&world, &["ops", "breaks"]);
    assert!(table.contains("AMOUNT_DIFFERS") && table.contains("EUR -9.99"), "{table}");
    wait_for_gauge(&world, 2 + missing).await;
    let again = check(&world, &date).await.unwrap();
    assert_eq!(counts(&again.checks[0]), (2, 2 + missing, 0));
    check_breaks(&world, &date).await;

    *edit.lock().unwrap() = Box::new(str::to_owned);
    let answer = check(&world, &date).await.unwrap();
    let [checked] = &answer.checks[..] else { panic!("{answer:?}") };
    assert_eq!(counts(checked), (4, 0, 2 + missing));
    assert_eq!(breaks(&world, false).await, []);
    let closed = breaks(&world, true).await;
    assert!(
        i32::try_from(closed.len()) == Ok(2 + missing)
            && closed.iter().all(|one| one.closed_at.is_some()),
        "{closed:?}"
    );
    wait_for_gauge(&world, 0).await;
    for key in ["completed", "missing", "changed"] {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
    }
}

/// A payout that one report lacks and another one has is missing no more, and one that was in the
/// report before is not missed.
#[tokio::test]
async fn what_comes_with_another_report_is_not_missing() {
    let world = World::start().await;
    let mut dates = Vec::new();
    for (key, days) in [("yesterday", 1), ("earlier", 2), ("today", 0)] {
        pay(&world, key, "", PayoutState::Completed).await;
        world.quiet().await;
        dates.push(close(&world, days).await);
    }
    let [_, earlier, today] = &dates[..] else { panic!("{dates:?}") };
    let missing = missing_at(today);
    let answer = check(&world, today).await.unwrap();
    assert_eq!(counts(&answer.checks[0]), (1, missing, 0));
    for found in breaks(&world, false).await {
        assert_eq!(found.payout_id, id_of(EU, "earlier"));
        assert_eq!(found.kind(), SettlementBreakKind::Missing);
    }
    let answer = check(&world, earlier).await.unwrap();
    assert_eq!(counts(&answer.checks[0]), (1, 0, missing));
    assert_eq!(breaks(&world, false).await, []);
}

/// Debited, but neither an answer nor a notification came through: a hint for whoever settles it.
/// What is settled as not paid must not be debited.
#[tokio::test]
async fn a_debit_of_what_is_in_doubt_is_a_hint_until_it_is_settled() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"2s\"".to_owned())];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    for fault in ["lose_reply", "drop_notification"] {
        let on = "AccountPayout";
        world.fault(json!({ "region": "eu", "on": on, "fault": fault, "times": 1000 })).await;
    }
    let keys = ["paid", "unpaid"];
    for key in keys {
        let mut request = to_handle(EU, key, "1234567890");
        request.set_wait_until(WaitUntil::Recorded);
        world.payouts().create_payout(request).await.unwrap();
    }
    let parked = api::v1::Attention::Parked.into();
    for key in keys {
        let is_parked = |payout: &api::v1::Payout| payout.attention.contains(&parked);
        world.wait_until(EU, key, "parked", is_parked).await;
    }
    world.quiet().await;
    let date = close(&world, 0).await;
    assert_eq!(counts(&check(&world, &date).await.unwrap().checks[0]), (0, 2, 0));
    for found in breaks(&world, false).await {
        assert_eq!(found.kind(), SettlementBreakKind::DebitedInDoubt);
        assert_eq!(found.reported_amount.unwrap().minor_units, -1000);
        assert!(found.expected_amount.is_none() && !found.payout_id.is_empty());
    }
    let verdicts = [("paid", SettlementVerdict::Paid), ("unpaid", SettlementVerdict::NotPaid)];
    for (key, verdict) in verdicts {
        world.operations().settle_payout(decision(key, verdict)).await.unwrap();
    }
    let other = close(&world, 1).await;
    assert_eq!(counts(&check(&world, &other).await.unwrap().checks[0]), (0, 0, 1));
    for checked in [(0, 0, 0), (1, 1, 0)] {
        let [found] = &breaks(&world, false).await[..] else { panic!("not one break") };
        assert_eq!(found.kind(), SettlementBreakKind::AmountDiffers);
        assert_eq!(found.payout_id, id_of(EU, "unpaid"));
        assert_eq!(found.expected_amount.as_ref().unwrap().minor_units, 0);
        let date = if checked == (0, 0, 0) { &other } else { &date };
        assert_eq!(counts(&check(&world, date).await.unwrap().checks[0]), checked);
    }
}

/// Their rows have the name of the order that they were made from, and the provider's id of each.
#[tokio::test]
async fn payouts_from_an_earlier_order_fit_their_rows() {
    let edit: Edit = Arc::new(Mutex::new(Box::new(str::to_owned)));
    let mut world = World::without_server(&Options::default()).await;
    serve_edited(&mut world, &edit).await;
    world.start_server().await;
    let order = json!({ "message_id": "p2p-1", "amount": "100.00", "currency": "EUR" });
    world.control(Method::POST, "p2p_orders", order).await;
    for key in ["first", "second", "third"] {
        let request = CreatePayoutRequest {
            related_order_reference: "p2p-1".to_owned(),
            ..to_handle(EU, key, "1234567890")
        };
        world.payouts().create_payout(request).await.unwrap();
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
    }
    world.quiet().await;
    let date = close(&world, 0).await;
    assert_eq!(counts(&check(&world, &date).await.unwrap().checks[0]), (3, 0, 0));
    *edit.lock().unwrap() = Box::new(|csv| csv.replacen("-10.00", "-9.99", 1));
    assert_eq!(counts(&check(&world, &date).await.unwrap().checks[0]), (2, 1, 0));
    let [found] = &breaks(&world, false).await[..] else { panic!("not one break") };
    assert_eq!(found.kind(), SettlementBreakKind::AmountDiffers);
    assert_eq!(found.payout_id, id_of(EU, "first"));
}

#[tokio::test]
async fn a_report_that_cannot_be_had_says_why() {
    let world = World::start().await;
    let to_come = Day::of(Timestamp::from_millis(now_millis())).before(-2).to_string();
    for (date, currency, field) in [
        (&*to_come, "EUR", "settlement_date"),
        ("", "EUR", "settlement_date"),
        ("2026-02-30", "EUR", "settlement_date"),
        ("1969-12-31", "EUR", "settlement_date"),
        ("2026-01-01", "euro", "currency_code"),
    ] {
        let call = Call::CheckSettlement(request(EU, date, currency));
        invalid(field, call, &[field], "").check(&world).await;
    }
    let (code, reason) = (Code::Unimplemented, "NOT_SUPPORTED");
    let americas = Call::CheckSettlement(request(US, "2026-01-01", "USD"));
    Case { code, reason, ..invalid("americas", americas, &[], "") }.check(&world).await;
    world.fault(json!({ "region": "eu", "on": REPORT, "fault": "unsigned_error" })).await;
    let said = refused(&check(&world, "2026-01-01").await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (Code::Unavailable, "PROVIDER_UNAVAILABLE"));
    let list = |page_size, page_token: &str| {
        let (merchant, page_token) = (EU.to_owned(), page_token.to_owned());
        let include_closed = false;
        Call::ListBreaks(ListSettlementBreaksRequest {
            merchant,
            include_closed,
            page_size,
            page_token,
        })
    };
    invalid("size", list(-1, ""), &["page_size"], "").check(&world).await;
    let reason = "INVALID_PAGE_TOKEN";
    Case { reason, ..invalid("token", list(0, "x"), &["page_token"], "") }.check(&world).await;
}

#[tokio::test]
async fn reports_are_fetched_without_being_asked_for() {
    let statement = "shopper_statement = \"Demo Merchant\"";
    let settled = format!("{statement}\nsettled_currencies = [\"EUR\", \"SEK\"]");
    let options = Options { replace: vec![(statement, settled)], ..Options::default() };
    let world = World::start_with(&options).await;
    let end = Instant::now() + PATIENCE;
    while count(&world, REPORT).await < 6 {
        assert!(Instant::now() < end, "three days in two currencies are six reports");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A currency whose report cannot be read does not keep the others from being compared, neither by
/// itself nor by hand, and the failure is told.
#[tokio::test]
async fn one_currency_does_not_mask_another() {
    let statement = "shopper_statement = \"Demo Merchant\"";
    let settled = format!("{statement}\nsettled_currencies = [\"EUR\", \"SEK\"]");
    let options = Options { replace: vec![(statement, settled)], ..Options::default() };
    let mut world = World::without_server(&options).await;
    let keys = Keys::of(&world);
    between::serve(&world, move |asked, answer| {
        let is_euro = String::from_utf8_lossy(asked).contains("\"EUR\"");
        let edit: Edit = Arc::new(Mutex::new(Box::new(move |csv| match is_euro {
            true => String::new(),
            false => format!("{csv}{}", foreign_row("SEK")),
        })));
        edited(answer, &keys, &edit)
    })
    .await;
    world.start_server().await;
    let end = Instant::now() + PATIENCE;
    while breaks(&world, false).await.is_empty() {
        assert!(Instant::now() < end, "the report in SEK was not compared");
        tokio::time::sleep(PAUSE).await;
    }
    let (date, all) = ("2026-01-01", "");
    loop {
        let answer = world.operations().check_settlement(request(EU, date, all)).await;
        let said = refused(&answer.unwrap_err());
        if said.reason == "PROVIDER_UNAVAILABLE" {
            break;
        }
        assert_eq!(said.reason, "OVERLOADED", "the daily run is under way, at most");
        assert!(Instant::now() < end, "the daily run does not end");
        tokio::time::sleep(PAUSE).await;
    }
    let found = breaks(&world, false).await;
    assert!(found.iter().any(|one| one.settlement_date == date), "{found:?}");
    assert!(found.iter().all(|one| one.reference == "foreign-1"), "{found:?}");
}

/// A row of somebody else's, in the columns of the simulator.
fn foreign_row(currency: &str) -> String {
    format!("2026-01-01 12:00:00+00,X,{currency},-1.00,-1.00,7,AccountPayout,foreign-1,u,,,9,\n")
}

/// Matched, broken and closed.
fn counts(checked: &SettlementCheck) -> (i32, i32, i32) {
    (checked.matched_count, checked.break_count, checked.closed_count)
}

/// How many payouts of now a report of that date must have, which has rows of now: none just before
/// midnight.
fn missing_at(date: &str) -> i32 {
    let now = Timestamp::from_millis(now_millis());
    let edge = i64::try_from(payout::reconcile::EDGE.as_millis()).unwrap();
    let until = Day::parse(date).unwrap().next().start().as_millis() - edge;
    i32::from(now.as_millis() < until)
}

fn now_millis() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// Closes all bookings that are not closed yet into a settlement so many days ago.
async fn close(world: &World, days: i64) -> String {
    let date = Day::of(Timestamp::from_millis(now_millis())).before(days).to_string();
    world.control(Method::POST, "settlements", json!({ "date": date })).await;
    date
}

async fn pay(world: &World, key: &str, fault: &str, state: PayoutState) {
    if !fault.is_empty() {
        let reference = id_of(EU, key);
        let on = "AccountPayout";
        world
            .fault(json!({ "region": "eu", "on": on, "fault": fault, "reference": reference }))
            .await;
    }
    world.payouts().create_payout(to_handle(EU, key, "1234567890")).await.unwrap();
    world.wait_for(EU, key, &[state]).await;
}

async fn check(world: &World, date: &str) -> Result<CheckSettlementResponse, Status> {
    world
        .operations()
        .check_settlement(request(EU, date, "EUR"))
        .await
        .map(tonic::Response::into_inner)
}

fn request(merchant: &str, date: &str, currency: &str) -> CheckSettlementRequest {
    CheckSettlementRequest {
        merchant: merchant.to_owned(),
        settlement_date: date.to_owned(),
        currency_code: currency.to_owned(),
    }
}

/// All breaks, page by page, by reference.
async fn breaks(world: &World, include_closed: bool) -> Vec<SettlementBreak> {
    let mut request = ListSettlementBreaksRequest {
        merchant: EU.to_owned(),
        include_closed,
        ..Default::default()
    };
    request.page_size = 2;
    let mut all = Vec::new();
    loop {
        let answer = world.operations().list_settlement_breaks(request.clone()).await.unwrap();
        let answer = answer.into_inner();
        all.extend(answer.breaks);
        if answer.next_page_token.is_empty() {
            all.sort_by(|a, b| a.reference.cmp(&b.reference));
            return all;
        }
        request.page_token = answer.next_page_token;
    }
}

/// One of each kind, whatever process tells it.
async fn check_breaks(world: &World, date: &str) {
    let all = breaks(world, false).await;
    assert_eq!(i32::try_from(all.len()), Ok(2 + missing_at(date)), "{all:?}");
    for (reference, kind, reported, expected) in [
        (id_of(EU, "missing"), SettlementBreakKind::Missing, None, Some(-1000)),
        (id_of(EU, "changed"), SettlementBreakKind::AmountDiffers, Some(-999), Some(-1000)),
        ("foreign-1".to_owned(), SettlementBreakKind::UnknownHere, Some(-500), None),
    ] {
        let found = all.iter().find(|one| one.reference == reference);
        if kind == SettlementBreakKind::Missing && missing_at(date) == 0 {
            assert_eq!(found, None);
            continue;
        }
        let found = found.unwrap();
        let amount = |money: &Option<api::v1::Money>| money.as_ref().map(|it| it.minor_units);
        assert_eq!(found.kind(), kind);
        assert_eq!(amount(&found.reported_amount), reported, "{found:?}");
        assert_eq!(amount(&found.expected_amount), expected, "{found:?}");
        let known = kind != SettlementBreakKind::UnknownHere;
        assert_eq!(found.payout_id, if known { reference } else { String::new() });
        assert_eq!((found.settlement_date.as_str(), found.merchant.as_str()), (date, EU));
        assert_eq!(found.order_reference.is_empty(), kind == SettlementBreakKind::Missing);
        assert!(found.found_at.is_some() && found.closed_at.is_none());
    }
}

async fn wait_for_gauge(world: &World, value: i32) {
    let line = format!("payoutd_settlement_breaks_open{{merchant=\"{EU}\"}} {value}\n");
    let end = Instant::now() + PATIENCE;
    loop {
        let url = format!("http://{}/metrics", world.admin_at);
        let metrics = world.http.get(url).send().await.unwrap().text().await.unwrap();
        if metrics.contains(&line) {
            return;
        }
        assert!(Instant::now() < end, "no {line} in {metrics}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A report without one payout, with another's amount changed, and with somebody else's.
fn damaged(csv: &str) -> String {
    let (missing, changed) = (id_of(EU, "missing"), id_of(EU, "changed"));
    let mut out = String::new();
    for line in csv.lines().filter(|line| !line.contains(&missing)) {
        let is_changed = line.contains(&changed) && line.contains("-10.00");
        out += &if is_changed { line.replacen("-10.00", "-9.99", 1) } else { line.to_owned() };
        out.push('\n');
        if is_changed {
            let foreign = line.replace(&changed, "foreign-1").replacen("-10.00", "-5.00", 1);
            out += &format!("{foreign}\n");
        }
    }
    out
}

/// Puts somebody between the server and the simulator who changes reports, with the provider's key.
async fn serve_edited(world: &mut World, edit: &Edit) {
    let (keys, edit) = (Keys::of(world), edit.clone());
    between::serve(world, move |_, answer| edited(answer, &keys, &edit)).await;
}

/// The same answer, but for reports.
fn edited(answer: &[u8], keys: &Keys, edit: &Edit) -> Vec<u8> {
    let mut tree: Value = serde_json::from_slice(answer).unwrap();
    let result = &mut tree["result"];
    if result["method"] != REPORT {
        return answer.to_vec();
    }
    let name = "view_automatic_settlement_details";
    let csv = (edit.lock().unwrap())(result["data"][name].as_str().unwrap());
    let plaintext = format!("{REPORT}{}{name}{csv}", result["uuid"].as_str().unwrap());
    let digest = Sha1::digest(plaintext);
    let signature = keys.trustly.sign(Pkcs1v15Sign::new::<Sha1>(), &digest).unwrap();
    result["data"] = json!({ name: csv });
    result["signature"] = json!(BASE64.encode(signature));
    tree.to_string().into_bytes()
}
