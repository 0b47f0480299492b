//! The error envelope (page "Errors").

use serde_json::json;

use crate::clock::Moment;
use crate::web::{self, Response};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    message: &'static str,
    location: Option<&'static str>,
}

const INTERNAL_ERROR: u16 = 100;
const REMOTE_ERROR: u16 = 150;
const INVALID_PARAMETER: u16 = 200;
const DUPLICATE: u16 = 210;
const ACCESS_CONTROL: u16 = 375;

impl Refusal {
    pub(super) fn parameter(location: &'static str, message: &'static str) -> Self {
        Self { code: INVALID_PARAMETER, message, location: Some(location) }
    }

    pub(super) fn unknown_transaction() -> Self {
        Self::parameter("transactionId", "Transaction not found for the given id")
    }

    pub(super) fn duplicate() -> Self {
        Self { code: DUPLICATE, message: "Duplicate request, ignored", location: None }
    }

    pub(super) fn access() -> Self {
        Self { code: ACCESS_CONTROL, message: "Access not authorized", location: None }
    }

    pub(super) fn full() -> Self {
        Self { code: INTERNAL_ERROR, message: "Internal error", location: None }
    }

    /// The one a rule asks for.
    pub(super) fn asked_for(code: Option<u16>) -> Self {
        let code = code.unwrap_or(INVALID_PARAMETER);
        Self { code, message: "Refused by a fault rule", location: None }
    }

    pub(super) fn response(&self, now: Moment, status: Option<u16>) -> Response {
        let exception = match self.code {
            300 | 325 | ACCESS_CONTROL => "AccessControlException",
            INTERNAL_ERROR => "InternalErrorException",
            DUPLICATE => "DuplicateRequestException",
            _ => "InvalidParameterException",
        };
        let mut error = json!({
            "domain": format!("com.trustly.merchantgateway.v1.exception.{exception}"),
            "code": self.code,
            "message": self.message,
            "occurredAt": now.unix_ms(),
        });
        if let Some(location) = self.location {
            error["location"] = location.into();
        }
        let status = status.unwrap_or_else(|| self.status());
        web::json(status, &json!({ "errors": [error] }))
    }

    fn status(&self) -> u16 {
        match self.code {
            300 | 325 | ACCESS_CONTROL => 401,
            INTERNAL_ERROR | REMOTE_ERROR => 500,
            _ => 400,
        }
    }
}
