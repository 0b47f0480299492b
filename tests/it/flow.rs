//! Trustly's own account of payouts, step by step: "A typical payout flow" of the guide Pay out
//! money, and "Failed payouts" of the AccountPayout page. Comments with a number paraphrase theirs.

use api::v1::{
    CancelResult, CreatePayoutRequest, DestinationState, Money, Outcome, Payout, PayoutEventKind,
    PayoutState, ProviderReferenceKind, Reason, WaitUntil, event,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::refused;
use crate::links;
use crate::samples::{cancel_by_key, swedish_account, to_bank_details, to_handle};
use crate::world::{EU, Options, World, id_of, request};

/// The AccountID of a player who deposited with Trustly before.
const DEPOSITED_FROM: &str = "1234567890";

/// Slow enough that no notification overtakes what came before it.
const MINUTES_TO_SECONDS: u32 = 30;
/// Fast enough to see days pass.
const DAYS_TO_SECONDS: u32 = 20_000;

#[tokio::test]
async fn the_payout_flow_and_its_three_failures() {
    let world = world(MINUTES_TO_SECONDS).await;
    a_payout_that_is_denied_never_reaches_trustly(&world).await;
    let known = a_player_who_deposited_before(&world).await;
    let new = a_player_who_never_deposited(&world).await;
    let chosen = a_player_who_chooses_an_account(&world).await;
    for payout in [&known, &new, &chosen] {
        the_money_was_transferred(&world, payout).await;
    }
    not_enough_funds(&world).await;
    the_bank_reports_days_later_that_it_failed().await;
    the_transaction_crashed(&world).await;
    every_notification_was_answered_at_once(&world).await;
}

async fn world(time_factor: u32) -> World {
    World::start_with(&Options { time_factor, ..Options::default() }).await
}

/// Step 1: the player enters the amount, and asks for the payout.
fn ninety_eight_and_two_cents(request: CreatePayoutRequest) -> CreatePayoutRequest {
    let amount = Money { currency_code: "EUR".to_owned(), minor_units: 9802 };
    CreatePayoutRequest { amount: Some(amount), ..request }
}

fn to_known(key: &str) -> CreatePayoutRequest {
    ninety_eight_and_two_cents(to_handle(EU, key, DEPOSITED_FROM))
}

/// Step 2: verify the request. 2.3: if it is denied, no call is made to Trustly at all.
async fn a_payout_that_is_denied_never_reaches_trustly(world: &World) {
    let check = CreatePayoutRequest { validate_only: true, ..to_known("denied") };
    assert!(world.payouts().create_payout(check).await.unwrap().into_inner().validated);
    let denied = world.payouts().cancel_payout(cancel_by_key(EU, "denied")).await.unwrap();
    assert_eq!(denied.into_inner().result(), CancelResult::Fenced);
    let late = world.payouts().create_payout(to_known("denied")).await.unwrap_err();
    assert_eq!(refused(&late).reason, "KEY_FENCED");
    assert_eq!(asked(world).await, [] as [(String, String); 0]);
}

/// Step 2.1: who deposited with Trustly before has an AccountID, which AccountPayout is sent with.
async fn a_player_who_deposited_before(world: &World) -> Payout {
    let payout = pay(world, to_known("known")).await;
    assert_eq!(asked(world).await, [("AccountPayout".to_owned(), payout.id.clone())]);
    payout
}

/// Step 2.2: who never did gets one first, here by RegisterAccount.
async fn a_player_who_never_deposited(world: &World) -> Payout {
    let request = to_bank_details("new", swedish_account());
    let payout = pay(world, ninety_eight_and_two_cents(request)).await;
    let asked = asked(world).await;
    assert!(asked.contains(&("AccountPayout".to_owned(), payout.id.clone())), "{asked:?}");
    assert!(asked.iter().any(|(method, _)| method == "RegisterAccount"), "{asked:?}");
    payout
}

/// The same by SelectAccount: the player chooses an account on Trustly's pages, and an account
/// notification brings its AccountID.
async fn a_player_who_chooses_an_account(world: &World) -> Payout {
    let started = links::start(world, links::link("choice")).await.unwrap();
    links::decide(&started.url, "decision=complete").await;
    let id = started.destination.unwrap().id;
    world.wait_for_destination(EU, &id, DestinationState::Active).await;
    pay(world, ninety_eight_and_two_cents(request(EU, "chosen", &id))).await
}

/// Step 3: a synchronous response says that the request was received and is being processed, which
/// is not yet that it was paid.
async fn pay(world: &World, mut request: CreatePayoutRequest) -> Payout {
    let key = request.idempotency_key.clone();
    request.set_wait_until(WaitUntil::Submitted);
    let answer = world.payouts().create_payout(request).await.unwrap().into_inner();
    let payout = answer.payout.unwrap();
    let history = history(world, &key).await;
    let accepted = history.iter().find(|(_, after)| *after == PayoutState::Accepted);
    assert_eq!(accepted, Some(&(PayoutEventKind::Accepted, PayoutState::Accepted)));
    let movement = &world.movements(EU, &key).await[0];
    assert_eq!(movement["amount"], "98.02");
    let assigned = |kind: ProviderReferenceKind| kind == ProviderReferenceKind::Assigned;
    let order = payout.provider_references.iter().find(|it| assigned(it.kind())).unwrap();
    assert_eq!(movement["provider_id"], json!(order.value));
    payout
}

/// Step 4.3: the confirmation says that the money was transferred to the player's bank account.
async fn the_money_was_transferred(world: &World, payout: &Payout) {
    let key = &payout.idempotency_key;
    let paid = world.wait_for(EU, key, &[PayoutState::Completed]).await;
    assert_eq!((paid.outcome(), &paid.give_back), (Outcome::Succeeded, &None));
    assert_eq!(told(world, key).await, ["payoutconfirmation"]);
}

/// Failed payouts 1 and step 4.2: there are not enough funds on the merchant's account, and the
/// credit notification is sent immediately.
async fn not_enough_funds(world: &World) {
    fault(world, "unfunded", "no_funds").await;
    pay(world, to_known("unfunded")).await;
    let failed = world.wait_for(EU, "unfunded", &[PayoutState::Failed]).await;
    assert_credited_back(&failed);
    assert_eq!(told(world, "unfunded").await, ["credit"]);
    let movement = &world.movements(EU, "unfunded").await[0];
    assert_eq!(movement["state"], "failed");
}

/// Failed payouts 2 and step 4.2: the funds were sent, and then the bank tells that the transfer
/// failed: the credit notification can be sent several days after the request.
async fn the_bank_reports_days_later_that_it_failed() {
    let world = world(DAYS_TO_SECONDS).await;
    fault(&world, "closed", "credit_days_later").await;
    world.payouts().create_payout(to_known("closed")).await.unwrap();
    let sent = world.wait_for(EU, "closed", &[PayoutState::Completed]).await;
    assert_eq!((sent.outcome(), &sent.give_back), (Outcome::Succeeded, &None));
    let back = world.wait_for(EU, "closed", &[PayoutState::Returned]).await;
    assert_credited_back(&back);
    assert_eq!(told(&world, "closed").await, ["payoutconfirmation", "credit"]);
    assert_eq!(world.movements(EU, "closed").await[0]["state"], "returned");
}

/// Failed payouts 3 and step 4.1: the transaction crashed and was aborted. A cancel notification
/// can be sent at any point, so also before the synchronous response.
async fn the_transaction_crashed(world: &World) {
    for (key, fault_name) in [("crashed", "cancel_after_reply"), ("early", "cancel_before_reply")] {
        fault(world, key, fault_name).await;
        world.payouts().create_payout(to_known(key)).await.unwrap();
        let failed = world.wait_for(EU, key, &[PayoutState::Failed]).await;
        assert_eq!(failed.cause.clone().unwrap().reason(), Reason::ProviderAborted, "{key}");
        assert_credited_back(&failed);
        assert_eq!(told(world, key).await, ["cancel"], "{key}");
        assert_eq!(world.movements(EU, key).await[0]["state"], "failed", "{key}");
    }
}

/// The merchant flags the payout as failed and credits its amount to the player's balance.
fn assert_credited_back(payout: &Payout) {
    assert_eq!(payout.outcome(), Outcome::NotPaid, "{payout:?}");
    let give_back = payout.give_back.clone().unwrap();
    assert_eq!(give_back.amount, payout.amount, "{payout:?}");
    assert_eq!(payout.attention, [] as [i32; 0], "{payout:?}");
}

/// Step 5: the merchant's system responds to notifications in a timely manner, so that Trustly has
/// to send none of them again.
async fn every_notification_was_answered_at_once(world: &World) {
    world.quiet().await;
    let told = world.control(Method::GET, "notifications", Value::Null).await;
    let notifications = told["notifications"].as_array().unwrap();
    // One for each payout, and the account.
    assert_eq!(notifications.len(), 7, "{told}");
    for notification in notifications {
        assert_eq!(notification["state"], "delivered", "{notification}");
        assert_eq!(notification["attempts"], 1, "{notification}");
    }
}

async fn fault(world: &World, key: &str, fault: &str) {
    let (on, reference) = ("AccountPayout", id_of(EU, key));
    let rule = json!({ "region": "eu", "on": on, "fault": fault, "reference": reference });
    world.fault(rule).await;
}

/// What Trustly was asked: methods with their references.
async fn asked(world: &World) -> Vec<(String, String)> {
    let asked = world.control(Method::GET, "requests", Value::Null).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = asked["requests"].as_array().unwrap().iter();
    lines.map(|line| (text(&line["method"]), text(&line["reference"]))).collect()
}

/// The methods of Trustly's notifications about a payout, in order.
async fn told(world: &World, key: &str) -> Vec<String> {
    let path = format!("notifications?reference={}", id_of(EU, key));
    let told = world.control(Method::GET, &path, Value::Null).await;
    let notifications = told["notifications"].as_array().unwrap().iter();
    notifications.map(|one| one["method"].as_str().unwrap().to_owned()).collect()
}

/// The events of a payout that callers watch.
async fn history(world: &World, key: &str) -> Vec<(PayoutEventKind, PayoutState)> {
    let id = id_of(EU, key);
    let mut history = Vec::new();
    for event in world.events(EU).await {
        match event.event {
            Some(event::Event::PayoutEvent(about)) if about.payout_id == id => {
                history.push((about.kind(), about.state_after()));
            }
            _ => {}
        }
    }
    history
}
