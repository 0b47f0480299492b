//! The store on one machine: one SQLite file in one data directory, used by one process.
//!
//! Whatever it reports as done is on the disk. Waiting writes share one commit, made by the one
//! thread that writes (`writer`); readings run beside it on connections of their own (`readers`).
//! The contract is `payout::port::Store`; this crate knows how it lies in tables and nothing about
//! what a payout is for. It holds no keys: what is secret comes sealed and leaves sealed.

mod store;

mod hold;
mod open;
mod schema;

mod readers;
mod topics;
mod writer;

mod breaks;
mod claims;
mod destinations;
mod evidence;
mod facts;
mod log;
mod parked;
mod payouts;
mod queues;
mod shared;

mod list;
mod page;

mod cell;
mod continuity;
mod epochs;
mod fault;

#[cfg(test)]
mod plans;

pub use continuity::SILENCE_MAX;
pub use open::{OpenError, vouch};
pub use store::EmbeddedStore;
