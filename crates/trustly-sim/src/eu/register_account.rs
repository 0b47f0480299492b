//! `RegisterAccount`: bank details become an `AccountID`. Checks the form only, and moves nothing.

use serde_json::{Value, json};

use super::check::{Case, Check, is_id};
use super::clearing::{self, ClearingHouse};
use super::codes::Code;
use super::fields::{Field, field, fits, fits_if_given, is_country_code, is_date, only};
use super::methods::Work;
use crate::requests::digest;

pub(super) static CHECKS: [Check; 7] =
    [members, end_user, clearing_house, bank_number, account_number, holder, attributes];

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

const ATTRIBUTES: [&str; 10] = [
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
    let text = |name| work.call.text(name).unwrap_or_default();
    let (bank_number, account_number) = (text("BankNumber"), text("AccountNumber"));
    let house = clearing::find(text("ClearingHouse")).ok_or(Code::INVALID_PARAMETERS)?;
    let details = format!("{}/{bank_number}/{account_number}", house.name());
    let account_id = work.state.eu.register(digest(details.as_bytes())).ok_or(Code::UNKNOWN)?;
    let shown: Vec<char> = account_number.chars().rev().take(4).collect();
    let last_digits: String = shown.into_iter().rev().collect();
    Ok(json!({
        "accountid": account_id,
        "clearinghouse": house.name(),
        "bank": "Demo Bank",
        "descriptor": format!("***{last_digits}"),
    }))
}

/// Shared with every method that names an end user.
pub(super) fn end_user(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "EndUserID") {
        Field::Absent | Field::Null => Err(Code::ENDUSERID_IS_NULL),
        Field::Text(id) if is_id(id) => Ok(()),
        Field::Text(_) | Field::Other => Err(Code::MALFORMED_ENDUSERID),
    }
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    if only(&case.call.data, &MEMBERS) { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn house<'a>(case: &Case<'a>) -> Option<&'static ClearingHouse> {
    clearing::find(case.call.text("ClearingHouse")?)
}

fn clearing_house(case: &Case<'_>) -> Result<(), Code> {
    match house(case) {
        Some(_) => Ok(()),
        None => Err(Code::INVALID_PARAMETERS),
    }
}

/// Where the clearing house is unknown, its own check says so.
fn bank_number(case: &Case<'_>) -> Result<(), Code> {
    let Some(house) = house(case) else { return Ok(()) };
    let good = fits(&case.call.data, "BankNumber", |number| house.takes_bank_number(number));
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn account_number(case: &Case<'_>) -> Result<(), Code> {
    let Some(house) = house(case) else { return Ok(()) };
    match field(&case.call.data, "AccountNumber") {
        Field::Text(number) if house.takes_account_number(number) => Ok(()),
        Field::Text(_) => Err(Code::INVALID_BANK_ACCOUNT_NUMBER),
        Field::Absent | Field::Null | Field::Other => Err(Code::INVALID_PARAMETERS),
    }
}

/// An organisation has its name in `Firstname` and an empty `Lastname`.
fn holder(case: &Case<'_>) -> Result<(), Code> {
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
    let good = only(attributes, &ATTRIBUTES)
        && fits_if_given(attributes, "DateOfBirth", is_date)
        && fits_if_given(attributes, "AddressCountry", is_country_code)
        && ATTRIBUTES.iter().all(|name| fits_if_given(attributes, name, |_| true));
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}
