//! The binary as its callers, its provider and its operators see it: real processes, real sockets,
//! a real store, and a simulated Trustly that checks real signatures.

#![expect(
    clippy::disallowed_methods,
    reason = "black-box tests wait for other processes by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod between;
mod calls;
mod samples;
mod trustly;
mod world;

mod attributes;
mod bad_input;
mod bad_queries;
mod cancel;
mod cli;
mod configuration;
mod create;
mod destinations;
mod flow;
mod keys;
mod kill;
mod leaks;
mod links;
mod lists;
mod money;
mod notices;
mod ops;
mod outcomes;
mod recovery;
mod refusals;
mod serving;
mod smoke;
mod stuck;
mod terminal;
mod watch;
mod webhooks;
mod wire;
