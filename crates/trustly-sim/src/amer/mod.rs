//! Trustly Americas: REST with HTTP Basic authentication, the Lightbox, and signed form-encoded
//! webhooks.
//!
//! Replies carry no signature. Shapes that the documentation leaves open (wrapped or bare
//! elements, numbers or strings, decimals of money) vary from reply to reply, where the terms do
//! not fix them.

mod accounts;
mod authorization;
mod book;
mod call;
mod cancel;
mod canonical;
mod check;
mod course;
mod demo_bank;
mod deposit;
mod establish;
mod establish_checks;
mod fields;
mod filter;
mod form;
mod grant;
mod lightbox;
mod list;
mod ordered;
mod reason;
mod reclaim;
mod redirect;
mod refresh;
mod refusal;
mod render;
mod routing;
mod sessions;
mod signature;
mod terms;
mod transaction;
mod webhook;

pub(crate) use authorization::{Authorization, Consent, NewAuthorization, PaymentType};
pub(crate) use book::Book;
pub(crate) use call::Call;
pub(crate) use course::{BATCH_LENGTH, advance};
pub(crate) use form::pairs as form_pairs;
pub(crate) use lightbox::{PAGE_PATH, START_PATH, handle as lightbox};
pub(crate) use ordered::{Change, WantedEvent, authorize, change, lines, push, send};
pub(crate) use reason::Reason;
pub(crate) use sessions::{SessionId, end as end_session};
pub(crate) use transaction::TransactionId;
pub(crate) use webhook::Signing;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header;
use serde_json::{Value, json};

use refusal::Refusal;

use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::faults::{Fault, Operation, Question, Rule, Stage};
use crate::json::shuffled;
use crate::ledger::Region;
use crate::sim::{Sim, State};
use crate::web::{self, Outcome, Response};

/// One request under `/api/v1`; `path` is what follows.
pub(crate) async fn handle(sim: &Sim, request: &web::Request, path: &str) -> Outcome {
    let Some(call) = Call::parse(request, path) else {
        return Outcome::Answer(web::json(404, &json!({ "message": "route not supported" })));
    };
    let settings = &sim.settings.amer;
    if !is_authorized(settings, request) {
        let now = sim.settings.clock.now();
        let statuses = sim.read().amer.terms.error_statuses.clone();
        return Outcome::Answer(Refusal::access().response(now, None, &statuses));
    }
    let (response, rule) = sim.update(|state| {
        let references = call.references(state, settings);
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        let about = references.first().copied().unwrap_or_default();
        state.requests.record(call.operation, about, call.digest);
        let rule = state.faults.take(&Question {
            region: Region::Amer,
            stage: Stage::Exchange,
            operations: &[call.operation],
            references: &references,
            answered: false,
        });
        (decide(sim, state, call, rule.as_ref()), rule)
    });
    web::travel(response, rule.as_ref()).await
}

/// A request that was answered with a 5xx and is carried out all the same.
pub(crate) fn handle_late(sim: &Sim, state: &mut State, now: Moment, call: &Call) {
    if let Err(refusal) = carry_out(sim, state, now, call) {
        tracing::debug!(code = refusal.code, "a late request was refused");
    }
}

/// Checked before anything else, as Trustly's answers to requests without credentials show.
fn is_authorized(settings: &AmerSettings, request: &web::Request) -> bool {
    let credentials = format!("{}:{}", settings.access_id, settings.access_key);
    let expected = format!("Basic {}", BASE64.encode(credentials));
    let sent = request.headers.get(header::AUTHORIZATION);
    sent.is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

/// The answer, the money already moved; how the answer travels is decided elsewhere.
fn decide(sim: &Sim, state: &mut State, call: Call, rule: Option<&Rule>) -> Response {
    let now = sim.settings.clock.now();
    match rule.map(|rule| (rule.fault, rule)) {
        Some((Fault::Http500, rule)) => return web::server_error_page(rule.status),
        Some((Fault::Proxy403, rule)) => return web::proxy_page(rule.status),
        Some((Fault::LateCommit, rule)) if call.fields.is_ok() => {
            let at = now.since_start + rule.delay;
            state.agenda.put(at, Task::LateRequest(Box::new(call)));
            return web::server_error_page(rule.status);
        }
        Some((Fault::Refuse, rule)) => {
            let refusal = Refusal::asked_for(rule.code);
            return refusal.response(now, rule.status, &state.amer.terms.error_statuses);
        }
        _ => {}
    }
    match carry_out(sim, state, now, &call) {
        Ok(mut reply) => {
            if rule.is_some_and(|rule| rule.fault == Fault::UnknownStatus) {
                reply["transaction"]["status"] = 99.into();
                reply["transaction"]["statusMessage"] = "Sideways".into();
            }
            web::json_text(200, shuffled(&reply, &mut state.rng))
        }
        Err(refusal) => refused(state, now, call.operation, &refusal),
    }
}

fn refused(state: &mut State, now: Moment, operation: Operation, refusal: &Refusal) -> Response {
    let collapses = matches!(operation, Operation::Verify | Operation::Tokenize)
        && refusal.status() == 400
        && state.rng.one_in(2);
    if collapses {
        return refusal.collapsed();
    }
    refusal.response(now, None, &state.amer.terms.error_statuses)
}

fn carry_out(sim: &Sim, state: &mut State, now: Moment, call: &Call) -> Result<Value, Refusal> {
    let (settings, amer) = (&sim.settings, &sim.settings.amer);
    let fields = call.fields.as_ref().map_err(Clone::clone)?;
    let subject = state.amer.find(&call.subject).ok_or_else(Refusal::unknown_transaction);
    let changed = match call.operation {
        Operation::Establish => return establish::carry_out(state, settings, now, call, fields),
        Operation::Verify => return accounts::verify(fields, &amer.merchant_id, now, &call.query),
        Operation::Tokenize => {
            return accounts::tokenize(fields, &amer.merchant_id, now, &call.query);
        }
        Operation::List => return list::page(state, amer, now, &call.query),
        Operation::Refresh => return refresh::carry_out(state, settings, now, subject?, fields),
        Operation::Get => {
            let transaction = render::transaction(state, amer, subject?);
            let url = format!("http://{}{PAGE_PATH}", call.host);
            return Ok(json!({ "transaction": transaction, "url": url }));
        }
        Operation::Cancel => {
            let id = subject?;
            cancel::carry_out(state, settings, now, id, fields)?;
            id
        }
        Operation::Reclaim => reclaim::carry_out(state, settings, now, subject?, fields)?,
        Operation::Refund => {
            subject?;
            return Err(cancel::refuse_refund());
        }
        _ => deposit::carry_out(state, settings, now, call, fields)?,
    };
    let transaction = render::transaction(state, amer, changed);
    // The reference shows it wrapped, the published schema bare.
    let shape = state.amer.terms.reply_shape;
    Ok(render::wrapped(transaction, shape, &mut state.rng))
}
