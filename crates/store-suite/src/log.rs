//! `read`, `changed` and `ends`: every event once, in order, for whoever it fits.

use std::task::{Context, Waker};

use payout::cursor::Cursor;
use payout::id::PayoutId;
use payout::port::{Appended, Entry, Fact, ReadError, Selection, Store, StoreError};
use payout::time::Timestamp;
use tokio::task::JoinSet;

use crate::check::{Reader, all_entries, all_events, assert_without_gaps, created, soon};
use crate::{Subject, sample};

/// By merchant, by customer and by payout, each sees all of its own and nothing else.
pub async fn each_selection_sees_its_own(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut ids = Vec::new();
    for (merchant, customer) in [("m-1", "c-1"), ("m-1", "c-2"), ("m-2", "c-1"), ("m-1", "c-1")] {
        let key = format!("key-{}", ids.len());
        ids.push(payout_with_events(&*store, merchant, customer, &key, 5, now).await);
    }
    let (one, two) = (sample::merchant("m-1"), sample::merchant("m-2"));
    for (selection, expected) in [
        (Selection::Merchant(one.clone()), vec![0, 1, 3]),
        (Selection::Merchant(two.clone()), vec![2]),
        (Selection::Merchant(sample::merchant("m-3")), vec![]),
        (Selection::Customer(one.clone(), sample::customer("c-1")), vec![0, 3]),
        (Selection::Customer(two, sample::customer("c-2")), vec![]),
        (Selection::Payouts(one.clone(), vec![ids[1].clone()]), vec![1]),
        (Selection::Payouts(one.clone(), vec![ids[3].clone(), ids[0].clone()]), vec![0, 3]),
        (Selection::Payouts(one, vec![]), vec![]),
    ] {
        let mut wanted = Vec::new();
        for index in expected {
            wanted.extend((1..=5).map(|sequence| (ids[index].clone(), sequence)));
        }
        let seen = names(&all_entries(&*store, &selection).await);
        assert_eq!(seen, wanted, "{selection:?}");
    }
}

/// Every entry's cursor goes on right after it.
pub async fn a_reader_goes_on_where_it_was(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    payout_with_events(&*store, "m-1", "c-1", "a", 5, now).await;
    payout_with_events(&*store, "m-1", "c-2", "b", 5, now).await;
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let entries = all_entries(&*store, &selection).await;
    assert_eq!(entries.len(), 10);
    for (index, entry) in entries.iter().enumerate() {
        let batch = store.read(&entry.cursor, &selection, 100).await.expect("reading works");
        assert_eq!(batch.entries, entries[index + 1..]);
        assert!(batch.at_end);
        let none = store.read(&entry.cursor, &selection, 0).await.expect("reading works");
        assert_eq!((none.entries, none.next), (Vec::new(), entry.cursor.clone()));
    }
}

/// What does not fit is left behind, so that the next reading does not meet it again; readings
/// from the end see what comes later only.
pub async fn reading_moves_past_what_does_not_fit(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    payout_with_events(&*store, "m-2", "c-1", "a", 20, now).await;
    let mut reader =
        Reader::from_start(&*store, Selection::Merchant(sample::merchant("m-1"))).await;
    let batch = reader.next(&*store).await;
    assert_eq!((batch.entries, batch.at_end), (Vec::new(), true));
    assert_eq!(reader.cursor, store.ends().await.expect("the log has ends").latest);
    let id = payout_with_events(&*store, "m-1", "c-1", "b", 2, now).await;
    assert_eq!(names(&reader.rest(&*store).await), vec![(id.clone(), 1), (id, 2)]);
}

/// Naming another merchant's payout shows nothing.
pub async fn payouts_are_shown_to_their_merchant_only(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = payout_with_events(&*store, "m-1", "c-1", "a", 3, now).await;
    let selection = Selection::Payouts(sample::merchant("m-2"), vec![id]);
    assert_eq!(all_entries(&*store, &selection).await, Vec::new());
}

/// A cursor of another store, past the end, or with another number of places is no cursor here.
pub async fn cursors_of_another_log_are_refused(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    payout_with_events(&*store, "m-1", "c-1", "a", 3, now).await;
    let selection = Selection::Merchant(sample::merchant("m-1"));
    let latest = store.ends().await.expect("the log has ends").latest;
    let other = subject.another().await;
    let foreign = other.store().ends().await.expect("the log has ends").latest;
    let mut ahead = latest.clone();
    ahead.positions[0].count += 1;
    let mut far_ahead = latest.clone();
    far_ahead.positions[0].count = u64::MAX;
    let mut later_life = latest.clone();
    later_life.positions[0].epoch += 1;
    let too_many = Cursor { positions: [&latest.positions[..]; 2].concat(), ..latest.clone() };
    let none = Cursor { positions: Vec::new(), ..latest };
    for (cursor, error) in [
        (foreign, ReadError::OtherStore),
        (ahead, ReadError::OutOfRange),
        (far_ahead, ReadError::OutOfRange),
        (later_life, ReadError::OutOfRange),
        (too_many, ReadError::OutOfRange),
        (none, ReadError::OutOfRange),
    ] {
        let read = store.read(&cursor, &selection, 10).await;
        assert_eq!(read, Err(error), "{:?}", cursor.positions);
        soon("the end of a wait that cannot be", store.changed(&cursor, &selection)).await.ok();
    }
}

/// A selection is bounded; up to a hundred payouts are not too many.
pub async fn a_selection_of_too_many_is_refused(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = payout_with_events(&*store, "m-1", "c-1", "a", 1, now).await;
    let start = store.ends().await.expect("the log has ends").earliest;
    let select = |count| Selection::Payouts(sample::merchant("m-1"), vec![id.clone(); count]);
    let batch = store.read(&start, &select(100), 10).await.expect("reading works");
    assert_eq!(names(&batch.entries), vec![(id.clone(), 1)]);
    let refused = store.read(&start, &select(100_000), 10).await;
    assert!(matches!(refused, Err(ReadError::Store(StoreError::NotWritten(_)))), "{refused:?}");
}

/// Whoever waits at the end is woken by what comes, whichever way it is selected.
pub async fn waiting_ends_when_the_log_grows(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = created(&*store, &sample::creation("first", now)).await;
    let mut record = first;
    for (round, selection) in selections("m-1", "c-1", &record.payout.id).into_iter().enumerate() {
        let latest = store.ends().await.expect("the log has ends").latest;
        let waiter = tokio::spawn({
            let (store, latest, selection) = (store.clone(), latest.clone(), selection.clone());
            async move { store.changed(&latest, &selection).await }
        });
        let append = sample::append(&record, &[sample::remark(&round.to_string())], now);
        assert_eq!(store.append(&append).await, Ok(Appended::Yes));
        soon("the wake-up", waiter).await.expect("no panic").expect("waiting works");
        let batch = store.read(&latest, &selection, 10).await.expect("reading works");
        assert_eq!(batch.entries.len(), 1);
        record = append.record;
    }
}

/// Whoever is behind already does not wait.
pub async fn waiting_behind_the_log_ends_at_once(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let start = store.ends().await.expect("the log has ends").latest;
    let id = payout_with_events(&*store, "m-1", "c-1", "a", 1, now).await;
    payout_with_events(&*store, "m-2", "c-1", "b", 1, now).await;
    for selection in selections("m-1", "c-1", &id) {
        soon("the wake-up", store.changed(&start, &selection)).await.expect("waiting works");
    }
}

/// Whoever waits sleeps through the events of other merchants.
pub async fn other_merchants_events_wake_nobody(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = payout_with_events(&*store, "m-1", "c-1", "a", 1, now).await;
    let latest = store.ends().await.expect("the log has ends").latest;
    let selections = selections("m-1", "c-1", &id);
    let mut waiting = Vec::new();
    for selection in &selections {
        waiting.push(store.changed(&latest, selection));
    }
    let mut wakes = Context::from_waker(Waker::noop());
    for waiting in &mut waiting {
        assert!(waiting.as_mut().poll(&mut wakes).is_pending(), "there is nothing yet");
    }
    // An event is told before its writer is answered.
    payout_with_events(&*store, "m-2", "c-1", "b", 3, now).await;
    for (waiting, selection) in waiting.iter_mut().zip(&selections) {
        assert!(waiting.as_mut().poll(&mut wakes).is_pending(), "{selection:?}");
    }
}

/// Readers that follow while many write see each event once, and each payout's in order.
pub async fn followers_see_every_event_once_in_order(subject: &mut dyn Subject) {
    const PAYOUTS: usize = 24;
    const EVENTS: usize = 8;
    let (store, now) = (subject.store(), subject.now());
    let mut followers = JoinSet::new();
    for _ in 0..3 {
        let store = store.clone();
        followers.spawn(async move {
            let selection = Selection::Merchant(sample::merchant("m-1"));
            let mut reader = Reader::from_start(&*store, selection.clone()).await;
            let mut seen = Vec::new();
            loop {
                seen.extend(reader.next(&*store).await.entries);
                if seen.len() >= PAYOUTS * EVENTS {
                    return seen;
                }
                soon("the wake-up", store.changed(&reader.cursor, &selection))
                    .await
                    .expect("waiting works");
            }
        });
    }
    let mut writers = JoinSet::new();
    for number in 0..PAYOUTS {
        let store = store.clone();
        writers.spawn(async move {
            let key = format!("key-{number}");
            payout_with_events(&*store, "m-1", "c-1", &key, EVENTS, now).await;
        });
    }
    writers.join_all().await;
    let events = all_events(&*store).await;
    assert_eq!(events.len(), PAYOUTS * EVENTS);
    assert_without_gaps(&events);
    let wanted: Vec<_> = events.into_iter().map(|event| (event.payout, event.sequence)).collect();
    for seen in followers.join_all().await {
        let mut seen = names(&seen);
        let mut wanted = wanted.clone();
        // Between payouts a log of several partitions gives no order.
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(seen, wanted);
    }
}

/// All ways to select a payout.
fn selections(merchant: &str, customer: &str, id: &PayoutId) -> [Selection; 4] {
    let merchant = sample::merchant(merchant);
    let another = sample::creation("another", Timestamp::from_millis(0)).record.payout.id;
    [
        Selection::Merchant(merchant.clone()),
        Selection::Customer(merchant.clone(), sample::customer(customer)),
        Selection::Payouts(merchant.clone(), vec![id.clone()]),
        Selection::Payouts(merchant, vec![another, id.clone()]),
    ]
}

/// Writes a payout with `count` events, one at a time.
async fn payout_with_events(
    store: &dyn Store,
    merchant: &str,
    customer: &str,
    key: &str,
    count: usize,
    now: Timestamp,
) -> PayoutId {
    let creation = sample::creation_of(sample::order(merchant, customer, key), now);
    let mut record = created(store, &creation).await;
    for number in 1..count {
        let append = sample::append(&record, &[sample::remark(&number.to_string())], now);
        assert_eq!(store.append(&append).await, Ok(Appended::Yes));
        record = append.record;
    }
    record.payout.id
}

fn names(entries: &[Entry]) -> Vec<(PayoutId, u64)> {
    let name = |entry: &Entry| match &entry.fact {
        Fact::Payout(event) => (event.payout.clone(), event.sequence),
        Fact::Destination(event) => panic!("an event of {} among payouts", event.destination),
    };
    entries.iter().map(name).collect()
}
