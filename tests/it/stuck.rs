//! Payouts that cannot go on: they say why, they do not press, and what machines cannot settle is
//! left to people where they see it.

use api::v1::{
    Attention, Event, Payout, PayoutEventKind, PayoutState, ProviderReferenceKind, Reason,
    WaitUntil, event,
};
use serde_json::json;

use crate::samples::{iban_of_a_person, to_bank_details, to_handle};
use crate::trustly::{ACCESS_ID, Keys, authorization, webhook};
use crate::world::{EU, Options, US, World, id_of, request};

const ALWAYS: u32 = 1_000_000;

/// The account cannot be registered, or the provider not be asked before the first send: both are
/// long before an attempt, and still the caller sees what an operator has to mend.
#[tokio::test]
async fn what_is_not_let_in_says_so_before_it_is_ever_sent() {
    let options = Options { forgetful: true, ..Options::default() };
    let world = World::start_with(&options).await;
    let destination = world.destination(US).await;
    for (region, on, code) in [("eu", "RegisterAccount", 616), ("amer", "list", 375)] {
        world
            .fault(json!({
                "region": region, "on": on, "fault": "refuse", "code": code, "times": ALWAYS,
            }))
            .await;
    }
    let mut eu = to_bank_details("held", iban_of_a_person());
    let mut us = request(US, "held", &destination);
    eu.wait_until = WaitUntil::Recorded.into();
    us.wait_until = WaitUntil::Recorded.into();
    for (merchant, create) in [(EU, eu), (US, us)] {
        world.payouts().create_payout(create).await.unwrap();
        let is_held = |it: &Payout| it.cause.is_some();
        let held = world.wait_until(merchant, "held", "held", is_held).await;
        assert_eq!(held.state(), PayoutState::Pending, "{merchant}");
        assert_eq!(held.cause.unwrap().reason(), Reason::AccessRefused, "{merchant}");
        assert_eq!(held.attention, [] as [i32; 0], "{merchant}");
    }
    // Longer than several holds: what is refused again and again is said once.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    world.clear_faults().await;
    for merchant in [EU, US] {
        world.wait_for(merchant, "held", &[PayoutState::Completed]).await;
        let held = count(&world, merchant, "held", PayoutEventKind::HoldChanged).await;
        assert_eq!(held, 1, "{merchant}");
    }
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let holds = log.lines().filter(|line| line.contains("payout hold changed"));
    let spelled = |line: &&str| line.contains("INFO") && line.contains("\"ACCESS_REFUSED\"");
    assert_eq!(holds.filter(spelled).count(), 2, "{log}");
}

/// A store that may have forgotten cannot say that a refused destination was never paid to.
#[tokio::test]
async fn a_refused_destination_fails_a_payout_only_if_nothing_was_forgotten() {
    for forgetful in [false, true] {
        let world = World::start_with(&Options { forgetful, ..Options::default() }).await;
        let refuse =
            json!({ "region": "eu", "on": "RegisterAccount", "fault": "refuse", "code": 624 });
        world.fault(refuse).await;
        let details = to_bank_details("refused", iban_of_a_person());
        world.payouts().create_payout(details).await.unwrap();
        world.payouts().create_payout(to_handle(US, "refused", "99999999")).await.unwrap();
        for merchant in [EU, US] {
            let payout = if forgetful {
                let parked = |it: &Payout| it.attention.contains(&Attention::Parked.into());
                world.wait_until(merchant, "refused", "parked", parked).await
            } else {
                world.wait_for(merchant, "refused", &[PayoutState::Failed]).await
            };
            assert_eq!(payout.cause.unwrap().reason(), Reason::AccountInvalid);
            assert_eq!(payout.give_back.is_some(), !forgetful, "{merchant}");
            assert!(world.movements(merchant, "refused").await.is_empty());
        }
    }
}

/// A webhook says that the money came back, and the transaction itself says every time that it did
/// not. Nobody gives back on that; somebody is told.
#[tokio::test]
async fn a_webhook_that_is_never_confirmed_is_left_to_people() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"3s\"".to_owned())];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    let destination = world.destination(US).await;
    world.payouts().create_payout(request(US, "paid", &destination)).await.unwrap();
    let paid = world.wait_for(US, "paid", &[PayoutState::Completed]).await;
    let keys = Keys::of(&world);
    let returned = webhook(&paid.id, "5000000002", "Reverse", 10);
    let returned = returned.replace("9000000001", &assigned(&paid));
    let signed = authorization(ACCESS_ID, &keys.access_key, &returned);
    let url = format!("http://{}/notifications/demo-us", world.webhooks_at);
    let request = world.http.post(url).header("Authorization", signed);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(returned).send().await.unwrap().status(), 200);

    let told = |it: &Payout| it.attention.contains(&Attention::Unconfirmed.into());
    let payout = world.wait_until(US, "paid", "left to people", told).await;
    assert_eq!((payout.state(), payout.give_back), (PayoutState::Completed, None));
    assert_eq!(count(&world, US, "paid", PayoutEventKind::AttentionRaised).await, 1);
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let told = log.lines().find(|line| line.contains("\"attention\"")).unwrap();
    assert!(told.contains("ERROR") && told.contains("\"UNCONFIRMED\""), "{told}");
    assert!(told.contains("compare what the provider says"), "{told}");
}

fn assigned(payout: &Payout) -> String {
    let assigned = |kind| kind == ProviderReferenceKind::Assigned;
    let found = payout.provider_references.iter().find(|one| assigned(one.kind())).unwrap();
    found.value.clone()
}

async fn count(world: &World, merchant: &str, key: &str, kind: PayoutEventKind) -> usize {
    let id = id_of(merchant, key);
    let is_it = |event: &&Event| match &event.event {
        Some(event::Event::PayoutEvent(about)) => about.payout_id == id && about.kind() == kind,
        Some(event::Event::DestinationEvent(_)) | None => false,
    };
    world.events(merchant).await.iter().filter(is_it).count()
}
