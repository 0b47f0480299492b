//! Names of things. Each is parsed once at the edge and then cannot be wrong any more.

use std::fmt;
use std::marker::PhantomData;

use crate::text::{Invalid, Shape};

/// A merchant: whose money is paid out and whose account at the provider is used. 1–63 of
/// `a`–`z`, `0`–`9`, `-`.
pub type Merchant = Name<kind::Merchant>;

/// The caller's own name for one payout, single-use for ever within its merchant. 1–255 of
/// `!`–`~`.
pub type IdempotencyKey = Name<kind::IdempotencyKey>;

/// The caller's stable name for the person or company that is paid. 1–64 printable ASCII.
pub type Customer = Name<kind::Customer>;

/// A payout's id, derived from merchant and idempotency key (see `identity`).
pub type PayoutId = Name<kind::PayoutId>;

/// A stored destination's id, derived from its contents (see `identity`).
pub type DestinationId = Name<kind::DestinationId>;

/// The provider's own id of an order or transaction of ours.
pub type ProviderReference = Name<kind::ProviderReference>;

/// The provider's id of one notification: that it takes effect once is decided by it.
pub type ReceiptId = Name<kind::ReceiptId>;

/// Which account at the provider a request was made with: user and base address, never a secret.
/// A request sealed for one account is never sent with another.
pub type ProviderAccount = Name<kind::ProviderAccount>;

/// One run of one process. An attempt's holder is the incarnation that opened it.
pub type Incarnation = Name<kind::Incarnation>;

/// Which store a cursor belongs to; made once when the store is created.
pub type StoreId = Name<kind::StoreId>;

/// A text of one [`kind`]; [`Name::parse`] is the only way in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K: kind::Kind> Name<K> {
    /// Takes the text if it has the shape this name must have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        K::SHAPE.check(text)?;
        if !text.starts_with(K::PREFIX) {
            return Err(Invalid::new(format!("must begin with {}", K::PREFIX)));
        }
        Ok(Self { text: text.to_owned(), kind: PhantomData })
    }
}

impl<K> Name<K> {
    /// The text as it is stored and sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What tells one kind of name from another: alphabet, length and prefix.
pub mod kind {
    use super::{Shape, derived, printable, printable_or_space, slug};

    /// The shape that every text of a kind has.
    pub trait Kind {
        /// How the text begins; empty where nothing is prescribed.
        const PREFIX: &'static str = "";
        /// Its length and alphabet.
        const SHAPE: Shape;
    }

    const SLUG: &str = "a-z, 0-9 and -";
    const PRINTABLE: &str = "ASCII characters from ! to ~";

    /// See [`super::Merchant`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Merchant {}
    impl Kind for Merchant {
        const SHAPE: Shape = Shape { length_max: 63, allowed: slug, alphabet: SLUG };
    }

    /// See [`super::IdempotencyKey`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum IdempotencyKey {}
    impl Kind for IdempotencyKey {
        const SHAPE: Shape = Shape { length_max: 255, allowed: printable, alphabet: PRINTABLE };
    }

    /// See [`super::Customer`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Customer {}
    impl Kind for Customer {
        const SHAPE: Shape =
            Shape { length_max: 64, allowed: printable_or_space, alphabet: "printable ASCII" };
    }

    /// See [`super::PayoutId`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum PayoutId {}
    impl Kind for PayoutId {
        const PREFIX: &'static str = "po_";
        const SHAPE: Shape = Shape { length_max: 29, allowed: derived, alphabet: "a-z, 2-7 and _" };
    }

    /// See [`super::DestinationId`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DestinationId {}
    impl Kind for DestinationId {
        const PREFIX: &'static str = "ds_";
        const SHAPE: Shape = Shape { length_max: 29, allowed: derived, alphabet: "a-z, 2-7 and _" };
    }

    /// See [`super::ProviderReference`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ProviderReference {}
    impl Kind for ProviderReference {
        const SHAPE: Shape = Shape { length_max: 128, allowed: printable, alphabet: PRINTABLE };
    }

    /// See [`super::ReceiptId`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ReceiptId {}
    impl Kind for ReceiptId {
        const SHAPE: Shape = Shape { length_max: 128, allowed: printable, alphabet: PRINTABLE };
    }

    /// See [`super::ProviderAccount`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ProviderAccount {}
    impl Kind for ProviderAccount {
        const SHAPE: Shape = Shape { length_max: 512, allowed: printable, alphabet: PRINTABLE };
    }

    /// See [`super::Incarnation`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Incarnation {}
    impl Kind for Incarnation {
        const SHAPE: Shape = Shape { length_max: 64, allowed: printable, alphabet: PRINTABLE };
    }

    /// See [`super::StoreId`].
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum StoreId {}
    impl Kind for StoreId {
        const SHAPE: Shape =
            Shape { length_max: 64, allowed: derived, alphabet: "a-z, 0-9, - and _" };
    }
}

fn printable(c: char) -> bool {
    matches!(c, '!'..='~')
}

fn printable_or_space(c: char) -> bool {
    matches!(c, ' '..='~')
}

fn slug(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

fn derived(c: char) -> bool {
    slug(c) || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_keys_are_printable_ascii_of_bounded_length() {
        assert!(IdempotencyKey::parse("order-1").is_ok());
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["", "a b", "å", "tab\t", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_carry_their_prefix() {
        assert!(PayoutId::parse("po_nc6jociwqwgl6whpyyuusnqmbq").is_ok());
        assert!(PayoutId::parse("ds_nc6jociwqwgl6whpyyuusnqmbq").is_err());
    }

    #[test]
    fn errors_never_hold_the_value() {
        let error = Merchant::parse("Geheim!").unwrap_err();
        assert!(!error.to_string().contains("Geheim"));
    }
}
