//! Creating: a key pays once, whoever repeats it, however, and how long ever anybody waits.

use std::time::{Duration, Instant};

use api::v1::{
    CreatePayoutRequest, CreatePayoutResponse, DeleteDestinationRequest, DestinationKind,
    DestinationState, Money, Outcome, PayoutState, Reason, WaitUntil,
    create_payout_request::Destination,
};
use futures_util::future::join_all;
use prost_types::Timestamp;
use serde_json::{Value, json};
use tonic::{Code, Request, Status};

use crate::calls::refused;
use crate::samples::{
    IBAN, details, iban_of_a_person, iban_of_an_organisation, person, swedish_account,
    to_bank_details, to_handle,
};
use crate::world::{CUSTOMER, EU, Options, PATIENCE, US, World, by_key, id_of, request};

/// How long the provider takes to answer where it is slow: less than a request may take, and far
/// longer than anything else here.
const SLOW: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn a_repeat_with_the_same_contents_finds_the_same_payout() {
    let world = World::start().await;
    let (eu, us) = (world.destination(EU).await, world.destination(US).await);
    let mut full = request(EU, "full", &eu);
    full.statement_descriptor = "Your winnings".to_owned();
    full.external_reference = "invoice 1".to_owned();
    full.submit_before = Some(hours_from_now(1));
    full.metadata.insert("order".to_owned(), "17".to_owned());
    let written_otherwise =
        details(api::v1::bank_account::Form::Iban(IBAN.to_lowercase()), person(" Åsa", "Öberg "));
    let mut pairs = vec![
        (full.clone(), full),
        (request(US, "order-1", &us), request(US, "order-1", &us)),
        (to_bank_details("iban", iban_of_a_person()), to_bank_details("iban", written_otherwise)),
    ];
    let waiting = CreatePayoutRequest {
        wait_until: WaitUntil::Outcome.into(),
        ..request(EU, "waiting", &eu)
    };
    pairs.push((request(EU, "waiting", &eu), waiting));
    for (first, again) in pairs {
        let (merchant, key) = (first.merchant.clone(), first.idempotency_key.clone());
        let created = create(&world, first).await.unwrap();
        assert!(!created.replayed, "{key}");
        let id = created.payout.unwrap().id;
        assert_eq!(id, id_of(&merchant, &key));
        for _ in 0..2 {
            let repeated = create(&world, again.clone()).await.unwrap();
            assert!(repeated.replayed, "{key}");
            assert_eq!(repeated.payout.unwrap().id, id);
        }
        world.wait_for(&merchant, &key, &[PayoutState::Completed]).await;
        let late = create(&world, again).await.unwrap();
        assert!(late.replayed && late.payout.unwrap().state() == PayoutState::Completed, "{key}");
        assert_eq!(world.movements(&merchant, &key).await.len(), 1, "{key}");
    }
}

/// Another request under a used key, with the fields that differ.
type Other = (fn(&mut CreatePayoutRequest), &'static str);

#[tokio::test]
async fn a_repeat_with_other_contents_names_what_differs_and_no_value() {
    let world = World::start().await;
    let eu = world.destination(EU).await;
    let mut first = request(EU, "used", &eu);
    first.statement_descriptor = "first-text".to_owned();
    first.metadata.insert("order".to_owned(), "first-label".to_owned());
    let id = create(&world, first.clone()).await.unwrap().payout.unwrap().id;
    let others: [Other; 10] = [
        (|it| it.amount = money("EUR", 77_777), "amount.minor_units"),
        (|it| it.amount = money("SEK", 1000), "amount.currency_code"),
        (|it| it.customer = "hidden-2".to_owned(), "customer"),
        (|it| it.statement_descriptor = "hidden-text".to_owned(), "statement_descriptor"),
        (|it| it.statement_descriptor.clear(), "statement_descriptor"),
        (|it| it.external_reference = "hidden-ref".to_owned(), "external_reference"),
        (|it| it.submit_before = Some(hours_from_now(1)), "submit_before"),
        (|it| drop(it.metadata.insert("order".into(), "hidden-label".into())), "metadata.order"),
        (
            |it| it.destination = Some(Destination::ProviderHandle("1234567890".to_owned())),
            "destination_id,provider_handle",
        ),
        (
            |it| it.destination = Some(Destination::BankDetails(Box::new(iban_of_a_person()))),
            "bank_details.account,bank_details.holder,destination_id",
        ),
    ];
    for (change, fields) in others {
        let mut other = first.clone();
        change(&mut other);
        let said = refused(&create(&world, other).await.unwrap_err());
        assert_eq!(said.code, Code::AlreadyExists, "{fields}: {said:?}");
        assert_eq!(said.reason, "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(said.metadata["payout_id"], id);
        assert_eq!(said.metadata["fields"], fields);
        assert_eq!(said.metadata["recorded"], "no");
        for value in ["hidden", "77777", "first-", "1234567890", "5121", "berg", &eu] {
            assert!(!said.text.contains(value), "{fields}: {said:?}");
        }
    }
    // What is known is answered before any check: this one could not even be created.
    let mut impossible = first.clone();
    (impossible.speed, impossible.amount) = (2, money("USD", 1000));
    let said = refused(&create(&world, impossible).await.unwrap_err());
    assert_eq!(said.metadata["fields"], "amount.currency_code,speed");
    world.wait_for(EU, "used", &[PayoutState::Completed]).await;
    assert_eq!(world.movements(EU, "used").await.len(), 1);
}

#[tokio::test]
async fn concurrent_creations_of_one_key_make_one_payment() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        let connections: Vec<_> = (0..8).map(|_| world.payouts()).collect();
        let mut calls = Vec::new();
        for index in 0..32 {
            let mut client = connections[index % connections.len()].clone();
            let request = request(merchant, "race", &destination);
            calls.push(async move { client.create_payout(request).await.unwrap().into_inner() });
        }
        let answers = join_all(calls).await;
        let firsts = answers.iter().filter(|answer| !answer.replayed).count();
        assert_eq!(firsts, 1, "{merchant}");
        for answer in &answers {
            assert_eq!(answer.payout.as_ref().unwrap().id, id_of(merchant, "race"));
        }
        world.wait_for(merchant, "race", &[PayoutState::Completed]).await;
        assert_eq!(world.movements(merchant, "race").await.len(), 1, "{merchant}");
    }
}

#[tokio::test]
async fn a_caller_waits_as_far_as_it_wants() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let mut expected = vec![
        (WaitUntil::Recorded, false, PayoutState::Submitting),
        (WaitUntil::Submitted, false, PayoutState::Accepted),
        (WaitUntil::Unspecified, false, PayoutState::Accepted),
        (WaitUntil::Outcome, false, PayoutState::Completed),
        (WaitUntil::Submitted, true, PayoutState::Failed),
        (WaitUntil::Outcome, true, PayoutState::Failed),
    ];
    for (index, (wait_until, refuse, state)) in expected.drain(..).enumerate() {
        let key = format!("wait-{index}");
        if refuse {
            fault(&world, &key, json!({ "fault": "refuse", "code": 624 })).await;
        }
        // It is not confirmed before it is asked for.
        if state == PayoutState::Accepted {
            fault(&world, &key, json!({ "fault": "silent_success" })).await;
        }
        slow(&world, &key).await;
        let mut request = request(EU, &key, &destination);
        request.wait_until = wait_until.into();
        let began = Instant::now();
        let payout = create(&world, request).await.unwrap().payout.unwrap();
        assert_eq!(payout.state(), state, "{wait_until:?} {refuse}");
        let waited = began.elapsed();
        let at_once = wait_until == WaitUntil::Recorded || refuse;
        assert_eq!(waited < SLOW, at_once, "{wait_until:?} {refuse}: {waited:?}");
    }
}

#[tokio::test]
async fn a_caller_in_a_hurry_gets_the_payout_and_the_payout_goes_on() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let mut client = world.payouts();
    client.get_payout(by_key(EU, "nothing")).await.unwrap_err();
    for (key, deadline) in [("hurry", 50), ("haste", 500)] {
        slow(&world, key).await;
        let mut hurried = Request::new(request(EU, key, &destination));
        hurried.set_timeout(Duration::from_millis(deadline));
        let began = Instant::now();
        match client.create_payout(hurried).await {
            Ok(answer) => {
                assert_eq!(answer.into_inner().payout.unwrap().id, id_of(EU, key));
                assert!(began.elapsed() < SLOW, "{key}");
            }
            // Without a disk and a core of our own even the record may come too late for 50 ms.
            Err(status) => assert!(deadline < 100 && is_late(&status), "{status:?}"),
        }
        if world.payouts().get_payout(by_key(EU, key)).await.is_err() {
            create(&world, request(EU, key, &destination)).await.unwrap();
        }
        world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(EU, key).await.len(), 1);
    }
}

/// The client's own deadline, or the server's word for the same.
fn is_late(status: &Status) -> bool {
    matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded)
}

#[tokio::test]
async fn the_payout_of_a_caller_who_went_away_goes_on() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        // A store that is new lets the first ones wait; then all are sent at once.
        create(&world, request(merchant, "first", &destination)).await.unwrap();
        world.wait_for(merchant, "first", &[PayoutState::Completed]).await;
        let (region, on) =
            if merchant == EU { ("eu", "AccountPayout") } else { ("amer", "deposit") };
        let delay = SLOW.as_millis();
        let slow = json!({ "region": region, "on": on, "fault": "delay", "delay_ms": delay });
        world.fault(slow).await;
        let mut client = world.payouts();
        let request = request(merchant, "gone", &destination);
        let caller = tokio::spawn(async move { client.create_payout(request).await });
        // In the Americas a notification may come before the reply.
        let on_its_way = [PayoutState::Submitting, PayoutState::Accepted, PayoutState::Processing];
        world.wait_for(merchant, "gone", &on_its_way).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        world.wait_for(merchant, "gone", &[PayoutState::Completed]).await;
        assert_eq!(world.movements(merchant, "gone").await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_sent_in_time_is_cancelled() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        let mut late = request(merchant, "late", &destination);
        late.submit_before = Some(hours_from_now(-1));
        create(&world, late).await.unwrap();
        check_expired(&world, merchant, "late").await;
    }
    let refuse = json!({ "fault": "refuse", "code": 616, "times": 1000 });
    fault(&world, "held", refuse).await;
    let destination = world.destination(EU).await;
    let mut held = request(EU, "held", &destination);
    held.submit_before = Some(millis_from_now(1500));
    let pending = create(&world, held).await.unwrap().payout.unwrap();
    assert_eq!(pending.state(), PayoutState::Pending);
    check_expired(&world, EU, "held").await;
}

async fn check_expired(world: &World, merchant: &str, key: &str) {
    let canceled = world.wait_for(merchant, key, &[PayoutState::Canceled]).await;
    assert_eq!(canceled.cause.as_ref().unwrap().reason(), Reason::SubmitBeforePassed);
    assert_eq!(canceled.outcome(), Outcome::NotPaid);
    assert_eq!(canceled.give_back.unwrap().amount, canceled.amount);
    assert!(world.movements(merchant, key).await.is_empty());
}

#[tokio::test]
async fn bank_details_and_handles_are_paid_directly() {
    let world = World::start().await;
    let bank = DestinationKind::BankDetails;
    let handle = DestinationKind::ProviderHandle;
    let authorization = world.authorization(CUSTOMER).await;
    let last_four = authorization.split_at(authorization.len() - 4).1.to_owned();
    for (request, kind, shown) in [
        (to_bank_details("person", iban_of_a_person()), bank, "6199".to_owned()),
        (to_bank_details("organisation", iban_of_an_organisation()), bank, "6199".to_owned()),
        (to_bank_details("sweden", swedish_account()), bank, "6212".to_owned()),
        (to_handle(EU, "account", "1234567890"), handle, "7890".to_owned()),
        (to_handle(US, "authorization", &authorization), handle, last_four),
    ] {
        let (merchant, key) = (request.merchant.clone(), request.idempotency_key.clone());
        create(&world, request).await.unwrap();
        let payout = world.wait_for(&merchant, &key, &[PayoutState::Completed]).await;
        let destination = payout.destination.unwrap();
        assert_eq!((destination.kind(), destination.destination_id.as_str()), (kind, ""), "{key}");
        let masked = destination.summary.unwrap().masked_account;
        assert!(masked.ends_with(&shown) && masked.contains("***"), "{key}: {masked}");
        assert_eq!(world.movements(&merchant, &key).await.len(), 1, "{key}");
    }
}

#[tokio::test]
async fn what_the_provider_does_not_take_in_fails() {
    let world = World::start().await;
    let refuse = json!({ "region": "eu", "on": "RegisterAccount", "fault": "refuse", "code": 624 });
    world.fault(refuse).await;
    create(&world, to_bank_details("details", iban_of_a_person())).await.unwrap();
    check_failed(&world, EU, "details", Reason::AccountInvalid).await;
    create(&world, to_handle(EU, "account", "99999999")).await.unwrap();
    check_failed(&world, EU, "account", Reason::AccountInvalid).await;
    // An answer that was lost is no refusal: it is asked again until it is known.
    let lost = json!({
        "region": "eu", "on": "RegisterAccount", "fault": "lose_reply", "times": 3,
    });
    world.fault(lost).await;
    create(&world, to_bank_details("lost", iban_of_a_person())).await.unwrap();
    world.wait_for(EU, "lost", &[PayoutState::Completed]).await;
}

#[tokio::test]
async fn an_authorization_that_cannot_be_paid_fails_once_the_store_can_prove_its_past() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"100ms\"".to_owned())];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    let american = world.authorization(CUSTOMER).await;
    for (handle, currency, reason) in [
        ("99999999", "USD", Reason::AccountInvalid),
        (american.as_str(), "CAD", Reason::RequestRejected),
    ] {
        let end = Instant::now() + PATIENCE;
        // Until then a payout might have been made under the same key in a forgotten past.
        for count in 0.. {
            let key = format!("{currency}-{count}");
            let mut direct = to_handle(US, &key, handle);
            direct.amount.as_mut().unwrap().currency_code = currency.to_owned();
            create(&world, direct).await.unwrap();
            let answer = world.payouts().get_payout(by_key(US, &key)).await.unwrap();
            if answer.into_inner().payout.unwrap().state() == PayoutState::Failed {
                check_failed(&world, US, &key, reason).await;
                break;
            }
            assert!(Instant::now() < end, "none of {count} payouts failed");
        }
    }
}

#[tokio::test]
async fn a_payout_has_the_currency_of_its_authorization() {
    let world = World::start().await;
    let american = world.destination(US).await;
    let mut other = request(US, "other", &american);
    other.amount.as_mut().unwrap().currency_code = "CAD".to_owned();
    let said = refused(&create(&world, other).await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
    assert_eq!((said.fields.join(",").as_str(), said.metadata["recorded"].as_str()), CURRENCY);
    let canadian = world.authorization_in(CUSTOMER, "CAD").await;
    let mut same = to_handle(US, "same", &canadian);
    same.amount.as_mut().unwrap().currency_code = "CAD".to_owned();
    create(&world, same).await.unwrap();
    world.wait_for(US, "same", &[PayoutState::Completed]).await;
    let [movement] = world.movements(US, "same").await.try_into().unwrap();
    assert_eq!((&movement["currency"], &movement["amount"]), (&json!("CAD"), &json!("10.00")));
}

const CURRENCY: (&str, &str) = ("amount.currency_code", "no");

async fn check_failed(world: &World, merchant: &str, key: &str, reason: Reason) {
    let failed = world.wait_for(merchant, key, &[PayoutState::Failed]).await;
    assert_eq!(failed.cause.as_ref().unwrap().reason(), reason, "{key}");
    assert_eq!(failed.outcome(), Outcome::NotPaid);
    assert_eq!(failed.give_back.unwrap().amount, failed.amount);
    assert!(world.movements(merchant, key).await.is_empty());
}

#[tokio::test]
async fn a_deleted_destination_is_not_paid() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        create(&world, request(merchant, "before", &destination)).await.unwrap();
        let delete = DeleteDestinationRequest {
            merchant: merchant.to_owned(),
            destination_id: destination.clone(),
        };
        for _ in 0..2 {
            let answer = world.destinations().delete_destination(delete.clone()).await.unwrap();
            let deleted = answer.into_inner().destination.unwrap();
            assert_eq!(deleted.state(), DestinationState::Deleted);
        }
        let after = create(&world, request(merchant, "after", &destination)).await;
        let said = refused(&after.unwrap_err());
        assert_eq!(said.code, Code::FailedPrecondition);
        assert_eq!(said.reason, "DESTINATION_NOT_USABLE");
        assert_eq!(said.metadata["recorded"], "no");
        let missing = world.payouts().get_payout(by_key(merchant, "after")).await.unwrap_err();
        assert_eq!(refused(&missing).reason, "PAYOUT_NOT_FOUND");
        world.wait_for(merchant, "before", &[PayoutState::Completed]).await;
        assert!(create(&world, request(merchant, "before", &destination)).await.unwrap().replayed);
        if merchant == EU {
            // The same account again is the same destination, and can be paid again.
            assert_eq!(world.destination(merchant).await, destination);
            create(&world, request(merchant, "after", &destination)).await.unwrap();
        }
    }
}

async fn create(
    world: &World,
    request: CreatePayoutRequest,
) -> Result<CreatePayoutResponse, Status> {
    world.payouts().create_payout(request).await.map(tonic::Response::into_inner)
}

/// Adds a fault to one European payout.
async fn fault(world: &World, key: &str, mut rule: Value) {
    rule["region"] = json!("eu");
    rule["on"] = json!("AccountPayout");
    rule["reference"] = json!(id_of(EU, key));
    world.fault(rule).await;
}

async fn slow(world: &World, key: &str) {
    fault(world, key, json!({ "fault": "delay", "delay_ms": SLOW.as_millis() })).await;
}

fn money(currency: &str, minor_units: i64) -> Option<Money> {
    Some(Money { currency_code: currency.to_owned(), minor_units })
}

fn hours_from_now(hours: i64) -> Timestamp {
    millis_from_now(hours * 3_600_000)
}

fn millis_from_now(millis: i64) -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let then = i64::try_from(now.as_millis()).unwrap() + millis;
    let nanos = i32::try_from(then.rem_euclid(1000)).unwrap() * 1_000_000;
    Timestamp { seconds: then.div_euclid(1000), nanos }
}
