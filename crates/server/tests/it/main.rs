//! The server over real sockets, as callers, providers and probes see it. The store does not answer
//! here, so what is tested is what must hold before a store is asked, or when it is down.
#![expect(clippy::disallowed_methods, reason = "tests run by the real clock")]
#![expect(clippy::unwrap_used, reason = "what helpers do not expect fails the test")]

mod admin;
mod drain;
mod grpc;
mod support;
mod webhooks;
