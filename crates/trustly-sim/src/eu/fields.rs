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

/// Whether an optional member is absent, null, or an object.
pub(super) fn is_object_if_given(members: &Map<String, Value>, name: &str) -> bool {
    matches!(members.get(name), None | Some(Value::Null | Value::Object(_)))
}

/// Whether no member has another name. Real Trustly may ignore what it does not know; here a
/// misspelt optional member must not pass unnoticed.
pub(super) fn only(members: &Map<String, Value>, names: &[&str]) -> bool {
    members.keys().all(|name| names.contains(&name.as_str()))
}

pub(super) fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// `YYYY-MM-DD`, of a day that may exist.
pub(crate) fn is_date(text: &str) -> bool {
    let number = |part: &str, length| match part.len() == length && is_digits(part) {
        true => part.parse::<u16>().ok(),
        false => None,
    };
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(_), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let days_max = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days_max).contains(&day)
}

/// Whether an optional member is absent, null, or 1 or 0, as a number or as a string.
pub(super) fn is_flag_if_given(members: &Map<String, Value>, name: &str) -> bool {
    match members.get(name) {
        None | Some(Value::Null) => true,
        Some(value) => *value == 0 || *value == 1 || *value == "0" || *value == "1",
    }
}

/// Whether a flag is given and set.
pub(super) fn is_set(flag: Option<&Value>) -> bool {
    flag.is_some_and(|value| *value == 1 || *value == "1")
}

/// Something on both sides of one @.
pub(super) fn is_email(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains(['@', ' ']);
    text.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

/// Digits, with the signs that people put between them.
pub(super) fn is_phone(text: &str) -> bool {
    let is_sign = |char: char| matches!(char, '+' | '-' | ' ' | '(' | ')');
    text.chars().any(|char| char.is_ascii_digit())
        && text.chars().all(|char| char.is_ascii_digit() || is_sign(char))
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_days_that_may_exist() {
        for (text, good) in [
            ("1990-03-31", true),
            ("2024-02-29", true),
            ("2024-02-30", false),
            ("2024-04-31", false),
            ("2024-13-01", false),
            ("2024-00-10", false),
            ("24-01-01", false),
            ("2024-1-01", false),
            ("2024-01-01 ", false),
        ] {
            assert_eq!(is_date(text), good, "{text}");
        }
    }

    #[test]
    fn flags_are_ones_and_zeros() {
        for (value, good, set) in [
            (json!(1), true, true),
            (json!("1"), true, true),
            (json!(0), true, false),
            (json!("0"), true, false),
            (json!(null), true, false),
            (json!(true), false, false),
            (json!("2"), false, false),
        ] {
            let members = json!({ "Flag": value });
            let members = members.as_object().unwrap();
            assert_eq!(
                (is_flag_if_given(members, "Flag"), is_set(members.get("Flag"))),
                (good, set)
            );
        }
    }
}
