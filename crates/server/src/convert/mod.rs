//! Protobuf to domain and back: the only place that names both. What comes in is parsed, all that
//! is wrong with it at once; what goes out is exhaustive, so that a new variant of the domain does
//! not compile until the API has a word for it.

mod bank;
mod cause;
mod create;
mod description;
mod destination;
mod event;
mod fields;
mod link;
mod operations;
mod page;
mod parked;
mod party;
mod payout;
mod query;
mod time;
mod treasury;

pub(crate) use cause::reason_name;
pub(crate) use create::create;
pub(crate) use description::{description, warnings};
pub(crate) use destination::{
    delete_destination, destination, destination_list, get_destination, import_destination,
    register_destination, state_name,
};
pub(crate) use event::event;
pub(crate) use fields::Violation;
pub(crate) use link::link;
pub(crate) use operations::{
    IndeterminateList, Pause, Preview, Settle, creation_preview, indeterminate, indeterminate_list,
    pause, preview, queue_hold, recorded_preview, settle,
};
pub(crate) use parked::{parked_list, parked_notification};
pub(crate) use payout::payout;
pub(crate) use query::{
    PayoutList, WatchRequest, Which, cancel, event_list, get, merchant, payout_list, watch,
};
pub(crate) use treasury::{
    BreakList, Check, break_list, check, funds, investigate, investigation, settlement_break,
    settlement_check,
};

#[cfg(test)]
pub(crate) mod tests;
