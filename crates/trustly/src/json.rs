//! A strict JSON tree that keeps what a signature covers.
//!
//! Trustly signs decoded values in byte order of their keys, so the tree that is verified must be
//! the very tree whose values are used: there is one parser, and no second reading by typed
//! structs. Number tokens are kept as written (`1.50` stays `1.50`), a key may appear once in its
//! object, and everything RFC 8259 does not allow is refused.

mod parse;

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;
use zeroize::Zeroize;

/// How many arrays and objects may be open at once. Trustly's deepest message has seven levels;
/// the parser recurses, so this also bounds its stack.
pub const DEPTH_MAX: usize = 32;

/// The longest number token. Trustly's longest amount has 20 decimals.
pub const NUMBER_CHARS_MAX: usize = 64;

/// Why bytes are not a JSON tree. Positions are byte offsets; contents are never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonError {
    /// The text is longer than the caller reads.
    #[error("body is longer than {bytes_max} bytes")]
    TooLong {
        /// The limit that the caller gave.
        bytes_max: usize,
    },
    /// JSON is UTF-8 or it is not JSON.
    #[error("body is not utf-8")]
    NotUtf8,
    /// More than [`DEPTH_MAX`] levels.
    #[error("json is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// More than [`NUMBER_CHARS_MAX`] characters in one number.
    #[error("json number at byte {at} is longer than {NUMBER_CHARS_MAX} characters")]
    NumberTooLong {
        /// Where the number begins.
        at: usize,
    },
    /// The same key twice in one object: readers disagree about which one counts.
    #[error("json key before byte {at} appears twice in its object")]
    DuplicateKey {
        /// Where the second key ends.
        at: usize,
    },
    /// Half of a surrogate pair, which no UTF-8 text can hold.
    #[error("json string escape before byte {at} is half of a surrogate pair")]
    LoneSurrogate {
        /// Where the escape ends.
        at: usize,
    },
    /// Anything else.
    #[error("json syntax error at byte {at}")]
    Syntax {
        /// Where reading stopped.
        at: usize,
    },
}

/// One JSON value. Objects are kept in ascending byte order of their keys.
///
/// `Debug` shows the shape and no contents, because contents are people's names and accounts.
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written.
    Number(Number),
    /// A string, unescaped.
    Text(String),
    /// An array, in its order.
    Array(Vec<Json>),
    /// An object, in byte order of its keys.
    Object(BTreeMap<String, Json>),
}

/// A number token exactly as it stood in the text. Only the parser makes one: requests of ours
/// carry strings only.
#[derive(Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// The token, such as `11.0` or `-1e3`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Json {
    /// Reads one JSON value and nothing after it.
    ///
    /// Time and memory are linear in `bytes`, of which at most `bytes_max` are accepted.
    pub fn parse(bytes: &[u8], bytes_max: usize) -> Result<Self, JsonError> {
        if bytes.len() > bytes_max {
            return Err(JsonError::TooLong { bytes_max });
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(JsonError::NotUtf8);
        };
        parse::document(text)
    }

    /// The member `key`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// The characters of a string, or the token of a number: Trustly uses one for the other.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.as_str()),
            _ => None,
        }
    }

    /// Appends compact JSON text. Members come out in byte order of their keys.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number.as_str()),
            Self::Text(text) => write_string(text, out),
            Self::Array(elements) => write_array(elements, out),
            Self::Object(members) => write_object(members, out),
        }
    }
}

/// Appends `text` as a JSON string. Only what must be escaped is escaped.
pub fn write_string(text: &str, out: &mut String) {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f' => {
                let code = char as usize;
                out.push_str("\\u00");
                out.push(HEX[code >> 4]);
                out.push(HEX[code & 15]);
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

fn write_array(elements: &[Json], out: &mut String) {
    out.push('[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        element.write(out);
    }
    out.push(']');
}

fn write_object(members: &BTreeMap<String, Json>, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Number(_) => f.write_str("number"),
            Self::Text(_) => f.write_str("string"),
            Self::Array(elements) => write!(f, "array of {}", elements.len()),
            Self::Object(members) => write!(f, "object of {}", members.len()),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("number")
    }
}

impl Zeroize for Json {
    fn zeroize(&mut self) {
        match self {
            Self::Null | Self::Bool(_) => {}
            Self::Number(Number(text)) | Self::Text(text) => text.zeroize(),
            Self::Array(elements) => elements.iter_mut().for_each(Zeroize::zeroize),
            Self::Object(members) => members.values_mut().for_each(Zeroize::zeroize),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYTES_MAX: usize = 1 << 20;

    fn parse(text: &str) -> Result<Json, JsonError> {
        Json::parse(text.as_bytes(), BYTES_MAX)
    }

    fn print(json: &Json) -> String {
        let mut out = String::new();
        json.write(&mut out);
        out
    }

    #[test]
    fn tokens_and_decoded_strings_are_kept() {
        let json = parse(r#" {"b":[1.50,-0,11e+2,null,true,false] ,"a":"\/\u00e5\ud83d\ude00\n"}"#);
        let expected = "{\"a\":\"/å😀\\u000a\",\"b\":[1.50,-0,11e+2,null,true,false]}";
        assert_eq!(print(&json.unwrap()), expected);
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        assert_eq!(parse(r#"{"a":1,"a":1}"#), Err(JsonError::DuplicateKey { at: 10 }));
        assert_eq!(parse(r#"[{"a":1,"\u0061":1}]"#), Err(JsonError::DuplicateKey { at: 16 }));
        assert_eq!(parse(r#""\ud800""#), Err(JsonError::LoneSurrogate { at: 7 }));
        assert_eq!(parse(r#""\udc00\ud800""#), Err(JsonError::LoneSurrogate { at: 7 }));
        assert_eq!(parse(r#""\ud800\u0041""#), Err(JsonError::LoneSurrogate { at: 13 }));
        assert_eq!(Json::parse(b"\"\xff\"", BYTES_MAX), Err(JsonError::NotUtf8));
        assert_eq!(Json::parse(b"\"\xed\xa0\x80\"", BYTES_MAX), Err(JsonError::NotUtf8));
        assert_eq!(Json::parse(b"[1]", 2), Err(JsonError::TooLong { bytes_max: 2 }));
    }

    #[test]
    fn a_key_that_other_parsers_treat_as_magic_is_a_key() {
        let json = parse(r#"{"$serde_json::private::Number":"1"}"#).unwrap();
        assert_eq!(json.get("$serde_json::private::Number").and_then(Json::scalar), Some("1"));
    }

    #[test]
    fn depth_and_numbers_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(parse(&nested(DEPTH_MAX + 1)), Err(JsonError::TooDeep));
        assert_eq!(parse(&nested(10_000)), Err(JsonError::TooDeep));
        assert_eq!(parse(&"{\"a\":".repeat(10_000)), Err(JsonError::TooDeep));
        assert!(parse(&"9".repeat(NUMBER_CHARS_MAX)).is_ok());
        let long = "9".repeat(NUMBER_CHARS_MAX + 1);
        assert_eq!(parse(&long), Err(JsonError::NumberTooLong { at: 0 }));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "nul",
            "nullx",
            "True",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "0x1",
            "NaN",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "'a'",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"a\nb\"",
            "1 2",
            "[]]",
            "\u{feff}[]",
            "// x\n1",
            "\"\\ud800\\n\"",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_contents() {
        let json = parse(r#"{"Lastname":"Secretson","n":4711}"#).unwrap();
        assert_eq!(format!("{json:?} {:?}", json.get("n")), "object of 2 Some(number)");
    }

    #[test]
    fn zeroize_empties_every_text() {
        let mut json = parse(r#"{"a":["x",1],"b":{"c":"y"}}"#).unwrap();
        json.zeroize();
        assert_eq!(print(&json), r#"{"a":["",],"b":{"c":""}}"#);
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Json::parse(&bytes, BYTES_MAX);
        }

        #[test]
        fn almost_json_never_panics(text in r#"[\[\]{}:,"\\u0-9a-fde.+\- tn]{0,60}"#) {
            let ours = parse(&text);
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            // Ours is the stricter of the two: what it accepts, everybody accepts.
            prop_assert!(ours.is_err() || theirs.is_ok(), "{}", text);
        }

        #[test]
        fn strings_survive_both_printers(text in any::<String>()) {
            let theirs = serde_json::to_string(&text).unwrap();
            let parsed = parse(&theirs).unwrap();
            prop_assert_eq!(parsed.scalar(), Some(text.as_str()));
            let ours = print(&Json::Text(text.clone()));
            let read: String = serde_json::from_str(&ours).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
