//! Stored destinations and their events in bytes.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::bank::Country;
use crate::codec::CodecError;
use crate::codec::field::{Numbered, malformed, name, numbered, optional_name};
use crate::codec::fingerprint::FingerprintMirror;
use crate::codec::input::WordsMirror;
use crate::destination::{Destination, DestinationEvent, DestinationState, Link, Origin, Summary};
use crate::id::ProviderReference;
use crate::input::ProviderWords;
use crate::reason::Reason;
use crate::seal::Sealed;
use crate::time::Timestamp;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct DestinationMirror<'b> {
    #[n(1)]
    id: &'b str,
    #[n(2)]
    merchant: &'b str,
    #[n(3)]
    customer: &'b str,
    #[n(4)]
    origin: u8,
    #[b(5)]
    summary: SummaryMirror<'b>,
    #[n(6)]
    state: u8,
    #[n(7)]
    handle: Option<&'b ByteSlice>,
    #[n(8)]
    version: u64,
    #[n(9)]
    created_at: i64,
    #[n(10)]
    updated_at: i64,
    #[b(11)]
    link: Option<LinkMirror<'b>>,
    #[b(12)]
    cause: Option<CauseMirror<'b>>,
}

impl<'b> From<&'b Destination> for DestinationMirror<'b> {
    fn from(destination: &'b Destination) -> Self {
        Self {
            id: destination.id.as_str(),
            merchant: destination.merchant.as_str(),
            customer: destination.customer.as_str(),
            origin: destination.origin.number(),
            summary: (&destination.summary).into(),
            state: destination.state.number(),
            handle: destination.handle.as_ref().map(|handle| handle.as_bytes().into()),
            version: destination.version,
            created_at: destination.created_at.as_millis(),
            updated_at: destination.updated_at.as_millis(),
            link: destination.link.as_ref().map(Into::into),
            cause: destination.cause.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<DestinationMirror<'_>> for Destination {
    type Error = CodecError;

    fn try_from(mirror: DestinationMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: name(mirror.id, "destination.id")?,
            merchant: name(mirror.merchant, "destination.merchant")?,
            customer: name(mirror.customer, "destination.customer")?,
            origin: numbered(mirror.origin, "destination.origin")?,
            summary: mirror.summary.try_into()?,
            state: numbered(mirror.state, "destination.state")?,
            handle: mirror.handle.map(|bytes| Sealed::from_bytes(bytes.to_vec())),
            version: mirror.version,
            created_at: Timestamp::from_millis(mirror.created_at),
            updated_at: Timestamp::from_millis(mirror.updated_at),
            link: mirror.link.map(TryInto::try_into).transpose()?,
            cause: mirror.cause.map(TryInto::try_into).transpose()?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct CauseMirror<'b> {
    #[n(1)]
    reason: u8,
    #[b(2)]
    words: WordsMirror<'b>,
}

impl<'b> From<&'b (Reason, ProviderWords)> for CauseMirror<'b> {
    fn from((reason, words): &'b (Reason, ProviderWords)) -> Self {
        Self { reason: reason.number(), words: words.into() }
    }
}

impl TryFrom<CauseMirror<'_>> for (Reason, ProviderWords) {
    type Error = CodecError;

    fn try_from(mirror: CauseMirror<'_>) -> Result<Self, CodecError> {
        Ok((numbered(mirror.reason, "destination.cause.reason")?, mirror.words.try_into()?))
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct LinkMirror<'b> {
    #[b(1)]
    fingerprint: FingerprintMirror<'b>,
    #[n(2)]
    url: Option<&'b ByteSlice>,
    #[n(3)]
    provider_reference: Option<&'b str>,
    #[n(6)]
    account: &'b str,
}

impl<'b> From<&'b Link> for LinkMirror<'b> {
    fn from(link: &'b Link) -> Self {
        Self {
            fingerprint: (&link.fingerprint).into(),
            url: link.url.as_ref().map(|url| url.as_bytes().into()),
            provider_reference: link.provider_reference.as_ref().map(ProviderReference::as_str),
            account: link.account.as_str(),
        }
    }
}

impl TryFrom<LinkMirror<'_>> for Link {
    type Error = CodecError;

    fn try_from(mirror: LinkMirror<'_>) -> Result<Self, CodecError> {
        let reference = optional_name(mirror.provider_reference, "destination.link.reference")?;
        Ok(Self {
            fingerprint: mirror.fingerprint.into(),
            url: mirror.url.map(|bytes| Sealed::from_bytes(bytes.to_vec())),
            provider_reference: reference,
            account: name(mirror.account, "destination.link.account")?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SummaryMirror<'b> {
    #[n(1)]
    masked: &'b str,
    #[n(2)]
    bank_name: Option<&'b str>,
    #[n(3)]
    country: Option<&'b str>,
    #[n(4)]
    holder_verified: Option<bool>,
}

impl<'b> From<&'b Summary> for SummaryMirror<'b> {
    fn from(summary: &'b Summary) -> Self {
        Self {
            masked: &summary.masked,
            bank_name: summary.bank_name.as_deref(),
            country: summary.country.as_ref().map(Country::as_str),
            holder_verified: summary.holder_verified.then_some(true),
        }
    }
}

impl TryFrom<SummaryMirror<'_>> for Summary {
    type Error = CodecError;

    fn try_from(mirror: SummaryMirror<'_>) -> Result<Self, CodecError> {
        let country = mirror.country.map(Country::parse).transpose();
        Ok(Self {
            masked: mirror.masked.to_owned(),
            bank_name: mirror.bank_name.map(str::to_owned),
            country: country.map_err(malformed("destination.summary.country"))?,
            holder_verified: mirror.holder_verified.unwrap_or(false),
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct DestinationEventMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    destination: &'b str,
    #[n(3)]
    customer: &'b str,
    #[n(4)]
    version: u64,
    #[n(5)]
    state: u8,
    #[n(6)]
    recorded_at: i64,
}

impl<'b> From<&'b DestinationEvent> for DestinationEventMirror<'b> {
    fn from(event: &'b DestinationEvent) -> Self {
        Self {
            merchant: event.merchant.as_str(),
            destination: event.destination.as_str(),
            customer: event.customer.as_str(),
            version: event.version,
            state: event.state.number(),
            recorded_at: event.recorded_at.as_millis(),
        }
    }
}

impl TryFrom<DestinationEventMirror<'_>> for DestinationEvent {
    type Error = CodecError;

    fn try_from(mirror: DestinationEventMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            merchant: name(mirror.merchant, "destination_event.merchant")?,
            destination: name(mirror.destination, "destination_event.destination")?,
            customer: name(mirror.customer, "destination_event.customer")?,
            version: mirror.version,
            state: numbered(mirror.state, "destination_event.state")?,
            recorded_at: Timestamp::from_millis(mirror.recorded_at),
        })
    }
}

impl Numbered for Origin {
    fn number(self) -> u8 {
        match self {
            Self::Registered => 1,
            Self::Imported => 2,
            Self::Linked => 3,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Registered,
            2 => Self::Imported,
            3 => Self::Linked,
            _ => return None,
        })
    }
}

impl Numbered for DestinationState {
    fn number(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Deleted => 2,
            Self::Linking => 3,
            Self::Abandoned => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Active,
            2 => Self::Deleted,
            3 => Self::Linking,
            4 => Self::Abandoned,
            _ => return None,
        })
    }
}
