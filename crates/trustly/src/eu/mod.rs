//! Trustly Europe: JSON-RPC 1.1 with RSA signatures in both directions.
//!
//! [`canonical`] turns a JSON tree into the text that is signed, [`signature`] signs and verifies
//! that text with the keys of [`key`], whose files [`key_file`] reads; [`wire`] builds requests and
//! reads what Trustly answers and notifies. [`code`], [`clearing_house`] and [`published`] are
//! Trustly's tables.

pub mod answer;
pub mod canonical;
pub mod clearing_house;
pub mod code;
pub mod key;
pub mod key_file;
pub mod keygen;
mod link;
mod notice;
pub mod novelty;
pub mod profile;
pub mod provider;
pub mod published;
mod sha1_sign;
pub mod signature;
mod statement;
pub mod timestamp;
mod treasury;
pub mod uuid;
pub mod wire;
