//! The control API under `/_sim/`. It shows no secret and no bank details.

mod amer;
mod eu;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::amer::form_pairs;
use crate::eu::is_account_id;
use crate::faults::RuleText;
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
struct SettingsText {
    eu: Option<Value>,
    amer: Option<Value>,
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
        (&Method::GET, "settings") => Ok(settings(sim)),
        (&Method::PUT, "settings") => change_settings(sim, &request.body),
        (&Method::PUT, "webhooks") => amer::set_webhooks(sim, &request.body),
        (&Method::POST, "webhooks") => amer::send_event(sim, &request.body),
        (&Method::POST, "authorizations") => amer::authorize(sim, &request.body),
        (&Method::PUT, "authorizations") => amer::change_authorization(sim, &request.body),
        (&Method::GET, "authorizations") => {
            Ok(json!({ "authorizations": crate::amer::lines(&sim.read(), reference) }))
        }
        (&Method::POST, "advance") => amer::advance(sim, &request.body),
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
    let pairs = form_pairs(request.uri.query()?)?;
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

fn settings(sim: &Sim) -> Value {
    let state = sim.read();
    json!({ "eu": state.eu.contract.view(), "amer": state.amer.terms.view() })
}

/// All of them or, when one is wrong, none.
fn change_settings(sim: &Sim, body: &[u8]) -> Answer {
    let text: SettingsText = parse(body)?;
    if text.eu.is_none() && text.amer.is_none() {
        return Err(BadRequest("eu, amer: name terms of at least one".to_owned()));
    }
    sim.update(|state| {
        let contract = match &text.eu {
            Some(changes) => state.eu.contract.amended(changes),
            None => Ok(state.eu.contract.clone()),
        };
        let contract = contract.map_err(|bad| BadRequest(bad.to_string()))?;
        let terms = match &text.amer {
            Some(changes) => state.amer.terms.amended(changes),
            None => Ok(state.amer.terms.clone()),
        };
        state.amer.terms = terms.map_err(|bad| BadRequest(bad.to_string()))?;
        state.eu.contract = contract;
        Ok(())
    })?;
    Ok(settings(sim))
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
