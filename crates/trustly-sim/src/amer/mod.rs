//! Trustly Americas: REST with HTTP Basic authentication, and signed form-encoded webhooks.
//!
//! Replies carry no signature. Shapes that the documentation leaves open (wrapped or bare
//! elements, numbers or strings, decimals of money) vary from reply to reply.

mod book;
mod check;
mod deposit;
mod form;
mod list;
mod refusal;
mod render;
mod webhook;

pub(crate) use book::{Book, NewAuthorization, TransactionId};
pub(crate) use deposit::{BATCH_LENGTH, DepositCall, advance};
pub(crate) use form::pairs as form_pairs;
pub(crate) use webhook::signature_header;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{Method, Uri, header};
use serde_json::{Value, json};

use refusal::Refusal;

use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::faults::{Fault, Operation, Question, Rule, Stage};
use crate::json::shuffled;
use crate::ledger::Region;
use crate::requests::digest;
use crate::sim::{Sim, State};
use crate::web::{self, Outcome, Response};

/// What the path asks for.
#[derive(Clone, Copy)]
enum Route<'a> {
    Deposit(&'a str),
    Get(&'a str),
    List(&'a str),
}

/// What is asked for once read, kept apart from how it travels.
enum Call {
    Deposit(Result<Box<DepositCall>, Refusal>),
    Get(String),
    List(Vec<(String, String)>),
}

/// One request under `/api/v1`; `path` is what follows.
pub(crate) async fn handle(sim: &Sim, request: &web::Request, path: &str) -> Outcome {
    let Some(route) = route(&request.method, &request.uri, path) else {
        return Outcome::Answer(web::json(404, &json!({ "message": "route not supported" })));
    };
    if !is_authorized(&sim.settings.amer, request) {
        let now = sim.settings.clock.now();
        return Outcome::Answer(Refusal::access().response(now, None));
    }
    let body_digest = match route {
        Route::List(query) => digest(query.as_bytes()),
        Route::Deposit(_) | Route::Get(_) => digest(&request.body),
    };
    let call = read(route, request);
    let (response, rule) = sim.update(|state| {
        let references = references(state, &call);
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        let about = references.first().copied().unwrap_or_default();
        state.requests.record(call.operation(), about, body_digest);
        let rule = state.faults.take(&Question {
            region: Region::Amer,
            stage: Stage::Exchange,
            operations: &[call.operation()],
            references: &references,
            answered: false,
        });
        (decide(sim, state, call, rule.as_ref()), rule)
    });
    web::travel(response, rule.as_ref()).await
}

/// A deposit that was answered with a 5xx and is carried out all the same.
pub(crate) fn handle_late(sim: &Sim, state: &mut State, now: Moment, call: &DepositCall) {
    if let Err(refusal) = deposit::carry_out(state, &sim.settings, now, call) {
        tracing::debug!(code = refusal.code, "a late deposit was refused");
    }
}

impl Call {
    fn operation(&self) -> Operation {
        match self {
            Self::Deposit(_) => Operation::Deposit,
            Self::Get(_) => Operation::Get,
            Self::List(_) => Operation::List,
        }
    }
}

fn route<'a>(method: &Method, uri: &'a Uri, path: &'a str) -> Option<Route<'a>> {
    let segments: Vec<&str> = path.split('/').collect();
    match (method, &segments[..]) {
        (&Method::POST, ["transactions", id, "deposit"]) => Some(Route::Deposit(id)),
        (&Method::GET, ["transactions"]) => Some(Route::List(uri.query().unwrap_or_default())),
        (&Method::GET, ["transactions", id]) => Some(Route::Get(id)),
        _ => None,
    }
}

/// Checked before anything else, as Trustly's answers to requests without credentials show.
fn is_authorized(settings: &AmerSettings, request: &web::Request) -> bool {
    let credentials = format!("{}:{}", settings.access_id, settings.access_key);
    let expected = format!("Basic {}", BASE64.encode(credentials));
    let sent = request.headers.get(header::AUTHORIZATION);
    sent.is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

fn read(route: Route<'_>, request: &web::Request) -> Call {
    match route {
        Route::Deposit(id) => Call::Deposit(DepositCall::parse(id, request).map(Box::new)),
        Route::Get(id) => Call::Get(id.to_owned()),
        Route::List(query) => Call::List(form::pairs(query).unwrap_or_default()),
    }
}

/// The merchant's references a request is about.
fn references(state: &State, call: &Call) -> Vec<String> {
    match call {
        Call::Deposit(Ok(call)) => vec![call.reference().to_owned()],
        Call::Deposit(Err(_)) => Vec::new(),
        Call::Get(id) => match state.amer.find(id) {
            Some(id) => vec![state.amer.get(id).reference.clone()],
            None => Vec::new(),
        },
        Call::List(query) => list::references(state, query),
    }
}

/// The answer, the money already moved; how the answer travels is decided elsewhere.
fn decide(sim: &Sim, state: &mut State, call: Call, rule: Option<&Rule>) -> Response {
    let now = sim.settings.clock.now();
    match (rule.map(|rule| (rule.fault, rule)), call) {
        (Some((Fault::Http500, rule)), _) => web::server_error_page(rule.status),
        (Some((Fault::Proxy403, rule)), _) => web::proxy_page(rule.status),
        (Some((Fault::LateCommit, rule)), Call::Deposit(Ok(call))) => {
            state.agenda.put(now.since_start + rule.delay, Task::LateDeposit(call));
            web::server_error_page(rule.status)
        }
        (Some((Fault::Refuse, rule)), _) => {
            Refusal::asked_for(rule.code).response(now, rule.status)
        }
        (_, call) => match carry_out(sim, state, now, call) {
            Ok(reply) => web::json_text(200, shuffled(&reply, &mut state.rng)),
            Err(refusal) => refusal.response(now, None),
        },
    }
}

fn carry_out(sim: &Sim, state: &mut State, now: Moment, call: Call) -> Result<Value, Refusal> {
    match call {
        Call::Deposit(call) => {
            let id = deposit::carry_out(state, &sim.settings, now, &*call?)?;
            let transaction = render::transaction(state, &sim.settings.amer, id);
            // The reference shows it wrapped, the published schema bare.
            let wrapped = state.rng.one_in(2);
            Ok(if wrapped { json!({ "transaction": transaction }) } else { transaction })
        }
        Call::Get(id) => {
            let Some(found) = state.amer.find(&id) else {
                return Err(Refusal::unknown_transaction());
            };
            let transaction = render::transaction(state, &sim.settings.amer, found);
            Ok(json!({ "transaction": transaction, "url": "https://sandbox.trustly.example/" }))
        }
        Call::List(query) => list::page(state, &sim.settings.amer, now, &query),
    }
}
