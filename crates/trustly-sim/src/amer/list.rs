//! `GET /transactions`: order and paging (page "List transactions").

use serde_json::{Value, json};

use super::filter::{NOT_SIMULATED, Subject};
use super::refusal::Refusal;
use super::render;
use super::terms::Shape;
use super::transaction::TransactionId;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::faults::{Operation, Question, Stage};
use crate::ledger::Region;
use crate::sim::State;

const PAGE_SIZE_DEFAULT: usize = 25;
const PAGE_SIZE_MAX: usize = 100;

type Query = [(String, String)];

/// The references of all that the filters let through, whatever the page shows.
pub(super) fn references(state: &State, settings: &AmerSettings, query: &Query) -> Vec<String> {
    let matching = matching(state, settings, query);
    matching.iter().map(|id| state.amer.get(*id).reference.clone()).collect()
}

/// One page of what the filters let through. There is no total: the reader goes on until a page
/// comes back short.
pub(super) fn page(
    state: &mut State,
    settings: &AmerSettings,
    now: Moment,
    query: &Query,
) -> Result<Value, Refusal> {
    if query.iter().any(|(name, _)| NOT_SIMULATED.contains(&name.as_str())) {
        return Err(Refusal::parameter("query", "The simulator does not know this filter"));
    }
    let count = number(query, "count", PAGE_SIZE_DEFAULT)?;
    let start = number(query, "startIndex", 0)?;
    if count == 0 || count > PAGE_SIZE_MAX {
        return Err(Refusal::parameter("count", "Not from 1 to 100"));
    }
    let mut shown = matching(state, settings, query);
    hide_recent(state, now, &mut shown);
    sort(state, query, &mut shown)?;
    let mut elements = Vec::new();
    for (index, id) in shown.into_iter().skip(start).take(count).enumerate() {
        let transaction = render::transaction(state, settings, id);
        // The documentation's sample wraps elements, clients in use read them bare.
        let shape = state.amer.terms.list_elements;
        let element = render::wrapped(transaction, shape, &mut state.rng);
        elements.push(match shape {
            Shape::Keyed => json!({ index.to_string(): element }),
            Shape::Either | Shape::Wrapped | Shape::Bare => element,
        });
    }
    Ok(json!({
        "startIndex": start,
        "itemsPerPage": count,
        "transactions": elements,
    }))
}

fn number(query: &Query, name: &'static str, default: usize) -> Result<usize, Refusal> {
    match query.iter().find(|(each, _)| each == name) {
        Some((_, text)) => text.parse().map_err(|_| Refusal::parameter(name, "Not a number")),
        None => Ok(default),
    }
}

fn matching(state: &State, settings: &AmerSettings, query: &Query) -> Vec<TransactionId> {
    let mut matching = Vec::new();
    for (id, transaction) in state.amer.all() {
        if Subject::new(state, settings, (id, transaction)).passes(query) {
            matching.push(id);
        }
    }
    matching
}

/// Takes out what the list does not know yet, where a rule says that it lags behind.
fn hide_recent(state: &mut State, now: Moment, shown: &mut Vec<TransactionId>) {
    let references: Vec<String> =
        shown.iter().map(|id| state.amer.get(*id).reference.clone()).collect();
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let Some(rule) = state.faults.take(&Question {
        region: Region::Amer,
        stage: Stage::Listing,
        operations: &[Operation::List],
        references: &references,
        answered: false,
    }) else {
        return;
    };
    shown.retain(|id| {
        let transaction = state.amer.get(*id);
        let meant = rule.reference.as_ref().is_none_or(|only| *only == transaction.reference);
        let age = now.since_start.saturating_sub(transaction.created.since_start);
        !meant || age >= rule.delay
    });
}

/// Newest first unless asked otherwise.
fn sort(state: &State, query: &Query, shown: &mut [TransactionId]) -> Result<(), Refusal> {
    let value =
        |name: &str| query.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str());
    match value("orderBy") {
        None | Some("createdAt") => {
            shown.sort_by_key(|id| state.amer.get(*id).created.since_start);
        }
        Some("updatedAt") => shown.sort_by_key(|id| state.amer.get(*id).updated.since_start),
        Some(_) => return Err(Refusal::parameter("orderBy", "Neither createdAt nor updatedAt")),
    }
    match value("sortOrder") {
        None | Some("desc") => shown.reverse(),
        Some("asc") => {}
        Some(_) => return Err(Refusal::parameter("sortOrder", "Neither asc nor desc")),
    }
    Ok(())
}
