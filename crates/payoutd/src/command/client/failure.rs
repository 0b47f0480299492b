//! Errors of the API, for people.

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::command::Failure;

/// The member of an error's metadata that says whether a call may have left something behind.
const RECORDED: &str = "recorded";

/// All that an error of the API says, a line each.
pub(crate) fn explain(status: &Status) -> Failure {
    text(status, &status.get_error_details()).into()
}

/// The same of a call that was to change something: whether it may have, is never left open.
pub(crate) fn explain_mutation(status: &Status) -> Failure {
    let details = status.get_error_details();
    let mut text = text(status, &details);
    if details.error_info().is_none_or(|info| !info.metadata.contains_key(RECORDED)) {
        text.push_str(&recorded("unknown"));
    }
    text.into()
}

fn text(status: &Status, details: &ErrorDetails) -> String {
    let mut text = format!("{:?}: {}", status.code(), status.message());
    if let Some(info) = details.error_info() {
        text.push_str(&format!("\n  reason: {}", info.reason));
        let mut members: Vec<_> = info.metadata.iter().collect();
        members.sort();
        for (key, value) in members {
            text.push_str(&match key.as_str() {
                RECORDED => recorded(value),
                // Paths, separated by commas and nothing else.
                "fields" => format!("\n  fields that differ: {}", value.replace(',', ", ")),
                _ => format!("\n  {key}: {value}"),
            });
        }
    }
    if let Some(bad) = details.bad_request() {
        for violation in &bad.field_violations {
            text.push_str(&format!("\n  {} {}", violation.field, violation.description));
        }
    }
    text
}

fn recorded(value: &str) -> String {
    let meaning = match value {
        "no" => "this call left nothing that can move money",
        _ => "it may have been recorded; repeat the same command, which never pays twice",
    };
    format!("\n  recorded: {value} ({meaning})")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic::Code;

    use super::*;

    #[test]
    fn every_part_of_an_error_has_a_line() {
        let mut details = ErrorDetails::new();
        let metadata = [("recorded", "no"), ("fields", "amount.minor_units,speed")];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        details.set_error_info("SOME_REASON", "domain", HashMap::from(metadata));
        details.add_bad_request_violation("customer", "is required");
        let status = Status::with_error_details(Code::AlreadyExists, "it was used", details);
        let expected = "AlreadyExists: it was used\n  reason: SOME_REASON\
            \n  fields that differ: amount.minor_units, speed\
            \n  recorded: no (this call left nothing that can move money)\
            \n  customer is required";
        assert_eq!(explain(&status).to_string(), expected);
        assert_eq!(explain_mutation(&status).to_string(), expected);
    }

    /// Made by a proxy or by the connection: nobody said what became of the call.
    #[test]
    fn what_nobody_says_may_have_been_recorded() {
        let lost = Status::unavailable("connection lost");
        assert_eq!(explain(&lost).to_string(), "Unavailable: connection lost");
        assert!(explain_mutation(&lost).to_string().contains("\n  recorded: unknown (it may"));
    }
}
