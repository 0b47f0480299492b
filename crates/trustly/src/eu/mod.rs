//! Trustly Europe: JSON-RPC 1.1 with RSA signatures in both directions.
//!
//! [`canonical`] turns a JSON tree into the text that is signed, [`signature`] signs and verifies
//! that text with the keys of [`key`].

pub mod canonical;
pub mod key;
pub mod keygen;
mod sha1_sign;
pub mod signature;
