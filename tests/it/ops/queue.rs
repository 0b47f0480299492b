//! Queues that are held: by an operator, and because our access is refused.

use std::time::Instant;

use api::v1::{
    AttemptState, CreatePayoutRequest, PauseSubmissionRequest, Payout, PayoutState, QueueHoldKind,
    Reason, ResumeResult, ResumeSubmissionRequest, WaitUntil,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    ALWAYS, create, history, on_submission, straight, submissions, wait_for_holds,
    wait_for_submissions,
};
use crate::calls::{Call, invalid};
use crate::world::{EU, PATIENCE, PAUSE, US, World, request};

const PAYOUTS: usize = 20;

pub(super) fn pause(why: &str) -> PauseSubmissionRequest {
    let (merchant, operator) = (EU.to_owned(), "Ada".to_owned());
    PauseSubmissionRequest { merchant, operator, why: why.to_owned() }
}

async fn resume(world: &World) -> ResumeResult {
    let request = ResumeSubmissionRequest { merchant: EU.to_owned() };
    let answer = world.operations().resume_submission(request).await.unwrap().into_inner();
    assert_eq!(answer.queue_holds, []);
    answer.result()
}

/// Payouts are taken in and wait, also those that come right after a restart; nothing reaches the
/// provider until somebody resumes, and then everything does.
#[tokio::test]
async fn a_paused_merchant_takes_payouts_in_and_sends_none() {
    let mut world = World::start().await;
    let answer = world.operations().pause_submission(pause("rotating keys")).await.unwrap();
    let hold = answer.into_inner().queue_hold.unwrap();
    assert_eq!((hold.kind(), hold.operator.as_str()), (QueueHoldKind::Paused, "Ada"));
    for key in ["before-1", "before-2", "before-3"] {
        let answer = world.payouts().create_payout(straight(key)).await.unwrap();
        assert_eq!(answer.into_inner().payout.unwrap().state(), PayoutState::Pending);
    }
    world.kill_server();
    world.start_server().await;
    for number in 0..5 {
        let key = format!("after-{number}");
        let answer = world.payouts().create_payout(straight(&key)).await.unwrap();
        assert_eq!(answer.into_inner().payout.unwrap().state(), PayoutState::Pending);
    }
    let keys = ["before-1", "before-2", "before-3", "after-0", "after-4"];
    let waits = |it: &Payout| {
        it.cause.as_ref().is_some_and(|cause| cause.reason() == Reason::SubmissionPaused)
    };
    for key in keys {
        world.wait_until(EU, key, "waiting for the operator", waits).await;
    }
    // Others go on.
    let destination = world.destination(US).await;
    let others = request(US, "others", &destination);
    world.payouts().create_payout(others).await.unwrap();
    world.wait_for(US, "others", &[PayoutState::Completed]).await;
    assert_eq!(submissions(&world, None).await, 0);

    let answer = world.operations().pause_submission(pause("a longer look")).await.unwrap();
    assert_eq!(answer.into_inner().queue_hold.unwrap().why, "a longer look");
    let held = wait_for_holds(&world, EU, &[QueueHoldKind::Paused]).await;
    assert_eq!(held.queue_holds[0].why, "a longer look");
    assert_eq!(resume(&world).await, ResumeResult::Resumed);
    for key in keys {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(EU, key).await.len(), 1, "{key}");
    }
    wait_for_holds(&world, EU, &[]).await;
    assert_eq!(resume(&world).await, ResumeResult::NotPaused);
}

#[tokio::test]
async fn a_pause_says_who_and_why() {
    let world = World::start().await;
    let nobody = PauseSubmissionRequest { merchant: EU.to_owned(), ..Default::default() };
    let merchantless = ResumeSubmissionRequest::default();
    for case in [
        invalid("nobody", Call::Pause(nobody), &["operator", "why"], ""),
        invalid("no merchant", Call::Resume(merchantless), &["merchant"], ""),
    ] {
        case.check(&world).await;
    }
    wait_for_holds(&world, EU, &[]).await;
}

/// One refusal stops them all: one payout at a time tries, the others are not even attempted, also
/// over a restart; and once access is mended all of them go on.
#[tokio::test]
async fn refused_access_is_tried_by_one_payout_at_a_time() {
    let mut world = World::start().await;
    let rule = json!({ "fault": "refuse", "code": 616, "times": 1000 });
    on_submission(&world, rule).await;
    hold_by_refusal(&world, EU, straight).await;
    let held = wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    assert_eq!(held.queue_holds[0].provider_code, "616");
    hold_over_a_restart(&mut world, EU).await;
    // Where the one that tries is late, and after a restart, another may be the one.
    assert!(attempted(&world).await <= 4);
    complete_once_mended(&world, EU).await;
}

#[tokio::test]
async fn refused_access_is_tried_by_one_payout_at_a_time_in_the_americas() {
    let mut world = World::start().await;
    let destination = world.destination(US).await;
    let rule =
        json!({ "region": "amer", "on": "*", "fault": "refuse", "code": 375, "times": 1000 });
    world.fault(rule).await;
    hold_by_refusal(&world, US, |key| request(US, key, &destination)).await;
    hold_over_a_restart(&mut world, US).await;
    complete_once_mended(&world, US).await;
}

/// Creates payouts of which the first meets a refusal, and lets several holds go by.
async fn hold_by_refusal(
    world: &World,
    merchant: &str,
    creation: impl Fn(&str) -> CreatePayoutRequest,
) {
    for number in 0..PAYOUTS {
        let mut request = creation(&format!("key-{number}"));
        request.set_wait_until(WaitUntil::Recorded);
        world.payouts().create_payout(request).await.unwrap();
        wait_for_holds(world, merchant, &[QueueHoldKind::AccessRefused]).await;
    }
    wait_for_calls(world, 4).await;
}

async fn hold_over_a_restart(world: &mut World, merchant: &str) {
    world.kill_server();
    world.start_server().await;
    wait_for_holds(world, merchant, &[QueueHoldKind::AccessRefused]).await;
    let before = calls(world).await;
    wait_for_calls(world, before + 2).await;
    assert!(calls(world).await < PAYOUTS, "that is more than a handful");
}

async fn complete_once_mended(world: &World, merchant: &str) {
    world.clear_faults().await;
    for number in 0..PAYOUTS {
        let key = format!("key-{number}");
        let payout = world.wait_for(merchant, &key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(merchant, &key).await.len(), 1, "{key}");
        let last = payout.attempts.last().unwrap();
        assert_eq!(last.state(), AttemptState::Accepted, "{key}");
    }
    wait_for_holds(world, merchant, &[]).await;
}

/// How often the provider was asked anything.
async fn calls(world: &World) -> usize {
    let asked = world.control(Method::GET, "requests", Value::Null).await;
    let lines = asked["requests"].as_array().unwrap().iter();
    lines.map(|line| line["body_sha256"].as_array().unwrap().len()).sum()
}

async fn wait_for_calls(world: &World, count: usize) {
    let end = Instant::now() + PATIENCE;
    while calls(world).await < count {
        assert!(Instant::now() < end, "the provider was not asked {count} times");
        tokio::time::sleep(PAUSE).await;
    }
}

/// How many payouts have an attempt.
async fn attempted(world: &World) -> usize {
    let mut count = 0;
    for number in 0..PAYOUTS {
        let history = history(world, &format!("key-{number}")).await;
        count += usize::from(history.iter().any(|event| event.attempt_number > 0));
    }
    count
}

/// A refusal that nobody signed may be a proxy's: it stops the queue all the same, and says nothing
/// about the payout that met it.
#[tokio::test]
async fn an_unverified_refusal_of_access_holds_the_queue_and_settles_nothing() {
    let world = World::start().await;
    let unsigned = json!({ "fault": "unsigned_error", "code": 616, "times": ALWAYS });
    on_submission(&world, unsigned).await;
    create(&world, "met").await;
    wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    let met = world.wait_for(EU, "met", &[PayoutState::Indeterminate]).await;
    assert_eq!(met.cause.unwrap().reason(), Reason::AccessRefused);
    let mut waits = straight("waits");
    waits.set_wait_until(WaitUntil::Submitted);
    let waiting = world.payouts().create_payout(waits).await.unwrap().into_inner();
    assert_eq!(waiting.payout.unwrap().state(), PayoutState::Pending);
    wait_for_submissions(&world, Some("met"), 3).await;
    assert_eq!(submissions(&world, Some("waits")).await, 0);
    let met = world.wait_for(EU, "met", &[PayoutState::Indeterminate]).await;
    assert_eq!((met.give_back, met.attempts.len()), (None, 1));

    world.clear_faults().await;
    for key in ["met", "waits"] {
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(EU, key).await.len(), 1, "{key}");
    }
    wait_for_holds(&world, EU, &[]).await;
}

/// Whoever is not let in to register is not let in to pay either: no payout need find that out.
#[tokio::test]
async fn an_access_that_is_refused_to_anything_holds_the_queue() {
    let world = World::start().await;
    let rule =
        |on: &str, code| json!({ "region": "eu", "on": on, "fault": "refuse", "code": code });
    world.fault(rule("RegisterAccount", 607)).await;
    let bank_details = Some(crate::samples::swedish_account());
    let request = api::v1::RegisterDestinationRequest {
        merchant: EU.to_owned(),
        customer: "customer-1".to_owned(),
        bank_details,
    };
    Call::Register(request).make(&world).await.unwrap_err();
    let held = wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
    assert_eq!(held.queue_holds[0].provider_code, "607");
    // The first payout tries, and lets the queue go on.
    create(&world, "order-1").await;
    world.wait_for(EU, "order-1", &[PayoutState::Completed]).await;
    wait_for_holds(&world, EU, &[]).await;
    world.fault(rule("SelectAccount", 616)).await;
    Call::Link(crate::links::link("link-1")).make(&world).await.unwrap_err();
    wait_for_holds(&world, EU, &[QueueHoldKind::AccessRefused]).await;
}
