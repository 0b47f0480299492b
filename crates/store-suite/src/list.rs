//! `list` and `list_operators_business`: payouts that fit, newest first, and those that people have
//! to settle, oldest first.

use std::time::Duration;

use payout::id::{Merchant, PayoutId};
use payout::input::{Input, What};
use payout::port::{Appended, Filter, Page, PageToken, Store, StoreError};
use payout::reason::Reason;
use payout::record::Record;
use payout::state::{Outcome, StateName};
use payout::time::Timestamp;

use crate::check::created;
use crate::{Subject, sample};

const SECOND: Duration = Duration::from_secs(1);

/// Payouts of one merchant come newest first by when they were recorded; those of the same time
/// have some order, which stays.
pub async fn the_newest_come_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut ids = Vec::new();
    for number in 0..10 {
        let at = now.plus(SECOND * (number * 3 % 5));
        ids.push(created(&*store, &sample::creation(&format!("key-{number}"), at)).await);
    }
    let listed = all(&*store, &of("m-1")).await;
    let times: Vec<Timestamp> = listed
        .iter()
        .map(|id| ids.iter().find(|one| one.payout.id == *id).expect("known").payout.created_at)
        .collect();
    assert_eq!(listed.len(), 10);
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert_eq!(all(&*store, &of("m-1")).await, listed);
    assert_eq!(all(&*store, &of("m-2")).await, Vec::new());
}

/// Each part of a filter, alone and together.
pub async fn each_filter_narrows(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let at = |seconds| now.plus(SECOND * seconds);
    let one = put(&*store, "c-1", at(1), None).await;
    let two = put(&*store, "c-2", at(2), Some("order-2")).await;
    let three = put(&*store, "c-1", at(3), Some("order-3")).await;
    let mut other = sample::creation_of(sample::order("m-2", "c-1", "other"), at(4));
    other.record.schedule.due_at = Some(now);
    created(&*store, &other).await;
    let states = |states: &[StateName]| Filter { states: states.to_vec(), ..of("m-1") };
    let customer = |name| Filter { customer: Some(sample::customer(name)), ..of("m-1") };
    let reference =
        |name| Filter { provider_reference: Some(sample::reference(name)), ..of("m-1") };
    for (filter, expected) in [
        (of("m-1"), vec![&three, &two, &one]),
        (customer("c-1"), vec![&three, &one]),
        (customer("c-3"), vec![]),
        (reference("order-2"), vec![&two]),
        (reference("order-9"), vec![]),
        (Filter { customer: Some(sample::customer("c-1")), ..reference("order-2") }, vec![]),
        (Filter { created_from: Some(at(2)), ..of("m-1") }, vec![&three, &two]),
        (Filter { created_before: Some(at(2)), ..of("m-1") }, vec![&one]),
        (states(&[StateName::Accepted]), vec![&three, &two]),
        (states(&[StateName::Pending, StateName::Failed]), vec![&one]),
        (
            Filter { customer: Some(sample::customer("c-1")), ..states(&StateName::ALL) },
            vec![&three, &one],
        ),
        (Filter { outcome: Some(Outcome::Undecided), ..of("m-1") }, vec![&three, &two, &one]),
        (Filter { outcome: Some(Outcome::NotPaid), ..of("m-1") }, vec![]),
        (Filter { outcome: Some(Outcome::NotPaid), ..states(&[StateName::Pending]) }, vec![]),
    ] {
        let listed = all(&*store, &filter).await;
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

/// Whoever pages through sees each payout of the start once, whatever is created or changed
/// meanwhile.
pub async fn pages_are_stable_while_others_write(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut records = Vec::new();
    for number in 0..12 {
        let at = now.plus(SECOND * number);
        records.push(created(&*store, &sample::creation(&format!("key-{number}"), at)).await);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    for round in 0.. {
        let page = Page { after, size: 3 };
        let (some, next) = store.list(&of("m-1"), &page).await.expect("listing works");
        seen.extend(some.into_iter().map(|payout| payout.id));
        let late = now.plus(SECOND * (100 + round));
        created(&*store, &sample::creation(&format!("late-{round}"), late)).await;
        for record in &mut records {
            let append = sample::append(record, &[sample::remark(&format!("round-{round}"))], late);
            assert_eq!(store.append(&append).await, Ok(Appended::Yes));
            *record = append.record;
        }
        match next {
            Some(token) => after = Some(token),
            None => break,
        }
    }
    let expected: Vec<_> = records.iter().rev().map(|record| record.payout.id.clone()).collect();
    assert_eq!(seen, expected);
}

/// A token goes on in the list that made it, and in no other.
pub async fn tokens_of_other_lists_are_refused(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let other = subject.another().await;
    for number in 0..3 {
        let creation = sample::creation(&format!("key-{number}"), now);
        created(&*store, &creation).await;
        created(&*other.store(), &creation).await;
        let parked = sample::parked("m-1", "order-7", &format!("r-{number}"), now);
        store.park(&parked).await.expect("parking works");
    }
    let first = Page { after: None, size: 1 };
    let listed = other.store().list(&of("m-1"), &first).await;
    let (_, foreign) = listed.expect("listing works");
    let (_, parked) = store.list_parked(None, &first).await.expect("listing works");
    let customer = Filter { customer: Some(sample::customer("c-1")), ..of("m-1") };
    let (_, narrowed) = store.list(&customer, &first).await.expect("listing works");
    let mut bad = vec![PageToken(Vec::new()), PageToken(b"made up by somebody".to_vec())];
    bad.extend([foreign, parked, narrowed].map(|token| token.expect("there is more")));
    for token in bad {
        let page = Page { after: Some(token), size: 1 };
        assert_eq!(store.list(&of("m-1"), &page).await, Err(StoreError::PageToken), "{page:?}");
    }
}

/// A page of size zero still moves on, so that whoever asks for it does not page for ever; one of
/// immense size is cut.
pub async fn a_page_is_never_without_size(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    for number in 0..3 {
        created(&*store, &sample::creation(&format!("key-{number}"), now)).await;
    }
    for (size, expected) in [(0, 1), (usize::MAX, 3)] {
        let listed = store.list(&of("m-1"), &Page { after: None, size }).await;
        assert_eq!(listed.expect("listing works").0.len(), expected);
    }
}

/// What is in doubt is an operator's business, what is parked needs attention as well, and what is
/// settled is neither any more.
pub async fn operators_see_what_is_theirs_oldest_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let at = |seconds| now.plus(SECOND * seconds);
    let parked = doubtful(&*store, "m-1", at(3)).await;
    let doubtful_one = doubtful(&*store, "m-1", at(1)).await;
    let others = doubtful(&*store, "m-2", at(2)).await;
    put(&*store, "c-1", at(0), Some("order-1")).await;
    let park = sample::append(&parked, &[Input::own(What::Parked(Reason::HorizonPassed))], at(4));
    assert_eq!(store.append(&park).await, Ok(Appended::Yes));
    let ids = |records: &[&Record]| -> Vec<PayoutId> {
        records.iter().map(|record| record.payout.id.clone()).collect()
    };
    let (one, two) = (sample::merchant("m-1"), sample::merchant("m-3"));
    let everybodys = ids(&[&doubtful_one, &others, &parked]);
    assert_eq!(business(&*store, None).await, everybodys);
    assert_eq!(business(&*store, Some(&one)).await, ids(&[&doubtful_one, &parked]));
    assert_eq!(business(&*store, Some(&two)).await, []);
    let attention = Filter { needs_attention: true, ..of("m-1") };
    assert_eq!(all(&*store, &attention).await, ids(&[&parked]));
    let customer = Filter { customer: Some(sample::customer("c-2")), ..attention.clone() };
    assert_eq!(all(&*store, &customer).await, []);

    let settle = sample::append(&park.record, &[sample::accepted("order-3")], at(5));
    assert_eq!(store.append(&settle).await, Ok(Appended::Yes));
    assert_eq!(business(&*store, Some(&one)).await, ids(&[&doubtful_one]));
    assert_eq!(all(&*store, &attention).await, []);
}

/// Pages hold while payouts come and go, and their tokens belong to their own list.
pub async fn operators_business_is_paged(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut records = Vec::new();
    for number in 0..5 {
        records.push(doubtful(&*store, "m-1", now.plus(SECOND * number)).await);
    }
    let first = Page { after: None, size: 2 };
    let listed = store.list_operators_business(None, &first).await;
    let (page, next) = listed.expect("listing works");
    assert_eq!(page, records[..2]);
    let settle = sample::append(&records[0], &[sample::accepted("order-1")], now);
    assert_eq!(store.append(&settle).await, Ok(Appended::Yes));
    doubtful(&*store, "m-1", now.plus(SECOND * 9)).await;
    let rest = Page { after: next, size: 3 };
    let (page, next) = store.list_operators_business(None, &rest).await.expect("listing works");
    assert_eq!(page, records[2..]);
    assert!(next.is_some(), "one more was recorded meanwhile");
    let merchant = sample::merchant("m-1");
    let foreign = store.list_operators_business(Some(&merchant), &rest).await;
    assert_eq!(foreign, Err(StoreError::PageToken));
}

/// Writes a payout whose only attempt is in doubt.
async fn doubtful(store: &dyn Store, merchant: &str, at: Timestamp) -> Record {
    let key = format!("key-{}", at.as_millis());
    let creation = sample::creation_of(sample::order(merchant, "c-1", &key), at);
    let record = created(store, &creation).await;
    let lost = Input::own(What::InDoubt(Reason::AnswerLost));
    let append = sample::append(&record, &[sample::attempt_opened(&record, at), lost], at);
    assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    append.record
}

async fn business(store: &dyn Store, merchant: Option<&Merchant>) -> Vec<PayoutId> {
    let page = Page { after: None, size: 10 };
    let listed = store.list_operators_business(merchant, &page).await.expect("listing works");
    assert_eq!(listed.1, None);
    listed.0.into_iter().map(|record| record.payout.id).collect()
}

/// Writes a payout to a customer, accepted by the provider under a reference if one is given.
async fn put(store: &dyn Store, customer: &str, at: Timestamp, order: Option<&str>) -> PayoutId {
    let key = format!("key-{}", at.as_millis());
    let creation = sample::creation_of(sample::order("m-1", customer, &key), at);
    let record = created(store, &creation).await;
    if let Some(order) = order {
        let append = sample::append(&record, &[sample::accepted(order)], at);
        assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    }
    record.payout.id
}

async fn all(store: &dyn Store, filter: &Filter) -> Vec<PayoutId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, size: 3 };
        let (some, next) = store.list(filter, &page).await.expect("listing works");
        assert!(some.len() <= 3, "no more than asked for");
        all.extend(some.into_iter().map(|payout| payout.id));
        match next {
            Some(token) => after = Some(token),
            None => return all,
        }
    }
}

fn of(merchant: &str) -> Filter {
    Filter::all(&sample::merchant(merchant))
}
