//! `queue_holds`, `hold_queue`, `resume_queue`: what stops a merchant's queue.

use payout::id::Merchant;
use payout::queue::{ProviderCall, QueueHold, QueueHoldCause, QueueHoldKind};
use payout::settlement::Note;
use payout::time::Timestamp;

use crate::Subject;

/// One hold of each kind for each merchant; the latest stands.
pub async fn a_queue_is_held_for_each_cause_once(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    assert_eq!(store.queue_holds().await, Ok(Vec::new()));
    let first = paused("merchant-1", "wait", now);
    let second = paused("merchant-1", "wait longer", now);
    let others = [refused("merchant-1", now), paused("merchant-2", "wait", now)];
    for hold in [&first, &second, &others[0], &others[1]] {
        assert_eq!(store.hold_queue(hold).await, Ok(()));
    }
    let mut holds = store.queue_holds().await.expect("reading works");
    holds.sort_by_key(|hold| (hold.merchant.clone(), hold.kind()));
    assert_eq!(holds, [vec![second], others.to_vec()].concat());
}

/// Resuming for one cause leaves the other, and other merchants, alone.
pub async fn a_queue_is_resumed_for_one_cause(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let (paused, refused) = (paused("merchant-1", "wait", now), refused("merchant-1", now));
    for hold in [&paused, &refused] {
        assert_eq!(store.hold_queue(hold).await, Ok(()));
    }
    let kind = QueueHoldKind::AccessRefused;
    let stranger = Merchant::parse("merchant-2").expect("a merchant");
    assert_eq!(store.resume_queue(&stranger, kind).await, Ok(false));
    assert_eq!(store.resume_queue(&refused.merchant, kind).await, Ok(true));
    assert_eq!(store.resume_queue(&refused.merchant, kind).await, Ok(false));
    assert_eq!(store.queue_holds().await, Ok(vec![paused]));
}

pub(crate) fn paused(merchant: &str, why: &str, since: Timestamp) -> QueueHold {
    let note = |text| Note::parse(text).expect("a note");
    let cause = QueueHoldCause::Paused { operator: note("ada"), why: note(why) };
    QueueHold { merchant: Merchant::parse(merchant).expect("a merchant"), since, cause }
}

fn refused(merchant: &str, since: Timestamp) -> QueueHold {
    let (code, call) = (Some("616".to_owned()), Some(ProviderCall::Destination));
    let cause = QueueHoldCause::AccessRefused { code, call };
    QueueHold { merchant: Merchant::parse(merchant).expect("a merchant"), since, cause }
}
