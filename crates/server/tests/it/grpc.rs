use std::time::Duration;

use api::v1;
use api::v1::get_payout_request::Payout;
use payout::cursor::{Cursor, Position};
use payout::id::StoreId;
use server::{Intervals, Limits, Probes, ServerConfig};
use tokio::net::TcpStream;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

use crate::support::{DownStore, Running, call, rest};

pub(crate) fn create() -> v1::CreatePayoutRequest {
    let handle = v1::create_payout_request::Destination::ProviderHandle("123".to_owned());
    v1::CreatePayoutRequest {
        merchant: "demo-eu".to_owned(),
        idempotency_key: "order-1".to_owned(),
        customer: "customer-1".to_owned(),
        amount: Some(v1::Money { currency_code: "EUR".to_owned(), minor_units: 100 }),
        destination: Some(handle),
        ..v1::CreatePayoutRequest::default()
    }
}

fn get(merchant: &str) -> v1::GetPayoutRequest {
    let payout = Some(Payout::IdempotencyKey("order-1".to_owned()));
    v1::GetPayoutRequest { merchant: merchant.to_owned(), payout }
}

fn watch(merchant: &str, start: v1::event_start::Start) -> v1::WatchPayoutsRequest {
    v1::WatchPayoutsRequest {
        merchant: merchant.to_owned(),
        selector: Some(v1::EventSelector {
            selector: Some(v1::event_selector::Selector::EntireMerchant(())),
        }),
        start: Some(v1::EventStart { start: Some(start) }),
        ..v1::WatchPayoutsRequest::default()
    }
}

/// Code, reason and `recorded` of an error, which has exactly one ErrorInfo.
pub(crate) fn told(status: &Status) -> (Code, String, Option<String>) {
    let details = status.get_error_details();
    let info = details.error_info().expect("every error has its info");
    assert_eq!(info.domain, "payouts.v1");
    (status.code(), info.reason.clone(), info.metadata.get("recorded").cloned())
}

pub(crate) fn no() -> Option<String> {
    Some("no".to_owned())
}

#[tokio::test]
async fn bad_input_is_refused_before_the_store_is_asked() {
    let running = Running::start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    let amount = |currency_code: &str, minor_units| {
        let amount = v1::Money { currency_code: currency_code.to_owned(), minor_units };
        v1::CreatePayoutRequest { amount: Some(amount), ..create() }
    };
    let keyed = |key: &str| v1::CreatePayoutRequest { idempotency_key: key.to_owned(), ..create() };
    for (request, path) in [
        (amount("EUR", 0), "amount.minor_units"),
        (amount("EUR", -5), "amount.minor_units"),
        (amount("EUR", i64::MAX), "amount.minor_units"),
        (amount("HUF", 101), "amount.minor_units"),
        (amount("ZZZ", 1), "amount.currency_code"),
        (keyed(""), "idempotency_key"),
        (keyed(&"k".repeat(256)), "idempotency_key"),
        (keyed("nyckelå"), "idempotency_key"),
        (v1::CreatePayoutRequest { destination: None, ..create() }, "destination"),
    ] {
        let status = client.create_payout(request).await.unwrap_err();
        assert_eq!(told(&status), (Code::InvalidArgument, "INVALID_FIELD".to_owned(), no()));
        let details = status.get_error_details();
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, path);
    }
    assert_eq!(running.store.calls(), 0);
}

#[tokio::test]
async fn unknown_merchants_are_not_found_by_any_method() {
    let running = Running::start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    let unknown = |recorded| (Code::NotFound, "UNKNOWN_MERCHANT".to_owned(), recorded);
    let merchant = "nobody".to_owned();
    let status = client.get_payout(get(&merchant)).await.unwrap_err();
    assert_eq!(told(&status), unknown(None));
    let list = v1::ListPayoutsRequest { merchant: merchant.clone(), ..Default::default() };
    assert_eq!(told(&client.list_payouts(list).await.unwrap_err()), unknown(None));
    let now = v1::event_start::Start::Now(());
    let status = client.watch_payouts(watch(&merchant, now)).await.unwrap_err();
    assert_eq!(told(&status), unknown(None));
    let payout = Some(v1::cancel_payout_request::Payout::PayoutIdempotencyKey("k".to_owned()));
    let cancel = v1::CancelPayoutRequest { merchant, payout };
    assert_eq!(told(&client.cancel_payout(cancel).await.unwrap_err()), unknown(no()));
    assert_eq!(running.store.calls(), 0);
}

#[tokio::test]
async fn a_store_that_is_down_is_said_to_be() {
    let running = Running::start(ServerConfig::default()).await;
    let mut client = running.payouts().await;
    let down = |recorded| (Code::Unavailable, "STORE_UNAVAILABLE".to_owned(), recorded);
    let status = client.create_payout(create()).await.unwrap_err();
    assert_eq!(told(&status), down(no()));
    assert!(status.get_error_details().retry_info().is_some());
    assert!(!status.message().contains("it is down"), "the store's own words stay inside");
    let status = client.get_payout(get("demo-eu")).await.unwrap_err();
    assert_eq!(told(&status), down(None));
    let store = StoreId::parse("store-1").unwrap();
    let cursor = Cursor { store, positions: vec![Position::default()] }.encode();
    for start in [v1::event_start::Start::Now(()), v1::event_start::Start::Cursor(cursor)] {
        let status = client.watch_payouts(watch("demo-eu", start)).await.unwrap_err();
        assert_eq!(told(&status), down(None));
    }
}

#[tokio::test]
async fn what_the_provider_cannot_do_is_not_supported() {
    let running = Running::start(ServerConfig::default()).await;
    let channel = running.channel().await;
    let mut provider = v1::provider_client::ProviderClient::new(channel.clone());
    let request = v1::DescribeProviderRequest { merchant: "demo-eu".to_owned() };
    let description = provider.describe_provider(request).await.unwrap().into_inner().description;
    let methods = description.unwrap().methods;
    assert!(methods.is_sorted());
    assert!(methods.contains(&"payouts.v1.Payouts/WatchPayouts".to_owned()));
    let register = "payouts.v1.Destinations/RegisterDestination".to_owned();
    assert!(!methods.contains(&register));
    let mut destinations = v1::destinations_client::DestinationsClient::new(channel);
    let holder = v1::account_holder::Holder::OrganisationName("Org".to_owned());
    let iban = v1::bank_account::Form::Iban("DE75512108001245126199".to_owned());
    let request = v1::RegisterDestinationRequest {
        merchant: "demo-eu".to_owned(),
        customer: "c".to_owned(),
        bank_details: Some(v1::BankDetails {
            account: Some(v1::BankAccount { form: Some(iban) }),
            holder: Some(v1::AccountHolder {
                holder: Some(holder),
                ..v1::AccountHolder::default()
            }),
        }),
    };
    let status = destinations.register_destination(request).await.unwrap_err();
    assert_eq!(told(&status), (Code::Unimplemented, "NOT_SUPPORTED".to_owned(), no()));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_with_details_too() {
    let running = Running::start(ServerConfig::default()).await;
    let path = "/payouts.v1.Payouts/GetPayout";
    let oversize = vec![0; 65 * 1024];
    for (path, body, code, reason) in [
        (path, &b"\xff\xff\xff"[..], Code::InvalidArgument, "INVALID_FIELD"),
        (path, &oversize, Code::InvalidArgument, "INVALID_FIELD"),
        ("/payouts.v1.Payouts/Nothing", b"", Code::Unimplemented, "NOT_SUPPORTED"),
        ("/payouts.v1.Nothing/GetPayout", b"", Code::Unimplemented, "NOT_SUPPORTED"),
    ] {
        let headers = call(running.grpc, path, "10S", body).await;
        let status = Status::from_header_map(&headers).unwrap();
        assert_eq!(told(&status), (code, reason.to_owned(), no()), "{path}");
    }
    let headers = call(running.grpc, "/other.v1.Service/Method", "10S", b"").await;
    let status = Status::from_header_map(&headers).unwrap();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.details().is_empty(), "what is not ours is left alone");
}

#[tokio::test]
async fn a_call_too_many_is_refused_at_once() {
    let limits = Limits { calls_max: 0, watches_max: 0, ..Limits::default() };
    let running = Running::start(ServerConfig { limits, ..ServerConfig::default() }).await;
    let mut client = running.payouts().await;
    let status = client.create_payout(create()).await.unwrap_err();
    assert_eq!(told(&status), (Code::ResourceExhausted, "OVERLOADED".to_owned(), no()));
    assert!(status.get_error_details().retry_info().is_some());
    let now = v1::event_start::Start::Now(());
    let status = client.watch_payouts(watch("demo-eu", now)).await.unwrap_err();
    assert_eq!(told(&status), (Code::ResourceExhausted, "OVERLOADED".to_owned(), None));
    assert_eq!(running.store.calls(), 0);
}

#[tokio::test]
async fn callers_deadlines_are_kept() {
    let store = DownStore::hanging();
    let running = Running::start_on(ServerConfig::default(), Probes::default(), store).await;
    let request = prost::Message::encode_to_vec(&create());
    let headers = call(running.grpc, "/payouts.v1.Payouts/CreatePayout", "100m", &request).await;
    let status = Status::from_header_map(&headers).unwrap();
    let unknown = Some("unknown".to_owned());
    assert_eq!(told(&status), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned(), unknown));
}

#[tokio::test]
async fn health_is_told_for_every_service() {
    let running = Running::start(ServerConfig::default()).await;
    let mut client = HealthClient::new(running.channel().await);
    for service in ["", "Payouts", "Destinations", "Provider", "Operations"] {
        let service = match service {
            "" => String::new(),
            name => format!("payouts.v1.{name}"),
        };
        let health = client.check(HealthCheckRequest { service }).await.unwrap().into_inner();
        assert_eq!(health.status, 1);
    }
}

#[tokio::test]
async fn reflection_lists_the_services() {
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    let running = Running::start(ServerConfig::default()).await;
    let mut client = ServerReflectionClient::new(running.channel().await);
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let requests = futures_util::stream::iter([request]);
    let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for name in ["payouts.v1.Payouts", "payouts.v1.Operations", "grpc.health.v1.Health"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let alpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
    let headers = call(running.grpc, alpha, "10S", b"").await;
    assert!(Status::from_header_map(&headers).is_none(), "v1alpha is served too");
}

fn one_connection(handshake_max: Duration) -> ServerConfig {
    let limits = Limits { grpc_connections_max: 1, ..Limits::default() };
    let intervals = Intervals { handshake_max, ..Intervals::default() };
    ServerConfig { limits, intervals, ..ServerConfig::default() }
}

#[tokio::test]
async fn a_connection_too_many_is_closed_at_once() {
    let running = Running::start(one_connection(Duration::from_secs(3600))).await;
    let _first = TcpStream::connect(running.grpc).await.unwrap();
    let mut second = TcpStream::connect(running.grpc).await.unwrap();
    assert_eq!(rest(&mut second).await, "", "it would be read from for an hour otherwise");
}

#[tokio::test]
async fn a_silent_connection_holds_no_place() {
    let running = Running::start(one_connection(Duration::from_millis(200))).await;
    let mut silent = TcpStream::connect(running.grpc).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    let mut client = HealthClient::new(running.channel().await);
    client.check(HealthCheckRequest::default()).await.unwrap();
}
