//! Members of `Data` and `Attributes`. Trustly's values are strings.

use serde_json::{Map, Value};

#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Absent,
    Null,
    Text(&'a str),
    /// Neither null nor a string.
    Other,
}

pub(super) fn field<'a>(members: &'a Map<String, Value>, name: &str) -> Field<'a> {
    match members.get(name) {
        None => Field::Absent,
        Some(Value::Null) => Field::Null,
        Some(Value::String(text)) => Field::Text(text),
        Some(_) => Field::Other,
    }
}

/// Whether an optional member is absent, null, or a string that fits. The documentation wants
/// unused optional members sent as null; no client does.
pub(super) fn fits_if_given(
    members: &Map<String, Value>,
    name: &str,
    fits: impl Fn(&str) -> bool,
) -> bool {
    match field(members, name) {
        Field::Absent | Field::Null => true,
        Field::Text(text) => fits(text),
        Field::Other => false,
    }
}

/// Whether a required member is a string that fits.
pub(super) fn fits(members: &Map<String, Value>, name: &str, fits: impl Fn(&str) -> bool) -> bool {
    match field(members, name) {
        Field::Text(text) => fits(text),
        Field::Absent | Field::Null | Field::Other => false,
    }
}

/// Whether no member has another name. Real Trustly may ignore what it does not know; here a
/// misspelt optional member must not pass unnoticed.
pub(super) fn only(members: &Map<String, Value>, names: &[&str]) -> bool {
    members.keys().all(|name| names.contains(&name.as_str()))
}

pub(super) fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

pub(super) fn is_date(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && is_digits(part);
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        _ => false,
    }
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
