//! Lists: every filter lets through what it says, and pages neither skip nor repeat.

use api::v1::{
    DeleteDestinationRequest, ImportDestinationRequest, ListDestinationsRequest,
    ListPayoutsRequest, Outcome, PayoutState, ProviderReferenceKind,
};
use prost_types::Timestamp;
use serde_json::json;

use crate::world::{EU, US, World, id_of, request};

use Outcome::{NotPaid, Succeeded, Undecided};
use PayoutState::{Completed, Failed, Pending};

const OTHER: &str = "customer-2";

#[tokio::test]
async fn payouts_are_found_by_every_filter() {
    let world = World::start().await;
    let refuse = json!({
        "region": "eu", "on": "AccountPayout", "fault": "refuse", "code": 624,
        "reference": id_of(EU, "failed"),
    });
    world.fault(refuse).await;
    let destination = world.destination(EU).await;
    let of_other = import(&world, OTHER, "1234567890").await;
    for key in ["first", "failed", "third"] {
        world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
    }
    let mut other = request(EU, "other", &of_other);
    other.customer = OTHER.to_owned();
    world.payouts().create_payout(other).await.unwrap();
    world.wait_for(EU, "failed", &[Failed]).await;
    for key in ["first", "third", "other"] {
        world.wait_for(EU, key, &[Completed]).await;
    }
    let third = world.wait_for(EU, "third", &[Completed]).await;
    let assigned = third.provider_references.iter();
    let assigned = assigned.filter(|it| it.kind() == ProviderReferenceKind::Assigned);
    let [assigned] = assigned.collect::<Vec<_>>().try_into().unwrap();
    let at = third.created_at;
    let all = || ListPayoutsRequest { merchant: EU.to_owned(), ..Default::default() };
    let states = |states: &[PayoutState]| states.iter().map(|it| i32::from(*it)).collect();
    let outcomes = |outcomes: &[Outcome]| outcomes.iter().map(|it| i32::from(*it)).collect();
    for (name, filter, expected) in [
        ("none", all(), &["other", "third", "failed", "first"][..]),
        ("customer", ListPayoutsRequest { customer: OTHER.into(), ..all() }, &["other"]),
        ("nobody", ListPayoutsRequest { customer: "nobody".into(), ..all() }, &[]),
        (
            "given reference",
            ListPayoutsRequest { provider_reference: id_of(EU, "first"), ..all() },
            &["first"],
        ),
        (
            "assigned reference",
            ListPayoutsRequest { provider_reference: assigned.value.clone(), ..all() },
            &["third"],
        ),
        ("reference", ListPayoutsRequest { provider_reference: "1".into(), ..all() }, &[]),
        (
            "another's reference",
            ListPayoutsRequest { merchant: US.into(), provider_reference: third.id, ..all() },
            &[],
        ),
        ("state", ListPayoutsRequest { states: states(&[Failed]), ..all() }, &["failed"]),
        (
            "states",
            ListPayoutsRequest { states: states(&[Failed, Completed, Failed]), ..all() },
            &["other", "third", "failed", "first"],
        ),
        ("pending", ListPayoutsRequest { states: states(&[Pending]), ..all() }, &[]),
        (
            "outcome",
            ListPayoutsRequest { outcomes: outcomes(&[NotPaid, Undecided]), ..all() },
            &["failed"],
        ),
        (
            "impossible",
            ListPayoutsRequest {
                states: states(&[Failed]),
                outcomes: outcomes(&[Succeeded]),
                ..all()
            },
            &[],
        ),
        (
            "customer and outcome",
            ListPayoutsRequest {
                customer: OTHER.into(),
                outcomes: outcomes(&[Succeeded]),
                ..all()
            },
            &["other"],
        ),
        ("from", ListPayoutsRequest { created_from: at, ..all() }, &["other", "third"]),
        ("before", ListPayoutsRequest { created_before: at, ..all() }, &["failed", "first"]),
        (
            "from on and before",
            ListPayoutsRequest { created_from: at, created_before: at, ..all() },
            &[],
        ),
        (
            "long ago",
            ListPayoutsRequest { created_before: Some(Timestamp::default()), ..all() },
            &[],
        ),
    ] {
        for page_size in [0, 1, 3] {
            let filter = ListPayoutsRequest { page_size, ..filter.clone() };
            assert_eq!(listed(&world, filter).await, expected, "{name} by {page_size}");
        }
    }
}

/// The keys of all pages, in order.
async fn listed(world: &World, mut filter: ListPayoutsRequest) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let page = world.payouts().list_payouts(filter.clone()).await.unwrap().into_inner();
        if filter.page_size > 0 {
            assert!(page.payouts.len() <= usize::try_from(filter.page_size).unwrap());
        }
        keys.extend(page.payouts.into_iter().map(|payout| payout.idempotency_key));
        if page.next_page_token.is_empty() {
            return keys;
        }
        filter.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_payouts_come() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let mut expected = Vec::new();
    for index in 0..7 {
        let key = format!("before-{index}");
        world.payouts().create_payout(request(EU, &key, &destination)).await.unwrap();
        expected.insert(0, key);
    }
    let mut filter = ListPayoutsRequest { merchant: EU.into(), page_size: 2, ..Default::default() };
    let mut seen = Vec::new();
    for index in 0.. {
        let page = world.payouts().list_payouts(filter.clone()).await.unwrap().into_inner();
        seen.extend(page.payouts.into_iter().map(|payout| payout.idempotency_key));
        if page.next_page_token.is_empty() {
            break;
        }
        filter.page_token = page.next_page_token;
        let key = format!("meanwhile-{index}");
        world.payouts().create_payout(request(EU, &key, &destination)).await.unwrap();
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn destinations_are_listed_by_customer_and_without_deleted_ones() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for (customer, handle) in
        [("customer-1", "1234567890"), ("customer-1", "1234567891"), (OTHER, "1234567890")]
    {
        let id = import(&world, customer, handle).await;
        assert_eq!(import(&world, customer, handle).await, id, "the same account, the same id");
        ids.insert(0, id);
    }
    let delete = DeleteDestinationRequest { merchant: EU.into(), destination_id: ids[1].clone() };
    world.destinations().delete_destination(delete).await.unwrap();
    let all = || ListDestinationsRequest { merchant: EU.to_owned(), ..Default::default() };
    let of_one = || ListDestinationsRequest { customer: "customer-1".to_owned(), ..all() };
    for (filter, expected) in [
        (all(), vec![&ids[0], &ids[2]]),
        (ListDestinationsRequest { include_deleted: true, ..all() }, ids.iter().collect()),
        (of_one(), vec![&ids[2]]),
        (ListDestinationsRequest { include_deleted: true, ..of_one() }, vec![&ids[1], &ids[2]]),
        (ListDestinationsRequest { merchant: US.to_owned(), ..all() }, vec![]),
    ] {
        for page_size in [0, 1] {
            let mut filter = ListDestinationsRequest { page_size, ..filter.clone() };
            let mut found = Vec::new();
            loop {
                let mut client = world.destinations();
                let page = client.list_destinations(filter.clone()).await.unwrap().into_inner();
                found.extend(page.destinations.into_iter().map(|destination| destination.id));
                if page.next_page_token.is_empty() {
                    break;
                }
                filter.page_token = page.next_page_token;
            }
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }
}

async fn import(world: &World, customer: &str, handle: &str) -> String {
    let request = ImportDestinationRequest {
        merchant: EU.to_owned(),
        customer: customer.to_owned(),
        provider_handle: handle.to_owned(),
    };
    let answer = world.destinations().import_destination(request).await.unwrap();
    answer.into_inner().destination.unwrap().id
}
