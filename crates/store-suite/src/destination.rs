//! Stored destinations: one writer per version, on the same log as payouts.

use std::time::Duration;

use payout::destination::Destination;
use payout::port::{
    DestinationFilter, DestinationWritten, Fact, Page, Selection, Store, StoreError,
};
use tokio::task::JoinSet;

use crate::check::{all_entries, assert_not_written};
use crate::{Subject, sample};

/// What was written is loaded as it was written, and replaced by its next version.
pub async fn a_destination_is_found_as_it_was_written(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let write = sample::destination('a', "c-1", now);
    let id = &write.destination.id;
    assert_eq!(store.load_destination(id).await, Ok(None));
    assert_eq!(store.write_destination(&write).await, Ok(DestinationWritten::Yes));
    assert_eq!(store.load_destination(id).await, Ok(Some(write.destination.clone())));
    let deletion = sample::deletion(&write.destination, now);
    assert_eq!(store.write_destination(&deletion).await, Ok(DestinationWritten::Yes));
    assert_eq!(store.load_destination(id).await, Ok(Some(deletion.destination)));
}

/// Any other version than the next is refused without a trace, and so is a foreign event.
pub async fn only_the_next_version_is_written(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let write = sample::destination('a', "c-1", now);
    let deletion = sample::deletion(&write.destination, now);
    assert_eq!(store.write_destination(&deletion).await, Ok(DestinationWritten::Stale));
    assert_eq!(store.write_destination(&write).await, Ok(DestinationWritten::Yes));
    assert_eq!(store.write_destination(&write).await, Ok(DestinationWritten::Stale));
    let mut foreign = deletion;
    foreign.event = sample::destination('b', "c-1", now).event;
    assert_not_written(&store.write_destination(&foreign).await);
    let id = &write.destination.id;
    assert_eq!(store.load_destination(id).await, Ok(Some(write.destination.clone())));
    let selection = Selection::Merchant(sample::merchant("m-1"));
    assert_eq!(all_entries(&*store, &selection).await.len(), 1);
}

/// Of concurrent writers of one version one succeeds.
pub async fn one_of_many_writers_wins(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut tasks = JoinSet::new();
    for number in 0..16 {
        let store = store.clone();
        let write = sample::destination('a', &format!("c-{number}"), now);
        tasks.spawn(async move { store.write_destination(&write).await });
    }
    let outcomes = tasks.join_all().await;
    let won = outcomes.iter().filter(|outcome| **outcome == Ok(DestinationWritten::Yes));
    assert_eq!(won.count(), 1);
    let lost = outcomes.iter().filter(|outcome| **outcome == Ok(DestinationWritten::Stale));
    assert_eq!(lost.count(), 15);
}

/// Of a merchant, or of one customer, newest first, in pages.
pub async fn destinations_are_listed_newest_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut written = Vec::new();
    for (seconds, letter) in (0..).zip('a'..='f') {
        let customer = format!("c-{}", seconds % 2);
        let at = now.plus(Duration::from_secs(seconds));
        let write = sample::destination(letter, &customer, at);
        assert_eq!(store.write_destination(&write).await, Ok(DestinationWritten::Yes));
        written.insert(0, write.destination);
    }
    let merchant = sample::merchant("m-1");
    let everyone = DestinationFilter { merchant, customer: None };
    assert_eq!(all(&*store, &everyone).await, written);
    let customer = sample::customer("c-1");
    let one = DestinationFilter { customer: Some(customer.clone()), ..everyone.clone() };
    written.retain(|destination| destination.customer == customer);
    assert_eq!(all(&*store, &one).await, written);
    let stranger = DestinationFilter { merchant: sample::merchant("m-2"), customer: None };
    assert_eq!(all(&*store, &stranger).await, Vec::new());
    let page = Page { after: None, size: 1 };
    let (_, after) = store.list_destinations(&everyone, &page).await.expect("listing works");
    let foreign = store.list_destinations(&one, &Page { after, size: 1 }).await;
    assert_eq!(foreign, Err(StoreError::PageToken));
}

/// Watchers of the merchant and of the customer see each change, but not what is written silently.
pub async fn changes_are_on_the_log(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let write = sample::destination('a', "c-1", now);
    let mut silent = sample::deletion(&write.destination, now);
    silent.destination.state = write.destination.state;
    silent.event = None;
    let deletion = sample::deletion(&silent.destination, now);
    for write in [&write, &silent, &deletion] {
        assert_eq!(store.write_destination(write).await, Ok(DestinationWritten::Yes));
    }
    let merchant = sample::merchant("m-1");
    for (selection, expected) in [
        (Selection::Merchant(merchant.clone()), vec![&write, &deletion]),
        (Selection::Customer(merchant.clone(), sample::customer("c-1")), vec![&write, &deletion]),
        (Selection::Customer(merchant, sample::customer("c-2")), vec![]),
    ] {
        let entries = all_entries(&*store, &selection).await;
        let facts: Vec<Fact> = entries.into_iter().map(|entry| entry.fact).collect();
        let wanted: Vec<Fact> = expected
            .iter()
            .filter_map(|write| write.event.clone())
            .map(Fact::Destination)
            .collect();
        assert_eq!(facts, wanted);
    }
}

async fn all(store: &dyn Store, filter: &DestinationFilter) -> Vec<Destination> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, size: 2 };
        let (some, next) = store.list_destinations(filter, &page).await.expect("listing works");
        all.extend(some);
        match next {
            Some(token) => after = Some(token),
            None => return all,
        }
    }
}
