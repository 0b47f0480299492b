//! Trustly's two payout APIs, down to the byte.
//!
//! What is here is pure: the exact requests Trustly expects, the signatures on them, and a strict
//! reading of what Trustly sends back. Nothing here opens a socket or reads a clock, nothing but
//! [`eu::keygen`] draws a random number, and nothing decides what an answer means for a payout.
//!
//! [`eu`] speaks Trustly Europe's JSON-RPC 1.1 with RSA signatures, [`amer`] speaks Trustly
//! Americas' REST with HMAC signatures. They share how text becomes a tree and an amount.

pub mod json;

pub mod decimal;
pub mod field;
pub mod mask;
pub mod secret;

pub mod transport;

pub mod http;

mod words;

pub mod amer;
pub mod eu;
