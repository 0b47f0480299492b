//! Answers about one transaction: to a deposit, and to a look-up by id.
//!
//! They carry no signature, so an answer counts only if it parses fully, whatever its HTTP status:
//! a transaction, or errors with numbers. Anything else is no answer.

use std::fmt;

use thiserror::Error;

use super::transaction::Transaction;
use crate::amer::code::{self, Class};
use crate::field::{self, FieldError};
use crate::json::{Json, JsonError};

/// The longest answer about one transaction. Real ones have less than 10 KB.
pub const REPLY_BYTES_MAX: usize = 256 * 1024;

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The transaction as it is.
    Transaction(Box<Transaction>),
    /// Trustly's errors, of which there is at least one.
    Errors(ApiErrors),
}

/// A list of errors, each of which was read fully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiErrors(Vec<ApiError>);

/// One error. `Debug` shows its number only, because its text may repeat what was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The number that [`code::look_up`] takes.
    pub code: u64,
    /// Trustly's text.
    pub message: Option<String>,
    /// The member that is wrong.
    pub location: Option<String>,
}

/// Why bytes are not an answer. Whatever was asked for may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// Not a JSON text that we accept, such as a proxy's page.
    #[error("answer is not acceptable json")]
    Json(#[from] JsonError),
    /// A member is missing or is not what it should be.
    #[error("answer cannot be read")]
    Field(#[from] FieldError),
    /// A message without error numbers: nobody can tell whose it is.
    #[error("answer has a message without error codes")]
    BareMessage,
    /// Errors and a transaction at once.
    #[error("answer has both errors and a transaction")]
    Contradiction,
}

impl Reply {
    /// Reads an answer, whatever its HTTP status was.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        let tree = Json::parse(body, REPLY_BYTES_MAX)?;
        let present = |key| tree.get(key).is_some_and(|value| *value != Json::Null);
        let has_transaction = present("transaction") || present("transactionId");
        match ApiErrors::read(&tree)? {
            Some(_) if has_transaction => Err(ReplyError::Contradiction),
            Some(errors) => Ok(Self::Errors(errors)),
            None if !has_transaction && present("message") => Err(ReplyError::BareMessage),
            None => Ok(Self::Transaction(Box::new(Transaction::read(&tree)?))),
        }
    }
}

impl ApiErrors {
    /// The member `errors` of `tree`; `None` if it is absent or has no elements.
    pub(super) fn read(tree: &Json) -> Result<Option<Self>, FieldError> {
        let elements = match tree.get("errors") {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::Array(elements)) => elements,
            Some(_) => return Err(FieldError::Malformed("errors")),
        };
        let mut errors = Vec::with_capacity(elements.len());
        for element in elements {
            let code = field::optional_number(element, "code")?;
            errors.push(ApiError {
                code: code.ok_or(FieldError::Missing("code"))?,
                message: field::optional(element, "message")?.map(str::to_owned),
                location: field::optional(element, "location")?.map(str::to_owned),
            });
        }
        Ok(if errors.is_empty() { None } else { Some(Self(errors)) })
    }

    /// What the errors say together about a deposit that they answer.
    #[must_use]
    pub fn class(&self) -> Class {
        let codes: Vec<u64> = self.0.iter().map(|error| error.code).collect();
        code::verdict(&codes)
    }

    /// The errors in their order; never empty.
    #[must_use]
    pub fn as_slice(&self) -> &[ApiError] {
        &self.0
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({})", self.code)
    }
}
