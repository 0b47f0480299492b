//! The state machine: what an input makes of a payout ([`decide`]), how an event changes it
//! ([`apply`]) and what is to be done next ([`next_step`]). Nothing here waits, reads or writes.
//!
//! Read `decide` first: one match on the state, one function per state, and in each every input by
//! name. There is no catch-all arm, so a new input does not compile until every state answers it.

mod apply;
mod case;
mod decide;
mod doubt;
mod due;
mod hold;
mod report;
mod settle;
mod sound;
mod step;

pub use apply::apply;
pub use decide::{Declined, create, decide};
pub use due::{Tries, due_at};
pub use sound::flaw;
pub use step::{Block, Situation, Step, forgotten_since, next_step};
