//! What control calls ask of Trustly Europe.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, BadRequest, parse, parse_optional};
use crate::eu::{self, SubjectId, Wanted};
use crate::sim::{Sim, State};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct P2pText {
    message_id: Option<String>,
    amount: String,
    currency: String,
}

/// One order, by either of its names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderText {
    reference: Option<String>,
    order_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotificationText {
    reference: Option<String>,
    order_id: Option<String>,
    method: String,
    #[serde(default)]
    data: Map<String, Value>,
    #[serde(default)]
    leave_out: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SettlementText {
    date: Option<String>,
}

pub(super) fn add_p2p_order(sim: &Sim, body: &[u8]) -> Answer {
    let text: P2pText = parse(body)?;
    sim.update(|state| {
        let message_id = match text.message_id {
            Some(message_id) => message_id,
            None => format!("p2p-{}", state.ids.next()),
        };
        let sum = (text.amount.as_str(), text.currency.as_str());
        match eu::add_p2p_order(state, &message_id, sum) {
            Ok(order_id) => Ok(json!({ "message_id": message_id, "order_id": order_id })),
            Err(problem) => Err(BadRequest(problem.to_owned())),
        }
    })
}

pub(super) fn send_notification(sim: &Sim, body: &[u8]) -> Answer {
    // The strict reader: a member named twice would be signed as one and sent as another.
    let text = crate::json::parse(body).map_err(|error| BadRequest(error.to_string()))?;
    let text: NotificationText =
        serde_json::from_value(text).map_err(|error| BadRequest(error.to_string()))?;
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let order = OrderText { reference: text.reference, order_id: text.order_id };
        let about = subject(state, &order)?;
        let (method, leave_out) = (text.method.as_str(), text.leave_out.as_slice());
        let wanted = Wanted { method, data: text.data, leave_out };
        match eu::send(state, &sim.settings, now, about, wanted) {
            Ok(id) => Ok(json!({ "id": id })),
            Err(problem) => Err(BadRequest(problem.to_owned())),
        }
    })
}

pub(super) fn release(sim: &Sim, body: &[u8]) -> Answer {
    let order: OrderText = parse(body)?;
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let about = subject(state, &order)?;
        Ok(json!({ "released": eu::release(state, now, about) }))
    })
}

pub(super) fn settle(sim: &Sim, body: &[u8]) -> Answer {
    let text: SettlementText = parse_optional(body)?;
    let date = match text.date {
        Some(date) => date,
        None => sim.settings.clock.now().date(),
    };
    if !eu::is_date(&date) {
        return Err(BadRequest("date: must be a day such as 2026-01-31".to_owned()));
    }
    let rows = sim.update(|state| state.eu.settle(&date));
    Ok(json!({ "date": date, "bookings": rows }))
}

/// With a `MessageID` that several payouts share, the latest.
fn subject(state: &State, order: &OrderText) -> Result<SubjectId, BadRequest> {
    let found = match (&order.reference, &order.order_id) {
        (Some(reference), None) => state.eu.subject_by_message_id(reference),
        (None, Some(order_id)) => state.eu.subject_by_order_id(order_id),
        _ => return Err(BadRequest("give either reference or order_id".to_owned())),
    };
    found.ok_or_else(|| BadRequest("reference, order_id: there is no such order".to_owned()))
}
