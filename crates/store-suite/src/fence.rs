//! `fence`: a key that can never pay, or a payout, and never both.

use std::time::Duration;

use payout::port::{CreationOutcome, Fenced, Parking};
use payout::record::{Fence, Stored};
use tokio::task::JoinSet;

use crate::check::{all_events, created};
use crate::{Subject, sample};

/// A fence is found by whoever creates, loads or fences after it.
pub async fn a_fenced_key_cannot_pay(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let fence = sample::fence(&creation, now);
    let fenced = Fenced::Fenced { fence: fence.clone(), notified: false };
    assert_eq!(store.fence(&fence).await, Ok(fenced.clone()));
    let stored = Stored::Fence(fence.clone());
    assert_eq!(store.load(&fence.payout).await, Ok(Some(stored.clone())));
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Existing(stored)));
    let later = Fence { fenced_at: now.plus(Duration::from_secs(1)), ..fence };
    assert_eq!(store.fence(&later).await, Ok(fenced), "the first fence stands");
    assert_eq!(all_events(&*store).await, Vec::new());
}

/// A payout that is there is not fenced.
pub async fn a_fence_comes_too_late_for_a_payout(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let record = created(&*store, &creation).await;
    let fence = sample::fence(&creation, now);
    assert_eq!(store.fence(&fence).await, Ok(Fenced::Existing(Box::new(record.clone()))));
    let stored = Stored::Payout(Box::new(record));
    assert_eq!(store.load(&fence.payout).await, Ok(Some(stored)));
}

/// A notification that waits under the key's id tells that the provider has an order of that name.
pub async fn a_fence_says_what_waits_under_it(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let fence = sample::fence(&creation, now);
    let parked = sample::parked(fence.merchant.as_str(), fence.payout.as_str(), "r-1", now);
    assert_eq!(store.park(&parked).await, Ok(Parking::Parked));
    let fenced = Fenced::Fenced { fence: fence.clone(), notified: true };
    assert_eq!(store.fence(&fence).await, Ok(fenced.clone()));
    assert_eq!(store.fence(&fence).await, Ok(fenced), "also when it is repeated");
}

/// Of concurrent creations and fences of one key one creation is written, or a fence for all who
/// fence, and never both.
pub async fn create_and_fence_race_for_the_key(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    for round in 0..16 {
        let creation = sample::creation(&format!("key-{round}"), now);
        let mut tasks = JoinSet::new();
        for task in 0..8 {
            let (store, creation) = (store.clone(), creation.clone());
            tasks.spawn(async move {
                if (task + round) % 2 == 0 {
                    let outcome = store.create(&creation).await.expect("creating works");
                    (outcome == CreationOutcome::Created, false)
                } else {
                    let fence = sample::fence(&creation, now);
                    let fenced = store.fence(&fence).await.expect("fencing works");
                    (false, matches!(fenced, Fenced::Fenced { .. }))
                }
            });
        }
        let written = tasks.join_all().await;
        let created = written.iter().filter(|(created, _)| *created).count();
        let fenced = written.iter().filter(|(_, fenced)| *fenced).count();
        assert!(matches!((created, fenced), (1, 0) | (0, 4)), "{created} {fenced}");
        assert!(store.load(&creation.record.payout.id).await.expect("loading works").is_some());
    }
}
