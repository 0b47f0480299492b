//! A peer's view of Trustly: both merchant APIs that `payoutd` speaks to, as seen from outside.
//!
//! Trustly Europe (JSON-RPC, RSA signatures) and Trustly Americas (REST, HMAC) are served on one
//! port, with real signatures both ways, notifications that are retried until they get a valid
//! answer, a ledger of every movement of money, and a fault program under `/_sim/`.
//!
//! It is written from Trustly's documentation alone and shares no code with the adapter it is
//! the counterpart of. It keeps nothing on disk, its checkout is a bare form, and it is no
//! place for real credentials or real people's data.

#![expect(
    clippy::disallowed_methods,
    reason = "the simulator is a peer with a clock of its own, outside the simulated time of tests"
)]

mod config;
mod contract;
mod keys;
mod serve;

mod agenda;
mod amer;
mod announce;
mod clock;
mod control;
mod driver;
mod eu;
mod faults;
mod json;
mod ledger;
mod money;
mod notices;
mod page;
mod requests;
mod rng;
mod sim;
mod web;

pub use config::{AmerMerchant, Config, ConfigError, EuMerchant};
pub use contract::{BadContract, EuContract};
pub use keys::{KeyError, generate_key_pem, public_key_pem};
pub use serve::{ServeError, serve};
