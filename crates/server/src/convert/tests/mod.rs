mod operations;
pub(crate) mod samples;

use std::collections::HashMap;
use std::time::Duration;

use api::v1;
use engine::{Start, WaitUntil, Wish};
use payout::attempt::{AttemptStatus, InDoubt};
use payout::destination::{DestinationEvent, DestinationState, Origin};
use payout::event::Change;
use payout::input::Reported;
use payout::money::Currency;
use payout::order::{Speed, TargetRequest};
use payout::party::Party;
use payout::port::{Description, Entry, Fact, Method, PageToken, Selection};
use payout::reason::Reason;
use payout::state::{State, StateName};

use super::time::timestamp;
use super::{
    cancel, create, description, event, event_list, get, get_destination, parked_list, payout_list,
    watch,
};
use crate::status::Failure;
use samples::{
    NOW, attempt, created, cursor, destination, failed, id, merchant, next, opened, payout,
    reported,
};

fn request() -> v1::CreatePayoutRequest {
    v1::CreatePayoutRequest {
        merchant: "demo-eu".to_owned(),
        idempotency_key: "order-1".to_owned(),
        customer: "customer 1".to_owned(),
        amount: Some(v1::Money { currency_code: "EUR".to_owned(), minor_units: 1025 }),
        destination: Some(v1::create_payout_request::Destination::BankDetails(Box::new(details(
            iban("DE75512108001245126199"),
        )))),
        ..v1::CreatePayoutRequest::default()
    }
}

fn details(form: v1::bank_account::Form) -> v1::BankDetails {
    let holder = v1::account_holder::Holder::Person(v1::PersonName {
        first_name: "Åsa".to_owned(),
        last_name: "Öberg".to_owned(),
    });
    v1::BankDetails {
        account: Some(v1::BankAccount { form: Some(form) }),
        holder: Some(v1::AccountHolder { holder: Some(holder), ..v1::AccountHolder::default() }),
    }
}

fn iban(text: &str) -> v1::bank_account::Form {
    v1::bank_account::Form::Iban(text.to_owned())
}

fn amount(request: &mut v1::CreatePayoutRequest, currency_code: &str, minor_units: i64) {
    request.amount = Some(v1::Money { currency_code: currency_code.to_owned(), minor_units });
}

/// What is wrong with a request, one `path why` a line.
fn complaints<T>(result: Result<T, Failure>) -> Vec<String> {
    match result {
        Ok(_) => Vec::new(),
        Err(Failure::Invalid(violations)) => {
            violations.iter().map(|v| format!("{} {}", v.field, v.why)).collect()
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn create_with(change: impl FnOnce(&mut v1::CreatePayoutRequest)) -> Vec<String> {
    let mut request = request();
    change(&mut request);
    complaints(create(request, Duration::MAX))
}

#[test]
fn a_whole_request_is_read_whole() {
    let request = v1::CreatePayoutRequest {
        speed: v1::Speed::Instant.into(),
        statement_descriptor: "Tack".to_owned(),
        external_reference: "ref 1".to_owned(),
        submit_before: Some(prost_types::Timestamp { seconds: 2, nanos: 999_999 }),
        metadata: HashMap::from([("k".to_owned(), "v".to_owned())]),
        wait_until: v1::WaitUntil::Outcome.into(),
        ..request()
    };
    let read = create(request, Duration::from_secs(1)).unwrap();
    assert_eq!(read.wait_until, WaitUntil::Outcome);
    assert_eq!(read.wait_max, Duration::from_secs(1));
    let Wish { order, target, parties } = *read.wish;
    assert!(parties.is_empty());
    assert_eq!(order.amount.to_string(), "EUR 10.25");
    assert_eq!(order.speed, Speed::Instant);
    assert_eq!(order.statement_descriptor.unwrap().as_str(), "Tack");
    assert_eq!(order.external_reference.unwrap().as_str(), "ref 1");
    assert_eq!(order.submit_before.unwrap().as_millis(), 2000);
    assert_eq!(order.metadata.entries()["k"], "v");
    let TargetRequest::BankAccount(details) = target else { panic!("{:?}", order.target) };
    assert_eq!(details.account.masked(), "DE*****6199");
}

#[test]
fn every_part_of_the_parties_is_read_and_checked() {
    let shop = v1::SubMerchant {
        name: "Shop".to_owned(),
        url: "www.shop.example".to_owned(),
        merchant_category_code: "5499".to_owned(),
    };
    let given = v1::Originator {
        party: Some(v1::originator::Party::OrganisationName("Acme".to_owned())),
        address: "Street 1".to_owned(),
        country_code: "ES".to_owned(),
        customer_id: "c-1".to_owned(),
        date_of_birth: String::new(),
        organisation_number: "556677".to_owned(),
    };
    let whole = v1::CreatePayoutRequest {
        originator: Some(given.clone()),
        sub_merchant: Some(shop),
        ..request()
    };
    let read = create(whole, Duration::ZERO).unwrap().wish.parties;
    let originator = read.originator.unwrap();
    assert_eq!(originator.address.unwrap().reveal(), "Street 1");
    assert_eq!(originator.country.unwrap().as_str(), "ES");
    assert_eq!(originator.customer_id.unwrap().reveal(), "c-1");
    let Party::Organisation { organisation_number, .. } = originator.party else { panic!() };
    assert_eq!(organisation_number.unwrap().reveal(), "556677");
    assert_eq!(read.sub_merchant.unwrap().category.as_str(), "5499");
    let bad = v1::Originator {
        date_of_birth: "1990-02-30".to_owned(),
        country_code: "es".to_owned(),
        address: "x".repeat(256),
        customer_id: "canary\n".to_owned(),
        organisation_number: "x".repeat(36),
        ..given
    };
    let found = create_with(|r| {
        r.originator = Some(bad);
        r.sub_merchant = Some(v1::SubMerchant::default());
        r.related_order_reference = "canary.1".to_owned();
    });
    let fields: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = [
        "related_order_reference",
        "originator.date_of_birth",
        "originator.organisation_number",
        "originator.date_of_birth",
        "originator.address",
        "originator.country_code",
        "originator.customer_id",
        "sub_merchant.name",
        "sub_merchant.url",
        "sub_merchant.merchant_category_code",
    ];
    assert_eq!(fields, expected);
    assert!(!found.iter().any(|line| line.contains("canary")), "{found:?}");
    let nobody = create_with(|r| r.originator = Some(v1::Originator::default()));
    assert_eq!(nobody, ["originator.party is required: name a person or an organisation"]);
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let empty = v1::CreatePayoutRequest::default();
    assert_eq!(
        complaints(create(empty, Duration::MAX)),
        [
            "merchant is required",
            "idempotency_key is required",
            "customer is required",
            "amount is required",
            "destination is required: give destination_id, bank_details or provider_handle",
        ]
    );
}

#[test]
fn each_bad_field_is_named_by_its_path() {
    use v1::create_payout_request::Destination;
    type Case = (fn(&mut v1::CreatePayoutRequest), &'static str);
    let cases: [Case; 18] = [
        (|r| amount(r, "EUR", 0), "amount.minor_units must be above zero"),
        (|r| amount(r, "EUR", -1), "amount.minor_units must be above zero"),
        (
            |r| amount(r, "EUR", i64::MAX),
            "amount.minor_units must be at most 1000000000000000 minor units",
        ),
        (|r| amount(r, "HUF", 1050), "amount.minor_units must be a multiple of 100 in HUF"),
        (
            |r| amount(r, "XTS", 1),
            "amount.currency_code is not a currency known here; send an ISO 4217 code such as EUR",
        ),
        (
            |r| r.idempotency_key = "k".repeat(256),
            "idempotency_key has 256 characters; send at most 255",
        ),
        (
            |r| r.idempotency_key = "nyckelå".to_owned(),
            "idempotency_key may only contain ASCII characters from ! to ~",
        ),
        (|r| r.merchant = "Demo".to_owned(), "merchant may only contain a-z, 0-9 and -"),
        (|r| r.customer = "å".to_owned(), "customer may only contain printable ASCII"),
        (
            |r| {
                let wrong = details(iban("DE75512108001245126198"));
                r.destination = Some(Destination::BankDetails(Box::new(wrong)));
            },
            "bank_details.account.iban has wrong check digits; ask the customer for it again",
        ),
        (
            |r| r.destination = Some(Destination::ProviderHandle("å".to_owned())),
            "provider_handle may only contain ASCII characters from ! to ~",
        ),
        (
            |r| r.destination = Some(Destination::DestinationId("NO".to_owned())),
            "destination_id may only contain a-z, 0-9 and _",
        ),
        (|r| r.speed = 99, "speed is not a speed known here; see DescribeProvider"),
        (
            |r| r.wait_until = 99,
            "wait_until is not known here; leave it out to wait until submitted",
        ),
        (
            |r| r.statement_descriptor = "x".repeat(36),
            "statement_descriptor has 36 characters; send at most 35",
        ),
        (
            |r| r.external_reference = "\t".to_owned(),
            "external_reference may only contain printable ASCII",
        ),
        (
            |r| r.submit_before = Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
            "submit_before must be a time of the years 1 to 9999",
        ),
        (
            |r| r.metadata = HashMap::from([(String::new(), String::new())]),
            "metadata keys have 1 to 40 of A-Z, a-z, 0-9, . _ and -, values at most 256 bytes",
        ),
    ];
    for (change, complaint) in cases {
        assert_eq!(create_with(change), [complaint]);
    }
}

#[test]
fn each_bad_bank_detail_is_named_by_its_path() {
    use v1::create_payout_request::Destination;
    let local = v1::LocalAccount {
        country_code: "se".to_owned(),
        bank_number: "12345678901234567".to_owned(),
        account_number: "canary!".to_owned(),
    };
    let person = v1::PersonName { first_name: "x".repeat(71), last_name: "canary\n".repeat(2) };
    let bad = v1::BankDetails {
        account: Some(v1::BankAccount { form: Some(v1::bank_account::Form::Local(local)) }),
        holder: Some(v1::AccountHolder {
            holder: Some(v1::account_holder::Holder::Person(person)),
            ..v1::AccountHolder::default()
        }),
    };
    let found = create_with(|r| r.destination = Some(Destination::BankDetails(Box::new(bad))));
    assert_eq!(
        found,
        [
            "bank_details.account.local.country_code must be an ISO 3166-1 alpha-2 code such as SE",
            "bank_details.account.local.bank_number has 17 characters; send at most 16",
            "bank_details.account.local.account_number may only contain letters, digits, spaces \
             and dashes",
            "bank_details.holder.person.first_name has 71 characters; send at most 70",
            "bank_details.holder.person.last_name may only contain printable characters",
        ]
    );
    let empty = Destination::BankDetails(Box::default());
    assert_eq!(
        create_with(|r| r.destination = Some(empty)),
        [
            "bank_details.account is required: give an iban or a local account",
            "bank_details.holder is required: name a person or an organisation",
        ]
    );
    assert!(found.iter().all(|complaint| !complaint.contains("canary")));
}

#[test]
fn ids_of_another_make_are_unknown_rather_than_wrong() {
    let get = |id: &str| {
        get(&v1::GetPayoutRequest {
            merchant: "demo-eu".to_owned(),
            payout: Some(v1::get_payout_request::Payout::PayoutId(id.to_owned())),
        })
    };
    assert!(matches!(get("pay_1"), Err(Failure::PayoutNotFound(id)) if id == "pay_1"));
    assert_eq!(complaints(get("")), ["payout_id is required"]);
    let request = v1::GetDestinationRequest {
        merchant: "demo-eu".to_owned(),
        destination_id: "dest_1".to_owned(),
    };
    assert_eq!(get_destination(&request).err(), Some(Failure::DestinationNotFound));
}

#[test]
fn a_missing_choice_is_named() {
    let merchant = || "demo-eu".to_owned();
    let get_none = v1::GetPayoutRequest { merchant: merchant(), payout: None };
    let cancel_none = v1::CancelPayoutRequest { merchant: merchant(), payout: None };
    assert_eq!(
        complaints(get(&get_none)),
        ["payout is required: give payout_id or idempotency_key"]
    );
    assert_eq!(
        complaints(cancel(&cancel_none)),
        ["payout is required: give payout_id or payout_idempotency_key"]
    );
    let events = v1::ListPayoutEventsRequest { merchant: merchant(), ..Default::default() };
    assert_eq!(
        complaints(event_list(&events)),
        [
            "selector is required: give payouts, customer or entire_merchant",
            "start is required: give cursor, now or beginning",
        ]
    );
}

fn watching(
    selector: v1::event_selector::Selector,
    start: v1::event_start::Start,
) -> v1::WatchPayoutsRequest {
    v1::WatchPayoutsRequest {
        merchant: "demo-eu".to_owned(),
        selector: Some(v1::EventSelector { selector: Some(selector) }),
        start: Some(v1::EventStart { start: Some(start) }),
        ..v1::WatchPayoutsRequest::default()
    }
}

#[test]
fn selections_and_starts_are_read_and_bounded() {
    use v1::event_selector::Selector;
    use v1::event_start::Start as Asked;
    let payouts = |count| Selector::Payouts(v1::PayoutIds { ids: vec![id().to_string(); count] });
    let read = watch(&watching(payouts(2), Asked::Cursor(cursor().encode()))).unwrap();
    assert_eq!(read.selection, Selection::Payouts(merchant(), vec![id()]));
    assert_eq!(read.start, Start::After(cursor()));
    for count in [0, 101] {
        assert_eq!(
            complaints(watch(&watching(payouts(count), Asked::Now(())))),
            ["selector.payouts.ids must have 1 to 100 entries"]
        );
    }
    let everything = || Selector::EntireMerchant(());
    assert_eq!(
        complaints(watch(&watching(everything(), Asked::Cursor("x".repeat(513))))),
        ["start.cursor has more than 512 characters"]
    );
    assert_eq!(
        complaints(watch(&watching(everything(), Asked::Cursor("canary".to_owned())))),
        ["start.cursor is not a cursor from this service; send one exactly as it was received"]
    );
    let both = v1::WatchPayoutsRequest {
        snapshot_first: true,
        until_outcome: true,
        ..watching(everything(), Asked::Beginning(()))
    };
    assert_eq!(
        complaints(watch(&both)),
        [
            "snapshot_first goes only with start.now",
            "until_outcome goes only with selector.payouts",
        ]
    );
}

#[test]
fn states_and_outcomes_filter_together() {
    let list = |states: &[v1::PayoutState], outcomes: &[v1::Outcome]| {
        let request = v1::ListPayoutsRequest {
            merchant: "demo-eu".to_owned(),
            states: states.iter().map(|state| (*state).into()).collect(),
            outcomes: outcomes.iter().map(|outcome| (*outcome).into()).collect(),
            ..v1::ListPayoutsRequest::default()
        };
        payout_list(&request)
    };
    let all = list(&[], &[]).unwrap();
    assert!(all.filter.states.is_empty() && !all.impossible);
    let ended = list(&[], &[v1::Outcome::NotPaid, v1::Outcome::Succeeded]).unwrap();
    assert_eq!(
        ended.filter.states,
        [StateName::Completed, StateName::Failed, StateName::Canceled, StateName::Returned]
    );
    let both = [v1::PayoutState::Failed, v1::PayoutState::Pending];
    let failed = list(&both, &[v1::Outcome::NotPaid]).unwrap();
    assert_eq!(failed.filter.states, [StateName::Failed]);
    assert!(list(&[v1::PayoutState::Pending], &[v1::Outcome::NotPaid]).unwrap().impossible);
    assert_eq!(
        complaints(list(&[v1::PayoutState::Unspecified], &[v1::Outcome::Unspecified])),
        ["states[0] is not a state known here", "outcomes[0] is not an outcome known here"]
    );
    assert_eq!(
        complaints(list(&[v1::PayoutState::Failed; 17], &[])),
        ["states has more than 16 entries"]
    );
}

#[test]
fn page_tokens_hold_for_the_filters_they_were_made_for() {
    let request = |customer: &str, page_size, page_token: &str| v1::ListPayoutsRequest {
        merchant: "demo-eu".to_owned(),
        customer: customer.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..v1::ListPayoutsRequest::default()
    };
    let first = payout_list(&request("a", 0, "")).unwrap().paging;
    assert_eq!((first.page.after.clone(), first.page.size), (None, 50));
    assert_eq!(first.next(None), "");
    let inner = PageToken(vec![1, 2, 3]);
    let token = first.next(Some(&inner));
    let second = payout_list(&request("a", 501, &token)).unwrap().paging;
    assert_eq!((second.page.after, second.page.size), (Some(inner), 500));
    let parked = v1::ListParkedNotificationsRequest {
        merchant: "demo-eu".to_owned(),
        page_token: token.clone(),
        ..Default::default()
    };
    assert_eq!(parked_list(&parked).err(), Some(Failure::PageToken));
    for bad in [&token, "canary", "!", &"A".repeat(513)] {
        let result = payout_list(&request("b", 0, bad));
        assert_eq!(result.err(), Some(Failure::PageToken), "{bad}");
    }
    assert_eq!(
        complaints(payout_list(&request("a", -1, ""))),
        ["page_size must not be negative; leave it out for the default"]
    );
}

#[test]
fn violations_are_bounded() {
    let ids = vec!["NO".to_owned(); 100];
    let selector = v1::event_selector::Selector::Payouts(v1::PayoutIds { ids });
    let found = complaints(watch(&watching(selector, v1::event_start::Start::Now(()))));
    assert_eq!(found.len(), 16);
    assert_eq!(found[1], "selector.payouts.ids[1] may only contain a-z, 0-9 and _");
}

#[test]
fn a_failed_payout_shows_what_to_give_back_and_why() {
    let shown = super::payout::payout(&failed());
    assert_eq!(shown.id, id().as_str());
    assert_eq!(shown.state(), v1::PayoutState::Failed);
    assert_eq!(shown.outcome(), v1::Outcome::NotPaid);
    let give_back = shown.give_back.clone().unwrap();
    assert_eq!((give_back.id.as_str(), give_back.amount), ("gb_1", shown.amount.clone()));
    let cause = shown.cause.clone().unwrap();
    assert_eq!(cause.reason(), v1::Reason::AccountClosed);
    assert_eq!((cause.retryable, cause.actor()), (false, v1::Actor::Customer));
    assert_eq!(shown.attempts.len(), 1);
    assert_eq!(shown.attempts[0].state(), v1::AttemptState::Refused);
    assert_eq!(shown.sequence, 3);
    assert!(shown.outcome_at.is_some() && shown.return_window_ends_at.is_none());
    let destination = shown.destination.unwrap();
    assert_eq!(destination.kind(), v1::DestinationKind::ProviderHandle);
    assert_eq!(destination.summary.unwrap().masked_account, "*****7890");
}

#[test]
fn a_completed_payout_shows_its_references_and_its_window() {
    let completed = State::Completed { return_window_ends_at: NOW };
    let shown =
        super::payout::payout(&payout(&[opened(), reported(Reported::Completed, completed)]));
    assert_eq!(shown.outcome(), v1::Outcome::Succeeded);
    assert_eq!(shown.speed_achieved(), v1::Speed::Instant);
    let references: Vec<_> =
        shown.provider_references.iter().map(|r| (r.kind(), r.value.as_str())).collect();
    assert_eq!(
        references,
        [
            (v1::ProviderReferenceKind::Given, id().as_str()),
            (v1::ProviderReferenceKind::Assigned, "9594811343"),
        ]
    );
    let window = shown.return_window_ends_at.unwrap();
    assert_eq!((window.seconds, window.nanos), (1_700_000_000, 123_000_000));
}

#[test]
fn a_payout_in_doubt_says_why_and_a_parked_one_asks_for_attention() {
    let doubt =
        InDoubt { since: NOW, why: Reason::AnswerLost, looked_in_vain_at: None, refusal: None };
    let in_doubt = (
        Change::AttemptBecame(AttemptStatus::InDoubt(doubt)),
        State::Indeterminate { parked: None },
    );
    let shown = super::payout::payout(&payout(&[opened(), in_doubt.clone()]));
    assert_eq!(shown.cause.clone().unwrap().reason(), v1::Reason::AnswerLost);
    assert_eq!(shown.outcome(), v1::Outcome::Undecided);
    assert!(shown.attention.is_empty());
    let parked = (Change::Parked, State::Indeterminate { parked: Some(Reason::HorizonPassed) });
    let shown = super::payout::payout(&payout(&[opened(), in_doubt, parked]));
    assert_eq!(shown.attention, [i32::from(v1::Attention::Parked)]);
}

#[test]
fn every_change_has_its_kind() {
    use v1::PayoutEventKind as Kind;
    let doubt = |looked_in_vain_at| {
        let why = Reason::AnswerLost;
        AttemptStatus::InDoubt(InDoubt { since: NOW, why, looked_in_vain_at, refusal: None })
    };
    let indeterminate = State::Indeterminate { parked: None };
    let parked = State::Indeterminate { parked: Some(Reason::HorizonPassed) };
    let pending = State::Pending { held: None };
    let why = Reason::AccountClosed;
    let completed = State::Completed { return_window_ends_at: NOW };
    let said = |status| Change::Reported { status, speed_achieved: None };
    let became = Change::AttemptBecame;
    let hinted = Change::Hinted(Reported::Failed);
    for (change, after, expected) in [
        (Change::DestinationResolved, pending, Kind::DestinationResolved),
        (Change::DestinationRefused, State::Failed { reason: why }, Kind::Failed),
        (opened().0, State::Submitting, Kind::AttemptOpened),
        (became(AttemptStatus::NotSent), pending, Kind::AttemptNotSent),
        (became(AttemptStatus::Refused), State::Failed { reason: why }, Kind::AttemptRefused),
        (became(doubt(None)), indeterminate, Kind::AttemptInDoubt),
        (became(doubt(Some(NOW))), indeterminate, Kind::Noted),
        (became(AttemptStatus::Absent), indeterminate, Kind::AttemptAbsent),
        (said(Reported::Accepted), State::Accepted, Kind::Accepted),
        (said(Reported::Processing), State::Processing, Kind::Processing),
        (said(Reported::Completed), completed, Kind::Completed),
        (said(Reported::Failed), State::Failed { reason: why }, Kind::Failed),
        (said(Reported::Canceled), State::Canceled { reason: why }, Kind::Canceled),
        (said(Reported::Returned), State::Returned { reason: why }, Kind::Returned),
        (Change::CancelRequested, State::Submitting, Kind::CancelRequested),
        (Change::Canceled, State::Canceled { reason: why }, Kind::Canceled),
        (Change::Parked, parked, Kind::AttentionRaised),
        (Change::Contradicted, completed, Kind::AttentionRaised),
        (Change::LookedFirst, pending, Kind::Noted),
        (hinted, pending, Kind::Noted),
        (Change::Noted, pending, Kind::Noted),
    ] {
        let event = next(&payout(&[]), change.clone(), after);
        let shown = shown(&Fact::Payout(Box::new(event)), None);
        let Some(v1::event::Event::PayoutEvent(shown)) = shown.event else { panic!("{change:?}") };
        assert_eq!(shown.kind(), expected, "{change:?} {after:?}");
        let looked_at = shown.attention() != v1::Attention::Unspecified;
        assert_eq!(looked_at, expected == Kind::AttentionRaised, "{change:?} {after:?}");
    }
}

fn shown(fact: &Fact, origin: Option<Origin>) -> v1::Event {
    event(&Entry { cursor: cursor(), fact: fact.clone() }, origin)
}

#[test]
fn events_carry_cause_references_and_give_back() {
    let first = shown(&Fact::Payout(Box::new(created())), None);
    assert_eq!(first.cursor, cursor().encode());
    let Some(v1::event::Event::PayoutEvent(first)) = first.event else { panic!() };
    assert_eq!(first.kind(), v1::PayoutEventKind::Created);
    assert_eq!(first.state_before(), v1::PayoutState::Unspecified);
    assert_eq!(first.occurred_at, Some(timestamp(NOW)));
    let returned = State::Returned { reason: Reason::ReturnedByBank };
    let (change, after) = reported(Reported::Returned, returned);
    let last = shown(&Fact::Payout(Box::new(next(&payout(&[opened()]), change, after))), None);
    let Some(v1::event::Event::PayoutEvent(last)) = last.event else { panic!() };
    assert_eq!(last.outcome(), v1::Outcome::NotPaid);
    assert_eq!(last.give_back.unwrap().id, "gb_1");
    let cause = last.cause.unwrap();
    assert_eq!((cause.provider_code.as_str(), cause.provider_text.as_str()), ("637", "a text"));
    assert_eq!(last.provider_references[0].value, "9594811343");
    let (change, after) = (Change::AttemptOpened(Box::new(attempt(1))), State::Submitting);
    let sent = shown(&Fact::Payout(Box::new(next(&payout(&[]), change, after))), None);
    let Some(v1::event::Event::PayoutEvent(sent)) = sent.event else { panic!() };
    assert_eq!(sent.attempt_number, 1);
    assert_eq!(sent.provider_references[0].value, id().as_str());
}

#[test]
fn destinations_and_their_events_say_how_they_came_to_be() {
    use v1::DestinationEventKind as Kind;
    let destination = destination();
    let shown_destination = super::destination::destination(&destination);
    assert_eq!(shown_destination.kind(), v1::DestinationKind::ProviderHandle);
    assert_eq!(shown_destination.summary.unwrap().country_code, "SE");
    for (state, origin, expected) in [
        (DestinationState::Active, Origin::Imported, Kind::Imported),
        (DestinationState::Active, Origin::Registered, Kind::Registered),
        (DestinationState::Deleted, Origin::Registered, Kind::Deleted),
    ] {
        let event = DestinationEvent {
            merchant: destination.merchant.clone(),
            destination: destination.id.clone(),
            customer: destination.customer.clone(),
            version: 1,
            state,
            recorded_at: NOW,
        };
        let shown = shown(&Fact::Destination(event), Some(origin));
        let Some(v1::event::Event::DestinationEvent(shown)) = shown.event else { panic!() };
        assert_eq!(shown.kind(), expected);
    }
}

#[test]
fn a_description_is_sorted_and_complete() {
    let currency = |code| Currency::parse(code).unwrap();
    let describe = |methods| Description {
        name: "Provider".repeat(20),
        region: "Region".to_owned(),
        currencies: vec![(currency("HUF"), None, None), (currency("EUR"), None, None)],
        countries: Vec::new(),
        methods,
        presumed_after: None,
        duplicate_protection: false,
        return_window: Duration::from_secs(86_400),
        required_fields: vec!["b", "a"],
        unsupported_fields: vec!["c"],
    };
    let shown = description(&describe(Vec::new()), Vec::new());
    assert_eq!(shown.display_name.len(), 64);
    assert_eq!(shown.currencies[0].currency_code, "EUR");
    assert_eq!(shown.currencies[1].minor_unit_multiple, 100);
    assert_eq!(shown.confirmation(), v1::Confirmation::Confirmed);
    assert_eq!(shown.duplicate_protection(), v1::DuplicateProtection::Unconfirmed);
    assert_eq!(shown.return_window.unwrap().seconds, 86_400);
    assert!(shown.destination_forms.is_empty());
    assert_eq!(shown.region, "Region");
    assert_eq!(
        (shown.required_fields, shown.unsupported_fields),
        (vec!["a".into(), "b".into()], vec!["c".into()])
    );
    let all = describe(vec![Method::PayIban, Method::PayLocalAccount, Method::PayInstantly]);
    let shown = description(&all, Vec::new());
    assert_eq!(shown.destination_forms.len(), 2);
    assert!(shown.speeds.contains(&v1::Speed::Instant.into()));
}
