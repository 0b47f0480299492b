//! Personal data in texts of a known shape. Never shown by `Debug`, wiped when dropped, sealed
//! wherever they lie.

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

use crate::text::Invalid;

/// An address in one text, as people write it: 1–255 printable characters of any script.
pub type Address = Personal<kind::Address>;

/// One line of an address, a city among them: 1–140 printable characters of any script.
pub type AddressLine = Personal<kind::AddressLine>;

/// A postal code: 1–16 printable ASCII characters.
pub type PostalCode = Personal<kind::PostalCode>;

/// A day of birth, `YYYY-MM-DD`, from 1850 on.
pub type DateOfBirth = Personal<kind::DateOfBirth>;

/// A telephone number in international form: a plus sign and 7–15 digits.
pub type MobilePhone = Personal<kind::MobilePhone>;

/// An e-mail address: 3–254 ASCII characters from ! to ~ with one @ inside.
pub type Email = Personal<kind::Email>;

/// A number that a state gave to a person or an organisation: 1–35 printable ASCII characters.
pub type NationalId = Personal<kind::NationalId>;

/// A page that a customer's browser is sent to: `https://` or `http://` and a host, 8–2048
/// printable ASCII characters. It may carry what only the customer should have.
pub type PageUrl = Personal<kind::PageUrl>;

/// Where an app takes over: a scheme, a colon and more, 3–2048 printable ASCII characters, no
/// script.
pub type AppUrl = Personal<kind::AppUrl>;

/// A stable name of a person or an organisation in somebody's books: 1–64 printable ASCII
/// characters.
pub type PartyId = Personal<kind::PartyId>;

/// A text of one [`kind`]; [`Personal::parse`] is the only way in.
pub struct Personal<K> {
    text: Zeroizing<String>,
    kind: PhantomData<fn() -> K>,
}

impl<K: kind::Kind> Personal<K> {
    /// Takes the text as it is, if it has the shape of its kind.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        K::check(text)?;
        Ok(Self { text: Zeroizing::new(text.to_owned()), kind: PhantomData })
    }
}

impl<K> Personal<K> {
    /// The text as it goes to a provider.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Personal<K> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Personal<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Personal<K> {}

impl<K> fmt::Debug for Personal<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What tells one kind of personal text from another.
pub mod kind {
    use crate::text::{Invalid, Shape, is_printable};

    /// What every text of a kind must be.
    pub trait Kind {
        /// Says what is wrong with a text; never the text itself.
        fn check(text: &str) -> Result<(), Invalid>;
    }

    const fn printable(length_max: usize) -> Shape {
        Shape { length_max, allowed: is_printable, alphabet: "printable characters" }
    }

    const fn ascii(length_max: usize) -> Shape {
        Shape { length_max, allowed: |c| matches!(c, ' '..='~'), alphabet: "printable ASCII" }
    }

    /// See [`super::Address`].
    pub enum Address {}
    impl Kind for Address {
        fn check(text: &str) -> Result<(), Invalid> {
            printable(255).check(text)
        }
    }

    /// See [`super::AddressLine`].
    pub enum AddressLine {}
    impl Kind for AddressLine {
        fn check(text: &str) -> Result<(), Invalid> {
            printable(140).check(text)
        }
    }

    /// See [`super::PostalCode`].
    pub enum PostalCode {}
    impl Kind for PostalCode {
        fn check(text: &str) -> Result<(), Invalid> {
            ascii(16).check(text)
        }
    }

    /// See [`super::NationalId`].
    pub enum NationalId {}
    impl Kind for NationalId {
        fn check(text: &str) -> Result<(), Invalid> {
            ascii(35).check(text)
        }
    }

    /// See [`super::PartyId`].
    pub enum PartyId {}
    impl Kind for PartyId {
        fn check(text: &str) -> Result<(), Invalid> {
            ascii(64).check(text)
        }
    }

    const URL: Shape = Shape {
        length_max: 2048,
        allowed: |c| matches!(c, '!'..='~'),
        alphabet: "ASCII characters from ! to ~",
    };

    /// See [`super::PageUrl`].
    pub enum PageUrl {}
    impl Kind for PageUrl {
        fn check(text: &str) -> Result<(), Invalid> {
            URL.check(text)?;
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            match rest.and_then(|rest| rest.chars().next()) {
                Some(first) if first.is_ascii_alphanumeric() || first == '[' => Ok(()),
                _ => Err(Invalid::new("must be an address that begins with https:// and a host")),
            }
        }
    }

    /// See [`super::AppUrl`].
    pub enum AppUrl {}
    impl Kind for AppUrl {
        fn check(text: &str) -> Result<(), Invalid> {
            URL.check(text)?;
            let (scheme, rest) = text.split_once(':').unwrap_or_default();
            let shaped = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                && !rest.is_empty();
            // A page that goes there would run it.
            let runs = ["javascript", "data", "vbscript"];
            match shaped && !runs.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
                true => Ok(()),
                false => Err(Invalid::new("must be an address of an app, such as myapp://back")),
            }
        }
    }

    /// See [`super::MobilePhone`].
    pub enum MobilePhone {}
    impl Kind for MobilePhone {
        fn check(text: &str) -> Result<(), Invalid> {
            let digits = text.strip_prefix('+').unwrap_or_default();
            let international = matches!(digits.len(), 7..=15)
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0');
            match international {
                true => Ok(()),
                false => Err(Invalid::new("must be + and 7 to 15 digits, country code first")),
            }
        }
    }

    /// See [`super::Email`].
    pub enum Email {}
    impl Kind for Email {
        fn check(text: &str) -> Result<(), Invalid> {
            const LENGTH_MAX: usize = 254;
            let parts: Option<(&str, &str)> = text.split_once('@');
            let shaped = text.len() <= LENGTH_MAX
                && text.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
                && parts.is_some_and(|(name, host)| {
                    !name.is_empty() && !host.is_empty() && !host.contains('@')
                });
            match shaped {
                true => Ok(()),
                false => Err(Invalid::new("must be an e-mail address in ASCII, one @ inside")),
            }
        }
    }

    /// See [`super::DateOfBirth`].
    pub enum DateOfBirth {}
    impl Kind for DateOfBirth {
        fn check(text: &str) -> Result<(), Invalid> {
            match is_day(text) {
                true => Ok(()),
                false => Err(Invalid::new("must be a day such as 1990-03-31")),
            }
        }
    }

    fn is_day(text: &str) -> bool {
        const YEAR_MIN: u32 = 1850;
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return false;
        }
        let number = |from: usize, length: usize| {
            let digits = bytes.iter().skip(from).take(length);
            digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
        };
        let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        year >= YEAR_MIN && (1..=days).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_the_calendar() {
        for good in ["1990-03-31", "2000-02-29", "1850-01-01"] {
            assert!(DateOfBirth::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "1990-3-31", "1900-02-29", "1990-13-01", "1990-00-10", "1849-12-31", "199é-01-1"]
        {
            assert!(DateOfBirth::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn telephone_numbers_and_mail_addresses_have_their_form() {
        for good in ["+46701234567", "+4412345", "+123456789012345"] {
            assert!(MobilePhone::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "+", "0701234567", "+46 70 123", "+123456", "+0701234567", "++46701234"] {
            assert!(MobilePhone::parse(bad).is_err(), "{bad}");
        }
        for good in ["a@b", "steve.smith+x@example.com"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "@b", "a@", "a", "a@b@c", "a b@c", "å@b"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse(&format!("{}@b", "a".repeat(252))).is_ok());
        assert!(Email::parse(&format!("{}@b", "a".repeat(253))).is_err());
    }

    #[test]
    fn addresses_are_of_pages_and_of_apps_and_never_scripts() {
        for good in ["https://shop.example/back?s=1", "http://127.0.0.1:1/", "https://[::1]/"] {
            assert!(PageUrl::parse(good).is_ok(), "{good}");
            assert!(AppUrl::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "https://", "https:///x", "shop.example", "ftp://x", "https://a b"] {
            assert!(PageUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(AppUrl::parse("my-app://back").is_ok());
        for bad in ["", ":x", "app:", "1app:x", "javascript:alert(1)", "JavaScript:x", "data:x"] {
            assert!(AppUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(PageUrl::parse(&format!("https://{}", "a".repeat(2040))).is_ok());
        assert!(PageUrl::parse(&format!("https://{}", "a".repeat(2041))).is_err());
    }

    #[test]
    fn nothing_is_shown() {
        let address = Address::parse("Street 1, 12345 Barcelona").unwrap();
        assert_eq!(format!("{address:?}"), "***");
        assert_eq!(address.reveal(), "Street 1, 12345 Barcelona");
        assert!(Address::parse("Street 1\n12345 Barcelona").is_err());
    }
}
