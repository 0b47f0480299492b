//! Trustly's two payout APIs, down to the byte.
//!
//! What is here is pure: the exact requests Trustly expects, the signatures on them, and a strict
//! reading of what Trustly sends back. Nothing here opens a socket, reads a clock or draws a
//! random number, and nothing here decides what an answer means for a payout.
//!
//! [`eu`] speaks Trustly Europe's JSON-RPC 1.1 with RSA signatures, [`amer`] speaks Trustly
//! Americas' REST with HMAC signatures. They share how text becomes a tree and an amount.

pub mod json;

pub mod field;

pub mod decimal;

pub mod secret;

pub mod mask;

pub mod eu;

pub mod amer;
