//! Points in time and durations.

use std::time::Duration;

use payout::text::Invalid;
use payout::time::Timestamp;

const NANOS_PER_MILLI: i32 = 1_000_000;

/// The times that `google.protobuf.Timestamp` may name, in seconds: the years 1 to 9999.
const SECONDS_RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Reads a time; what is finer than a millisecond is dropped.
pub(super) fn parse_timestamp(time: &prost_types::Timestamp) -> Result<Timestamp, Invalid> {
    let prost_types::Timestamp { seconds, nanos } = *time;
    if !SECONDS_RANGE.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return Err(Invalid::new("must be a time of the years 1 to 9999"));
    }
    Ok(Timestamp::from_millis(seconds * 1000 + i64::from(nanos / NANOS_PER_MILLI)))
}

/// What lies beyond the calendar is shown as its first or last moment: a time that cannot be
/// written would spoil the whole message for whoever renders it.
pub(super) fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let (first, last) = (SECONDS_RANGE.start() * 1000, SECONDS_RANGE.end() * 1000 + 999);
    let millis = time.as_millis().clamp(first, last);
    let part = i32::try_from(millis.rem_euclid(1000)).expect("a remainder of 1000 is below 1000");
    prost_types::Timestamp { seconds: millis.div_euclid(1000), nanos: part * NANOS_PER_MILLI }
}

pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    // Durations here are configured in days; what does not fit was meant as "for ever".
    let longest = prost_types::Duration { seconds: *SECONDS_RANGE.end(), nanos: 0 };
    prost_types::Duration::try_from(duration).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_to_the_millisecond() {
        for millis in [0, -1, 1_723_489_387_266] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(parse_timestamp(&timestamp(time)), Ok(time));
        }
    }

    #[test]
    fn no_time_makes_an_invalid_message() {
        for (millis, text) in [
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "0001-01-01T00:00:00Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(timestamp(Timestamp::from_millis(millis)).to_string(), text);
        }
    }

    #[test]
    fn times_outside_the_calendar_are_refused() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000)] {
            assert!(parse_timestamp(&prost_types::Timestamp { seconds, nanos }).is_err());
        }
    }
}
