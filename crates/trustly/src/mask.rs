//! A copy of a request that may be shown to people.

use crate::json::{Json, JsonError};

/// What stands in for a value that is not shown.
pub const MASK: &str = "***";

/// The JSON text of `request` with its structure kept and every value replaced by [`MASK`], except
/// those whose key is in `shown`. A list of what may be shown, not of what must be hidden: a member
/// that somebody adds later is hidden until somebody decides otherwise. Empty strings and nulls
/// stay, because that they are empty is structure.
pub fn masked(request: &[u8], bytes_max: usize, shown: &[&str]) -> Result<String, JsonError> {
    let mut tree = Json::parse(request, bytes_max)?;
    mask(&mut tree, false, shown);
    let mut out = String::with_capacity(request.len());
    tree.write(&mut out);
    Ok(out)
}

fn mask(value: &mut Json, show: bool, shown: &[&str]) {
    match value {
        Json::Null | Json::Bool(_) => {}
        Json::Number(_) if !show => *value = Json::Text(MASK.to_owned()),
        Json::Text(text) if !show && !text.is_empty() => MASK.clone_into(text),
        Json::Number(_) | Json::Text(_) => {}
        Json::Array(elements) => {
            for element in elements {
                mask(element, show, shown);
            }
        }
        Json::Object(members) => {
            for (key, member) in members {
                mask(member, shown.contains(&key.as_str()), shown);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_values_are_shown() {
        let request = br#"{"a":"x","b":["y",1,"",null,true],"c":{"a":"z","d":"w"},"n":2}"#;
        let text = masked(request, 100, &["a", "n"]).unwrap();
        let expected = r#"{"a":"x","b":["***","***","",null,true],"c":{"a":"z","d":"***"},"n":2}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_listed_object_shows_no_more_than_its_listed_members() {
        let text = masked(br#"{"a":{"b":"x"}}"#, 100, &["a"]).unwrap();
        assert_eq!(text, r#"{"a":{"b":"***"}}"#);
    }
}
