//! The server over real sockets, as callers, providers and probes see it: with a store that does not
//! answer, for what must hold before one is asked or when it is down, and with a real one.
#![expect(clippy::disallowed_methods, reason = "tests run by the real clock")]
#![expect(clippy::unwrap_used, reason = "what helpers do not expect fails the test")]

mod admin;
mod drain;
mod grpc;
mod stored;
mod support;
mod watch;
mod webhooks;
