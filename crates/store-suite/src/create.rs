//! `create`: never twice, and whole or not at all.

use payout::money::{Currency, Money};
use payout::port::CreationOutcome;
use payout::record::Stored;
use tokio::task::JoinSet;

use crate::check::{all_events, assert_not_written, created, record};
use crate::{Subject, sample};

/// What was created is loaded as it was written, with its events on the log.
pub async fn a_payout_is_found_as_it_was_written(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let id = &creation.record.payout.id;
    assert_eq!(store.load(id).await, Ok(None));
    created(&*store, &creation).await;
    assert_eq!(record(&*store, id).await, creation.record);
    assert_eq!(all_events(&*store).await, creation.events);
    assert_eq!(store.evidence(id).await, Ok(Vec::new()));
}

/// A second creation of an id changes nothing, whatever it holds, and is told what is there.
pub async fn a_repeat_finds_the_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = sample::creation("key", now);
    created(&*store, &first).await;
    let other = sample::creation_of(sample::order("m-1", "c-2", "key"), now);
    for repeat in [&first, &other] {
        let existing = Stored::Payout(Box::new(first.record.clone()));
        assert_eq!(store.create(repeat).await, Ok(CreationOutcome::Existing(existing)));
    }
    assert_eq!(all_events(&*store).await, first.events);
}

/// Of 64 concurrent creations of one id one is written, and the others are told which.
pub async fn one_of_many_creators_wins(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let euro = Currency::parse("EUR").expect("the euro is known");
    let mut tasks = JoinSet::new();
    for cents in 1..=64 {
        let mut order = sample::order("m-1", "c-1", "key");
        order.amount = Money::new(cents, euro).expect("the amount can be paid");
        let (store, creation) = (store.clone(), sample::creation_of(order, now));
        tasks.spawn(async move { (store.create(&creation).await, creation.record) });
    }
    let (mut winners, mut told) = (Vec::new(), Vec::new());
    for (outcome, record) in tasks.join_all().await {
        match outcome.expect("creating works") {
            CreationOutcome::Created => winners.push(record),
            CreationOutcome::Existing(Stored::Payout(existing)) => told.push(*existing),
            other => panic!("{other:?}"),
        }
    }
    let [winner] = winners.as_slice() else { panic!("{} were created", winners.len()) };
    assert_eq!(told, vec![winner.clone(); 63]);
    assert_eq!(record(&*store, &winner.payout.id).await, *winner);
    assert_eq!(all_events(&*store).await.len(), 1);
}

/// Events that do not lead to the record, or are not all of them, leave nothing behind.
pub async fn events_must_lead_to_the_record(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let whole = sample::creation("key", now);
    let other = sample::creation("other", now);
    let without = |events| payout::port::Creation { events, ..whole.clone() };
    assert_not_written(&store.create(&without(Vec::new())).await);
    assert_not_written(&store.create(&without(other.events)).await);
    assert_eq!(store.load(&whole.record.payout.id).await, Ok(None));
    assert_eq!(all_events(&*store).await, Vec::new());
}

/// A payout that its creator claims is due for nobody else until it is released.
pub async fn the_creator_may_claim_it(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut creation = sample::creation_due("key", now, now);
    creation.claim = Some(sample::claim("creator", 1, now));
    let id = created(&*store, &creation).await.payout.id;
    assert_eq!(store.claim(&sample::claim("other", 10, now)).await, Ok(Vec::new()));
    store.release(&sample::holder("creator"), std::slice::from_ref(&id)).await.expect("released");
    assert_eq!(store.claim(&sample::claim("other", 10, now)).await, Ok(vec![id]));
}
