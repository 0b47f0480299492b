//! The error envelope (page "Errors").

use std::collections::BTreeMap;

use serde_json::json;

use crate::clock::Moment;
use crate::web::{self, Response};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) message: &'static str,
    location: Option<&'static str>,
}

const INTERNAL_ERROR: u16 = 100;
const REMOTE_ERROR: u16 = 150;
const INVALID_PARAMETER: u16 = 200;
const DUPLICATE: u16 = 210;
const EXPIRED_TOKEN: u16 = 326;
const ACCESS_CONTROL: u16 = 375;
const CORRUPT_TOKEN: u16 = 380;
const WRONG_TOKEN: u16 = 397;

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

    pub(super) fn expired_token() -> Self {
        Self::objection(Some(EXPIRED_TOKEN))
    }

    pub(super) fn corrupt_token() -> Self {
        let message = "Split token is missing or corrupt";
        Self { code: CORRUPT_TOKEN, message, location: Some("splitToken") }
    }

    pub(super) fn wrong_token() -> Self {
        let message = "splitToken is not valid";
        Self { code: WRONG_TOKEN, message, location: Some("splitToken") }
    }

    /// What the bank has against an authorization.
    pub(super) fn objection(code: Option<u16>) -> Self {
        let message = match code {
            Some(EXPIRED_TOKEN) => "Split token is expired",
            _ => "Account is invalid",
        };
        Self { code: code.unwrap_or(INVALID_PARAMETER), message, location: None }
    }

    /// What an account number stands for in the sandbox.
    pub(super) fn triggered(code: u16) -> Self {
        Self { code, message: "Asked for by the account number", location: Some("account") }
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

    /// With the HTTP status asked for, or else the one that the terms or the documentation give.
    pub(super) fn response(
        &self,
        now: Moment,
        status: Option<u16>,
        statuses: &BTreeMap<u16, u16>,
    ) -> Response {
        let exception = match self.code {
            300 | 325 | ACCESS_CONTROL => "AccessControlException",
            INTERNAL_ERROR => "InternalErrorException",
            DUPLICATE => "DuplicateRequestException",
            EXPIRED_TOKEN | CORRUPT_TOKEN | WRONG_TOKEN => "SplitTokenException",
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
        let status = status.or_else(|| statuses.get(&self.code).copied());
        let status = status.unwrap_or_else(|| self.status());
        web::json(status, &json!({ "errors": [error] }))
    }

    /// As some replies about accounts collapse.
    pub(super) fn collapsed(&self) -> Response {
        web::json(self.status(), &json!({ "message": self.message }))
    }

    pub(super) fn status(&self) -> u16 {
        match self.code {
            300 | 325 | ACCESS_CONTROL => 401,
            INTERNAL_ERROR | REMOTE_ERROR => 500,
            _ => 400,
        }
    }
}
