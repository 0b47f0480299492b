//! Error codes of Trustly Americas, from its error pages: what each says about the payout that was
//! asked for. They come in an `errors` array, with any HTTP status, and in webhooks.

use payout::reason::Reason;

/// What an error code in the answer to a deposit says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Refused for good: this request created nothing and never will.
    Refused,
    /// Refused because our access was: nothing was created. The merchant's queue should be held.
    Access,
    /// The merchant reference was used before and that transaction got somewhere: look it up.
    Duplicate,
    /// Nothing can be concluded.
    Doubtful,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// What it says about the payout.
    pub class: Class,
    /// Why, in neutral words.
    pub reason: Reason,
    /// What happened, as a sentence fragment for operators.
    pub meaning: &'static str,
}

/// Looks up a code. Unknown codes are [`Class::Doubtful`].
#[must_use]
pub fn look_up(code: u64) -> Code {
    let (class, reason, meaning) = match code {
        100 => (Class::Doubtful, Reason::Other, "internal error at the provider"),
        150 => (Class::Doubtful, Reason::BankUnavailable, "error between provider and bank"),
        200 => (Class::Refused, Reason::Other, "a parameter is not valid"),
        210 => (Class::Duplicate, Reason::Other, "the merchant reference was used before"),
        300 => (Class::Access, Reason::Other, "security error"),
        325 => (Class::Access, Reason::Other, "security error"),
        326 => {
            (Class::Refused, Reason::ReauthenticationRequired, "the customer's token has expired")
        }
        330 => (Class::Refused, Reason::AccountInvalid, "the account is not valid"),
        // Documented for webhooks about denied transactions only: where it answers a request, a
        // transaction may exist, so it is looked up rather than taken for an absence.
        331 => {
            (Class::Doubtful, Reason::MerchantFundsInsufficient, "the balance is not sufficient")
        }
        375 => (Class::Access, Reason::Other, "access id, access key or signature is wrong"),
        378 => (Class::Doubtful, Reason::BankUnavailable, "error of the provider or the bank"),
        380 => {
            (Class::Refused, Reason::ReauthenticationRequired, "the customer's token is damaged")
        }
        390 => {
            (Class::Refused, Reason::RiskDeclined, "declined by fraud analysis or negative data")
        }
        397 => {
            (Class::Refused, Reason::ReauthenticationRequired, "the customer's token is not valid")
        }
        _ => (Class::Doubtful, Reason::Other, "the provider's error code is not known"),
    };
    Code { class, reason, meaning }
}

/// What several codes in one answer say together: anything doubtful makes all of it doubtful, and
/// a duplicate outweighs refusals, because a transaction may exist. No code at all is doubtful.
#[must_use]
pub fn verdict(codes: &[u64]) -> Class {
    let mut verdict = None;
    for code in codes {
        let class = look_up(*code).class;
        verdict = Some(match (verdict, class) {
            (None, first) => first,
            (Some(Class::Doubtful), _) | (_, Class::Doubtful) => Class::Doubtful,
            (Some(Class::Duplicate), _) | (_, Class::Duplicate) => Class::Duplicate,
            (Some(Class::Access), _) | (_, Class::Access) => Class::Access,
            (Some(Class::Refused), Class::Refused) => Class::Refused,
        });
    }
    verdict.unwrap_or(Class::Doubtful)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_class(class: Class) -> Vec<u64> {
        let known = |code: &u64| !look_up(*code).meaning.contains("not known");
        (0..1000).filter(|code| known(code) && look_up(*code).class == class).collect()
    }

    #[test]
    fn every_class_has_exactly_its_codes() {
        assert_eq!(of_class(Class::Refused), [200, 326, 330, 380, 390, 397]);
        assert_eq!(of_class(Class::Access), [300, 325, 375]);
        assert_eq!(of_class(Class::Duplicate), [210]);
        assert_eq!(of_class(Class::Doubtful), [100, 150, 331, 378]);
        for unknown in [0, 1, 211, 399, u64::MAX] {
            assert_eq!(look_up(unknown).class, Class::Doubtful);
        }
    }

    #[test]
    fn the_most_cautious_code_decides() {
        assert_eq!(verdict(&[]), Class::Doubtful);
        assert_eq!(verdict(&[200]), Class::Refused);
        assert_eq!(verdict(&[200, 330]), Class::Refused);
        for (codes, expected) in [
            ([200, 375], Class::Access),
            ([200, 210], Class::Duplicate),
            ([375, 210], Class::Duplicate),
            ([200, 999], Class::Doubtful),
            ([210, 100], Class::Doubtful),
        ] {
            assert_eq!(verdict(&codes), expected, "{codes:?}");
            let [first, second] = codes;
            assert_eq!(verdict(&[second, first]), expected, "{codes:?} reversed");
        }
    }
}
