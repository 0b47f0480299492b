//! Reasons in bytes.

use crate::codec::field::Numbered;
use crate::reason::Reason;

impl Numbered for Reason {
    fn number(self) -> u8 {
        match self {
            Self::AccountClosed => 1,
            Self::AccountInvalid => 2,
            Self::CustomerBlocked => 3,
            Self::MerchantFundsInsufficient => 4,
            Self::RiskDeclined => 5,
            Self::Sanctions => 6,
            Self::ReauthenticationRequired => 7,
            Self::BankUnavailable => 8,
            Self::ReturnedByBank => 9,
            Self::RequestRejected => 10,
            Self::AccessRefused => 11,
            Self::ProviderAborted => 12,
            Self::CancelRequested => 13,
            Self::SubmitBeforePassed => 14,
            Self::ConnectionFailed => 15,
            Self::AnswerLost => 16,
            Self::AnswerUntrusted => 17,
            Self::ProviderUnavailable => 18,
            Self::Interrupted => 19,
            Self::DuplicateReported => 20,
            Self::AnswerUnknown => 21,
            Self::ResendUnprotected => 22,
            Self::HorizonPassed => 23,
            Self::ProviderAccountChanged => 24,
            Self::AmountDiffers => 25,
            Self::Contradicted => 26,
            Self::Other => 27,
            Self::Unconfirmed => 28,
            Self::SubmissionPaused => 29,
            Self::SettledByOperator => 30,
            Self::NotEnabled => 31,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::AccountClosed,
            2 => Self::AccountInvalid,
            3 => Self::CustomerBlocked,
            4 => Self::MerchantFundsInsufficient,
            5 => Self::RiskDeclined,
            6 => Self::Sanctions,
            7 => Self::ReauthenticationRequired,
            8 => Self::BankUnavailable,
            9 => Self::ReturnedByBank,
            10 => Self::RequestRejected,
            11 => Self::AccessRefused,
            12 => Self::ProviderAborted,
            13 => Self::CancelRequested,
            14 => Self::SubmitBeforePassed,
            15 => Self::ConnectionFailed,
            16 => Self::AnswerLost,
            17 => Self::AnswerUntrusted,
            18 => Self::ProviderUnavailable,
            19 => Self::Interrupted,
            20 => Self::DuplicateReported,
            21 => Self::AnswerUnknown,
            22 => Self::ResendUnprotected,
            23 => Self::HorizonPassed,
            24 => Self::ProviderAccountChanged,
            25 => Self::AmountDiffers,
            26 => Self::Contradicted,
            27 => Self::Other,
            28 => Self::Unconfirmed,
            29 => Self::SubmissionPaused,
            30 => Self::SettledByOperator,
            31 => Self::NotEnabled,
            _ => return None,
        })
    }
}
