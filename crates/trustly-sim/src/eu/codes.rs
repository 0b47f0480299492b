//! Trustly Europe's error codes (page "Error messages").

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u16);

impl Code {
    pub(crate) const FUNCTION_ACCESS_DENIED: Self = Self(602);
    pub(crate) const HOST_ACCESS_DENIED: Self = Self(607);
    pub(crate) const INVALID_AMOUNT: Self = Self(615);
    pub(crate) const INVALID_CREDENTIALS: Self = Self(616);
    pub(crate) const UNKNOWN: Self = Self(620);
    pub(crate) const INVALID_CURRENCY_CODE: Self = Self(622);
    pub(crate) const INVALID_PARAMETERS: Self = Self(623);
    pub(crate) const INVALID_BANK_ACCOUNT_NUMBER: Self = Self(624);
    pub(crate) const UNABLE_TO_VERIFY_RSA_SIGNATURE: Self = Self(636);
    pub(crate) const DUPLICATE_MESSAGE_ID: Self = Self(637);
    pub(crate) const ENDUSER_IS_BLOCKED: Self = Self(638);
    pub(crate) const NO_PUBLIC_KEY: Self = Self(639);
    pub(crate) const INVALID_EMAIL: Self = Self(642);
    pub(crate) const INVALID_LOCALE: Self = Self(645);
    pub(crate) const INVALID_ORDER_ID: Self = Self(655);
    pub(crate) const DUPLICATE_UUID: Self = Self(688);
    pub(crate) const ENDUSERID_IS_NULL: Self = Self(696);
    pub(crate) const MESSAGEID_IS_NULL: Self = Self(697);
    pub(crate) const INVALID_IP: Self = Self(698);
    pub(crate) const MALFORMED_SUCCESSURL: Self = Self(700);
    pub(crate) const MALFORMED_FAILURL: Self = Self(701);
    pub(crate) const MALFORMED_TEMPLATEURL: Self = Self(702);
    pub(crate) const MALFORMED_URLTARGET: Self = Self(703);
    pub(crate) const MALFORMED_MESSAGEID: Self = Self(704);
    pub(crate) const MALFORMED_NOTIFICATIONURL: Self = Self(705);
    pub(crate) const MALFORMED_ENDUSERID: Self = Self(706);
    pub(crate) const DIRECT_DEBIT_NOT_ALLOWED: Self = Self(712);
    pub(crate) const INVALID_ORDER_ATTRIBUTE: Self = Self(717);
    pub(crate) const DISABLED_USER: Self = Self(718);
    pub(crate) const PAY_AND_PLAY_NOT_ALLOWED: Self = Self(732);
    pub(crate) const NOT_SECURE_NOTIFICATIONURL: Self = Self(734);
    pub(crate) const INVALID_COUNTRY: Self = Self(737);

    /// The symbolic name that travels as `message`. Rules may ask for codes nobody documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FUNCTION_ACCESS_DENIED => "ERROR_FUNCTION_ACCESS_DENIED",
            Self::HOST_ACCESS_DENIED => "ERROR_HOST_ACCESS_DENIED",
            Self::INVALID_AMOUNT => "ERROR_INVALID_AMOUNT",
            Self::INVALID_CREDENTIALS => "ERROR_INVALID_CREDENTIALS",
            Self::INVALID_PARAMETERS => "ERROR_INVALID_PARAMETERS",
            Self::INVALID_BANK_ACCOUNT_NUMBER => "ERROR_INVALID_BANK_ACCOUNT_NUMBER",
            Self::UNABLE_TO_VERIFY_RSA_SIGNATURE => "ERROR_UNABLE_TO_VERIFY_RSA_SIGNATURE",
            Self::DUPLICATE_MESSAGE_ID => "ERROR_DUPLICATE_MESSAGE_ID",
            Self::ENDUSER_IS_BLOCKED => "ERROR_ENDUSER_IS_BLOCKED",
            Self::NO_PUBLIC_KEY => "ERROR_NO_PUBLIC_KEY",
            Self::DUPLICATE_UUID => "ERROR_DUPLICATE_UUID",
            Self::ENDUSERID_IS_NULL => "ERROR_ENDUSERID_IS_NULL",
            Self::MESSAGEID_IS_NULL => "ERROR_MESSAGEID_IS_NULL",
            Self::MALFORMED_MESSAGEID => "ERROR_MALFORMED_MESSAGEID",
            Self::MALFORMED_NOTIFICATIONURL => "ERROR_MALFORMED_NOTIFICATIONURL",
            Self::MALFORMED_ENDUSERID => "ERROR_MALFORMED_ENDUSERID",
            Self::INVALID_ORDER_ATTRIBUTE => "ERROR_INVALID_ORDER_ATTRIBUTE",
            Self::DISABLED_USER => "ERROR_DISABLED_USER",
            Self::NOT_SECURE_NOTIFICATIONURL => "ERROR_NOT_SECURE_NOTIFICATIONURL",
            Self::INVALID_CURRENCY_CODE => "ERROR_INVALID_CURRENCY_CODE",
            Self::INVALID_EMAIL => "ERROR_INVALID_EMAIL",
            Self::INVALID_LOCALE => "ERROR_INVALID_LOCALE",
            Self::INVALID_ORDER_ID => "ERROR_INVALID_ORDER_ID",
            Self::INVALID_IP => "ERROR_INVALID_IP",
            Self::MALFORMED_SUCCESSURL => "ERROR_MALFORMED_SUCCESSURL",
            Self::MALFORMED_FAILURL => "ERROR_MALFORMED_FAILURL",
            Self::MALFORMED_TEMPLATEURL => "ERROR_MALFORMED_TEMPLATEURL",
            Self::MALFORMED_URLTARGET => "ERROR_MALFORMED_URLTARGET",
            Self::DIRECT_DEBIT_NOT_ALLOWED => "ERROR_DIRECT_DEBIT_NOT_ALLOWED",
            Self::PAY_AND_PLAY_NOT_ALLOWED => "ERROR_PAY_AND_PLAY_NOT_ALLOWED",
            Self::INVALID_COUNTRY => "ERROR_INVALID_COUNTRY",
            _ => "ERROR_UNKNOWN",
        }
    }

    /// A refusal of the caller that says nothing about the order. It is not remembered: once the
    /// cause is mended, the same bytes are looked at anew.
    pub(crate) fn is_access(self) -> bool {
        matches!(
            self,
            Self::FUNCTION_ACCESS_DENIED
                | Self::HOST_ACCESS_DENIED
                | Self::INVALID_CREDENTIALS
                | Self::UNABLE_TO_VERIFY_RSA_SIGNATURE
                | Self::NO_PUBLIC_KEY
                | Self::DISABLED_USER
        )
    }
}
