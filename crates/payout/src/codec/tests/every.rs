//! Every value of each enum that is stored as a number. The successor functions do not compile
//! until they know a new variant, so that no variant can be written and then not be read.

use crate::destination::{DestinationState, Origin};
use crate::input::{Certainty, RefusalKind, Reported};
use crate::order::Speed;
use crate::port::EvidenceKind;
use crate::queue::ProviderCall;
use crate::reason::Reason;
use crate::reconcile::BreakKind;
use crate::state::StateName;

pub(crate) fn break_kinds() -> Vec<BreakKind> {
    every(BreakKind::UnknownHere, |kind| {
        Some(match kind {
            BreakKind::UnknownHere => BreakKind::Missing,
            BreakKind::Missing => BreakKind::AmountDiffers,
            BreakKind::AmountDiffers => BreakKind::DebitedInDoubt,
            BreakKind::DebitedInDoubt => return None,
        })
    })
}

pub(crate) fn provider_calls() -> Vec<ProviderCall> {
    every(ProviderCall::Payout, |call| match call {
        ProviderCall::Payout => Some(ProviderCall::Destination),
        ProviderCall::Destination => Some(ProviderCall::Link),
        ProviderCall::Link => None,
    })
}

pub(crate) fn reasons() -> Vec<Reason> {
    every(Reason::AccountClosed, |reason| {
        Some(match reason {
            Reason::AccountClosed => Reason::AccountInvalid,
            Reason::AccountInvalid => Reason::CustomerBlocked,
            Reason::CustomerBlocked => Reason::MerchantFundsInsufficient,
            Reason::MerchantFundsInsufficient => Reason::RiskDeclined,
            Reason::RiskDeclined => Reason::Sanctions,
            Reason::Sanctions => Reason::ReauthenticationRequired,
            Reason::ReauthenticationRequired => Reason::BankUnavailable,
            Reason::BankUnavailable => Reason::ReturnedByBank,
            Reason::ReturnedByBank => Reason::RequestRejected,
            Reason::RequestRejected => Reason::AccessRefused,
            Reason::AccessRefused => Reason::ProviderAborted,
            Reason::ProviderAborted => Reason::CancelRequested,
            Reason::CancelRequested => Reason::SubmitBeforePassed,
            Reason::SubmitBeforePassed => Reason::ConnectionFailed,
            Reason::ConnectionFailed => Reason::AnswerLost,
            Reason::AnswerLost => Reason::AnswerUntrusted,
            Reason::AnswerUntrusted => Reason::ProviderUnavailable,
            Reason::ProviderUnavailable => Reason::Interrupted,
            Reason::Interrupted => Reason::DuplicateReported,
            Reason::DuplicateReported => Reason::AnswerUnknown,
            Reason::AnswerUnknown => Reason::ResendUnprotected,
            Reason::ResendUnprotected => Reason::HorizonPassed,
            Reason::HorizonPassed => Reason::ProviderAccountChanged,
            Reason::ProviderAccountChanged => Reason::AmountDiffers,
            Reason::AmountDiffers => Reason::Contradicted,
            Reason::Contradicted => Reason::Other,
            Reason::Other => Reason::Unconfirmed,
            Reason::Unconfirmed => Reason::SubmissionPaused,
            Reason::SubmissionPaused => Reason::SettledByOperator,
            Reason::SettledByOperator => Reason::NotEnabled,
            Reason::NotEnabled => return None,
        })
    })
}

pub(crate) fn state_names() -> Vec<StateName> {
    every(StateName::Pending, |name| {
        Some(match name {
            StateName::Pending => StateName::Submitting,
            StateName::Submitting => StateName::Indeterminate,
            StateName::Indeterminate => StateName::Accepted,
            StateName::Accepted => StateName::Processing,
            StateName::Processing => StateName::Presumed,
            StateName::Presumed => StateName::Completed,
            StateName::Completed => StateName::Failed,
            StateName::Failed => StateName::Canceled,
            StateName::Canceled => StateName::Returned,
            StateName::Returned => return None,
        })
    })
}

pub(crate) fn reported() -> Vec<Reported> {
    every(Reported::Accepted, |reported| {
        Some(match reported {
            Reported::Accepted => Reported::Processing,
            Reported::Processing => Reported::Completed,
            Reported::Completed => Reported::Failed,
            Reported::Failed => Reported::Canceled,
            Reported::Canceled => Reported::Returned,
            Reported::Returned => return None,
        })
    })
}

pub(crate) fn refusal_kinds() -> Vec<RefusalKind> {
    every(RefusalKind::Content, |kind| {
        Some(match kind {
            RefusalKind::Content => RefusalKind::Circumstance,
            RefusalKind::Circumstance => RefusalKind::Access,
            RefusalKind::Access => RefusalKind::Duplicate,
            RefusalKind::Duplicate => return None,
        })
    })
}

pub(crate) fn certainties() -> Vec<Certainty> {
    every(Certainty::Certain, |certainty| match certainty {
        Certainty::Certain => Some(Certainty::Unconfirmed),
        Certainty::Unconfirmed => None,
    })
}

pub(crate) fn speeds() -> Vec<Speed> {
    every(Speed::Standard, |speed| match speed {
        Speed::Standard => Some(Speed::Instant),
        Speed::Instant => None,
    })
}

pub(crate) fn origins() -> Vec<Origin> {
    every(Origin::Registered, |origin| match origin {
        Origin::Registered => Some(Origin::Imported),
        Origin::Imported => Some(Origin::Linked),
        Origin::Linked => None,
    })
}

pub(crate) fn destination_states() -> Vec<DestinationState> {
    every(DestinationState::Active, |state| match state {
        DestinationState::Active => Some(DestinationState::Deleted),
        DestinationState::Deleted => Some(DestinationState::Linking),
        DestinationState::Linking => Some(DestinationState::Abandoned),
        DestinationState::Abandoned => None,
    })
}

pub(crate) fn evidence_kinds() -> Vec<EvidenceKind> {
    every(EvidenceKind::Reply, |kind| match kind {
        EvidenceKind::Reply => Some(EvidenceKind::Notification),
        EvidenceKind::Notification => None,
    })
}

fn every<T: Copy>(first: T, next: fn(T) -> Option<T>) -> Vec<T> {
    std::iter::successors(Some(first), |value| next(*value)).collect()
}
