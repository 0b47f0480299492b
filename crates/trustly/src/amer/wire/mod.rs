//! What is said to Trustly Americas and what it says.
//!
//! [`deposit`] builds the request that pays, [`reply`] reads its answer and that of single
//! look-ups, [`page`] reads lists, [`transaction`] is what all of them are about, and [`webhook`]
//! verifies and reads what Trustly reports by itself. Members and numbers that we do not know are
//! tolerated; members that we do know must be what they should be.

pub mod deposit;
pub mod page;
pub mod reply;
pub mod transaction;
pub mod webhook;
