//! `application/x-www-form-urlencoded`, the Java way on both sides.

use std::fmt::Write;

/// Name and value pairs in their order. `None` where the encoding is broken.
pub(crate) fn pairs(raw: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for part in raw.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Some(pairs)
}

/// The first value of a name.
pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
}

/// `+` is a space, `%XX` a byte, and the bytes are UTF-8.
pub(super) fn decode(raw: &str) -> Option<String> {
    decoded(raw, b' ')
}

/// The same with `+` standing for itself.
pub(super) fn percent_decode(raw: &str) -> Option<String> {
    decoded(raw, b'+')
}

pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes all that is written"),
        }
    }
    encoded
}

fn decoded(raw: &str, plus: u8) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(plus),
            (b'%', [high, low, after @ ..]) => {
                bytes.push(hex_digit(*high)? * 16 + hex_digit(*low)?);
                rest = after;
            }
            (b'%', _) => return None,
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_the_round_trip() {
        for text in ["", "Demo Bank", "Etc/UTC", "a&b=c%d+e", "Zoë O'Neil", "€"] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        assert_eq!(encode("Etc/UTC Demo"), "Etc%2FUTC+Demo");
    }

    #[test]
    fn broken_encodings_are_refused() {
        for raw in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(raw), None, "{raw}");
        }
    }
}
