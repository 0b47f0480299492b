//! Answers of the API as JSON, and as lines for people made of that same JSON.

use api::v1::{Cause, Destination, Event, Money, Payout, PayoutEvent, event::Event as Kind};
use payout::time::Timestamp;
use serde_json::{Map, Value, json};

use super::Output;

/// Prints one answer.
pub(crate) fn print(output: Output, value: &Value) {
    match output {
        Output::Json => println!("{value}"),
        Output::Text => println!("{}", lines(value, 0).trim_end()),
    }
}

/// Prints one event: a line for people.
pub(crate) fn print_event(output: Output, event: &Event) {
    match output {
        Output::Json => println!("{}", self::event(event)),
        Output::Text => println!("{}", event_line(event)),
    }
}

pub(crate) fn payout(payout: &Payout) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        if !matches!(&value, Value::Null) && value != json!("") && value != json!([]) {
            out.insert(key.to_owned(), value);
        }
    };
    put("id", json!(payout.id));
    put("merchant", json!(payout.merchant));
    put("idempotency_key", json!(payout.idempotency_key));
    put("customer", json!(payout.customer));
    put("amount", payout.amount.as_ref().map_or(Value::Null, |money| json!(amount(money))));
    put("state", json!(bare(payout.state().as_str_name(), "PAYOUT_STATE_")));
    put("outcome", json!(bare(payout.outcome().as_str_name(), "OUTCOME_")));
    put("cause", payout.cause.as_ref().map_or(Value::Null, cause));
    if let Some(back) = &payout.give_back {
        let amount = back.amount.as_ref().map(amount);
        put("give_back", json!({ "id": back.id, "amount": amount }));
    }
    let attention: Vec<_> =
        payout.attention().map(|found| bare(found.as_str_name(), "ATTENTION_")).collect();
    put("attention", json!(attention));
    let references: Vec<_> = payout.provider_references.iter().map(|found| &found.value).collect();
    put("provider_references", json!(references));
    put("sequence", json!(payout.sequence));
    put("return_window_ends_at", time(payout.return_window_ends_at.as_ref()));
    put("created_at", time(payout.created_at.as_ref()));
    put("updated_at", time(payout.updated_at.as_ref()));
    Value::Object(out)
}

pub(crate) fn destination(destination: &Destination) -> Value {
    let summary = destination.summary.clone().unwrap_or_default();
    json!({
        "id": destination.id,
        "customer": destination.customer,
        "state": bare(destination.state().as_str_name(), "DESTINATION_STATE_"),
        "kind": bare(destination.kind().as_str_name(), "DESTINATION_KIND_"),
        "account": summary.masked_account,
        "bank": summary.bank_name,
        "created_at": time(destination.created_at.as_ref()),
    })
}

pub(crate) fn event(event: &Event) -> Value {
    let mut out = json!({
        "cursor": event.cursor,
        "customer": event.customer,
        "recorded_at": time(event.recorded_at.as_ref()),
    });
    match &event.event {
        Some(Kind::PayoutEvent(about)) => out["payout_event"] = payout_event(about),
        Some(Kind::DestinationEvent(about)) => {
            out["destination_event"] = json!({
                "destination": about.destination_id,
                "kind": bare(about.kind().as_str_name(), "DESTINATION_EVENT_KIND_"),
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
    json!({
        "payout": about.payout_id,
        "sequence": about.sequence,
        "kind": bare(about.kind().as_str_name(), "PAYOUT_EVENT_KIND_"),
        "state_before": bare(about.state_before().as_str_name(), "PAYOUT_STATE_"),
        "state_after": bare(about.state_after().as_str_name(), "PAYOUT_STATE_"),
        "outcome": bare(about.outcome().as_str_name(), "OUTCOME_"),
        "cause": about.cause.as_ref().map(cause),
        "give_back": about.give_back.as_ref().map(|back| &back.id),
    })
}

pub(super) fn cause(cause: &Cause) -> Value {
    json!({
        "reason": bare(cause.reason().as_str_name(), "REASON_"),
        "retryable": cause.retryable,
        "actor": bare(cause.actor().as_str_name(), "ACTOR_"),
        "provider_code": cause.provider_code,
        "provider_text": cause.provider_text,
    })
}

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
            Value::Object(_) => {
                out.push_str(&format!("{indent}{key}:\n{}", lines(value, depth + 1)));
            }
            _ if plain(value).is_empty() => {}
            _ => out.push_str(&format!("{indent}{key}: {}\n", plain(value))),
        }
    }
    out
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
