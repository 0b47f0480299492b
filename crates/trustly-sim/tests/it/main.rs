//! The simulator through its sockets: a merchant of the tests' own signs, sends, listens and
//! checks; nothing of the simulator's code is used but `serve` and the keys.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests run in real time, with deadlines that only failures reach"
)]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod amer;
mod amer_accounts;
mod amer_authorizations;
mod amer_establish;
mod amer_faults;
mod amer_lightbox;
mod amer_merchant;
mod amer_reclaim;
mod amer_terms;
mod control;
mod eu;
mod eu_accounts;
mod eu_checkout;
mod eu_clients;
mod eu_errors;
mod eu_faults;
mod eu_notices;
mod eu_payouts;
mod eu_questions;
mod merchant;
mod notifications;
mod receiver;
mod rig;
mod serving;
