//! Checks of what `AccountPayout` and `RegisterAccountPayout` share (page "AccountPayout").

use serde_json::{Map, Value};

use super::check::Case;
use super::codes::Code;
use super::fields::{
    fits, fits_if_given, is_country_code, is_date, is_digits, is_flag_if_given, only,
};
use crate::ledger::Ledger;
use crate::money::Amount;

/// Every currency that Trustly Europe pays out in.
pub(super) const CURRENCIES: [&str; 11] =
    ["BGN", "CZK", "DKK", "EUR", "GBP", "HRK", "HUF", "NOK", "PLN", "RON", "SEK"];

const ATTRIBUTES: [&str; 7] = [
    "ShopperStatement",
    "ExternalReference",
    "PSPMerchant",
    "PSPMerchantURL",
    "MerchantCategoryCode",
    "SenderInformation",
    "HoldNotifications",
];

const PSP: [&str; 3] = ["PSPMerchant", "PSPMerchantURL", "MerchantCategoryCode"];

const SENDER: [&str; 7] =
    ["Partytype", "Address", "CountryCode", "Firstname", "Lastname", "CustomerID", "DateOfBirth"];

pub(super) fn amount_and_currency(case: &Case<'_>) -> Result<(), Code> {
    let currency = case.call.text("Currency").unwrap_or_default();
    match case.call.text("Amount").and_then(|text| amount(text, currency)) {
        Some(_) => Ok(()),
        None => Err(Code::INVALID_AMOUNT),
    }
}

/// More than zero with two decimals; forints may also be whole, as the documentation shows them.
pub(super) fn amount(text: &str, currency: &str) -> Option<Amount> {
    let decimals = |count| count == 2 || (currency == "HUF" && count == 0);
    let amount = Amount::parse(text, decimals)?;
    let whole_forints = currency != "HUF" || amount.hundredths() % 100 == 0;
    (amount > Amount::ZERO && whole_forints).then_some(amount)
}

pub(super) fn currency(case: &Case<'_>) -> Result<(), Code> {
    let known = fits(&case.call.data, "Currency", |currency| CURRENCIES.contains(&currency));
    if known { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

/// A payout attached to a P2P order is in its currency and takes no more than is left of it.
/// Which codes tell so is not documented.
pub(super) fn fits_p2p_order(case: &Case<'_>) -> Result<(), Code> {
    let Some(order) = case.book.p2p_orders.get(case.call.reference()) else { return Ok(()) };
    let currency = case.call.text("Currency").unwrap_or_default();
    let Some(amount) = case.call.text("Amount").and_then(|text| amount(text, currency)) else {
        return Ok(());
    };
    if currency != order.currency {
        return Err(Code::INVALID_PARAMETERS);
    }
    let ledger: &Ledger = case.ledger;
    if amount > order.rest(&case.book.orders, ledger) {
        return Err(Code::INVALID_AMOUNT);
    }
    Ok(())
}

/// The attributes of a payout, and those with other names that the method adds.
pub(super) fn attributes(
    case: &Case<'_>,
    added: &[&str],
    added_fit: fn(&Map<String, Value>) -> bool,
) -> Result<(), Code> {
    let none = Map::new();
    let attributes = match case.call.data.get("Attributes") {
        Some(Value::Object(attributes)) => attributes,
        None | Some(Value::Null) if case.book.contract.attributes_optional => &none,
        _ => return Err(Code::INVALID_PARAMETERS),
    };
    let shopper_statement_optional =
        attributes.is_empty() && case.book.contract.attributes_optional;
    let known = |name: &&str| ATTRIBUTES.contains(name) || added.contains(name);
    let good = attributes.keys().map(String::as_str).all(|name| known(&name))
        && (shopper_statement_optional
            || fits(attributes, "ShopperStatement", |text| !text.is_empty()))
        && fits_if_given(attributes, "ExternalReference", |_| true)
        && is_flag_if_given(attributes, "HoldNotifications")
        && is_psp(case, attributes)
        && has_sender(case, attributes)
        && added_fit(attributes);
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}

fn is_psp(case: &Case<'_>, attributes: &Map<String, Value>) -> bool {
    let is_code = |text: &str| text.len() == 4 && is_digits(text);
    let given = |name: &&str| fits(attributes, name, |text| !text.is_empty());
    fits_if_given(attributes, "PSPMerchant", |text| !text.is_empty())
        && fits_if_given(attributes, "PSPMerchantURL", |text| !text.is_empty())
        && fits_if_given(attributes, "MerchantCategoryCode", is_code)
        && (!case.book.contract.psp_merchant_required || PSP.iter().all(given))
}

fn has_sender(case: &Case<'_>, attributes: &Map<String, Value>) -> bool {
    match attributes.get("SenderInformation") {
        None | Some(Value::Null) => !case.book.contract.sender_information_required,
        Some(Value::Object(sender)) => is_sender(sender),
        Some(_) => false,
    }
}

/// An organisation has its name in `Firstname`, an empty `Lastname`, and its number where a
/// person has a birthday.
fn is_sender(sender: &Map<String, Value>) -> bool {
    let is_party = if fits(sender, "Partytype", |kind| kind == "PERSON") {
        fits(sender, "Lastname", |name| !name.is_empty())
            && fits_if_given(sender, "DateOfBirth", is_date)
    } else {
        fits(sender, "Partytype", |kind| kind == "ORGANISATION")
            && fits(sender, "Lastname", str::is_empty)
            && fits_if_given(sender, "DateOfBirth", |_| true)
    };
    is_party
        && only(sender, &SENDER)
        && fits(sender, "Address", |text| !text.is_empty())
        && fits(sender, "CountryCode", is_country_code)
        && fits(sender, "Firstname", |text| !text.is_empty())
        && fits_if_given(sender, "CustomerID", |_| true)
}
