//! Errors of the API, for people.

use tonic::Status;
use tonic_types::StatusExt;

use crate::command::Failure;

/// All that an error of the API says, a line each.
pub(crate) fn explain(status: &Status) -> Failure {
    let mut text = format!("{:?}: {}", status.code(), status.message());
    let details = status.get_error_details();
    if let Some(info) = details.error_info() {
        text.push_str(&format!("\n  reason {}", info.reason));
        let mut members: Vec<_> = info.metadata.iter().collect();
        members.sort();
        for (key, value) in members {
            text.push_str(&format!("\n  {key} {value}"));
        }
    }
    if let Some(bad) = details.bad_request() {
        for violation in &bad.field_violations {
            text.push_str(&format!("\n  {}: {}", violation.field, violation.description));
        }
    }
    text.into()
}
