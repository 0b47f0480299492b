//! One module per command.

pub(crate) mod check_config;
pub(crate) mod client;
pub(crate) mod demo;
pub(crate) mod keygen;
pub(crate) mod serve;
pub(crate) mod shutdown;
pub(crate) mod simulate;
pub(crate) mod terminal;
pub(crate) mod vouch;

/// What a command fails with: a text for the person at the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A command line that cannot be carried out as it stands: names the flag, what is wrong with it
/// and what to write. Nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);
