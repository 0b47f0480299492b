//! JSON as the tests write it: with any token for a number, any key as often as one likes, and
//! every freedom that JSON leaves taken by chance.

use proptest::prelude::*;
use serde_json::Value;

use crate::random::Random;

/// A JSON value, or what passes for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    /// Written as it is, number or not.
    Token(String),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl From<&Value> for Tree {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Token(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(elements) => Self::Array(elements.iter().map(Self::from).collect()),
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| (key.clone(), Self::from(value));
                Self::Object(members.iter().map(member).collect())
            }
        }
    }
}

impl Tree {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The members of an object.
    pub(crate) fn members(&mut self) -> &mut Vec<(String, Tree)> {
        match self {
            Self::Object(members) => members,
            other => panic!("no object: {other:?}"),
        }
    }

    /// The first member of that name.
    pub(crate) fn member(&mut self, name: &str) -> &mut Tree {
        let found = self.members().iter_mut().find(|(key, _)| key == name);
        &mut found.unwrap_or_else(|| panic!("no member {name}")).1
    }

    /// As the wire has it: blanks, escapes and the order of members by chance.
    pub(crate) fn print(&self, random: &mut Random) -> String {
        let mut out = String::new();
        self.print_to(&mut out, random);
        out
    }

    fn print_to(&self, out: &mut String, random: &mut Random) {
        blank(out, random);
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(flag) => out.push_str(&flag.to_string()),
            Self::Token(token) => out.push_str(token),
            Self::Text(text) => escape(text, out, random),
            Self::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.print_to(out, random);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                let mut members: Vec<_> = members.iter().collect();
                for last in (1..members.len()).rev() {
                    members.swap(last, random.below(last + 1));
                }
                for (index, (key, value)) in members.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    blank(out, random);
                    escape(key, out, random);
                    blank(out, random);
                    out.push(':');
                    value.print_to(out, random);
                }
                out.push('}');
            }
        }
        blank(out, random);
    }
}

fn blank(out: &mut String, random: &mut Random) {
    out.push_str(random.one_of(&["", "", "", " ", "\n", "\t\r "]));
}

/// A string with as many of its characters escaped as chance has it, in every form there is.
fn escape(text: &str, out: &mut String, random: &mut Random) {
    out.push('"');
    for char in text.chars() {
        let must = matches!(char, '"' | '\\' | '\0'..='\x1f');
        match (char, random.below(8)) {
            ('/', 0..4) => out.push_str("\\/"),
            ('\n', 0..4) => out.push_str("\\n"),
            ('"' | '\\', 0..4) => out.extend(['\\', char]),
            (_, 0) => units(char, false, out),
            (_, 1) => units(char, true, out),
            _ if must => units(char, false, out),
            _ => out.push(char),
        }
    }
    out.push('"');
}

fn units(char: char, upper: bool, out: &mut String) {
    for unit in char.encode_utf16(&mut [0; 2]) {
        match upper {
            true => out.push_str(&format!("\\u{unit:04X}")),
            false => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
}

/// Random values without repeated keys.
pub(crate) fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,3})?".prop_map(Tree::Token),
        any::<String>().prop_map(Tree::Text),
        "[A-Za-z0-9 ./\\\\\"å]{0,8}".prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Tree::Array),
            proptest::collection::hash_map(keys(), inner, 0..6)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

/// Keys whose order depends on what is compared: bytes, UTF-16 units, case or language. The last
/// two are the borders where UTF-8 and UTF-16 disagree.
fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zåäö_0-9]{0,6}",
        "[aA][bB]?[_-]?",
        "[\u{e000}-\u{ffff}\u{10000}-\u{10ffff}z]{1,3}",
        any::<String>(),
    ]
}
