//! How an event changes a payout. What is asserted here holds for every payout that was ever
//! written or read: a violation is a defect, and stopping is better than paying on it.

use crate::attempt::{ATTEMPTS_KEPT, Attempt, AttemptStatus};
use crate::event::{Change, Created, Event};
use crate::input::{ProviderWords, Reported};
use crate::machine::report::{graver, leads_on};
use crate::machine::sound::flaw;
use crate::reason::Reason;
use crate::record::{Hint, Payout, RECEIPTS_MAX};
use crate::settlement::Verdict;
use crate::state::StateName;

/// The payout after `event`. The first event makes it; every other one needs what came before.
pub fn apply(payout: Option<Payout>, event: &Event) -> Payout {
    let next = match (payout, &event.change) {
        (None, Change::Created(created)) => first(event, created),
        (Some(payout), _) => advance(payout, event),
        (None, _) => panic!("the first event of {} is not its creation", event.payout),
    };
    assert_eq!(flaw(&next), None, "{} after event {}", next.id, next.sequence);
    next
}

fn first(event: &Event, created: &Created) -> Payout {
    assert_eq!(event.sequence, 1, "the events of {} begin with the first", event.payout);
    Payout {
        id: event.payout.clone(),
        order: created.order.clone(),
        fingerprint: created.fingerprint.clone(),
        state: event.after,
        attempts: Vec::new(),
        resolved: created.resolved,
        forgetful_until: created.forgetful_until,
        cancel_requested: false,
        unconfirmed: None,
        provider_reference: None,
        words: ProviderWords::default(),
        speed_achieved: None,
        accepted_at: None,
        completed_at: None,
        ended_at: None,
        give_back: None,
        attention: None,
        receipts: Vec::new(),
        sequence: event.sequence,
        created_at: event.recorded_at,
        updated_at: event.recorded_at,
    }
}

fn advance(mut payout: Payout, event: &Event) -> Payout {
    assert_eq!(event.payout, payout.id, "an event changes its own payout only");
    assert_eq!(event.sequence, payout.sequence + 1, "the events of {} have no gap", payout.id);
    let before = payout.state.name();
    assert_eq!(event.before, Some(before), "event {} of {}", event.sequence, payout.id);
    assert!(
        before.may_become(event.after.name()),
        "{} may not go from {} to {}",
        payout.id,
        before.as_str(),
        event.after.name().as_str()
    );
    change(&mut payout, event);
    if payout.state != event.after {
        payout.words = event.words.clone();
    }
    payout.state = event.after;
    payout.sequence = event.sequence;
    payout.updated_at = event.recorded_at;
    if let Some(give_back) = &event.give_back {
        assert!(payout.give_back.is_none(), "{} was given back before", payout.id);
        payout.give_back = Some(give_back.clone());
        payout.ended_at = Some(event.occurred_at.unwrap_or(event.recorded_at));
    }
    if let Some(receipt) = &event.receipt {
        if payout.receipts.len() == RECEIPTS_MAX {
            payout.receipts.remove(0);
        }
        payout.receipts.push(receipt.clone());
    }
    payout
}

fn change(payout: &mut Payout, event: &Event) {
    match &event.change {
        Change::Created(_) => panic!("{} is created once", payout.id),
        Change::DestinationResolved => payout.resolved = true,
        Change::AttemptOpened(attempt) => open_attempt(payout, attempt),
        Change::AttemptBecame(status) => {
            let attempt = payout.attempts.last_mut().expect("an attempt was opened before");
            attempt.status = *status;
        }
        Change::LookedFirst => payout.forgetful_until = None,
        Change::Reported { status, speed_achieved } => {
            reported(payout, event, *status);
            payout.speed_achieved = speed_achieved.or(payout.speed_achieved);
        }
        Change::Hinted(status) => {
            let since = payout.unconfirmed.map_or(event.recorded_at, |earlier| earlier.since);
            payout.unconfirmed = Some(Hint { status: *status, since });
            // While an answer of our own is still to come, it names the order, not a webhook that
            // may be about an earlier attempt.
            if !payout.attempts.last().is_some_and(Attempt::needs_request) {
                adopt_reference(payout, event);
            }
        }
        Change::PastForgotten(until) => payout.forgetful_until = Some(*until),
        Change::CancelRequested => payout.cancel_requested = true,
        Change::Contradicted => {
            let why = event.reason.unwrap_or(Reason::Contradicted);
            payout.attention = Some(graver(payout.attention, why));
            payout.unconfirmed = None;
        }
        Change::Settled(settlement) => settled(payout, event, settlement.verdict),
        Change::DestinationRefused
        | Change::Canceled
        | Change::Held
        | Change::Presumed
        | Change::Parked
        | Change::Noted => {}
    }
}

fn open_attempt(payout: &mut Payout, attempt: &Attempt) {
    assert_eq!(attempt.number, payout.next_number(), "the attempts of {} have no gap", payout.id);
    assert_eq!(attempt.status, AttemptStatus::Open, "a new attempt of {}", payout.id);
    let forgettable =
        |a: &Attempt| matches!(a.status, AttemptStatus::NotSent | AttemptStatus::Refused);
    if payout.attempts.len() >= ATTEMPTS_KEPT
        && let Some(oldest) = payout.attempts.iter().position(forgettable)
    {
        payout.attempts.remove(oldest);
    }
    payout.attempts.push(attempt.clone());
}

fn reported(payout: &mut Payout, event: &Event, status: Reported) {
    // What leads further than this was not confirmed by it.
    payout.unconfirmed = payout.unconfirmed.filter(|hint| leads_on(event.after, hint.status));
    payout.forgetful_until = None;
    adopt_reference(payout, event);
    // A notification proves that there is an order, not that ours was the request that made it.
    if status == Reported::Accepted && event.receipt.is_none() {
        payout.accepted_at = payout.accepted_at.or(Some(event.recorded_at));
    }
    if event.after.name() == StateName::Completed {
        payout.completed_at = Some(event.occurred_at.unwrap_or(event.recorded_at));
    }
    if let Some(attempt) = payout.attempts.last_mut()
        && !attempt.is_settled_without_money()
    {
        let ended = status.is_negative();
        attempt.status = if ended { AttemptStatus::Ended } else { AttemptStatus::Accepted };
    }
}

/// A person has looked: nothing waits to be looked into any more.
fn settled(payout: &mut Payout, event: &Event, verdict: Verdict) {
    payout.unconfirmed = None;
    payout.attention = None;
    payout.forgetful_until = None;
    let status = match verdict {
        Verdict::Paid => {
            payout.completed_at = Some(event.recorded_at);
            AttemptStatus::Accepted
        }
        Verdict::NotPaid => AttemptStatus::Ended,
    };
    if let Some(attempt) = payout.attempts.last_mut()
        && !attempt.is_settled_without_money()
    {
        attempt.status = status;
    }
}

fn adopt_reference(payout: &mut Payout, event: &Event) {
    if payout.provider_reference.is_none() {
        payout.provider_reference.clone_from(&event.words.reference);
    }
}
