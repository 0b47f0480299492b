//! How much of a ShopperStatement the customer is likely to read.

use payout::money::Currency;

/// Trustly's own reference, ten digits, and a blank come before the statement (AccountPayout page).
const TRUSTLY_REFERENCE_LENGTH: usize = 11;

/// Trustly names no length: it depends on the bank, and what does not fit is cut from the end.
/// These are the shortest fields that statements commonly travel in: 18 characters in British
/// payments, and 35 characters (Max35Text of ISO 20022) elsewhere.
const FIELD_LENGTH_GBP: usize = 18;
const FIELD_LENGTH: usize = 35;

/// How many characters of a statement fit everywhere in a currency, if this one has more.
pub(super) fn cut_to(statement: &str, currency: Currency) -> Option<usize> {
    let field = if currency.code() == "GBP" { FIELD_LENGTH_GBP } else { FIELD_LENGTH };
    let fits = field - TRUSTLY_REFERENCE_LENGTH;
    (statement.chars().count() > fits).then_some(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_fit_are_not_reported() {
        let cut = |text: &str, code| cut_to(text, Currency::parse(code).unwrap());
        assert_eq!(cut(&"å".repeat(24), "EUR"), None);
        assert_eq!(cut(&"å".repeat(25), "SEK"), Some(24));
        assert_eq!(cut("Trustly", "GBP"), None);
        assert_eq!(cut("Trustly.com", "GBP"), Some(7));
    }
}
