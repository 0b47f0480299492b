//! `AccountPayout`: money goes to a registered account.

use serde_json::Value;

use super::check::{Case, Check};
use super::codes::Code;
use super::course;
use super::fields::{Field, field, is_digits, only};
use super::methods::Work;
use super::order_checks::{end_user, message_id, message_unused, notification_url};
use super::payout_checks::{self, amount_and_currency, currency, fits_p2p_order};
use crate::faults::Operation;

pub(super) static CHECKS: [Check; 10] = [
    members,
    account,
    amount_and_currency,
    currency,
    fits_p2p_order,
    end_user,
    message_id,
    message_unused,
    notification_url,
    attributes,
];

const MEMBERS: [&str; 9] = [
    "Username",
    "Password",
    "AccountID",
    "Amount",
    "Currency",
    "EndUserID",
    "MessageID",
    "NotificationURL",
    "Attributes",
];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    let account_id = work.call.text("AccountID").unwrap_or_default().to_owned();
    course::begin(work, Operation::AccountPayout, account_id)
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    if only(&case.call.data, &MEMBERS) { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn account(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "AccountID") {
        // What Trustly's test environment answers to nonsense here.
        Field::Text(id) if !is_digits(id) => Err(Code::UNKNOWN),
        Field::Text(id) if !case.book.has_account(id) => Err(Code::INVALID_BANK_ACCOUNT_NUMBER),
        Field::Text(_) => Ok(()),
        Field::Absent | Field::Null | Field::Other => Err(Code::INVALID_PARAMETERS),
    }
}

fn attributes(case: &Case<'_>) -> Result<(), Code> {
    payout_checks::attributes(case, &[], |_| true)
}
