//! Bank details as a caller gives them: an account and its holder. They are secrets: never shown
//! by `Debug`, sealed wherever they lie, erased once a handle stands for them.

use std::fmt;

use zeroize::Zeroizing;

use crate::personal::{AddressLine, DateOfBirth, Email, MobilePhone, NationalId, PostalCode};
use crate::text::{Invalid, Shape, is_printable};

/// Longest name of a holder, or of one part of it; banks cut far earlier.
const NAME_LENGTH_MAX: usize = 140;

/// Longest local account or bank number of any country served.
const LOCAL_NUMBER_LENGTH_MAX: usize = 34;

/// How many characters of an account number a masked summary shows.
const VISIBLE: usize = 4;

/// An ISO 3166-1 alpha-2 country code, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Takes two upper-case letters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.as_bytes() {
            &[a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => Err(Invalid::new("must be an ISO 3166-1 alpha-2 code such as SE")),
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII letters are UTF-8")
    }
}

/// An IBAN without spaces, upper case, whose check digits are right.
#[derive(Clone, PartialEq, Eq)]
pub struct Iban(Zeroizing<String>);

impl Iban {
    /// Takes an IBAN with or without spaces, in either case; checks length, alphabet and the
    /// check digits of ISO 13616 (mod 97).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut iban = Zeroizing::new(String::with_capacity(34));
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            iban.push(c.to_ascii_uppercase());
        }
        let shaped = matches!(iban.len(), 15..=34)
            && iban.bytes().all(|b| b.is_ascii_alphanumeric())
            && iban.bytes().take(2).all(|b| b.is_ascii_uppercase())
            && iban.bytes().skip(2).take(2).all(|b| b.is_ascii_digit());
        if !shaped {
            return Err(Invalid::new(
                "must be an IBAN: two letters, two check digits, 11 to 30 letters or digits",
            ));
        }
        if remainder_97(&iban) != 1 {
            return Err(Invalid::new("has wrong check digits; ask the customer for it again"));
        }
        Ok(Self(iban))
    }

    /// The IBAN as it goes to a bank.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The country that the IBAN begins with.
    pub fn country(&self) -> Country {
        let bytes = self.0.as_bytes();
        Country([bytes[0], bytes[1]])
    }
}

/// ISO 13616: the first four characters go last, letters count from 10, the number modulo 97.
fn remainder_97(iban: &str) -> u32 {
    let mut remainder = 0;
    for byte in iban.bytes().cycle().skip(4).take(iban.len()) {
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            _ => u32::from(byte - b'A') + 10,
        };
        let shift = if value > 9 { 100 } else { 10 };
        remainder = (remainder * shift + value) % 97;
    }
    remainder
}

/// The number of a bank or account in a country's own format: letters and digits, without spaces
/// and dashes. Which formats a country has is the provider's knowledge.
#[derive(Clone, PartialEq, Eq)]
pub struct LocalNumber(Zeroizing<String>);

impl LocalNumber {
    /// Takes letters and digits; spaces and dashes are dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: LOCAL_NUMBER_LENGTH_MAX,
            allowed: |c| c.is_ascii_alphanumeric(),
            alphabet: "letters, digits, spaces and dashes",
        };
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let number = Zeroizing::new(bare);
        SHAPE.check(&number)?;
        Ok(Self(number))
    }

    /// The number as it goes to a bank.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Where the money goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Account {
    /// An account that an IBAN names in full.
    Iban(Iban),
    /// An account in a country's own format.
    Local {
        /// Where the account is held.
        country: Country,
        /// Clearing number, sort code or routing number.
        bank_number: LocalNumber,
        /// The account's own number.
        account_number: LocalNumber,
    },
}

impl Account {
    /// Where the account is held.
    pub fn country(&self) -> Country {
        match self {
            Self::Iban(iban) => iban.country(),
            Self::Local { country, .. } => *country,
        }
    }

    /// Country and last four characters, safe to show to anyone: `SE*****4211`.
    pub fn masked(&self) -> String {
        let number = match self {
            Self::Iban(iban) => iban.reveal(),
            Self::Local { account_number, .. } => account_number.reveal(),
        };
        let hidden = number.len().saturating_sub(VISIBLE);
        let shown: String = number.chars().skip(hidden.max(number.len() / 2)).collect();
        format!("{}*****{shown}", self.country().as_str())
    }
}

/// Who holds the account.
#[derive(Clone, PartialEq, Eq)]
pub enum Holder {
    /// A natural person.
    Person {
        /// Given names.
        first_name: HolderName,
        /// Family name.
        last_name: HolderName,
    },
    /// A company, public body or association.
    Organisation {
        /// Registered name.
        name: HolderName,
    },
}

/// A name of a holder: any script, no control characters, at most 140 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderName(Zeroizing<String>);

impl HolderName {
    /// Takes the name as written; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape = Shape {
            length_max: NAME_LENGTH_MAX,
            allowed: is_printable,
            alphabet: "printable characters",
        };
        let name = text.trim();
        SHAPE.check(name)?;
        Ok(Self(Zeroizing::new(name.to_owned())))
    }

    /// The name as it goes to a bank.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// An account and its holder.
#[derive(Clone, PartialEq, Eq)]
pub struct BankDetails {
    /// Where the money goes.
    pub account: Account,
    /// Who holds the account.
    pub holder: Holder,
    /// What else is known of the holder; apart, because mostly there is nothing.
    pub particulars: Box<Particulars>,
}

/// What is known of a holder beside the name. All of it is optional; it helps the provider and the
/// bank to know whom they pay.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Where the holder lives or resides.
    pub address: PostalAddress,
    /// A person's day of birth.
    pub date_of_birth: Option<DateOfBirth>,
    /// A mobile telephone number.
    pub mobile_phone: Option<MobilePhone>,
    /// An e-mail address.
    pub email: Option<Email>,
    /// The number that a state gave to the holder.
    pub national_id: Option<NationalId>,
}

impl Particulars {
    /// What is given, by its path beneath the holder. Equal particulars give equal lists.
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        let address = &self.address;
        let all = [
            ("address.country_code", address.country.as_ref().map(Country::as_str)),
            ("address.postal_code", address.postal_code.as_ref().map(PostalCode::reveal)),
            ("address.city", address.city.as_ref().map(AddressLine::reveal)),
            ("address.line_1", address.line_1.as_ref().map(AddressLine::reveal)),
            ("address.line_2", address.line_2.as_ref().map(AddressLine::reveal)),
            ("date_of_birth", self.date_of_birth.as_ref().map(DateOfBirth::reveal)),
            ("mobile_phone", self.mobile_phone.as_ref().map(MobilePhone::reveal)),
            ("email", self.email.as_ref().map(Email::reveal)),
            ("national_id", self.national_id.as_ref().map(NationalId::reveal)),
        ];
        all.into_iter().filter_map(|(path, value)| Some((path, value?))).collect()
    }
}

/// An address in parts, as far as they are known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PostalAddress {
    /// The country.
    pub country: Option<Country>,
    /// The postal code.
    pub postal_code: Option<PostalCode>,
    /// The city.
    pub city: Option<AddressLine>,
    /// Street and number.
    pub line_1: Option<AddressLine>,
    /// What does not fit in the first line.
    pub line_2: Option<AddressLine>,
}

impl fmt::Debug for BankDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankDetails(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_normalised_and_checked() {
        let iban = Iban::parse("gb33 BUKB 2020 1555 5555 55").unwrap();
        assert_eq!(iban.reveal(), "GB33BUKB20201555555555");
        assert_eq!(iban.country().as_str(), "GB");
        for good in ["FR7630006000011234567890189", "DE75512108001245126199", "NL02ABNA0123456789"]
        {
            assert!(Iban::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "GB33BUKB20201555555556", "GB", "12345678901234567", "GB33BUKB2020155555åä"]
        {
            assert!(Iban::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn masks_show_at_most_the_last_four_and_never_more_than_half() {
        let account = Account::Iban(Iban::parse("DE75512108001245126199").unwrap());
        assert_eq!(account.masked(), "DE*****6199");
        let short = Account::Local {
            country: Country::parse("SE").unwrap(),
            bank_number: LocalNumber::parse("6112").unwrap(),
            account_number: LocalNumber::parse("12 3-4").unwrap(),
        };
        assert_eq!(short.masked(), "SE*****34");
    }

    #[test]
    fn names_of_any_script_pass_and_control_characters_do_not() {
        for good in ["Åsa Öberg", "李小龍", "Zoë 🎉"] {
            assert!(HolderName::parse(good).is_ok());
        }
        for bad in ["", "  ", "a\nb", &"x".repeat(141)] {
            assert!(HolderName::parse(bad).is_err());
        }
    }
}
