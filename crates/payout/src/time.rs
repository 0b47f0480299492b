//! Points in time. Only the composition root reads a clock; everyone else is handed a
//! [`Timestamp`].

use std::fmt;
use std::time::Duration;

/// A point in time, in milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch: earlier than anything that happens here.
    pub const EPOCH: Self = Self(0);
    /// Later than anything that happens here.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This point plus `duration`; stays at the end of time instead of wrapping.
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

/// The time of day, and how far back differences of it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The time of day.
    pub wall: Timestamp,
    /// Since when the time of day has run evenly, as far as this process can tell: it was set, or
    /// the process began. What lies before may be longer ago, or less long, than it seems.
    pub steady_since: Timestamp,
}

impl Time {
    /// A time of day that has always run evenly.
    pub const fn steady(wall: Timestamp) -> Self {
        Self { wall, steady_since: Timestamp::EPOCH }
    }

    /// Whether `duration` has truly passed since `since`. Later than the time of day says it, if
    /// that was set in between.
    pub fn has_passed(self, duration: Duration, since: Timestamp) -> bool {
        self.wall >= since.max(self.steady_since).plus(duration)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// The proleptic Gregorian date of a day count since 1970-01-01, counted in 400-year eras that
/// begin on the first of March so that the leap day is the last of its year.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_as_rfc_3339() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_723_489_387_266, "2024-08-12T19:03:07.266Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
    }

    #[test]
    fn nothing_has_passed_on_a_clock_that_was_just_set() {
        let at = Timestamp::from_millis;
        let hour = Duration::from_secs(3600);
        let steady = Time { wall: at(10_000_000), steady_since: at(0) };
        assert!(steady.has_passed(hour, at(6_400_000)) && !steady.has_passed(hour, at(6_400_001)));
        let was_set = Time { steady_since: at(9_999_000), ..steady };
        assert!(!was_set.has_passed(hour, at(6_400_000)));
        assert!(was_set.has_passed(Duration::from_secs(1), at(6_400_000)));
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::EPOCH.since(Timestamp::MAX), Duration::ZERO);
    }
}
