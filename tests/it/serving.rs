//! The server as its operators and its callers' tools see it: probes, health, reflection, what a
//! provider can do, one process per store, and a stop that loses nothing.

use std::process::Command;
use std::time::{Duration, Instant};

use api::v1::{
    AttemptState, CancelSupport, Confirmation, CreatePayoutRequest, DescribeProviderRequest,
    DestinationForm, DuplicateProtection, PayoutState, ProviderDescription, Speed,
};
use serde_json::json;
use tokio_stream::once;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};

use crate::calls::{Call, refused};
use crate::samples::to_handle;
use crate::world::{CUSTOMER, EU, Options, US, World, binary, request};

const SERVICES: [&str; 4] = [
    "payouts.v1.Destinations",
    "payouts.v1.Operations",
    "payouts.v1.Payouts",
    "payouts.v1.Provider",
];

#[tokio::test]
async fn providers_are_described_region_by_region() {
    let world = World::start().await;
    let europe = describe(&world, EU).await;
    assert_eq!((europe.display_name.as_str(), europe.region.as_str()), ("Trustly", "Europe"));
    let forms = [
        DestinationForm::Stored,
        DestinationForm::Iban,
        DestinationForm::LocalAccount,
        DestinationForm::ProviderHandle,
    ];
    assert_eq!(europe.destination_forms().collect::<Vec<_>>(), forms);
    assert_eq!(europe.country_codes.len(), 29);
    let forints = europe.currencies.iter().find(|it| it.currency_code == "HUF").unwrap();
    assert_eq!((forints.minor_unit_multiple, forints.minor_units_min), (100, 100));
    assert!(europe.methods.contains(&"payouts.v1.Destinations/RegisterDestination".to_owned()));

    let americas = describe(&world, US).await;
    assert_eq!(americas.region, "Americas");
    let forms = [DestinationForm::Stored, DestinationForm::ProviderHandle];
    assert_eq!(americas.destination_forms().collect::<Vec<_>>(), forms);
    assert_eq!(americas.country_codes, ["CA", "US"]);
    let codes: Vec<_> = americas.currencies.iter().map(|it| it.currency_code.as_str()).collect();
    assert_eq!(codes, ["CAD", "USD"]);
    let speeds: Vec<_> = americas.speeds().collect();
    assert_eq!(speeds, [Speed::Standard, Speed::Instant]);
    assert!(!americas.methods.contains(&"payouts.v1.Destinations/RegisterDestination".to_owned()));

    for description in [&europe, &americas] {
        assert_eq!(description.confirmation(), Confirmation::Confirmed);
        assert_eq!(description.cancel_support(), CancelSupport::BeforeSubmission);
        assert_eq!(description.duplicate_protection(), DuplicateProtection::Confirmed);
        assert!(description.return_window.is_some());
        assert!(description.methods.is_sorted() && description.country_codes.is_sorted());
    }
}

/// What is described is what is done.
#[tokio::test]
async fn what_is_not_described_is_refused() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let description = describe(&world, merchant).await;
        let destination = world.destination(merchant).await;
        let canadian = world.authorization_in(CUSTOMER, "CAD").await;
        let mut instant = request(merchant, "instant", &destination);
        instant.speed = Speed::Instant.into();
        let possible = description.speeds().any(|speed| speed == Speed::Instant);
        check_possible(&world, instant, possible).await;
        for currency in ["CAD", "EUR", "PLN", "USD"] {
            let mut create = match (merchant, currency) {
                (US, "CAD") => to_handle(merchant, currency, &canadian),
                _ => request(merchant, currency, &destination),
            };
            create.amount.as_mut().unwrap().currency_code = currency.to_owned();
            let mut currencies = description.currencies.iter();
            let possible = currencies.any(|it| it.currency_code == currency);
            check_possible(&world, create, possible).await;
        }
    }
}

async fn check_possible(world: &World, create: CreatePayoutRequest, possible: bool) {
    let name = format!("{} {}", create.merchant, create.idempotency_key);
    match Call::Create(create).make(world).await {
        Ok(()) => assert!(possible, "{name}"),
        Err(status) => {
            let said = refused(&status);
            assert!(!possible, "{name}: {said:?}");
            assert_eq!(said.metadata["recorded"], "no");
        }
    }
}

#[tokio::test]
async fn probes_and_metrics_answer_on_the_admin_port() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, "order-1", &destination)).await.unwrap();
    world.payouts().create_payout(request("nobody", "order-1", &destination)).await.unwrap_err();
    for (path, status) in
        [("livez", 200), ("readyz", 200), ("metrics", 200), ("", 404), ("debug", 404)]
    {
        let url = format!("http://{}/{path}", world.admin_at);
        let got = world.http.get(&url).send().await.unwrap();
        assert_eq!(got.status(), status, "{path}");
        let posted = world.http.post(&url).send().await.unwrap().status();
        assert_eq!(posted, if status == 200 { 405 } else { 404 }, "{path}");
    }
    let url = format!("http://{}/metrics", world.admin_at);
    let metrics = world.http.get(url).send().await.unwrap().text().await.unwrap();
    for line in [
        "payoutd_rpc_calls_total{method=\"payouts.v1.Payouts/CreatePayout\",code=\"OK\"} 1",
        "payoutd_rpc_calls_total{method=\"payouts.v1.Payouts/CreatePayout\",code=\"NOT_FOUND\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn health_and_reflection_know_every_service() {
    let world = World::start().await;
    let mut health = HealthClient::new(world.channel());
    for service in SERVICES.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = HealthCheckRequest { service: "payouts.v1.Nothing".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);

    for listed in [services_by_v1(&world).await, services_by_v1alpha(&world).await] {
        for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
            assert!(listed.iter().any(|found| found == service), "{service}: {listed:?}");
        }
    }
}

async fn services_by_v1(world: &World) -> Vec<String> {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(world.channel());
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client.server_reflection_info(once(request)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = answer.message_response else {
        panic!("{answer:?}")
    };
    listed.service.into_iter().map(|service| service.name).collect()
}

async fn services_by_v1alpha(world: &World) -> Vec<String> {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(world.channel());
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client.server_reflection_info(once(request)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = answer.message_response else {
        panic!("{answer:?}")
    };
    listed.service.into_iter().map(|service| service.name).collect()
}

#[tokio::test]
async fn a_store_has_one_server() {
    let world = World::start().await;
    let mut same_ports = Command::new(binary());
    same_ports.args(["serve", "--config"]).arg(world.config());
    let mut other_ports = Command::new(binary());
    other_ports.args(["serve", "--config"]).arg(world.config());
    for name in ["--grpc", "--webhooks", "--admin"] {
        other_ports.args([name, "127.0.0.1:0"]);
    }
    let data = world.directory().join("data");
    for (mut command, said) in [
        (same_ports, format!("cannot listen on {} (grpc): Address", world.grpc_at)),
        (other_ports, data.display().to_string()),
    ] {
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(&said), "{error}");
    }
    // The first one was not disturbed.
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, "order-1", &destination)).await.unwrap();
    world.wait_for(EU, "order-1", &[PayoutState::Completed]).await;
}

/// With or without a call: the recovery's sign of life is a write, too.
#[tokio::test]
async fn a_server_ends_when_its_store_is_deleted() {
    for called in [true, false] {
        let mut world = World::start().await;
        let destination = world.destination(EU).await;
        let before = world.payouts().create_payout(request(EU, "before", &destination)).await;
        before.unwrap();
        std::fs::remove_dir_all(world.directory().join("data")).unwrap();
        if called {
            let after = world.payouts().create_payout(request(EU, "after", &destination)).await;
            after.unwrap_err();
        }
        let (code, world) =
            tokio::task::spawn_blocking(move || (world.server_end(), world)).await.unwrap();
        let log = std::fs::read_to_string(world.server_log()).unwrap();
        assert_eq!(code, Some(1), "{log}");
        let said =
            log.contains("payoutd: the store stopped: ") && log.contains("was deleted, moved");
        assert!(said, "{log}");
        assert!(world.movements(EU, "after").await.is_empty());
    }
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let world = World::without_server(&Options::default()).await;
    let data = world.directory().join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("store.sqlite"), "no database, though long enough".repeat(99))
        .unwrap();
    let output = Command::new(binary()).args(["serve", "--config"]).arg(world.config()).output();
    let output = output.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cannot be opened: file is not a database"), "{error}");
}

#[tokio::test]
async fn a_stop_finishes_what_is_being_sent() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    let slow = json!({ "region": "eu", "on": "AccountPayout", "fault": "delay", "delay_ms": 1500 });
    let silent = json!({ "region": "eu", "on": "AccountPayout", "fault": "silent_success" });
    world.fault(slow).await;
    world.fault(silent).await;
    let mut client = world.payouts();
    let create = request(EU, "under-way", &destination);
    let caller = tokio::spawn(async move { client.create_payout(create).await });
    world.wait_for(EU, "under-way", &[PayoutState::Submitting]).await;
    let began = Instant::now();
    let (code, mut world) =
        tokio::task::spawn_blocking(move || (world.stop_server(), world)).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let answered = caller.await.unwrap().unwrap().into_inner().payout.unwrap();
    assert_eq!(answered.state(), PayoutState::Accepted, "its caller was answered as always");
    world.start_server().await;
    let payout = world.wait_for(EU, "under-way", &[PayoutState::Accepted]).await;
    let attempts: Vec<_> = payout.attempts.iter().map(api::v1::Attempt::state).collect();
    assert_eq!(attempts, [AttemptState::Accepted]);
    assert_eq!(world.movements(EU, "under-way").await.len(), 1);
}

/// A kill leaves what was being sent in doubt, and recovery finds out.
#[tokio::test]
async fn a_kill_loses_nothing_that_was_recorded() {
    let mut world = World::start().await;
    for (merchant, region, on) in [(EU, "eu", "AccountPayout"), (US, "amer", "deposit")] {
        let destination = world.destination(merchant).await;
        // New stores ask first; the payout that is killed shall be on its way.
        world.payouts().create_payout(request(merchant, "first", &destination)).await.unwrap();
        world.wait_for(merchant, "first", &[PayoutState::Completed]).await;
        let slow = json!({ "region": region, "on": on, "fault": "delay", "delay_ms": 1500 });
        world.fault(slow).await;
        let mut client = world.payouts();
        let create = request(merchant, "under-way", &destination);
        let caller = tokio::spawn(async move { client.create_payout(create).await });
        let sent = |it: &api::v1::Payout| !it.attempts.is_empty();
        world.wait_until(merchant, "under-way", "on its way", sent).await;
        world.kill_server();
        caller.await.unwrap().unwrap_err();
        world.start_server().await;
        world.wait_for(merchant, "under-way", &[PayoutState::Completed]).await;
        assert_eq!(world.movements(merchant, "under-way").await.len(), 1, "{merchant}");
    }
}

async fn describe(world: &World, merchant: &str) -> ProviderDescription {
    let request = DescribeProviderRequest { merchant: merchant.to_owned() };
    let answer = world.provider().describe_provider(request).await.unwrap();
    answer.into_inner().description.unwrap()
}
