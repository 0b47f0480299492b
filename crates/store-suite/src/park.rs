//! `park` and `list_parked`: no notification is lost between a payout and its creation.

use std::sync::Arc;

use payout::id::{Merchant, ReceiptId};
use payout::port::{
    Creation, CreationOutcome, Page, PageToken, ParkedNotification, Parking, Store, StoreError,
};
use payout::time::Timestamp;
use tokio::task::JoinSet;

use crate::check::{assert_not_written, created};
use crate::{Subject, sample};

/// Notifications that must be kept for one order at least.
const PARKED_MIN: usize = 64;

/// A bound on parked notifications must be met well before this.
const PARKED_FAR_TOO_MANY: usize = 2000;

/// Notifications of each sort that must be kept for one merchant at least.
const PARKED_OF_MERCHANT_MIN: usize = 1000;

/// A bound on a merchant's parked notifications must be met well before this.
const PARKED_OF_MERCHANT_FAR_TOO_MANY: usize = 50_000;

/// Notifications that are parked at once while a merchant's room is filled.
const PARKED_AT_ONCE: usize = 500;

/// A creation is told what waits, and takes it along when it has taken it into account.
pub async fn a_notification_waits_for_its_payout(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let parked = sample::parked_for(&creation, "r-1", now);
    assert_eq!(store.park(&parked).await, Ok(Parking::Parked));
    assert_eq!(all(&*store, None).await, vec![parked.clone()]);
    let waiting = Ok(CreationOutcome::Parked(vec![parked]));
    assert_eq!(store.create(&creation).await, waiting);
    assert_eq!(store.load(&creation.record.payout.id).await, Ok(None));
    created(&*store, &applying(&creation, &["r-1"])).await;
    assert_eq!(all(&*store, None).await, Vec::new());
}

/// A creation that knows of some, of others, or in another order is told of all.
pub async fn only_all_of_them_in_order_are_applied(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let none = applying(&creation, &["r-1"]);
    assert_eq!(store.create(&none).await, Ok(CreationOutcome::Parked(Vec::new())));
    let names = ["r-2", "r-1", "r-3"];
    let parked = names.map(|name| sample::parked_for(&creation, name, now));
    for one in &parked {
        assert_eq!(store.park(one).await, Ok(Parking::Parked));
    }
    for known in [&["r-2"][..], &["r-1", "r-2", "r-3"], &["r-2", "r-1", "r-3", "r-4"]] {
        let outcome = store.create(&applying(&creation, known)).await;
        assert_eq!(outcome, Ok(CreationOutcome::Parked(parked.to_vec())), "{known:?}");
    }
    created(&*store, &applying(&creation, &names)).await;
}

/// The same receipt parked again changes nothing.
pub async fn a_repeat_is_kept_once(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let first = sample::parked_for(&creation, "r-1", now);
    let again = ParkedNotification { method: "again".to_owned(), ..first.clone() };
    for parked in [&first, &again] {
        assert_eq!(store.park(parked).await, Ok(Parking::Parked));
    }
    assert_eq!(all(&*store, None).await, vec![first.clone()]);
    let nameless = ParkedNotification {
        input: payout::input::Input { receipt: None, ..first.input.clone() },
        ..first
    };
    assert_not_written(&store.park(&nameless).await);
}

/// For a payout that is here nothing is parked.
pub async fn a_payout_that_is_here_is_not_waited_for(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    created(&*store, &creation).await;
    let parked = sample::parked_for(&creation, "r-1", now);
    assert_eq!(store.park(&parked).await, Ok(Parking::Exists));
    assert_eq!(all(&*store, None).await, Vec::new());
}

/// A name is a merchant's own: another merchant's notification under it neither finds the payout
/// nor stands in its way.
pub async fn a_notification_of_another_merchant_waits_on(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let foreign = sample::parked("m-2", creation.record.payout.id.as_str(), "r-1", now);
    assert_eq!(store.park(&foreign).await, Ok(Parking::Parked));
    created(&*store, &creation).await;
    let late = sample::parked("m-2", creation.record.payout.id.as_str(), "r-2", now);
    assert_eq!(store.park(&late).await, Ok(Parking::Parked));
    assert_eq!(all(&*store, None).await, vec![late, foreign]);
}

/// Money that moves under a fenced key is something that a person must see.
pub async fn a_fence_is_no_payout(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    store.fence(&sample::fence(&creation, now)).await.expect("fencing works");
    let parked = sample::parked_for(&creation, "r-1", now);
    assert_eq!(store.park(&parked).await, Ok(Parking::Parked));
    assert_eq!(all(&*store, None).await, vec![parked]);
}

/// Whoever comes second in a race of a creation and its notification is told of the first.
pub async fn create_and_park_miss_nothing(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    for round in 0..64 {
        let creation = sample::creation(&format!("key-{round}"), now);
        let parked = sample::parked_for(&creation, "r-1", now);
        let mut tasks = JoinSet::new();
        let parking = (store.clone(), parked.clone());
        tasks.spawn(async move {
            parking.0.park(&parking.1).await.expect("parking works") == Parking::Parked
        });
        let creating = (store.clone(), creation.clone());
        tasks.spawn(async move {
            let outcome = creating.0.create(&creating.1).await.expect("creating works");
            outcome == CreationOutcome::Created
        });
        let done = tasks.join_all().await;
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "parked or created, not both");
    }
}

/// One order cannot fill the store, and has room for more than it needs.
pub async fn what_waits_for_one_order_is_bounded(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut kept = 0;
    let refused = loop {
        let parked = sample::parked("m-1", "order-7", &format!("r-{kept}"), now);
        match store.park(&parked).await {
            Ok(Parking::Parked) if kept < PARKED_FAR_TOO_MANY => kept += 1,
            other => break other,
        }
    };
    assert_eq!(refused, Ok(Parking::Full));
    assert!(kept >= PARKED_MIN, "only {kept}");
    let known = sample::parked("m-1", "order-7", "r-0", now);
    assert_eq!(store.park(&known).await, Ok(Parking::Parked), "a repeat needs no room");
    let other = sample::parked("m-1", "order-8", "r-0", now);
    assert_eq!(store.park(&other).await, Ok(Parking::Parked), "others have room of their own");
}

/// What names nothing of ours fills its own room only: there is still one for payouts' ids, which
/// is bounded too, and other merchants have theirs.
pub async fn what_waits_for_one_merchant_is_bounded(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let rooms = [
        ("order-", [("po_a", Parking::Parked), ("po", Parking::Full)]),
        ("po_", [("po_b", Parking::Full), ("pp", Parking::Full)]),
    ];
    for (begin, others) in rooms {
        let kept = fill(&store, begin, now).await;
        assert!(kept >= PARKED_OF_MERCHANT_MIN, "only {kept} of {begin}");
        let known = sample::parked("m-1", &format!("{begin}0"), "r-0", now);
        assert_eq!(store.park(&known).await, Ok(Parking::Parked), "a repeat needs no room");
        let foreign = sample::parked("m-2", &format!("{begin}0"), "r-0", now);
        assert_eq!(store.park(&foreign).await, Ok(Parking::Parked), "m-2 has room of its own");
        for (name, expected) in others {
            let other = sample::parked("m-1", name, "r-0", now);
            assert_eq!(store.park(&other).await, Ok(expected), "{name} beside {begin}");
        }
    }
    let creation = sample::creation("key", now);
    assert_eq!(store.park(&sample::parked_for(&creation, "r", now)).await, Ok(Parking::Full));
    created(&*store, &creation).await;
}

/// Parks notifications of as many names until there is no room; returns how many are kept.
async fn fill(store: &Arc<dyn Store>, begin: &str, now: Timestamp) -> usize {
    let mut kept = 0;
    for first in (0..PARKED_OF_MERCHANT_FAR_TOO_MANY).step_by(PARKED_AT_ONCE) {
        let mut tasks = JoinSet::new();
        for number in first..first + PARKED_AT_ONCE {
            let parked = sample::parked("m-1", &format!("{begin}{number}"), "r-0", now);
            let store = store.clone();
            tasks.spawn(async move { store.park(&parked).await });
        }
        let answers = tasks.join_all().await;
        for answer in &answers {
            assert!(matches!(answer, Ok(Parking::Parked | Parking::Full)), "{answer:?}");
        }
        kept += answers.iter().filter(|answer| **answer == Ok(Parking::Parked)).count();
        if answers.contains(&Ok(Parking::Full)) {
            return kept;
        }
    }
    panic!("{kept} names that begin with {begin} are parked, and there is still room");
}

/// The list shows all or a merchant's own, latest first, in pages whose tokens are its own.
pub async fn the_list_is_paged_latest_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut parked = Vec::new();
    for number in 0..10 {
        let (merchant, name) = (format!("m-{}", number % 2), format!("r-{number}"));
        let one = sample::parked(&merchant, "order-7", &name, now);
        assert_eq!(store.park(&one).await, Ok(Parking::Parked));
        parked.insert(0, one);
    }
    assert_eq!(all(&*store, None).await, parked);
    let merchant = sample::merchant("m-1");
    parked.retain(|one| one.merchant == merchant);
    assert_eq!(all(&*store, Some(&merchant)).await, parked);
    let (_, token) = store.list_parked(None, &page(None)).await.expect("listing works");
    let foreign = store.list_parked(Some(&merchant), &page(token)).await;
    assert_eq!(foreign, Err(StoreError::PageToken));
}

async fn all(store: &dyn Store, merchant: Option<&Merchant>) -> Vec<ParkedNotification> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let listed = store.list_parked(merchant, &page(after)).await;
        let (some, next) = listed.expect("listing works");
        assert!(some.len() <= 3, "no more than asked for");
        all.extend(some);
        match next {
            Some(token) => after = Some(token),
            None => return all,
        }
    }
}

fn page(after: Option<PageToken>) -> Page {
    Page { after, size: 3 }
}

fn applying(creation: &Creation, names: &[&str]) -> Creation {
    let applies: Vec<ReceiptId> = names.iter().map(|name| sample::receipt(name)).collect();
    Creation { applies, ..creation.clone() }
}
