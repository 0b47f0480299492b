//! `GetWithdrawals`: where one payout is, by its order id. States come and go without notice, and
//! nothing may depend on one; not to be asked more than every 15 minutes about one payout.

use serde_json::{Value, json};

use super::balance::is_too_early;
use super::book::OrderId;
use super::check::{Case, Check};
use super::codes::Code;
use super::fields::{is_digits, is_object_if_given, only};
use super::methods::Work;
use crate::ledger::MovementState;
use crate::requests::{digest, ten_digits};

pub(super) static CHECKS: [Check; 3] = [members, order_id, order];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    let asked = work.call.order_id().ok_or(Code::INVALID_PARAMETERS)?;
    let id = work.state.eu.payout(&asked).ok_or(Code::INVALID_ORDER_ID)?;
    if is_too_early(work, work.state.eu.orders[id.0].asked_at) {
        return Err(Code::UNKNOWN);
    }
    work.state.eu.orders[id.0].asked_at = Some(work.now.since_start);
    Ok(json!([row(work, id, &asked)]))
}

fn row(work: &mut Work<'_>, id: OrderId, order_id: &str) -> Value {
    let order = &work.state.eu.orders[id.0];
    let states = states(work.state.ledger.state(order.movement));
    let state = states[work.state.rng.below(states.len())];
    let eta = match state {
        "CONFIRMED" => Some(order.changed.timestamp(6, 0)),
        _ => None,
    };
    json!({
        "reference": ten_digits(&digest(order_id.as_bytes())),
        "modificationdate": order.changed.timestamp(6, 0),
        "orderid": order_id,
        "datestamp": order.created.timestamp(6, 0),
        "transferstate": state,
        "amount": order.amount.to_string(),
        "accountid": order.account_id,
        "currency": order.currency,
        "eta": eta,
    })
}

/// The documented examples that fit; which of several is shown varies.
fn states(state: MovementState) -> &'static [&'static str] {
    match state {
        MovementState::Moving => {
            &["PREPARING", "PREPARED", "QUEUED", "PENDING", "EXECUTING", "EXECUTED"]
        }
        MovementState::Completed => &["EXECUTED", "CONFIRMED"],
        MovementState::Returned => &["BOUNCED", "RETURNED"],
        MovementState::Failed | MovementState::Canceled => &["ERROR", "FAILED"],
    }
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    let data = &case.call.data;
    let good = only(data, &["Username", "Password", "OrderID", "Attributes"])
        && is_object_if_given(data, "Attributes");
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn order_id(case: &Case<'_>) -> Result<(), Code> {
    match case.call.order_id() {
        Some(id) if is_digits(&id) => Ok(()),
        _ => Err(Code::INVALID_PARAMETERS),
    }
}

fn order(case: &Case<'_>) -> Result<(), Code> {
    match case.call.order_id() {
        Some(id) if is_digits(&id) && case.book.payout(&id).is_none() => {
            Err(Code::INVALID_ORDER_ID)
        }
        _ => Ok(()),
    }
}
