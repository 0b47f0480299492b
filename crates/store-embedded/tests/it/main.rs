//! The embedded store from outside: the contract of the port, and what only this store promises.

mod suite;

mod erase;
mod fail;
mod kill;
mod open;

mod subject;
