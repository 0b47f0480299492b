//! The contract of `payout::port::Store`, as cases that every store must pass.
//!
//! A store's tests implement [`Subject`] and call [`every_case!`], which makes one test of each
//! case. The cases know the port and nothing of any store; what only one store promises, such as
//! what its files look like, is tested in that store's crate.

mod subject;
mod suite;

pub mod sample;

pub mod append;
pub mod claim;
pub mod create;
pub mod destination;
pub mod durability;
pub mod evidence;
pub mod fence;
pub mod list;
pub mod log;
pub mod park;
pub mod queue;
pub mod settlement;

mod check;

pub use check::Reader;
pub use subject::Subject;
