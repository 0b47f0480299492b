//! Rules about the tree that neither the compiler nor clippy can hold.
//!
//! Each rule is a function from the tree to the list of its violations, one line each, saying where
//! and what to do. They run as tests of this crate and, for a quick look, as `cargo xtask tidy`.

mod coverage;
mod dead;
mod generated;
mod glossary;
mod layers;
mod markdown;
mod size;
mod source;
mod words;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::shell;
use source::Source;

/// What a rule found, or why it could not look.
type Found = Result<Vec<String>, String>;

/// What the rules look at.
struct Tree {
    sources: Vec<Source>,
    architecture: String,
    /// What is relied on of Trustly Europe, with its table of coverage.
    europe: String,
    /// The members alone, without what they depend on.
    metadata: Metadata,
}

impl Tree {
    fn load() -> Result<Self, String> {
        let root = shell::root();
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        let architecture = shell::read(&root.join("ARCHITECTURE.md"))?;
        let europe = shell::read(&root.join(coverage::DOCUMENT))?;
        Ok(Self { sources: source::load(&root)?, architecture, europe, metadata })
    }
}

/// Checks every rule and reports all violations at once.
pub(crate) fn run() -> Result<(), String> {
    let tree = Tree::load()?;
    let mut all = Vec::new();
    all.extend(size::check(&tree.sources));
    all.extend(words::check(&tree.sources));
    all.extend(dead::check(&tree.sources, &tree.metadata));
    all.extend(layers::check(&tree.architecture, &tree.metadata)?);
    all.extend(glossary::check(&tree.architecture)?);
    all.extend(coverage::check(&tree.europe, &tree.sources)?);
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
        Tree::load().unwrap()
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
        let tree = tree();
        assert_tidy(&dead::check(&tree.sources, &tree.metadata));
    }

    #[test]
    fn edges_are_those_of_the_table() {
        let tree = tree();
        assert_tidy(&layers::check(&tree.architecture, &tree.metadata).unwrap());
    }

    #[test]
    fn every_message_and_enum_is_in_the_glossary() {
        assert_tidy(&glossary::check(&tree().architecture).unwrap());
    }

    #[test]
    fn every_row_of_the_coverage_points_to_something_and_none_is_missing() {
        let tree = tree();
        assert_tidy(&coverage::check(&tree.europe, &tree.sources).unwrap());
    }

    #[test]
    fn generated_code_is_fresh() {
        assert_tidy(&generated::check().unwrap());
    }
}
