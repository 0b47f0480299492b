//! The binary as its callers, its provider and its operators see it: real processes, real sockets,
//! a real store, and a simulated Trustly that checks real signatures.

#![expect(
    clippy::disallowed_methods,
    reason = "black-box tests wait for other processes by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod calls;
mod samples;
mod trustly;
mod world;

mod bad_input;
mod bad_queries;
mod cancel;
mod cli;
mod create;
mod destinations;
mod leaks;
mod lists;
mod outcomes;
mod serving;
mod smoke;
mod watch;
mod webhooks;
