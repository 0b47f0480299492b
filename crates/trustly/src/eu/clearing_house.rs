//! Clearing houses: which bank details Trustly Europe takes for which country.
//!
//! The patterns are those of Trustly's request documentation. Check digits are not looked at here.

use std::fmt;

use thiserror::Error;

/// Why bank details cannot be registered. The details themselves are not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BankAccountError {
    /// No clearing house serves the country.
    #[error("country has no clearing house: payouts reach 29 European countries")]
    UnknownCountry,
    /// The country wants a bank number and a local account number.
    #[error("accounts of this country are given as bank number and account number, not as IBAN")]
    LocalOnly,
    /// The country wants an IBAN.
    #[error("accounts of this country are given as IBAN, without a bank number")]
    IbanOnly,
    /// The IBAN does not have the form of its country.
    #[error("IBAN does not have the form of its country: use upper case without blanks")]
    MalformedIban,
    /// The bank number (clearing number, sort code) does not have the form of its country.
    #[error("bank number does not have the form of its country: use digits only")]
    MalformedBankNumber,
    /// The local account number does not have the form of its country.
    #[error("account number does not have the form of its country: use digits only")]
    MalformedAccountNumber,
}

/// Whether Trustly has enabled Swedish IBANs for the merchant, which it does on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwedishIban {
    /// Swedish accounts need clearing and account number.
    Refused,
    /// Swedish IBANs go to the clearing house `IBAN`.
    Enabled,
}

/// Bank details in the form that RegisterAccount takes. `Debug` shows the clearing house only.
#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount {
    clearing_house: &'static str,
    bank_number: String,
    account_number: String,
}

impl BankAccount {
    /// An account by its IBAN, in upper case without blanks; its first two letters are the country.
    pub fn from_iban(iban: &str, swedish: SwedishIban) -> Result<Self, BankAccountError> {
        let country = iban.get(..2).ok_or(BankAccountError::MalformedIban)?;
        let row = match (country, swedish) {
            ("SE", SwedishIban::Enabled) => ("IBAN", Format::Iban("SE", "22n")),
            _ => clearing_house(country).ok_or(BankAccountError::UnknownCountry)?,
        };
        let (name, Format::Iban(prefix, pattern)) = row else {
            return Err(BankAccountError::LocalOnly);
        };
        match iban.strip_prefix(prefix) {
            Some(rest) if matches(rest, pattern) => Ok(Self {
                clearing_house: name,
                bank_number: String::new(),
                account_number: iban.to_owned(),
            }),
            _ => Err(BankAccountError::MalformedIban),
        }
    }

    /// An account of `country` (ISO 3166-1 alpha-2) by local numbers: in Sweden clearing and
    /// account number, in the United Kingdom sort code and account number.
    pub fn from_local(
        country: &str,
        bank_number: &str,
        account_number: &str,
    ) -> Result<Self, BankAccountError> {
        let row = clearing_house(country).ok_or(BankAccountError::UnknownCountry)?;
        let (name, Format::Local { bank, account }) = row else {
            return Err(BankAccountError::IbanOnly);
        };
        if !matches_digits(bank_number, bank) {
            return Err(BankAccountError::MalformedBankNumber);
        }
        if !matches_digits(account_number, account) {
            return Err(BankAccountError::MalformedAccountNumber);
        }
        Ok(Self {
            clearing_house: name,
            bank_number: bank_number.to_owned(),
            account_number: account_number.to_owned(),
        })
    }

    /// Trustly's name of the clearing house, such as `CZECH_REPUBLIC`.
    #[must_use]
    pub fn clearing_house(&self) -> &'static str {
        self.clearing_house
    }

    /// The bank number, empty with an IBAN.
    #[must_use]
    pub fn bank_number(&self) -> &str {
        &self.bank_number
    }

    /// The IBAN or local account number.
    #[must_use]
    pub fn account_number(&self) -> &str {
        &self.account_number
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankAccount({})", self.clearing_house)
    }
}

/// The countries that payouts reach, by ISO 3166-1 alpha-2 code, sorted.
pub fn countries() -> impl Iterator<Item = &'static str> {
    const COUNTRIES: [&str; 29] = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    ];
    COUNTRIES.into_iter()
}

/// The country of a clearing house, by Trustly's name of it.
pub fn country_of(house: &str) -> Option<&'static str> {
    countries().find(|country| clearing_house(country).is_some_and(|(name, _)| name == house))
}

/// How a country writes accounts.
enum Format {
    /// A literal prefix and a pattern for the rest: counts with `n` for digits, `a` for capital
    /// letters, `c` for either, as in the IBAN registry.
    Iban(&'static str, &'static str),
    /// Lengths of two runs of digits, shortest and longest.
    Local { bank: (usize, usize), account: (usize, usize) },
}

/// The clearing house of a country (ISO 3166-1 alpha-2). A map, not a rule: Trustly's names are
/// not those of ISO.
fn clearing_house(country: &str) -> Option<(&'static str, Format)> {
    use Format::{Iban, Local};
    Some(match country {
        "AT" => ("AUSTRIA", Iban("AT", "18n")),
        "BE" => ("BELGIUM", Iban("BE", "14n")),
        "BG" => ("BULGARIA", Iban("BG", "2n4a6n8c")),
        "HR" => ("CROATIA", Iban("HR", "19n")),
        "CY" => ("CYPRUS", Iban("CY", "10n16c")),
        "CZ" => ("CZECH_REPUBLIC", Iban("CZ", "22n")),
        "DK" => ("DENMARK", Iban("DK", "16n")),
        "EE" => ("ESTONIA", Iban("EE", "18n")),
        "FI" => ("FINLAND", Iban("FI", "16n")),
        "FR" => ("FRANCE", Iban("FR", "12n11c2n")),
        "DE" => ("GERMANY", Iban("DE", "20n")),
        "GR" => ("GREECE", Iban("GR", "25n")),
        "HU" => ("HUNGARY", Iban("HU", "26n")),
        "IE" => ("IRELAND", Iban("IE", "2n4a14n")),
        "IT" => ("ITALY", Iban("IT", "2n1a10n12c")),
        "LV" => ("LATVIA", Iban("LV", "2n4a13c")),
        "LT" => ("LITHUANIA", Iban("LT", "18n")),
        // Trustly documents 18 digits; the IBAN registry allows letters in the last 13 and Trustly
        // may answer 624 for them, which is better than our refusing an account that exists.
        "LU" => ("LUXEMBOURG", Iban("LU", "5n13c")),
        "MT" => ("MALTA", Iban("MT", "2n4a5n18c")),
        "NL" => ("NETHERLANDS", Iban("NL", "2n4a10n")),
        "NO" => ("NORWAY", Iban("NO", "13n")),
        "PL" => ("POLAND", Iban("PL", "26n")),
        "PT" => ("PORTUGAL", Iban("PT", "23n")),
        "RO" => ("ROMANIA", Iban("RO", "2n4a16c")),
        "SK" => ("SLOVAKIA", Iban("SK", "22n")),
        "SI" => ("SLOVENIA", Iban("SI56", "15n")),
        "ES" => ("SPAIN", Iban("ES", "22n")),
        "SE" => ("SWEDEN", Local { bank: (4, 5), account: (1, 15) }),
        "GB" => ("UNITED_KINGDOM", Local { bank: (6, 6), account: (8, 8) }),
        _ => return None,
    })
}

/// Whether `text` is what `pattern` says and nothing more.
fn matches(text: &str, pattern: &str) -> bool {
    let mut rest = text.bytes();
    let mut count = 0;
    for step in pattern.bytes() {
        if step.is_ascii_digit() {
            count = count * 10 + usize::from(step - b'0');
            continue;
        }
        for _ in 0..count {
            let fits = rest.next().is_some_and(|byte| match step {
                b'n' => byte.is_ascii_digit(),
                b'a' => byte.is_ascii_uppercase(),
                _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            });
            if !fits {
                return false;
            }
        }
        count = 0;
    }
    rest.next().is_none()
}

fn matches_digits(text: &str, (shortest, longest): (usize, usize)) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iban(text: &str) -> Result<BankAccount, BankAccountError> {
        BankAccount::from_iban(text, SwedishIban::Refused)
    }

    /// Example IBANs of the IBAN registry, one for each country that takes IBANs.
    const EXAMPLES: [(&str, &str); 27] = [
        ("AUSTRIA", "AT611904300234573201"),
        ("BELGIUM", "BE68539007547034"),
        ("BULGARIA", "BG80BNBG96611020345678"),
        ("CROATIA", "HR1210010051863000160"),
        ("CYPRUS", "CY17002001280000001200527600"),
        ("CZECH_REPUBLIC", "CZ6508000000192000145399"),
        ("DENMARK", "DK5000400440116243"),
        ("ESTONIA", "EE382200221020145685"),
        ("FINLAND", "FI2112345600000785"),
        ("FRANCE", "FR1420041010050500013M02606"),
        ("GERMANY", "DE89370400440532013000"),
        ("GREECE", "GR1601101250000000012300695"),
        ("HUNGARY", "HU42117730161111101800000000"),
        ("IRELAND", "IE29AIBK93115212345678"),
        ("ITALY", "IT60X0542811101000000123456"),
        ("LATVIA", "LV80BANK0000435195001"),
        ("LITHUANIA", "LT121000011101001000"),
        ("LUXEMBOURG", "LU280019400644750000"),
        ("MALTA", "MT84MALT011000012345MTLCAST001S"),
        ("NETHERLANDS", "NL91ABNA0417164300"),
        ("NORWAY", "NO9386011117947"),
        ("POLAND", "PL61109010140000071219812874"),
        ("PORTUGAL", "PT50000201231234567890154"),
        ("ROMANIA", "RO49AAAA1B31007593840000"),
        ("SLOVAKIA", "SK3112000000198742637541"),
        ("SLOVENIA", "SI56263300012039086"),
        ("SPAIN", "ES9121000418450200051332"),
    ];

    #[test]
    fn every_iban_country_has_its_clearing_house() {
        for (name, text) in EXAMPLES {
            let account = iban(text).unwrap();
            assert_eq!((account.clearing_house(), account.bank_number()), (name, ""));
            assert_eq!(account.account_number(), text);
            for wrong in [format!("{text}0"), text.to_lowercase(), format!(" {text}")] {
                assert!(iban(&wrong).is_err(), "{wrong}");
            }
            let mut short = text.to_owned();
            short.pop();
            assert_eq!(iban(&short), Err(BankAccountError::MalformedIban), "{short}");
        }
    }

    #[test]
    fn local_numbers_belong_to_sweden_and_the_united_kingdom() {
        let account = BankAccount::from_local("SE", "6112", "69706212").unwrap();
        assert_eq!(account.clearing_house(), "SWEDEN");
        assert_eq!((account.bank_number(), account.account_number()), ("6112", "69706212"));
        assert!(BankAccount::from_local("SE", "81234", "1").is_ok());
        assert!(BankAccount::from_local("GB", "200052", "55779911").is_ok());
        let refused =
            |country, bank, account| BankAccount::from_local(country, bank, account).unwrap_err();
        assert_eq!(refused("SE", "611", "1"), BankAccountError::MalformedBankNumber);
        assert_eq!(refused("SE", "6112", ""), BankAccountError::MalformedAccountNumber);
        assert_eq!(
            refused("SE", "6112", "1234567890123456"),
            BankAccountError::MalformedAccountNumber
        );
        assert_eq!(refused("GB", "20-00-52", "55779911"), BankAccountError::MalformedBankNumber);
        assert_eq!(refused("DE", "37040044", "532013000"), BankAccountError::IbanOnly);
        assert_eq!(refused("US", "124003116", "1"), BankAccountError::UnknownCountry);
    }

    #[test]
    fn swedish_ibans_need_to_be_enabled() {
        let text = "SE4550000000058398257466";
        assert_eq!(iban(text), Err(BankAccountError::LocalOnly));
        let account = BankAccount::from_iban(text, SwedishIban::Enabled).unwrap();
        assert_eq!(account.clearing_house(), "IBAN");
        assert_eq!(iban("GB29NWBK60161331926819"), Err(BankAccountError::LocalOnly));
        assert_eq!(iban("CH9300762011623852957"), Err(BankAccountError::UnknownCountry));
        assert_eq!(iban("\u{e5}"), Err(BankAccountError::UnknownCountry));
        assert_eq!(iban("D"), Err(BankAccountError::MalformedIban));
        assert_eq!(iban("SI55263300012039086"), Err(BankAccountError::MalformedIban));
    }

    #[test]
    fn debug_shows_no_account() {
        let account = iban("DE89370400440532013000").unwrap();
        assert_eq!(format!("{account:?}"), "BankAccount(GERMANY)");
    }
}
