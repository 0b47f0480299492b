//! Trustly Europe's timestamps: PostgreSQL's text form, with a short offset.

use thiserror::Error;

/// The text is not a timestamp that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("timestamp is not YYYY-MM-DD HH:MM:SS[.f]±HH[:MM]")]
pub struct TimestampError;

/// Milliseconds since 1970-01-01T00:00:00Z of `YYYY-MM-DD HH:MM:SS[.f]±HH[:MM]`, where `f` is one
/// to nine digits; what is finer than a millisecond is dropped.
pub fn epoch_ms(text: &str) -> Result<i64, TimestampError> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)?;
    rest.expect(b'-')?;
    let month = rest.digits(2)?;
    rest.expect(b'-')?;
    let day = rest.digits(2)?;
    rest.expect(b' ')?;
    let hour = rest.digits(2)?;
    rest.expect(b':')?;
    let minute = rest.digits(2)?;
    rest.expect(b':')?;
    let second = rest.digits(2)?;
    let millis = rest.fraction()?;
    let offset_minutes = rest.offset()?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return Err(TimestampError);
    }
    // 60 is a leap second, which counts as the first second of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return Err(TimestampError);
    }
    let minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    let millis = (minutes * 60 + second) * 1000 + millis;
    if CALENDAR.contains(&millis) { Ok(millis) } else { Err(TimestampError) }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that the leap day
/// is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month > 2 { year } else { year - 1 };
    let march_month = (month + 9) % 12;
    let leap_days = march_year / 4 - march_year / 100 + march_year / 400;
    let days_before_month = (march_month * 153 + 2) / 5;
    march_year * 365 + leap_days + days_before_month + day - 1 - DAYS_BEFORE_EPOCH
}

/// The years 1 to 9999 in UTC: times that whoever shows them can write.
const CALENDAR: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_EPOCH: i64 = 719_468;

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn digits(&mut self, count: usize) -> Result<i64, TimestampError> {
        let mut value = 0;
        for _ in 0..count {
            let digit = self.next().filter(u8::is_ascii_digit).ok_or(TimestampError)?;
            value = value * 10 + i64::from(digit - b'0');
        }
        Ok(value)
    }

    fn expect(&mut self, byte: u8) -> Result<(), TimestampError> {
        if self.next() == Some(byte) { Ok(()) } else { Err(TimestampError) }
    }

    fn fraction(&mut self) -> Result<i64, TimestampError> {
        if self.0.first() != Some(&b'.') {
            return Ok(0);
        }
        self.next();
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&length) {
            return Err(TimestampError);
        }
        let millis = self.digits(length.min(3))?;
        self.digits(length.saturating_sub(3))?;
        Ok(match length {
            1 => millis * 100,
            2 => millis * 10,
            _ => millis,
        })
    }

    fn offset(&mut self) -> Result<i64, TimestampError> {
        let sign = match self.next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(TimestampError),
        };
        let hours = self.digits(2)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.expect(b':')?;
            self.digits(2)?
        };
        if !self.0.is_empty() || hours > 15 || minutes > 59 {
            return Err(TimestampError);
        }
        Ok(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(epoch_ms("1970-01-01 00:00:00+00"), Ok(0));
        assert_eq!(epoch_ms("2013-12-20 14:42:04.675645+01"), Ok(1_387_546_924_675));
        assert_eq!(epoch_ms("2015-03-12 15:14:18.61671+00"), Ok(1_426_173_258_616));
        assert_eq!(epoch_ms("2018-11-16 12:52:22.293626+00"), Ok(1_542_372_742_293));
        assert_eq!(epoch_ms("2024-02-29 23:59:59.5-05:30"), Ok(1_709_270_999_500));
        assert_eq!(epoch_ms("2000-03-01 00:00:00.07+00:00"), Ok(951_868_800_070));
        assert_eq!(epoch_ms("1969-12-31 23:59:59+00"), Ok(-1_000));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "0000-12-31 00:00:00+00",
            "0001-01-01 00:00:00+01",
            "9999-12-31 23:59:59-01",
            "2024-02-30 00:00:00+00",
            "2023-02-29 00:00:00+00",
            "1900-02-29 00:00:00+00",
            "2024-13-01 00:00:00+00",
            "2024-00-01 00:00:00+00",
            "2024-01-00 00:00:00+00",
            "2024-01-01 24:00:00+00",
            "2024-01-01 00:60:00+00",
            "2024-01-01 00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00+00",
            "2024-01-01 00:00:00.+00",
            "2024-01-01 00:00:00.1234567890+00",
            "2024-01-01 00:00:00+0",
            "2024-01-01 00:00:00+00:",
            "2024-01-01 00:00:00+00:00 ",
            "2024-01-01 00:00:00+99",
            " 2024-01-01 00:00:00+00",
        ] {
            assert_eq!(epoch_ms(text), Err(TimestampError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn days_follow_each_other(year in 1_i64..9999, month in 1_i64..=12) {
            let last = days_since_epoch(year, month, days_in_month(year, month));
            let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            prop_assert_eq!(days_since_epoch(next.0, next.1, 1), last + 1);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9]{0,4}-[0-9]{2}-[0-9]{2} [0-9:.+-]{0,20}") {
            let _ = epoch_ms(&text);
        }
    }
}
