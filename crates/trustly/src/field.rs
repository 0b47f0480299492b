//! Reading single members out of a [`Json`] tree.
//!
//! One place decides what counts as absent (no such member, or `null`), what counts as text (a
//! string or a number token, which Trustly exchanges freely) and what is an error.

use thiserror::Error;

use crate::decimal::{Decimal, DecimalError, Sign};
use crate::json::Json;

/// The end of the year 9999 in milliseconds since 1970.
const EPOCH_MILLIS_MAX: u64 = 253_402_300_799_999;

/// Why a message cannot be used. It names the member and never repeats its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The member must be there and is not.
    #[error("member `{0}` is missing")]
    Missing(&'static str),
    /// The member is there with a value of the wrong kind.
    #[error("member `{0}` has a value of the wrong kind")]
    Malformed(&'static str),
    /// The member should be an amount.
    #[error("member `{field}` is not a usable amount")]
    Amount {
        /// The member.
        field: &'static str,
        /// What is wrong with its text.
        source: DecimalError,
    },
}

/// The text at a dotted `path`, or `None` if a step of it is absent or `null`. Booleans read as
/// `true` and `false`.
pub fn optional<'a>(tree: &'a Json, path: &'static str) -> Result<Option<&'a str>, FieldError> {
    match walk(tree, path)? {
        None => Ok(None),
        Some(Json::Bool(true)) => Ok(Some("true")),
        Some(Json::Bool(false)) => Ok(Some("false")),
        Some(value) => match value.scalar() {
            Some(text) => Ok(Some(text)),
            None => Err(FieldError::Malformed(path)),
        },
    }
}

/// The text at `path`, which must be there and not be empty.
pub fn required<'a>(tree: &'a Json, path: &'static str) -> Result<&'a str, FieldError> {
    match optional(tree, path)? {
        None => Err(FieldError::Missing(path)),
        Some("") => Err(FieldError::Malformed(path)),
        Some(text) => Ok(text),
    }
}

/// A whole number from zero upwards, as a number or as its text.
pub fn optional_number(tree: &Json, path: &'static str) -> Result<Option<u64>, FieldError> {
    match optional(tree, path)? {
        None => Ok(None),
        Some(text) => whole_number(text).map(Some).ok_or(FieldError::Malformed(path)),
    }
}

/// Milliseconds since 1970, as a number or as its text. A time beyond the calendar is as good as
/// absent: a transaction is not worth less for it.
pub fn optional_time(tree: &Json, path: &'static str) -> Result<Option<u64>, FieldError> {
    let number = optional_number(tree, path)?;
    Ok(number.filter(|millis| *millis <= EPOCH_MILLIS_MAX))
}

/// `true` or `false`, as a boolean or as its text.
pub fn optional_bool(tree: &Json, path: &'static str) -> Result<Option<bool>, FieldError> {
    match optional(tree, path)? {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(FieldError::Malformed(path)),
    }
}

/// An amount without a sign.
pub fn optional_amount(tree: &Json, path: &'static str) -> Result<Option<Decimal>, FieldError> {
    match optional(tree, path)? {
        None => Ok(None),
        Some(text) => match Decimal::parse(text, Sign::Refused) {
            Ok(amount) => Ok(Some(amount)),
            Err(source) => Err(FieldError::Amount { field: path, source }),
        },
    }
}

/// Digits only, without a sign or a point, within 64 bits.
#[must_use]
pub fn whole_number(text: &str) -> Option<u64> {
    // `u64::from_str` would also take a leading plus.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Milliseconds since 1970, up to the end of the year 9999. A later time is no time at all: nobody
/// can write it, and whoever shows it would fail.
#[must_use]
pub fn epoch_millis(text: &str) -> Option<u64> {
    whole_number(text).filter(|millis| *millis <= EPOCH_MILLIS_MAX)
}

fn walk<'a>(tree: &'a Json, path: &'static str) -> Result<Option<&'a Json>, FieldError> {
    let mut value = tree;
    for key in path.split('.') {
        value = match value {
            Json::Object(members) => match members.get(key) {
                None | Some(Json::Null) => return Ok(None),
                Some(next) => next,
            },
            _ => return Err(FieldError::Malformed(path)),
        };
    }
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Json {
        let text = r#"{"s":"x","n":7,"t":"7","b":true,"z":null,"e":"","o":{"p":{"q":"deep"}},
                       "a":"2.10","m":"-1","x":"1e2","big":"18446744073709551616","plus":"+7"}"#;
        Json::parse(text.as_bytes(), 1000).unwrap()
    }

    #[test]
    fn absent_is_missing_or_null() {
        assert_eq!(optional(&tree(), "nothing"), Ok(None));
        assert_eq!(optional(&tree(), "z"), Ok(None));
        assert_eq!(optional(&tree(), "z.p"), Ok(None));
        assert_eq!(optional(&tree(), "o.p.q"), Ok(Some("deep")));
        assert_eq!(required(&tree(), "z"), Err(FieldError::Missing("z")));
        assert_eq!(required(&tree(), "e"), Err(FieldError::Malformed("e")));
    }

    #[test]
    fn a_value_of_another_kind_is_an_error_not_an_absence() {
        assert_eq!(optional(&tree(), "o"), Err(FieldError::Malformed("o")));
        assert_eq!(optional(&tree(), "s.p"), Err(FieldError::Malformed("s.p")));
        assert_eq!(optional_number(&tree(), "s"), Err(FieldError::Malformed("s")));
        assert_eq!(optional_number(&tree(), "big"), Err(FieldError::Malformed("big")));
        assert_eq!(optional_number(&tree(), "plus"), Err(FieldError::Malformed("plus")));
        assert_eq!(optional_number(&tree(), "e"), Err(FieldError::Malformed("e")));
        assert_eq!(optional_bool(&tree(), "n"), Err(FieldError::Malformed("n")));
        assert!(matches!(optional_amount(&tree(), "m"), Err(FieldError::Amount { .. })));
        assert!(matches!(optional_amount(&tree(), "x"), Err(FieldError::Amount { .. })));
    }

    #[test]
    fn times_beyond_the_calendar_are_none() {
        assert_eq!(epoch_millis("253402300799999"), Some(253_402_300_799_999));
        for beyond in ["253402300800000", "9223372036854775807", "18446744073709551615", "-1"] {
            assert_eq!(epoch_millis(beyond), None, "{beyond}");
        }
    }

    #[test]
    fn numbers_and_their_texts_are_the_same() {
        assert_eq!(optional_number(&tree(), "n"), Ok(Some(7)));
        assert_eq!(optional_number(&tree(), "t"), Ok(Some(7)));
        assert_eq!(optional_bool(&tree(), "b"), Ok(Some(true)));
        assert_eq!(optional_amount(&tree(), "a").unwrap().unwrap().minor_units(2), Ok(210));
    }
}
