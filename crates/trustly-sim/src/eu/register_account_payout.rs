//! `RegisterAccountPayout`: `RegisterAccount` and `AccountPayout` in one. Trustly's clients have
//! it, no page describes it, so a merchant has it only when his contract says so.

use serde_json::Value;

use super::check::{Case, Check};
use super::codes::Code;
use super::course;
use super::fields::only;
use super::methods::Work;
use super::order_checks::{end_user, message_id, message_unused, notification_url};
use super::payout_checks::{self, amount_and_currency, currency, fits_p2p_order};
use super::register_account::{self, account_number, bank_number, clearing_house, holder};
use crate::faults::Operation;

pub(super) static CHECKS: [Check; 13] = [
    members,
    clearing_house,
    bank_number,
    account_number,
    holder,
    amount_and_currency,
    currency,
    fits_p2p_order,
    end_user,
    message_id,
    message_unused,
    notification_url,
    attributes,
];

const MEMBERS: [&str; 13] = [
    "Username",
    "Password",
    "EndUserID",
    "ClearingHouse",
    "BankNumber",
    "AccountNumber",
    "Firstname",
    "Lastname",
    "NotificationURL",
    "MessageID",
    "Amount",
    "Currency",
    "Attributes",
];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    let account_id = register_account::register(work)?;
    course::begin(work, Operation::RegisterAccountPayout, account_id)
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    if only(&case.call.data, &MEMBERS) { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn attributes(case: &Case<'_>) -> Result<(), Code> {
    let (names, fit) = (&register_account::ATTRIBUTES, register_account::attributes_fit);
    payout_checks::attributes(case, names, fit)
}
