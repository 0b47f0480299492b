//! Reasons, who has to act, and what people have to look at.

use api::v1;
use payout::input::ProviderWords;
use payout::reason::{Actor, Reason};

use super::destination::clipped;

/// Longest code of a provider, in characters, as the API promises.
const PROVIDER_CODE_LENGTH_MAX: usize = 64;

/// Longest text of a provider, in characters, as the API promises.
const PROVIDER_TEXT_LENGTH_MAX: usize = 256;

/// A reason with the provider's own words.
pub(super) fn cause(reason: Reason, words: &ProviderWords) -> v1::Cause {
    v1::Cause {
        reason: neutral(reason).into(),
        retryable: reason.retryable(),
        actor: actor(reason.actor()).into(),
        provider_code: clipped(words.code.as_deref().unwrap_or(""), PROVIDER_CODE_LENGTH_MAX),
        provider_text: clipped(words.text.as_deref().unwrap_or(""), PROVIDER_TEXT_LENGTH_MAX),
    }
}

/// A reason where the provider's words are not at hand.
pub(super) fn bare_cause(reason: Reason) -> v1::Cause {
    cause(reason, &ProviderWords::default())
}

/// The name of a reason in the API, without the prefix that all of them share.
pub(crate) fn reason_name(reason: Reason) -> &'static str {
    let name = neutral(reason).as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// What a person should look at, given why the machine thinks so.
pub(super) fn attention(reason: Reason) -> v1::Attention {
    match reason {
        Reason::AmountDiffers => v1::Attention::AmountMismatch,
        Reason::Unconfirmed => v1::Attention::Unconfirmed,
        _ => v1::Attention::Contradiction,
    }
}

fn neutral(reason: Reason) -> v1::Reason {
    match reason {
        Reason::AccountClosed => v1::Reason::AccountClosed,
        Reason::AccountInvalid => v1::Reason::AccountInvalid,
        Reason::CustomerBlocked => v1::Reason::CustomerBlocked,
        Reason::MerchantFundsInsufficient => v1::Reason::MerchantFundsInsufficient,
        Reason::RiskDeclined => v1::Reason::RiskDeclined,
        Reason::Sanctions => v1::Reason::Sanctions,
        Reason::ReauthenticationRequired => v1::Reason::ReauthenticationRequired,
        Reason::BankUnavailable => v1::Reason::BankUnavailable,
        Reason::ReturnedByBank => v1::Reason::ReturnedByBank,
        Reason::RequestRejected => v1::Reason::RequestRejected,
        Reason::AccessRefused => v1::Reason::AccessRefused,
        Reason::NotEnabled => v1::Reason::NotEnabled,
        Reason::ProviderAborted => v1::Reason::ProviderAborted,
        Reason::CancelRequested => v1::Reason::CancelRequested,
        Reason::SubmitBeforePassed => v1::Reason::SubmitBeforePassed,
        Reason::ConnectionFailed => v1::Reason::ConnectionFailed,
        Reason::AnswerLost => v1::Reason::AnswerLost,
        Reason::AnswerUntrusted => v1::Reason::AnswerUntrusted,
        Reason::ProviderUnavailable => v1::Reason::ProviderUnavailable,
        Reason::Interrupted => v1::Reason::Interrupted,
        Reason::DuplicateReported => v1::Reason::DuplicateReported,
        Reason::AnswerUnknown => v1::Reason::AnswerUnknown,
        Reason::ResendUnprotected => v1::Reason::ResendUnprotected,
        Reason::HorizonPassed => v1::Reason::HorizonPassed,
        Reason::ProviderAccountChanged => v1::Reason::ProviderAccountChanged,
        Reason::AmountDiffers => v1::Reason::AmountDiffers,
        Reason::Contradicted => v1::Reason::Contradicted,
        Reason::Unconfirmed => v1::Reason::Unconfirmed,
        Reason::SubmissionPaused => v1::Reason::SubmissionPaused,
        Reason::SettledByOperator => v1::Reason::SettledByOperator,
        Reason::Other => v1::Reason::Other,
    }
}

fn actor(actor: Actor) -> v1::Actor {
    match actor {
        Actor::Caller => v1::Actor::Caller,
        Actor::Customer => v1::Actor::Customer,
        Actor::Operator => v1::Actor::Operator,
        Actor::Provider => v1::Actor::Provider,
        Actor::Nobody => v1::Actor::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_spell_reasons_as_the_api_does() {
        for reason in [
            Reason::AccountClosed,
            Reason::AccountInvalid,
            Reason::CustomerBlocked,
            Reason::MerchantFundsInsufficient,
            Reason::RiskDeclined,
            Reason::Sanctions,
            Reason::ReauthenticationRequired,
            Reason::BankUnavailable,
            Reason::ReturnedByBank,
            Reason::RequestRejected,
            Reason::AccessRefused,
            Reason::NotEnabled,
            Reason::ProviderAborted,
            Reason::CancelRequested,
            Reason::SubmitBeforePassed,
            Reason::ConnectionFailed,
            Reason::AnswerLost,
            Reason::AnswerUntrusted,
            Reason::ProviderUnavailable,
            Reason::Interrupted,
            Reason::DuplicateReported,
            Reason::AnswerUnknown,
            Reason::ResendUnprotected,
            Reason::HorizonPassed,
            Reason::ProviderAccountChanged,
            Reason::AmountDiffers,
            Reason::Contradicted,
            Reason::Unconfirmed,
            Reason::SubmissionPaused,
            Reason::SettledByOperator,
            Reason::Other,
        ] {
            assert_eq!(reason.as_str(), reason_name(reason));
        }
    }
}
