//! Days of UTC, by which providers settle.

use std::fmt;

use crate::text::Invalid;
use crate::time::{Timestamp, civil};

const MILLIS: i64 = 86_400_000;

/// The days of the years 1970 to 9999: those that four digits of a year can name.
const NUMBER_MAX: i64 = 2_932_896;

/// A day of UTC, from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// Takes `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("must be a day from 1970 on, written YYYY-MM-DD");
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
            return Err(wrong());
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_i64, |value, digit| match digit.is_ascii_digit() {
                true => Some(value * 10 + i64::from(digit - b'0')),
                false => None,
            })
        };
        let year = number(&[y1, y2, y3, y4]).ok_or_else(wrong)?;
        number(&[m1, m2, d1, d2]).ok_or_else(wrong)?;
        // The calendar runs one way only: the day is looked for near where it must be.
        let guess = (year - 1970) * 365;
        for day in guess.max(0)..=(guess + LATEST_IN_YEAR).min(NUMBER_MAX) {
            if Self(day).to_string() == text {
                return Ok(Self(day));
            }
        }
        Err(wrong())
    }

    /// The day of a point in time; the nearest that there is, if it is none of these years.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_millis().div_euclid(MILLIS).clamp(0, NUMBER_MAX))
    }

    /// From the count of days since 1970-01-01.
    pub fn from_number(number: i64) -> Result<Self, Invalid> {
        match (0..=NUMBER_MAX).contains(&number) {
            true => Ok(Self(number)),
            false => Err(Invalid::new("must be a day of the years 1970 to 9999")),
        }
    }

    /// How many days after 1970-01-01.
    pub fn number(self) -> i64 {
        self.0
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0 * MILLIS)
    }

    /// The day that many days before; the first of all, if there is none.
    pub fn before(self, days: i64) -> Self {
        Self((self.0 - days).clamp(0, NUMBER_MAX))
    }

    /// The next day; the last of all has none.
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(NUMBER_MAX))
    }
}

/// Beyond `365 × years` a day lies by its place in the year and by the leap days since 1970.
const LATEST_IN_YEAR: i64 = 366 + (9999 - 1970) / 4 + 1;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read() {
        for (number, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (20_000, "2024-10-04"),
            (NUMBER_MAX, "9999-12-31"),
        ] {
            let day = Day::from_number(number).unwrap();
            assert_eq!((day.to_string().as_str(), Day::parse(text)), (text, Ok(day)));
        }
        for number in (0..NUMBER_MAX).step_by(997) {
            let day = Day::from_number(number).unwrap();
            assert_eq!(Day::parse(&day.to_string()), Ok(day));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2026-02-30", "2026-13-01", "2026-1-1", "1969-12-31", "2026-01-01T", "x"] {
            assert!(Day::parse(text).is_err(), "{text}");
        }
        assert!(Day::from_number(-1).is_err() && Day::from_number(NUMBER_MAX + 1).is_err());
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        let day = Day::parse("2026-03-01").unwrap();
        assert_eq!(Day::of(day.start()), day);
        assert_eq!(Day::of(Timestamp::from_millis(day.start().as_millis() - 1)), day.before(1));
        assert_eq!(day.before(1).to_string(), "2026-02-28");
        assert_eq!(day.before(1).next(), day);
    }
}
