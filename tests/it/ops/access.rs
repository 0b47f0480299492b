//! Whom a refusal of access holds up, for how long, and what ends it; told by the calls that may
//! meet one: payouts, registrations and links.

use std::time::{Duration, Instant};

use api::v1::{
    Actor, Destination, Payout, PayoutState, QueueHoldKind, Reason, RegisterDestinationRequest,
    ResumeSubmissionRequest, WaitUntil,
};
use serde_json::json;
use tonic::Status;

use super::{
    ALWAYS, create, describe, on_submission, straight, submissions, wait_for_holds,
    wait_for_submissions,
};
use crate::calls::Call;
use crate::links::link;
use crate::samples::{iban_of_a_person, swedish_account, to_bank_details};
use crate::world::{CUSTOMER, EU, Options, World, id_of};

/// Longer than any test waits: what happens meanwhile did not wait for the end of a hold.
const ENDLESS: &str = "600s";

/// Between two tries, where how many there were matters.
const HOLD: Duration = Duration::from_secs(2);

/// A world whose merchants try again after so long when access is refused.
async fn with_hold(hold: &str) -> World {
    let replace = vec![("\nhold = \"500ms\"", format!("\nhold = \"{hold}\""))];
    World::start_with(&Options { replace, ..Options::default() }).await
}

async fn refuse(world: &World, on: &str, code: u32, times: u32) {
    let rule = json!({ "region": "eu", "on": on, "fault": "refuse", "code": code, "times": times });
    world.fault(rule).await;
}

/// Refuses one link, which holds the queue.
async fn hold_by_a_link(world: &World, key: &str) {
    refuse(world, "SelectAccount", 607, 1).await;
    Call::Link(link(key)).make(world).await.unwrap_err();
    wait_for_holds(world, EU, &[QueueHoldKind::AccessRefused]).await;
}

async fn register(world: &World) -> Result<Destination, Status> {
    let request = RegisterDestinationRequest {
        merchant: EU.to_owned(),
        customer: CUSTOMER.to_owned(),
        bank_details: Some(swedish_account()),
    };
    let answer = world.destinations().register_destination(request).await?;
    Ok(answer.into_inner().destination.unwrap())
}

/// That one function is not part of the contract says nothing about payouts.
#[tokio::test]
async fn a_function_that_is_not_enabled_holds_no_payout() {
    let world = with_hold(ENDLESS).await;
    for on in ["SelectAccount", "RegisterAccount"] {
        for code in [602, 712, 732] {
            refuse(&world, on, code, 1).await;
            let refused = match on {
                "SelectAccount" => {
                    Call::Link(link(&format!("link-{code}"))).make(&world).await.unwrap_err()
                }
                _ => register(&world).await.unwrap_err(),
            };
            assert!(refused.message().contains("contract"), "{refused:?}");
            assert_eq!(describe(&world, EU).await.queue_holds, [], "{on} {code}");
        }
    }
    // Enabled since, a link can be had, under a key that was not refused before.
    Call::Link(link("enabled")).make(&world).await.unwrap();
    // To AccountPayout it is a refusal of access like any other.
    refuse(&world, "AccountPayout", 602, 1).await;
    create(&world, "held").await;
    let held = wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    assert_eq!(held.queue_holds[0].provider_code, "602");
}

/// It waits by itself, says for what, and goes on by itself.
#[tokio::test]
async fn a_payout_that_cannot_be_registered_holds_no_other() {
    let world = with_hold(ENDLESS).await;
    refuse(&world, "RegisterAccount", 602, ALWAYS).await;
    let details = to_bank_details("bank", iban_of_a_person());
    let created = world.payouts().create_payout(details).await.unwrap().into_inner();
    assert_eq!(created.payout.unwrap().state(), PayoutState::Pending);
    let told = |it: &Payout| it.cause.is_some();
    let bank = world.wait_until(EU, "bank", "held", told).await;
    let cause = bank.cause.unwrap();
    let said = (cause.reason(), cause.actor(), cause.provider_code.as_str());
    assert_eq!(said, (Reason::NotEnabled, Actor::Operator, "602"));
    for number in 0..5 {
        let key = format!("other-{number}");
        create(&world, &key).await;
        world.wait_for(EU, &key, &[PayoutState::Completed]).await;
    }
    assert_eq!(describe(&world, EU).await.queue_holds, []);
    world.clear_faults().await;
    world.wait_for(EU, "bank", &[PayoutState::Completed]).await;
}

/// However often something else is refused, payouts have their try in time.
#[tokio::test]
async fn refusals_of_other_calls_never_put_the_try_off() {
    let world = with_hold("2s").await;
    refuse(&world, "SelectAccount", 607, ALWAYS).await;
    Call::Link(link("first")).make(&world).await.unwrap_err();
    wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    create(&world, "order").await;
    let end = Instant::now() + Duration::from_secs(15);
    let mut number = 0;
    while submissions(&world, Some("order")).await == 0 {
        assert!(Instant::now() < end, "{number} refused links put the payout off");
        number += 1;
        Call::Link(link(&format!("link-{number}"))).make(&world).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.wait_for(EU, "order", &[PayoutState::Completed]).await;
}

/// A hold says what was refused and by which code.
#[tokio::test]
async fn a_hold_says_which_call_was_refused() {
    let world = with_hold(ENDLESS).await;
    hold_by_a_link(&world, "link").await;
    let hold = describe(&world, EU).await.queue_holds.remove(0);
    assert_eq!(hold.provider_code, "607");
    assert!(hold.why.contains("link"), "{hold:?}");
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let told = log.lines().find(|line| line.contains("the provider refuses our access")).unwrap();
    assert!(told.contains("607") && told.contains("link"), "{told}");
}

/// Where nothing waits, whoever is let in ends the hold.
#[tokio::test]
async fn a_hold_with_nothing_behind_it_ends_with_any_call_that_is_let_in() {
    let world = with_hold(ENDLESS).await;
    hold_by_a_link(&world, "refused").await;
    Call::Link(link("let-in")).make(&world).await.unwrap();
    wait_for_holds(&world, EU, &[]).await;
    hold_by_a_link(&world, "refused-again").await;
    register(&world).await.unwrap();
    wait_for_holds(&world, EU, &[]).await;
}

/// Nobody calls and nothing waits: then nothing is held, and the next payout finds out.
#[tokio::test]
async fn a_hold_with_nothing_behind_it_ends_by_itself() {
    let mut world = with_hold("1s").await;
    hold_by_a_link(&world, "refused").await;
    wait_for_holds(&world, EU, &[]).await;
    world.kill_server();
    world.start_server().await;
    assert_eq!(describe(&world, EU).await.queue_holds, []);
    create(&world, "order").await;
    world.wait_for(EU, "order", &[PayoutState::Completed]).await;
}

/// Where payouts wait, one of them tries at once, and its answer decides about all.
#[tokio::test]
async fn a_call_that_is_let_in_has_a_waiting_payout_try_at_once() {
    let world = with_hold(ENDLESS).await;
    hold_by_a_link(&world, "refused").await;
    let keys = ["order-1", "order-2", "order-3"];
    for key in keys {
        assert_eq!(create(&world, key).await.state(), PayoutState::Pending);
    }
    assert_eq!(submissions(&world, None).await, 0);
    Call::Link(link("let-in")).make(&world).await.unwrap();
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
    }
    wait_for_holds(&world, EU, &[]).await;
}

/// What lets links in may refuse payouts all the same: links bring one try forward, not one each.
#[tokio::test]
async fn calls_that_are_let_in_do_not_send_refused_payouts_over_and_over() {
    let world = with_hold(ENDLESS).await;
    refuse(&world, "AccountPayout", 602, ALWAYS).await;
    for key in ["order-1", "order-2", "order-3"] {
        create(&world, key).await;
    }
    wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    let before = submissions(&world, None).await;
    Call::Link(link("link")).make(&world).await.unwrap();
    wait_for_submissions(&world, None, before + 1).await;
    for number in 0..10 {
        Call::Link(link(&format!("link-{number}"))).make(&world).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(submissions(&world, None).await, before + 1);
    wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
}

/// A payout's registration is no proof that it can be paid: it goes on alone to find that out.
#[tokio::test]
async fn registrations_do_not_let_refused_payouts_loose() {
    let world = with_hold("2s").await;
    refuse(&world, "AccountPayout", 602, ALWAYS).await;
    let began = Instant::now();
    for number in 0..10 {
        let key = format!("order-{number}");
        let mut request = to_bank_details(&key, iban_of_a_person());
        request.customer = format!("customer-{number}");
        request.set_wait_until(WaitUntil::Recorded);
        world.payouts().create_payout(request).await.unwrap();
        wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    }
    wait_for_submissions(&world, None, 3).await;
    let tries = began.elapsed().as_secs() / 2 + 2;
    let sent = submissions(&world, None).await as u64;
    assert!(sent <= tries, "{sent} were sent in {:?}", began.elapsed());
    world.clear_faults().await;
    for number in 0..10 {
        world.wait_for(EU, &format!("order-{number}"), &[PayoutState::Completed]).await;
    }
}

/// A process that dies while it wakes a resumed queue leaves the rest to the next one.
#[tokio::test]
async fn a_resumed_queue_goes_on_although_the_process_dies_meanwhile() {
    let mut world = World::start().await;
    world.operations().pause_submission(super::queue::pause("maintenance")).await.unwrap();
    let keys: Vec<String> = (0..200).map(|number| format!("order-{number}")).collect();
    for key in &keys {
        create(&world, key).await;
    }
    let paused = |it: &Payout| {
        it.cause.as_ref().is_some_and(|cause| cause.reason() == Reason::SubmissionPaused)
    };
    for key in &keys {
        world.wait_until(EU, key, "waiting for the operator", paused).await;
    }
    let request = ResumeSubmissionRequest { merchant: EU.to_owned() };
    world.operations().resume_submission(request).await.unwrap();
    world.kill_server();
    assert!(submissions(&world, None).await < keys.len(), "it died too late to tell");
    world.start_server().await;
    for key in &keys {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(EU, key).await.len(), 1, "{key}");
    }
}

/// Payouts in doubt carry the password of their time, and are refused for it once it is changed:
/// the others wait no longer than until one of them was let in with the new one.
#[tokio::test]
async fn payouts_in_doubt_with_an_old_password_slow_no_others_down() {
    for (fault, count) in [("refuse", 1), ("refuse", 20), ("unsigned_error", 20)] {
        let mut world = with_hold(&format!("{}s", HOLD.as_secs())).await;
        on_submission(&world, json!({ "fault": "http_500", "times": ALWAYS })).await;
        let old: Vec<String> = (0..count).map(|number| format!("old-{number}")).collect();
        for key in &old {
            world.payouts().create_payout(straight(key)).await.unwrap();
            world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
        }
        world.kill_server();
        world.clear_faults().await;
        for key in &old {
            let reference = id_of(EU, key);
            let mut rule = json!({ "fault": fault, "code": 616, "times": ALWAYS });
            rule["reference"] = reference.into();
            on_submission(&world, rule).await;
        }
        world.start_server().await;
        wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
        let began = Instant::now();
        for number in 0..10 {
            let key = format!("new-{number}");
            create(&world, &key).await;
            world.wait_for(EU, &key, &[PayoutState::Completed]).await;
            // So that those in doubt have their turns in between.
            tokio::time::sleep(HOLD / 5).await;
        }
        let (slept, took) = (HOLD * 2, began.elapsed());
        // What nobody signed may be forged, and has new payouts wait for a few more tries.
        let held = if fault == "refuse" { HOLD } else { HOLD * 5 };
        assert!(took < slept + held + Duration::from_secs(3), "{fault} {count}: {took:?}");
        for key in &old {
            world.wait_for(EU, key, &[PayoutState::Indeterminate]).await;
        }
    }
}
