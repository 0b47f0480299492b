//! The payout as callers see it.

use std::collections::HashMap;

use api::v1;
use payout::attempt::{Attempt, AttemptStatus};
use payout::id::ProviderReference;
use payout::money::Money;
use payout::order::Speed;
use payout::reason::Reason;
use payout::record::Payout;
use payout::state::{GiveBack, Outcome, State, StateName};

use super::cause::{attention, bare_cause, cause};
use super::destination::payout_destination;
use super::time::timestamp;

/// Most attempts shown with a payout, the latest, as the API promises.
pub(super) const ATTEMPTS_SHOWN_MAX: usize = 16;

/// A payout as it is now.
pub(crate) fn payout(payout: &Payout) -> v1::Payout {
    let order = &payout.order;
    let metadata = order.metadata.entries().iter();
    let metadata: HashMap<String, String> =
        metadata.map(|(key, value)| (key.clone(), value.clone())).collect();
    let hidden = payout.attempts.len().saturating_sub(ATTEMPTS_SHOWN_MAX);
    v1::Payout {
        id: payout.id.to_string(),
        merchant: order.merchant.to_string(),
        idempotency_key: order.idempotency_key.to_string(),
        customer: order.customer.to_string(),
        amount: Some(money(order.amount)),
        destination: Some(payout_destination(&order.target)),
        speed: speed(order.speed).into(),
        statement_descriptor: order
            .statement_descriptor
            .as_ref()
            .map_or_else(String::new, |text| text.as_str().to_owned()),
        external_reference: order
            .external_reference
            .as_ref()
            .map_or_else(String::new, |text| text.as_str().to_owned()),
        related_order_reference: order
            .related_order_reference
            .as_ref()
            .map_or_else(String::new, |text| text.as_str().to_owned()),
        submit_before: order.submit_before.map(timestamp),
        metadata,
        state: state(payout.state.name()).into(),
        outcome: outcome(payout.state.name().outcome()).into(),
        give_back: payout.give_back.as_ref().map(give_back),
        cause: why(payout).map(|reason| cause(reason, &payout.words)),
        attention: attentions(payout),
        provider_references: references(payout),
        attempts: payout.attempts.iter().skip(hidden).map(attempt).collect(),
        sequence: sequence(payout.sequence),
        speed_achieved: payout.speed_achieved.map_or(v1::Speed::Unspecified, speed).into(),
        return_window_ends_at: match payout.state {
            State::Completed { return_window_ends_at } => Some(timestamp(return_window_ends_at)),
            State::Pending { .. }
            | State::Submitting
            | State::Indeterminate { .. }
            | State::Accepted
            | State::Processing
            | State::Presumed
            | State::Failed { .. }
            | State::Canceled { .. }
            | State::Returned { .. } => None,
        },
        created_at: Some(timestamp(payout.created_at)),
        updated_at: Some(timestamp(payout.updated_at)),
        outcome_at: outcome_at(payout),
        cancel_requested: payout.cancel_requested,
    }
}

/// Why the payout stands where it stands: the state's own reason, else that of its latest attempt.
fn why(payout: &Payout) -> Option<Reason> {
    let waits = matches!(payout.state, State::Pending { .. } | State::Indeterminate { .. });
    payout.state.reason().or_else(|| match payout.attempts.last()?.status {
        AttemptStatus::InDoubt(doubt) => Some(doubt.why),
        AttemptStatus::NotSent if waits => Some(Reason::ConnectionFailed),
        AttemptStatus::Open
        | AttemptStatus::NotSent
        | AttemptStatus::Refused
        | AttemptStatus::Accepted
        | AttemptStatus::Absent
        | AttemptStatus::Ended => None,
    })
}

fn attentions(payout: &Payout) -> Vec<i32> {
    let mut shown = Vec::new();
    if let Some(reason) = payout.attention {
        shown.push(attention(reason).into());
    }
    if payout.is_parked() {
        shown.push(v1::Attention::Parked.into());
    }
    shown
}

fn references(payout: &Payout) -> Vec<v1::ProviderReference> {
    let mut references = Vec::new();
    if !payout.attempts.is_empty() {
        references.push(given_reference(payout.id.as_str()));
    }
    references.extend(payout.provider_reference.as_ref().map(assigned_reference));
    references
}

/// A payout's id is the reference under which it is sent.
pub(super) fn given_reference(payout: &str) -> v1::ProviderReference {
    let kind = v1::ProviderReferenceKind::Given.into();
    v1::ProviderReference { kind, value: payout.to_owned() }
}

pub(super) fn assigned_reference(reference: &ProviderReference) -> v1::ProviderReference {
    let kind = v1::ProviderReferenceKind::Assigned.into();
    v1::ProviderReference { kind, value: reference.to_string() }
}

pub(super) fn attempt(attempt: &Attempt) -> v1::Attempt {
    let (state, why) = match attempt.status {
        AttemptStatus::Open => (v1::AttemptState::Open, None),
        AttemptStatus::NotSent => (v1::AttemptState::NotSent, Some(Reason::ConnectionFailed)),
        AttemptStatus::Refused => (v1::AttemptState::Refused, None),
        AttemptStatus::InDoubt(doubt) => (v1::AttemptState::InDoubt, Some(doubt.why)),
        AttemptStatus::Accepted => (v1::AttemptState::Accepted, None),
        AttemptStatus::Absent => (v1::AttemptState::Absent, None),
        AttemptStatus::Ended => (v1::AttemptState::Ended, None),
    };
    v1::Attempt {
        number: number(attempt.number),
        state: state.into(),
        cause: why.map(bare_cause),
        opened_at: Some(timestamp(attempt.opened_at)),
    }
}

fn outcome_at(payout: &Payout) -> Option<prost_types::Timestamp> {
    match payout.state.name().outcome() {
        Outcome::Undecided | Outcome::Presumed => None,
        Outcome::Succeeded => payout.completed_at.map(timestamp),
        Outcome::NotPaid => payout.ended_at.map(timestamp),
    }
}

pub(super) fn give_back(give_back: &GiveBack) -> v1::GiveBack {
    v1::GiveBack { id: give_back.id.clone(), amount: Some(money(give_back.amount)) }
}

fn money(money: Money) -> v1::Money {
    let currency_code = money.currency().code().to_owned();
    v1::Money { currency_code, minor_units: money.minor_units() }
}

pub(super) fn speed(speed: Speed) -> v1::Speed {
    match speed {
        Speed::Standard => v1::Speed::Standard,
        Speed::Instant => v1::Speed::Instant,
    }
}

pub(super) fn number(number: u32) -> i32 {
    i32::try_from(number).expect("attempts are counted one by one")
}

pub(super) fn sequence(sequence: u64) -> i64 {
    i64::try_from(sequence).expect("events are counted one by one")
}

pub(super) fn state(state: StateName) -> v1::PayoutState {
    match state {
        StateName::Pending => v1::PayoutState::Pending,
        StateName::Submitting => v1::PayoutState::Submitting,
        StateName::Indeterminate => v1::PayoutState::Indeterminate,
        StateName::Accepted => v1::PayoutState::Accepted,
        StateName::Processing => v1::PayoutState::Processing,
        StateName::Presumed => v1::PayoutState::Presumed,
        StateName::Completed => v1::PayoutState::Completed,
        StateName::Failed => v1::PayoutState::Failed,
        StateName::Canceled => v1::PayoutState::Canceled,
        StateName::Returned => v1::PayoutState::Returned,
    }
}

/// The state that a filter names; UNSPECIFIED names none.
pub(super) fn state_of(wanted: v1::PayoutState) -> Option<StateName> {
    StateName::ALL.into_iter().find(|name| state(*name) == wanted)
}

pub(super) fn outcome(outcome: Outcome) -> v1::Outcome {
    match outcome {
        Outcome::Undecided => v1::Outcome::Undecided,
        Outcome::Presumed => v1::Outcome::Presumed,
        Outcome::Succeeded => v1::Outcome::Succeeded,
        Outcome::NotPaid => v1::Outcome::NotPaid,
    }
}

/// The outcome that a filter names; UNSPECIFIED names none.
pub(super) fn outcome_of(wanted: v1::Outcome) -> Option<Outcome> {
    match wanted {
        v1::Outcome::Unspecified => None,
        v1::Outcome::Undecided => Some(Outcome::Undecided),
        v1::Outcome::Presumed => Some(Outcome::Presumed),
        v1::Outcome::Succeeded => Some(Outcome::Succeeded),
        v1::Outcome::NotPaid => Some(Outcome::NotPaid),
    }
}
