//! Attempts in bytes.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::attempt::{Attempt, AttemptStatus, InDoubt, RequestDigest};
use crate::codec::CodecError;
use crate::codec::field::{
    Numbered, name, numbered, optional_millis, optional_numbered, optional_time, required,
};
use crate::time::Timestamp;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct AttemptMirror<'b> {
    #[n(1)]
    number: u32,
    #[n(2)]
    generation: u32,
    #[n(3)]
    holder: &'b str,
    #[n(4)]
    opened_at: i64,
    #[n(5)]
    send_by: i64,
    #[n(6)]
    account: &'b str,
    #[n(7)]
    digest: ByteArray<32>,
    #[n(8)]
    masked: &'b str,
    #[n(9)]
    status: AttemptStatusMirror,
}

impl<'b> From<&'b Attempt> for AttemptMirror<'b> {
    fn from(attempt: &'b Attempt) -> Self {
        Self {
            number: attempt.number,
            generation: attempt.generation,
            holder: attempt.holder.as_str(),
            opened_at: attempt.opened_at.as_millis(),
            send_by: attempt.send_by.as_millis(),
            account: attempt.account.as_str(),
            digest: attempt.digest.0.into(),
            masked: &attempt.masked,
            status: attempt.status.into(),
        }
    }
}

impl TryFrom<AttemptMirror<'_>> for Attempt {
    type Error = CodecError;

    fn try_from(mirror: AttemptMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            number: mirror.number,
            generation: mirror.generation,
            holder: name(mirror.holder, "attempt.holder")?,
            opened_at: Timestamp::from_millis(mirror.opened_at),
            send_by: Timestamp::from_millis(mirror.send_by),
            account: name(mirror.account, "attempt.account")?,
            digest: RequestDigest(mirror.digest.into()),
            masked: mirror.masked.to_owned(),
            status: mirror.status.try_into()?,
        })
    }
}

/// The stored kinds of status; all keys but the kind belong to doubt.
const OPEN: u8 = 1;
const NOT_SENT: u8 = 2;
const REFUSED: u8 = 3;
const IN_DOUBT: u8 = 4;
const ACCEPTED: u8 = 5;
const ABSENT: u8 = 6;
const ENDED: u8 = 7;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct AttemptStatusMirror {
    #[n(1)]
    kind: u8,
    #[n(2)]
    since: Option<i64>,
    #[n(3)]
    why: Option<u8>,
    #[n(4)]
    looked_in_vain_at: Option<i64>,
    #[n(5)]
    refusal: Option<u8>,
}

impl From<AttemptStatus> for AttemptStatusMirror {
    fn from(status: AttemptStatus) -> Self {
        let plain = |kind| Self { kind, ..Self::default() };
        match status {
            AttemptStatus::Open => plain(OPEN),
            AttemptStatus::NotSent => plain(NOT_SENT),
            AttemptStatus::Refused => plain(REFUSED),
            AttemptStatus::InDoubt(InDoubt { since, why, looked_in_vain_at, refusal }) => Self {
                kind: IN_DOUBT,
                since: Some(since.as_millis()),
                why: Some(why.number()),
                looked_in_vain_at: optional_millis(looked_in_vain_at),
                refusal: refusal.map(Numbered::number),
            },
            AttemptStatus::Accepted => plain(ACCEPTED),
            AttemptStatus::Absent => plain(ABSENT),
            AttemptStatus::Ended => plain(ENDED),
        }
    }
}

impl TryFrom<AttemptStatusMirror> for AttemptStatus {
    type Error = CodecError;

    fn try_from(mirror: AttemptStatusMirror) -> Result<Self, CodecError> {
        match mirror.kind {
            OPEN => Ok(Self::Open),
            NOT_SENT => Ok(Self::NotSent),
            REFUSED => Ok(Self::Refused),
            IN_DOUBT => Ok(Self::InDoubt(in_doubt(&mirror)?)),
            ACCEPTED => Ok(Self::Accepted),
            ABSENT => Ok(Self::Absent),
            ENDED => Ok(Self::Ended),
            _ => Err(CodecError::Malformed("attempt.status.kind")),
        }
    }
}

fn in_doubt(mirror: &AttemptStatusMirror) -> Result<InDoubt, CodecError> {
    const WHY: &str = "attempt.status.why";
    Ok(InDoubt {
        since: Timestamp::from_millis(required(mirror.since, "attempt.status.since")?),
        why: numbered(required(mirror.why, WHY)?, WHY)?,
        looked_in_vain_at: optional_time(mirror.looked_in_vain_at),
        refusal: optional_numbered(mirror.refusal, "attempt.status.refusal")?,
    })
}
