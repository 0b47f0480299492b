//! Trustly Europe from outside: the published vectors, genuine Trustly messages, and everything
//! that must not pass. Signatures are made and checked by the `rsa` crate, an implementation that
//! the adapter does not use.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod answer;
mod documented;
mod examples;
mod fuzz;
mod key_files;
mod keys;
mod link;
mod mutate;
mod notice;
mod notification;
mod prepare;
mod random;
mod register;
mod reply;
mod request;
mod rig;
mod sample;
mod script;
mod serialise;
mod support;
mod treasury;
mod tree;
mod vectors;
