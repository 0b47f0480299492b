//! Where the contract has no confirmations, silence for long enough is presumed to be success.

use api::v1::{Attention, Confirmation, Outcome, Payout, PayoutEvent, PayoutState, Reason};
use prost_types::Duration;
use serde_json::json;

use super::{create, describe, history, on_submission, with_horizon};
use crate::trustly::{Keys, Notice};
use crate::webhooks::send_good;
use crate::world::{EU, Options, World};

#[tokio::test]
async fn silence_is_presumed_to_be_success_until_the_money_comes_back() {
    let section = "[merchants.demo-eu.policy]";
    let replace = vec![(section, format!("{section}\npresumed_after = \"1s\""))];
    // The credit comes eight seconds after the order: long after the silence was long enough.
    let options = Options { time_factor: 30, replace, ..Options::default() };
    let world = World::start_with(&options).await;
    let description = describe(&world, EU).await.description.unwrap();
    assert_eq!(description.confirmation(), Confirmation::Presumed);
    assert_eq!(description.presumed_after, Some(Duration { seconds: 1, nanos: 0 }));

    on_submission(&world, json!({ "fault": "silent_success" })).await;
    create(&world, "silent").await;
    world.wait_for(EU, "silent", &[PayoutState::Presumed]).await;
    on_submission(&world, json!({ "fault": "credit_after_confirmation" })).await;
    let confirmation =
        json!({ "region": "eu", "on": "notification", "fault": "drop_notification" });
    world.fault(confirmation).await;
    create(&world, "returned").await;
    let payout = world.wait_for(EU, "returned", &[PayoutState::Returned]).await;
    assert_eq!(payout.outcome(), Outcome::NotPaid);
    assert!(payout.give_back.is_some());
    assert_ne!(payout.cause.unwrap().reason(), Reason::Unspecified);
    let states: Vec<_> =
        history(&world, "returned").await.iter().map(PayoutEvent::state_after).collect();
    assert!(states.contains(&PayoutState::Presumed), "{states:?}");
    assert!(!states.contains(&PayoutState::Completed), "{states:?}");

    let silent = world.wait_for(EU, "silent", &[PayoutState::Presumed]).await;
    assert_eq!((silent.outcome(), silent.give_back), (Outcome::Presumed, None));
}

/// A `payoutfailed` says that the money does not arrive; the credit that gives it back may take
/// days. Nothing may be presumed of such a payout, and if no credit comes, somebody has to look.
#[tokio::test]
async fn what_was_said_to_have_failed_is_not_presumed_to_be_paid() {
    let section = "[merchants.demo-eu.policy]";
    let mut options = with_horizon("6s");
    options.replace.push((section, format!("{section}\npresumed_after = \"3s\"")));
    let world = World::start_with(&options).await;
    on_submission(&world, json!({ "fault": "silent_success", "times": 2 })).await;
    create(&world, "failed").await;
    create(&world, "silent").await;
    let keys = Keys::of(&world);
    let failed = world.wait_for(EU, "failed", &[PayoutState::Accepted]).await;
    let notice = Notice::about("payoutfailed", &failed, "5000000001");
    send_good(&world, &keys, &notice, &failed.id).await;
    world.wait_for(EU, "silent", &[PayoutState::Presumed]).await;
    let looked_at = |payout: &Payout| payout.attention().any(|it| it == Attention::Unconfirmed);
    let left = world.wait_until(EU, "failed", "before people", looked_at).await;
    assert_eq!((left.state(), left.outcome()), (PayoutState::Accepted, Outcome::Undecided));
    let credit = Notice::about("credit", &failed, "5000000002");
    send_good(&world, &keys, &credit, &failed.id).await;
    let ended = world.wait_for(EU, "failed", &[PayoutState::Failed]).await;
    assert!(ended.give_back.is_some());
    assert_eq!(world.movements(EU, "failed").await.len(), 1);
}
