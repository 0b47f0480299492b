//! `ViewAutomaticSettlementDetailsCSV`, version 1.2: what a settlement is made of, row by row.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account_ledger::{ROWS_MAX, currency};
use super::book::Order;
use super::bookings::{Booking, decimal};
use super::check::{Case, Check};
use super::codes::Code;
use super::fields::{fits, is_date, only};
use super::methods::Work;
use super::subject::Subject;
use crate::requests::{digest, ten_digits};

/// Invented, like the fee of a payout. Its row belongs to no order.
const SETTLEMENT_FEE_HUNDREDTHS: i128 = 100;

pub(super) static CHECKS: [Check; 4] = [members, date, currency, version];

/// What all rows of one currency share.
struct Part<'a> {
    username: &'a str,
    date: &'a str,
    currency: &'a str,
    bookings: Vec<(&'a Booking, &'a Order)>,
}

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    // Both names are met; whoever reads it goes by the header.
    let last = if work.state.rng.one_in(2) { "extraref" } else { "externalreference" };
    let mut csv = format!(
        "datestamp,accountname,currency,amount,total,orderid,ordertype,messageid,username,\
        fxpaymentamount,fxpaymentcurrency,settlementbankwithdrawalid,{last}\n"
    );
    let date = work.call.text("SettlementDate").unwrap_or_default();
    let parts = parts(work, date);
    if parts.iter().map(|part| part.bookings.len()).sum::<usize>() > ROWS_MAX {
        return Err(Code::UNKNOWN);
    }
    for part in parts {
        write(&part, &work.state.eu.subjects, &mut csv);
    }
    Ok(json!({ "view_automatic_settlement_details": csv }))
}

fn parts<'a>(work: &'a Work<'_>, date: &'a str) -> Vec<Part<'a>> {
    let wanted = work.call.text("Currency");
    let mut by_currency: BTreeMap<&str, Vec<(&Booking, &Order)>> = BTreeMap::new();
    for (booking, order) in work.state.eu.bookings() {
        let meant = wanted.is_none_or(|currency| currency == order.currency)
            && booking.settlement_date() == date;
        if meant {
            by_currency.entry(&order.currency).or_default().push((booking, order));
        }
    }
    let username = work.settings.eu.username.as_str();
    let part = |(currency, bookings)| Part { username, date, currency, bookings };
    by_currency.into_iter().map(part).collect()
}

/// The rows of one currency, its own fee last.
fn write(part: &Part<'_>, subjects: &[Subject], csv: &mut String) {
    let booked: i128 = part.bookings.iter().map(|(booking, order)| booking.hundredths(order)).sum();
    let total = decimal(booked - SETTLEMENT_FEE_HUNDREDTHS);
    let id = ten_digits(&digest(format!("{}/{}", part.date, part.currency).as_bytes()));
    let mut line = |fields: [&str; 5], datestamp: &str, reference: &str| {
        let [account_name, amount, order_id, order_type, message_id] = fields;
        let fields = [
            datestamp,
            account_name,
            part.currency,
            amount,
            &total,
            order_id,
            order_type,
            message_id,
            part.username,
            "",
            "",
            &id,
            reference,
        ];
        csv.push_str(&fields.map(quoted).join(","));
        csv.push('\n');
    };
    let mut latest = String::new();
    for (booking, order) in &part.bookings {
        let subject = &subjects[order.subject.0];
        let amount = decimal(booking.hundredths(order));
        latest = booking.at.timestamp(6, 0);
        let (name, kind) = (booking.account_name(), booking.order_type());
        let fields = [name, &amount, &subject.order_id, kind, &subject.message_id];
        line(fields, &latest, &order.external_reference);
    }
    let fee = decimal(-SETTLEMENT_FEE_HUNDREDTHS);
    line(["TRANSACTION_FEE_SETTLEMENT", &fee, "", "Settlement Fee", ""], &latest, "");
}

fn quoted(field: &str) -> String {
    if field.contains([' ', ',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    let names = ["Username", "Password", "SettlementDate", "Currency", "Attributes"];
    if only(&case.call.data, &names) { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn date(case: &Case<'_>) -> Result<(), Code> {
    let good = fits(&case.call.data, "SettlementDate", is_date);
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

/// Older versions must not be used.
fn version(case: &Case<'_>) -> Result<(), Code> {
    let Some(Value::Object(attributes)) = case.call.data.get("Attributes") else {
        return Err(Code::INVALID_PARAMETERS);
    };
    let good = only(attributes, &["APIVersion"])
        && fits(attributes, "APIVersion", |version| version == "1.2");
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_would_break_a_row_are_quoted() {
        for (field, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("two words", "\"two words\""),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
        ] {
            assert_eq!(quoted(field), expected);
        }
    }
}
