//! Why something is as it is, in words that no provider owns.

use std::fmt;

/// A neutral reason. New ones may be added; none is ever given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The customer's account is closed.
    AccountClosed,
    /// The account does not exist or cannot take this payment.
    AccountInvalid,
    /// The provider or bank refuses this customer.
    CustomerBlocked,
    /// The merchant's funds with the provider do not cover the payout.
    MerchantFundsInsufficient,
    /// Declined by a risk rule.
    RiskDeclined,
    /// Declined because of a sanctions list.
    Sanctions,
    /// The customer must sign in to the bank again.
    ReauthenticationRequired,
    /// The bank or its network is not available.
    BankUnavailable,
    /// The bank returned the money.
    ReturnedByBank,
    /// The provider found the request itself wrong.
    RequestRejected,
    /// The provider refuses our access: credentials, signature, address or permission.
    AccessRefused,
    /// The merchant's contract with the provider does not have the function that was called.
    NotEnabled,
    /// The provider gave the payout up, or will not say why.
    ProviderAborted,
    /// A caller asked to cancel.
    CancelRequested,
    /// It was not sent before the time the caller set.
    SubmitBeforePassed,
    /// The connection was never made, so nothing was sent.
    ConnectionFailed,
    /// No answer came back; what was sent may have taken effect.
    AnswerLost,
    /// An answer came that cannot be trusted: unsigned, wrongly signed or unreadable.
    AnswerUntrusted,
    /// The provider answered that it is in trouble itself; the order may exist.
    ProviderUnavailable,
    /// Whoever was sending stopped before it knew the answer.
    Interrupted,
    /// The provider says it already has an order under our name.
    DuplicateReported,
    /// The provider answered in a way that is not known here.
    AnswerUnknown,
    /// Nothing was found at the provider and its duplicate protection is not confirmed.
    ResendUnprotected,
    /// It stayed in doubt beyond the configured time.
    HorizonPassed,
    /// The account at the provider is not the one the request was sealed for.
    ProviderAccountChanged,
    /// The provider names another amount than was ordered.
    AmountDiffers,
    /// The provider contradicts what it said, after the payout was settled.
    Contradicted,
    /// The provider never confirmed, when asked, what its notification said.
    Unconfirmed,
    /// An operator stopped all sending for the merchant.
    SubmissionPaused,
    /// An operator settled it, with evidence.
    SettledByOperator,
    /// None of the above; see the provider's code and text.
    Other,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who can do something about a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The service that called.
    Caller,
    /// The person or company that is paid.
    Customer,
    /// Whoever runs this installation or holds the contract with the provider.
    Operator,
    /// The provider or the bank.
    Provider,
    /// Nobody needs to do anything.
    Nobody,
}

impl Reason {
    /// The name as callers know it, for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountClosed => "ACCOUNT_CLOSED",
            Self::AccountInvalid => "ACCOUNT_INVALID",
            Self::CustomerBlocked => "CUSTOMER_BLOCKED",
            Self::MerchantFundsInsufficient => "MERCHANT_FUNDS_INSUFFICIENT",
            Self::RiskDeclined => "RISK_DECLINED",
            Self::Sanctions => "SANCTIONS",
            Self::ReauthenticationRequired => "REAUTHENTICATION_REQUIRED",
            Self::BankUnavailable => "BANK_UNAVAILABLE",
            Self::ReturnedByBank => "RETURNED_BY_BANK",
            Self::RequestRejected => "REQUEST_REJECTED",
            Self::AccessRefused => "ACCESS_REFUSED",
            Self::NotEnabled => "NOT_ENABLED",
            Self::ProviderAborted => "PROVIDER_ABORTED",
            Self::CancelRequested => "CANCEL_REQUESTED",
            Self::SubmitBeforePassed => "SUBMIT_BEFORE_PASSED",
            Self::ConnectionFailed => "CONNECTION_FAILED",
            Self::AnswerLost => "ANSWER_LOST",
            Self::AnswerUntrusted => "ANSWER_UNTRUSTED",
            Self::ProviderUnavailable => "PROVIDER_UNAVAILABLE",
            Self::Interrupted => "INTERRUPTED",
            Self::DuplicateReported => "DUPLICATE_REPORTED",
            Self::AnswerUnknown => "ANSWER_UNKNOWN",
            Self::ResendUnprotected => "RESEND_UNPROTECTED",
            Self::HorizonPassed => "HORIZON_PASSED",
            Self::ProviderAccountChanged => "PROVIDER_ACCOUNT_CHANGED",
            Self::AmountDiffers => "AMOUNT_DIFFERS",
            Self::Contradicted => "CONTRADICTED",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::SubmissionPaused => "SUBMISSION_PAUSED",
            Self::SettledByOperator => "SETTLED_BY_OPERATOR",
            Self::Other => "OTHER",
        }
    }

    /// Whether a new payout with the same contents can be expected to fare better by itself.
    pub fn retryable(self) -> bool {
        match self {
            Self::BankUnavailable
            | Self::ProviderAborted
            | Self::ProviderUnavailable
            | Self::ConnectionFailed
            | Self::SubmitBeforePassed
            | Self::SubmissionPaused
            | Self::MerchantFundsInsufficient
            | Self::AccessRefused => true,
            Self::AccountClosed
            | Self::AccountInvalid
            | Self::CustomerBlocked
            | Self::RiskDeclined
            | Self::Sanctions
            | Self::ReauthenticationRequired
            | Self::ReturnedByBank
            | Self::RequestRejected
            | Self::NotEnabled
            | Self::CancelRequested
            | Self::AnswerLost
            | Self::AnswerUntrusted
            | Self::Interrupted
            | Self::DuplicateReported
            | Self::AnswerUnknown
            | Self::ResendUnprotected
            | Self::HorizonPassed
            | Self::ProviderAccountChanged
            | Self::AmountDiffers
            | Self::Contradicted
            | Self::Unconfirmed
            | Self::SettledByOperator
            | Self::Other => false,
        }
    }

    /// Who can do something about it.
    pub fn actor(self) -> Actor {
        match self {
            Self::AccountClosed
            | Self::AccountInvalid
            | Self::CustomerBlocked
            | Self::ReauthenticationRequired => Actor::Customer,
            Self::RiskDeclined | Self::Sanctions | Self::RequestRejected | Self::ReturnedByBank => {
                Actor::Caller
            }
            Self::MerchantFundsInsufficient
            | Self::AccessRefused
            | Self::NotEnabled
            | Self::DuplicateReported
            | Self::ResendUnprotected
            | Self::HorizonPassed
            | Self::ProviderAccountChanged
            | Self::AmountDiffers
            | Self::Contradicted
            | Self::Unconfirmed
            | Self::SubmissionPaused
            | Self::Other => Actor::Operator,
            Self::BankUnavailable | Self::ProviderAborted => Actor::Provider,
            Self::CancelRequested
            | Self::SubmitBeforePassed
            | Self::ConnectionFailed
            | Self::AnswerLost
            | Self::AnswerUntrusted
            | Self::ProviderUnavailable
            | Self::Interrupted
            | Self::SettledByOperator
            | Self::AnswerUnknown => Actor::Nobody,
        }
    }
}
