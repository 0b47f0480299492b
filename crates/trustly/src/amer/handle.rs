//! What can be paid to in the Americas: a bank authorization, with what look-ups need to find it.

use payout::port::Handle;

use super::wire::transaction::TRANSACTION_ID_DIGITS_MAX;

/// Parts are joined by a character that none of them can hold.
const SEPARATOR: char = '\u{1f}';
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
    /// The currency that deposits on it move, where Trustly told it.
    pub(super) currency: Option<String>,
}

impl Authorization {
    pub(super) fn encode(&self) -> Handle {
        let reference = self.reference.as_deref().unwrap_or_default();
        let customer = self.customer.as_deref().unwrap_or_default();
        let currency = self.currency.as_deref().unwrap_or_default();
        let parts = [VERSION, &self.transaction_id, reference, customer, currency];
        Handle::new(parts.join(&SEPARATOR.to_string()).into_bytes())
    }

    /// Reads what [`Authorization::encode`] made.
    pub(super) fn decode(handle: &Handle) -> Option<Self> {
        let text = std::str::from_utf8(handle.reveal()).ok()?;
        let mut parts = text.split(SEPARATOR);
        let version = parts.next()?;
        let (id, reference, customer) = (parts.next()?, parts.next()?, parts.next()?);
        // Handles made earlier end here.
        let currency = parts.next().unwrap_or_default();
        if version != VERSION || parts.next().is_some() || !is_transaction_id(id) {
            return None;
        }
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self {
            transaction_id: id.to_owned(),
            reference: given(reference),
            customer: given(customer),
            currency: given(currency),
        })
    }
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
    fn handles_without_a_currency_are_still_read() {
        let earlier = Handle::new("1\u{1f}1025376200\u{1f}auth-1\u{1f}user 1".into());
        let read = Authorization::decode(&earlier).unwrap();
        assert!(read.customer.as_deref() == Some("user 1") && read.currency.is_none());
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "1",
            "1\u{1f}x\u{1f}\u{1f}",
            "2\u{1f}1\u{1f}\u{1f}",
            "1\u{1f}1\u{1f}\u{1f}\u{1f}\u{1f}",
        ] {
            assert!(Authorization::decode(&Handle::new(bad.into())).is_none(), "{bad:?}");
        }
    }
}
