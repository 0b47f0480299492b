//! The HTTP client over real sockets, against a server that misbehaves in one way each: what is
//! proven not sent, what is lost, and that nothing is ever sent twice or elsewhere.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod lost;
mod not_sent;
mod once;
mod server;
