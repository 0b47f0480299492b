//! The text that a signature covers: method, UUID and data without separators.

use zeroize::Zeroizing;

use crate::json::Json;

/// `method`, `uuid` and the serialised `data`, the plaintext of every European signature. It may
/// hold the API password, so its memory is wiped.
///
/// The plaintext has no separators; that `uuid` has a fixed shape is what keeps a part of the
/// method or the data from being read as something else.
#[must_use]
pub fn plaintext(method: &str, uuid: &str, data: &Json) -> Zeroizing<String> {
    let mut out = String::with_capacity(method.len() + uuid.len() + length(data));
    out.push_str(method);
    out.push_str(uuid);
    serialise(data, &mut out);
    Zeroizing::new(out)
}

/// Appends the serialisation of `data`: objects as key and value in byte order of the keys, arrays
/// in their own order, strings decoded, numbers as they were written, `null` as nothing. A key
/// whose value is empty or `null` stays.
pub fn serialise(data: &Json, out: &mut String) {
    match data {
        Json::Null => {}
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => out.push_str(number.as_str()),
        Json::Text(text) => out.push_str(text),
        Json::Array(elements) => {
            for element in elements {
                serialise(element, out);
            }
        }
        Json::Object(members) => {
            for (key, value) in members {
                out.push_str(key);
                serialise(value, out);
            }
        }
    }
}

/// The length of the serialisation, so that the text is written once and no copy of it is left
/// behind by a buffer that grew.
fn length(data: &Json) -> usize {
    match data {
        Json::Null => 0,
        Json::Bool(_) => "false".len(),
        Json::Number(number) => number.as_str().len(),
        Json::Text(text) => text.len(),
        Json::Array(elements) => elements.iter().map(length).sum(),
        Json::Object(members) => members.iter().map(|(key, value)| key.len() + length(value)).sum(),
    }
}
