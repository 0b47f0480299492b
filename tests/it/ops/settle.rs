//! Settling: only what is in doubt, only on evidence, and never beside a request under way.

use api::v1::{
    ListIndeterminateRequest, ListPayoutsRequest, PayoutEventKind, PayoutState, Reason,
    SettlePayoutRequest, SettlementVerdict,
};
use serde_json::json;
use tonic::Code;

use super::{
    ALWAYS, create, decision, history, indeterminate, keys_in_doubt, on_submission,
    wait_for_submissions, wait_until_parked, with_horizon,
};
use crate::calls::{Call, Case, invalid, refused};
use crate::trustly::{Keys, Notice};
use crate::world::{EU, US, World, id_of};

/// Two payouts that Trustly never answered: one was paid, one was not, as people found out. What
/// they decide outlives the process, and cannot be decided again.
#[tokio::test]
async fn what_is_parked_is_listed_and_settled_across_restarts() {
    let mut world = World::start_with(&with_horizon("2s")).await;
    on_submission(&world, json!({ "fault": "http_500", "times": ALWAYS })).await;
    for key in ["paid", "unpaid"] {
        create(&world, key).await;
    }
    for key in ["paid", "unpaid"] {
        wait_until_parked(&world, key).await;
    }
    assert_eq!(keys_in_doubt(&world, EU).await, ["paid", "unpaid"]);
    world.kill_server();
    world.clear_faults().await;
    world.start_server().await;
    assert_eq!(keys_in_doubt(&world, "").await, ["paid", "unpaid"]);
    assert_eq!(keys_in_doubt(&world, US).await, [] as [&str; 0]);
    for listed in indeterminate(&world, EU).await {
        assert!(listed.parked && listed.in_doubt_since.is_some(), "{listed:?}");
        assert_eq!(listed.next_look_at, None);
        assert!(listed.doubt.is_some());
        let payout = listed.payout.unwrap();
        assert_eq!(payout.cause.unwrap().reason(), Reason::HorizonPassed);
        assert_eq!(payout.attempts.len(), 1);
    }
    assert_eq!(count_with_attention(&world).await, 2);

    settle(&world, "paid", SettlementVerdict::Paid, PayoutState::Completed).await;
    assert_eq!(keys_in_doubt(&world, EU).await, ["unpaid"]);
    settle(&world, "unpaid", SettlementVerdict::NotPaid, PayoutState::Failed).await;
    world.kill_server();
    world.start_server().await;
    assert_eq!(keys_in_doubt(&world, EU).await, [] as [&str; 0]);
    assert_eq!(count_with_attention(&world).await, 0);
    check_settled(&world, "paid", PayoutState::Completed, false).await;
    check_settled(&world, "unpaid", PayoutState::Failed, true).await;
    for (key, state) in [("paid", "COMPLETED"), ("unpaid", "FAILED")] {
        let repeat = decision(key, SettlementVerdict::NotPaid);
        check_not_settled(&world, repeat, "NOTHING_IN_DOUBT", state).await;
        assert_eq!(world.movements(EU, key).await, [] as [serde_json::Value; 0]);
    }
    contradict(&world).await;
}

/// What people decided wrongly comes back to them.
async fn contradict(world: &World) {
    let keys = Keys::of(world);
    let id = id_of(EU, "unpaid");
    let url = format!("http://{}{}", world.webhooks_at, keys.address(&id));
    let body = Notice::new("payoutconfirmation", &id, "8000000001").signed(&keys.trustly);
    let request = world.http.post(url).header("Content-Type", "application/json");
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 200);
    let [listed] = indeterminate(world, EU).await.try_into().unwrap();
    assert_eq!((listed.in_doubt_since, listed.parked), (None, false));
    let payout = listed.payout.unwrap();
    assert_eq!((payout.idempotency_key.as_str(), payout.state()), ("unpaid", PayoutState::Failed));
    assert_eq!(count_with_attention(world).await, 1);
}

async fn settle(world: &World, key: &str, verdict: SettlementVerdict, after: PayoutState) {
    let answer = world.operations().settle_payout(decision(key, verdict)).await.unwrap();
    let payout = answer.into_inner().payout.unwrap();
    assert_eq!(payout.state(), after, "{key}");
}

async fn check_settled(world: &World, key: &str, state: PayoutState, given_back: bool) {
    let payout = world.wait_for(EU, key, &[state]).await;
    assert_eq!(payout.give_back.is_some(), given_back, "{key}");
    let history = history(world, key).await;
    let settled = |kind| kind == PayoutEventKind::Settled;
    let [event] = history.iter().filter(|it| settled(it.kind())).collect::<Vec<_>>()[..] else {
        panic!("{key} is not settled once: {history:?}")
    };
    assert_eq!(event.state_after(), state, "{key}");
    assert_eq!(event.cause.as_ref().unwrap().reason(), Reason::SettledByOperator, "{key}");
    let kept = event.settlement.clone().unwrap();
    let given = decision(key, kept.verdict()).settlement.unwrap();
    assert_eq!(kept, given, "{key}");
}

async fn count_with_attention(world: &World) -> usize {
    let request = ListPayoutsRequest {
        merchant: EU.to_owned(),
        needs_attention: true,
        ..ListPayoutsRequest::default()
    };
    world.payouts().list_payouts(request).await.unwrap().into_inner().payouts.len()
}

async fn check_not_settled(world: &World, request: SettlePayoutRequest, reason: &str, state: &str) {
    let id = request.payout_id.clone();
    let status = world.operations().settle_payout(request).await.unwrap_err();
    let said = refused(&status);
    assert_eq!((said.code, said.reason.as_str()), (Code::FailedPrecondition, reason), "{said:?}");
    let metadata = [("recorded", "no"), ("payout_id", id.as_str()), ("state", state)];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(said.metadata, metadata.into());
}

#[tokio::test]
async fn what_is_not_in_doubt_cannot_be_settled_and_nothing_is_left_out() {
    let world = World::start().await;
    create(&world, "done").await;
    world.wait_for(EU, "done", &[PayoutState::Completed]).await;
    let good = decision("done", SettlementVerdict::NotPaid);
    check_not_settled(&world, good.clone(), "NOTHING_IN_DOUBT", "COMPLETED").await;

    let mut bare = good.clone();
    bare.settlement.as_mut().unwrap().evidence.clear();
    let without = SettlePayoutRequest { settlement: None, ..good.clone() };
    let every =
        ["settlement.evidence", "settlement.operator", "settlement.verdict", "settlement.why"];
    let unknown = SettlePayoutRequest { payout_id: id_of(EU, "never-used"), ..good.clone() };
    let others = SettlePayoutRequest { merchant: US.to_owned(), ..good.clone() };
    let nobodys = SettlePayoutRequest { merchant: "nobody".to_owned(), ..good };
    let list = ListIndeterminateRequest {
        merchant: "NOBODY".to_owned(),
        page_size: -1,
        ..ListIndeterminateRequest::default()
    };
    for case in [
        invalid("list", Call::ListIndeterminate(list), &["merchant", "page_size"], "NOBODY"),
        invalid("no evidence", Call::Settle(bare), &["settlement.evidence"], ""),
        invalid("no decision", Call::Settle(without), &every, ""),
        not_found("unknown", unknown, "PAYOUT_NOT_FOUND"),
        not_found("another merchant's", others, "PAYOUT_NOT_FOUND"),
        not_found("of nobody", nobodys, "UNKNOWN_MERCHANT"),
    ] {
        case.check(&world).await;
    }
    let payout = world.wait_for(EU, "done", &[PayoutState::Completed]).await;
    assert_eq!((payout.give_back, payout.attention), (None, Vec::new()));
}

fn not_found(name: &str, request: SettlePayoutRequest, reason: &'static str) -> Case {
    let (name, call) = (name.to_owned(), Call::Settle(request));
    Case { name, call, code: Code::NotFound, reason, fields: Vec::new(), hidden: String::new() }
}

/// While a request is under way nobody knows what it will do, be it the first or one that is sent
/// again: a decision just then could give back what that request pays.
#[tokio::test]
async fn nothing_is_settled_beside_a_request_under_way() {
    let world = World::start().await;
    on_submission(&world, json!({ "fault": "delay", "delay_ms": 1500 })).await;
    create(&world, "first").await;
    wait_for_submissions(&world, Some("first"), 1).await;
    let not_paid = |key| decision(key, SettlementVerdict::NotPaid);
    check_not_settled(&world, not_paid("first"), "PAYOUT_BEING_SENT", "SUBMITTING").await;

    on_submission(&world, json!({ "fault": "http_500" })).await;
    on_submission(&world, json!({ "fault": "delay", "delay_ms": 1500 })).await;
    create(&world, "again").await;
    wait_for_submissions(&world, Some("again"), 2).await;
    check_not_settled(&world, not_paid("again"), "PAYOUT_BEING_SENT", "INDETERMINATE").await;
    for key in ["first", "again"] {
        let payout = world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(payout.attention, [] as [i32; 0], "{key}");
        assert_eq!(world.movements(EU, key).await.len(), 1, "{key}");
    }
}
