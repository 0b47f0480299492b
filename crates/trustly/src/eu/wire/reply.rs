//! Answers to our requests.
//!
//! HTTP statuses are not looked at: Trustly does not document which of them come with an error, so
//! the body is read whatever the status, and only a body that Trustly signed says anything.

use std::fmt;

use super::{MESSAGE_BYTES_MAX, Signed, Unverified};
use crate::eu::key::TrustlyKey;
use crate::eu::uuid::Uuid;
use crate::field::{self, FieldError};
use crate::json::{Json, JsonError};

/// An answer that was parsed and not yet verified. It gives nothing out but a hint.
pub struct UnverifiedReply {
    kind: Kind,
    signed: Option<Signed>,
    hint: Option<u64>,
}

/// What a verified answer says.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// The method was carried out; its result is in the data.
    Result(Data),
    /// The method was not carried out.
    Error {
        /// The number that [`crate::eu::code::look_up`] takes.
        code: u64,
        /// Trustly's symbolic name of it.
        message: String,
    },
}

/// The signed data of a result, out of which typed results are read.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(Json);

/// What AccountPayout answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutResult {
    /// Trustly's order, which must be there if it was accepted.
    pub order_id: Option<String>,
    /// `result` was `1`: received and being processed, which is not yet paid. `0` otherwise.
    pub accepted: bool,
}

/// What SelectAccount answers. No `Debug`: whoever has the address can act as the customer.
#[derive(Clone, PartialEq, Eq)]
pub struct Selection {
    /// Trustly's order.
    pub order_id: String,
    /// Where the customer chooses an account, to be opened with GET.
    pub url: String,
}

/// What RegisterAccount answers. `Debug` shows the clearing house only.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredAccount {
    /// The handle that AccountPayout takes. It does not expire.
    pub account_id: String,
    /// Trustly's name of the clearing house.
    pub clearing_house: Option<String>,
    /// The bank's name.
    pub bank: Option<String>,
    /// A masked account number, made to be shown.
    pub descriptor: Option<String>,
}

/// An answer that counts for nothing, with the error code it claims to have. The code may guide
/// an operator or hold a queue; it settles no payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("answer cannot be trusted")]
pub struct Untrusted {
    /// Why.
    #[source]
    pub reason: Unverified,
    /// The code that the unverified text claims.
    pub hint: Option<u64>,
}

/// Why bytes are not an answer at all, such as a proxy's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Not a JSON text that we accept.
    #[error("answer is not acceptable json")]
    Json(#[from] JsonError),
    /// JSON without exactly one of `result` and `error`.
    #[error("answer is not json-rpc: expected either a result or an error")]
    NotJsonRpc,
}

#[derive(Clone, Copy)]
enum Kind {
    Result,
    Error,
}

impl UnverifiedReply {
    /// Reads the body of an answer, whatever its HTTP status was.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        Self::parse_long(body, MESSAGE_BYTES_MAX)
    }

    /// The same for answers that may be longer than others: reports.
    pub fn parse_long(body: &[u8], bytes_max: usize) -> Result<Self, ReplyError> {
        let tree = Json::parse(body, bytes_max)?;
        match (present(&tree, "result"), present(&tree, "error")) {
            (Some(result), None) => {
                let signed = Signed::take(result, result.get("method"));
                Ok(Self { kind: Kind::Result, signed, hint: None })
            }
            (None, Some(error)) => {
                let signed = present(error, "error")
                    .and_then(|inner| Signed::take(inner, inner.get("method")));
                let hint = field::optional_number(error, "code").unwrap_or(None);
                Ok(Self { kind: Kind::Error, signed, hint })
            }
            _ => Err(ReplyError::NotJsonRpc),
        }
    }

    /// Accepts the answer if one of `keys` signed it and it answers `method` and `uuid`.
    pub fn verify(
        self,
        keys: &[TrustlyKey],
        method: &str,
        uuid: &Uuid,
    ) -> Result<Reply, Untrusted> {
        let hint = self.hint;
        let untrusted = |reason| Untrusted { reason, hint };
        let signed = self.signed.ok_or_else(|| untrusted(Unverified::Unsigned))?;
        if let Err(error) = signed.verify(keys) {
            return Err(untrusted(Unverified::Signature(error)));
        }
        // Errors below the level of a method have neither; signed or not, they could belong to any
        // request that ever was.
        if signed.method != method || signed.uuid != uuid.as_str() {
            return Err(untrusted(Unverified::OtherRequest));
        }
        match self.kind {
            Kind::Result => Ok(Reply::Result(Data(signed.data))),
            Kind::Error => error(&signed.data).ok_or_else(|| untrusted(Unverified::Unreadable)),
        }
    }
}

/// Only the signed copy of code and message counts; the outer one is not covered.
fn error(data: &Json) -> Option<Reply> {
    let code = field::optional_number(data, "code").ok()??;
    let message = field::required(data, "message").ok()?.to_owned();
    Some(Reply::Error { code, message })
}

fn present<'a>(tree: &'a Json, key: &str) -> Option<&'a Json> {
    tree.get(key).filter(|value| **value != Json::Null)
}

impl Data {
    /// Reads the result of AccountPayout.
    pub fn payout(&self) -> Result<PayoutResult, FieldError> {
        let accepted = match field::required(&self.0, "result")? {
            "1" => true,
            "0" => false,
            _ => return Err(FieldError::Malformed("result")),
        };
        let order_id = match field::optional(&self.0, "orderid")? {
            None if accepted => return Err(FieldError::Missing("orderid")),
            Some("") => return Err(FieldError::Malformed("orderid")),
            order_id => order_id.map(str::to_owned),
        };
        Ok(PayoutResult { order_id, accepted })
    }

    /// Reads the result of RegisterAccount.
    pub fn registered_account(&self) -> Result<RegisteredAccount, FieldError> {
        Ok(RegisteredAccount {
            account_id: field::required(&self.0, "accountid")?.to_owned(),
            clearing_house: field::optional(&self.0, "clearinghouse")?.map(str::to_owned),
            bank: field::optional(&self.0, "bank")?.map(str::to_owned),
            descriptor: field::optional(&self.0, "descriptor")?.map(str::to_owned),
        })
    }

    /// Reads the result of SelectAccount.
    pub fn selection(&self) -> Result<Selection, FieldError> {
        Ok(Selection {
            order_id: field::required(&self.0, "orderid")?.to_owned(),
            url: field::required(&self.0, "url")?.to_owned(),
        })
    }

    /// The whole tree, for methods that have no type here.
    #[must_use]
    pub fn tree(&self) -> &Json {
        &self.0
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(_) => f.write_str("Result"),
            Self::Error { code, .. } => write!(f, "Error({code})"),
        }
    }
}

impl fmt::Debug for RegisteredAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.clearing_house.as_deref().unwrap_or("?");
        write!(f, "RegisteredAccount({name})")
    }
}
