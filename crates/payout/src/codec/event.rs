//! Events of payouts in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::attempt::{AttemptMirror, AttemptStatusMirror};
use crate::codec::field::{
    Numbered, name, numbered, optional_millis, optional_name, optional_numbered, optional_time,
    required,
};
use crate::codec::fingerprint::FingerprintMirror;
use crate::codec::input::WordsMirror;
use crate::codec::order::OrderMirror;
use crate::codec::settlement::SettlementMirror;
use crate::codec::state::{GiveBackMirror, StateMirror};
use crate::event::{Change, Created, Event};
use crate::id::ReceiptId;
use crate::input::Reported;
use crate::state::GiveBack;
use crate::time::Timestamp;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct EventMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    payout: &'b str,
    #[n(3)]
    customer: &'b str,
    #[n(4)]
    sequence: u64,
    #[n(5)]
    recorded_at: i64,
    #[n(6)]
    occurred_at: Option<i64>,
    #[n(7)]
    before: Option<u8>,
    #[n(8)]
    after: StateMirror,
    #[b(9)]
    change: ChangeMirror<'b>,
    #[n(10)]
    reason: Option<u8>,
    #[b(11)]
    words: WordsMirror<'b>,
    #[n(12)]
    receipt: Option<&'b str>,
    #[b(13)]
    give_back: Option<GiveBackMirror<'b>>,
}

impl<'b> From<&'b Event> for EventMirror<'b> {
    fn from(event: &'b Event) -> Self {
        Self {
            merchant: event.merchant.as_str(),
            payout: event.payout.as_str(),
            customer: event.customer.as_str(),
            sequence: event.sequence,
            recorded_at: event.recorded_at.as_millis(),
            occurred_at: optional_millis(event.occurred_at),
            before: event.before.map(Numbered::number),
            after: event.after.into(),
            change: (&event.change).into(),
            reason: event.reason.map(Numbered::number),
            words: (&event.words).into(),
            receipt: event.receipt.as_ref().map(ReceiptId::as_str),
            give_back: event.give_back.as_ref().map(GiveBackMirror::from),
        }
    }
}

impl TryFrom<EventMirror<'_>> for Event {
    type Error = CodecError;

    fn try_from(mirror: EventMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            merchant: name(mirror.merchant, "event.merchant")?,
            payout: name(mirror.payout, "event.payout")?,
            customer: name(mirror.customer, "event.customer")?,
            sequence: mirror.sequence,
            recorded_at: Timestamp::from_millis(mirror.recorded_at),
            occurred_at: optional_time(mirror.occurred_at),
            before: optional_numbered(mirror.before, "event.before")?,
            after: mirror.after.try_into()?,
            change: mirror.change.try_into()?,
            reason: optional_numbered(mirror.reason, "event.reason")?,
            words: mirror.words.try_into()?,
            receipt: optional_name(mirror.receipt, "event.receipt")?,
            give_back: mirror.give_back.map(GiveBack::try_from).transpose()?,
        })
    }
}

/// The stored kinds of change; which of the other keys are there depends on the kind.
const CREATED: u8 = 1;
const DESTINATION_RESOLVED: u8 = 2;
const DESTINATION_REFUSED: u8 = 3;
const ATTEMPT_OPENED: u8 = 4;
const ATTEMPT_BECAME: u8 = 5;
const LOOKED_FIRST: u8 = 6;
const REPORTED: u8 = 7;
const HINTED: u8 = 8;
const CANCEL_REQUESTED: u8 = 9;
const CANCELED: u8 = 10;
const PARKED: u8 = 11;
const NOTED: u8 = 12;
const CONTRADICTED: u8 = 13;
const HELD: u8 = 14;
const PRESUMED: u8 = 15;
const SETTLED: u8 = 16;
const PAST_FORGOTTEN: u8 = 17;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
struct ChangeMirror<'b> {
    #[n(1)]
    kind: u8,
    #[b(2)]
    created: Option<CreatedMirror<'b>>,
    #[b(3)]
    attempt: Option<AttemptMirror<'b>>,
    #[n(4)]
    attempt_status: Option<AttemptStatusMirror>,
    /// Where the order stands, reported or hinted.
    #[n(5)]
    reported: Option<u8>,
    #[n(6)]
    speed_achieved: Option<u8>,
    #[b(7)]
    settlement: Option<SettlementMirror<'b>>,
    #[n(8)]
    until: Option<i64>,
}

impl<'b> From<&'b Change> for ChangeMirror<'b> {
    fn from(change: &'b Change) -> Self {
        let plain = |kind| Self { kind, ..Self::default() };
        match change {
            Change::Created(created) => {
                Self { created: Some(created.as_ref().into()), ..plain(CREATED) }
            }
            Change::DestinationResolved => plain(DESTINATION_RESOLVED),
            Change::DestinationRefused => plain(DESTINATION_REFUSED),
            Change::AttemptOpened(attempt) => {
                Self { attempt: Some(attempt.as_ref().into()), ..plain(ATTEMPT_OPENED) }
            }
            Change::AttemptBecame(status) => {
                Self { attempt_status: Some((*status).into()), ..plain(ATTEMPT_BECAME) }
            }
            Change::LookedFirst => plain(LOOKED_FIRST),
            Change::Reported { status, speed_achieved } => Self {
                reported: Some(status.number()),
                speed_achieved: speed_achieved.map(Numbered::number),
                ..plain(REPORTED)
            },
            Change::Hinted(status) => Self { reported: Some(status.number()), ..plain(HINTED) },
            Change::CancelRequested => plain(CANCEL_REQUESTED),
            Change::Canceled => plain(CANCELED),
            Change::Held => plain(HELD),
            Change::Presumed => plain(PRESUMED),
            Change::PastForgotten(until) => {
                Self { until: Some(until.as_millis()), ..plain(PAST_FORGOTTEN) }
            }
            Change::Settled(settlement) => {
                Self { settlement: Some(settlement.as_ref().into()), ..plain(SETTLED) }
            }
            Change::Parked => plain(PARKED),
            Change::Noted => plain(NOTED),
            Change::Contradicted => plain(CONTRADICTED),
        }
    }
}

impl TryFrom<ChangeMirror<'_>> for Change {
    type Error = CodecError;

    fn try_from(mirror: ChangeMirror<'_>) -> Result<Self, CodecError> {
        Ok(match mirror.kind {
            CREATED => {
                let created = required(mirror.created, "event.change.created")?;
                Self::Created(Box::new(created.try_into()?))
            }
            DESTINATION_RESOLVED => Self::DestinationResolved,
            DESTINATION_REFUSED => Self::DestinationRefused,
            ATTEMPT_OPENED => {
                let attempt = required(mirror.attempt, "event.change.attempt")?;
                Self::AttemptOpened(Box::new(attempt.try_into()?))
            }
            ATTEMPT_BECAME => {
                let status = required(mirror.attempt_status, "event.change.attempt_status")?;
                Self::AttemptBecame(status.try_into()?)
            }
            LOOKED_FIRST => Self::LookedFirst,
            REPORTED => {
                let speed = mirror.speed_achieved;
                let speed_achieved = optional_numbered(speed, "event.change.speed_achieved")?;
                Self::Reported { status: reported(mirror.reported)?, speed_achieved }
            }
            HINTED => Self::Hinted(reported(mirror.reported)?),
            CANCEL_REQUESTED => Self::CancelRequested,
            CANCELED => Self::Canceled,
            HELD => Self::Held,
            PRESUMED => Self::Presumed,
            PAST_FORGOTTEN => {
                let until = required(optional_time(mirror.until), "event.change.until")?;
                Self::PastForgotten(until)
            }
            SETTLED => {
                let settlement = required(mirror.settlement, "event.change.settlement")?;
                Self::Settled(Box::new(settlement.try_into()?))
            }
            PARKED => Self::Parked,
            NOTED => Self::Noted,
            CONTRADICTED => Self::Contradicted,
            _ => return Err(CodecError::Malformed("event.change.kind")),
        })
    }
}

fn reported(number: Option<u8>) -> Result<Reported, CodecError> {
    const FIELD: &str = "event.change.reported";
    numbered(required(number, FIELD)?, FIELD)
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct CreatedMirror<'b> {
    #[b(1)]
    order: OrderMirror<'b>,
    #[b(2)]
    fingerprint: FingerprintMirror<'b>,
    /// Since when the store had forgotten nothing; there if the provider is asked first.
    #[n(3)]
    forgetful_until: Option<i64>,
    #[n(4)]
    resolved: bool,
}

impl<'b> From<&'b Created> for CreatedMirror<'b> {
    fn from(created: &'b Created) -> Self {
        Self {
            order: (&created.order).into(),
            fingerprint: (&created.fingerprint).into(),
            forgetful_until: optional_millis(created.forgetful_until),
            resolved: created.resolved,
        }
    }
}

impl TryFrom<CreatedMirror<'_>> for Created {
    type Error = CodecError;

    fn try_from(mirror: CreatedMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            order: mirror.order.try_into()?,
            fingerprint: mirror.fingerprint.into(),
            forgetful_until: optional_time(mirror.forgetful_until),
            resolved: mirror.resolved,
        })
    }
}
