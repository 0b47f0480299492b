//! Small things that all replicas share and that may be lost at any time: losing them costs calls,
//! never money.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::time::Timestamp;

/// Longest value of one name.
pub const SHARED_VALUE_LENGTH_MAX: usize = 16 * 1024;

/// Turns and answers that replicas share.
#[async_trait]
pub trait Shared: Send + Sync {
    /// Takes the turn to do what `name` stands for, unless somebody took it less than `spacing`
    /// before `now`. A dropped future may have taken it.
    async fn take_turn(
        &self,
        name: &str,
        spacing: Duration,
        now: Timestamp,
    ) -> Result<Turn, SharedError>;

    /// Gives back a turn that was not used. One that is not there is no error.
    async fn give_back_turn(&self, name: &str) -> Result<(), SharedError>;

    /// Keeps a value of at most [`SHARED_VALUE_LENGTH_MAX`] bytes in the place of an earlier one.
    async fn keep(&self, name: &str, value: &[u8]) -> Result<(), SharedError>;

    /// What is kept, if it is still there.
    async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, SharedError>;
}

/// Whether it is our turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is: do it now.
    Ours,
    /// Not before this time.
    NotBefore(Timestamp),
}

/// Nothing can be shared now. Whoever may not do a thing too often does not do it then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("what replicas share cannot be reached: {0}")]
pub struct SharedError(pub String);
