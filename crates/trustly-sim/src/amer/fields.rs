//! The members of a request, whichever way they came.

use std::collections::BTreeMap;

use http::header;
use serde_json::Value;

use super::form;
use super::refusal::Refusal;
use crate::json;
use crate::web::Request;

/// Members by name; nested ones by dotted path. Null counts as absent, numbers keep their text.
#[derive(Default)]
pub(crate) struct Fields {
    members: BTreeMap<String, Member>,
    pub(super) is_form: bool,
}

struct Member {
    text: String,
    /// In JSON; in a form everything is.
    is_string: bool,
}

impl Fields {
    /// Of `/transactions/{id}/…`: JSON or a form, nothing nested; no body at all is no members.
    pub(super) fn flat(request: &Request) -> Result<Self, Refusal> {
        let fields = match content_type(request) {
            "" if request.body.is_empty() => Some(Self::default()),
            "application/json" if request.body.is_empty() => Some(Self::default()),
            "application/json" => Self::nested(&request.body),
            "application/x-www-form-urlencoded" => Self::form(&request.body),
            _ => return Err(Refusal::parameter("Content-Type", "Neither JSON nor a form")),
        };
        match fields {
            Some(fields) if fields.names().all(|name| !name.contains('.')) => Ok(fields),
            _ => Err(Refusal::parameter("body", "Body cannot be read")),
        }
    }

    /// Of `/establish` and `/accounts/…`.
    pub(super) fn json(request: &Request) -> Result<Self, Refusal> {
        if content_type(request) != "application/json" {
            return Err(Refusal::parameter("Content-Type", "Not JSON"));
        }
        let fields = Self::nested(&request.body);
        fields.ok_or_else(|| Refusal::parameter("body", "Body cannot be read"))
    }

    pub(super) fn nested(body: &[u8]) -> Option<Self> {
        let value = json::parse(body).ok()?;
        let mut fields = Self::default();
        matches!(value, Value::Object(_)).then(|| fields.add("", value))?;
        Some(fields)
    }

    pub(super) fn form(body: &[u8]) -> Option<Self> {
        let mut members = BTreeMap::new();
        for (name, text) in form::pairs(std::str::from_utf8(body).ok()?)? {
            if members.insert(name, Member { text, is_string: true }).is_some() {
                return None;
            }
        }
        Some(Self { members, is_form: true })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).map(|member| member.text.as_str())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(super) fn is_string(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|member| member.is_string)
    }

    /// Empty, zero or false, as a script would count it.
    pub(super) fn is_falsy(&self, name: &str) -> bool {
        let Some(member) = self.members.get(name) else { return true };
        match member.is_string {
            true => member.text.is_empty(),
            false => {
                member.text == "false" || member.text.bytes().all(|byte| b"0.-".contains(&byte))
            }
        }
    }

    fn add(&mut self, path: &str, value: Value) {
        let text = match value {
            Value::Null => return,
            Value::Object(members) => {
                for (name, member) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.add(&format!("{path}{dot}{name}"), member);
                }
                return;
            }
            Value::String(text) => {
                self.members.insert(path.to_owned(), Member { text, is_string: true });
                return;
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
        };
        self.members.insert(path.to_owned(), Member { text, is_string: false });
    }
}

fn content_type(request: &Request) -> &str {
    let value = request.headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}
