//! Where the contract has no confirmations, silence for long enough is presumed to be success.

use api::v1::{Confirmation, Outcome, PayoutEvent, PayoutState, Reason};
use prost_types::Duration;
use serde_json::json;

use super::{create, describe, history, on_submission};
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
