//! What the process says while it runs: one JSON object per line on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Levels of our own targets when nothing is asked for; third-party targets only warn, because
/// what they show at finer levels is theirs to choose and may be a secret of ours.
const DEFAULT_FILTER: &str = "warn,payoutd=info,engine=info,server=info,trustly=info,\
    store_embedded=info,trustly_sim=info";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Starts logging. `filter` has the syntax of `RUST_LOG`; a filter that cannot be read is replaced
/// by the default, with a warning.
pub(crate) fn start(format: LogFormat, filter: Option<&str>) {
    let parsed = filter.map(EnvFilter::try_new);
    let refused = matches!(parsed, Some(Err(_)));
    let filter = match parsed {
        Some(Ok(filter)) => filter,
        Some(Err(_)) | None => EnvFilter::new(DEFAULT_FILTER),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A second start, as in a process that runs two commands, keeps the first.
    let _ = match format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
    };
    if refused {
        tracing::warn!("the log filter cannot be read; the default is used");
    }
}
