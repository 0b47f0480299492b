//! One clock for the whole simulator: it never goes backwards, and it knows the time factor.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// No compressed pause is shorter: a large factor must not turn retries into a busy loop.
const PAUSE_MIN: Duration = Duration::from_millis(5);

#[derive(Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    started_unix: Duration,
    factor: u32,
}

impl Clock {
    pub(crate) fn start(factor: u32) -> Self {
        let started_unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("this machine's clock is set to a time after 1970");
        Self { started: Instant::now(), started_unix, factor }
    }

    pub(crate) fn now(&self) -> Moment {
        let since_start = self.started.elapsed();
        Moment { since_start, unix: self.started_unix + since_start }
    }

    pub(crate) fn instant(&self, since_start: Duration) -> Instant {
        self.started + since_start
    }

    /// A documented duration as it passes here.
    pub(crate) fn compress(&self, documented: Duration) -> Duration {
        (documented / self.factor).max(PAUSE_MIN)
    }

    /// The next end of a batch of this documented length, counted from the start.
    pub(crate) fn next_batch(&self, now: Moment, documented: Duration) -> Duration {
        let length = self.compress(documented).as_micros();
        let batches = now.since_start.as_micros() / length + 1;
        let end = u64::try_from(batches * length).expect("no process lives for 500,000 years");
        Duration::from_micros(end)
    }
}

/// A point in time, on the agenda's scale and on the calendar's.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) since_start: Duration,
    unix: Duration,
}

impl Moment {
    pub(crate) fn unix_ms(self) -> u64 {
        u64::try_from(self.unix.as_millis()).expect("milliseconds since 1970 fit 64 bits")
    }

    /// The day in UTC, as `2013-12-20`.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil_date(self.unix.as_secs() / 86_400);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// PostgreSQL's way, as in Trustly's notifications: `2013-12-20 14:42:04.675645+00`, with as
    /// many digits of the fraction as asked for, and so many hours east of Greenwich.
    pub(crate) fn timestamp(self, fraction_digits: usize, hours_east: u64) -> String {
        let seconds = self.unix.as_secs() + 3_600 * hours_east;
        let (year, month, day) = civil_date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let mut text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        let micros = format!("{:06}", self.unix.subsec_micros());
        if let Some(fraction) = micros.get(..fraction_digits).filter(|part| !part.is_empty()) {
            text.push('.');
            text.push_str(fraction);
        }
        format!("{text}+{hours_east:02}")
    }
}

/// Year, month and day of a count of days since 1970, in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that a leap day is the last of its year and the days before
/// a month follow one line.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    const DAYS_FROM_0000_03_01: u64 = 719_468;
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days_since_1970 + DAYS_FROM_0000_03_01;
    let era = days / DAYS_PER_ERA;
    let day_of_era = days % DAYS_PER_ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(unix: Duration) -> Moment {
        Moment { since_start: Duration::ZERO, unix }
    }

    #[test]
    fn timestamps_have_the_fraction_asked_for() {
        let at = moment(Duration::from_micros(1_387_550_524_675_645));
        assert_eq!(at.timestamp(6, 0), "2013-12-20 14:42:04.675645+00");
        assert_eq!(at.timestamp(2, 1), "2013-12-20 15:42:04.67+01");
        assert_eq!(at.timestamp(0, 10), "2013-12-21 00:42:04+10");
        assert_eq!(at.date(), "2013-12-20");
    }

    #[test]
    fn leap_days_and_turns_of_the_year_come_out_right() {
        for (day, expected) in [
            (0, (1970, 1, 1)),
            (789, (1972, 2, 29)),
            (10_957, (2000, 1, 1)),
            (11_016, (2000, 2, 29)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil_date(day), expected);
        }
    }

    #[test]
    fn batches_end_later_than_now_and_at_whole_multiples() {
        let clock = Clock::start(1_000);
        let at =
            |millis| Moment { since_start: Duration::from_millis(millis), unix: Duration::ZERO };
        let batch = Duration::from_secs(300);
        assert_eq!(clock.next_batch(at(0), batch), Duration::from_millis(300));
        assert_eq!(clock.next_batch(at(299), batch), Duration::from_millis(300));
        assert_eq!(clock.next_batch(at(300), batch), Duration::from_millis(600));
    }
}
