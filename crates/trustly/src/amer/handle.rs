//! What can be paid to in the Americas: a bank authorization, with what look-ups need to find it.

use payout::port::Handle;

use super::wire::transaction::TRANSACTION_ID_DIGITS_MAX;

/// Parts are joined by a control character, which none of them holds (see [`usable`]).
const SEPARATOR: &str = "\u{1f}";
const VERSION: &str = "1";

/// A bank authorization of a customer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Authorization {
    /// The authorization's transaction id.
    pub(super) transaction_id: String,
    /// The reference it was made with, where Trustly told it.
    pub(super) reference: Option<String>,
    /// The customer by the merchant's name, where Trustly told it.
    pub(super) customer: Option<String>,
    /// Its currency (ISO 4217), where Trustly told it: deposits on it are paid in no other.
    pub(super) currency: Option<String>,
}

impl Authorization {
    pub(super) fn encode(&self) -> Handle {
        let known = |part: &Option<String>| part.clone().unwrap_or_default();
        let names = [known(&self.reference), known(&self.customer), known(&self.currency)];
        let parts = [VERSION.to_owned(), self.transaction_id.clone()].into_iter().chain(names);
        let text = parts.collect::<Vec<_>>().join(SEPARATOR);
        Handle::new(text.into_bytes())
    }

    /// Reads what [`Authorization::encode`] made.
    pub(super) fn decode(handle: &Handle) -> Option<Self> {
        let text = std::str::from_utf8(handle.reveal()).ok()?;
        let parts: Vec<&str> = text.split(SEPARATOR).collect();
        let [VERSION, id, reference, customer, currency] = parts.as_slice() else { return None };
        if !is_transaction_id(id) {
            return None;
        }
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self {
            transaction_id: (*id).to_owned(),
            reference: given(reference),
            customer: given(customer),
            currency: given(currency),
        })
    }
}

/// A name that look-ups can use. One with a control character could not be told from two.
pub(super) fn usable(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.chars().any(char::is_control))
}

/// Whether a text can be a transaction id and can stand in a path as it is.
pub(super) fn is_transaction_id(text: &str) -> bool {
    matches!(text.len(), 1..=TRANSACTION_ID_DIGITS_MAX) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_round_trip() {
        for (reference, customer, currency) in
            [(None, None, None), (Some("auth-1"), Some("user 1"), Some("CAD"))]
        {
            let authorization = Authorization {
                transaction_id: "1025376200".to_owned(),
                reference: reference.map(str::to_owned),
                customer: customer.map(str::to_owned),
                currency: currency.map(str::to_owned),
            };
            assert!(Authorization::decode(&authorization.encode()) == Some(authorization));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "1",
            "1\u{1f}x\u{1f}\u{1f}\u{1f}",
            "2\u{1f}1\u{1f}\u{1f}\u{1f}",
            "1\u{1f}1\u{1f}\u{1f}",
            "1\u{1f}1\u{1f}\u{1f}\u{1f}\u{1f}",
        ] {
            assert!(Authorization::decode(&Handle::new(bad.into())).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_that_would_not_come_back_is_not_kept() {
        assert_eq!(usable(Some("auth\u{1f}1".to_owned())), None);
        assert_eq!(usable(Some("auth 1".to_owned())).as_deref(), Some("auth 1"));
    }
}
