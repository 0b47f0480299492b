//! What replicas share, where there is one process and so nobody to share with: kept in memory and
//! lost with it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use payout::port::{SHARED_VALUE_LENGTH_MAX, Shared, SharedError, Turn};
use payout::time::Timestamp;

/// Turns, and values, that are kept at most: far more than merchants have questions and operators
/// payouts to ask about within a quarter of an hour.
const NAMES_MAX: usize = 10_000;

/// Turns and answers of one process.
#[derive(Default)]
pub struct MemoryShared {
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    /// From when the next turn may be taken.
    turns: BTreeMap<String, Timestamp>,
    values: BTreeMap<String, Vec<u8>>,
}

impl MemoryShared {
    /// Nothing is shared yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Shared for MemoryShared {
    async fn take_turn(
        &self,
        name: &str,
        spacing: Duration,
        now: Timestamp,
    ) -> Result<Turn, SharedError> {
        let mut all = self.lock();
        if let Some(next) = all.turns.get(name).copied()
            // Of a turn that is further away the clock was set back since: it was long ago.
            && now < next && next <= now.plus(spacing)
        {
            return Ok(Turn::NotBefore(next));
        }
        if all.turns.len() >= NAMES_MAX {
            all.turns.retain(|_, next| *next > now);
        }
        if all.turns.len() >= NAMES_MAX {
            return Err(SharedError("too many turns are taken".to_owned()));
        }
        all.turns.insert(name.to_owned(), now.plus(spacing));
        Ok(Turn::Ours)
    }

    async fn give_back_turn(&self, name: &str) -> Result<(), SharedError> {
        self.lock().turns.remove(name);
        Ok(())
    }

    async fn keep(&self, name: &str, value: &[u8]) -> Result<(), SharedError> {
        let mut all = self.lock();
        let known = all.values.contains_key(name);
        if value.len() > SHARED_VALUE_LENGTH_MAX || (all.values.len() >= NAMES_MAX && !known) {
            return Err(SharedError("there is no room for another value".to_owned()));
        }
        all.values.insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, SharedError> {
        Ok(self.lock().values.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Duration = Duration::from_secs(900);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_785_600_000_000 + second * 1000)
    }

    #[tokio::test]
    async fn a_turn_comes_back_after_its_time_or_unused() {
        let shared = MemoryShared::new();
        let take = async |name, second| shared.take_turn(name, SPACING, at(second)).await;
        assert_eq!(take("a", 0).await, Ok(Turn::Ours));
        assert_eq!(take("a", 899).await, Ok(Turn::NotBefore(at(900))));
        assert_eq!(take("b", 899).await, Ok(Turn::Ours));
        assert_eq!(take("a", 900).await, Ok(Turn::Ours));
        assert_eq!(shared.give_back_turn("a").await, Ok(()));
        assert_eq!(take("a", 901).await, Ok(Turn::Ours));
        assert_eq!(take("a", -1000).await, Ok(Turn::Ours), "the clock was set back");
    }

    #[tokio::test]
    async fn names_and_values_are_bounded() {
        let shared = MemoryShared::new();
        for number in 0..NAMES_MAX {
            let name = format!("turn-{number}");
            assert_eq!(shared.take_turn(&name, SPACING, at(0)).await, Ok(Turn::Ours));
        }
        assert!(shared.take_turn("one more", SPACING, at(1)).await.is_err());
        assert_eq!(shared.take_turn("one more", SPACING, at(900)).await, Ok(Turn::Ours));
        assert_eq!(shared.keep("a", b"first").await, Ok(()));
        assert_eq!(shared.keep("a", b"second").await, Ok(()));
        assert_eq!(shared.kept("a").await, Ok(Some(b"second".to_vec())));
        assert_eq!(shared.kept("b").await, Ok(None));
        assert!(shared.keep("c", &vec![0; SHARED_VALUE_LENGTH_MAX + 1]).await.is_err());
    }
}
