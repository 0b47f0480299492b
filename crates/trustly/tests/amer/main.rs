//! Trustly Americas from outside: the published and computed vectors of its signatures, answers in
//! every shape its documentation shows, and everything that must not pass.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod answers;
mod request_signature;
mod webhook;
