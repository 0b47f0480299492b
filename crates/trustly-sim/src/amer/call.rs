//! A request under `/api/v1` once read, kept apart from how it travels.

use http::Method;

use super::fields::Fields;
use super::form;
use super::list;
use super::refusal::Refusal;
use crate::config::AmerSettings;
use crate::faults::Operation;
use crate::requests::{BodyDigest, digest};
use crate::sim::State;
use crate::web::{self, Request};

pub(crate) struct Call {
    pub(super) operation: Operation,
    /// The transaction in the path, if one is.
    pub(super) subject: String,
    pub(super) fields: Result<Fields, Refusal>,
    pub(super) query: Vec<(String, String)>,
    /// The name and port that the request came to.
    pub(super) host: String,
    pub(super) digest: BodyDigest,
}

impl Call {
    /// `None` where nothing is served.
    pub(super) fn parse(request: &Request, path: &str) -> Option<Self> {
        let (operation, subject) = route(&request.method, path)?;
        let query = request.uri.query().unwrap_or_default();
        let fields = match operation {
            Operation::Get | Operation::List => Ok(Fields::default()),
            Operation::Establish | Operation::Verify | Operation::Tokenize => Fields::json(request),
            _ => Fields::flat(request),
        };
        let body = if operation == Operation::List { query.as_bytes() } else { &request.body };
        Some(Self {
            operation,
            subject: subject.to_owned(),
            fields,
            query: form::pairs(query).unwrap_or_default(),
            host: web::host(request),
            digest: digest(body),
        })
    }

    /// The merchant's references it is about.
    pub(super) fn references(&self, state: &State, settings: &AmerSettings) -> Vec<String> {
        let own = self.fields.as_ref().ok().and_then(|fields| fields.owned("merchantReference"));
        let found = state.amer.find(&self.subject);
        let subjects = found.map(|id| state.amer.get(id).reference.clone());
        match self.operation {
            Operation::Establish | Operation::Deposit => own.into_iter().collect(),
            Operation::List => list::references(state, settings, &self.query),
            _ => subjects.into_iter().chain(own).collect(),
        }
    }
}

fn route<'a>(method: &Method, path: &'a str) -> Option<(Operation, &'a str)> {
    let segments: Vec<&str> = path.split('/').collect();
    Some(match (method, &segments[..]) {
        (&Method::POST, ["establish"]) => (Operation::Establish, ""),
        (&Method::POST, ["accounts", "verify"]) => (Operation::Verify, ""),
        (&Method::POST, ["accounts", "tokenize"]) => (Operation::Tokenize, ""),
        (&Method::POST, ["transactions", id, "deposit"]) => (Operation::Deposit, id),
        (&Method::POST, ["transactions", id, "cancel"]) => (Operation::Cancel, id),
        (&Method::POST, ["transactions", id, "reclaim"]) => (Operation::Reclaim, id),
        (&Method::POST, ["transactions", id, "refund"]) => (Operation::Refund, id),
        (&Method::POST, ["transactions", id, "refresh"]) => (Operation::Refresh, id),
        (&Method::GET, ["transactions"]) => (Operation::List, ""),
        (&Method::GET, ["transactions", id]) => (Operation::Get, id),
        _ => return None,
    })
}
