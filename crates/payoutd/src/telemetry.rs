//! What the process says while it runs: one JSON object per line on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Levels of our own targets when nothing is asked for; third-party targets only warn, because
/// what they show at finer levels is theirs to choose and may be a secret of ours.
pub(crate) const DEFAULT: &str = "warn,payoutd=info,engine=info,server=info,trustly=info,\
    store_embedded=info,trustly_sim=info";

/// Nothing but what goes wrong: a story is told beside it. The simulator makes novelties itself.
pub(crate) const QUIET: &str = "warn,trustly::eu::novelty=error";

/// The filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("--log (or PAYOUTD_LOG) is no filter: {0}; write one such as info or warn,engine=debug")]
pub(crate) struct FilterError(#[from] tracing_subscriber::filter::ParseError);

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Starts logging. `filter` has the syntax of `RUST_LOG`; `default` holds where there is none.
pub(crate) fn start(
    format: LogFormat,
    filter: Option<&str>,
    default: &str,
) -> Result<(), FilterError> {
    let filter = EnvFilter::try_new(filter.unwrap_or(default))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A second start, as in a process that runs two commands, keeps the first.
    let _ = match format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
    };
    Ok(())
}
