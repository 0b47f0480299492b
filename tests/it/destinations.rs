//! Destinations: what the provider does not take in, what is asked again, and what is shown.

use api::v1::{
    Destination, DestinationKind, DestinationState, GetDestinationRequest,
    ImportDestinationRequest, ListDestinationsRequest, PauseSubmissionRequest, Payout, PayoutState,
    Reason, RegisterDestinationRequest, ResumeSubmissionRequest,
};
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::calls::refused;
use crate::samples::{iban_of_a_person, iban_of_an_organisation, swedish_account};
use crate::world::{CUSTOMER, EU, US, World, request};

#[tokio::test]
async fn what_the_provider_refuses_is_no_destination() {
    let world = World::start().await;
    for code in [624, 623] {
        let cause = if code == 624 { "ACCOUNT_INVALID" } else { "REQUEST_REJECTED" };
        fault(&world, json!({ "fault": "refuse", "code": code })).await;
        let status = register(&world, iban_of_a_person()).await.unwrap_err();
        check_refused(&status, "bank_details", cause);
    }
    let status = import(&world, US, "99999999").await.unwrap_err();
    check_refused(&status, "provider_handle", "ACCOUNT_INVALID");
    for merchant in [EU, US] {
        assert_eq!(listed(&world, merchant).await, []);
        assert_eq!(world.events(merchant).await, []);
    }
}

fn check_refused(status: &Status, subject: &str, cause: &str) {
    let said = refused(status);
    assert_eq!(said.code, Code::FailedPrecondition, "{said:?}");
    assert_eq!((said.reason.as_str(), said.metadata["cause"].as_str()), (REFUSED, cause));
    assert_eq!(said.metadata["recorded"], "no");
    let details = status.get_error_details();
    let [violation] = details.precondition_failure().unwrap().violations.as_slice() else {
        panic!("{details:?}")
    };
    assert_eq!((violation.r#type.as_str(), violation.subject.as_str()), (cause, subject));
}

const REFUSED: &str = "DESTINATION_REFUSED";

#[tokio::test]
async fn an_answer_that_cannot_be_trusted_is_asked_for_again() {
    let mut world = World::start().await;
    for rule in [
        json!({ "fault": "lose_reply" }),
        json!({ "fault": "http_500" }),
        json!({ "fault": "proxy_403" }),
        json!({ "fault": "bad_signature" }),
        json!({ "fault": "unsigned_error", "code": 624 }),
        json!({ "fault": "late_commit", "delay_ms": 10 }),
        json!({ "fault": "refuse", "code": 616 }),
        json!({ "fault": "refuse", "code": 620 }),
    ] {
        fault(&world, rule.clone()).await;
        let status = register(&world, swedish_account()).await.unwrap_err();
        check_unavailable(&status, &rule.to_string());
        assert_eq!(listed(&world, EU).await, [], "{rule}");
    }
    let registered = register(&world, swedish_account()).await.unwrap();
    assert_eq!(listed(&world, EU).await, std::slice::from_ref(&registered));
    world.kill_simulator();
    let status = register(&world, iban_of_a_person()).await.unwrap_err();
    check_unavailable(&status, "nobody there");
    check_unavailable(&import(&world, US, "99999999").await.unwrap_err(), "nobody there");
    // What is known already needs no provider.
    assert_eq!(register(&world, swedish_account()).await.unwrap(), registered);
}

fn check_unavailable(status: &Status, name: &str) {
    let said = refused(status);
    assert_eq!((said.code, said.reason.as_str()), (Code::Unavailable, "PROVIDER_UNAVAILABLE"));
    assert_eq!(said.metadata["recorded"], "no", "{name}");
    assert!(status.get_error_details().retry_info().is_some(), "{name}");
}

#[tokio::test]
async fn the_same_account_is_the_same_destination_and_shown_masked() {
    let world = World::start().await;
    let first = register(&world, iban_of_a_person()).await.unwrap();
    assert_eq!(register(&world, iban_of_a_person()).await.unwrap(), first);
    let other_holder = register(&world, iban_of_an_organisation()).await.unwrap();
    assert_ne!(other_holder.id, first.id);
    let summary = first.summary.clone().unwrap();
    assert_eq!(summary.masked_account, "DE*****6199");
    assert_eq!((summary.bank_name.as_str(), summary.country_code.as_str()), ("Demo Bank", "DE"));
    assert_eq!(first.kind(), DestinationKind::BankDetails);
    assert_eq!(first.state(), DestinationState::Active);
    assert_eq!((first.merchant.as_str(), first.customer.as_str()), (EU, CUSTOMER));
    let request =
        GetDestinationRequest { merchant: EU.to_owned(), destination_id: first.id.clone() };
    let got = world.destinations().get_destination(request).await.unwrap().into_inner();
    assert_eq!(got.destination, Some(first));
    let authorization = world.authorization(CUSTOMER).await;
    let imported = import(&world, US, &authorization).await.unwrap();
    assert_eq!(import(&world, US, &authorization).await.unwrap(), imported);
    assert_eq!(imported.kind(), DestinationKind::ProviderHandle);
    let shown = imported.summary.unwrap();
    assert!(shown.masked_account.starts_with("***"), "{shown:?}");
    assert!(!shown.masked_account.contains(&authorization), "{shown:?}");
    assert_eq!(world.events(US).await.len(), 1, "a repeat is no event");
}

async fn fault(world: &World, mut rule: Value) {
    rule["region"] = json!("eu");
    rule["on"] = json!("RegisterAccount");
    world.fault(rule).await;
}

async fn register(
    world: &World,
    bank_details: api::v1::BankDetails,
) -> Result<Destination, Status> {
    let request = RegisterDestinationRequest {
        merchant: EU.to_owned(),
        customer: CUSTOMER.to_owned(),
        bank_details: Some(bank_details),
    };
    let answer = world.destinations().register_destination(request).await?;
    Ok(answer.into_inner().destination.unwrap())
}

async fn import(world: &World, merchant: &str, handle: &str) -> Result<Destination, Status> {
    let request = ImportDestinationRequest {
        merchant: merchant.to_owned(),
        customer: CUSTOMER.to_owned(),
        provider_handle: handle.to_owned(),
    };
    let answer = world.destinations().import_destination(request).await?;
    Ok(answer.into_inner().destination.unwrap())
}

async fn listed(world: &World, merchant: &str) -> Vec<Destination> {
    let merchant = merchant.to_owned();
    let request = ListDestinationsRequest { merchant, ..ListDestinationsRequest::default() };
    world.destinations().list_destinations(request).await.unwrap().into_inner().destinations
}

/// In another account the same handle is somebody else's: nothing is paid there, and what waits goes
/// on once the account is back.
#[tokio::test]
async fn a_destination_of_another_account_is_not_paid_to() {
    let mut world = World::start().await;
    let registered = register(&world, swedish_account()).await.unwrap();
    let pause = PauseSubmissionRequest {
        merchant: EU.to_owned(),
        operator: "Ada".to_owned(),
        why: "another account".to_owned(),
    };
    world.operations().pause_submission(pause).await.unwrap();
    world.payouts().create_payout(request(EU, "waiting", &registered.id)).await.unwrap();
    world.stop_server();
    let text = std::fs::read_to_string(world.config()).unwrap();
    let other = text.replace("username = \"", "username = \"other-");
    std::fs::write(world.config(), &other).unwrap();
    world.start_server().await;
    let resume = ResumeSubmissionRequest { merchant: EU.to_owned() };
    world.operations().resume_submission(resume).await.unwrap();
    let new = world.payouts().create_payout(request(EU, "new", &registered.id)).await.unwrap_err();
    let said = refused(&new);
    assert_eq!(
        (said.code, said.reason.as_str()),
        (Code::FailedPrecondition, "DESTINATION_NOT_USABLE")
    );
    let details = new.get_error_details();
    let violation = &details.precondition_failure().unwrap().violations[0];
    assert_eq!(violation.r#type, "PROVIDER_ACCOUNT_CHANGED");
    let told = |payout: &Payout| {
        payout.cause.as_ref().is_some_and(|it| it.reason() == Reason::ProviderAccountChanged)
    };
    let waiting = world.wait_until(EU, "waiting", "waiting for its account", told).await;
    assert_eq!(waiting.state(), PayoutState::Pending);
    assert_eq!(waiting.attempts, []);
    world.stop_server();
    std::fs::write(world.config(), &text).unwrap();
    world.start_server().await;
    world.wait_for(EU, "waiting", &[PayoutState::Completed]).await;
    world.payouts().create_payout(request(EU, "new", &registered.id)).await.unwrap();
}
