//! What is said to Trustly Europe and what it says, byte for byte.
//!
//! [`request`] builds signed requests, [`reply`] reads answers to them and [`report`] the tables in
//! those; [`notification`] reads what Trustly reports by itself and answers it. Answers and
//! notifications come in two types: what was parsed, and what was parsed and verified; only the
//! second gives out contents. Members that we do not know are covered by the signature check and
//! otherwise ignored.

pub mod csv;
pub mod notification;
pub mod reply;
pub mod report;
pub mod request;

use thiserror::Error;

use super::key::TrustlyKey;
use super::{canonical, signature};
use crate::json::{Json, JsonError};
use crate::mask;

/// The longest answer or notification that is read. Real ones have one or two kilobytes.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Members of a request whose values may be shown: none of them is a secret, a person or an
/// account. Everything else is masked, members unknown today included.
const SHOWN: [&str; 12] = [
    "method",
    "version",
    "UUID",
    "Username",
    "MessageID",
    "Amount",
    "Currency",
    "ClearingHouse",
    "ShopperStatement",
    "MerchantCategoryCode",
    "Partytype",
    "CountryCode",
];

/// A copy of a request of ours for evidence: password, signature, notification URL, names,
/// addresses and account numbers replaced by `***`, structure kept.
pub fn masked(request: &[u8]) -> Result<String, JsonError> {
    mask::masked(request, MESSAGE_BYTES_MAX, &SHOWN)
}

/// Why a message could not be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unverified {
    /// Nothing is signed, or a part of what is signed is missing.
    #[error("message is not signed")]
    Unsigned,
    /// There is a signature, and it is not good.
    #[error("message has no valid signature")]
    Signature(#[from] signature::SignatureError),
    /// The signature is good, but the message answers another request.
    #[error("message is signed and answers another request")]
    OtherRequest,
    /// The signature is good, but what must be in the message is not there or has another shape.
    #[error("message is signed and cannot be read")]
    Unreadable,
}

/// The signed part of a message: `result`, the inner `error` or `params`.
#[derive(Clone)]
struct Signed {
    method: String,
    uuid: String,
    data: Json,
    signature: String,
}

impl Signed {
    /// Takes the parts out of `holder`, which has all of them except, in notifications, the
    /// method. A member that is `null` counts as empty text, as it does for Trustly.
    fn take(holder: &Json, method: Option<&Json>) -> Option<Self> {
        Some(Self {
            method: text_or_null(method)?,
            uuid: text_or_null(holder.get("uuid"))?,
            data: holder.get("data")?.clone(),
            signature: text_or_null(holder.get("signature")).filter(|text| !text.is_empty())?,
        })
    }

    fn verify(&self, keys: &[TrustlyKey]) -> Result<(), signature::SignatureError> {
        let plaintext = canonical::plaintext(&self.method, &self.uuid, &self.data);
        signature::verify(keys, &plaintext, &self.signature)
    }
}

fn text_or_null(value: Option<&Json>) -> Option<String> {
    match value {
        None | Some(Json::Null) => Some(String::new()),
        Some(Json::Text(text)) => Some(text.clone()),
        Some(_) => None,
    }
}
