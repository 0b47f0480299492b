//! Amounts as both APIs write them. Currencies and their rules are the APIs' matter.

use std::fmt;

use crate::rng::Rng;

/// Hundredths of a currency's unit. Both APIs count in hundredths, whatever ISO says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(u64);

/// Digits before the point. Leaves room to add up every movement the simulator can hold.
const WHOLE_DIGITS_MAX: usize = 11;

impl Amount {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) const fn from_hundredths(hundredths: u64) -> Self {
        Self(hundredths)
    }

    pub(crate) fn hundredths(self) -> u64 {
        self.0
    }

    /// Digits, and after a point as many of them as `decimals` allows. No sign, no exponent.
    pub(crate) fn parse(text: &str, decimals: impl Fn(usize) -> bool) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > WHOLE_DIGITS_MAX || !digits(whole) {
            return None;
        }
        if fraction.len() > 2 || !digits(fraction) || !decimals(fraction.len()) {
            return None;
        }
        format!("{whole}{fraction:0<2}").parse().ok().map(Self)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("parsed amounts leave room for their sum"))
    }

    /// `None` where it would be negative.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same value with two decimals or fewer, as real notifications and replies show it.
    pub(crate) fn loosely(self, rng: &mut Rng) -> String {
        let exact = self.to_string();
        if !rng.one_in(3) {
            return exact;
        }
        let fewer = exact.trim_end_matches('0').trim_end_matches('.');
        if fewer.contains('.') || rng.one_in(2) { fewer.to_owned() } else { format!("{fewer}.0") }
    }
}

/// Always two decimals.
impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_parse() {
        let any = |text| Amount::parse(text, |_| true).map(Amount::hundredths);
        assert_eq!(any("25"), Some(2_500));
        assert_eq!(any("25.5"), Some(2_550));
        assert_eq!(any("0.99"), Some(99));
        for text in ["", ".5", "5.", "-1", "+1", "1e2", "1,00", "1.005", " 1", "123456789012"] {
            assert_eq!(any(text), None, "{text}");
        }
        assert_eq!(Amount::parse("25", |decimals| decimals == 2), None);
    }

    #[test]
    fn loose_text_keeps_the_value() {
        let mut rng = Rng::new(5);
        for hundredths in [0, 1, 10, 2_550, 90_250, 100_000] {
            for _ in 0..20 {
                let amount = Amount(hundredths);
                let text = amount.loosely(&mut rng);
                assert_eq!(Amount::parse(&text, |_| true), Some(amount), "{text}");
            }
        }
    }
}
