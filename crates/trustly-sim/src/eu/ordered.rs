//! What control calls ask of Trustly Europe beside the merchant: P2P orders, notifications out of
//! turn, and those that were held back.

use serde_json::{Map, Value};

use super::check::is_id;
use super::notify;
use super::payout_checks::{CURRENCIES, amount};
use super::subject::SubjectId;
use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::Settings;
use crate::ledger::Region;
use crate::sim::State;

/// Notifications that can be ordered in a simulator's life.
const NOTICES_MAX: usize = 10_000;

/// No method has a longer name.
const METHOD_LENGTH_MAX: usize = 64;

/// A notification as it is ordered.
pub(crate) struct Wanted<'a> {
    pub(crate) method: &'a str,
    /// Members to be added, or to stand in the place of others.
    pub(crate) data: Map<String, Value>,
    pub(crate) leave_out: &'a [String],
}

/// The problem names the member.
pub(crate) type Problem = &'static str;

/// Makes a P2P order and gives its order id.
pub(crate) fn add_p2p_order(
    state: &mut State,
    message_id: &str,
    (text, currency): (&str, &str),
) -> Result<String, Problem> {
    if !is_id(message_id) || state.eu.subject_by_message_id(message_id).is_some() {
        return Err("message_id: must be an id that no order has");
    }
    if state.eu.p2p_orders.get(message_id).is_some() {
        return Err("message_id: must be an id that no order has");
    }
    if !CURRENCIES.contains(&currency) {
        return Err("currency: must be one that Trustly Europe pays out in");
    }
    let amount = amount(text, currency).ok_or("amount: must be a decimal such as 100.00")?;
    let too_many = "there are too many P2P orders";
    state.eu.p2p_orders.add(message_id, amount, currency).ok_or(too_many)?;
    Ok(state.ids.next())
}

/// Sends a notification about an order, and gives its id. It moves no money.
pub(crate) fn send(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    about: SubjectId,
    wanted: Wanted<'_>,
) -> Result<String, Problem> {
    let method = wanted.method;
    if method.is_empty() || method.len() > METHOD_LENGTH_MAX {
        return Err("method: must have 1 to 64 bytes");
    }
    if state.eu.notices_ordered >= NOTICES_MAX {
        return Err("there are too many notifications");
    }
    state.eu.notices_ordered += 1;
    let mut data = notify::sample(state, now, about, method);
    for (name, value) in wanted.data {
        data[name] = value;
    }
    if let Value::Object(members) = &mut data {
        members.retain(|name, _| !wanted.leave_out.contains(name));
    }
    let notice = notify::queue(state, settings, now.since_start, about, method, data);
    Ok(state.notices.get(notice).id.clone())
}

/// Sends what was held back about an order, and gives the number.
pub(crate) fn release(state: &mut State, now: Moment, about: SubjectId) -> usize {
    let order_id = &state.eu.subjects[about.0].order_id;
    let released = state
        .notices
        .release(|notice| notice.region == Region::Eu && notice.provider_id == *order_id);
    for id in &released {
        state.agenda.put(now.since_start, Task::Deliver(*id));
    }
    released.len()
}
