//! Inputs of the state machine in bytes, as parked notifications keep them.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::attempt::AttemptMirror;
use crate::codec::field::{
    Numbered, numbered, optional_millis, optional_name, optional_numbered, optional_time, required,
};
use crate::codec::money::MoneyMirror;
use crate::codec::settlement::SettlementMirror;
use crate::id::{ProviderReference, ReceiptId};
use crate::input::{Certainty, Input, ProviderWords, Refusal, RefusalKind, Report, Reported, What};
use crate::money::Money;
use crate::reason::Reason;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct InputMirror<'b> {
    #[b(1)]
    what: WhatMirror<'b>,
    #[b(2)]
    words: WordsMirror<'b>,
    #[n(3)]
    occurred_at: Option<i64>,
    #[n(4)]
    receipt: Option<&'b str>,
}

impl<'b> From<&'b Input> for InputMirror<'b> {
    fn from(input: &'b Input) -> Self {
        Self {
            what: (&input.what).into(),
            words: (&input.words).into(),
            occurred_at: optional_millis(input.occurred_at),
            receipt: input.receipt.as_ref().map(ReceiptId::as_str),
        }
    }
}

impl TryFrom<InputMirror<'_>> for Input {
    type Error = CodecError;

    fn try_from(mirror: InputMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            what: mirror.what.try_into()?,
            words: mirror.words.try_into()?,
            occurred_at: optional_time(mirror.occurred_at),
            receipt: optional_name(mirror.receipt, "input.receipt")?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct WordsMirror<'b> {
    #[n(1)]
    code: Option<&'b str>,
    #[n(2)]
    text: Option<&'b str>,
    #[n(3)]
    reference: Option<&'b str>,
}

impl<'b> From<&'b ProviderWords> for WordsMirror<'b> {
    fn from(words: &'b ProviderWords) -> Self {
        Self {
            code: words.code.as_deref(),
            text: words.text.as_deref(),
            reference: words.reference.as_ref().map(ProviderReference::as_str),
        }
    }
}

impl TryFrom<WordsMirror<'_>> for ProviderWords {
    type Error = CodecError;

    fn try_from(mirror: WordsMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            code: mirror.code.map(str::to_owned),
            text: mirror.text.map(str::to_owned),
            reference: optional_name(mirror.reference, "words.reference")?,
        })
    }
}

/// The stored kinds of input; which of the other keys are there depends on the kind.
const DESTINATION_RESOLVED: u8 = 1;
const DESTINATION_REFUSED: u8 = 2;
const ATTEMPT_OPENED: u8 = 3;
const NOT_SENT: u8 = 4;
const REFUSED: u8 = 5;
const IN_DOUBT: u8 = 6;
const HOLDER_GONE: u8 = 7;
const NOT_FOUND: u8 = 8;
const REPORTED: u8 = 9;
const REMARKED: u8 = 10;
const CANCEL_REQUESTED: u8 = 11;
const EXPIRED: u8 = 12;
const PARKED: u8 = 13;
const HINT_GIVEN_UP: u8 = 14;
const BLOCKED: u8 = 15;
const PRESUMED: u8 = 16;
const SETTLED: u8 = 17;
const PAST_FORGOTTEN: u8 = 18;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
struct WhatMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    reason: Option<u8>,
    #[b(3)]
    attempt: Option<AttemptMirror<'b>>,
    #[n(4)]
    refusal_kind: Option<u8>,
    #[b(5)]
    report: Option<ReportMirror<'b>>,
    #[n(6)]
    until: Option<i64>,
    #[b(7)]
    settlement: Option<SettlementMirror<'b>>,
}

impl<'b> From<&'b What> for WhatMirror<'b> {
    fn from(what: &'b What) -> Self {
        let plain = |kind| Self { kind, ..Self::default() };
        let because = |kind, reason: &Reason| Self { reason: Some(reason.number()), ..plain(kind) };
        match what {
            What::DestinationResolved => plain(DESTINATION_RESOLVED),
            What::DestinationRefused(reason) => because(DESTINATION_REFUSED, reason),
            What::AttemptOpened(attempt) => {
                Self { attempt: Some(attempt.as_ref().into()), ..plain(ATTEMPT_OPENED) }
            }
            What::NotSent => plain(NOT_SENT),
            What::Refused(Refusal { kind, reason }) => {
                Self { refusal_kind: Some(kind.number()), ..because(REFUSED, reason) }
            }
            What::InDoubt(reason) => because(IN_DOUBT, reason),
            What::HolderGone => plain(HOLDER_GONE),
            What::NotFound => plain(NOT_FOUND),
            What::Reported(report) => Self { report: Some((*report).into()), ..plain(REPORTED) },
            What::Remarked(reason) => because(REMARKED, reason),
            What::HintGivenUp => plain(HINT_GIVEN_UP),
            What::Blocked(reason, until) => {
                Self { until: Some(until.as_millis()), ..because(BLOCKED, reason) }
            }
            What::Presumed => plain(PRESUMED),
            What::PastForgotten(until) => {
                Self { until: Some(until.as_millis()), ..plain(PAST_FORGOTTEN) }
            }
            What::Settled(settlement) => {
                Self { settlement: Some(settlement.as_ref().into()), ..plain(SETTLED) }
            }
            What::CancelRequested => plain(CANCEL_REQUESTED),
            What::Expired => plain(EXPIRED),
            What::Parked(reason) => because(PARKED, reason),
        }
    }
}

impl TryFrom<WhatMirror<'_>> for What {
    type Error = CodecError;

    fn try_from(mirror: WhatMirror<'_>) -> Result<Self, CodecError> {
        let reason = optional_numbered(mirror.reason, "input.what.reason")?;
        let reason = || required(reason, "input.what.reason");
        Ok(match mirror.kind {
            DESTINATION_RESOLVED => Self::DestinationResolved,
            DESTINATION_REFUSED => Self::DestinationRefused(reason()?),
            ATTEMPT_OPENED => {
                let attempt = required(mirror.attempt, "input.what.attempt")?;
                Self::AttemptOpened(Box::new(attempt.try_into()?))
            }
            NOT_SENT => Self::NotSent,
            REFUSED => {
                const KIND: &str = "input.what.refusal_kind";
                let kind = numbered(required(mirror.refusal_kind, KIND)?, KIND)?;
                Self::Refused(Refusal { kind, reason: reason()? })
            }
            IN_DOUBT => Self::InDoubt(reason()?),
            HOLDER_GONE => Self::HolderGone,
            NOT_FOUND => Self::NotFound,
            REPORTED => Self::Reported(required(mirror.report, "input.what.report")?.try_into()?),
            REMARKED => Self::Remarked(reason()?),
            HINT_GIVEN_UP => Self::HintGivenUp,
            BLOCKED => {
                let until = required(optional_time(mirror.until), "input.what.until")?;
                Self::Blocked(reason()?, until)
            }
            PRESUMED => Self::Presumed,
            PAST_FORGOTTEN => {
                let until = required(optional_time(mirror.until), "input.what.until")?;
                Self::PastForgotten(until)
            }
            SETTLED => {
                let settlement = required(mirror.settlement, "input.what.settlement")?;
                Self::Settled(Box::new(settlement.try_into()?))
            }
            CANCEL_REQUESTED => Self::CancelRequested,
            EXPIRED => Self::Expired,
            PARKED => Self::Parked(reason()?),
            _ => return Err(CodecError::Malformed("input.what.kind")),
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct ReportMirror<'b> {
    #[n(1)]
    status: u8,
    #[n(2)]
    reason: Option<u8>,
    #[n(3)]
    certainty: u8,
    #[b(4)]
    amount: Option<MoneyMirror<'b>>,
    #[n(5)]
    speed_achieved: Option<u8>,
}

impl From<Report> for ReportMirror<'_> {
    fn from(report: Report) -> Self {
        Self {
            status: report.status.number(),
            reason: report.reason.map(Numbered::number),
            certainty: report.certainty.number(),
            amount: report.amount.map(MoneyMirror::from),
            speed_achieved: report.speed_achieved.map(Numbered::number),
        }
    }
}

impl TryFrom<ReportMirror<'_>> for Report {
    type Error = CodecError;

    fn try_from(mirror: ReportMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            status: numbered(mirror.status, "report.status")?,
            reason: optional_numbered(mirror.reason, "report.reason")?,
            certainty: numbered(mirror.certainty, "report.certainty")?,
            amount: mirror.amount.map(Money::try_from).transpose()?,
            speed_achieved: optional_numbered(mirror.speed_achieved, "report.speed_achieved")?,
        })
    }
}

impl Numbered for RefusalKind {
    fn number(self) -> u8 {
        match self {
            Self::Content => 1,
            Self::Circumstance => 2,
            Self::Access => 3,
            Self::Duplicate => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Content,
            2 => Self::Circumstance,
            3 => Self::Access,
            4 => Self::Duplicate,
            _ => return None,
        })
    }
}

impl Numbered for Certainty {
    fn number(self) -> u8 {
        match self {
            Self::Certain => 1,
            Self::Unconfirmed => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Certain,
            2 => Self::Unconfirmed,
            _ => return None,
        })
    }
}

impl Numbered for Reported {
    fn number(self) -> u8 {
        match self {
            Self::Accepted => 1,
            Self::Processing => 2,
            Self::Completed => 3,
            Self::Failed => 4,
            Self::Canceled => 5,
            Self::Returned => 6,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Accepted,
            2 => Self::Processing,
            3 => Self::Completed,
            4 => Self::Failed,
            5 => Self::Canceled,
            6 => Self::Returned,
            _ => return None,
        })
    }
}
