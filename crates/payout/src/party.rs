//! On whose behalf a payout is made, beside the merchant: who the money comes from, and which shop
//! the customer sees. Personal data: kept sealed, never part of an event.

use std::fmt;

use zeroize::Zeroizing;

use crate::bank::{Country, HolderName};
use crate::personal::{Address, DateOfBirth, NationalId, PartyId};
use crate::text::{Invalid, Shape};

/// The parties of a payout beside merchant and customer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parties {
    /// Who the money comes from, where that is not the merchant.
    pub originator: Option<Originator>,
    /// The shop that the customer sees, where that is not the merchant.
    pub sub_merchant: Option<SubMerchant>,
}

impl Parties {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.originator.is_none() && self.sub_merchant.is_none()
    }
}

impl fmt::Debug for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parties(***)")
    }
}

/// Who the money comes from: the ultimate payer. What of it is mandatory is the provider's
/// knowledge.
#[derive(Clone, PartialEq, Eq)]
pub struct Originator {
    /// Person or organisation.
    pub party: Party,
    /// Where it lives or resides.
    pub address: Option<Address>,
    /// The country of the address.
    pub country: Option<Country>,
    /// Its stable name in the books of its payment provider.
    pub customer_id: Option<PartyId>,
}

/// A person or an organisation.
#[derive(Clone, PartialEq, Eq)]
pub enum Party {
    /// A natural person.
    Person {
        /// Given names.
        first_name: HolderName,
        /// Family name.
        last_name: HolderName,
        /// Day of birth.
        date_of_birth: Option<DateOfBirth>,
    },
    /// A company, public body or association.
    Organisation {
        /// Registered name.
        name: HolderName,
        /// The number under which it is registered.
        organisation_number: Option<NationalId>,
    },
}

/// The shop that the customer sees.
#[derive(Clone, PartialEq, Eq)]
pub struct SubMerchant {
    /// Legal or trade name.
    pub name: HolderName,
    /// The website where the order began.
    pub url: WebAddress,
    /// What kind of business it is.
    pub category: CategoryCode,
}

/// The address of a website: 1–255 printable ASCII characters without blanks, with a dot inside.
/// With or without `https://`, as it is known to customers.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress(Zeroizing<String>);

impl WebAddress {
    /// Takes the address as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: 255,
            allowed: |c| matches!(c, '!'..='~'),
            alphabet: "ASCII characters from ! to ~",
        };
        SHAPE.check(text)?;
        match text.trim_matches('.').contains('.') {
            true => Ok(Self(Zeroizing::new(text.to_owned()))),
            false => Err(Invalid::new("must be the address of a website")),
        }
    }

    /// The address.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A merchant category code (ISO 18245): four digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CategoryCode([u8; 4]);

impl CategoryCode {
    /// Takes four digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match <[u8; 4]>::try_from(text.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            _ => Err(Invalid::new("must be a merchant category code of four digits")),
        }
    }

    /// The four digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("four ASCII digits are UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_four_digits_and_addresses_a_dot() {
        assert_eq!(CategoryCode::parse("5499").unwrap().as_str(), "5499");
        for bad in ["", "549", "54990", "54a9", "５499"] {
            assert!(CategoryCode::parse(bad).is_err(), "{bad}");
        }
        for good in
            ["www.merchant.com", "https://merchantURL.com/", "https://xn--bcher-kva.example"]
        {
            assert_eq!(WebAddress::parse(good).unwrap().reveal(), good);
        }
        for bad in ["", "merchant", "www.mer chant.com", ".", "www.mérchant.com"] {
            assert!(WebAddress::parse(bad).is_err(), "{bad}");
        }
    }
}
