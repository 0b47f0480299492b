//! Answers of the API as JSON, with the names of the API, and as lines for people made of that same
//! JSON.

use api::v1::{
    Attempt, Cause, Destination, DestinationSummary, Event, GiveBack, Money, Outcome, Payout,
    PayoutDestination, PayoutEvent, ProviderDescription, ProviderReference, Settlement,
    event::Event as Kind,
};
use payout::time::Timestamp;
use serde_json::{Map, Value, json};

use super::Output;
use crate::command::terminal::say;

/// Prints one answer.
pub(crate) fn print(output: Output, value: &Value) {
    match output {
        Output::Json => say(value),
        Output::Text => say(lines(value, 0).trim_end()),
    }
}

/// Prints one event: a line for people.
pub(crate) fn print_event(output: Output, event: &Event) {
    match output {
        Output::Json => say(self::event(event)),
        Output::Text => say(event_line(event)),
    }
}

pub(crate) fn payout(payout: &Payout) -> Value {
    let attention: Vec<_> =
        payout.attention().map(|it| bare(it.as_str_name(), "ATTENTION_")).collect();
    filled(json!({
        "id": payout.id,
        "merchant": payout.merchant,
        "idempotency_key": payout.idempotency_key,
        "customer": payout.customer,
        "amount": payout.amount.as_ref().map(money),
        "destination": payout.destination.as_ref().map(payout_destination),
        "speed": bare(payout.speed().as_str_name(), "SPEED_"),
        "speed_achieved": bare(payout.speed_achieved().as_str_name(), "SPEED_"),
        "statement_descriptor": payout.statement_descriptor,
        "external_reference": payout.external_reference,
        "related_order_reference": payout.related_order_reference,
        "submit_before": time(payout.submit_before.as_ref()),
        "metadata": payout.metadata,
        "state": bare(payout.state().as_str_name(), "PAYOUT_STATE_"),
        "outcome": bare(payout.outcome().as_str_name(), "OUTCOME_"),
        "cancel_requested": payout.cancel_requested.then_some(true),
        "cause": payout.cause.as_ref().map(|it| cause(it, payout.outcome())),
        "give_back": payout.give_back.as_ref().map(give_back),
        "attention": attention,
        "provider_references": payout.provider_references.iter().map(reference).collect::<Vec<_>>(),
        "attempts": payout.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "sequence": payout.sequence,
        "return_window_ends_at": time(payout.return_window_ends_at.as_ref()),
        "created_at": time(payout.created_at.as_ref()),
        "updated_at": time(payout.updated_at.as_ref()),
        "outcome_at": time(payout.outcome_at.as_ref()),
    }))
}

pub(crate) fn destination(destination: &Destination) -> Value {
    filled(json!({
        "id": destination.id,
        "merchant": destination.merchant,
        "customer": destination.customer,
        "state": bare(destination.state().as_str_name(), "DESTINATION_STATE_"),
        "kind": bare(destination.kind().as_str_name(), "DESTINATION_KIND_"),
        "summary": destination.summary.as_ref().map(summary),
        "cause": destination.cause.as_ref().map(|it| cause(it, Outcome::Undecided)),
        "created_at": time(destination.created_at.as_ref()),
        "updated_at": time(destination.updated_at.as_ref()),
    }))
}

pub(crate) fn description(description: &ProviderDescription) -> Value {
    let mut currencies = Vec::new();
    for currency in &description.currencies {
        let mut shown = json!({
            "currency_code": currency.currency_code,
            "minor_unit_multiple": currency.minor_unit_multiple,
        });
        for (name, limit) in [
            ("minor_units_min", currency.minor_units_min),
            ("minor_units_max", currency.minor_units_max),
        ] {
            if limit != 0 {
                shown[name] = json!(limit);
            }
        }
        currencies.push(shown);
    }
    let seconds = |it: &prost_types::Duration| format!("{}s", it.seconds);
    let forms = description.destination_forms();
    let forms: Vec<_> = forms.map(|it| bare(it.as_str_name(), "DESTINATION_FORM_")).collect();
    let speeds: Vec<_> = description.speeds().map(|it| bare(it.as_str_name(), "SPEED_")).collect();
    filled(json!({
        "display_name": description.display_name,
        "region": description.region,
        "methods": description.methods,
        "country_codes": description.country_codes,
        "currencies": currencies,
        "destination_forms": forms,
        "speeds": speeds,
        "confirmation": bare(description.confirmation().as_str_name(), "CONFIRMATION_"),
        "return_window": description.return_window.as_ref().map(seconds),
        "cancel_support": bare(description.cancel_support().as_str_name(), "CANCEL_SUPPORT_"),
        "duplicate_protection":
            bare(description.duplicate_protection().as_str_name(), "DUPLICATE_PROTECTION_"),
        "required_fields": description.required_fields,
        "unsupported_fields": description.unsupported_fields,
        "presumed_after": description.presumed_after.as_ref().map(seconds),
        "retention": description.retention.as_ref().map(seconds),
    }))
}

pub(crate) fn event(event: &Event) -> Value {
    let mut out = json!({
        "cursor": event.cursor,
        "merchant": event.merchant,
        "customer": event.customer,
        "recorded_at": time(event.recorded_at.as_ref()),
    });
    match &event.event {
        Some(Kind::PayoutEvent(about)) => out["payout_event"] = payout_event(about),
        Some(Kind::DestinationEvent(about)) => {
            out["destination_event"] = json!({
                "destination_id": about.destination_id,
                "kind": bare(about.kind().as_str_name(), "DESTINATION_EVENT_KIND_"),
                "state_after": bare(about.state_after().as_str_name(), "DESTINATION_STATE_"),
                "occurred_at": time(about.occurred_at.as_ref()),
            });
        }
        None => {}
    }
    out
}

/// One line of a timeline: when, which payout, what happened, where it stands now, and why.
pub(crate) fn event_line(event: &Event) -> String {
    let at = event.recorded_at.as_ref().map(|at| clock_time(timestamp(at))).unwrap_or_default();
    match &event.event {
        Some(Kind::PayoutEvent(about)) => {
            let kind = bare(about.kind().as_str_name(), "PAYOUT_EVENT_KIND_");
            let after = bare(about.state_after().as_str_name(), "PAYOUT_STATE_");
            let id = &about.payout_id;
            let mut line = format!("{at} {id} #{:<2} {kind:<20} {after:<13}", about.sequence);
            if let Some(cause) = &about.cause {
                line.push_str(&format!(" {}", bare(cause.reason().as_str_name(), "REASON_")));
                if !cause.provider_code.is_empty() {
                    line.push_str(&format!(" ({})", cause.provider_code));
                }
            }
            if let Some(back) = &about.give_back {
                line.push_str(&format!(" → give back {}", back.id));
            }
            if let Some(settlement) = &about.settlement {
                line.push_str(&format!(" by {}: {}", settlement.operator, settlement.evidence));
            }
            line
        }
        Some(Kind::DestinationEvent(about)) => {
            let kind = bare(about.kind().as_str_name(), "DESTINATION_EVENT_KIND_");
            format!("{at} {} destination {kind}", about.destination_id)
        }
        None => format!("{at} an event of a kind that this client does not know"),
    }
}

fn payout_event(about: &PayoutEvent) -> Value {
    filled(json!({
        "payout_id": about.payout_id,
        "sequence": about.sequence,
        "kind": bare(about.kind().as_str_name(), "PAYOUT_EVENT_KIND_"),
        "state_before": bare(about.state_before().as_str_name(), "PAYOUT_STATE_"),
        "state_after": bare(about.state_after().as_str_name(), "PAYOUT_STATE_"),
        "outcome": bare(about.outcome().as_str_name(), "OUTCOME_"),
        "cause": about.cause.as_ref().map(|it| cause(it, about.outcome())),
        "give_back": about.give_back.as_ref().map(give_back),
        "attention": bare(about.attention().as_str_name(), "ATTENTION_"),
        "attempt_number": Some(about.attempt_number).filter(|number| *number > 0),
        "provider_references": about.provider_references.iter().map(reference).collect::<Vec<_>>(),
        "speed_achieved": bare(about.speed_achieved().as_str_name(), "SPEED_"),
        "settlement": about.settlement.as_ref().map(settlement),
        "occurred_at": time(about.occurred_at.as_ref()),
    }))
}

/// Whether a new payout may succeed is said only when this one is over: before, it is no advice.
pub(super) fn cause(cause: &Cause, outcome: Outcome) -> Value {
    filled(json!({
        "reason": bare(cause.reason().as_str_name(), "REASON_"),
        "retryable": (outcome == Outcome::NotPaid).then_some(cause.retryable),
        "actor": bare(cause.actor().as_str_name(), "ACTOR_"),
        "provider_code": cause.provider_code,
        "provider_text": cause.provider_text,
    }))
}

fn attempt(attempt: &Attempt) -> Value {
    filled(json!({
        "number": attempt.number,
        "state": bare(attempt.state().as_str_name(), "ATTEMPT_STATE_"),
        "cause": attempt.cause.as_ref().map(|it| cause(it, Outcome::Undecided)),
        "opened_at": time(attempt.opened_at.as_ref()),
    }))
}

fn reference(reference: &ProviderReference) -> Value {
    let kind = bare(reference.kind().as_str_name(), "PROVIDER_REFERENCE_KIND_");
    json!({ "kind": kind, "value": reference.value })
}

fn payout_destination(destination: &PayoutDestination) -> Value {
    filled(json!({
        "destination_id": destination.destination_id,
        "kind": bare(destination.kind().as_str_name(), "DESTINATION_KIND_"),
        "summary": destination.summary.as_ref().map(summary),
    }))
}

fn summary(summary: &DestinationSummary) -> Value {
    filled(json!({
        "masked_account": summary.masked_account,
        "bank_name": summary.bank_name,
        "country_code": summary.country_code,
        "holder_verified": summary.holder_verified,
    }))
}

fn settlement(settlement: &Settlement) -> Value {
    json!({
        "verdict": bare(settlement.verdict().as_str_name(), "SETTLEMENT_VERDICT_"),
        "operator": settlement.operator,
        "evidence": settlement.evidence,
        "why": settlement.why,
    })
}

fn give_back(back: &GiveBack) -> Value {
    json!({ "id": back.id, "amount": back.amount.as_ref().map(money) })
}

fn money(money: &Money) -> Value {
    json!({ "currency_code": money.currency_code, "minor_units": money.minor_units })
}

/// An object without its empty members.
fn filled(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let is_filled = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty() && text != UNSPECIFIED,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    };
    Value::Object(members.into_iter().filter(|(_, value)| is_filled(value)).collect())
}

/// What is left of the name of an enum's value for "nothing", without its prefix.
const UNSPECIFIED: &str = "UNSPECIFIED";

/// An amount with the decimals of its currency.
pub(crate) fn amount(money: &Money) -> String {
    let currency = payout::money::Currency::parse(&money.currency_code);
    match currency.and_then(|currency| payout::money::Money::new(money.minor_units, currency)) {
        Ok(money) => money.to_string(),
        Err(_) => format!("{} {} minor units", money.currency_code, money.minor_units),
    }
}

/// An amount that may be zero or below, with the decimals of its currency.
pub(super) fn signed(money: &Money) -> String {
    let (code, minor_units) = (&money.currency_code, money.minor_units);
    let Ok(currency) = payout::money::Currency::parse(code) else {
        return format!("{code} {minor_units} minor units");
    };
    let sign = if minor_units < 0 { "-" } else { "" };
    let magnitude = minor_units.unsigned_abs();
    let decimals = usize::from(currency.exponent());
    let scale = 10_u64.pow(u32::from(currency.exponent()));
    match decimals {
        0 => format!("{code} {sign}{magnitude}"),
        _ => format!("{code} {sign}{}.{:0decimals$}", magnitude / scale, magnitude % scale),
    }
}

pub(super) fn bare<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

pub(super) fn time(at: Option<&prost_types::Timestamp>) -> Value {
    at.map_or(Value::Null, |at| json!(timestamp(at).to_string()))
}

fn timestamp(at: &prost_types::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.seconds.saturating_mul(1000) + i64::from(at.nanos / 1_000_000))
}

/// Hours to milliseconds: within one timeline the day is clear.
fn clock_time(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..23).unwrap_or(&text).to_owned()
}

fn lines(value: &Value, depth: usize) -> String {
    let Value::Object(members) = value else { return format!("{}\n", plain(value)) };
    let mut out = String::new();
    for (key, value) in members {
        let indent = "  ".repeat(depth);
        match value {
            Value::Null => {}
            Value::Object(members) if !is_money(members) => {
                out.push_str(&format!("{indent}{key}:\n{}", lines(value, depth + 1)));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                out.push_str(&format!("{indent}{key}:\n"));
                for item in items {
                    out.push_str(&format!("{indent}  {}\n", plain(item)));
                }
            }
            _ => out.push_str(&format!("{indent}{key}: {}\n", plain(value))),
        }
    }
    out
}

/// A value on one line.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) if is_money(members) => {
            let currency_code = plain(&value["currency_code"]);
            let minor_units = value["minor_units"].as_i64().unwrap_or_default();
            amount(&Money { currency_code, minor_units })
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{key} {}", plain(value));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn is_money(members: &Map<String, Value>) -> bool {
    members.len() == 2
        && members.contains_key("currency_code")
        && members.contains_key("minor_units")
}
