//! `payoutd vouch`: an operator's word that the store has forgotten nothing.

use std::path::PathBuf;

use super::Failure;
use super::terminal::say;
use crate::config::{self, ListenInstead};

/// Arguments of `payoutd vouch`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file of the server.
    #[arg(long, default_value = "payoutd.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let config = config::load(&args.config, ListenInstead::default())?;
    let directory = config.directory;
    store_embedded::vouch(&directory)
        .map_err(|error| format!("cannot vouch for {}: {error}", directory.display()))?;
    say(format_args!("the store in {} is vouched for from its next start on", directory.display()));
    Ok(())
}
