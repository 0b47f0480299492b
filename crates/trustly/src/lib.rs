//! Trustly's two payout APIs, down to the byte.
//!
//! What is here is pure: how text becomes a tree, an amount or a secret.

pub mod json;

pub mod field;

pub mod decimal;

pub mod secret;

pub mod mask;
