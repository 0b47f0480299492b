//! One noun per concept: every message and enum of the API is in the glossary.

use std::collections::BTreeSet;

use super::{Found, markdown};
use crate::codegen;

/// The heading over the glossary, in which names stand in backquotes.
const SECTION: &str = "Glossary";

const PACKAGE: &str = "payouts.v1";

/// Messages and enums that the glossary does not name, requests and responses aside.
pub(super) fn check(architecture: &str) -> Found {
    let words = markdown::quoted(markdown::section(architecture, SECTION)?);
    let words: BTreeSet<&str> = words.into_iter().collect();
    let mut found = Vec::new();
    for name in nouns()? {
        if !words.contains(name.as_str()) {
            found.push(format!("ARCHITECTURE.md: the glossary does not name `{name}`"));
        }
    }
    Ok(found)
}

fn nouns() -> Result<Vec<String>, String> {
    let mut nouns = Vec::new();
    for file in codegen::compile(false)?.file_descriptor_set().file {
        if file.package() != PACKAGE {
            continue;
        }
        nouns.extend(file.enum_type.iter().map(|noun| noun.name().to_owned()));
        for message in &file.message_type {
            let name = message.name();
            if !name.ends_with("Request") && !name.ends_with("Response") {
                nouns.push(name.to_owned());
            }
        }
    }
    Ok(nouns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_missing_is_found() {
        let found = check("# T\n\n## Glossary\n\n`Payout`, Money\n").unwrap();
        let names = |name: &str| found.iter().any(|line| line.ends_with(&format!("`{name}`")));
        assert!(names("Money") && names("PayoutState") && !names("Payout"), "{found:?}");
        assert!(!names("GetPayoutRequest") && !names("Timestamp"), "{found:?}");
    }
}
