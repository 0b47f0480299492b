//! What a caller asked for: the contents of a payout, fixed for ever when it is recorded.

use std::collections::BTreeMap;

use crate::bank::BankDetails;
use crate::id::{Customer, DestinationId, IdempotencyKey, Merchant, PayoutId};
use crate::money::Money;
use crate::text::{Invalid, Shape, is_printable};
use crate::time::Timestamp;

/// Most entries of metadata on one payout.
pub const METADATA_ENTRIES_MAX: usize = 16;

/// A caller's request to pay, with all it may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose money is paid out.
    pub merchant: Merchant,
    /// The caller's name for this payout.
    pub idempotency_key: IdempotencyKey,
    /// Who is paid.
    pub customer: Customer,
    /// How much is paid.
    pub amount: Money,
    /// Where it goes, without secrets; the secrets lie sealed beside the payout.
    pub target: Target,
    /// How fast it should go.
    pub speed: Speed,
    /// The text for the customer's bank statement; the merchant's configured text when absent.
    pub statement_descriptor: Option<StatementDescriptor>,
    /// The caller's reference for reports; need not be unique.
    pub external_reference: Option<ExternalReference>,
    /// The provider's order that this payout belongs to, under the name that it was given there.
    /// Several payouts may belong to one, so the provider refuses no second one under this name.
    pub related_order_reference: Option<RelatedOrderReference>,
    /// Not sent by then, it is cancelled; no limit when absent.
    pub submit_before: Option<Timestamp>,
    /// The caller's own notes, returned as they came.
    pub metadata: Metadata,
}

/// Where a payout goes, in a form that is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A stored destination.
    Destination(DestinationId),
    /// Bank details given with the payout, masked.
    BankAccount {
        /// Country and last four characters.
        masked: String,
    },
    /// A handle the provider gave earlier, masked.
    ProviderHandle {
        /// The last characters only.
        masked: String,
    },
}

/// Where a payout goes, as the caller says it: holds secrets, is never stored as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetRequest {
    /// A stored destination.
    Destination(DestinationId),
    /// Bank details, to be resolved with the provider first.
    BankAccount(BankDetails),
    /// A handle the provider gave earlier.
    ProviderHandle(RawHandle),
}

impl TargetRequest {
    /// The same, in a form that is safe to show.
    pub fn target(&self) -> Target {
        match self {
            Self::Destination(id) => Target::Destination(id.clone()),
            Self::BankAccount(details) => Target::BankAccount { masked: details.account.masked() },
            Self::ProviderHandle(handle) => Target::ProviderHandle { masked: handle.masked() },
        }
    }
}

/// A provider's handle as a caller hands it in; what it must look like is the provider's knowledge.
#[derive(Clone, PartialEq, Eq)]
pub struct RawHandle(zeroize::Zeroizing<String>);

impl RawHandle {
    /// Takes 1–128 printable ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: 128,
            allowed: |c| matches!(c, '!'..='~'),
            alphabet: "ASCII characters from ! to ~",
        };
        SHAPE.check(text)?;
        Ok(Self(zeroize::Zeroizing::new(text.to_owned())))
    }

    /// The handle as it goes to the provider.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters at most, and never more than half of them.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let hidden = length.saturating_sub(4).max(length.div_ceil(2));
        format!("*****{}", self.0.chars().skip(hidden).collect::<String>())
    }
}

impl std::fmt::Debug for RawHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawHandle(***)")
    }
}

/// How fast a payout should go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// By the provider's ordinary rail.
    #[default]
    Standard,
    /// By an instant rail where there is one, else by the ordinary one.
    Instant,
}

/// The text on the customer's bank statement: 1–35 printable characters of any script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementDescriptor(String);

impl StatementDescriptor {
    /// Takes the text as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape =
            Shape { length_max: 35, allowed: is_printable, alphabet: "printable characters" };
        SHAPE.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller's reference for reports: 1–64 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalReference(String);

impl ExternalReference {
    /// Takes the text as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: 64,
            allowed: |c| matches!(c, ' '..='~'),
            alphabet: "printable ASCII",
        };
        SHAPE.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an order that the merchant made with the provider before, to which a payout belongs:
/// 1–64 of `A`–`Z`, `a`–`z`, `0`–`9`, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedOrderReference(String);

impl RelatedOrderReference {
    /// Takes the name as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: 64,
            allowed: |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
            alphabet: "A-Z, a-z, 0-9, - and _",
        };
        SHAPE.check(text)?;
        // What is said under such a name is taken for a payout's or a link's own.
        if PayoutId::parse(text).is_ok() || DestinationId::parse(text).is_ok() {
            return Err(Invalid::new("must not have the form of an id of this API"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A caller's notes on a payout: at most 16 entries, keys of 1–40 of `A`–`Z`, `a`–`z`, `0`–`9`,
/// `.`, `_`, `-`, so that a key can stand in the path of a field, and values of 0–256 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Takes entries within the limits.
    pub fn parse(entries: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if entries.len() > METADATA_ENTRIES_MAX {
            return Err(Invalid::new(format!("has more than {METADATA_ENTRIES_MAX} entries")));
        }
        for (key, value) in &entries {
            let fits = matches!(key.len(), 1..=40) && key.chars().all(is_of_a_key);
            if !fits || value.len() > 256 {
                let why = "keys have 1 to 40 of A-Z, a-z, 0-9, . _ and -, values at most 256 bytes";
                return Err(Invalid::new(why));
            }
        }
        Ok(Self(entries))
    }

    /// The entries, by key.
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn is_of_a_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_masked_by_half_at_least() {
        assert_eq!(RawHandle::parse("1234567890").unwrap().masked(), "*****7890");
        assert_eq!(RawHandle::parse("123").unwrap().masked(), "*****3");
        assert_eq!(format!("{:?}", RawHandle::parse("1234567890").unwrap()), "RawHandle(***)");
    }

    #[test]
    fn metadata_is_bounded() {
        let many = (0..17).map(|n| (n.to_string(), String::new())).collect();
        assert!(Metadata::parse(many).is_err());
        let long = BTreeMap::from([("k".to_owned(), "v".repeat(257))]);
        assert!(Metadata::parse(long).is_err());
    }

    /// A path such as `metadata.shop` stands in lists that commas separate.
    #[test]
    fn keys_of_metadata_can_stand_in_a_path() {
        let parse = |key: &str| Metadata::parse(BTreeMap::from([(key.to_owned(), String::new())]));
        for key in ["k", "orderId", "shop.till_4-b", &"k".repeat(40)] {
            assert!(parse(key).is_ok(), "{key}");
        }
        for key in ["", "a,b", "a b", "a=b", "a\n", "å", "a\u{0}", &"k".repeat(41)] {
            assert!(parse(key).is_err(), "{key:?}");
        }
    }
}
