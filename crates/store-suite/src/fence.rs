//! `fence`: a key that can never pay, or a payout, and never both.

use payout::port::{CreationOutcome, Fenced};
use payout::record::Stored;
use tokio::task::JoinSet;

use crate::check::{all_events, created};
use crate::{Subject, sample};

/// A fence is found by whoever creates, loads or fences after it.
pub async fn a_fenced_key_cannot_pay(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let fence = sample::fence(&creation, now);
    assert_eq!(store.fence(&fence).await, Ok(Fenced::Fenced));
    let stored = Stored::Fence(fence.clone());
    assert_eq!(store.load(&fence.payout).await, Ok(Some(stored.clone())));
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Existing(stored.clone())));
    assert_eq!(store.fence(&fence).await, Ok(Fenced::Existing(stored)));
    assert_eq!(all_events(&*store).await, Vec::new());
}

/// A payout that is there is not fenced.
pub async fn a_fence_comes_too_late_for_a_payout(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let creation = sample::creation("key", now);
    let record = created(&*store, &creation).await;
    let fence = sample::fence(&creation, now);
    let stored = Stored::Payout(Box::new(record));
    assert_eq!(store.fence(&fence).await, Ok(Fenced::Existing(stored.clone())));
    assert_eq!(store.load(&fence.payout).await, Ok(Some(stored)));
}

/// Of concurrent creations and fences of one key exactly one is written.
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
                    outcome == CreationOutcome::Created
                } else {
                    let fence = sample::fence(&creation, now);
                    store.fence(&fence).await.expect("fencing works") == Fenced::Fenced
                }
            });
        }
        let written = tasks.join_all().await;
        assert_eq!(written.iter().filter(|written| **written).count(), 1);
        assert!(store.load(&creation.record.payout.id).await.expect("loading works").is_some());
    }
}
