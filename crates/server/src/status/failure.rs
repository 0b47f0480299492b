//! Why calls fail, and which of the API's reasons that is.

use api::v1::ErrorReason;
use engine::{
    AskError, CancelError, CreateError, DestinationError, QueryError, QueueError, SettleError,
};
use payout::fingerprint::CompareError;
use payout::keys::KeyError;
use payout::port::{ReadError, StoreError, Unfit, UnfitKind};
use payout::seal::OpenError;

use crate::convert::Violation;

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

/// The reason that a caller gets for a failure.
pub(super) fn reason(failure: &Failure) -> ErrorReason {
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
        CreateError::DestinationNotUsable(_) | CreateError::DestinationOfOtherAccount => {
            ErrorReason::DestinationNotUsable
        }
        CreateError::KeyReused { .. } => ErrorReason::IdempotencyKeyReused,
        CreateError::Fenced => ErrorReason::KeyFenced,
        CreateError::Overloaded => ErrorReason::Overloaded,
        CreateError::Stopping => ErrorReason::ShuttingDown,
        // Whether the write was confirmed died with the task that waited for it.
        CreateError::Interrupted => ErrorReason::StoreUnavailable,
        CreateError::Compare(error) => of_compare(error),
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
        DestinationError::Unanswered(_) | DestinationError::NoAccess(_) => {
            ErrorReason::ProviderUnavailable
        }
        DestinationError::KeyReused { .. } => ErrorReason::IdempotencyKeyReused,
        DestinationError::Compare(error) => of_compare(error),
        DestinationError::Open(error) => of_open(error),
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

fn of_compare(error: &CompareError) -> ErrorReason {
    match error {
        CompareError::Key(error) => of_key(error),
        // What a later release wrote, this one cannot read: the next call may find that release.
        CompareError::Rules(_) => ErrorReason::StoreUnavailable,
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
pub(super) fn certainly_not_recorded(failure: &Failure) -> bool {
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
