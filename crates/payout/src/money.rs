//! Money: integer minor units with their currency. No floats, no rounding.

use std::fmt;

use crate::text::Invalid;

/// The most that one payout may carry: 10^15 minor units. A bound far above any bank's limit, and
/// far enough below `i64::MAX` that sums over many payouts cannot overflow.
pub const MINOR_UNITS_MAX: i64 = 1_000_000_000_000_000;

/// An ISO 4217 currency that a payout can be made in, with its number of decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    exponent: u8,
}

/// Every currency a provider here may pay out in, with ISO 4217's exponent.
const CURRENCIES: [Currency; 14] = [
    Currency { code: "BGN", exponent: 2 },
    Currency { code: "CAD", exponent: 2 },
    Currency { code: "CHF", exponent: 2 },
    Currency { code: "CZK", exponent: 2 },
    Currency { code: "DKK", exponent: 2 },
    Currency { code: "EUR", exponent: 2 },
    Currency { code: "GBP", exponent: 2 },
    Currency { code: "HUF", exponent: 2 },
    Currency { code: "ISK", exponent: 0 },
    Currency { code: "NOK", exponent: 2 },
    Currency { code: "PLN", exponent: 2 },
    Currency { code: "RON", exponent: 2 },
    Currency { code: "SEK", exponent: 2 },
    Currency { code: "USD", exponent: 2 },
];

impl Currency {
    /// Looks up an ISO 4217 code, upper case.
    pub fn parse(code: &str) -> Result<Self, Invalid> {
        for currency in CURRENCIES {
            if currency.code == code {
                return Ok(currency);
            }
        }
        Err(Invalid::new("is not a currency known here; send an ISO 4217 code such as EUR"))
    }

    /// Every currency known here, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.into_iter()
    }

    /// The ISO 4217 code, such as `EUR`.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// How many decimals ISO 4217 gives the currency: 2 for EUR, 0 for ISK.
    pub fn exponent(self) -> u8 {
        self.exponent
    }

    /// The smallest step banks move, in minor units: forints have no cents in practice, though ISO
    /// 4217 gives them two decimals, so an amount in HUF is a multiple of 100.
    pub fn step(self) -> i64 {
        if self.code == "HUF" { 100 } else { 1 }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

/// A positive amount of one currency, in minor units of ISO 4217's exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

impl Money {
    /// An amount that can be paid: above zero, at most [`MINOR_UNITS_MAX`], whole steps only.
    pub fn new(minor_units: i64, currency: Currency) -> Result<Self, Invalid> {
        if minor_units <= 0 {
            return Err(Invalid::new("must be above zero"));
        }
        if minor_units > MINOR_UNITS_MAX {
            return Err(Invalid::new(format!("must be at most {MINOR_UNITS_MAX} minor units")));
        }
        if minor_units % currency.step() != 0 {
            let step = currency.step();
            return Err(Invalid::new(format!("must be a multiple of {step} in {currency}")));
        }
        Ok(Self { minor_units, currency })
    }

    /// The amount in minor units; 1050 is EUR 10.50.
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency of the amount.
    pub fn currency(self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = usize::from(self.currency.exponent);
        let scale = 10_i64.pow(u32::from(self.currency.exponent));
        let (whole, part) = (self.minor_units / scale, self.minor_units % scale);
        match exponent {
            0 => write!(f, "{} {whole}", self.currency),
            _ => write!(f, "{} {whole}.{part:0exponent$}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor_units: i64, code: &str) -> Result<Money, Invalid> {
        Money::new(minor_units, Currency::parse(code).unwrap())
    }

    #[test]
    fn refuses_what_cannot_be_paid() {
        for (minor_units, code) in
            [(0, "EUR"), (-1, "EUR"), (MINOR_UNITS_MAX + 1, "EUR"), (150, "HUF")]
        {
            assert!(money(minor_units, code).is_err(), "{minor_units} {code}");
        }
        assert!(money(1, "EUR").is_ok());
        assert!(money(200, "HUF").is_ok());
    }

    #[test]
    fn unknown_currencies_are_refused() {
        for code in ["", "eur", "EURO", "XXX", "JPY"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn displays_with_the_decimals_of_the_currency() {
        assert_eq!(money(1050, "EUR").unwrap().to_string(), "EUR 10.50");
        assert_eq!(money(7, "USD").unwrap().to_string(), "USD 0.07");
        assert_eq!(money(7, "ISK").unwrap().to_string(), "ISK 7");
    }
}
