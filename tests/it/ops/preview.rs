//! Looking before leaping: checks and previews that leave no trace.

use std::fs::{read, read_dir};

use api::v1::preview_payout_request::Subject;
use api::v1::{
    AttemptState, CreatePayoutRequest, CreatePayoutResponse, Money, PayoutState,
    PreviewPayoutRequest, PreviewPayoutResponse,
};
use tonic::Code;

use super::{ACCOUNT, create, straight, submissions};
use crate::calls::{Call, Case, invalid};
use crate::samples::{IBAN, cancel_by_key, iban_of_a_person, to_bank_details};
use crate::world::{EU, US, World, by_key, id_of};

fn of_creation(creation: CreatePayoutRequest) -> PreviewPayoutRequest {
    let subject = Some(Subject::Creation(Box::new(creation)));
    PreviewPayoutRequest { merchant: EU.to_owned(), subject }
}

fn checked(creation: CreatePayoutRequest) -> CreatePayoutRequest {
    CreatePayoutRequest { validate_only: true, ..creation }
}

async fn preview(world: &World, request: PreviewPayoutRequest) -> PreviewPayoutResponse {
    world.operations().preview_payout(request).await.unwrap().into_inner()
}

async fn validate(world: &World, creation: CreatePayoutRequest) -> CreatePayoutResponse {
    world.payouts().create_payout(checked(creation)).await.unwrap().into_inner()
}

#[tokio::test]
async fn what_is_only_checked_or_shown_leaves_no_trace() {
    let world = World::start().await;
    let to_account = straight("looked-at-only");
    let to_bank = to_bank_details("looked-at-only", iban_of_a_person());
    for creation in [&to_account, &to_bank] {
        let answer = validate(&world, creation.clone()).await;
        assert_eq!((answer.payout, answer.replayed, answer.validated), (None, false, true));
    }
    let shown = preview(&world, of_creation(to_account.clone())).await;
    assert_eq!((shown.recorded, shown.destination_unresolved), (false, false));
    assert_eq!(shown.payout_id, id_of(EU, "looked-at-only"));
    let [request] = &shown.requests[..] else { panic!("{shown:?}") };
    assert_eq!((request.attempt_number, request.opened_at), (0, None));
    check_content(&world, &request.content, &shown.payout_id);
    let shown = preview(&world, of_creation(to_bank)).await;
    assert!(shown.destination_unresolved && shown.requests.is_empty(), "{shown:?}");

    let unknown = world.payouts().get_payout(by_key(EU, "looked-at-only")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(world.events(EU).await, []);
    let asked = world.control(reqwest::Method::GET, "requests", serde_json::Value::Null).await;
    assert_eq!(asked["requests"], serde_json::json!([]));
    let key = b"looked-at-only";
    let mut files = 0;
    for file in read_dir(world.directory().join("data")).unwrap() {
        let bytes = read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(key.len()).any(|part| part == key));
        files += 1;
    }
    assert!(files > 0, "there is a store");
    // The key is as free as before.
    let answer = world.payouts().create_payout(to_account).await.unwrap().into_inner();
    assert_eq!((answer.replayed, answer.validated), (false, false));
    assert!(answer.payout.is_some());
}

/// A request names the payout, and hides what is personal or secret.
fn check_content(world: &World, content: &str, payout_id: &str) {
    let password = std::fs::read_to_string(world.directory().join("secrets/password")).unwrap();
    assert!(content.contains(payout_id) && content.contains("AccountPayout"), "{content}");
    for hidden in [ACCOUNT, IBAN, "Öberg", password.trim()] {
        assert!(!content.contains(hidden), "{content}");
    }
}

#[tokio::test]
async fn what_was_sent_is_shown_by_attempt() {
    let world = World::start().await;
    let created = create(&world, "sent").await;
    world.wait_for(EU, "sent", &[PayoutState::Completed]).await;
    let subject = Some(Subject::PayoutId(created.id.clone()));
    let by_id = PreviewPayoutRequest { merchant: EU.to_owned(), subject };
    let shown = preview(&world, by_id.clone()).await;
    assert!(shown.recorded && !shown.destination_unresolved);
    let [request] = &shown.requests[..] else { panic!("{shown:?}") };
    assert_eq!((request.attempt_number, request.attempt_state()), (1, AttemptState::Accepted));
    assert!(request.opened_at.is_some());
    check_content(&world, &request.content, &created.id);
    assert_eq!(preview(&world, of_creation(straight("sent"))).await, shown);

    // A known key is answered as it always is, and nothing is sent for it.
    let answer = validate(&world, straight("sent")).await;
    assert_eq!((answer.replayed, answer.validated), (true, false));
    assert_eq!(answer.payout.unwrap().state(), PayoutState::Completed);
    assert_eq!(submissions(&world, None).await, 1);

    let others = PreviewPayoutRequest { merchant: US.to_owned(), ..by_id };
    refusal("another merchant's", Call::Preview(others), Code::NotFound, "PAYOUT_NOT_FOUND")
        .check(&world)
        .await;
}

#[tokio::test]
async fn what_would_be_refused_is_refused_the_same_way() {
    let world = World::start().await;
    create(&world, "used").await;
    world.payouts().cancel_payout(cancel_by_key(EU, "fenced")).await.unwrap();
    let euros = |minor_units| Some(Money { currency_code: "EUR".to_owned(), minor_units });
    let dollars = Some(Money { currency_code: "USD".to_owned(), minor_units: 1 });
    let reused = CreatePayoutRequest { amount: euros(1), ..straight("used") };
    let foreign = CreatePayoutRequest { amount: dollars, ..straight("new") };
    let nameless = CreatePayoutRequest { customer: String::new(), ..straight("new") };
    let stored = crate::world::request(EU, "new", "ds_nc6jociwqwgl6whpyyuusnqmbq");
    for (name, creation, code, reason) in [
        ("reused", reused, Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED"),
        ("fenced", straight("fenced"), Code::FailedPrecondition, "KEY_FENCED"),
        ("not there", stored, Code::NotFound, "DESTINATION_NOT_FOUND"),
    ] {
        for call in both(creation) {
            refusal(name, call, code, reason).check(&world).await;
        }
    }
    for call in both(foreign) {
        invalid("foreign", call, &["amount.currency_code"], "").check(&world).await;
    }
    let [check, show] = both(nameless);
    invalid("nameless", check, &["customer"], "").check(&world).await;
    invalid("nameless", show, &["creation.customer"], "").check(&world).await;
    let unknown = world.payouts().get_payout(by_key(EU, "new")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

fn both(creation: CreatePayoutRequest) -> [Call; 2] {
    [Call::Create(checked(creation.clone())), Call::Preview(of_creation(creation))]
}

fn refusal(name: &str, call: Call, code: Code, reason: &'static str) -> Case {
    let (name, hidden) = (name.to_owned(), String::new());
    Case { name, call, code, reason, fields: Vec::new(), hidden }
}
