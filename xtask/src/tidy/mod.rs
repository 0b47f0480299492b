//! Rules about the tree that neither the compiler nor clippy can hold.
//!
//! Each rule is a function from the tree to the list of its violations, one line each, saying where
//! and what to do. They run as tests of this crate and, for a quick look, as `cargo xtask tidy`.

mod dead;
mod generated;
mod glossary;
mod layers;
mod markdown;
mod size;
mod source;
mod words;

use std::path::Path;

use crate::shell;
use source::Source;

/// What a rule found, or why it could not look.
type Found = Result<Vec<String>, String>;

/// What the rules look at.
struct Tree {
    sources: Vec<Source>,
    architecture: String,
}

impl Tree {
    fn load(root: &Path) -> Result<Self, String> {
        let architecture = shell::read(&root.join("ARCHITECTURE.md"))?;
        Ok(Self { sources: source::load(root)?, architecture })
    }
}

/// Checks every rule and reports all violations at once.
pub(crate) fn run() -> Result<(), String> {
    let tree = Tree::load(&shell::root())?;
    let mut all = Vec::new();
    all.extend(size::check(&tree.sources));
    all.extend(words::check(&tree.sources));
    all.extend(dead::check(&tree.sources));
    all.extend(layers::check(&tree.architecture)?);
    all.extend(glossary::check(&tree.architecture)?);
    all.extend(generated::check()?);
    if all.is_empty() {
        return Ok(());
    }
    Err(format!("{} untidy places:\n  {}", all.len(), all.join("\n  ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::load(&shell::root()).unwrap()
    }

    fn assert_tidy(violations: &[String]) {
        assert!(violations.is_empty(), "\n  {}\n", violations.join("\n  "));
    }

    #[test]
    fn files_functions_and_lines_are_small() {
        assert_tidy(&size::check(&tree().sources));
    }

    #[test]
    fn no_banned_words() {
        assert_tidy(&words::check(&tree().sources));
    }

    #[test]
    fn every_file_is_reached_and_every_crate_introduced() {
        assert_tidy(&dead::check(&tree().sources));
    }

    #[test]
    fn edges_are_those_of_the_table() {
        assert_tidy(&layers::check(&tree().architecture).unwrap());
    }

    #[test]
    fn every_message_and_enum_is_in_the_glossary() {
        assert_tidy(&glossary::check(&tree().architecture).unwrap());
    }

    #[test]
    fn generated_code_is_fresh() {
        assert_tidy(&generated::check().unwrap());
    }
}
