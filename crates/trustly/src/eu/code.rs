//! Trustly Europe's error codes: what each means and what it says about a payout.
//!
//! The table joins the error lists of the pages for AccountPayout, SelectAccount and error
//! messages. Trustly adds codes without notice: an unknown one proves nothing.

/// What an error, once its signature is verified, says about the order it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The request itself was refused. The same bytes would be refused each time, so this also
    /// settles an earlier send of them whose answer was lost.
    Content,
    /// Our access was refused: credentials, key, address or contract. Nothing was created by this
    /// send, but an earlier one may have passed. The merchant's queue should be held.
    Access,
    /// The end user is blocked. A refusal on a first send; on a repeated one it settles nothing,
    /// because the block may be younger than the first send.
    Blocked,
    /// The message id or UUID was used before, so an order may exist.
    Duplicate,
    /// Nothing can be concluded.
    Doubtful,
}

/// Who has to act before the same thing can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller: the request carries something wrong.
    Request,
    /// The operator together with Trustly: configuration or contract.
    Access,
    /// The end user, or the merchant on their behalf.
    EndUser,
    /// Trustly.
    Trustly,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Trustly's symbolic name, or `UNKNOWN` for a code that is not in the table.
    pub name: &'static str,
    /// What it says about the order.
    pub class: Class,
    /// Who has to act.
    pub fault: Fault,
    /// What happened, in words that name no Trustly concept.
    pub meaning: &'static str,
}

/// Whether a refusal of our access is about the function that was called and no other: the contract
/// does not have it. The same user may be let in to everything else.
#[must_use]
pub fn is_about_one_function(code: u64) -> bool {
    matches!(code, 602 | 712 | 732)
}

/// Looks up a code. Unknown codes are [`Class::Doubtful`].
#[must_use]
pub fn look_up(code: u64) -> Code {
    for (known, name, class, fault, meaning) in TABLE {
        if known == code {
            return Code { name, class, fault, meaning };
        }
    }
    Code {
        name: "UNKNOWN",
        class: Class::Doubtful,
        fault: Fault::Trustly,
        meaning: "the provider's error code is not known",
    }
}

type Row = (u64, &'static str, Class, Fault, &'static str);

#[rustfmt::skip]
const TABLE: [Row; 32] = [
    (602, "ERROR_FUNCTION_ACCESS_DENIED", Class::Access, Fault::Access,
        "the merchant may not use this function"),
    (607, "ERROR_HOST_ACCESS_DENIED", Class::Access, Fault::Access,
        "the address that requests come from is not on the provider's allow-list"),
    (615, "ERROR_INVALID_AMOUNT", Class::Content, Fault::Request,
        "the amount is not valid"),
    (616, "ERROR_INVALID_CREDENTIALS", Class::Access, Fault::Access,
        "the merchant's user name or password is wrong"),
    (620, "ERROR_UNKNOWN", Class::Doubtful, Fault::Trustly,
        "the provider gave no reason"),
    (622, "ERROR_INVALID_CURRENCY_CODE", Class::Content, Fault::Request,
        "the currency is not valid"),
    (623, "ERROR_INVALID_PARAMETERS", Class::Content, Fault::Request,
        "a value has the wrong format"),
    (624, "ERROR_INVALID_BANK_ACCOUNT_NUMBER", Class::Content, Fault::EndUser,
        "the destination account does not exist or is not valid"),
    (636, "ERROR_UNABLE_TO_VERIFY_RSA_SIGNATURE", Class::Access, Fault::Access,
        "the provider could not verify our signature"),
    (637, "ERROR_DUPLICATE_MESSAGE_ID", Class::Duplicate, Fault::Request,
        "the payout's reference was used before"),
    (638, "ERROR_ENDUSER_IS_BLOCKED", Class::Blocked, Fault::EndUser,
        "the customer is blocked"),
    (639, "ERROR_NO_PUBLIC_KEY", Class::Access, Fault::Access,
        "the provider has no public key of the merchant"),
    (642, "ERROR_INVALID_EMAIL", Class::Content, Fault::Request,
        "the e-mail address is not valid"),
    (645, "ERROR_INVALID_LOCALE", Class::Content, Fault::Request,
        "the locale is not valid"),
    (655, "ERROR_INVALID_ORDER_ID", Class::Content, Fault::Request,
        "the order does not exist"),
    (688, "ERROR_DUPLICATE_UUID", Class::Duplicate, Fault::Request,
        "the request's identifier was used before"),
    (696, "ERROR_ENDUSERID_IS_NULL", Class::Content, Fault::Request,
        "the customer's id is missing"),
    (697, "ERROR_MESSAGEID_IS_NULL", Class::Content, Fault::Request,
        "the payout's reference is missing"),
    (698, "ERROR_INVALID_IP", Class::Content, Fault::Request,
        "the customer's address is not one IP"),
    (700, "ERROR_MALFORMED_SUCCESSURL", Class::Content, Fault::Request,
        "the success url is malformed"),
    (701, "ERROR_MALFORMED_FAILURL", Class::Content, Fault::Request,
        "the failure url is malformed"),
    (702, "ERROR_MALFORMED_TEMPLATEURL", Class::Content, Fault::Request,
        "the template url is malformed"),
    (703, "ERROR_MALFORMED_URLTARGET", Class::Content, Fault::Request,
        "the url target is malformed"),
    (704, "ERROR_MALFORMED_MESSAGEID", Class::Content, Fault::Request,
        "the payout's reference is malformed"),
    (705, "ERROR_MALFORMED_NOTIFICATIONURL", Class::Content, Fault::Request,
        "the notification url is malformed"),
    (706, "ERROR_MALFORMED_ENDUSERID", Class::Content, Fault::Request,
        "the customer's id is malformed"),
    (712, "ERROR_DIRECT_DEBIT_NOT_ALLOWED", Class::Access, Fault::Access,
        "direct debit is not enabled for the merchant"),
    (717, "ERROR_INVALID_ORDER_ATTRIBUTE", Class::Content, Fault::Request,
        "an attribute is not valid"),
    (718, "ERROR_DISABLED_USER", Class::Access, Fault::Access,
        "the merchant is disabled at the provider"),
    (732, "ERROR_PAY_AND_PLAY_NOT_ALLOWED", Class::Access, Fault::Access,
        "the product is not enabled for the merchant"),
    (734, "ERROR_NOT_SECURE_NOTIFICATIONURL", Class::Content, Fault::Request,
        "the notification url is not https"),
    (737, "ERROR_INVALID_COUNTRY", Class::Content, Fault::Request,
        "the country is not valid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of_class(class: Class) -> Vec<u64> {
        TABLE.iter().filter(|row| row.2 == class).map(|row| row.0).collect()
    }

    #[test]
    fn every_class_has_exactly_its_codes() {
        assert_eq!(of_class(Class::Access), [602, 607, 616, 636, 639, 712, 718, 732]);
        assert_eq!(of_class(Class::Blocked), [638]);
        assert_eq!(of_class(Class::Duplicate), [637, 688]);
        assert_eq!(of_class(Class::Doubtful), [620]);
        let content = [
            615, 622, 623, 624, 642, 645, 655, 696, 697, 698, 700, 701, 702, 703, 704, 705, 706,
            717, 734, 737,
        ];
        assert_eq!(of_class(Class::Content), content);
    }

    #[test]
    fn an_unknown_code_proves_nothing() {
        for code in [0, 1, 619, 999, u64::MAX] {
            assert_eq!(look_up(code).class, Class::Doubtful);
        }
    }

    #[test]
    fn what_is_about_one_function_is_about_access() {
        let codes = of_class(Class::Access);
        let about_one: Vec<u64> =
            codes.iter().copied().filter(|code| is_about_one_function(*code)).collect();
        assert_eq!(about_one, [602, 712, 732]);
    }

    #[test]
    fn access_codes_are_for_the_operator() {
        for code in of_class(Class::Access) {
            assert_eq!(look_up(code).fault, Fault::Access, "{code}");
        }
    }
}
