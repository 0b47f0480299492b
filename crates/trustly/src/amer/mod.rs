//! Trustly Americas: REST with HTTP Basic credentials and HMAC signatures.
//!
//! One secret, the access key, does three things: it is the password of every call, it signs what a
//! browser carries to Trustly ([`canonical`], [`signature`]), and it signs Trustly's webhooks.
//! Answers to calls carry no signature, so they count only when they parse fully. [`wire`] builds
//! and reads messages; [`status`], [`code`] and [`reason`] are Trustly's tables.

pub mod canonical;
pub mod code;
pub mod credentials;
mod handle;
mod look_up;
mod notice;
pub mod provider;
pub mod reason;
mod report;
mod sealed;
pub mod signature;
pub mod status;
pub mod wire;
