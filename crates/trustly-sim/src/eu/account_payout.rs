//! `AccountPayout`: money leaves the merchant's balance, and what becomes of it.

use std::time::Duration;

use reqwest::Url;
use serde_json::{Map, Value, json};

use super::book::{Ending, Order, OrderId};
use super::check::{Case, Check, is_id};
use super::codes::Code;
use super::fields::{Field, field, fits, fits_if_given, is_country_code, is_digits, only};
use super::methods::Work;
use super::notify;
use super::register_account::end_user;
use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::{Settings, is_loopback};
use crate::faults::{Fault, Operation, Question, Stage};
use crate::ledger::{MovementState, Region, Transfer};
use crate::money::Amount;
use crate::sim::State;

/// How long the bank takes to confirm, and how long a confirmed payout takes to come back.
pub(crate) const CONFIRMATION_DELAY: Duration = Duration::from_secs(120);

/// A credit comes after the reply it contradicts: long enough for that to be sent. Not divided
/// by the time factor, because replies are not.
const CREDIT_AFTER_REPLY: Duration = Duration::from_millis(50);

pub(super) static CHECKS: [Check; 9] = [
    members,
    account,
    amount_and_currency,
    currency,
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

const ATTRIBUTES: [&str; 5] = [
    "ShopperStatement",
    "ExternalReference",
    "PSPMerchant",
    "PSPMerchantURL",
    "MerchantCategoryCode",
];

const SENDER: [&str; 7] =
    ["Partytype", "Address", "CountryCode", "Firstname", "Lastname", "CustomerID", "DateOfBirth"];

const CURRENCIES: [&str; 11] =
    ["BGN", "CZK", "DKK", "EUR", "GBP", "HRK", "HUF", "NOK", "PLN", "RON", "SEK"];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    if work.state.ledger.is_full() {
        return Err(Code::UNKNOWN);
    }
    let text = |name: &str| work.call.text(name).unwrap_or_default().to_owned();
    let (message_id, currency) = (text("MessageID"), text("Currency"));
    let amount = amount(&text("Amount"), &currency).ok_or(Code::INVALID_AMOUNT)?;
    let outcome = outcome(work.state, &message_id);
    let order_id = work.state.ids.next();
    let funded = outcome != Some(Fault::NoFunds) && work.state.eu.debit(&currency, amount);
    let transfer = Transfer {
        region: Region::Eu,
        reference: message_id.clone(),
        provider_id: order_id.clone(),
        amount,
        currency: currency.clone(),
    };
    let movement = work.state.ledger.record(transfer, MovementState::Moving, work.now);
    let order = work.state.eu.add_order(Order {
        order_id: order_id.clone(),
        message_id,
        end_user_id: text("EndUserID"),
        amount,
        currency,
        notification_url: text("NotificationURL"),
        algorithm: work.call.algorithm,
        movement,
        ending: ending(outcome),
        series: crate::announce::Series::default(),
    });
    match outcome {
        _ if !funded => fail_for_funds(work, order),
        Some(Fault::CancelBeforeReply) => cancel(work, order),
        _ => {
            let at = work.now.since_start + work.settings.clock.compress(CONFIRMATION_DELAY);
            work.state.agenda.put(at, Task::Confirm(order));
        }
    }
    Ok(json!({ "orderid": order_id, "result": "1" }))
}

/// The bank says the money was sent.
pub(crate) fn confirm(state: &mut State, settings: &Settings, now: Moment, id: OrderId) {
    let order = &state.eu.orders[id.0];
    let (movement, ending) = (order.movement, order.ending);
    state.ledger.turn(movement, MovementState::Completed, now);
    if ending != Ending::Silent {
        notify::payout_confirmation(state, settings, now, id);
    }
    if ending == Ending::ConfirmedThenReturned {
        let at = now.since_start + settings.clock.compress(CONFIRMATION_DELAY);
        state.agenda.put(at, Task::Return(id));
    }
}

/// The beneficiary's bank sends it back.
pub(crate) fn return_to_sender(state: &mut State, settings: &Settings, now: Moment, id: OrderId) {
    let order = &state.eu.orders[id.0];
    let (movement, currency, amount) = (order.movement, order.currency.clone(), order.amount);
    state.ledger.turn(movement, MovementState::Returned, now);
    state.eu.credit(&currency, amount);
    notify::credit(state, settings, now, now.since_start, id);
}

fn outcome(state: &mut State, message_id: &str) -> Option<Fault> {
    let rule = state.faults.take(&Question {
        region: Region::Eu,
        stage: Stage::Outcome,
        operations: &[Operation::AccountPayout],
        references: &[message_id],
        answered: false,
    });
    rule.map(|rule| rule.fault)
}

/// Faults that end an order at once are not its ending: it never gets under way.
fn ending(outcome: Option<Fault>) -> Ending {
    match outcome {
        Some(Fault::SilentSuccess) => Ending::Silent,
        Some(Fault::CreditAfterConfirmation) => Ending::ConfirmedThenReturned,
        _ => Ending::Confirmed,
    }
}

/// Accepted all the same: that funds are missing is told by a credit, straight after the reply.
fn fail_for_funds(work: &mut Work<'_>, id: OrderId) {
    let movement = work.state.eu.orders[id.0].movement;
    work.state.ledger.turn(movement, MovementState::Failed, work.now);
    let after_reply = work.now.since_start + work.reply_after + CREDIT_AFTER_REPLY;
    notify::credit(work.state, work.settings, work.now, after_reply, id);
}

fn cancel(work: &mut Work<'_>, id: OrderId) {
    let order = &work.state.eu.orders[id.0];
    let (movement, currency, amount) = (order.movement, order.currency.clone(), order.amount);
    work.state.ledger.turn(movement, MovementState::Failed, work.now);
    work.state.eu.credit(&currency, amount);
    work.wait_for = Some(notify::cancel(work.state, work.settings, work.now, id));
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

fn amount_and_currency(case: &Case<'_>) -> Result<(), Code> {
    let currency = case.call.text("Currency").unwrap_or_default();
    match case.call.text("Amount").and_then(|text| amount(text, currency)) {
        Some(_) => Ok(()),
        None => Err(Code::INVALID_AMOUNT),
    }
}

/// More than zero with two decimals; forints may also be whole, as the documentation shows them.
fn amount(text: &str, currency: &str) -> Option<Amount> {
    let decimals = |count| count == 2 || (currency == "HUF" && count == 0);
    let amount = Amount::parse(text, decimals)?;
    let whole_forints = currency != "HUF" || amount.hundredths() % 100 == 0;
    (amount > Amount::ZERO && whole_forints).then_some(amount)
}

fn currency(case: &Case<'_>) -> Result<(), Code> {
    let known = fits(&case.call.data, "Currency", |currency| CURRENCIES.contains(&currency));
    if known { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

fn message_id(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "MessageID") {
        Field::Absent | Field::Null => Err(Code::MESSAGEID_IS_NULL),
        Field::Text(id) if is_id(id) => Ok(()),
        Field::Text(_) | Field::Other => Err(Code::MALFORMED_MESSAGEID),
    }
}

/// A `MessageID` is used once an order has it; a refused request leaves it free.
fn message_unused(case: &Case<'_>) -> Result<(), Code> {
    if case.book.has_message(case.call.reference()) && !case.duplicates_pass {
        return Err(Code::DUPLICATE_MESSAGE_ID);
    }
    Ok(())
}

/// https without a query; plain http for loopback hosts, which real Trustly would refuse.
fn notification_url(case: &Case<'_>) -> Result<(), Code> {
    let Some(text) = case.call.text("NotificationURL") else {
        return Err(Code::MALFORMED_NOTIFICATIONURL);
    };
    let url = Url::parse(text).map_err(|_| Code::MALFORMED_NOTIFICATIONURL)?;
    match url.scheme() {
        "http" | "https" if text.contains('?') => Err(Code::MALFORMED_NOTIFICATIONURL),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err(Code::NOT_SECURE_NOTIFICATIONURL),
        _ => Err(Code::MALFORMED_NOTIFICATIONURL),
    }
}

fn attributes(case: &Case<'_>) -> Result<(), Code> {
    let Some(Value::Object(attributes)) = case.call.data.get("Attributes") else {
        return Err(Code::INVALID_PARAMETERS);
    };
    let known = |name: &String| name == "SenderInformation" || ATTRIBUTES.contains(&name.as_str());
    let good = attributes.keys().all(known)
        && fits(attributes, "ShopperStatement", |text| !text.is_empty())
        && ATTRIBUTES.iter().all(|name| fits_if_given(attributes, name, |_| true))
        && match attributes.get("SenderInformation") {
            None | Some(Value::Null) => true,
            Some(Value::Object(sender)) => is_sender(sender),
            Some(_) => false,
        };
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}

/// An organisation has its number where a person has a birthday, so that is not looked into.
fn is_sender(sender: &Map<String, Value>) -> bool {
    only(sender, &SENDER)
        && fits(sender, "Partytype", |kind| matches!(kind, "PERSON" | "ORGANISATION"))
        && fits(sender, "Address", |text| !text.is_empty())
        && fits(sender, "CountryCode", is_country_code)
        && fits(sender, "Firstname", |text| !text.is_empty())
        && fits(sender, "Lastname", |_| true)
        && fits_if_given(sender, "CustomerID", |_| true)
        && fits_if_given(sender, "DateOfBirth", |_| true)
}
