//! What holds across a stop and a start.

use std::time::Duration;

use payout::port::{Appended, Entry, Fact, Page, Parking, Selection, Store};
use payout::record::Stored;

use crate::check::{Reader, created, record};
use crate::queue::paused;
use crate::settlement::{all, found, write};
use crate::{Subject, sample};

/// One of everything that can be written.
pub async fn everything_is_there_after_reopening(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut creation = sample::creation("key", now);
    creation.evidence = vec![sample::evidence(vec![1, 2, 3], now)];
    let first = created(&*store, &creation).await;
    let append = sample::append(&first, &[sample::accepted("order-7")], now);
    assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    let fence = sample::fence(&sample::creation("fenced", now), now);
    store.fence(&fence).await.expect("fencing works");
    let parked = sample::parked("m-1", "order-9", "r-1", now);
    assert_eq!(store.park(&parked).await, Ok(Parking::Parked));
    let destination = sample::destination('a', "c-1", now);
    store.write_destination(&destination).await.expect("writing works");
    let (id, ends) = (store.id().clone(), store.ends().await);
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let entries = Reader::from_start(&*store, selection.clone()).await.rest(&*store).await;
    drop(store);
    subject.reopen().await;

    let store = subject.store();
    assert_eq!((store.id(), store.ends().await), (&id, ends));
    let id = &first.payout.id;
    assert_eq!(record(&*store, id).await, append.record);
    assert_eq!(store.evidence(id).await, Ok(creation.evidence));
    assert_eq!(store.load(&fence.payout).await, Ok(Some(Stored::Fence(fence))));
    let listed = store.list_parked(None, &Page { after: None, size: 9 }).await;
    assert_eq!(listed.expect("listing works").0, vec![parked]);
    let loaded = store.load_destination(&destination.destination.id).await;
    assert_eq!(loaded, Ok(Some(destination.destination)));
    assert_eq!(Reader::from_start(&*store, selection).await.rest(&*store).await, entries);
}

/// A reader goes on after a restart exactly where it was.
pub async fn cursors_outlive_reopening(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let mut reader = Reader::from_start(&*store, selection).await;
    let mut record = created(&*store, &sample::creation("key", now)).await;
    drop(store);
    for sequence in 1..4 {
        assert_eq!(sequences(&mut reader, &*subject.store()).await, vec![sequence]);
        let append = sample::append(&record, &[sample::remark(&sequence.to_string())], now);
        assert_eq!(subject.store().append(&append).await, Ok(Appended::Yes));
        record = append.record;
        subject.reopen().await;
    }
    assert_eq!(sequences(&mut reader, &*subject.store()).await, vec![4]);
    assert_eq!(sequences(&mut reader, &*subject.store()).await, Vec::<u64>::new());
}

/// Where a restart proves that nobody else is there, claims end with it, and what was claimed is
/// due: it may have been left in the middle. Elsewhere others' claims hold until their time.
pub async fn claims_of_the_gone_end(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut claimed = sample::creation("claimed", now);
    claimed.claim = Some(sample::claim("gone", 1, now));
    let id = created(&*store, &claimed).await.payout.id;
    created(&*store, &sample::creation("quiet", now)).await;
    drop(store);
    subject.reopen().await;
    let (store, now) = (subject.store(), subject.now());
    let found = store.claim(&sample::claim("next", 9, now)).await.expect("claiming works");
    if store.others_are_gone() {
        assert_eq!(found, vec![id.clone()]);
        assert_eq!(store.release(&sample::holder("next"), &[id]).await, Ok(()));
        assert_eq!(store.next_due_at().await, Ok(None), "it was never due by itself");
    } else {
        assert_eq!(found, Vec::new());
    }
}

/// A store that was never silent for long has forgotten nothing since it was made, and its word
/// does not change with asking or reopening.
pub async fn continuity_is_kept(subject: &mut dyn Subject) {
    let store = subject.store();
    let since = store.continuous_since(subject.now()).await.expect("asking works");
    assert!(since <= subject.now());
    drop(store);
    for _ in 0..2 {
        subject.pass(Duration::from_secs(1)).await;
        let again = subject.store().continuous_since(subject.now()).await;
        assert_eq!(again, Ok(since));
        subject.reopen().await;
    }
    assert_eq!(subject.store().continuous_since(subject.now()).await, Ok(since));
}

async fn sequences(reader: &mut Reader, store: &dyn Store) -> Vec<u64> {
    let entries = reader.rest(store).await;
    let sequence = |entry: Entry| match entry.fact {
        Fact::Payout(event) => event.sequence,
        Fact::Destination(event) => event.version,
    };
    entries.into_iter().map(sequence).collect()
}

/// A stop that an operator ordered outlives the process.
pub async fn queues_stay_held(subject: &mut dyn Subject) {
    let hold = paused("merchant-1", "wait", subject.now());
    assert_eq!(subject.store().hold_queue(&hold).await, Ok(()));
    subject.reopen().await;
    assert_eq!(subject.store().queue_holds().await, Ok(vec![hold]));
}

/// What does not fit is an operator's business until it fits, whatever process looks.
pub async fn breaks_stay_known(subject: &mut dyn Subject) {
    let found = found("merchant-1", "order-1", "EUR", subject.now());
    write(&*subject.store(), std::slice::from_ref(&found)).await;
    subject.reopen().await;
    assert_eq!(all(&*subject.store(), "merchant-1", false, 9).await, [found]);
}

/// What is remembered first stands, whatever is said later.
pub async fn a_fact_never_changes(subject: &mut dyn Subject) {
    assert_eq!(subject.store().remember("key-1", b"mark").await, Ok(b"mark".to_vec()));
    subject.reopen().await;
    let store = subject.store();
    assert_eq!(store.remember("key-1", b"another").await, Ok(b"mark".to_vec()));
    assert_eq!(store.remember("key-2", b"another").await, Ok(b"another".to_vec()));
}
