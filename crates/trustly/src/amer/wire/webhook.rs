//! Webhooks: form bodies, signed in the `Authorization` header.
//!
//! A webhook says that something happened; how far a payout is, a look-up says. The signature has
//! no time in it, so an old webhook can come again: remember `event_id`.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::amer::credentials::Credentials;
use crate::amer::reason::ProviderDetail;
use crate::amer::signature::{self, SignatureError};
use crate::amer::status::{Status, TransactionType};
use crate::field::{self, FieldError};
use crate::secret::Secret;

/// The longest webhook body. Real ones have about one kilobyte.
pub const WEBHOOK_BYTES_MAX: usize = 64 * 1024;

/// The most members in one body. Real ones have about twenty.
pub const MEMBERS_MAX: usize = 200;

/// A webhook whose signature is good. `Debug` shows ids and status.
#[derive(Clone)]
pub struct Webhook {
    /// Unique for each event: the same again is a repetition.
    pub event_id: String,
    /// What happened. Spellings vary, so act on type and status instead.
    pub event_type: Option<String>,
    /// The transaction it is about, if the object is a transaction.
    pub object_id: Option<String>,
    /// Usually `Transaction`.
    pub object_type: Option<String>,
    /// The authorization of a deposit, where it is said.
    pub parent_object_id: Option<String>,
    /// The transaction's own reference.
    pub merchant_reference: Option<String>,
    /// What the transaction is; `None` also if it is no number.
    pub transaction_type: Option<TransactionType>,
    /// How far it was at the time of the event; `None` also if it is no number.
    pub status: Option<Status>,
    /// When the event happened, in milliseconds since 1970; `None` also if it is no number, or
    /// beyond the calendar.
    pub created_at_ms: Option<u64>,
    /// A number of [`crate::amer::code`]; `None` also if it is no number.
    pub error_code: Option<u64>,
    /// What the banks said.
    pub detail: ProviderDetail,
    /// The customer's token, delivered once: keep it before acknowledging.
    pub split_token: Option<Secret>,
    members: BTreeMap<String, Zeroizing<String>>,
}

/// Why a webhook was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// More than [`WEBHOOK_BYTES_MAX`] bytes.
    #[error("webhook body is longer than {WEBHOOK_BYTES_MAX} bytes")]
    TooLong,
    /// The header is not HTTP Basic with an access id and a signature.
    #[error("webhook has no signature: expected `Authorization: Basic` with id and signature")]
    Unsigned,
    /// The access id is not ours.
    #[error("webhook is signed for an access id that is not configured")]
    UnknownAccessId,
    /// The signature is not good.
    #[error("webhook has no valid signature")]
    Signature(#[from] SignatureError),
    /// The signature is good, but the body is no form that can be read in one way only.
    #[error("webhook is signed and is not a readable form")]
    NotAForm,
    /// The signature is good, but a member is missing.
    #[error("webhook is signed and cannot be used")]
    Field(#[from] FieldError),
}

impl Webhook {
    /// Verifies `body` against the `Authorization` header under any of `credentials` with the
    /// header's access id (several while keys rotate), then reads it.
    pub fn verify(
        credentials: &[Credentials],
        authorization: &str,
        body: &[u8],
    ) -> Result<Self, WebhookError> {
        if body.len() > WEBHOOK_BYTES_MAX {
            return Err(WebhookError::TooLong);
        }
        let (access_id, signature) = split_header(authorization).ok_or(WebhookError::Unsigned)?;
        let plus = verified_plus(credentials, &access_id, &signature, body)?;
        let members = members(body, plus).ok_or(WebhookError::NotAForm)?;
        Self::read(members)
    }

    /// The value of any member, known or not. Absent is `None`, empty is empty.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&str> {
        self.members.get(key).map(|value| value.as_str())
    }

    fn read(members: BTreeMap<String, Zeroizing<String>>) -> Result<Self, WebhookError> {
        let text = |key: &str| match members.get(key) {
            Some(value) if !value.is_empty() => Some(value.to_string()),
            _ => None,
        };
        let number = |key: &str| text(key).and_then(|text| field::whole_number(&text));
        Ok(Self {
            event_id: text("eventId").ok_or(FieldError::Missing("eventId"))?,
            event_type: text("eventType"),
            object_id: text("objectId"),
            object_type: text("objectType"),
            parent_object_id: text("parentObjectId"),
            merchant_reference: text("merchantReference"),
            transaction_type: number("transactionType").map(TransactionType::from),
            status: number("status").map(Status::from),
            created_at_ms: text("createdAt").and_then(|text| field::epoch_millis(&text)),
            error_code: number("errorCode"),
            detail: ProviderDetail {
                status: text("paymentProviderTransaction.status"),
                status_message: text("paymentProviderTransaction.statusMessage"),
                reason_code: text("paymentProviderTransaction.reasonCode"),
                extended_reason: text("extendedReason.code"),
                third_party_decline_code: text("thirdPartyDeclineCode"),
                return_type: text("returnType"),
            },
            split_token: text("splitToken").map(Secret::new),
            members,
        })
    }
}

/// Whether a webhook's `Authorization` header names one of `credentials`; whoever knows the access
/// id can write it.
pub fn names_one_of(credentials: &[Credentials], authorization: &str) -> bool {
    let Some((access_id, _)) = split_header(authorization) else { return false };
    credentials.iter().any(|candidate| candidate.access_id() == access_id)
}

/// Access id and signature, split at the first colon, because the signature may have one too.
fn split_header(authorization: &str) -> Option<(String, String)> {
    let (scheme, base64) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(base64.trim()).ok()?).ok()?;
    let (access_id, signature) = pair.split_once(':')?;
    Some((access_id.to_owned(), signature.to_owned()))
}

/// What a plus sign in the body stands for.
#[derive(Clone, Copy)]
enum Plus {
    Blank,
    Plus,
}

/// Trustly signs the body after decoding it as a whole. Its example leaves open whether a plus
/// becomes a blank there, so the body is tried in three ways: as a form, with percent escapes only,
/// and as it came.
fn verified_plus(
    credentials: &[Credentials],
    access_id: &str,
    signature: &str,
    body: &[u8],
) -> Result<Plus, WebhookError> {
    let ways = [
        (decode(body, Plus::Blank), Plus::Blank),
        (decode(body, Plus::Plus), Plus::Plus),
        (Some(Zeroizing::new(body.to_vec())), Plus::Blank),
    ];
    let mut error = WebhookError::UnknownAccessId;
    for candidate in credentials {
        if candidate.access_id() != access_id {
            continue;
        }
        for (text, plus) in &ways {
            let Some(text) = text else { continue };
            match signature::verify(candidate, text, signature) {
                Ok(()) => return Ok(*plus),
                Err(refused) => error = WebhookError::Signature(refused),
            }
        }
    }
    Err(error)
}

/// The members of the body. `None` if an escape is broken, a value is not UTF-8, there are more
/// than [`MEMBERS_MAX`], or a key comes twice: since the signature covers the decoded body, an
/// escaped ampersand and a real one look the same to it, and a key that comes twice is how an added
/// member would show.
fn members(body: &[u8], plus: Plus) -> Option<BTreeMap<String, Zeroizing<String>>> {
    let mut members = BTreeMap::new();
    for pair in body.split(|byte| *byte == b'&') {
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (key, value) = pair.split_at(equals);
        let repeated =
            members.insert(text(key, plus)?, Zeroizing::new(text(value.get(1..)?, plus)?));
        if repeated.is_some() || members.len() > MEMBERS_MAX {
            return None;
        }
    }
    Some(members)
}

fn text(part: &[u8], plus: Plus) -> Option<String> {
    let bytes = decode(part, plus)?;
    std::str::from_utf8(&bytes).ok().map(str::to_owned)
}

/// `None` if a percent sign is not followed by two hexadecimal digits.
fn decode(text: &[u8], plus: Plus) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match (byte, plus) {
            (b'%', _) => hex_digit(bytes.next())? * 16 + hex_digit(bytes.next())?,
            (b'+', Plus::Blank) => b' ',
            (other, _) => *other,
        });
    }
    Some(out)
}

fn hex_digit(byte: Option<&u8>) -> Option<u8> {
    let digit = char::from(*byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("event_id", &self.event_id)
            .field("object_id", &self.object_id)
            .field("merchant_reference", &self.merchant_reference)
            .field("transaction_type", &self.transaction_type)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
