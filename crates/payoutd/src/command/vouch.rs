//! `payoutd vouch`: an operator's word that the store has forgotten nothing.

use std::path::PathBuf;

use super::Failure;
use crate::config;

/// Arguments of `payoutd vouch`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file of the server.
    #[arg(long, default_value = "payoutd.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let config = config::load(&args.config)?;
    let directory = config.directory;
    store_embedded::vouch(&directory)
        .map_err(|error| format!("cannot vouch for {}: {error}", directory.display()))?;
    println!("the store in {} is vouched for from its next start on", directory.display());
    Ok(())
}
