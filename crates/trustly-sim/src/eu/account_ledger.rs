//! `AccountLedger`: what was booked on the merchant's account, once it is settled. The only
//! method that leads from a `MessageID` to an order id.

use serde_json::{Value, json};

use super::book::Order;
use super::bookings::{Booking, decimal};
use super::check::{Case, Check};
use super::codes::Code;
use super::fields::{Field, field, fits, is_date, is_object_if_given, only};
use super::methods::Work;
use super::payout_checks::CURRENCIES;
use crate::ledger::MovementState;
use crate::requests::{digest, ten_digits};
use crate::sim::State;

/// Rows of one answer; a longer one is refused, so that answers stay bounded.
pub(super) const ROWS_MAX: usize = 50_000;

pub(super) static CHECKS: [Check; 3] = [members, dates, currency];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    let text = |name| work.call.text(name).unwrap_or_default();
    let (from, to, wanted) = (text("FromDate"), text("ToDate"), work.call.text("Currency"));
    // As many places as the database has: the number is the same.
    let places = if work.state.rng.one_in(2) { "000000000000000000" } else { "" };
    let mut rows = Vec::new();
    for (booking, order) in work.state.eu.bookings() {
        let day = booking.at.date();
        let meant = from <= day.as_str()
            && day.as_str() < to
            && wanted.is_none_or(|currency| currency == order.currency)
            && work.state.ledger.state(order.movement) != MovementState::Moving;
        if meant {
            rows.push(row(work.state, booking, order, places));
        }
    }
    if rows.len() > ROWS_MAX { Err(Code::UNKNOWN) } else { Ok(rows.into()) }
}

fn row(state: &State, booking: &Booking, order: &Order, places: &str) -> Value {
    let subject = &state.eu.subjects[order.subject.0];
    let amount = decimal(booking.hundredths(order));
    json!({
        "userid": ten_digits(&digest(subject.end_user_id.as_bytes())),
        "datestamp": booking.at.timestamp(6, 0),
        "orderid": subject.order_id,
        "accountname": booking.account_name(),
        "messageid": subject.message_id,
        "transactiontype": booking.order_type(),
        "currency": order.currency,
        "amount": format!("{amount}{places}"),
        "gluepayid": subject.order_id,
    })
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    let data = &case.call.data;
    let names = ["Username", "Password", "FromDate", "ToDate", "Currency", "Attributes"];
    let good = only(data, &names) && is_object_if_given(data, "Attributes");
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn dates(case: &Case<'_>) -> Result<(), Code> {
    let good = ["FromDate", "ToDate"].iter().all(|name| fits(&case.call.data, name, is_date));
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

/// Null means all; the member must be there.
pub(super) fn currency(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "Currency") {
        Field::Null => Ok(()),
        Field::Text(currency) if CURRENCIES.contains(&currency) => Ok(()),
        Field::Text(_) | Field::Absent | Field::Other => Err(Code::INVALID_PARAMETERS),
    }
}
