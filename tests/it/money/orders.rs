//! Looking into single payouts: the provider's words are shown and move nothing.

use api::v1::{InvestigatePayoutRequest, InvestigatePayoutResponse, PayoutState, WaitUntil};
use serde_json::json;
use tonic::{Code, Status};

use super::{count, text};
use crate::calls::refused;
use crate::samples::to_handle;
use crate::world::{EU, Options, US, World, id_of};

const ALWAYS: u32 = 1_000_000;

async fn investigate(
    world: &World,
    merchant: &str,
    id: &str,
) -> Result<InvestigatePayoutResponse, Status> {
    let (merchant, payout_id) = (merchant.to_owned(), id.to_owned());
    let request = InvestigatePayoutRequest { merchant, payout_id };
    world.operations().investigate_payout(request).await.map(tonic::Response::into_inner)
}

async fn check_refused(world: &World, merchant: &str, id: &str, code: Code, reason: &str) {
    let said = refused(&investigate(world, merchant, id).await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (code, reason), "{said:?}");
}

/// Paid, but neither an answer nor a notification came through: the ledger knows the order.
#[tokio::test]
async fn a_parked_payout_is_looked_into_and_stays_as_it_is() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"2s\"".to_owned())];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    for fault in ["lose_reply", "drop_notification"] {
        let on = "AccountPayout";
        world.fault(json!({ "region": "eu", "on": on, "fault": fault, "times": ALWAYS })).await;
    }
    let mut request = to_handle(EU, "lost", "1234567890");
    request.set_wait_until(WaitUntil::Recorded);
    world.payouts().create_payout(request).await.unwrap();
    let parked = api::v1::Attention::Parked.into();
    let is_parked = |payout: &api::v1::Payout| payout.attention.contains(&parked);
    let before = world.wait_until(EU, "lost", "parked", is_parked).await;
    world.quiet().await;

    let id = id_of(EU, "lost");
    let found = investigate(&world, EU, &id).await.unwrap();
    assert_eq!(found.payout, Some(before.clone()));
    assert!(found.order_from_ledger && found.as_of.is_some());
    let movement = &world.movements(EU, "lost").await[0];
    assert_eq!(json!(found.order_reference), movement["provider_id"]);
    let [transfer] = &found.transfers[..] else { panic!("{found:?}") };
    assert_eq!(transfer.order_reference, found.order_reference);
    assert!(["EXECUTED", "CONFIRMED"].contains(&transfer.provider_state.as_str()), "{transfer:?}");
    let amount = transfer.amount.clone().unwrap();
    assert_eq!((amount.currency_code.as_str(), amount.minor_units), ("EUR", 1000));
    assert!(transfer.modified_at.is_some());

    check_refused(&world, EU, &id, Code::ResourceExhausted, "ASKED_TOO_SOON").await;
    assert_eq!(count(&world, "GetWithdrawals").await, 1);
    let after = world.wait_for(EU, "lost", &[PayoutState::Indeterminate]).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_order_that_is_known_needs_no_ledger() {
    let mut world = World::start().await;
    world.payouts().create_payout(to_handle(EU, "paid", "1234567890")).await.unwrap();
    world.wait_for(EU, "paid", &[PayoutState::Completed]).await;
    let id = id_of(EU, "paid");
    let shown = text(&world, &["ops", "investigate", "--id", &id, "--output", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let movement = &world.movements(EU, "paid").await[0];
    assert_eq!(
        (&shown["order"], &shown["order_from_ledger"]),
        (&movement["provider_id"], &json!(false))
    );
    assert_eq!(shown["provider_says"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["payout"]["state"], "COMPLETED");
    assert_eq!(
        (count(&world, "AccountLedger").await, count(&world, "GetWithdrawals").await),
        (0, 1)
    );
    world.kill_server();
    world.start_server().await;
    check_refused(&world, EU, &id, Code::ResourceExhausted, "ASKED_TOO_SOON").await;
    check_refused(&world, EU, &id_of(EU, "none"), Code::NotFound, "PAYOUT_NOT_FOUND").await;
    check_refused(&world, US, &id, Code::Unimplemented, "NOT_SUPPORTED").await;
}
