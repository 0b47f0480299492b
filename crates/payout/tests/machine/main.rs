//! What proves the state machine: the matrix of every state and input, named cases, properties of
//! random histories, and a provider that knows the truth about the money.

mod bench;
mod cases;
mod invariants;
mod matrix;
mod model;
mod properties;
mod standings;
mod step;
mod tape;
mod world;
