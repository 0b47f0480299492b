use std::time::Duration;

use api::v1;
use api::v1::create_payout_request::Destination;
use server::{Limits, ServerConfig};
use store_embedded::EmbeddedStore;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::{Code, Request};

use crate::grpc::{create, no, told};
use crate::support::{Running, exchange};

const ACCEPTED: v1::PayoutState = v1::PayoutState::Accepted;

async fn start() -> (Running<EmbeddedStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start_stored(ServerConfig::default(), directory.path()).await;
    (running, directory)
}

/// A payout under this key to this handle, which decides what the provider answers.
pub(crate) fn order(key: &str, handle: &str) -> v1::CreatePayoutRequest {
    v1::CreatePayoutRequest {
        idempotency_key: key.to_owned(),
        destination: Some(Destination::ProviderHandle(handle.to_owned())),
        ..create()
    }
}

/// Has the provider say that a payout is completed; what it is answered.
pub(crate) async fn complete(running: &Running<EmbeddedStore>, payout: &str) -> String {
    let length = payout.len();
    let request = format!(
        "POST /notifications/demo-eu HTTP/1.1\r\nhost: t\r\nauthorization: good\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{payout}"
    );
    exchange(running.webhooks, request.as_bytes()).await
}

fn by_key(key: &str) -> v1::GetPayoutRequest {
    let payout = Some(v1::get_payout_request::Payout::IdempotencyKey(key.to_owned()));
    v1::GetPayoutRequest { merchant: "demo-eu".to_owned(), payout }
}

fn cancel(key: &str) -> v1::CancelPayoutRequest {
    let key = v1::cancel_payout_request::Payout::PayoutIdempotencyKey(key.to_owned());
    v1::CancelPayoutRequest { merchant: "demo-eu".to_owned(), payout: Some(key) }
}

#[tokio::test]
async fn a_key_pays_once_and_says_so() {
    let (running, _directory) = start().await;
    let mut client = running.payouts().await;
    let first = client.create_payout(order("k", "a")).await.unwrap().into_inner();
    let payout = first.payout.unwrap();
    assert_eq!((first.replayed, payout.state()), (false, v1::PayoutState::Accepted));
    let again = client.create_payout(order("k", "a")).await.unwrap().into_inner();
    assert_eq!((again.replayed, again.payout.unwrap().id), (true, payout.id.clone()));
    let amount = Some(v1::Money { currency_code: "EUR".to_owned(), minor_units: 101 });
    let other = v1::CreatePayoutRequest { amount, ..order("k", "b") };
    let status = client.create_payout(other).await.unwrap_err();
    assert_eq!(told(&status), (Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED".to_owned(), no()));
    let details = tonic_types::StatusExt::get_error_details(&status);
    let metadata = &details.error_info().unwrap().metadata;
    assert_eq!(metadata["fields"], "amount.minor_units,provider_handle");
    assert_eq!(metadata["payout_id"], payout.id);
}

#[tokio::test]
async fn refusals_are_payouts_and_fences_hold() {
    let (running, _directory) = start().await;
    let mut client = running.payouts().await;
    let refused = client.create_payout(order("k", "refused")).await.unwrap().into_inner();
    let refused = refused.payout.unwrap();
    assert_eq!(refused.outcome(), v1::Outcome::NotPaid);
    assert_eq!(refused.give_back.unwrap().amount, refused.amount);
    let fenced = client.cancel_payout(cancel("fenced")).await.unwrap().into_inner();
    assert_eq!((fenced.result(), fenced.payout), (v1::CancelResult::Fenced, None));
    let status = client.create_payout(order("fenced", "a")).await.unwrap_err();
    assert_eq!(told(&status), (Code::FailedPrecondition, "KEY_FENCED".to_owned(), no()));
    let status = client.get_payout(by_key("fenced")).await.unwrap_err();
    assert_eq!(told(&status), (Code::FailedPrecondition, "KEY_FENCED".to_owned(), None));
    client.create_payout(order("sent", "a")).await.unwrap();
    let late = client.cancel_payout(cancel("sent")).await.unwrap().into_inner();
    assert_eq!(late.result(), v1::CancelResult::NotSupported);
    assert_eq!(late.payout.unwrap().idempotency_key, "sent");
}

#[tokio::test]
async fn what_is_refused_leaves_no_trace() {
    let (running, _directory) = start().await;
    let mut client = running.payouts().await;
    let amount = Some(v1::Money { currency_code: "USD".to_owned(), minor_units: 100 });
    let elsewhere = v1::CreatePayoutRequest { merchant: "nobody".to_owned(), ..order("k", "a") };
    let id = "ds_nc6jociwqwgl6whpyyuusnqmbq".to_owned();
    let unknown = Some(Destination::DestinationId(id));
    for (request, code, reason) in [
        (
            v1::CreatePayoutRequest { amount, ..order("k", "a") },
            Code::InvalidArgument,
            "INVALID_FIELD",
        ),
        (elsewhere, Code::NotFound, "UNKNOWN_MERCHANT"),
        (
            v1::CreatePayoutRequest { destination: unknown, ..order("k", "a") },
            Code::NotFound,
            "DESTINATION_NOT_FOUND",
        ),
    ] {
        let status = client.create_payout(request).await.unwrap_err();
        assert_eq!(told(&status), (code, reason.to_owned(), no()));
    }
    let status = client.get_payout(by_key("k")).await.unwrap_err();
    assert_eq!(told(&status), (Code::NotFound, "PAYOUT_NOT_FOUND".to_owned(), None));
}

#[tokio::test]
async fn a_create_is_answered_before_its_callers_deadline() {
    let (running, _directory) = start().await;
    let mut client = running.payouts().await;
    for (handle, wait_until, expected) in [
        ("a", v1::WaitUntil::Outcome, v1::PayoutState::Accepted),
        ("silent", v1::WaitUntil::Submitted, v1::PayoutState::Submitting),
    ] {
        let wait_until = wait_until.into();
        let mut request =
            Request::new(v1::CreatePayoutRequest { wait_until, ..order(handle, handle) });
        request.set_timeout(Duration::from_secs(3));
        let created = client.create_payout(request).await.unwrap().into_inner();
        assert_eq!(created.payout.unwrap().state(), expected);
        assert!(!created.replayed);
    }
}

#[tokio::test]
async fn those_who_wait_shut_out_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { calls_max: 1, waits_max: 2, ..Limits::default() };
    let config = ServerConfig { limits, ..ServerConfig::default() };
    let running = Running::start_stored(config, directory.path()).await;
    let mut client = running.payouts().await;
    let wait_until = v1::WaitUntil::Outcome.into();
    let waiting = v1::CreatePayoutRequest { wait_until, ..order("k", "a") };
    let mut waits = JoinSet::new();
    for _ in 0..5 {
        let (mut client, waiting) = (client.clone(), waiting.clone());
        waits.spawn(async move {
            loop {
                // There is room for one call at a time, and they begin at the same time.
                match client.create_payout(waiting.clone()).await {
                    Ok(answer) => return answer.into_inner().payout.unwrap(),
                    Err(status) => assert_eq!(told(&status).1, "OVERLOADED"),
                }
            }
        });
    }
    // Two wait; what is beyond that is answered at once.
    for _ in 0..3 {
        assert_eq!(waits.join_next().await.unwrap().unwrap().state(), ACCEPTED);
    }
    let id = client.get_payout(by_key("k")).await.unwrap().into_inner().payout.unwrap().id;
    let late = client.cancel_payout(cancel("k")).await.unwrap().into_inner();
    assert_eq!(late.result(), v1::CancelResult::NotSupported);
    let beyond = client.create_payout(waiting).await.unwrap().into_inner();
    assert_eq!((beyond.payout.unwrap().state(), beyond.replayed), (ACCEPTED, true));
    complete(&running, &id).await;
    while let Some(waited) = waits.join_next().await {
        assert_eq!(waited.unwrap().state(), v1::PayoutState::Completed);
    }
}

#[tokio::test]
async fn lists_page_through_everything_once() {
    let (running, _directory) = start().await;
    let mut client = running.payouts().await;
    let mut ids = Vec::new();
    for key in ["k1", "k2", "k3"] {
        let created = client.create_payout(order(key, "a")).await.unwrap().into_inner();
        ids.insert(0, created.payout.unwrap().id);
    }
    let page = |customer: &str, page_token: String| v1::ListPayoutsRequest {
        merchant: "demo-eu".to_owned(),
        customer: customer.to_owned(),
        page_size: 1,
        page_token,
        ..v1::ListPayoutsRequest::default()
    };
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let answer = client.list_payouts(page("customer-1", token)).await.unwrap().into_inner();
        listed.extend(answer.payouts.into_iter().map(|payout| payout.id));
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
        let status = client.list_payouts(page("other", token.clone())).await.unwrap_err();
        let refused = (Code::InvalidArgument, "INVALID_PAGE_TOKEN".to_owned(), None);
        assert_eq!(told(&status), refused);
    }
    assert_eq!(listed, ids);
    let given = v1::ListPayoutsRequest {
        provider_reference: ids[1].clone(),
        ..page("customer-1", String::new())
    };
    let found = client.list_payouts(given.clone()).await.unwrap().into_inner().payouts;
    assert_eq!(found[0].provider_references[0].value, ids[1]);
    let others = v1::ListPayoutsRequest { customer: "other".to_owned(), ..given };
    assert!(client.list_payouts(others).await.unwrap().into_inner().payouts.is_empty());
}

#[tokio::test]
async fn a_notification_for_a_payout_to_come_is_parked_and_applied() {
    let (running, _directory) = start().await;
    let channel = running.channel().await;
    let mut operations = v1::operations_client::OperationsClient::new(channel);
    let mut client = running.payouts().await;
    // The id that `order("k")` will have; see the derivation of payout ids.
    let merchant = payout::id::Merchant::parse("demo-eu").unwrap();
    let key = payout::id::IdempotencyKey::parse("k").unwrap();
    let id = payout::identity::payout_id(&merchant, &key).to_string();
    for _ in 0..2 {
        let answer = complete(&running, &id).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ack"), "{answer}");
    }
    let request = v1::ListParkedNotificationsRequest {
        merchant: "demo-eu".to_owned(),
        ..v1::ListParkedNotificationsRequest::default()
    };
    let parked = operations.list_parked_notifications(request.clone()).await.unwrap().into_inner();
    assert_eq!(parked.notifications.len(), 1);
    assert_eq!(parked.notifications[0].payout_id, id);
    assert_eq!(parked.notifications[0].provider_kind, "completed");
    let created = client.create_payout(order("k", "a")).await.unwrap().into_inner();
    assert_eq!(created.payout.unwrap().state(), v1::PayoutState::Completed);
    let parked = operations.list_parked_notifications(request).await.unwrap().into_inner();
    assert!(parked.notifications.is_empty());
}

#[tokio::test]
async fn destinations_are_kept_shown_and_deleted() {
    let (running, _directory) = start().await;
    let channel = running.channel().await;
    let mut destinations = v1::destinations_client::DestinationsClient::new(channel);
    let mut client = running.payouts().await;
    let request = v1::ImportDestinationRequest {
        merchant: "demo-eu".to_owned(),
        customer: "customer-1".to_owned(),
        provider_handle: "1234567890".to_owned(),
    };
    let imported = destinations.import_destination(request).await.unwrap().into_inner();
    let imported = imported.destination.unwrap();
    assert_eq!(imported.summary.unwrap().masked_account, "*****7890");
    let to_it = |key: &str| v1::CreatePayoutRequest {
        destination: Some(Destination::DestinationId(imported.id.clone())),
        ..order(key, "")
    };
    client.create_payout(to_it("k1")).await.unwrap();
    let request = v1::DeleteDestinationRequest {
        merchant: "demo-eu".to_owned(),
        destination_id: imported.id.clone(),
    };
    let deleted = destinations.delete_destination(request).await.unwrap().into_inner();
    assert_eq!(deleted.destination.unwrap().state(), v1::DestinationState::Deleted);
    let status = client.create_payout(to_it("k2")).await.unwrap_err();
    let unusable = (Code::FailedPrecondition, "DESTINATION_NOT_USABLE".to_owned(), no());
    assert_eq!(told(&status), unusable);
    for (include_deleted, count) in [(false, 0), (true, 1)] {
        let merchant = "demo-eu".to_owned();
        let request =
            v1::ListDestinationsRequest { merchant, include_deleted, ..Default::default() };
        let listed = destinations.list_destinations(request).await.unwrap().into_inner();
        assert_eq!(listed.destinations.len(), count);
    }
    let customer = v1::event_selector::Selector::Customer("customer-1".to_owned());
    let request = v1::ListPayoutEventsRequest {
        merchant: "demo-eu".to_owned(),
        selector: Some(v1::EventSelector { selector: Some(customer) }),
        start: Some(v1::EventStart { start: Some(v1::event_start::Start::Beginning(())) }),
        page_size: 0,
    };
    let events = client.list_payout_events(request).await.unwrap().into_inner();
    let mut kinds = Vec::new();
    for event in events.events {
        if let Some(v1::event::Event::DestinationEvent(event)) = event.event {
            kinds.push(event.kind());
        }
    }
    use v1::DestinationEventKind::{Deleted, Imported};
    assert_eq!(kinds, [Imported, Deleted]);
    assert!(events.at_end);
}
