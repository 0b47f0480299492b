//! The engine: the only orchestrator. It creates payouts, receives notifications, drives what is
//! due and lets readers follow the log. It decides nothing about money (`payout::machine` does) and
//! opens no socket and no file (adapters and stores do, behind the ports).
//!
//! The order to read: [`Engine`] and what it is made of, then `create`, `drive` (the first attempt
//! and recovery are the same code), `receive`, `cancel`, `tail`; [`serve`] owns every task.

mod access;
mod breaks;
mod cancel;
mod create;
mod daily;
mod destinations;
mod drive;
mod engine;
mod handles;
mod links;
mod operate;
mod probe;
mod query;
mod queues;
mod receive;
mod serve;
mod settlements;
mod tail;
mod take;
mod treasury;

pub use cancel::{CancelAnswer, CancelError};
pub use create::{CreateError, CreateRequest, Created, Validation, WaitUntil, Wish};
pub use destinations::{Contents, DestinationError, NewDestination};
pub use engine::{Engine, Limits, Parts};
pub use links::Linked;
pub use operate::SettleError;
pub use query::QueryError;
pub use queues::QueueError;
pub use receive::{ReceiveError, Received};
pub use serve::{Work, serve};
pub use settlements::SettlementCheck;
pub use tail::{Start, Tail};
pub use treasury::{AskError, Investigation};
