//! `payoutd check-config`: every mistake of a configuration file at once.

use std::path::PathBuf;

use super::Failure;
use super::terminal::say;
use crate::config::{self, ListenInstead};

/// Arguments of `payoutd check-config`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, env = "PAYOUTD_CONFIG")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let config = config::load(&args.config, ListenInstead::default())?;
    say(format_args!("{} is complete:", args.config.display()));
    say(format_args!("  data directory {}", config.directory.display()));
    for (merchant, section) in &config.merchants {
        say(format_args!("  merchant {merchant}: {}", section.provider.region()));
        if let Some(url) = &config.public_url {
            say(format_args!("    notifications arrive under {url}/notifications/{merchant}"));
        }
        for key in &section.keys {
            say(format_args!("    {key}"));
        }
    }
    say(format_args!(
        "note: payout ids derive from merchant names; a renamed merchant cannot see its old payouts"
    ));
    Ok(())
}
