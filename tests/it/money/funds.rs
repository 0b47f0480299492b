//! The merchant's funds: told by the provider seldom, and with their time.

use api::v1::{GetBalanceRequest, GetBalanceResponse};
use futures_util::future::join_all;
use tonic::{Code, Status};

use super::{count, text};
use crate::calls::refused;
use crate::world::{EU, Options, US, World};

async fn balance(world: &World, merchant: &str) -> Result<GetBalanceResponse, Status> {
    let request = GetBalanceRequest { merchant: merchant.to_owned() };
    world.provider().get_balance(request).await.map(tonic::Response::into_inner)
}

async fn check_refused(world: &World, merchant: &str, code: Code, reason: &str) {
    let said = refused(&balance(world, merchant).await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (code, reason), "{said:?}");
}

/// Within the rule the answer is given again, by the next process too.
#[tokio::test]
async fn funds_are_asked_for_once_within_the_rule() {
    let mut world = World::start().await;
    let first = balance(&world, EU).await.unwrap();
    assert_eq!(balance(&world, EU).await.unwrap(), first);
    world.kill_server();
    world.start_server().await;
    assert_eq!(balance(&world, EU).await.unwrap(), first);
    assert!(first.as_of.is_some());
    let codes: Vec<_> = first.balances.iter().map(|one| one.currency_code.as_str()).collect();
    assert!(codes.is_sorted() && codes.contains(&"EUR") && codes.contains(&"SEK"), "{codes:?}");
    assert!(first.balances.iter().all(|one| one.minor_units > 0), "{first:?}");
    let shown = text(&world, &["provider", "balance"]);
    assert!(shown.starts_with("as of 20") && shown.contains("  EUR "), "{shown}");
    assert_eq!(count(&world, "Balance").await, 1);
    check_refused(&world, US, Code::Unimplemented, "NOT_SUPPORTED").await;
    check_refused(&world, "nobody", Code::NotFound, "UNKNOWN_MERCHANT").await;
    check_refused(&world, "", Code::InvalidArgument, "INVALID_FIELD").await;
}

/// The rule is about the account with the provider, whoever of its merchants asks.
#[tokio::test]
async fn merchants_of_one_account_ask_once() {
    let mut world = World::without_server(&Options::default()).await;
    let text = std::fs::read_to_string(world.config()).unwrap();
    let (_, europe) = text.split_once("[merchants.demo-eu.trustly_europe]").unwrap();
    let (europe, _) = europe.split_once("[merchants.demo-us.trustly_americas]").unwrap();
    let europe = europe.replace(EU, "second");
    let text = format!("{text}\n[merchants.second.trustly_europe]{europe}");
    std::fs::write(world.config(), text).unwrap();
    world.start_server().await;
    let first = balance(&world, EU).await.unwrap();
    assert_eq!(balance(&world, "second").await.unwrap(), first);
    assert_eq!(count(&world, "Balance").await, 1);
}

/// Whoever asks while another does gets that one's answer.
#[tokio::test]
async fn all_who_ask_at_once_get_the_one_answer() {
    let world = World::start().await;
    let rule =
        serde_json::json!({ "region": "eu", "on": "Balance", "fault": "delay", "delay_ms": 500 });
    world.fault(rule).await;
    let mut answers = Vec::new();
    for answer in join_all((0..6).map(|_| balance(&world, EU))).await {
        answers.push(answer.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(count(&world, "Balance").await, 1);
}

#[tokio::test]
async fn an_answer_that_did_not_come_is_not_asked_for_again_at_once() {
    let world = World::start().await;
    let rule = serde_json::json!({ "region": "eu", "on": "Balance", "fault": "bad_signature" });
    world.fault(rule).await;
    check_refused(&world, EU, Code::Unavailable, "PROVIDER_UNAVAILABLE").await;
    check_refused(&world, EU, Code::ResourceExhausted, "ASKED_TOO_SOON").await;
    assert_eq!(count(&world, "Balance").await, 1);
}

/// What was not even sent does not count.
#[tokio::test]
async fn a_question_that_was_not_sent_may_be_asked_again() {
    let mut world = World::start().await;
    world.kill_simulator();
    for _ in 0..2 {
        check_refused(&world, EU, Code::Unavailable, "PROVIDER_UNAVAILABLE").await;
    }
}
