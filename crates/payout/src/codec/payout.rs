//! Payouts, the records around them and fences, in bytes.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::attempt::ATTEMPTS_MAX;
use crate::codec::CodecError;
use crate::codec::attempt::AttemptMirror;
use crate::codec::field::{
    Numbered, name, optional_millis, optional_name, optional_numbered, optional_time,
};
use crate::codec::fingerprint::FingerprintMirror;
use crate::codec::input::WordsMirror;
use crate::codec::order::OrderMirror;
use crate::codec::state::{GiveBackMirror, StateMirror};
use crate::id::{ProviderReference, ReceiptId};
use crate::input::ProviderWords;
use crate::record::{Fence, Hint, Payout, RECEIPTS_MAX, Record, Schedule, Vault};
use crate::seal::Sealed;
use crate::state::GiveBack;
use crate::time::Timestamp;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct RecordMirror<'b> {
    #[b(1)]
    payout: PayoutMirror<'b>,
    #[n(2)]
    schedule: ScheduleMirror,
    #[b(3)]
    vault: VaultMirror<'b>,
    #[n(4)]
    version: u64,
}

impl<'b> From<&'b Record> for RecordMirror<'b> {
    fn from(record: &'b Record) -> Self {
        Self {
            payout: (&record.payout).into(),
            schedule: record.schedule.into(),
            vault: (&record.vault).into(),
            version: record.version,
        }
    }
}

impl TryFrom<RecordMirror<'_>> for Record {
    type Error = CodecError;

    fn try_from(mirror: RecordMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            payout: mirror.payout.try_into()?,
            schedule: mirror.schedule.into(),
            vault: mirror.vault.into(),
            version: mirror.version,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct PayoutMirror<'b> {
    #[n(1)]
    id: &'b str,
    #[b(2)]
    order: OrderMirror<'b>,
    #[b(3)]
    fingerprint: FingerprintMirror<'b>,
    #[n(4)]
    state: StateMirror,
    #[b(5)]
    attempts: Vec<AttemptMirror<'b>>,
    #[n(6)]
    resolved: bool,
    /// Since when the store had forgotten nothing; there if the provider is asked first.
    #[n(7)]
    forgetful_until: Option<i64>,
    #[n(8)]
    cancel_requested: bool,
    #[n(9)]
    unconfirmed: Option<u8>,
    #[n(10)]
    provider_reference: Option<&'b str>,
    #[n(11)]
    speed_achieved: Option<u8>,
    #[n(12)]
    completed_at: Option<i64>,
    #[n(13)]
    ended_at: Option<i64>,
    #[b(14)]
    give_back: Option<GiveBackMirror<'b>>,
    #[n(15)]
    attention: Option<u8>,
    #[b(16)]
    receipts: Vec<&'b str>,
    #[n(17)]
    sequence: u64,
    #[n(18)]
    created_at: i64,
    #[n(19)]
    updated_at: i64,
    #[b(20)]
    words: Option<WordsMirror<'b>>,
    /// There exactly if key 9 is.
    #[n(21)]
    unconfirmed_since: Option<i64>,
    #[n(22)]
    accepted_at: Option<i64>,
}

impl<'b> From<&'b Payout> for PayoutMirror<'b> {
    fn from(payout: &'b Payout) -> Self {
        Self {
            id: payout.id.as_str(),
            order: (&payout.order).into(),
            fingerprint: (&payout.fingerprint).into(),
            state: payout.state.into(),
            attempts: payout.attempts.iter().map(AttemptMirror::from).collect(),
            resolved: payout.resolved,
            forgetful_until: optional_millis(payout.forgetful_until),
            cancel_requested: payout.cancel_requested,
            unconfirmed: payout.unconfirmed.map(|hint| hint.status.number()),
            provider_reference: payout.provider_reference.as_ref().map(ProviderReference::as_str),
            speed_achieved: payout.speed_achieved.map(Numbered::number),
            completed_at: optional_millis(payout.completed_at),
            ended_at: optional_millis(payout.ended_at),
            give_back: payout.give_back.as_ref().map(GiveBackMirror::from),
            attention: payout.attention.map(Numbered::number),
            receipts: payout.receipts.iter().map(ReceiptId::as_str).collect(),
            sequence: payout.sequence,
            created_at: payout.created_at.as_millis(),
            updated_at: payout.updated_at.as_millis(),
            words: (payout.words != ProviderWords::default()).then(|| (&payout.words).into()),
            unconfirmed_since: optional_millis(payout.unconfirmed.map(|hint| hint.since)),
            accepted_at: optional_millis(payout.accepted_at),
        }
    }
}

impl TryFrom<PayoutMirror<'_>> for Payout {
    type Error = CodecError;

    fn try_from(mirror: PayoutMirror<'_>) -> Result<Self, CodecError> {
        const ATTEMPTS: &str = "payout.attempts";
        const RECEIPTS: &str = "payout.receipts";
        Ok(Self {
            id: name(mirror.id, "payout.id")?,
            order: mirror.order.try_into()?,
            fingerprint: mirror.fingerprint.into(),
            state: mirror.state.try_into()?,
            attempts: list(mirror.attempts, ATTEMPTS_MAX, ATTEMPTS, TryInto::try_into)?,
            words: mirror.words.map(TryInto::try_into).transpose()?.unwrap_or_default(),
            resolved: mirror.resolved,
            forgetful_until: optional_time(mirror.forgetful_until),
            cancel_requested: mirror.cancel_requested,
            unconfirmed: hint(mirror.unconfirmed, mirror.unconfirmed_since)?,
            provider_reference: optional_name(
                mirror.provider_reference,
                "payout.provider_reference",
            )?,
            speed_achieved: optional_numbered(mirror.speed_achieved, "payout.speed_achieved")?,
            accepted_at: optional_time(mirror.accepted_at),
            completed_at: optional_time(mirror.completed_at),
            ended_at: optional_time(mirror.ended_at),
            give_back: mirror.give_back.map(GiveBack::try_from).transpose()?,
            attention: optional_numbered(mirror.attention, "payout.attention")?,
            receipts: list(mirror.receipts, RECEIPTS_MAX, RECEIPTS, |id| name(id, RECEIPTS))?,
            sequence: mirror.sequence,
            created_at: Timestamp::from_millis(mirror.created_at),
            updated_at: Timestamp::from_millis(mirror.updated_at),
        })
    }
}

fn hint(status: Option<u8>, since: Option<i64>) -> Result<Option<Hint>, CodecError> {
    const FIELD: &str = "payout.unconfirmed";
    let status = optional_numbered(status, FIELD)?;
    match (status, optional_time(since)) {
        (Some(status), Some(since)) => Ok(Some(Hint { status, since })),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(CodecError::Malformed(FIELD)),
    }
}

/// The domain never lets these lists grow beyond their bound, so a longer one is not ours.
fn list<T, U>(
    items: Vec<T>,
    length_max: usize,
    field: &'static str,
    convert: impl FnMut(T) -> Result<U, CodecError>,
) -> Result<Vec<U>, CodecError> {
    if items.len() > length_max {
        return Err(CodecError::Malformed(field));
    }
    items.into_iter().map(convert).collect()
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct ScheduleMirror {
    #[n(1)]
    due_at: Option<i64>,
    #[n(2)]
    tries: u32,
}

impl From<Schedule> for ScheduleMirror {
    fn from(schedule: Schedule) -> Self {
        Self { due_at: optional_millis(schedule.due_at), tries: schedule.tries }
    }
}

impl From<ScheduleMirror> for Schedule {
    fn from(mirror: ScheduleMirror) -> Self {
        Self { due_at: optional_time(mirror.due_at), tries: mirror.tries }
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct VaultMirror<'b> {
    #[n(1)]
    request: Option<&'b ByteSlice>,
    #[n(2)]
    handle: Option<&'b ByteSlice>,
    #[n(3)]
    target: Option<&'b ByteSlice>,
    #[n(4)]
    parties: Option<&'b ByteSlice>,
}

impl<'b> From<&'b Vault> for VaultMirror<'b> {
    fn from(vault: &'b Vault) -> Self {
        let bytes = |sealed: &'b Option<Sealed>| sealed.as_ref().map(|s| s.as_bytes().into());
        Self {
            request: bytes(&vault.request),
            handle: bytes(&vault.handle),
            target: bytes(&vault.target),
            parties: bytes(&vault.parties),
        }
    }
}

impl From<VaultMirror<'_>> for Vault {
    fn from(mirror: VaultMirror<'_>) -> Self {
        let sealed = |bytes: Option<&ByteSlice>| bytes.map(|b| Sealed::from_bytes(b.to_vec()));
        Self {
            request: sealed(mirror.request),
            handle: sealed(mirror.handle),
            target: sealed(mirror.target),
            parties: sealed(mirror.parties),
        }
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct FenceMirror<'b> {
    #[n(1)]
    payout: &'b str,
    #[n(2)]
    merchant: &'b str,
    #[n(3)]
    idempotency_key: &'b str,
    #[n(4)]
    fenced_at: i64,
    #[n(5)]
    forgetful_until: Option<i64>,
}

impl<'b> From<&'b Fence> for FenceMirror<'b> {
    fn from(fence: &'b Fence) -> Self {
        Self {
            payout: fence.payout.as_str(),
            merchant: fence.merchant.as_str(),
            idempotency_key: fence.idempotency_key.as_str(),
            fenced_at: fence.fenced_at.as_millis(),
            forgetful_until: optional_millis(fence.forgetful_until),
        }
    }
}

impl TryFrom<FenceMirror<'_>> for Fence {
    type Error = CodecError;

    fn try_from(mirror: FenceMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            payout: name(mirror.payout, "fence.payout")?,
            merchant: name(mirror.merchant, "fence.merchant")?,
            idempotency_key: name(mirror.idempotency_key, "fence.idempotency_key")?,
            fenced_at: Timestamp::from_millis(mirror.fenced_at),
            forgetful_until: optional_time(mirror.forgetful_until),
        })
    }
}
