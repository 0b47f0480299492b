//! Errors to `tonic::Status`: the only file that names a gRPC code. What the caller gets is made
//! of the reason alone, in words of ours: no text of a store, a provider or a request goes out.

use std::collections::HashMap;
use std::time::Duration;

use api::v1::ErrorReason;
use engine::{
    AskError, CancelError, CreateError, DestinationError, QueryError, QueueError, SettleError,
};
use http::Response;
use payout::fingerprint::CompareError;
use payout::keys::KeyError;
use payout::port::{ReadError, StoreError, Unfit, UnfitKind};
use payout::seal::OpenError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::convert::{Violation, reason_name};

/// How long a caller waits before it repeats a call that met a lack of something.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// What the log and the metrics call a call whose caller did not wait for the answer.
pub(crate) const ABANDONED: &str = "CANCELLED";

/// What they call a call that was answered.
pub(crate) const ANSWERED: &str = "OK";

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Fields are not as they must be.
    Invalid(Vec<Violation>),
    /// The page token is not one of ours, or was made for other filters.
    PageToken,
    /// No such merchant is served here.
    UnknownMerchant,
    /// There is no such payout; its id as the caller sent it.
    PayoutNotFound(String),
    /// There is no such destination.
    DestinationNotFound,
    /// The merchant's provider cannot do it.
    NotSupported,
    /// Too much is going on.
    Overloaded,
    /// This server is stopping.
    ShuttingDown,
    /// The caller's deadline passed.
    DeadlineExceeded,
    /// A payout could not be created.
    Create(CreateError),
    /// A creation that is only checked would not be taken: nothing is recorded in any case.
    Validate(CreateError),
    /// A payout could not be cancelled.
    Cancel(CancelError),
    /// A payout could not be settled.
    Settle(SettleError),
    /// A queue could not be held or resumed.
    Queue(QueueError),
    /// The provider could not be asked about money, or its answer not be kept.
    Ask(AskError),
    /// Something could not be read.
    Query(QueryError),
    /// A destination could not be made, read or deleted.
    Destination {
        /// Why.
        error: DestinationError,
        /// The field that it was to be made of.
        field: &'static str,
    },
    /// The log could not be read.
    Read(ReadError),
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        Self::Create(error)
    }
}

impl From<CancelError> for Failure {
    fn from(error: CancelError) -> Self {
        Self::Cancel(error)
    }
}

impl From<SettleError> for Failure {
    fn from(error: SettleError) -> Self {
        Self::Settle(error)
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::Ask(error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

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

fn reason(failure: &Failure) -> ErrorReason {
    match failure {
        Failure::Invalid(_) => ErrorReason::InvalidField,
        Failure::PageToken => ErrorReason::InvalidPageToken,
        Failure::UnknownMerchant => ErrorReason::UnknownMerchant,
        Failure::PayoutNotFound(_) => ErrorReason::PayoutNotFound,
        Failure::DestinationNotFound => ErrorReason::DestinationNotFound,
        Failure::NotSupported => ErrorReason::NotSupported,
        Failure::Overloaded => ErrorReason::Overloaded,
        Failure::ShuttingDown => ErrorReason::ShuttingDown,
        Failure::DeadlineExceeded => ErrorReason::DeadlineExceeded,
        Failure::Create(error) | Failure::Validate(error) => of_create(error),
        Failure::Cancel(error) => match error {
            CancelError::Query(error) => of_query(error),
            CancelError::Contended => ErrorReason::Overloaded,
            CancelError::Store(error) => of_store(error),
        },
        Failure::Settle(error) => match error {
            SettleError::Query(error) => of_query(error),
            SettleError::NotInDoubt(_) => ErrorReason::NothingInDoubt,
            SettleError::BeingSent(_) => ErrorReason::PayoutBeingSent,
            SettleError::Contended => ErrorReason::Overloaded,
            SettleError::Store(error) => of_store(error),
        },
        Failure::Queue(error) => match error {
            QueueError::Query(error) => of_query(error),
            QueueError::Store(error) => of_store(error),
        },
        Failure::Ask(error) => of_ask(error),
        Failure::Query(error) => of_query(error),
        Failure::Destination { error, .. } => of_destination(error),
        Failure::Read(error) => match error {
            // A place beyond the end of the log: the store was replaced by an older one.
            ReadError::OtherStore | ReadError::OutOfRange => ErrorReason::CursorFromAnotherStore,
            ReadError::TooOld(_) => ErrorReason::CursorTooOld,
            ReadError::Store(error) => of_store(error),
        },
    }
}

fn of_create(error: &CreateError) -> ErrorReason {
    match error {
        CreateError::UnknownMerchant => ErrorReason::UnknownMerchant,
        CreateError::Unfit(unfit) if is_field(unfit) => ErrorReason::InvalidField,
        CreateError::Unfit(_) => ErrorReason::NotSupported,
        CreateError::DestinationNotFound => ErrorReason::DestinationNotFound,
        CreateError::DestinationDeleted => ErrorReason::DestinationNotUsable,
        CreateError::KeyReused { .. } => ErrorReason::IdempotencyKeyReused,
        CreateError::Fenced => ErrorReason::KeyFenced,
        CreateError::Overloaded => ErrorReason::Overloaded,
        CreateError::Stopping => ErrorReason::ShuttingDown,
        // Whether the write was confirmed died with the task that waited for it.
        CreateError::Interrupted => ErrorReason::StoreUnavailable,
        CreateError::Compare(CompareError::Key(error)) => of_key(error),
        // What a later release wrote, this one cannot read: the next call may find that release.
        CreateError::Compare(CompareError::Rules(_)) => ErrorReason::StoreUnavailable,
        CreateError::Open(error) => of_open(error),
        CreateError::Store(error) => of_store(error),
    }
}

/// That the currency is one of the provider's is part of what an amount must be; what else is not
/// possible is right in itself.
fn is_field(unfit: &Unfit) -> bool {
    match unfit.kind {
        UnfitKind::Invalid => true,
        UnfitKind::NotPossible => unfit.field.starts_with("amount"),
    }
}

fn of_query(error: &QueryError) -> ErrorReason {
    match error {
        QueryError::UnknownMerchant => ErrorReason::UnknownMerchant,
        QueryError::PayoutNotFound => ErrorReason::PayoutNotFound,
        QueryError::Fenced => ErrorReason::KeyFenced,
        QueryError::Store(error) => of_store(error),
    }
}

fn of_ask(error: &AskError) -> ErrorReason {
    match error {
        AskError::Query(error) => of_query(error),
        AskError::NotSupported => ErrorReason::NotSupported,
        AskError::TooSoon(_) => ErrorReason::AskedTooSoon,
        AskError::Busy => ErrorReason::Overloaded,
        AskError::Unanswered(_) => ErrorReason::ProviderUnavailable,
        AskError::Shared(_) => ErrorReason::StoreUnavailable,
        AskError::Store(error) => of_store(error),
    }
}

fn of_destination(error: &DestinationError) -> ErrorReason {
    match error {
        DestinationError::Query(error) => of_query(error),
        DestinationError::Unfit(unfit) if is_field(unfit) => ErrorReason::InvalidField,
        DestinationError::Unfit(_) => ErrorReason::NotSupported,
        DestinationError::NotFound => ErrorReason::DestinationNotFound,
        DestinationError::Refused { .. } => ErrorReason::DestinationRefused,
        DestinationError::Unanswered(_) => ErrorReason::ProviderUnavailable,
        DestinationError::Contended => ErrorReason::Overloaded,
        DestinationError::Key(error) => of_key(error),
        DestinationError::Store(error) => of_store(error),
    }
}

fn of_store(error: &StoreError) -> ErrorReason {
    match error {
        StoreError::NotWritten(_) | StoreError::Unknown(_) => ErrorReason::StoreUnavailable,
        StoreError::Corrupt(_) => ErrorReason::Internal,
        StoreError::PageToken => ErrorReason::InvalidPageToken,
    }
}

fn of_key(error: &KeyError) -> ErrorReason {
    match error {
        KeyError::Missing(_) => ErrorReason::KeyUnavailable,
        KeyError::Count => ErrorReason::Internal,
    }
}

fn of_open(error: &OpenError) -> ErrorReason {
    match error {
        OpenError::Key(error) => of_key(error),
        OpenError::Altered(_) => ErrorReason::Internal,
    }
}

/// Whether it is certain that the call left nothing that can move money, or that it changed
/// nothing where it moves none.
fn certainly_not_recorded(failure: &Failure) -> bool {
    let unknown = |error: &StoreError| matches!(error, StoreError::Unknown(_));
    match failure {
        Failure::DeadlineExceeded => false,
        Failure::Create(error) => error.certainly_not_recorded(),
        Failure::Cancel(
            CancelError::Store(error) | CancelError::Query(QueryError::Store(error)),
        )
        | Failure::Settle(
            SettleError::Store(error) | SettleError::Query(QueryError::Store(error)),
        )
        | Failure::Queue(QueueError::Store(error) | QueueError::Query(QueryError::Store(error)))
        | Failure::Query(QueryError::Store(error))
        | Failure::Destination {
            error:
                DestinationError::Store(error) | DestinationError::Query(QueryError::Store(error)),
            ..
        }
        | Failure::Read(ReadError::Store(error)) => !unknown(error),
        Failure::Invalid(_)
        | Failure::PageToken
        | Failure::UnknownMerchant
        | Failure::PayoutNotFound(_)
        | Failure::DestinationNotFound
        | Failure::NotSupported
        | Failure::Overloaded
        | Failure::ShuttingDown
        | Failure::Validate(_)
        | Failure::Cancel(CancelError::Query(_) | CancelError::Contended)
        | Failure::Settle(_)
        | Failure::Queue(_)
        | Failure::Ask(_)
        | Failure::Query(_)
        | Failure::Destination { .. }
        | Failure::Read(_) => true,
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
        Failure::Destination { error: DestinationError::Refused { reason, .. }, .. } => {
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
        _ => "",
    };
    let resource_type = match reason {
        ErrorReason::PayoutNotFound
        | ErrorReason::IdempotencyKeyReused
        | ErrorReason::NothingInDoubt
        | ErrorReason::PayoutBeingSent => "payouts.v1.Payout",
        ErrorReason::DestinationNotFound => "payouts.v1.Destination",
        ErrorReason::UnknownMerchant => "merchant",
        ErrorReason::DestinationNotUsable => {
            let why = "the destination was deleted";
            details.add_precondition_failure_violation("DELETED", "destination_id", why);
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

/// The text of a status: the first thing that is wrong, or what the reason says.
fn message(failure: &Failure, reason: ErrorReason) -> String {
    let violations = match failure {
        Failure::Invalid(violations) => violations.as_slice(),
        Failure::Create(CreateError::Unfit(unfit))
        | Failure::Validate(CreateError::Unfit(unfit))
        | Failure::Destination { error: DestinationError::Unfit(unfit), .. } => {
            return format!("{} {}", unfit.field, unfit.why);
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

fn message_of(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::InvalidField => "the request cannot be read; check it against payouts.v1",
        ErrorReason::InvalidPageToken => {
            "the page token is not one of this list; repeat the filters of the page before"
        }
        ErrorReason::UnknownMerchant => "no merchant of this name is served here",
        ErrorReason::PayoutNotFound => "the merchant has no such payout",
        ErrorReason::DestinationNotFound => "the merchant has no such destination of this customer",
        ErrorReason::DestinationNotUsable => {
            "the destination was deleted; register or import it again"
        }
        ErrorReason::DestinationRefused => "the provider does not take this; see the cause",
        ErrorReason::IdempotencyKeyReused => {
            "the key was used before with other contents; use a new key for a new payout"
        }
        ErrorReason::KeyFenced => "the key was fenced by a cancel and can never pay; use another",
        ErrorReason::CursorTooOld => {
            "the log no longer holds what followed; read the payouts anew, then go on from \
             earliest_cursor"
        }
        ErrorReason::CursorFromAnotherStore => {
            "the cursor is from another store; read the payouts anew, then start at the beginning"
        }
        ErrorReason::NotSupported => "the merchant's provider cannot do this; see DescribeProvider",
        ErrorReason::Overloaded => "too much is going on; repeat the same call after the delay",
        ErrorReason::AskedTooSoon => {
            "the provider was asked a short while ago; ask again after the delay"
        }
        ErrorReason::StoreUnavailable => "the store did not answer; repeat the same call",
        ErrorReason::ProviderUnavailable => "the provider did not answer; repeat the same call",
        ErrorReason::KeyUnavailable => {
            "a key of this installation is missing; an operator has to put it back"
        }
        ErrorReason::ShuttingDown => "this server is stopping; repeat the same call",
        ErrorReason::DeadlineExceeded => "the deadline passed first; repeat the same call",
        ErrorReason::NothingInDoubt => {
            "nothing about the payout is in doubt; there is nothing to settle"
        }
        ErrorReason::PayoutBeingSent => {
            "the payout is being sent or asked about at this moment; try again when that is over"
        }
        ErrorReason::Unspecified | ErrorReason::Internal => {
            "a fault in this server, which logged it; repeat the same call"
        }
    }
}

fn name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The error's own text, for operators; it holds no value of a caller.
fn text(failure: &Failure) -> String {
    match failure {
        Failure::Create(error) | Failure::Validate(error) => error.to_string(),
        Failure::Cancel(error) => error.to_string(),
        Failure::Settle(error) => error.to_string(),
        Failure::Queue(error) => error.to_string(),
        Failure::Ask(error) => error.to_string(),
        Failure::Query(error) => error.to_string(),
        Failure::Destination { error, .. } => error.to_string(),
        Failure::Read(error) => error.to_string(),
        Failure::Invalid(_)
        | Failure::PageToken
        | Failure::UnknownMerchant
        | Failure::PayoutNotFound(_)
        | Failure::DestinationNotFound
        | Failure::NotSupported
        | Failure::Overloaded
        | Failure::ShuttingDown
        | Failure::DeadlineExceeded => failure_name(failure).to_owned(),
    }
}

#[cfg(test)]
mod tests;
