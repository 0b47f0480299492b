//! The embedded store from outside: the contract of the port, and what only this store promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod suite;

mod erase;
mod fail;
mod gone;
mod kill;
mod open;
mod restore;
mod wake;

mod subject;
