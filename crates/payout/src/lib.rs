//! The payout domain: what a payout is, what may happen to it, and what it needs from the world.
//!
//! This crate only thinks. It holds the types, the state machine (`machine`), derived identity,
//! sealing, the record codec and the ports (`port`) that the rest of the product implements. It
//! reaches no socket, file, clock, environment or randomness: `now` is always an argument. It knows
//! no provider, no store and no wire format of the API.

pub mod day;
pub mod money;
pub mod text;
pub mod time;

pub mod id;
pub mod identity;
pub mod keys;
pub mod seal;

pub mod bank;
pub mod destination;
pub mod fingerprint;
pub mod link;
pub mod order;
pub mod party;
pub mod personal;

pub mod attempt;
pub mod event;
pub mod input;
pub mod machine;
pub mod policy;
pub mod queue;
pub mod reason;
pub mod record;
pub mod settlement;
pub mod state;

pub mod reconcile;
pub mod treasury;

pub mod codec;
pub mod cursor;
pub mod port;
