//! The tables in `docs/trustly-eu.md` say what the code does, and where.

use std::path::Path;

use trustly::eu::code::{Class, look_up};

const PAGE: &str = include_str!("../../../../docs/trustly-eu.md");

#[test]
fn the_page_lists_every_code_in_its_class() {
    let mut listed = Vec::new();
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, codes, name, ..] = cells.as_slice() else { continue };
        let class = match *name {
            "content" => Class::Content,
            "blocked" => Class::Blocked,
            "access" => Class::Access,
            "duplicate" => Class::Duplicate,
            "doubtful" => Class::Doubtful,
            _ => continue,
        };
        let digits = codes.split(|c: char| !c.is_ascii_digit());
        for code in digits.filter_map(|code| code.parse().ok()) {
            assert_eq!(look_up(code).class, class, "{code}");
            listed.push(code);
        }
    }
    listed.sort_unstable();
    let known: Vec<u64> = (0..1_000).filter(|code| look_up(*code).name != "UNKNOWN").collect();
    assert_eq!(listed, known);
}

#[test]
fn the_table_of_signatures_points_to_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let exists = |folders: &[&str], file: &str| {
        folders.iter().any(|folder| root.join(folder).join(file).exists())
    };
    let (_, section) = PAGE.split_once("\n## Signatures\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut rows = 0;
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, what, _, source, proof, _] = cells.as_slice() else { continue };
        // Every other part of a cell stands in backticks.
        let named = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let (sources, proofs) = (named(source), named(proof));
        if *what == "what" || what.starts_with('-') {
            continue;
        }
        assert!(!sources.is_empty() && !proofs.is_empty(), "{what}: by whom, and who says so?");
        rows += 1;
        for file in &sources {
            assert!(exists(&["crates/trustly/src"], file), "{what}: there is no {file}");
        }
        for file in &proofs {
            let found = exists(&["crates/trustly/tests/eu", "tests/it"], file);
            assert!(found, "{what}: there is no {file}");
        }
    }
    assert!(rows >= 9, "only {rows} rows have a proof");
}

#[test]
fn the_table_of_parameters_points_to_files_and_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (_, section) = PAGE.split_once("\n## Parameters\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut rows = 0;
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, what, _, source, proof, _] = cells.as_slice() else { continue };
        if *what == "parameter" || what.starts_with('-') {
            continue;
        }
        rows += 1;
        for file in source.split('`').skip(1).step_by(2) {
            assert!(root.join("crates/trustly/src").join(file).exists(), "{what}: no {file}");
        }
        let mut text = String::new();
        let mut tests = 0;
        for name in proof.split('`').skip(1).step_by(2) {
            if name.ends_with(".rs") {
                let folders = ["crates/trustly/tests/eu", "tests/it"];
                let read = |folder| std::fs::read_to_string(root.join(folder).join(name)).ok();
                text = folders.into_iter().find_map(read).unwrap_or_default();
                continue;
            }
            tests += 1;
            assert!(text.contains(&format!("fn {name}()")), "{what}: there is no test {name}");
        }
        assert!(tests > 0, "{what}: who says so?");
    }
    assert!(rows > 10, "the table is gone: {rows} rows");
}
