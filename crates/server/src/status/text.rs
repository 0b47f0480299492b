//! What failures say to people.

use api::v1::ErrorReason;

use super::{Failure, failure_name};

/// What a reason says to people.
pub(super) fn message_of(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::InvalidField => "the request cannot be read; check it against payouts.v1",
        ErrorReason::InvalidPageToken => {
            "the page token is not one of this list; repeat the filters of the page before"
        }
        ErrorReason::UnknownMerchant => "no merchant of this name is served here",
        ErrorReason::PayoutNotFound => "the merchant has no such payout",
        ErrorReason::DestinationNotFound => "the merchant has no such destination of this customer",
        ErrorReason::DestinationNotUsable => {
            "the destination cannot be paid in its present state; see GetDestination"
        }
        ErrorReason::DestinationRefused => "the provider does not take this; see the cause",
        ErrorReason::IdempotencyKeyReused => {
            "the key was used before with other contents; use a new key for something new"
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

/// The name of a reason, without the prefix that all of them share.
pub(super) fn name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The error's own text, for operators; it holds no value of a caller.
pub(super) fn text(failure: &Failure) -> String {
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
