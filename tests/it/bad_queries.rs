//! Requests to read, watch, cancel or delete that are refused, and how.

use api::v1::{
    CancelPayoutRequest, CheckSettlementRequest, DeleteDestinationRequest, DescribeProviderRequest,
    EventSelector, EventStart, GetBalanceRequest, GetDestinationRequest, GetPayoutRequest,
    InvestigatePayoutRequest, ListDestinationsRequest, ListParkedNotificationsRequest,
    ListPayoutEventsRequest, ListPayoutsRequest, ListSettlementBreaksRequest, PayoutIds,
    StartDestinationLinkRequest, WatchPayoutsRequest, cancel_payout_request, event_selector,
    get_payout_request,
};
use payout::cursor::Cursor;
use payout::id::StoreId;
use prost_types::Timestamp;
use tonic::Code;

use crate::calls::{Call, Case, invalid};
use crate::links::link;
use crate::samples::{
    cancel_by_id, cancel_by_key, from_beginning, from_cursor, from_now, of_customer, of_merchant,
    of_payout,
};
use crate::world::{EU, US, World, by_key, id_of, request};

/// An id of the right shape that was never given out.
const NO_PAYOUT: &str = "po_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const NO_DESTINATION: &str = "ds_aaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn queries_that_cannot_be_are_refused() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let paid = request(EU, "paid", &destination);
    world.payouts().create_payout(paid).await.unwrap();
    let mut cases = single_payouts();
    cases.extend(lists());
    cases.extend(destinations(&destination));
    cases.extend(selections_and_starts());
    cases.extend(combinations());
    cases.extend(unknown_merchants());
    let before = world.events(US).await;
    for case in &cases {
        case.check(&world).await;
    }
    assert_eq!(world.events(US).await, before);
}

#[tokio::test]
async fn cursors_work_in_their_own_store_only() {
    let world = World::start().await;
    world.destination(EU).await;
    let given = world.events(EU).await[0].cursor.clone();
    let parsed = Cursor::parse(&given).unwrap();
    let mut beyond = parsed.clone();
    beyond.positions[0].count += 1_000_000;
    let elsewhere = Cursor { store: StoreId::parse("store-elsewhere").unwrap(), ..parsed };
    let mut altered = given.clone();
    altered.replace_range(..1, if given.starts_with('A') { "B" } else { "A" });
    let other = |name: &str, cursor: &str, call: fn(&str) -> Call| Case {
        name: name.to_owned(),
        call: call(cursor),
        code: Code::FailedPrecondition,
        reason: "CURSOR_FROM_ANOTHER_STORE",
        fields: Vec::new(),
        hidden: String::new(),
    };
    let field: &[&'static str] = &["start.cursor"];
    for call in [list_from as fn(&str) -> Call, watch_from] {
        other("of another store", &elsewhere.encode(), call).check(&world).await;
        other("beyond the end", &beyond.encode(), call).check(&world).await;
        for (name, cursor) in [
            ("empty", ""),
            ("garbage", "!!garbage!!"),
            ("base64 of something", "Z2FyYmFnZQ"),
            ("cut", given.split_at(given.len() - 3).0),
            ("altered", &altered),
            ("too long", &"A".repeat(513)),
        ] {
            invalid(name, call(cursor), field, "").check(&world).await;
        }
        call(&given).make(&world).await.unwrap();
    }
}

#[tokio::test]
async fn page_tokens_work_for_their_own_list_only() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    for key in ["order-1", "order-2", "order-3"] {
        world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
    }
    let first = ListPayoutsRequest { merchant: EU.into(), page_size: 1, ..Default::default() };
    let page = world.payouts().list_payouts(first.clone()).await.unwrap().into_inner();
    let token = page.next_page_token;
    let next = ListPayoutsRequest { page_token: token.clone(), ..first };
    let bad = |name: &str, call: Call| Case {
        reason: "INVALID_PAGE_TOKEN",
        ..invalid(name, call, &["page_token"], "")
    };
    let mut altered = token.clone().into_bytes();
    let last = altered.len() - 2;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for (name, request) in [
        ("customer", ListPayoutsRequest { customer: "other".into(), ..next.clone() }),
        ("merchant", ListPayoutsRequest { merchant: US.into(), ..next.clone() }),
        ("states", ListPayoutsRequest { states: vec![7], ..next.clone() }),
        ("outcomes", ListPayoutsRequest { outcomes: vec![3], ..next.clone() }),
        ("reference", ListPayoutsRequest { provider_reference: "1".into(), ..next.clone() }),
        ("time", ListPayoutsRequest { created_from: Some(Timestamp::default()), ..next.clone() }),
        ("garbage", ListPayoutsRequest { page_token: "garbage".into(), ..next.clone() }),
        ("altered", ListPayoutsRequest { page_token: altered, ..next.clone() }),
        ("too long", ListPayoutsRequest { page_token: "A".repeat(513), ..next.clone() }),
    ] {
        bad(name, Call::List(request)).check(&world).await;
    }
    let (merchant, page_token) = (EU.to_owned(), token.clone());
    let destinations = ListDestinationsRequest { merchant, page_token, ..Default::default() };
    bad("of payouts for destinations", Call::ListDestinations(destinations)).check(&world).await;
    let parked =
        ListParkedNotificationsRequest { merchant: EU.into(), page_token: token, page_size: 1 };
    bad("of payouts for notifications", Call::ListParked(parked)).check(&world).await;
    // The size of a page is no filter.
    let larger = ListPayoutsRequest { page_size: 500, ..next };
    let rest = world.payouts().list_payouts(larger).await.unwrap().into_inner();
    assert_eq!((rest.payouts.len(), rest.next_page_token.as_str()), (2, ""));
}

fn single_payouts() -> Vec<Case> {
    let get = |payout| Call::Get(GetPayoutRequest { merchant: EU.into(), payout });
    let cancel = |payout| Call::Cancel(CancelPayoutRequest { merchant: EU.into(), payout });
    let id = |id: &str| Some(get_payout_request::Payout::PayoutId(id.to_owned()));
    let not_found = |name: &str, call| missing(name, call, "PAYOUT_NOT_FOUND");
    let long = "k".repeat(256);
    vec![
        invalid("which to get", get(None), &["payout"], ""),
        invalid("no id", get(id("")), &["payout_id"], ""),
        invalid("id in capitals", get(id("PO_X")), &["payout_id"], ""),
        invalid("long id", get(id(&"p".repeat(65))), &["payout_id"], "pppppp"),
        invalid("no key", Call::Get(by_key(EU, "")), &["idempotency_key"], ""),
        invalid("long key", Call::Get(by_key(EU, &long)), &["idempotency_key"], "kkkkkk"),
        invalid("no merchant", Call::Get(by_key("", "k")), &["merchant"], ""),
        not_found("unused key", Call::Get(by_key(EU, "unused"))),
        not_found("unused id", get(id(NO_PAYOUT))),
        not_found("no id of ours", get(id("something_else"))),
        not_found("another merchant's", Call::Get(by_key(US, "paid"))),
        not_found("another merchant's id", get_of(US, &id_of(EU, "paid"))),
        invalid("which to cancel", cancel(None), &["payout"], ""),
        invalid("no id to cancel", Call::Cancel(cancel_by_id(EU, "")), &["payout_id"], ""),
        invalid(
            "key to cancel",
            Call::Cancel(cancel_by_key(EU, "schlüssel")),
            &["payout_idempotency_key"],
            "schl",
        ),
        not_found("unused id to cancel", Call::Cancel(cancel_by_id(EU, NO_PAYOUT))),
        not_found("another merchant's to cancel", cancel_of(US, &id_of(EU, "paid"))),
    ]
}

fn get_of(merchant: &str, id: &str) -> Call {
    let payout = Some(get_payout_request::Payout::PayoutId(id.to_owned()));
    Call::Get(GetPayoutRequest { merchant: merchant.to_owned(), payout })
}

fn cancel_of(merchant: &str, id: &str) -> Call {
    let payout = Some(cancel_payout_request::Payout::PayoutId(id.to_owned()));
    Call::Cancel(CancelPayoutRequest { merchant: merchant.to_owned(), payout })
}

fn lists() -> Vec<Case> {
    let list = || ListPayoutsRequest { merchant: EU.to_owned(), ..Default::default() };
    let before = Some(Timestamp { seconds: 0, nanos: 1_000_000_000 });
    let events = |page_size| {
        let (selector, start) = (of_merchant(), from_beginning());
        let merchant = EU.to_owned();
        Call::ListEvents(ListPayoutEventsRequest { merchant, selector, start, page_size })
    };
    let of = |name: &str, list: ListPayoutsRequest, fields: &[&'static str]| {
        invalid(name, Call::List(list), fields, "")
    };
    vec![
        of("size", ListPayoutsRequest { page_size: -1, ..list() }, &["page_size"]),
        of("customer", ListPayoutsRequest { customer: "Å".into(), ..list() }, &["customer"]),
        of("state", ListPayoutsRequest { states: vec![7, 99], ..list() }, &["states[1]"]),
        of("no state", ListPayoutsRequest { states: vec![0], ..list() }, &["states[0]"]),
        of("states", ListPayoutsRequest { states: vec![7; 17], ..list() }, &["states"]),
        of("outcome", ListPayoutsRequest { outcomes: vec![99], ..list() }, &["outcomes[0]"]),
        of("outcomes", ListPayoutsRequest { outcomes: vec![3; 17], ..list() }, &["outcomes"]),
        of("from", ListPayoutsRequest { created_from: before, ..list() }, &["created_from"]),
        of("before", ListPayoutsRequest { created_before: before, ..list() }, &["created_before"]),
        of(
            "reference",
            ListPayoutsRequest { provider_reference: "r".repeat(129), ..list() },
            &["provider_reference"],
        ),
        invalid("size of events", events(-1), &["page_size"], ""),
        invalid(
            "size of parked",
            Call::ListParked(ListParkedNotificationsRequest {
                merchant: EU.to_owned(),
                page_size: -1,
                page_token: String::new(),
            }),
            &["page_size"],
            "",
        ),
    ]
}

fn destinations(known: &str) -> Vec<Case> {
    let get = |merchant: &str, id: &str| {
        let (merchant, destination_id) = (merchant.to_owned(), id.to_owned());
        Call::GetDestination(GetDestinationRequest { merchant, destination_id })
    };
    let delete = |merchant: &str, id: &str| {
        let (merchant, destination_id) = (merchant.to_owned(), id.to_owned());
        Call::DeleteDestination(DeleteDestinationRequest { merchant, destination_id })
    };
    let list = |customer: &str, page_size| {
        let (merchant, customer) = (EU.to_owned(), customer.to_owned());
        let list = ListDestinationsRequest { merchant, customer, page_size, ..Default::default() };
        Call::ListDestinations(list)
    };
    let field: &[&'static str] = &["destination_id"];
    let not_found = |name: &str, call| missing(name, call, "DESTINATION_NOT_FOUND");
    vec![
        invalid("no destination", get(EU, ""), field, ""),
        invalid("long destination", delete(EU, &"d".repeat(65)), field, "dddddd"),
        not_found("unknown", get(EU, NO_DESTINATION)),
        not_found("no id of ours", get(EU, "something_else")),
        not_found("unknown to delete", delete(EU, NO_DESTINATION)),
        not_found("another merchant's", get(US, known)),
        not_found("another merchant's to delete", delete(US, known)),
        invalid("customer", list("Å", 0), &["customer"], ""),
        invalid("size", list("", -1), &["page_size"], ""),
    ]
}

/// A name, what both ways to read events take, and the fields that are wrong with it.
type Selected = (&'static str, Option<EventSelector>, Option<EventStart>, &'static [&'static str]);

/// What is wrong with what both ways to read events take.
fn selections_and_starts() -> Vec<Case> {
    let ids = |ids: Vec<String>| {
        let selector = Some(event_selector::Selector::Payouts(PayoutIds { ids }));
        Some(EventSelector { selector })
    };
    let none = || Some(EventSelector { selector: None });
    let many = vec![NO_PAYOUT.to_owned(); 101];
    let two = vec![NO_PAYOUT.to_owned(), "PO".to_owned()];
    let named: [Selected; 8] = [
        ("neither", None, None, &["selector", "start"]),
        ("empty", none(), Some(EventStart { start: None }), &["selector", "start"]),
        ("no ids", ids(Vec::new()), from_now(), &["selector.payouts.ids"]),
        ("many ids", ids(many), from_now(), &["selector.payouts.ids"]),
        ("no id", ids(two), from_now(), &["selector.payouts.ids[1]"]),
        ("no customer", of_customer(""), from_now(), &["selector.customer"]),
        ("long customer", of_customer(&"c".repeat(65)), from_now(), &["selector.customer"]),
        ("cursor", of_merchant(), from_cursor("!"), &["start.cursor"]),
    ];
    let mut cases = Vec::new();
    for (name, selector, start, fields) in named {
        for call in both(EU, selector, start) {
            cases.push(invalid(name, call, fields, ""));
        }
    }
    for (name, merchant, id) in [
        ("unknown payout", EU, NO_PAYOUT.to_owned()),
        ("no id of ours", EU, "something_else".to_owned()),
        ("another merchant's payout", US, id_of(EU, "paid")),
    ] {
        for call in both(merchant, of_payout(&id), from_beginning()) {
            cases.push(missing(name, call, "PAYOUT_NOT_FOUND"));
        }
    }
    cases
}

fn combinations() -> Vec<Case> {
    let watch = |selector, start| WatchPayoutsRequest {
        merchant: EU.to_owned(),
        selector,
        start,
        snapshot_first: true,
        until_outcome: true,
    };
    let both = Call::Watch(watch(of_merchant(), from_beginning()));
    vec![invalid("snapshot and outcome", both, &["snapshot_first", "until_outcome"], "")]
}

fn unknown_merchants() -> Vec<Case> {
    let merchant = || "nobody".to_owned();
    let mut calls = vec![
        Call::Get(by_key("nobody", "k")),
        Call::List(ListPayoutsRequest { merchant: merchant(), ..Default::default() }),
        Call::Cancel(cancel_by_key("nobody", "k")),
        Call::Cancel(cancel_by_id("nobody", NO_PAYOUT)),
        Call::GetDestination(GetDestinationRequest {
            merchant: merchant(),
            destination_id: NO_DESTINATION.to_owned(),
        }),
        Call::DeleteDestination(DeleteDestinationRequest {
            merchant: merchant(),
            destination_id: NO_DESTINATION.to_owned(),
        }),
        Call::ListDestinations(ListDestinationsRequest {
            merchant: merchant(),
            ..Default::default()
        }),
        Call::Describe(DescribeProviderRequest { merchant: merchant() }),
        Call::ListParked(ListParkedNotificationsRequest {
            merchant: merchant(),
            ..Default::default()
        }),
        Call::Link(StartDestinationLinkRequest { merchant: merchant(), ..link("k") }),
        Call::Balance(GetBalanceRequest { merchant: merchant() }),
        Call::ListBreaks(ListSettlementBreaksRequest {
            merchant: merchant(),
            ..Default::default()
        }),
        Call::CheckSettlement(CheckSettlementRequest {
            merchant: merchant(),
            settlement_date: "2026-01-01".to_owned(),
            currency_code: String::new(),
        }),
        Call::Investigate(InvestigatePayoutRequest {
            merchant: merchant(),
            payout_id: NO_PAYOUT.to_owned(),
        }),
    ];
    calls.extend(both("nobody", of_merchant(), from_now()));
    calls.extend(both("nobody", of_payout(NO_PAYOUT), from_now()));
    let mut cases = Vec::new();
    for call in calls {
        cases.push(missing(&format!("{call:?}"), call, "UNKNOWN_MERCHANT"));
    }
    cases
}

fn both(merchant: &str, selector: Option<EventSelector>, start: Option<EventStart>) -> [Call; 2] {
    let merchant = merchant.to_owned();
    let list = ListPayoutEventsRequest {
        merchant: merchant.clone(),
        selector: selector.clone(),
        start: start.clone(),
        page_size: 0,
    };
    let watch = WatchPayoutsRequest { merchant, selector, start, ..Default::default() };
    [Call::ListEvents(list), Call::Watch(watch)]
}

fn list_from(cursor: &str) -> Call {
    let [list, _] = both(EU, of_merchant(), from_cursor(cursor));
    list
}

fn watch_from(cursor: &str) -> Call {
    let [_, watch] = both(EU, of_merchant(), from_cursor(cursor));
    watch
}

fn missing(name: &str, call: Call, reason: &'static str) -> Case {
    Case { code: Code::NotFound, reason, ..invalid(name, call, &[], "") }
}
