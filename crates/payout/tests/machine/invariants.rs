//! What holds of every write, whatever the input was.

use payout::attempt::{ATTEMPTS_KEPT, Attempt, AttemptStatus, RequestDigest};
use payout::event::{Change, Event};
use payout::machine;
use payout::record::{Payout, Record};
use payout::state::Outcome;

use crate::bench::request;

/// Checks one write: the record before, its event, and the record after.
pub(crate) fn check(before: &Record, event: &Event, after: &Record) {
    let (old, new) = (&before.payout, &after.payout);
    assert_eq!(event.sequence, old.sequence + 1, "the sequence has no gap");
    assert_eq!(new.sequence, event.sequence);
    assert_eq!(event.before, Some(old.state.name()));
    assert_eq!(new.state, event.after);
    let (from, to) = (old.state.name(), new.state.name());
    assert!(from.may_become(to), "{from:?} may not become {to:?}");
    assert_eq!(after.version, before.version + 1);
    give_back(old, event, new);
    attempts(old, event, new);
    vault(after);
}

fn give_back(old: &Payout, event: &Event, new: &Payout) {
    let (was, is) = (old.state.name().outcome(), new.state.name().outcome());
    let enters = was != Outcome::NotPaid && is == Outcome::NotPaid;
    assert_eq!(event.give_back.is_some(), enters, "given back with the entry into NOT_PAID only");
    assert_eq!(new.give_back.is_some(), is == Outcome::NotPaid);
    if was == Outcome::NotPaid {
        assert_eq!(is, Outcome::NotPaid, "the end is the end");
        assert_eq!(old.give_back, new.give_back);
        assert_eq!(old.attempts, new.attempts, "nothing is sent after the end");
    }
    if let (Some(_), Change::Canceled | Change::DestinationRefused) =
        (&event.give_back, &event.change)
    {
        let looked = matches!(event.change, Change::Canceled) && old.cancel_requested;
        assert!(old.forgetful_until.is_none() || looked, "ended here, and maybe paid before");
    }
    if let Some(give_back) = &event.give_back {
        assert_eq!(give_back.amount, new.order.amount);
        let unsettled = new.attempts.iter().filter(|a| !a.is_settled_without_money()).count();
        assert_eq!(unsettled, 0, "given back with an attempt unsettled: {:?}", new.attempts);
    }
}

fn attempts(old: &Payout, event: &Event, new: &Payout) {
    let unsettled: Vec<&Attempt> =
        new.attempts.iter().filter(|a| !a.is_settled_without_money()).collect();
    assert!(unsettled.len() <= 1, "two attempts may move money: {unsettled:?}");
    assert_eq!(new.live_attempt(), unsettled.first().copied());
    let numbers: Vec<u32> = new.attempts.iter().map(|attempt| attempt.number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "attempts are out of order: {numbers:?}");
    let mut forgotten: Vec<&Attempt> =
        old.attempts.iter().filter(|old| !numbers.contains(&old.number)).collect();
    if let Change::AttemptOpened(_) = event.change {
        assert!(old.live_attempt().is_none(), "opened beside a live attempt");
        assert!(old.resolved, "opened before it was ready");
        assert_eq!(numbers.last(), Some(&old.next_number()), "attempts are counted without a gap");
        let oldest = forgotten.pop();
        assert!(oldest.is_none() || old.attempts.len() >= ATTEMPTS_KEPT, "forgotten too early");
        let reached = |attempt: &Attempt| {
            !matches!(attempt.status, AttemptStatus::NotSent | AttemptStatus::Refused)
        };
        assert!(!oldest.is_some_and(reached), "an attempt that may have arrived is forgotten");
    } else {
        assert_eq!(new.attempts.len(), old.attempts.len());
    }
    assert!(forgotten.is_empty(), "forgotten: {forgotten:?}");
    for b in &new.attempts {
        let Some(a) = old.attempts.iter().find(|a| a.number == b.number) else { continue };
        assert!(may_become(a.status, b.status), "{:?} became {:?}", a.status, b.status);
        assert_eq!((a.generation, a.digest), (b.generation, b.digest));
        assert_eq!(b.digest, RequestDigest([0; 32]), "evidence is never erased");
    }
}

/// `open → not sent | refused | in doubt | accepted`; `in doubt → refused | accepted | absent`;
/// `open, in doubt, accepted → ended`; settled stays settled.
fn may_become(old: AttemptStatus, new: AttemptStatus) -> bool {
    use AttemptStatus::{Absent, Accepted, Ended, InDoubt, NotSent, Open, Refused};
    match (old, new) {
        (Open, Open | NotSent | Refused | InDoubt(_) | Accepted | Ended)
        | (InDoubt(_), InDoubt(_) | Refused | Accepted | Absent | Ended)
        | (Accepted, Accepted | Ended)
        | (NotSent, NotSent)
        | (Refused, Refused)
        | (Absent, Absent)
        | (Ended, Ended) => true,
        (Open, Absent)
        | (InDoubt(_), Open | NotSent)
        | (Accepted, Open | NotSent | Refused | InDoubt(_) | Absent)
        | (NotSent, Open | Refused | InDoubt(_) | Accepted | Absent | Ended)
        | (Refused, Open | NotSent | InDoubt(_) | Accepted | Absent | Ended)
        | (Absent, Open | NotSent | Refused | InDoubt(_) | Accepted | Ended)
        | (Ended, Open | NotSent | Refused | InDoubt(_) | Accepted | Absent) => false,
    }
}

/// A sealed request lies in the record exactly while its attempt may have to be sent again; what
/// the handle is made of while there is no handle; the handle until the money is given back.
fn vault(record: &Record) {
    let payout = &record.payout;
    let needed = payout.attempts.last().filter(|attempt| attempt.needs_request());
    assert_eq!(record.vault.request, needed.map(|attempt| request(attempt.number)));
    let ended = payout.give_back.is_some();
    assert_eq!(record.vault.target.is_some(), !payout.resolved && !ended);
    assert_eq!(record.vault.handle.is_some(), payout.resolved && !ended);
}

/// The events alone make the payout again, exactly.
pub(crate) fn check_replay(events: &[Event], payout: &Payout) {
    let mut rebuilt = None;
    for event in events {
        rebuilt = Some(machine::apply(rebuilt, event));
    }
    assert_eq!(rebuilt.as_ref(), Some(payout), "replaying the events gives another payout");
    let given_back = events.iter().filter(|event| event.give_back.is_some()).count();
    assert!(given_back <= 1, "given back {given_back} times");
}
