//! The plaintext under a signature (page "Authentication").

use serde_json::Value;

/// Method, uuid and data joined without separators. A missing method or uuid counts as empty.
pub(super) fn plaintext(method: &str, uuid: &str, data: &Value) -> String {
    let mut text = format!("{method}{uuid}");
    serialise(data, &mut text);
    text
}

/// Members in the byte order of their names, each name before its value; elements as they stand;
/// numbers as they are written; null as nothing, though its name stays.
fn serialise(value: &Value, text: &mut String) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => text.push_str(&flag.to_string()),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => text.push_str(string),
        Value::Array(elements) => {
            for element in elements {
                serialise(element, text);
            }
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            for (name, member) in members {
                text.push_str(name);
                serialise(member, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, keys};

    /// Published by Trustly's documentation and clients, or computed from them.
    const VECTORS: &str = include_str!("vectors.json");

    fn vectors(section: &str) -> Vec<Value> {
        let vectors = json::parse(VECTORS.as_bytes()).unwrap();
        vectors[section].as_array().unwrap().clone()
    }

    #[test]
    fn data_serialises_as_published() {
        for vector in vectors("serialisation") {
            let mut text = String::new();
            serialise(&vector["data"], &mut text);
            assert_eq!(text, vector["expected"].as_str().unwrap(), "{}", vector["name"]);
        }
    }

    #[test]
    fn published_signatures_verify_over_our_plaintext_and_over_no_other() {
        let vectors_of_keys = json::parse(VECTORS.as_bytes()).unwrap();
        for vector in vectors("signatures") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let pem = vectors_of_keys["keys"][text("key")].as_array().unwrap();
            let lines: Vec<&str> = pem.iter().map(|line| line.as_str().unwrap()).collect();
            let key = [keys::parse_public(&lines.join("\n")).unwrap()];
            let parts = vector["signature"].as_array().unwrap();
            let signature: String = parts.iter().map(|part| part.as_str().unwrap()).collect();
            let signed = plaintext(text("method"), text("uuid"), &vector["data"]);
            assert!(keys::verify(&key, &signature, &signed), "{}", text("name"));
            assert!(!keys::verify(&key, &signature, &format!("{signed} ")), "{}", text("name"));
        }
    }
}
