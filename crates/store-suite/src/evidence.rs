//! `evidence`: what the provider said, word for word.

use payout::port::{Appended, EVIDENCE_LENGTH_MAX};

use crate::check::created;
use crate::{Subject, sample};

/// The evidence of the creation and of each append, oldest first.
pub async fn what_the_provider_said_is_kept_in_order(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let piece = |number: u8| sample::evidence(vec![number], now);
    let mut creation = sample::creation("key", now);
    creation.evidence = vec![piece(0), piece(1)];
    let first = created(&*store, &creation).await;
    let mut append = sample::append(&first, &[sample::remark("r-1")], now);
    append.evidence = vec![piece(2), piece(3)];
    assert_eq!(store.append(&append).await, Ok(Appended::Yes));
    let id = &first.payout.id;
    assert_eq!(store.evidence(id).await, Ok(vec![piece(0), piece(1), piece(2), piece(3)]));
    let nowhere = sample::creation("nowhere", now).record.payout.id;
    assert_eq!(store.evidence(&nowhere).await, Ok(Vec::new()));
}

/// The largest piece that there can be comes back byte for byte.
pub async fn large_evidence_is_kept_whole(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    // Sealing adds a few bytes to what is kept of a reply.
    let bytes: Vec<u8> = (0..EVIDENCE_LENGTH_MAX + 33).map(|n| n.to_le_bytes()[0]).collect();
    let mut creation = sample::creation("key", now);
    creation.evidence = vec![sample::evidence(bytes, now); 3];
    let first = created(&*store, &creation).await;
    assert_eq!(store.evidence(&first.payout.id).await, Ok(creation.evidence));
}

/// What was not written left no evidence either.
pub async fn a_stale_write_leaves_no_evidence(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut creation = sample::creation("key", now);
    let first = created(&*store, &creation).await;
    creation.evidence = vec![sample::evidence(vec![1], now)];
    store.create(&creation).await.expect("a repeat finds the first");
    let mut stale = sample::append(&first, &[sample::remark("r-1")], now);
    stale.record.version += 1;
    stale.evidence = vec![sample::evidence(vec![2], now)];
    assert_eq!(store.append(&stale).await, Ok(Appended::Stale));
    assert_eq!(store.evidence(&first.payout.id).await, Ok(Vec::new()));
}

/// However much a provider says, at least the latest hundred pieces are kept, and not all for ever.
pub async fn the_latest_evidence_is_kept(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let mut record = created(&*store, &sample::creation("key", now)).await;
    let all: Vec<_> =
        (0..1200_u32).map(|n| sample::evidence(n.to_be_bytes().to_vec(), now)).collect();
    for some in all.chunks(100) {
        let mut append = sample::append(&record, &[], now);
        append.evidence = some.to_vec();
        assert_eq!(store.append(&append).await, Ok(Appended::Yes));
        record = append.record;
    }
    let kept = store.evidence(&record.payout.id).await.expect("reading works");
    assert!((100..1000).contains(&kept.len()), "{}", kept.len());
    assert!(all.ends_with(&kept));
}
