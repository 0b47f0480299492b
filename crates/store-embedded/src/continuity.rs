//! Since when the store can prove that it has forgotten nothing: signs of life, written down every
//! so often, and what a silence between them means.

use std::time::Duration;

use payout::time::Timestamp;
use rusqlite::{Connection, params};

/// A silence longer than this counts as a loss: a backup older than that cannot pass for the
/// present. Longer than any restart takes.
pub const SILENCE_MAX: Duration = Duration::from_secs(10 * 60);

/// How often a sign of life is made durable. Well below [`SILENCE_MAX`], so that a crash right
/// before the next one is not taken for a loss.
pub(crate) const WRITE_INTERVAL: Duration = Duration::from_secs(60);

/// What is known about the store's continuity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Continuity {
    since: Timestamp,
    seen_at: Timestamp,
    written_at: Timestamp,
}

impl Continuity {
    /// A store that begins, or has just forgotten.
    pub(crate) fn from(now: Timestamp) -> Self {
        Self { since: now, seen_at: now, written_at: now }
    }

    /// A store of which an operator says that it has never forgotten anything.
    pub(crate) fn vouched(now: Timestamp) -> Self {
        Self { since: Timestamp::EPOCH, ..Self::from(now) }
    }

    /// Since when nothing was forgotten.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Takes a sign of life. True if it is to be made durable now.
    ///
    /// A clock that went back that far proves as little as a silence: the time that passed is not
    /// known.
    #[must_use]
    pub(crate) fn observe(&mut self, now: Timestamp) -> bool {
        if apart(now, self.seen_at) > SILENCE_MAX {
            *self = Self::from(now);
            return true;
        }
        self.seen_at = now;
        let due = apart(now, self.written_at) >= WRITE_INTERVAL;
        if due {
            self.written_at = now;
        }
        due
    }

    /// What was written last, and the mark of the file that it was written to.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<(Self, i64)> {
        let sql = "SELECT continuous_since, seen_at, file_mark FROM store";
        connection.query_row(sql, [], |row| {
            let since = Timestamp::from_millis(row.get(0)?);
            let seen_at = Timestamp::from_millis(row.get(1)?);
            Ok((Self { since, seen_at, written_at: seen_at }, row.get(2)?))
        })
    }

    /// Makes it durable with the transaction under way.
    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "UPDATE store SET continuous_since = ?1, seen_at = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![self.since.as_millis(), self.seen_at.as_millis()])?;
        Ok(())
    }
}

fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[test]
    fn signs_of_life_keep_it_and_are_written_every_so_often() {
        let mut continuity = Continuity::from(START);
        let mut written = 0;
        for second in 0..=600 {
            written += u32::from(continuity.observe(START.plus(Duration::from_secs(second))));
        }
        assert_eq!((continuity.since(), written), (START, 10));
    }

    #[test]
    fn a_long_silence_or_a_clock_set_back_is_a_loss() {
        let second = Duration::from_secs(1);
        let late = START.plus(SILENCE_MAX + second);
        let mut continuity = Continuity::from(START);
        assert!(continuity.observe(late));
        assert_eq!(continuity.since(), late);
        assert!(continuity.observe(START));
        assert_eq!(continuity.since(), START);
        assert!(continuity.observe(START.plus(SILENCE_MAX)));
        assert_eq!(continuity.since(), START);
    }
}
