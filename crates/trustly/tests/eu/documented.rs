//! The table of signatures in `docs/trustly-eu.md` says where they are checked, and who proves it.

use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/trustly-eu.md");

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
