//! Entries of the event log as callers see them.

use api::v1;
use payout::attempt::{AttemptStatus, InDoubt};
use payout::cursor::Cursor;
use payout::destination::{DestinationEvent, DestinationState, Origin};
use payout::event::{Change, Event};
use payout::port::{Entry, Fact};
use payout::reason::Reason;
use payout::settlement::{Settlement, Verdict};
use payout::state::{State, StateName};

use super::cause::{attention, cause};
use super::destination;
use super::payout::{
    assigned_reference, give_back, given_reference, number, outcome, sequence, speed, state,
};
use super::time::timestamp;

/// An entry of the log. `origin` is that of the destination it is about, which the log does not
/// say; it matters only where one became active.
pub(crate) fn event(entry: &Entry, origin: Option<Origin>) -> v1::Event {
    match &entry.fact {
        Fact::Payout(event) => of_payout(&entry.cursor, event),
        Fact::Destination(event) => of_destination(&entry.cursor, event, origin),
    }
}

fn of_payout(cursor: &Cursor, event: &Event) -> v1::Event {
    v1::Event {
        cursor: cursor.encode(),
        merchant: event.merchant.to_string(),
        customer: event.customer.to_string(),
        recorded_at: Some(timestamp(event.recorded_at)),
        event: Some(v1::event::Event::PayoutEvent(Box::new(payout_event(event)))),
    }
}

fn payout_event(event: &Event) -> v1::PayoutEvent {
    let after = event.after.name();
    let before = event.before.map_or(v1::PayoutState::Unspecified, state);
    v1::PayoutEvent {
        payout_id: event.payout.to_string(),
        sequence: sequence(event.sequence),
        kind: kind(&event.change, after).into(),
        state_before: before.into(),
        state_after: state(after).into(),
        outcome: outcome(after.outcome()).into(),
        cause: event.reason.map(|reason| cause(reason, &event.words)),
        give_back: event.give_back.as_ref().map(give_back),
        attention: event_attention(event).into(),
        attempt_number: match &event.change {
            Change::AttemptOpened(attempt) => number(attempt.number),
            _ => 0,
        },
        provider_references: references(event),
        speed_achieved: match &event.change {
            Change::Reported { speed_achieved: Some(achieved), .. } => speed(*achieved).into(),
            _ => v1::Speed::Unspecified.into(),
        },
        occurred_at: Some(timestamp(event.occurred_at.unwrap_or(event.recorded_at))),
        settlement: match &event.change {
            Change::Settled(settlement) => Some(settlement_of(settlement)),
            _ => None,
        },
    }
}

fn settlement_of(settlement: &Settlement) -> v1::Settlement {
    let verdict = match settlement.verdict {
        Verdict::Paid => v1::SettlementVerdict::Paid,
        Verdict::NotPaid => v1::SettlementVerdict::NotPaid,
    };
    v1::Settlement {
        verdict: verdict.into(),
        operator: settlement.operator.as_str().to_owned(),
        evidence: settlement.evidence.as_str().to_owned(),
        why: settlement.why.as_str().to_owned(),
    }
}

/// What happened, in the API's words. An event that is about an attempt is named for it, even if
/// the payout ends with it: the state after tells.
fn kind(change: &Change, after: StateName) -> v1::PayoutEventKind {
    use v1::PayoutEventKind as Kind;
    match change {
        Change::Created(_) => Kind::Created,
        Change::DestinationResolved => Kind::DestinationResolved,
        Change::DestinationRefused => Kind::Failed,
        Change::AttemptOpened(_) => Kind::AttemptOpened,
        Change::AttemptBecame(status) => match status {
            AttemptStatus::NotSent => Kind::AttemptNotSent,
            AttemptStatus::Refused => Kind::AttemptRefused,
            // The first of two look-ups that found nothing proves nothing yet.
            AttemptStatus::InDoubt(InDoubt { looked_in_vain_at: Some(_), .. }) => Kind::Noted,
            AttemptStatus::InDoubt(_) => Kind::AttemptInDoubt,
            AttemptStatus::Absent => Kind::AttemptAbsent,
            AttemptStatus::Accepted => Kind::Accepted,
            AttemptStatus::Open | AttemptStatus::Ended => Kind::Noted,
        },
        Change::Reported { .. } => match after {
            StateName::Accepted => Kind::Accepted,
            StateName::Processing => Kind::Processing,
            StateName::Presumed => Kind::Presumed,
            StateName::Completed => Kind::Completed,
            StateName::Failed => Kind::Failed,
            StateName::Canceled => Kind::Canceled,
            StateName::Returned => Kind::Returned,
            StateName::Pending | StateName::Submitting | StateName::Indeterminate => Kind::Noted,
        },
        Change::CancelRequested => Kind::CancelRequested,
        Change::Canceled => Kind::Canceled,
        Change::Held => Kind::HoldChanged,
        Change::Presumed => Kind::Presumed,
        Change::Settled(_) => Kind::Settled,
        Change::Parked | Change::Contradicted => Kind::AttentionRaised,
        Change::LookedFirst | Change::PastForgotten(_) | Change::Hinted(_) | Change::Noted => {
            Kind::Noted
        }
    }
}

fn event_attention(event: &Event) -> v1::Attention {
    match (&event.change, event.after) {
        (Change::Parked, _) => v1::Attention::Parked,
        (Change::Held, State::Pending { held: Some(hold) }) if hold.is_parked() => {
            v1::Attention::Parked
        }
        (Change::Contradicted, _) => attention(event.reason.unwrap_or(Reason::Contradicted)),
        // A doubt that ends in nothing but an operator's decision is parked at once.
        (Change::AttemptBecame(_), State::Indeterminate { parked: Some(_) }) => {
            v1::Attention::Parked
        }
        _ => v1::Attention::Unspecified,
    }
}

fn references(event: &Event) -> Vec<v1::ProviderReference> {
    match &event.change {
        Change::AttemptOpened(attempt) if attempt.number == 1 => {
            vec![given_reference(event.payout.as_str())]
        }
        Change::Reported { .. } | Change::Hinted(_) => {
            event.words.reference.iter().map(assigned_reference).collect()
        }
        _ => Vec::new(),
    }
}

fn of_destination(cursor: &Cursor, event: &DestinationEvent, origin: Option<Origin>) -> v1::Event {
    use v1::DestinationEventKind as Kind;
    let kind = match (event.state, origin) {
        (DestinationState::Deleted, _) => Kind::Deleted,
        (DestinationState::Active, Some(Origin::Imported)) => Kind::Imported,
        (DestinationState::Active, Some(Origin::Registered)) => Kind::Registered,
        (DestinationState::Active, Some(Origin::Linked)) => Kind::Linked,
        (DestinationState::Active, None) => Kind::Unspecified,
        (DestinationState::Linking, _) => Kind::LinkStarted,
        (DestinationState::Abandoned, _) => Kind::LinkAbandoned,
    };
    v1::Event {
        cursor: cursor.encode(),
        merchant: event.merchant.to_string(),
        customer: event.customer.to_string(),
        recorded_at: Some(timestamp(event.recorded_at)),
        event: Some(v1::event::Event::DestinationEvent(v1::DestinationEvent {
            destination_id: event.destination.to_string(),
            kind: kind.into(),
            state_after: destination::state(event.state).into(),
            occurred_at: Some(timestamp(event.recorded_at)),
        })),
    }
}
