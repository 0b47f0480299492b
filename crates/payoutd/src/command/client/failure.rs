//! Errors of the API, for people and for scripts.

use std::error::Error;
use std::fmt;

use serde_json::{Map, Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::Output;
use crate::command::Failure;

/// The member of an error's metadata that says whether a call may have left something behind.
const RECORDED: &str = "recorded";

/// What an error of the connection says when nobody of ours has spoken.
const NOBODY: &str = "the server cannot be spoken with: it is gone, or what answers at --endpoint \
    is not payoutd's gRPC address (`grpc` in its configuration)";

/// All that an error of the API says. Its text has a line for each part.
#[derive(Debug, Default)]
pub(crate) struct ApiError {
    code: &'static str,
    title: String,
    message: String,
    reason: String,
    /// What else the server says, by name; `recorded` among it.
    metadata: Vec<(String, String)>,
    /// Paths with what is wrong with them.
    fields: Vec<(String, String)>,
    /// Where a watch that broke can go on.
    cursor: Option<String>,
}

/// An error as a JSON object on one line.
#[derive(Debug)]
pub(crate) struct JsonError(String);

/// All that an error of the API says.
pub(crate) fn explain(status: &Status) -> Failure {
    read(status).into()
}

/// The same of a call that was to change something: whether it may have, is never left open.
pub(crate) fn explain_mutation(status: &Status) -> Failure {
    let mut error = read(status);
    if !error.metadata.iter().any(|(key, _)| key == RECORDED) {
        error.metadata.push((RECORDED.to_owned(), "unknown".to_owned()));
    }
    error.into()
}

/// The same of a watch that was at `cursor`.
pub(crate) fn explain_watch(status: &Status, cursor: Option<String>) -> Failure {
    let mut error = ApiError { cursor, ..read(status) };
    if error.reason.is_empty() && error.cursor.is_some() {
        error.message = format!("the connection to the server was lost ({})", status.message());
    }
    error.into()
}

/// No connection was made, so nothing was sent.
pub(crate) fn unreachable(endpoint: &str, why: impl fmt::Display) -> Failure {
    let message = format!("cannot reach {endpoint}: {why}; is `payoutd serve` running there?");
    let title = "Unavailable".to_owned();
    ApiError { code: "UNAVAILABLE", title, message, ..ApiError::default() }.into()
}

/// A failure as it is to be shown.
pub(crate) fn rendered(failure: Failure, output: Output) -> Failure {
    match (output, failure.downcast_ref::<ApiError>()) {
        (Output::Json, Some(error)) => JsonError(error.json().to_string()).into(),
        _ => failure,
    }
}

fn read(status: &Status) -> ApiError {
    let details = status.get_error_details();
    let mut error = ApiError {
        code: code_name(status.code()),
        title: format!("{:?}", status.code()),
        message: status.message().to_owned(),
        ..ApiError::default()
    };
    let Some(info) = details.error_info() else {
        if status.source().is_some() {
            error.code = "UNAVAILABLE";
            error.title = "Unavailable".to_owned();
            error.message = format!("{NOBODY} ({})", status.message());
        }
        return error;
    };
    error.reason.clone_from(&info.reason);
    error.metadata = info.metadata.clone().into_iter().collect();
    error.metadata.sort();
    for violation in details.bad_request().iter().flat_map(|bad| &bad.field_violations) {
        error.fields.push((violation.field.clone(), violation.description.clone()));
    }
    error
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.message)?;
        if !self.reason.is_empty() {
            write!(f, "\n  reason: {}", self.reason)?;
        }
        for (key, value) in &self.metadata {
            match key.as_str() {
                RECORDED => write!(f, "\n  recorded: {value} ({})", recorded(value))?,
                // Paths, separated by commas and nothing else.
                "fields" => write!(f, "\n  fields that differ: {}", value.replace(',', ", "))?,
                _ => write!(f, "\n  {key}: {value}")?,
            }
        }
        for (field, problem) in &self.fields {
            write!(f, "\n  {field} {problem}")?;
        }
        match &self.cursor {
            Some(cursor) => write!(f, "\n  go on with --cursor {cursor}"),
            None => Ok(()),
        }
    }
}

impl Error for ApiError {}

impl ApiError {
    fn json(&self) -> Value {
        let mut out = Map::new();
        out.insert("code".to_owned(), json!(self.code));
        out.insert("message".to_owned(), json!(self.message));
        if !self.reason.is_empty() {
            out.insert("reason".to_owned(), json!(self.reason));
        }
        let mut fields: Vec<Value> = Vec::new();
        for (key, value) in &self.metadata {
            match key.as_str() {
                "fields" => {
                    let differ = |field| json!({ "field": field, "problem": "differs" });
                    fields.extend(value.split(',').map(differ));
                }
                key => {
                    out.insert(key.to_owned(), json!(value));
                }
            }
        }
        for (field, problem) in &self.fields {
            fields.push(json!({ "field": field, "problem": problem }));
        }
        if !fields.is_empty() {
            out.insert("fields".to_owned(), json!(fields));
        }
        if let Some(cursor) = &self.cursor {
            out.insert("cursor".to_owned(), json!(cursor));
        }
        Value::Object(out)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for JsonError {}

fn recorded(value: &str) -> &'static str {
    match value {
        "no" => "this call left nothing that can move money",
        _ => "it may have been recorded; repeat the same command, which never pays twice",
    }
}

/// The names of codes as gRPC writes them.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    fn status() -> Status {
        let mut details = ErrorDetails::new();
        let metadata = [("recorded", "no"), ("fields", "amount.minor_units,speed")];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        details.set_error_info("SOME_REASON", "domain", HashMap::from(metadata));
        details.add_bad_request_violation("customer", "is required");
        Status::with_error_details(Code::AlreadyExists, "it was used", details)
    }

    #[test]
    fn every_part_of_an_error_has_a_line() {
        let expected = "AlreadyExists: it was used\n  reason: SOME_REASON\
            \n  fields that differ: amount.minor_units, speed\
            \n  recorded: no (this call left nothing that can move money)\
            \n  customer is required";
        assert_eq!(explain(&status()).to_string(), expected);
        assert_eq!(explain_mutation(&status()).to_string(), expected);
        let watched = explain_watch(&status(), Some("c1".to_owned())).to_string();
        assert_eq!(watched, format!("{expected}\n  go on with --cursor c1"));
    }

    #[test]
    fn scripts_get_one_object() {
        let text = rendered(explain_mutation(&status()), Output::Json).to_string();
        let expected = json!({
            "code": "ALREADY_EXISTS", "message": "it was used", "reason": "SOME_REASON",
            "recorded": "no",
            "fields": [
                { "field": "amount.minor_units", "problem": "differs" },
                { "field": "speed", "problem": "differs" },
                { "field": "customer", "problem": "is required" },
            ],
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert!(!text.contains('\n'));
    }

    /// Made by a proxy or by the connection: nobody said what became of the call.
    #[test]
    fn what_nobody_says_may_have_been_recorded() {
        let lost = Status::unavailable("connection lost");
        assert_eq!(explain(&lost).to_string(), "Unavailable: connection lost");
        assert!(explain_mutation(&lost).to_string().contains("\n  recorded: unknown (it may"));
    }
}
