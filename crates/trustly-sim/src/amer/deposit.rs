//! Deposits: money goes to the customer, in steps.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header;
use serde_json::Value;

use super::book::{Deposit, Ending, Kind, Status, Transaction, TransactionId};
use super::check::{self, Case};
use super::form;
use super::refusal::Refusal;
use super::webhook;
use crate::agenda::Task;
use crate::announce::Series;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Fault, Operation, Question, Stage};
use crate::json;
use crate::ledger::{MovementState, Region, Transfer};
use crate::money::Amount;
use crate::sim::State;
use crate::web::Request;

/// Payouts take one step per batch, as in the sandbox (page "Event notifications").
pub(crate) const BATCH_LENGTH: Duration = Duration::from_secs(300);

/// A deposit as asked for, from a JSON or a form body.
pub(crate) struct DepositCall {
    authorization_id: String,
    fields: BTreeMap<String, String>,
}

impl DepositCall {
    pub(super) fn parse(authorization_id: &str, request: &Request) -> Result<Self, Refusal> {
        let content_type = request.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let fields = match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => json_fields(&request.body),
            "application/x-www-form-urlencoded" => form_fields(&request.body),
            _ => return Err(Refusal::parameter("Content-Type", "Neither JSON nor a form")),
        };
        let Some(fields) = fields else {
            return Err(Refusal::parameter("body", "Body cannot be read"));
        };
        Ok(Self { authorization_id: authorization_id.to_owned(), fields })
    }

    pub(super) fn authorization_id(&self) -> &str {
        &self.authorization_id
    }

    pub(super) fn reference(&self) -> &str {
        self.text("merchantReference").unwrap_or_default()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    fn is_instant(&self) -> bool {
        ["instantPayoutRequest", "instant"].iter().any(|name| self.text(name) == Some("true"))
    }
}

/// A new transaction, already in the ledger, with its first event on the way.
pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    call: &DepositCall,
) -> Result<TransactionId, Refusal> {
    let reference = call.reference();
    let duplicates_pass =
        state.amer.has_live_deposit(reference) && ask(state, Stage::Duplicate, reference).is_some();
    check::run(&Case { call, book: &state.amer, duplicates_pass }, settings.seed)?;
    let Some(authorization) = state.amer.find(call.authorization_id()) else {
        return Err(Refusal::unknown_transaction());
    };
    let Some(amount) = check::amount(call) else {
        return Err(Refusal::parameter("amount", "Amount is missing"));
    };
    if state.ledger.is_full() {
        return Err(Refusal::full());
    }
    let outcome = ask(state, Stage::Outcome, reference);
    let id = record(state, now, call, (authorization, amount), outcome);
    if outcome == Some(Fault::DeclineSync) {
        enter(state, settings, now, id, Status::Denied);
    } else {
        webhook::announce_status(state, settings, now, id);
        schedule_next(state, settings, now, id);
    }
    Ok(id)
}

/// The next step of a deposit's way. It is put on the agenda only where there is one.
pub(crate) fn advance(state: &mut State, settings: &Settings, now: Moment, id: TransactionId) {
    let transaction = state.amer.get(id);
    let ending = transaction.deposit().expect("only deposits are put on the agenda").ending;
    let next = match (transaction.status, ending) {
        (Status::Authorized, Ending::Denied) => Status::Denied,
        (Status::Authorized, _) => Status::Processed,
        (Status::Processed, _) => Status::Completed,
        (Status::Completed, Ending::CompletedThenReversed) => Status::Reversed,
        (Status::Completed | Status::Denied | Status::Reversed, _) => return,
    };
    enter(state, settings, now, id, next);
    schedule_next(state, settings, now, id);
}

/// Money leaves before the answer: from here on the transaction is found by every look-up.
fn record(
    state: &mut State,
    now: Moment,
    call: &DepositCall,
    (authorization, amount): (TransactionId, Amount),
    outcome: Option<Fault>,
) -> TransactionId {
    let id = state.ids.next();
    let currency = state.amer.get(authorization).currency.clone();
    let transfer = Transfer {
        region: Region::Amer,
        reference: call.reference().to_owned(),
        provider_id: id.clone(),
        amount,
        currency: currency.clone(),
    };
    let movement = state.ledger.record(transfer, MovementState::Moving, now);
    let deposit = Deposit {
        authorization,
        instant: call.is_instant(),
        movement,
        ending: ending(outcome),
        series: Series::default(),
    };
    state.amer.add(Transaction {
        id,
        kind: Kind::Deposit(deposit),
        status: Status::Authorized,
        reference: call.reference().to_owned(),
        amount,
        currency,
        created: now,
        updated: now,
        processed: None,
        completed: None,
        version: 1,
        network_status: "AC100",
    })
}

fn ending(outcome: Option<Fault>) -> Ending {
    match outcome {
        Some(Fault::NoFunds) => Ending::Denied,
        Some(Fault::CreditAfterConfirmation) => Ending::CompletedThenReversed,
        _ => Ending::Completed,
    }
}

/// A deposit's new status, with the ledger and the merchant told in the same step.
fn enter(state: &mut State, settings: &Settings, now: Moment, id: TransactionId, status: Status) {
    let transaction = state.amer.get_mut(id);
    transaction.status = status;
    transaction.updated = now;
    transaction.version += 1;
    let movement = transaction.deposit().expect("only deposits change here").movement;
    let (network_status, movement_state) = match status {
        Status::Authorized => ("AC100", None),
        Status::Processed => ("AC105", None),
        Status::Completed => ("AC106", Some(MovementState::Completed)),
        Status::Denied => ("SW021", Some(MovementState::Failed)),
        Status::Reversed => ("AC114", Some(MovementState::Returned)),
    };
    transaction.network_status = network_status;
    match status {
        Status::Processed => transaction.processed = Some(now),
        Status::Completed => transaction.completed = Some(now),
        Status::Authorized | Status::Denied | Status::Reversed => {}
    }
    if let Some(movement_state) = movement_state {
        state.ledger.turn(movement, movement_state, now);
    }
    webhook::announce_status(state, settings, now, id);
}

/// Nothing is put on the agenda once a deposit has come to its end.
fn schedule_next(state: &mut State, settings: &Settings, now: Moment, id: TransactionId) {
    let transaction = state.amer.get(id);
    let ending = transaction.deposit().map(|deposit| deposit.ending);
    let moves_on = match transaction.status {
        Status::Authorized | Status::Processed => true,
        Status::Completed => ending == Some(Ending::CompletedThenReversed),
        Status::Denied | Status::Reversed => false,
    };
    if moves_on {
        let at = settings.clock.next_batch(now, BATCH_LENGTH);
        state.agenda.put(at, Task::Advance(id));
    }
}

fn ask(state: &mut State, stage: Stage, reference: &str) -> Option<Fault> {
    let rule = state.faults.take(&Question {
        region: Region::Amer,
        stage,
        operations: &[Operation::Deposit],
        references: &[reference],
        answered: false,
    });
    rule.map(|rule| rule.fault)
}

/// Null counts as absent. Numbers keep their text. Anything nested makes it unreadable.
fn json_fields(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let Ok(Value::Object(members)) = json::parse(body) else { return None };
    let mut fields = BTreeMap::new();
    for (name, value) in members {
        let text = match value {
            Value::Null => continue,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            Value::Array(_) | Value::Object(_) => return None,
        };
        fields.insert(name, text);
    }
    Some(fields)
}

fn form_fields(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for (name, value) in form::pairs(std::str::from_utf8(body).ok()?)? {
        if fields.insert(name, value).is_some() {
            return None;
        }
    }
    Some(fields)
}
