//! The control API under `/_sim/`. It shows no secret and no bank details.

mod eu;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::amer::{self, NewAuthorization};
use crate::config::webhook_url;
use crate::eu::is_account_id;
use crate::faults::RuleText;
use crate::money::Amount;
use crate::sim::Sim;
use crate::web::{self, Request, Response};

/// What is wrong with a request to the control API.
struct BadRequest(String);

type Answer = Result<Value, BadRequest>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultProgram {
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AuthorizationText {
    customer_id: Option<String>,
    currency: Option<String>,
    name: Option<String>,
    merchant_reference: Option<String>,
    limit: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AccountText {
    account_id: Option<String>,
}

/// One request; `path` is what follows `/_sim/`.
pub(crate) fn handle(sim: &Sim, request: &Request, path: &str) -> Response {
    let reference = reference(request);
    let reference = reference.as_deref();
    let answer = match (&request.method, path) {
        (&Method::GET, "ledger") => Ok(json!({ "movements": sim.read().ledger.movements() })),
        (&Method::GET, "faults") => Ok(faults(sim)),
        (&Method::PUT, "faults") => add_faults(sim, &request.body),
        (&Method::DELETE, "faults") => {
            sim.update(|state| state.faults.clear());
            Ok(faults(sim))
        }
        (&Method::GET, "requests") => {
            Ok(json!({ "requests": sim.read().requests.lines(reference) }))
        }
        (&Method::GET, "notifications") => Ok(notifications(sim, reference)),
        (&Method::PUT, "webhooks") => set_webhooks(sim, &request.body),
        (&Method::POST, "authorizations") => authorize(sim, &request.body),
        (&Method::GET, "settings") => Ok(eu::settings(sim)),
        (&Method::PUT, "settings") => eu::change_settings(sim, &request.body),
        (&Method::POST, "p2p_orders") => eu::add_p2p_order(sim, &request.body),
        (&Method::POST, "notifications") => eu::send_notification(sim, &request.body),
        (&Method::POST, "held") => eu::release(sim, &request.body),
        (&Method::POST, "settlements") => eu::settle(sim, &request.body),
        (&Method::POST, "accounts") => add_account(sim, &request.body),
        _ => {
            let error = format!("/_sim/{path} does not exist or has no {}", request.method);
            return web::json(404, &json!({ "error": error }));
        }
    };
    match answer {
        Ok(value) => web::json(200, &value),
        Err(BadRequest(error)) => web::json(400, &json!({ "error": error })),
    }
}

/// The query's `reference`, if it names one.
fn reference(request: &Request) -> Option<String> {
    let pairs = amer::form_pairs(request.uri.query()?)?;
    pairs.into_iter().find(|(name, _)| name == "reference").map(|(_, value)| value)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadRequest> {
    serde_json::from_slice(body).map_err(|error| BadRequest(error.to_string()))
}

/// For requests whose members are all optional: no body is an empty object.
fn parse_optional<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, BadRequest> {
    if body.is_empty() { Ok(T::default()) } else { parse(body) }
}

fn faults(sim: &Sim) -> Value {
    let state = sim.read();
    json!({ "rules": state.faults.rules().collect::<Vec<_>>() })
}

fn add_faults(sim: &Sim, body: &[u8]) -> Answer {
    let program: FaultProgram = parse(body)?;
    let added = sim.update(|state| state.faults.add(&program.rules));
    added.map_err(|bad| BadRequest(bad.to_string()))?;
    Ok(faults(sim))
}

fn notifications(sim: &Sim, reference: Option<&str>) -> Value {
    let state = sim.read();
    json!({
        "notifications": state.notices.lines(reference),
        "pending_steps": state.agenda.steps(),
    })
}

fn set_webhooks(sim: &Sim, body: &[u8]) -> Answer {
    let webhooks: Webhooks = parse(body)?;
    let Some(url) = webhook_url(&webhooks.url) else {
        return Err(BadRequest("url: must be an https URL, or http to a loopback host".to_owned()));
    };
    sim.update(|state| state.amer.webhook_url = Some(url));
    Ok(json!({ "url": webhooks.url }))
}

fn authorize(sim: &Sim, body: &[u8]) -> Answer {
    let text: AuthorizationText = parse_optional(body)?;
    let currency = text.currency.unwrap_or_else(|| "USD".to_owned());
    if !matches!(currency.as_str(), "USD" | "CAD") {
        return Err(BadRequest("currency: must be USD or CAD".to_owned()));
    }
    let limit = text.limit.as_deref().unwrap_or("0.00");
    let Some(limit) = Amount::parse(limit, |_| true) else {
        return Err(BadRequest("limit: must be a decimal such as 0.00".to_owned()));
    };
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let reference = match text.merchant_reference {
            Some(reference) => reference,
            None => format!("auth-{}", state.ids.next()),
        };
        let new = NewAuthorization {
            customer_id: text.customer_id.unwrap_or_else(|| "user_123".to_owned()),
            customer_name: text.name.unwrap_or_else(|| "John Smith".to_owned()),
            currency,
            reference: reference.clone(),
            limit,
        };
        match state.amer.authorize(&mut state.ids, now, new) {
            Some(id) => Ok(json!({ "transaction_id": id, "merchant_reference": reference })),
            None => Err(BadRequest("there are too many authorizations".to_owned())),
        }
    })
}

fn add_account(sim: &Sim, body: &[u8]) -> Answer {
    let text: AccountText = parse_optional(body)?;
    sim.update(|state| {
        let account_id = match text.account_id {
            Some(account_id) => account_id,
            None => state.ids.next(),
        };
        if !is_account_id(&account_id) {
            return Err(BadRequest("account_id: must be 1 to 20 digits".to_owned()));
        }
        match state.eu.add_account(&account_id) {
            Some(()) => Ok(json!({ "account_id": account_id })),
            None => Err(BadRequest("there are too many accounts".to_owned())),
        }
    })
}
