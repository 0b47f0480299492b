//! `claim`, `release` and `next_due_at`: who works on what.

use std::time::Duration;

use payout::id::PayoutId;
use payout::port::{Appended, ClaimChange, Store};
use payout::time::Timestamp;
use tokio::task::JoinSet;

use crate::check::{created, record};
use crate::sample::LEASE;
use crate::{Subject, sample};

const SECOND: Duration = Duration::from_secs(1);

/// Only what is due, the longest overdue first, no more than asked for.
pub async fn what_is_due_is_claimed_most_overdue_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let ago = |seconds: i64| Timestamp::from_millis(now.as_millis() - seconds * 1000);
    let third = due(&*store, "third", ago(1)).await;
    let first = due(&*store, "first", ago(3)).await;
    let second = due(&*store, "second", ago(2)).await;
    due(&*store, "later", now.plus(60 * SECOND)).await;
    created(&*store, &sample::creation("never", now)).await;
    assert_eq!(store.claim(&sample::claim("a", 0, now)).await, Ok(Vec::new()));
    assert_eq!(store.claim(&sample::claim("a", 2, now)).await, Ok(vec![first, second]));
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![third]));
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(Vec::new()));
}

/// What somebody claims is claimed by nobody else, the same holder included.
pub async fn what_is_claimed_is_nobody_elses(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id]));
    for name in ["a", "b"] {
        assert_eq!(store.claim(&sample::claim(name, 9, now)).await, Ok(Vec::new()));
    }
}

/// A release ends the holder's own claims; a repeat, or one of what is not there, does nothing.
pub async fn only_its_holder_releases_a_claim(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    let nowhere = sample::creation("nowhere", now).record.payout.id;
    let both = [nowhere, id.clone()];
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    assert_eq!(store.release(&sample::holder("b"), &both).await, Ok(()));
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(Vec::new()));
    for _ in 0..2 {
        assert_eq!(store.release(&sample::holder("a"), &both).await, Ok(()));
    }
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(vec![id]));
}

/// An append leaves the claim alone or ends it; then the new schedule counts.
pub async fn an_append_keeps_or_releases(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    let keep = sample::reschedule(&record(&*store, &id).await, Some(now));
    assert_eq!(store.append(&keep).await, Ok(Appended::Yes));
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(Vec::new()));
    let one = std::slice::from_ref(&id);
    assert_eq!(store.release(&sample::holder("a"), one).await, Ok(()), "it is still a's");
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    let mut release = sample::reschedule(&keep.record, Some(now));
    release.claim = ClaimChange::Release(sample::holder("a"));
    assert_eq!(store.append(&release).await, Ok(Appended::Yes));
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(vec![id]));
    let mut done = sample::reschedule(&release.record, None);
    done.claim = ClaimChange::Release(sample::holder("b"));
    assert_eq!(store.append(&done).await, Ok(Appended::Yes));
    assert_eq!(store.claim(&sample::claim("c", 9, now)).await, Ok(Vec::new()));
}

/// Whoever let its claim run out does not end that of the one who claimed after it; what it writes
/// counts all the same.
pub async fn an_append_releases_no_claim_of_another(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    subject.pass(LEASE + SECOND).await;
    let now = subject.now();
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(vec![id.clone()]));
    let mut late = sample::reschedule(&record(&*store, &id).await, Some(now));
    late.claim = ClaimChange::Release(sample::holder("a"));
    assert_eq!(store.append(&late).await, Ok(Appended::Yes));
    assert_eq!(record(&*store, &id).await, late.record);
    assert_eq!(store.claim(&sample::claim("c", 9, now)).await, Ok(Vec::new()), "it is b's");
    // The claim still ends at its time, by a release of its holder, or by an append of its holder.
    let mut done = sample::reschedule(&late.record, Some(now));
    done.claim = ClaimChange::Release(sample::holder("b"));
    assert_eq!(store.append(&done).await, Ok(Appended::Yes));
    assert_eq!(store.claim(&sample::claim("c", 9, now)).await, Ok(vec![id]));
}

/// What must not cross with somebody's work on the payout is written only while nobody claims it.
pub async fn an_append_may_demand_that_nobody_claims_it(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    let before = record(&*store, &id).await;
    let mut alone = sample::append(&before, &[sample::remark("r-1")], now);
    alone.claim = ClaimChange::MustBeNone;
    assert_eq!(store.append(&alone).await, Ok(Appended::Claimed));
    assert_eq!(record(&*store, &id).await, before);
    let one = std::slice::from_ref(&id);
    assert_eq!(store.release(&sample::holder("a"), one).await, Ok(()));
    assert_eq!(store.append(&alone).await, Ok(Appended::Yes));
    assert_eq!(record(&*store, &id).await, alone.record);
}

/// A claim that nobody released ends at its time. The payout is due then, even if its schedule
/// says otherwise; once released, the schedule counts again.
pub async fn a_claim_ends_at_its_time(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let id = due(&*store, "key", now).await;
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    let keep = sample::reschedule(&record(&*store, &id).await, Some(now.plus(3600 * SECOND)));
    assert_eq!(store.append(&keep).await, Ok(Appended::Yes));
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(Vec::new()));
    subject.pass(LEASE + SECOND).await;
    let now = subject.now();
    assert_eq!(store.claim(&sample::claim("b", 9, now)).await, Ok(vec![id.clone()]));
    assert_eq!(store.release(&sample::holder("b"), &[id]).await, Ok(()));
    assert_eq!(store.claim(&sample::claim("c", 9, now)).await, Ok(Vec::new()));
}

/// The next time at which a claim finds something: when something unclaimed is due, or when a
/// claim ends.
pub async fn the_next_due_time_is_known(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    assert_eq!(store.next_due_at().await, Ok(None));
    created(&*store, &sample::creation("never", now)).await;
    assert_eq!(store.next_due_at().await, Ok(None));
    let later = now.plus(60 * SECOND);
    due(&*store, "later", later).await;
    assert_eq!(store.next_due_at().await, Ok(Some(later)));
    let id = due(&*store, "now", now).await;
    assert_eq!(store.next_due_at().await, Ok(Some(now)));
    assert_eq!(store.claim(&sample::claim("a", 9, now)).await, Ok(vec![id.clone()]));
    let ends_at = store.next_due_at().await.expect("asking works").expect("the claim ends");
    assert!(now < ends_at && ends_at < later, "{ends_at}");
    let mut done = sample::reschedule(&record(&*store, &id).await, None);
    done.claim = ClaimChange::Release(sample::holder("a"));
    assert_eq!(store.append(&done).await, Ok(Appended::Yes));
    assert_eq!(store.next_due_at().await, Ok(Some(later)));
}

/// Holders that claim at the same time share the work: each payout once.
pub async fn many_claimers_never_overlap(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut all = Vec::new();
    for number in 0..64 {
        all.push(due(&*store, &format!("key-{number}"), now).await);
    }
    let mut tasks = JoinSet::new();
    for holder in 0..8 {
        let (store, claim) = (store.clone(), sample::claim(&format!("h-{holder}"), 3, now));
        tasks.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim(&claim).await.expect("claiming works");
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed);
            }
        });
    }
    let mut claimed = tasks.join_all().await.concat();
    claimed.sort();
    all.sort();
    assert_eq!(claimed, all);
}

async fn due(store: &dyn Store, key: &str, due_at: Timestamp) -> PayoutId {
    created(store, &sample::creation_due(key, due_at, due_at)).await.payout.id
}
