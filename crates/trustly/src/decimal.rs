//! Amounts as decimal text, both ways, exactly.
//!
//! Trustly writes the same amount as `902.5`, `902.50` or `5.00000000000000000000`, and may write
//! it as a JSON string or a JSON number. All of them become one integer of minor units or an error:
//! nothing is rounded and nothing passes through a float.

use thiserror::Error;

/// The longest run of digits that surely fits in 128 bits. Trustly's ledger writes 20 decimals.
pub const DIGITS_MAX: usize = 38;

/// Why a text is not the amount that was asked for. Amounts themselves are not repeated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Anything but digits with at most one dot between them.
    #[error("amount is not plain decimal digits with at most one dot")]
    Malformed,
    /// A minus where only amounts from zero upwards make sense.
    #[error("amount is negative where no sign is allowed")]
    Negative,
    /// More than [`DIGITS_MAX`] digits, or more minor units than 64 bits hold.
    #[error("amount is too large")]
    TooLarge,
    /// The amount has a part smaller than the currency's minor unit.
    #[error("amount is finer than the minor unit of its currency")]
    TooFine,
    /// An amount to be sent must be more than nothing.
    #[error("amount must be more than zero")]
    NotPositive,
}

/// Whether a leading minus is part of the amount's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Payout amounts: a minus is an error.
    Refused,
    /// Ledger and settlement amounts: a minus means money out.
    Allowed,
}

/// How many decimals an outgoing amount carries. Either way the amount is in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimals {
    /// `800.00`, what Trustly documents for almost every currency.
    Two,
    /// `800`, what Trustly Europe shows for HUF. Amounts that are not whole are refused.
    None,
}

/// A decimal number as it was written, trailing zeros aside: `902.5` equals `902.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: u128,
    scale: u32,
}

impl Decimal {
    /// Reads `123`, `123.45` or, where allowed, `-123.45`. Exponents, plus signs, blanks, group
    /// separators, `.5` and `5.` are refused.
    pub fn parse(text: &str, sign: Sign) -> Result<Self, DecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(_) if sign == Sign::Refused => return Err(DecimalError::Negative),
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(DecimalError::Malformed),
            Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
            None => (unsigned, ""),
        };
        if whole.is_empty() {
            return Err(DecimalError::Malformed);
        }
        let digits = digits(whole, fraction)?;
        let scale = u32::try_from(fraction.len()).map_err(|_| DecimalError::TooLarge)?;
        Ok(Self { negative: negative && digits != 0, digits, scale })
    }

    /// The amount in units of ten to the minus `exponent`, exactly.
    pub fn minor_units(&self, exponent: u32) -> Result<i64, DecimalError> {
        // Trailing zeros of the fraction are gone, so digits beyond the exponent are not zero.
        let Some(missing) = exponent.checked_sub(self.scale) else {
            return Err(DecimalError::TooFine);
        };
        let magnitude = 10_u128
            .checked_pow(missing)
            .and_then(|factor| self.digits.checked_mul(factor))
            .and_then(|magnitude| i64::try_from(magnitude).ok())
            .ok_or(DecimalError::TooLarge)?;
        Ok(if self.negative { -magnitude } else { magnitude })
    }
}

/// The text of an amount to be sent, from hundredths of its currency. Zero and less are refused.
pub fn amount_text(minor_units: i64, decimals: Decimals) -> Result<String, DecimalError> {
    if minor_units <= 0 {
        return Err(DecimalError::NotPositive);
    }
    let (whole, hundredths) = (minor_units / 100, minor_units % 100);
    match decimals {
        Decimals::Two => Ok(format!("{whole}.{hundredths:02}")),
        Decimals::None if hundredths == 0 => Ok(whole.to_string()),
        Decimals::None => Err(DecimalError::TooFine),
    }
}

fn digits(whole: &str, fraction: &str) -> Result<u128, DecimalError> {
    let mut value: u128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::Malformed);
        }
        value = value
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(u128::from(byte - b'0')))
            .ok_or(DecimalError::TooLarge)?;
    }
    if whole.len() + fraction.len() > DIGITS_MAX {
        return Err(DecimalError::TooLarge);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hundredths(text: &str) -> Result<i64, DecimalError> {
        Decimal::parse(text, Sign::Refused)?.minor_units(2)
    }

    #[test]
    fn every_scale_that_is_exact_is_accepted() {
        assert_eq!(hundredths("902.50"), Ok(90_250));
        assert_eq!(hundredths("902.5"), Ok(90_250));
        assert_eq!(hundredths("11"), Ok(1_100));
        assert_eq!(hundredths("5.00000000000000000000"), Ok(500));
        assert_eq!(hundredths("0.00"), Ok(0));
        assert_eq!(hundredths("007"), Ok(700));
        assert_eq!(hundredths("92233720368547758.07"), Ok(i64::MAX));
    }

    #[test]
    fn whatever_is_not_exact_is_refused() {
        assert_eq!(hundredths("0.001"), Err(DecimalError::TooFine));
        assert_eq!(hundredths("92233720368547758.08"), Err(DecimalError::TooLarge));
        assert_eq!(hundredths(&"9".repeat(39)), Err(DecimalError::TooLarge));
        assert_eq!(hundredths(&"0".repeat(39)), Err(DecimalError::TooLarge));
        assert_eq!(hundredths("-1.00"), Err(DecimalError::Negative));
        for text in ["", ".", ".5", "5.", "1e2", "+1", " 1", "1 ", "1,00", "1.0.0", "٣", "--1"] {
            let parsed = Decimal::parse(text, Sign::Allowed);
            assert_eq!(parsed, Err(DecimalError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn signs_count_where_they_are_allowed() {
        let minus = Decimal::parse("-12.30", Sign::Allowed).unwrap();
        assert_eq!(minus.minor_units(2), Ok(-1_230));
        let nothing = Decimal::parse("-0.00", Sign::Allowed).unwrap();
        assert_eq!(nothing, Decimal::parse("0", Sign::Allowed).unwrap());
    }

    #[test]
    fn outgoing_text_is_fixed() {
        assert_eq!(amount_text(80_000, Decimals::Two).unwrap(), "800.00");
        assert_eq!(amount_text(5, Decimals::Two).unwrap(), "0.05");
        assert_eq!(amount_text(80_000, Decimals::None).unwrap(), "800");
        assert_eq!(amount_text(80_001, Decimals::None), Err(DecimalError::TooFine));
        assert_eq!(amount_text(0, Decimals::Two), Err(DecimalError::NotPositive));
        assert_eq!(amount_text(-1, Decimals::Two), Err(DecimalError::NotPositive));
    }

    proptest! {
        #[test]
        fn what_is_sent_reads_back(minor_units in 1..=i64::MAX, zeros in 0_usize..10) {
            let mut text = amount_text(minor_units, Decimals::Two).unwrap();
            text.push_str(&"0".repeat(zeros));
            prop_assert_eq!(hundredths(&text), Ok(minor_units));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", exponent in 0_u32..50) {
            if let Ok(decimal) = Decimal::parse(&text, Sign::Allowed) {
                let _ = decimal.minor_units(exponent);
            }
        }
    }
}
