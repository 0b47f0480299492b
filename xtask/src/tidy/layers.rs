//! What may depend on what: the table in ARCHITECTURE.md against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata};

use super::{Found, markdown};
use crate::shell;

/// The heading over the table: its first column names a crate, its second what it may use.
const SECTION: &str = "Allowed edges";

/// Stands in the table for a crate that may use every other.
const ANY: &str = "all";

/// The crate that does nothing but think.
const PURE: &str = "payout";

/// What would let it do more: runtimes, wires, stores and randomness.
const IMPURE: [&str; 9] =
    ["hyper", "prost", "rand", "redis", "reqwest", "rusqlite", "socket2", "tokio", "tonic"];

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Differences between table and manifests, and impure crates that `payout` reaches.
pub(super) fn check(architecture: &str, metadata: &Metadata) -> Found {
    let mut found = differences(&table(architecture)?, &edges(metadata));
    for name in reachable(PURE)? {
        if IMPURE.contains(&name.as_str()) {
            found.push(format!("crates/{PURE} reaches `{name}`: it must do nothing but think"));
        }
    }
    Ok(found)
}

/// The rows of the table.
fn table(architecture: &str) -> Result<Edges, String> {
    let mut edges = Edges::new();
    for line in markdown::section(architecture, SECTION)?.lines() {
        let Some((user, used)) = line.trim_start_matches('|').split_once('|') else { continue };
        let used: BTreeSet<String> =
            markdown::quoted(used).into_iter().map(ToOwned::to_owned).collect();
        for user in markdown::quoted(user) {
            edges.insert(user.to_owned(), used.clone());
        }
    }
    Ok(edges)
}

/// The normal and build dependencies between members. Tests may use what they test.
fn edges(metadata: &Metadata) -> Edges {
    let members = metadata.workspace_packages();
    let names: BTreeSet<&str> = members.iter().map(|package| package.name.as_str()).collect();
    let mut edges = Edges::new();
    for package in members {
        let used = edges.entry(package.name.to_string()).or_default();
        for dependency in &package.dependencies {
            let ours = names.contains(dependency.name.as_str());
            if ours && dependency.kind != DependencyKind::Development {
                used.insert(dependency.name.clone());
            }
        }
    }
    edges
}

fn differences(table: &Edges, real: &Edges) -> Vec<String> {
    let mut found = Vec::new();
    for (user, used) in real {
        let Some(allowed) = table.get(user) else {
            found.push(format!("`{user}` has no row in the table of allowed edges"));
            continue;
        };
        if allowed.contains(ANY) {
            continue;
        }
        for name in used.difference(allowed) {
            found.push(format!("`{user}` must not use `{name}`: the table does not allow it"));
        }
        for name in allowed.difference(used) {
            found.push(format!("`{user}` does not use `{name}`: take it out of the table"));
        }
    }
    for user in table.keys().filter(|user| !real.contains_key(*user)) {
        found.push(format!("`{user}` is in the table of allowed edges but not in the workspace"));
    }
    found
}

/// The names of all packages in the normal dependency tree of a member, itself included.
fn reachable(member: &str) -> Result<BTreeSet<String>, String> {
    let arguments = ["tree", "--package", member, "--edges", "normal", "--prefix", "none"];
    let tree = shell::output("cargo", &arguments)?;
    let first_word = |line: &str| line.split(' ').next().map(ToOwned::to_owned);
    Ok(tree.lines().filter_map(first_word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# T\n\n## Allowed edges\n\n| crate | may use |\n|---|---|\n\
        | `a`, `b` | `c` |\n| `c` | – |\n| `d` | `all` |\n\n## Next\n\n| `x` | `y` |\n";

    fn real(edges: &[(&str, &[&str])]) -> Edges {
        let mut real = Edges::new();
        for (user, used) in edges {
            real.insert((*user).to_owned(), used.iter().map(|name| (*name).to_owned()).collect());
        }
        real
    }

    #[test]
    fn the_table_is_read() {
        let expected = real(&[("a", &["c"]), ("b", &["c"]), ("c", &[]), ("d", &["all"])]);
        assert_eq!(table(TEXT).unwrap(), expected);
    }

    #[test]
    fn equal_edges_are_tidy() {
        let real = real(&[("a", &["c"]), ("b", &["c"]), ("c", &[]), ("d", &["a", "b"])]);
        assert_eq!(differences(&table(TEXT).unwrap(), &real), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_found() {
        let real = real(&[("a", &["b", "c"]), ("b", &[]), ("c", &[]), ("e", &[])]);
        let found = differences(&table(TEXT).unwrap(), &real);
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn what_is_reached_is_more_than_what_is_named() {
        let reached = reachable("api").unwrap();
        assert!(reached.contains("tonic") && reached.contains("hyper"), "{reached:?}");
    }
}
