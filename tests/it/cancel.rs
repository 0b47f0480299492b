//! Cancelling: before there is a payout, before it is sent, while nobody knows, and too late.

use api::v1::{
    CancelPayoutRequest, CancelPayoutResponse, CancelResult, Outcome, Payout, PayoutEventKind,
    PayoutState, Reason, WaitUntil, event,
};
use serde_json::json;

use crate::calls::refused;
use crate::samples::{cancel_by_id, cancel_by_key};
use crate::world::{EU, Options, US, World, by_key, id_of, request};

#[tokio::test]
async fn a_key_that_was_cancelled_first_can_never_pay() {
    let mut world = World::start().await;
    let (eu, us) = (world.destination(EU).await, world.destination(US).await);
    for restarted in [false, true] {
        for (merchant, destination) in [(EU, &eu), (US, &us)] {
            for _ in 0..2 {
                let answer = cancel(&world, cancel_by_key(merchant, "fenced")).await;
                assert_eq!(answer.result(), CancelResult::Fenced, "{merchant} {restarted}");
                assert_eq!(answer.payout, None);
                let create = request(merchant, "fenced", destination);
                let said = refused(&world.payouts().create_payout(create).await.unwrap_err());
                assert_eq!(said.code, tonic::Code::FailedPrecondition);
                assert_eq!((said.reason.as_str(), said.metadata["recorded"].as_str()), FENCED);
            }
            let by_key = world.payouts().get_payout(by_key(merchant, "fenced")).await;
            assert_eq!(refused(&by_key.unwrap_err()).reason, "KEY_FENCED");
            let id = cancel_by_id(merchant, &id_of(merchant, "fenced"));
            let by_id = world.payouts().cancel_payout(id).await;
            assert_eq!(refused(&by_id.unwrap_err()).reason, "PAYOUT_NOT_FOUND");
            assert!(world.movements(merchant, "fenced").await.is_empty());
        }
        if !restarted {
            world.kill_server();
            world.start_server().await;
        }
    }
    // A fence of one merchant is none of another's.
    let answer = cancel(&world, cancel_by_key(EU, "only-there")).await;
    assert_eq!(answer.result(), CancelResult::Fenced);
    world.payouts().create_payout(request(US, "only-there", &us)).await.unwrap();
}

const FENCED: (&str, &str) = ("KEY_FENCED", "no");

#[tokio::test]
async fn what_is_held_for_access_is_cancelled_at_once() {
    let world = World::start().await;
    for (merchant, on, code) in [(EU, "AccountPayout", 616), (US, "deposit", 375)] {
        let region = if merchant == EU { "eu" } else { "amer" };
        let fault = json!({
            "region": region, "on": on, "fault": "refuse", "code": code, "times": 1000,
        });
        world.fault(fault).await;
        let destination = world.destination(merchant).await;
        let create = request(merchant, "held", &destination);
        world.payouts().create_payout(create.clone()).await.unwrap();
        let is_held = |it: &Payout| it.state() == PayoutState::Pending && it.cause.is_some();
        let held = world.wait_until(merchant, "held", "held", is_held).await;
        assert_eq!(held.cause.unwrap().reason(), Reason::AccessRefused);
        assert_eq!(provider_codes(&world, merchant).await, [code.to_string()]);
        check_canceled(&world, merchant, "held").await;
        // Nothing brings it back.
        world.clear_faults().await;
        let again = world.payouts().create_payout(create).await.unwrap().into_inner();
        assert!(again.replayed);
        assert_eq!(again.payout.unwrap().state(), PayoutState::Canceled);
        assert!(world.movements(merchant, "held").await.is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_cancelled_at_once() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    world.kill_simulator();
    let create = request(EU, "unreachable", &destination);
    let created = world.payouts().create_payout(create).await.unwrap().into_inner();
    let pending = created.payout.unwrap();
    assert_eq!(pending.state(), PayoutState::Pending, "{pending:?}");
    assert_eq!(pending.cause.unwrap().reason(), Reason::ConnectionFailed);
    check_canceled(&world, EU, "unreachable").await;
}

#[tokio::test]
async fn a_cancel_in_doubt_is_a_request() {
    let world = World::start().await;
    // Europe can only be asked by sending the same again, so the payout may still be paid.
    let eu = world.destination(EU).await;
    let fault = |on: &str, fault: &str| {
        let region = if on == "deposit" { "amer" } else { "eu" };
        json!({ "region": region, "on": on, "fault": fault, "times": 1000 })
    };
    world.fault(fault("AccountPayout", "unsigned_error")).await;
    world.payouts().create_payout(request(EU, "doubt", &eu)).await.unwrap();
    world.wait_for(EU, "doubt", &[PayoutState::Indeterminate]).await;
    check_requested(&world, EU, "doubt", PayoutState::Indeterminate).await;
    world.clear_faults().await;
    world.wait_for(EU, "doubt", &[PayoutState::Completed]).await;
    assert_eq!(world.movements(EU, "doubt").await.len(), 1);
    let answer = cancel(&world, cancel_by_key(EU, "doubt")).await;
    assert_eq!(answer.result(), CancelResult::TooLate);

    // The Americas can be looked up: what is proven absent is cancelled.
    let us = world.destination(US).await;
    world.fault(fault("deposit", "http_500")).await;
    world.payouts().create_payout(request(US, "doubt", &us)).await.unwrap();
    world.wait_for(US, "doubt", &[PayoutState::Indeterminate]).await;
    check_requested(&world, US, "doubt", PayoutState::Indeterminate).await;
    let canceled = world.wait_for(US, "doubt", &[PayoutState::Canceled]).await;
    assert_eq!(canceled.outcome(), Outcome::NotPaid);
    assert_eq!(canceled.give_back.unwrap().amount, canceled.amount);
    assert!(world.movements(US, "doubt").await.is_empty());
}

#[tokio::test]
async fn a_cancel_while_it_is_being_sent_is_a_request() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let fault = json!({
        "region": "eu", "on": "AccountPayout", "fault": "delay", "delay_ms": 1500,
    });
    world.fault(fault).await;
    let mut create = request(EU, "sending", &destination);
    create.wait_until = WaitUntil::Recorded.into();
    world.payouts().create_payout(create).await.unwrap();
    world.wait_for(EU, "sending", &[PayoutState::Submitting]).await;
    check_requested(&world, EU, "sending", PayoutState::Submitting).await;
    world.wait_for(EU, "sending", &[PayoutState::Completed]).await;
    assert_eq!(world.movements(EU, "sending").await.len(), 1);
}

#[tokio::test]
async fn what_the_provider_has_cannot_be_cancelled() {
    // Slow enough for a payout in the Americas to be caught on its way.
    let world = World::start_with(&Options { time_factor: 30, ..Options::default() }).await;
    let silent = json!({ "region": "eu", "on": "AccountPayout", "fault": "silent_success" });
    world.fault(silent).await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        let create = request(merchant, "accepted", &destination);
        world.payouts().create_payout(create).await.unwrap();
        let states = [PayoutState::Accepted, PayoutState::Processing];
        let accepted = world.wait_for(merchant, "accepted", &states).await;
        for _ in 0..2 {
            for which in [cancel_by_key(merchant, "accepted"), cancel_by_id(merchant, &accepted.id)]
            {
                let answer = cancel(&world, which).await;
                assert_eq!(answer.result(), CancelResult::NotSupported, "{merchant}");
                assert_eq!(answer.payout.unwrap().id, accepted.id);
            }
        }
    }
}

#[tokio::test]
async fn after_the_end_it_is_too_late() {
    let world = World::start().await;
    let refuse = json!({
        "region": "eu", "on": "AccountPayout", "fault": "refuse", "code": 624,
        "reference": id_of(EU, "failed"),
    });
    world.fault(refuse).await;
    let returned = json!({
        "region": "eu", "on": "AccountPayout", "fault": "credit_after_confirmation",
        "reference": id_of(EU, "returned"),
    });
    world.fault(returned).await;
    let destination = world.destination(EU).await;
    for (key, state) in [
        ("completed", &[PayoutState::Completed][..]),
        ("failed", &[PayoutState::Failed]),
        // A credit that overtakes its confirmation is a failure.
        ("returned", &[PayoutState::Returned, PayoutState::Failed]),
    ] {
        world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
        world.wait_for(EU, key, state).await;
        world.quiet().await;
        let before = world.wait_for(EU, key, state).await;
        for _ in 0..2 {
            let answer = cancel(&world, cancel_by_key(EU, key)).await;
            assert_eq!(answer.result(), CancelResult::TooLate, "{key}");
            assert_eq!(answer.payout.as_ref(), Some(&before), "nothing changed");
        }
    }
}

/// Cancels a payout that was not sent, by both its names and again.
async fn check_canceled(world: &World, merchant: &str, key: &str) {
    let first = cancel(world, cancel_by_key(merchant, key)).await;
    assert_eq!(first.result(), CancelResult::Canceled, "{merchant} {key}");
    let canceled = first.payout.unwrap();
    assert_eq!(canceled.state(), PayoutState::Canceled);
    assert_eq!(canceled.outcome(), Outcome::NotPaid);
    assert_eq!(canceled.cause.as_ref().unwrap().reason(), Reason::CancelRequested);
    let back = canceled.give_back.as_ref().unwrap();
    assert_eq!(back.amount, canceled.amount);
    for which in [cancel_by_key(merchant, key), cancel_by_id(merchant, &canceled.id)] {
        let again = cancel(world, which).await;
        assert_eq!(again.result(), CancelResult::Canceled, "{merchant} {key}");
        assert_eq!(again.payout.as_ref(), Some(&canceled), "nothing changed");
    }
}

/// Asks for a cancel twice: recorded once, and nothing else changed.
async fn check_requested(world: &World, merchant: &str, key: &str, state: PayoutState) {
    for _ in 0..2 {
        let answer = cancel(world, cancel_by_key(merchant, key)).await;
        assert_eq!(answer.result(), CancelResult::Requested, "{merchant} {key}");
        let payout: Payout = answer.payout.unwrap();
        assert_eq!((payout.state(), payout.outcome()), (state, Outcome::Undecided));
        assert_eq!(payout.give_back, None);
        assert!(payout.cancel_requested, "it can be seen without the log");
    }
    let mut requested = 0;
    for event in world.events(merchant).await {
        let Some(event::Event::PayoutEvent(about)) = event.event else { continue };
        if about.kind() == PayoutEventKind::CancelRequested {
            requested += 1;
        }
    }
    assert_eq!(requested, 1, "{merchant} {key}");
}

/// The provider's own codes, as the log has them.
async fn provider_codes(world: &World, merchant: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for event in world.events(merchant).await {
        let Some(event::Event::PayoutEvent(about)) = event.event else { continue };
        codes.extend(about.cause.map(|cause| cause.provider_code));
    }
    codes.retain(|code| !code.is_empty());
    codes.dedup();
    codes
}

async fn cancel(world: &World, request: CancelPayoutRequest) -> CancelPayoutResponse {
    world.payouts().cancel_payout(request).await.unwrap().into_inner()
}
