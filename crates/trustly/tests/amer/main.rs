//! Trustly Americas from outside: the published and computed vectors of its signatures, answers in
//! every shape its documentation shows, and everything that must not pass.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod answers;
mod deposit;
mod documented;
mod import;
mod look_up;
mod notice;
mod prepare;
mod request_signature;
mod rig;
mod webhook;

#[path = "../eu/sample.rs"]
mod sample;
#[path = "../eu/script.rs"]
mod script;
