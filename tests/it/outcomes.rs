//! What becomes of a payout when something goes wrong at the provider or on the way: the outcome
//! says what the provider's ledger says, and money never moves twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use api::v1::{
    Attention, ListPayoutsRequest, Outcome, Payout, PayoutEventKind, PayoutState, Reason,
    WaitUntil, event,
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{EU, Options, PATIENCE, US, World, id_of, request};

/// Between two looks at all payouts of a world.
const PAUSE: Duration = Duration::from_millis(200);

/// A payout, what goes wrong with it, and what is to become of it.
struct Case {
    name: &'static str,
    faults: Vec<Value>,
    state: PayoutState,
    /// Of the payout; where there is nothing to explain, none.
    reason: Option<Reason>,
    /// The states of its movements of money in the provider's ledger.
    movements: &'static [&'static str],
}

const PAID: &[&str] = &["completed"];
const ABORTED: &[&str] = &["failed"];
const BACK: &[&str] = &["returned"];
const NEVER: &[&str] = &[];

fn case(name: &'static str, faults: &[Value], movements: &'static [&'static str]) -> Case {
    let state = match movements {
        PAID => PayoutState::Completed,
        BACK => PayoutState::Returned,
        _ => PayoutState::Failed,
    };
    Case { name, faults: faults.to_vec(), state, reason: None, movements }
}

fn failed(name: &'static str, faults: &[Value], reason: Reason) -> Case {
    Case { reason: Some(reason), ..case(name, faults, NEVER) }
}

#[tokio::test]
async fn outcomes_in_europe_agree_with_the_ledger() {
    let cases = europe();
    // Trustly tells a return soon after the confirmation here; on a busy machine it must not be so
    // soon that it overtakes it, for then the payout would be FAILED instead of RETURNED.
    let world = World::start_with(&Options { time_factor: 100, ..Options::default() }).await;
    run(&world, EU, &cases).await;
    check_all(&world, EU, &cases).await;
}

#[tokio::test]
async fn outcomes_in_the_americas_agree_with_the_ledger() {
    let cases = americas();
    let world = World::start_with(&Options { seed: 2, ..Options::default() }).await;
    run(&world, US, &cases).await;
    check_all(&world, US, &cases).await;
}

fn europe() -> Vec<Case> {
    let on = |fault: &str| json!({ "on": "AccountPayout", "fault": fault });
    let times =
        |fault: &str, times: u32| json!({ "on": "AccountPayout", "fault": fault, "times": times });
    let refuse = |code: u16, times: u32| json!({ "on": "AccountPayout", "fault": "refuse", "code": code, "times": times });
    let delayed = |fault: &str, delay_ms: u32| json!({ "on": "AccountPayout", "fault": fault, "delay_ms": delay_ms });
    let forged = json!({ "on": "notification", "fault": "bad_signature", "times": 2 });
    let silent =
        |name, faults: &[Value]| Case { state: PayoutState::Accepted, ..case(name, faults, PAID) };
    vec![
        case("plain", &[], PAID),
        case("no-funds", &[on("no_funds")], ABORTED),
        case("returned", &[on("credit_after_confirmation")], BACK),
        case("cancel-first", &[on("cancel_before_reply")], ABORTED),
        case("cancel-first-and-lost", &[on("cancel_before_reply"), on("lose_reply")], ABORTED),
        case("http-500", &[times("http_500", 2)], PAID),
        case("proxy-403", &[times("proxy_403", 2)], PAID),
        case("forged-reply", &[times("bad_signature", 2)], PAID),
        case("unsigned-error", &[times("unsigned_error", 2)], PAID),
        case("lost", &[times("lose_reply", 2)], PAID),
        case("lost-and-returned", &[on("lose_reply"), on("credit_after_confirmation")], BACK),
        case("late", &[delayed("late_commit", 300)], PAID),
        case("slower-than-the-time-out", &[delayed("delay", 3000)], PAID),
        failed("account", &[refuse(624, 1)], Reason::AccountInvalid),
        failed("amount", &[refuse(615, 1)], Reason::RequestRejected),
        failed("blocked", &[refuse(638, 1)], Reason::CustomerBlocked),
        failed("refused-after-doubt", &[on("http_500"), refuse(624, 1)], Reason::AccountInvalid),
        case("access", &[refuse(616, 2)], PAID),
        case("address", &[refuse(607, 2)], PAID),
        case("signature", &[refuse(636, 2)], PAID),
        case("access-after-doubt", &[on("lose_reply"), refuse(616, 1)], PAID),
        // The credit comes first, and the confirmation before it is old news by then.
        Case {
            state: PayoutState::Failed,
            ..case(
                "reordered",
                &[on("reorder_notifications"), on("credit_after_confirmation")],
                BACK,
            )
        },
        case("told-twice", &[on("duplicate_notification")], PAID),
        case("notice-lost", &[times("lose_notification", 2)], PAID),
        case("notice-forged", &[forged], PAID),
        case("no-duplicate-check", &[on("duplicate_check_off")], PAID),
        silent("silent", &[on("silent_success")]),
        silent("dropped", &[times("drop_notification", 1000)]),
    ]
}

fn americas() -> Vec<Case> {
    let rule =
        |on: &str, fault: &str, times: u32| json!({ "on": on, "fault": fault, "times": times });
    let on = |fault: &str| rule("deposit", fault, 1);
    let refuse = |code: u16, times: u32| json!({ "on": "deposit", "fault": "refuse", "code": code, "times": times });
    let delayed = |fault: &str, delay_ms: u32| json!({ "on": "deposit", "fault": fault, "delay_ms": delay_ms });
    let lag = json!({ "on": "list", "fault": "list_lag", "delay_ms": 8000, "times": 1000 });
    let unheard = rule("deposit", "drop_notification", 1000);
    let because = |name, faults: &[Value], reason| Case {
        reason: Some(reason),
        ..case(name, faults, ABORTED)
    };
    vec![
        case("plain", &[], PAID),
        because("no-funds", &[on("no_funds")], Reason::MerchantFundsInsufficient),
        because("declined", &[on("decline_sync")], Reason::MerchantFundsInsufficient),
        case("returned", &[on("credit_after_confirmation")], BACK),
        case("http-500", &[on("http_500")], PAID),
        case("proxy-403", &[on("proxy_403")], PAID),
        case("lost", &[on("lose_reply")], PAID),
        case("lost-and-unheard", &[on("lose_reply"), unheard.clone()], PAID),
        case("lost-and-returned", &[on("lose_reply"), on("credit_after_confirmation")], BACK),
        case("late", &[delayed("late_commit", 300)], PAID),
        case("slower-than-the-time-out", &[delayed("delay", 3000)], PAID),
        failed("account", &[refuse(330, 1)], Reason::AccountInvalid),
        failed("token", &[refuse(326, 1)], Reason::ReauthenticationRequired),
        failed("risk", &[refuse(390, 1)], Reason::RiskDeclined),
        failed("parameter", &[refuse(200, 1)], Reason::RequestRejected),
        failed("refused-after-doubt", &[on("http_500"), refuse(330, 1)], Reason::AccountInvalid),
        case("access", &[refuse(375, 2)], PAID),
        case("security", &[refuse(300, 2)], PAID),
        case("permission", &[refuse(325, 2)], PAID),
        case("internal-error", &[refuse(100, 1)], PAID),
        case("of-no-known-code", &[refuse(999, 1)], PAID),
        case("list-lags", &[on("lose_reply"), unheard.clone(), lag], PAID),
        case("get-fails", &[unheard.clone(), rule("get", "http_500", 3)], PAID),
        case("list-fails", &[on("lose_reply"), unheard.clone(), rule("list", "http_500", 3)], PAID),
        case("reordered", &[on("reorder_notifications"), on("credit_after_confirmation")], BACK),
        case("told-twice", &[on("duplicate_notification")], PAID),
        case("notice-lost", &[rule("deposit", "lose_notification", 2)], PAID),
        case("notice-forged", &[rule("notification", "bad_signature", 2)], PAID),
        case("unheard", std::slice::from_ref(&unheard), PAID),
        because("unheard-no-funds", &[unheard, on("no_funds")], Reason::MerchantFundsInsufficient),
        case("no-duplicate-check", &[on("duplicate_check_off"), on("http_500")], PAID),
    ]
}

/// Creates all payouts at once, each with what goes wrong with it, and waits until each is where
/// it is to be.
async fn run(world: &World, merchant: &str, cases: &[Case]) {
    let region = if merchant == EU { "eu" } else { "amer" };
    let creations = cases.iter().map(|case| async move {
        for fault in &case.faults {
            let mut rule = fault.clone();
            rule["region"] = json!(region);
            rule["reference"] = json!(id_of(merchant, case.name));
            world.fault(rule).await;
        }
        let destination = world.destination(merchant).await;
        let mut create = request(merchant, case.name, &destination);
        create.wait_until = WaitUntil::Recorded.into();
        world.payouts().create_payout(create).await.unwrap();
    });
    join_all(creations).await;
    let end = Instant::now() + PATIENCE;
    loop {
        let payouts = listed(world, merchant).await;
        let still: Vec<_> = cases
            .iter()
            .filter(|case| payouts[case.name].state() != case.state)
            .map(|case| (case.name, &payouts[case.name]))
            .collect();
        if still.is_empty() {
            break;
        }
        assert!(Instant::now() < end, "not where they are to be: {still:#?}");
        tokio::time::sleep(PAUSE).await;
    }
    world.quiet().await;
    check_fired(world).await;
}

/// What was to go wrong went wrong; only a duplicate check that is off may not be needed, nor a
/// look-up where a webhook was quicker.
async fn check_fired(world: &World) {
    let faults = world.control(Method::GET, "faults", Value::Null).await;
    for rule in faults["rules"].as_array().unwrap() {
        let may_rest = rule["fault"] == "duplicate_check_off" || rule["on"] == "list";
        assert!(rule["fired"] != 0 || may_rest, "{rule}");
    }
}

/// Holds every payout to what is expected and to the ledger.
async fn check_all(world: &World, merchant: &str, cases: &[Case]) {
    let payouts = listed(world, merchant).await;
    let moved = movements(world).await;
    for Case { name, state, reason, movements, .. } in cases {
        let payout = &payouts[*name];
        assert_eq!(payout.state(), *state, "{name}: {payout:?}");
        assert_eq!(moved.get(&payout.id).map_or(&[][..], Vec::as_slice), *movements, "{name}");
        if let Some(reason) = reason {
            assert_eq!(payout.cause.as_ref().unwrap().reason(), *reason, "{name}");
        }
        let ended = payout.outcome() == Outcome::NotPaid;
        assert_eq!(payout.give_back.is_some(), ended, "{name}");
        assert_eq!(payout.attention, Vec::<i32>::new(), "{name}");
    }
    check_give_backs(world, merchant, &payouts).await;
}

/// Each instruction to give back is in the log once, whatever was told how often.
async fn check_give_backs(world: &World, merchant: &str, payouts: &BTreeMap<String, Payout>) {
    let (mut told, mut kinds) = (Vec::new(), BTreeSet::new());
    for event in world.events(merchant).await {
        let Some(event::Event::PayoutEvent(about)) = event.event else { continue };
        kinds.insert(about.kind());
        told.extend(about.give_back.map(|back| back.id));
    }
    told.sort();
    let given = payouts.values().filter_map(|payout| payout.give_back.as_ref());
    let mut given: Vec<_> = given.map(|back| back.id.clone()).collect();
    given.sort();
    assert_eq!(told, given);
    assert!(kinds.contains(&PayoutEventKind::Returned), "{kinds:?}");
}

#[tokio::test]
async fn what_is_refused_for_access_is_sent_anew_once_mended() {
    let world = World::start().await;
    for (merchant, region, on, code) in
        [(EU, "eu", "AccountPayout", 616), (US, "amer", "deposit", 375)]
    {
        let rule = json!({
            "region": region, "on": on, "fault": "refuse", "code": code, "times": 1000,
        });
        world.fault(rule).await;
        let destination = world.destination(merchant).await;
        world.payouts().create_payout(request(merchant, "held", &destination)).await.unwrap();
        let tried = |it: &Payout| it.state() == PayoutState::Pending && it.attempts.len() == 2;
        let held = world.wait_until(merchant, "held", "tried again", tried).await;
        assert_eq!(held.cause.unwrap().reason(), Reason::AccessRefused);
        world.clear_faults().await;
        let paid = world.wait_for(merchant, "held", &[PayoutState::Completed]).await;
        assert_eq!(world.movements(merchant, "held").await.len(), 1);
        // Europe answers what it has seen as it did the first time, so each was another request;
        // the Americas take the reference for the same order.
        let distinct = distinct_requests(&world, &paid.id).await;
        let attempts = if merchant == EU { paid.attempts.len() } else { 1 };
        assert_eq!(distinct, attempts, "{merchant}");
    }
}

/// How many different bodies of payouts the simulator was sent under a reference.
async fn distinct_requests(world: &World, id: &str) -> usize {
    let path = format!("requests?reference={id}");
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let lines = asked["requests"].as_array().unwrap();
    let pays = |line: &&Value| line["method"] == "AccountPayout" || line["method"] == "deposit";
    let line = lines.iter().find(pays).unwrap();
    let mut bodies = line["body_sha256"].as_array().unwrap().clone();
    bodies.sort_by_key(Value::to_string);
    bodies.dedup();
    bodies.len()
}

#[tokio::test]
async fn what_stays_in_doubt_beyond_the_horizon_is_parked() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"4000ms\"".to_owned())];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    let refuse = |on: &str, code: u16| json!({ "on": on, "fault": "refuse", "code": code });
    let never = |on: &str, fault: &str| json!({ "on": on, "fault": fault, "times": 1000 });
    let parked = |name, faults: &[Value], reason| Case {
        name,
        faults: faults.to_vec(),
        state: PayoutState::Indeterminate,
        reason: Some(reason),
        movements: NEVER,
    };
    let europe = [
        parked("message-id", &[refuse("AccountPayout", 637)], Reason::HorizonPassed),
        parked("uuid", &[refuse("AccountPayout", 688)], Reason::HorizonPassed),
        parked("unknown", &[refuse("AccountPayout", 620)], Reason::HorizonPassed),
        parked("unsigned", &[never("AccountPayout", "unsigned_error")], Reason::HorizonPassed),
    ];
    let americas = [parked("reference", &[refuse("deposit", 210)], Reason::HorizonPassed)];
    for (merchant, cases) in [(EU, &europe[..]), (US, &americas[..])] {
        run(&world, merchant, cases).await;
        for Case { name, reason, movements: expected, .. } in cases {
            let payout = world.wait_until(merchant, name, "parked", is_parked).await;
            assert_eq!(payout.cause.map(|it| it.reason()), *reason, "{merchant} {name}");
            let moved = movements(&world).await;
            assert_eq!(moved.get(&payout.id).map_or(&[][..], Vec::as_slice), *expected);
        }
    }
}

#[tokio::test]
async fn without_a_confirmed_protection_nothing_is_sent_twice() {
    let replace = vec![(
        "duplicate_protection = \"confirmed\"",
        "duplicate_protection = \"unconfirmed\"".to_owned(),
    )];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    let on = |fault: &str| json!({ "on": "deposit", "fault": fault });
    let lag = json!({ "on": "list", "fault": "list_lag", "delay_ms": 600_000, "times": 1000 });
    let parked = |name, faults: &[Value], movements| Case {
        state: PayoutState::Indeterminate,
        reason: Some(Reason::ResendUnprotected),
        ..case(name, faults, movements)
    };
    let unheard = json!({ "on": "deposit", "fault": "drop_notification", "times": 1000 });
    let hidden = [on("lose_reply"), unheard.clone(), lag, on("duplicate_check_off")];
    let cases = [
        case("plain", &[], PAID),
        case("found", &[on("lose_reply"), unheard], PAID),
        parked("absent", &[on("http_500")], NEVER),
        // It is there, and the look-ups do not show it: to send it again would pay it twice.
        parked("hidden", &hidden, PAID),
    ];
    run(&world, US, &cases).await;
    for name in ["absent", "hidden"] {
        let payout = world.wait_until(US, name, "parked", is_parked).await;
        assert_eq!(payout.cause.unwrap().reason(), Reason::ResendUnprotected);
        assert_eq!(payout.attempts.len(), 1);
    }
    let moved = movements(&world).await;
    for Case { name, movements, .. } in &cases {
        let id = id_of(US, name);
        assert_eq!(moved.get(&id).map_or(&[][..], Vec::as_slice), *movements, "{name}");
    }
    let doubtful = ListPayoutsRequest {
        merchant: US.to_owned(),
        states: vec![PayoutState::Indeterminate.into()],
        ..ListPayoutsRequest::default()
    };
    let listed = world.payouts().list_payouts(doubtful).await.unwrap().into_inner();
    assert_eq!(listed.payouts.len(), 2, "{listed:?}");
}

fn is_parked(payout: &Payout) -> bool {
    let attention: Vec<_> = payout.attention().collect();
    payout.state() == PayoutState::Indeterminate && attention == [Attention::Parked]
}

/// All payouts of a merchant by their key.
async fn listed(world: &World, merchant: &str) -> BTreeMap<String, Payout> {
    let request = ListPayoutsRequest {
        merchant: merchant.to_owned(),
        page_size: 500,
        ..ListPayoutsRequest::default()
    };
    let payouts = world.payouts().list_payouts(request).await.unwrap().into_inner().payouts;
    payouts.into_iter().map(|payout| (payout.idempotency_key.clone(), payout)).collect()
}

/// The states of all movements in the provider's ledger, by reference.
async fn movements(world: &World) -> BTreeMap<String, Vec<String>> {
    let ledger = world.control(Method::GET, "ledger", Value::Null).await;
    let mut moved: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for movement in ledger["movements"].as_array().unwrap() {
        let reference = movement["reference"].as_str().unwrap().to_owned();
        moved.entry(reference).or_default().push(movement["state"].as_str().unwrap().to_owned());
    }
    moved
}
