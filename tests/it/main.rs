//! The binary as its callers, its provider and its operators see it: real processes, real sockets,
//! a real store, and a simulated Trustly that checks real signatures.

#![expect(
    clippy::disallowed_methods,
    reason = "black-box tests wait for other processes by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod world;

mod kill;
mod recovery;
mod smoke;
