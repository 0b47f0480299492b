//! `RegisterAccount`: bank details become an `AccountID`. Checks the form only, and moves nothing.

use serde_json::{Map, Value, json};

use super::check::{Case, Check};
use super::clearing::{self, ClearingHouse};
use super::codes::Code;
use super::fields::{
    Field, field, fits, fits_if_given, is_country_code, is_date, is_email, is_phone, only,
};
use super::methods::Work;
use super::order_checks::end_user;
use crate::requests::{BodyDigest, digest};

pub(super) static CHECKS: [Check; 7] =
    [members, end_user, clearing_house, bank_number, account_number, holder, attributes];

/// The bank of every account.
pub(super) const BANK: &str = "Demo Bank";

const MEMBERS: [&str; 9] = [
    "Username",
    "Password",
    "EndUserID",
    "ClearingHouse",
    "BankNumber",
    "AccountNumber",
    "Firstname",
    "Lastname",
    "Attributes",
];

pub(super) const ATTRIBUTES: [&str; 10] = [
    "DateOfBirth",
    "MobilePhone",
    "NationalIdentificationNumber",
    "AddressCountry",
    "AddressPostalCode",
    "AddressCity",
    "AddressLine1",
    "AddressLine2",
    "Address",
    "Email",
];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    let account_id = register(work)?;
    let text = |name| work.call.text(name).unwrap_or_default();
    let last_digits = last_digits(text("AccountNumber"));
    Ok(json!({
        "accountid": account_id,
        "clearinghouse": text("ClearingHouse"),
        "bank": BANK,
        "descriptor": format!("***{last_digits}"),
    }))
}

/// The same details always give the same `AccountID`.
pub(super) fn register(work: &mut Work<'_>) -> Result<String, Code> {
    let text = |name| work.call.text(name).unwrap_or_default();
    let details = details(text("ClearingHouse"), text("BankNumber"), text("AccountNumber"));
    work.state.eu.register(details).ok_or(Code::UNKNOWN)
}

/// What stands for an account, so that it need not be kept in the clear.
pub(super) fn details(house: &str, bank_number: &str, account_number: &str) -> BodyDigest {
    digest(format!("{house}/{bank_number}/{account_number}").as_bytes())
}

pub(super) fn last_digits(account_number: &str) -> String {
    let shown: Vec<char> = account_number.chars().rev().take(4).collect();
    shown.into_iter().rev().collect()
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    if only(&case.call.data, &MEMBERS) { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn house<'a>(case: &Case<'a>) -> Option<&'static ClearingHouse> {
    clearing::find(case.call.text("ClearingHouse")?, case.book.contract.swedish_iban)
}

pub(super) fn clearing_house(case: &Case<'_>) -> Result<(), Code> {
    match house(case) {
        Some(_) => Ok(()),
        None => Err(Code::INVALID_PARAMETERS),
    }
}

/// Where the clearing house is unknown, its own check says so.
pub(super) fn bank_number(case: &Case<'_>) -> Result<(), Code> {
    let Some(house) = house(case) else { return Ok(()) };
    let good = fits(&case.call.data, "BankNumber", |number| house.takes_bank_number(number));
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

pub(super) fn account_number(case: &Case<'_>) -> Result<(), Code> {
    let Some(house) = house(case) else { return Ok(()) };
    match field(&case.call.data, "AccountNumber") {
        Field::Text(number) if house.takes_account_number(number) => Ok(()),
        Field::Text(_) => Err(Code::INVALID_BANK_ACCOUNT_NUMBER),
        Field::Absent | Field::Null | Field::Other => Err(Code::INVALID_PARAMETERS),
    }
}

/// An organisation has its name in `Firstname` and an empty `Lastname`.
pub(super) fn holder(case: &Case<'_>) -> Result<(), Code> {
    let data = &case.call.data;
    let good = fits(data, "Firstname", |name| !name.is_empty()) && fits(data, "Lastname", |_| true);
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn attributes(case: &Case<'_>) -> Result<(), Code> {
    let attributes = match case.call.data.get("Attributes") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return Err(Code::INVALID_PARAMETERS),
    };
    let good = only(attributes, &ATTRIBUTES) && attributes_fit(attributes);
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}

pub(super) fn attributes_fit(attributes: &Map<String, Value>) -> bool {
    fits_if_given(attributes, "DateOfBirth", is_date)
        && fits_if_given(attributes, "AddressCountry", is_country_code)
        && fits_if_given(attributes, "Email", is_email)
        && fits_if_given(attributes, "MobilePhone", is_phone)
        && ATTRIBUTES.iter().all(|name| fits_if_given(attributes, name, |_| true))
}
