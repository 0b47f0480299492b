//! `payoutd`: the server, the simulator and the command line in one binary. This crate wires and
//! reads the world (files, environment, clock, terminal); it decides nothing about payouts.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the composition root: it reads the clock and the environment for the others"
)]
#![expect(
    clippy::print_stderr,
    reason = "this is the command line: it says to people what went wrong"
)]

mod clock;
mod command;
mod compose;
mod config;
mod telemetry;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::client::failure::JsonError;
use crate::command::{Usage, check_config, client, demo, keygen, serve, simulate, vouch};
use crate::telemetry::LogFormat;

/// The exit code for a command line that cannot be carried out, as clap has it for what it refuses.
const USAGE: u8 = 2;

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed; standard error says why
  2  not begun: a flag is missing, unknown or cannot be right, and standard error says which one;
     nothing was sent or written. What only the server or a file can tell ends with 1";

/// A payouts-provider adapter: one gRPC API, `payouts.v1`, for payments providers.
#[derive(Parser)]
#[command(name = "payoutd", version, about, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value = "json", env = "PAYOUTD_LOG_FORMAT")]
    log_format: LogFormat,
    /// What is logged, in the syntax of RUST_LOG; warnings only in a demo, unless this is given.
    #[arg(long, global = true, env = "PAYOUTD_LOG")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows real payouts through a real server, store and simulated provider, in one process.
    Demo(demo::Args),
    /// Runs the server.
    Serve(serve::Args),
    /// Runs a simulated Trustly, and writes a configuration with which the server works with it.
    Simulate(simulate::Args),
    /// Creates, reads, watches and cancels payouts.
    #[command(subcommand)]
    Payout(client::payout::Args),
    /// Registers, imports, reads and deletes destinations.
    #[command(subcommand)]
    Destination(client::destination::Args),
    /// Lists what is in doubt, settles it, pauses and resumes, previews, compares reports.
    #[command(subcommand)]
    Ops(client::ops::Args),
    /// Shows what a merchant's provider can do, and what it has of the merchant's money.
    #[command(subcommand)]
    Provider(client::provider::Args),
    /// Checks a configuration file and explains every mistake in it.
    CheckConfig(check_config::Args),
    /// Says that the store has forgotten nothing: of a new installation before its first start, or
    /// of the very store that stopped last, after an outage of more than ten minutes. Never of a
    /// copy that was restored: it may have forgotten payouts, which are then paid twice.
    Vouch(vouch::Args),
    /// Makes a key pair for Trustly Europe.
    Keygen(keygen::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let default = match cli.command {
        Command::Demo(_) => telemetry::QUIET,
        _ => telemetry::DEFAULT,
    };
    if let Err(error) = telemetry::start(cli.log_format, cli.log.as_deref(), default) {
        eprintln!("payoutd: {error}");
        return ExitCode::from(USAGE);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("payoutd: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Simulate(args) => simulate::run(args).await,
            Command::Payout(args) => client::payout::run(args).await,
            Command::Destination(args) => client::destination::run(args).await,
            Command::Ops(args) => client::ops::run(args).await,
            Command::Provider(args) => client::provider::run(args).await,
            Command::CheckConfig(args) => check_config::run(&args),
            Command::Vouch(args) => vouch::run(&args),
            Command::Keygen(args) => keygen::run(&args),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.is::<JsonError>() {
                true => eprintln!("{error}"),
                false => eprintln!("payoutd: {}", with_causes(&*error)),
            }
            if error.is::<Usage>() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// An error with what led to it, which its own text leaves out.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
