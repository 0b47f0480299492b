//! JSON read strictly and written in shuffled member order.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::rng::Rng;

/// Text that is not JSON, or names a member twice, which no signature can be checked over.
#[derive(Debug, thiserror::Error)]
#[error("not JSON with unique member names")]
pub(crate) struct NotJson;

/// Numbers keep their text: `11.0` stays `11.0`, as signatures need.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, NotJson> {
    let _: UniqueMembers = serde_json::from_slice(bytes).map_err(|_| NotJson)?;
    serde_json::from_slice(bytes).map_err(|_| NotJson)
}

/// The value with the members of every object in an order of the generator's.
pub(crate) fn shuffled(value: &Value, rng: &mut Rng) -> String {
    let mut text = String::new();
    write_shuffled(value, rng, &mut text);
    text
}

fn write_shuffled(value: &Value, rng: &mut Rng, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            rng.shuffle(&mut members);
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_shuffled(member, rng, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_shuffled(element, rng, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

/// Reads and forgets any JSON, failing on an object that names a member twice.
struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueMembersVisitor)
    }
}

struct UniqueMembersVisitor;

impl<'de> Visitor<'de> for UniqueMembersVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON with unique member names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMembers, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member is named twice"));
            }
            map.next_value::<UniqueMembers>()?;
        }
        Ok(UniqueMembers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<UniqueMembers, A::Error> {
        while seq.next_element::<UniqueMembers>()?.is_some() {}
        Ok(UniqueMembers)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        IgnoredAny::deserialize(inner).map(|_| UniqueMembers)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_unit<E>(self) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        assert!(parse(br#"{"a":[{"b":1,"c":null,"b":2}]}"#).is_err());
        assert!(parse(br#"{"a":[{"b":1.50,"c":null}],"d":true,"b":"x"}"#).is_ok());
        assert!(parse(b"{\"a\":1} trailing").is_err());
        assert!(parse(&[b'['; 10_000]).is_err());
    }

    #[test]
    fn shuffling_changes_the_text_and_nothing_else() {
        let value = parse(br#"{"a":1.50,"b":{"c":"\u00e5\n","d":[true,null]},"e":{},"f":[]}"#);
        let value = value.unwrap();
        let mut rng = Rng::new(1);
        let texts: BTreeSet<String> = (0..20).map(|_| shuffled(&value, &mut rng)).collect();
        assert!(texts.len() > 5);
        for text in texts {
            assert_eq!(parse(text.as_bytes()).unwrap(), value);
        }
    }
}
