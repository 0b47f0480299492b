//! `append`: one writer per version, and whole or not at all.

use payout::input::{Input, What};
use payout::port::{Append, Appended};
use tokio::task::JoinSet;

use crate::check::{all_events, assert_not_written, assert_without_gaps, created, record};
use crate::{Subject, sample};

/// Writers that race in the concurrent cases.
const WRITERS: usize = 16;

/// The record is replaced, the events follow the earlier ones.
pub async fn the_next_version_replaces_the_last(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let first = created(&*store, &creation).await;
    let inputs = [sample::remark("r-1"), sample::accepted("order-7")];
    let append = sample::append(&first, &inputs, now);
    assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    assert_eq!(record(&*store, &first.payout.id).await, append.record);
    assert_eq!(all_events(&*store).await, [creation.events, append.events].concat());
}

/// Whoever read an earlier version is refused, and so is a repeat of what was written.
pub async fn a_stale_version_leaves_no_trace(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = created(&*store, &sample::creation("key", now)).await;
    let quick = sample::append(&first, &[sample::remark("quick")], now);
    let slow = sample::append(&first, &[sample::remark("slow")], now);
    assert_eq!(store.append(&quick).await, Ok(Appended::Yes));
    assert_eq!(store.append(&slow).await, Ok(Appended::Stale));
    assert_eq!(store.append(&quick).await, Ok(Appended::Stale));
    let mut ahead = sample::append(&quick.record, &[sample::remark("ahead")], now);
    ahead.record.version += 1;
    assert_eq!(store.append(&ahead).await, Ok(Appended::Stale));
    assert_eq!(record(&*store, &first.payout.id).await, quick.record);
    assert_eq!(all_events(&*store).await.len(), 2);
}

/// There is nothing to append to: whoever reads again sees that.
pub async fn a_payout_that_is_not_there_is_stale(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let nowhere = sample::creation("key", now);
    let append = sample::append(&nowhere.record, &[sample::remark("r-1")], now);
    assert_eq!(store.append(&append).await, Ok(Appended::Stale));
    store.fence(&sample::fence(&nowhere, now)).await.expect("fencing works");
    assert_eq!(store.append(&append).await, Ok(Appended::Stale));
    assert_eq!(all_events(&*store).await, Vec::new());
}

/// For each of many versions exactly one of the concurrent writers succeeds.
pub async fn one_of_many_writers_wins_each_version(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut latest = created(&*store, &sample::creation("key", now)).await;
    for round in 0..8 {
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let input = sample::remark(&format!("round-{round}-writer-{writer}"));
            let (store, append) = (store.clone(), sample::append(&latest, &[input], now));
            tasks.spawn(async move { (store.append(&append).await, append.record) });
        }
        let outcomes = tasks.join_all().await;
        let won = outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Appended::Yes));
        let [(_, winner)] = won.collect::<Vec<_>>()[..] else { panic!("not one: {outcomes:?}") };
        let lost = outcomes.iter().filter(|(outcome, _)| *outcome == Ok(Appended::Stale));
        assert_eq!(lost.count(), WRITERS - 1);
        latest = winner.clone();
        assert_eq!(record(&*store, &latest.payout.id).await, latest);
    }
    let events = all_events(&*store).await;
    assert_eq!(events.len(), 9);
    assert_without_gaps(&events);
}

/// Events that leave a gap, or belong to another payout, are a defect of the writer: nothing is
/// written, even though the version is right.
pub async fn events_without_the_one_before_are_refused(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = created(&*store, &sample::creation("key", now)).await;
    let other = created(&*store, &sample::creation("other", now)).await;
    let second = sample::append(&first, &[sample::remark("r-1")], now);
    let third = sample::append(&second.record, &[sample::remark("r-2")], now);
    let mut gap = third.clone();
    gap.record.version = 2;
    assert_not_written(&store.append(&gap).await);
    let foreign = sample::append(&other, &[sample::remark("r-3")], now);
    assert_not_written(&store.append(&Append { events: foreign.events, ..second }).await);
    assert_eq!(record(&*store, &first.payout.id).await, first);
    assert_eq!(all_events(&*store).await.len(), 2);
}

/// An append without events changes the record alone.
pub async fn a_schedule_changes_without_events(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = created(&*store, &sample::creation("key", now)).await;
    let append = sample::reschedule(&first, Some(now));
    assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    assert_eq!(record(&*store, &first.payout.id).await, append.record);
    assert_eq!(store.next_due_at().await, Ok(Some(now)));
    assert_eq!(all_events(&*store).await.len(), 1);
}

/// A secret that a version no longer holds is not in the store any more.
pub async fn erased_secrets_are_gone(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = created(&*store, &sample::creation("key", now)).await;
    let mut opened = sample::append(&first, &[sample::attempt_opened(&first, now)], now);
    opened.record.vault.request = Some(sample::sealed("the request"));
    assert_eq!(store.append(&opened).await, Ok(Appended::Yes));
    let read = record(&*store, &first.payout.id).await;
    assert_eq!(read.vault.request, Some(sample::sealed("the request")));
    let unsent = sample::append(&read, &[Input::own(What::NotSent)], now);
    assert_eq!(store.append(&unsent).await, Ok(Appended::Yes));
    assert_eq!(record(&*store, &first.payout.id).await.vault.request, None);
}

/// Writers of different payouts do not get in each other's way.
pub async fn many_payouts_are_written_at_once(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut tasks = JoinSet::new();
    for writer in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            let creation = sample::creation(&format!("key-{writer}"), now);
            let mut record = created(&*store, &creation).await;
            for number in 0..5 {
                let append = sample::append(&record, &[sample::remark(&number.to_string())], now);
                assert_eq!(store.append(&append).await, Ok(Appended::Yes));
                record = append.record;
            }
            record
        });
    }
    for last in tasks.join_all().await {
        assert_eq!(record(&*store, &last.payout.id).await, last);
    }
    let events = all_events(&*store).await;
    assert_eq!(events.len(), 64 * 6);
    assert_without_gaps(&events);
}
