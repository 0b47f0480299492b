//! Errors to `tonic::Status`: the only file that names a gRPC code. What the caller gets is made
//! of the reason alone, in words of ours: no text of a store, a provider or a request goes out.

mod failure;
mod text;

use std::collections::HashMap;
use std::time::Duration;

use api::v1::ErrorReason;
use engine::{AskError, CreateError, DestinationError, SettleError};
use http::Response;
use payout::destination::DestinationState;
use payout::port::ReadError;
use payout::reason::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

pub(crate) use self::failure::Failure;
use self::failure::{certainly_not_recorded, reason};
use self::text::{message_of, name, text};
use crate::convert::{reason_name, state_name};

/// How long a caller waits before it repeats a call that met a lack of something.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The type of the resource that a destination is.
const DESTINATION: &str = "payouts.v1.Destination";

/// What the log and the metrics call a call whose caller did not wait for the answer.
pub(crate) const ABANDONED: &str = "CANCELLED";

/// What they call a call that was answered.
pub(crate) const ANSWERED: &str = "OK";

/// The status of a failed call; `mutation` if the call would have changed something.
pub(crate) fn status(failure: &Failure, mutation: bool) -> Status {
    let reason = reason(failure);
    let mut details = details(failure, reason);
    let mut metadata = metadata(failure);
    if mutation {
        let recorded = if certainly_not_recorded(failure) { "no" } else { "unknown" };
        metadata.insert("recorded".to_owned(), recorded.to_owned());
    }
    details.set_error_info(name(reason), api::ERROR_DOMAIN, metadata);
    Status::with_error_details(code(reason), message(failure, reason), details)
}

/// The name of a code, for the log and for metrics.
pub(crate) fn code_name(failure: &Failure) -> &'static str {
    match code(reason(failure)) {
        Code::Ok => ANSWERED,
        Code::Cancelled => ABANDONED,
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

/// The name of a failure's reason as callers get it.
pub(crate) fn failure_name(failure: &Failure) -> &'static str {
    name(reason(failure))
}

/// What an operator has to know of a failure: nothing, if only the caller can mend it.
pub(crate) fn fault(failure: &Failure) -> Option<String> {
    match reason(failure) {
        ErrorReason::StoreUnavailable
        | ErrorReason::KeyUnavailable
        | ErrorReason::ProviderUnavailable
        | ErrorReason::Internal => Some(text(failure)),
        ErrorReason::Unspecified
        | ErrorReason::InvalidField
        | ErrorReason::InvalidPageToken
        | ErrorReason::UnknownMerchant
        | ErrorReason::PayoutNotFound
        | ErrorReason::DestinationNotFound
        | ErrorReason::DestinationNotUsable
        | ErrorReason::DestinationRefused
        | ErrorReason::IdempotencyKeyReused
        | ErrorReason::KeyFenced
        | ErrorReason::CursorTooOld
        | ErrorReason::CursorFromAnotherStore
        | ErrorReason::NotSupported
        | ErrorReason::Overloaded
        | ErrorReason::AskedTooSoon
        | ErrorReason::ShuttingDown
        | ErrorReason::DeadlineExceeded
        | ErrorReason::NothingInDoubt
        | ErrorReason::PayoutBeingSent => None,
    }
}

/// Completes an answer that no handler made, because the request could not even be read or names
/// no method of this API: such an answer has no details of its own.
pub(crate) fn completed<B: Default>(response: Response<B>) -> Response<B> {
    let Some(bare) = Status::from_header_map(response.headers()) else { return response };
    if bare.code() == Code::Ok || !bare.details().is_empty() {
        return response;
    }
    let failure = match bare.code() {
        Code::Unimplemented => Failure::NotSupported,
        _ => Failure::Invalid(Vec::new()),
    };
    // Nobody knows whether it would have been a mutation; certainly nothing was recorded.
    status(&failure, true).into_http()
}

/// The code of each reason, as the API fixes it.
fn code(reason: ErrorReason) -> Code {
    match reason {
        ErrorReason::InvalidField | ErrorReason::InvalidPageToken => Code::InvalidArgument,
        ErrorReason::UnknownMerchant
        | ErrorReason::PayoutNotFound
        | ErrorReason::DestinationNotFound => Code::NotFound,
        ErrorReason::DestinationNotUsable
        | ErrorReason::DestinationRefused
        | ErrorReason::KeyFenced
        | ErrorReason::CursorFromAnotherStore
        | ErrorReason::NothingInDoubt
        | ErrorReason::PayoutBeingSent => Code::FailedPrecondition,
        ErrorReason::IdempotencyKeyReused => Code::AlreadyExists,
        ErrorReason::CursorTooOld => Code::OutOfRange,
        ErrorReason::NotSupported => Code::Unimplemented,
        ErrorReason::Overloaded | ErrorReason::AskedTooSoon => Code::ResourceExhausted,
        ErrorReason::StoreUnavailable
        | ErrorReason::ProviderUnavailable
        | ErrorReason::KeyUnavailable
        | ErrorReason::ShuttingDown => Code::Unavailable,
        ErrorReason::DeadlineExceeded => Code::DeadlineExceeded,
        ErrorReason::Unspecified | ErrorReason::Internal => Code::Internal,
    }
}

fn metadata(failure: &Failure) -> HashMap<String, String> {
    let mut metadata = HashMap::new();
    match failure {
        Failure::Create(CreateError::KeyReused { payout, fields })
        | Failure::Validate(CreateError::KeyReused { payout, fields }) => {
            metadata.insert("payout_id".to_owned(), payout.to_string());
            metadata.insert("fields".to_owned(), fields.join(","));
        }
        Failure::Destination {
            error: DestinationError::KeyReused { destination, fields }, ..
        } => {
            metadata.insert("destination_id".to_owned(), destination.to_string());
            metadata.insert("fields".to_owned(), fields.join(","));
        }
        Failure::Destination {
            error: DestinationError::Refused { reason, .. } | DestinationError::NoAccess(reason),
            ..
        } => {
            metadata.insert("cause".to_owned(), reason_name(*reason).to_owned());
        }
        Failure::Settle(SettleError::NotInDoubt(payout) | SettleError::BeingSent(payout)) => {
            metadata.insert("payout_id".to_owned(), payout.id.to_string());
            metadata.insert("state".to_owned(), payout.state.name().as_str().to_owned());
        }
        Failure::Read(ReadError::TooOld(earliest)) => {
            metadata.insert("earliest_cursor".to_owned(), earliest.encode());
        }
        _ => {}
    }
    metadata
}

fn details(failure: &Failure, reason: ErrorReason) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    // A server that is stopping is not waited for: the next call goes to another one.
    let waits = matches!(code(reason), Code::Unavailable | Code::ResourceExhausted);
    if waits && reason != ErrorReason::ShuttingDown {
        details.set_retry_info(Some(match failure {
            Failure::Ask(AskError::TooSoon(delay)) => *delay,
            _ => RETRY_DELAY,
        }));
    }
    match failure {
        Failure::Invalid(violations) if !violations.is_empty() => {
            let named = violations.iter().map(|v| FieldViolation::new(&v.field, &v.why));
            details.set_bad_request(named.collect::<Vec<_>>());
        }
        Failure::Create(CreateError::Unfit(unfit))
        | Failure::Validate(CreateError::Unfit(unfit))
        | Failure::Destination { error: DestinationError::Unfit(unfit), .. } => {
            details.add_bad_request_violation(unfit.field, &unfit.why);
        }
        // Some tokens are seen through here, some only by the store.
        _ if reason == ErrorReason::InvalidPageToken => {
            details.add_bad_request_violation("page_token", "is not one of this list");
        }
        Failure::Destination { error: DestinationError::Refused { reason, .. }, field } => {
            let why = "the provider does not take it";
            details.add_precondition_failure_violation(reason_name(*reason), *field, why);
        }
        _ => {}
    }
    resource(failure, reason, &mut details);
    details
}

/// Names the thing that is missing or in the way.
fn resource(failure: &Failure, reason: ErrorReason, details: &mut ErrorDetails) {
    let payout = match failure {
        Failure::PayoutNotFound(id) => id.as_str(),
        Failure::Create(CreateError::KeyReused { payout, .. })
        | Failure::Validate(CreateError::KeyReused { payout, .. }) => payout.as_str(),
        Failure::Settle(SettleError::NotInDoubt(payout) | SettleError::BeingSent(payout)) => {
            payout.id.as_str()
        }
        Failure::Destination { error: DestinationError::KeyReused { destination, .. }, .. } => {
            details.set_resource_info(DESTINATION, destination.as_str(), "", message_of(reason));
            return;
        }
        _ => "",
    };
    let resource_type = match reason {
        ErrorReason::PayoutNotFound
        | ErrorReason::IdempotencyKeyReused
        | ErrorReason::NothingInDoubt
        | ErrorReason::PayoutBeingSent => "payouts.v1.Payout",
        ErrorReason::DestinationNotFound => DESTINATION,
        ErrorReason::UnknownMerchant => "merchant",
        ErrorReason::DestinationNotUsable => {
            let (kind, why) = not_usable(failure);
            details.add_precondition_failure_violation(kind, "destination_id", why);
            return;
        }
        ErrorReason::KeyFenced => {
            let why = "the key was fenced by a cancel";
            details.add_precondition_failure_violation("FENCED", "idempotency_key", why);
            return;
        }
        _ => return,
    };
    details.set_resource_info(resource_type, payout, "", message_of(reason));
}

/// In which state a destination cannot be paid to, and what to do about it.
fn not_usable(failure: &Failure) -> (&'static str, String) {
    match failure {
        Failure::Create(error) | Failure::Validate(error) => match error {
            CreateError::DestinationNotUsable(state) => (state_name(*state), error.to_string()),
            CreateError::DestinationOfOtherAccount => {
                (reason_name(Reason::ProviderAccountChanged), error.to_string())
            }
            _ => (state_name(DestinationState::Deleted), error.to_string()),
        },
        _ => (state_name(DestinationState::Deleted), message_of(reason(failure)).to_owned()),
    }
}

/// The text of a status: the first thing that is wrong, or what the reason says.
fn message(failure: &Failure, reason: ErrorReason) -> String {
    let violations = match failure {
        Failure::Invalid(violations) => violations.as_slice(),
        Failure::Create(CreateError::Unfit(unfit))
        | Failure::Validate(CreateError::Unfit(unfit))
        | Failure::Destination { error: DestinationError::Unfit(unfit), .. } => {
            return format!("{} {}", unfit.field, unfit.why);
        }
        Failure::Create(error) | Failure::Validate(error)
            if reason == ErrorReason::DestinationNotUsable =>
        {
            return error.to_string();
        }
        Failure::Destination { error: error @ DestinationError::NoAccess(_), .. } => {
            return error.to_string();
        }
        _ => &[],
    };
    match violations {
        [] => message_of(reason).to_owned(),
        [only] => format!("{} {}", only.field, only.why),
        [first, rest @ ..] => {
            format!("{} {} (and {} more; see the details)", first.field, first.why, rest.len())
        }
    }
}

#[cfg(test)]
mod tests;
