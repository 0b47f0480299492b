//! A refusal of what is sent again after a restart: those that the same bytes would have met the
//! first time settle the payout, and no others do.

use std::time::Instant;

use api::v1::SettlementVerdict::{NotPaid, Paid};
use api::v1::{AttemptState, Outcome, Payout, PayoutEventKind, PayoutState, Reason};
use reqwest::Method;
use serde_json::{Value, json};
use tonic::Code;

use super::super::{
    ALWAYS, assert_movements, assert_same_bytes, attempts, create, fault_on_submission, history,
    let_recovery_have_its_turn,
};
use super::{counts, fault_on, leave_in_doubt, wait_for_one_more};
use crate::calls::refused;
use crate::ops::{decision, describe};
use crate::trustly::{Keys, Notice};
use crate::world::{EU, PATIENCE, PAUSE, World, by_key, id_of};

/// Every code by which Trustly refuses the contents of a request (Error messages, AccountPayout,
/// SelectAccount).
const CONTENT: [&str; 20] = [
    "615", "622", "623", "624", "642", "645", "655", "696", "697", "698", "700", "701", "702",
    "703", "704", "705", "706", "717", "734", "737",
];

/// Every code by which Trustly refuses our access to AccountPayout.
const ACCESS: [&str; 6] = ["602", "607", "616", "636", "639", "718"];

#[tokio::test]
async fn every_refusal_of_the_contents_settles() {
    let mut world = World::start().await;
    leave_in_doubt(&mut world, &CONTENT).await;
    let before = counts(&world, &CONTENT).await;
    for code in CONTENT {
        let number: u32 = code.parse().unwrap();
        fault_on(&world, code, "refuse", &json!({ "code": number })).await;
    }
    world.start_server().await;
    for (code, before) in CONTENT.into_iter().zip(&before) {
        assert_failed(&world, code).await;
        assert_same_bytes(&world, EU, code, before + 1).await;
    }
    let sent = counts(&world, &CONTENT).await;
    world.kill_server();
    world.clear_faults().await;
    world.start_server().await;
    let_recovery_have_its_turn(&world, EU, "other").await;
    for code in CONTENT {
        assert_failed(&world, code).await;
        assert_movements(&world, EU, code, &[]).await;
    }
    assert_eq!(counts(&world, &CONTENT).await, sent);
}

async fn assert_failed(world: &World, code: &str) {
    let payout = world.wait_for(EU, code, &[PayoutState::Failed]).await;
    let cause = payout.cause.clone().unwrap();
    let reason = if code == "624" { Reason::AccountInvalid } else { Reason::RequestRejected };
    assert_eq!((cause.reason(), cause.provider_code.as_str()), (reason, code));
    assert_eq!(attempts(&payout), [AttemptState::Refused], "{code}");
    assert_eq!(payout.outcome(), Outcome::NotPaid, "{code}");
    assert!(payout.give_back.is_some(), "{code}");
}

/// They hold the queue instead, and what was in doubt goes on once our access is mended.
#[tokio::test]
async fn no_refusal_of_access_settles() {
    let mut world = World::start().await;
    leave_in_doubt(&mut world, &ACCESS).await;
    let before = counts(&world, &ACCESS).await;
    let always = json!({ "code": 616, "times": ALWAYS });
    fault_on_submission(&world, EU, "refuse", always).await;
    world.start_server().await;
    wait_until_access_is_refused(&world).await;
    world.kill_server();
    world.clear_faults().await;
    for code in ACCESS {
        let number: u32 = code.parse().unwrap();
        let once = json!({ "code": number, "reference": id_of(EU, code) });
        fault_on_submission(&world, EU, "refuse", once).await;
    }
    world.start_server().await;
    for (code, before) in ACCESS.into_iter().zip(before) {
        let payout = world.wait_for(EU, code, &[PayoutState::Completed]).await;
        assert_eq!(attempts(&payout), [AttemptState::Accepted], "{code}");
        for happened in history(&world, EU, code).await {
            let settles = [PayoutEventKind::Failed, PayoutEventKind::AttemptRefused];
            assert!(!settles.contains(&happened.kind), "{code}: {happened:?}");
        }
        assert_same_bytes(&world, EU, code, before + 2).await;
        assert_movements(&world, EU, code, &["completed"]).await;
    }
    let rules = world.control(Method::GET, "faults", Value::Null).await;
    let rules = rules["rules"].as_array().unwrap();
    assert!(rules.len() == ACCESS.len() && rules.iter().all(|rule| rule["fired"] == 1));
}

/// Waits until one of them shows it: the others wait for it, and may not have been tried.
async fn wait_until_access_is_refused(world: &World) {
    let refused = |payout: &Payout| {
        payout.cause.as_ref().is_some_and(|cause| cause.reason() == Reason::AccessRefused)
    };
    let end = Instant::now() + PATIENCE;
    loop {
        for code in ACCESS {
            let answer = world.payouts().get_payout(by_key(EU, code)).await.unwrap();
            if refused(&answer.into_inner().payout.unwrap()) {
                return;
            }
        }
        assert!(Instant::now() < end, "no payout says that access is refused");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Trustly may answer the same bytes as before when our access is long back: then one payout waits
/// for evidence, and the merchant's others do not wait for it. The simulator remembers the refusals
/// that AccountPayout does not have.
#[tokio::test]
async fn a_refusal_of_access_that_is_remembered_holds_no_other_payout() {
    let mut world = World::start().await;
    leave_in_doubt(&mut world, &["712", "732", "other"]).await;
    for code in ["712", "732"] {
        let number: u32 = code.parse().unwrap();
        fault_on(&world, code, "refuse", &json!({ "code": number })).await;
    }
    for restart in ["first", "second"] {
        let before = counts(&world, &["712", "732"]).await;
        world.start_server().await;
        world.wait_for(EU, "other", &[PayoutState::Completed]).await;
        wait_for_one_more(&world, &["712", "732"], &before).await;
        let destination = world.destination(EU).await;
        create(&world, EU, restart, &destination).await;
        world.wait_for(EU, restart, &[PayoutState::Completed]).await;
        for code in ["712", "732"] {
            assert_in_doubt(&world, code, 0).await;
        }
        world.kill_server();
        world.clear_faults().await;
    }
    world.start_server().await;
    let before = counts(&world, &["712", "732"]).await;
    wait_for_one_more(&world, &["712", "732"], &before).await;
    assert_eq!(describe(&world, EU).await.queue_holds, []);
}

/// What ends a doubt.
#[derive(Clone, Copy, Debug)]
enum Evidence {
    Credit,
    Cancel,
    Confirmation,
    OperatorPaid,
    OperatorNotPaid,
}

use Evidence::{Cancel, Confirmation, Credit, OperatorNotPaid, OperatorPaid};

/// A payout, what Trustly answers to its repeats (0: a result that is not `1`), and what ends it.
const UNSETTLED: [(&str, u32, Evidence); 12] = [
    ("637-credit", 637, Credit),
    ("637-cancel", 637, Cancel),
    ("637-confirmation", 637, Confirmation),
    ("637-operator", 637, OperatorPaid),
    ("688-credit", 688, Credit),
    ("688-cancel", 688, Cancel),
    ("688-confirmation", 688, Confirmation),
    ("688-operator", 688, OperatorNotPaid),
    ("638", 638, Confirmation),
    ("620", 620, Cancel),
    ("999", 999, Credit),
    ("result-0", 0, OperatorNotPaid),
];

/// A reported duplicate may be the first send; a block may be younger than it; 620 and codes that
/// nobody knows say nothing. Only evidence about the order ends such a doubt.
#[tokio::test]
async fn what_proves_nothing_leaves_it_in_doubt_until_there_is_evidence() {
    let mut world = World::start().await;
    let keys = UNSETTLED.map(|(key, ..)| key);
    leave_in_doubt(&mut world, &keys).await;
    for (key, code, _) in UNSETTLED {
        match code {
            0 => fault_on(&world, key, "result_zero", &json!({})).await,
            code => fault_on(&world, key, "refuse", &json!({ "code": code })).await,
        }
    }
    for _ in 0..2 {
        let before = counts(&world, &keys).await;
        world.start_server().await;
        wait_for_one_more(&world, &keys, &before).await;
        for (key, code, _) in UNSETTLED {
            assert_in_doubt(&world, key, code).await;
        }
        world.kill_server();
    }
    world.start_server().await;
    let trustlys = Keys::of(&world);
    for (key, _, evidence) in UNSETTLED {
        give(&world, &trustlys, key, evidence).await;
        assert_ended(&world, key, evidence).await;
    }
    world.kill_server();
    let sent = counts(&world, &keys).await;
    world.start_server().await;
    let_recovery_have_its_turn(&world, EU, "other").await;
    for (key, _, evidence) in UNSETTLED {
        assert_ended(&world, key, evidence).await;
        assert_movements(&world, EU, key, &[]).await;
    }
    assert_eq!(counts(&world, &keys).await, sent);
}

async fn assert_in_doubt(world: &World, key: &str, code: u32) {
    let duplicate = |payout: &Payout| {
        payout.cause.as_ref().is_some_and(|cause| cause.reason() == Reason::DuplicateReported)
    };
    let payout = match code {
        637 | 688 => world.wait_until(EU, key, "a duplicate", duplicate).await,
        _ => world.wait_for(EU, key, &[PayoutState::Indeterminate]).await,
    };
    assert_eq!(payout.state(), PayoutState::Indeterminate, "{key}");
    assert_eq!(attempts(&payout), [AttemptState::InDoubt], "{key}");
    assert_eq!((payout.outcome(), &payout.give_back), (Outcome::Undecided, &None), "{key}");
}

async fn give(world: &World, trustlys: &Keys, key: &str, evidence: Evidence) {
    let method = match evidence {
        Credit => "credit",
        Cancel => "cancel",
        Confirmation => "payoutconfirmation",
        OperatorPaid | OperatorNotPaid => return settle(world, key, evidence).await,
    };
    let id = id_of(EU, key);
    let number = UNSETTLED.iter().position(|(other, ..)| *other == key).unwrap();
    let notice = Notice::new(method, &id, &format!("70000001{number:02}"));
    let url = format!("http://{}{}", world.webhooks_at, trustlys.address(&id));
    let request = world.http.post(url).header("Content-Type", "application/json");
    let body = notice.signed(&trustlys.trustly).to_string();
    assert_eq!(request.body(body).send().await.unwrap().status(), 200, "{key}");
}

/// Nothing is settled while a repeat is under way, so the operator may have to say it again.
async fn settle(world: &World, key: &str, evidence: Evidence) {
    let verdict = if matches!(evidence, OperatorPaid) { Paid } else { NotPaid };
    while let Err(status) = world.operations().settle_payout(decision(key, verdict)).await {
        let said = refused(&status);
        let expected = (Code::FailedPrecondition, "PAYOUT_BEING_SENT");
        assert_eq!((said.code, said.reason.as_str()), expected, "{key}");
    }
}

async fn assert_ended(world: &World, key: &str, evidence: Evidence) {
    let (state, reason) = match evidence {
        Credit => (PayoutState::Failed, None),
        Cancel => (PayoutState::Failed, Some(Reason::ProviderAborted)),
        OperatorNotPaid => (PayoutState::Failed, Some(Reason::SettledByOperator)),
        Confirmation | OperatorPaid => (PayoutState::Completed, None),
    };
    let payout = world.wait_for(EU, key, &[state]).await;
    if let Some(reason) = reason {
        assert_eq!(payout.cause.clone().unwrap().reason(), reason, "{key}");
    }
    assert_eq!(payout.give_back.is_some(), state == PayoutState::Failed, "{key}");
    assert_eq!(payout.attention, [] as [i32; 0], "{key}");
}
