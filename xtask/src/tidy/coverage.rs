//! The tables that say, for everything on Trustly Europe's wire, where it is handled and which
//! scenario proves it: every row points to something, and nothing that the code knows lacks a row.

mod wire;

use super::source::{Source, is_test_attribute};
use super::{Found, markdown};
use wire::Known;

pub(super) const DOCUMENT: &str = "docs/trustly-eu.md";

/// The heading over the tables, each of which has a heading of its own.
const SECTION: &str = "Coverage";

/// Where scenarios are looked for.
const SCENARIOS: &str = "tests/it";

/// What a scenario cannot show, with the reason after it.
const WITHOUT_SCENARIO: [&str; 2] = ["not sent: ", "not used: "];

/// One row: what is on the wire, where it is handled, which scenario proves it, and more.
struct Row<'a> {
    table: &'a str,
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// What the row is about, without its backquotes.
    fn name(&self) -> &'a str {
        self.cell(0).trim_matches('`')
    }

    fn cell(&self, index: usize) -> &'a str {
        self.cells.get(index).copied().unwrap_or_default()
    }

    fn says(&self, problem: &str) -> String {
        format!("{DOCUMENT}: {} `{}`: {problem}", self.table, self.name())
    }
}

/// Rows that point to nothing, and names in the code without a row.
pub(super) fn check(document: &str, sources: &[Source]) -> Found {
    let rows = rows(markdown::section(document, SECTION)?);
    let mut found = Vec::new();
    for row in &rows {
        found.extend(handled_nowhere(row, sources));
        found.extend(proven_by_nothing(row, sources));
    }
    for known in wire::known(sources)? {
        found.extend(without_row(&known, &rows));
    }
    Ok(found)
}

/// All rows under the headings of the section, the first two lines of each table aside.
fn rows(section: &str) -> Vec<Row<'_>> {
    let (mut rows, mut table, mut line_of_table) = (Vec::new(), "", 0);
    for line in section.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            table = heading.trim();
        }
        line_of_table = if line.starts_with('|') { line_of_table + 1 } else { 0 };
        if line_of_table > 2 {
            let cells = line.trim_matches('|').split('|').map(str::trim).collect();
            rows.push(Row { table, cells });
        }
    }
    rows
}

/// Each place is `path: item`: a file of ours in which that word occurs.
fn handled_nowhere(row: &Row<'_>, sources: &[Source]) -> Vec<String> {
    let places = markdown::quoted(row.cell(1));
    if places.is_empty() {
        return vec![row.says("name a place as `path: item`")];
    }
    let mut found = Vec::new();
    for place in places {
        let (path, item) = place.split_once(": ").unwrap_or((place, ""));
        let source = sources.iter().find(|source| source.path == path);
        let problem = match source {
            None => format!("there is no file {path}"),
            Some(source) if source.tokens.iter().any(|token| token.text == item) => continue,
            Some(_) => format!("{path} has no `{item}`"),
        };
        found.push(row.says(&problem));
    }
    found
}

/// Each scenario is `module::test`, or the cell says why there is none.
fn proven_by_nothing(row: &Row<'_>, sources: &[Source]) -> Vec<String> {
    let cell = row.cell(2);
    if WITHOUT_SCENARIO.iter().any(|word| cell.len() > word.len() && cell.starts_with(word)) {
        return Vec::new();
    }
    let scenarios = markdown::quoted(cell);
    if scenarios.is_empty() {
        return vec![row.says("name a scenario as `module::test`, or say `not sent: reason`")];
    }
    let missing = |scenario: &&&str| !is_scenario(scenario, sources);
    let missing = scenarios.iter().filter(missing);
    missing.map(|scenario| row.says(&format!("there is no test {scenario}"))).collect()
}

fn is_scenario(scenario: &str, sources: &[Source]) -> bool {
    let Some((module, test)) = scenario.rsplit_once("::") else { return false };
    let module = format!("{SCENARIOS}/{}", module.replace("::", "/"));
    let files = [format!("{module}.rs"), format!("{module}/mod.rs")];
    let Some(source) = sources.iter().find(|source| files.contains(&source.path)) else {
        return false;
    };
    source.file.items.iter().any(|item| match item {
        syn::Item::Fn(function) => {
            function.sig.ident == test && function.attrs.iter().any(is_test_attribute)
        }
        _ => false,
    })
}

/// A name needs a row in its table, whatever it is part of, which says the same of it.
fn without_row(known: &Known, rows: &[Row<'_>]) -> Option<String> {
    let Known { table, name, class } = known;
    let is_about = |row: &&Row<'_>| {
        row.table == table.as_str() && row.name().rsplit('.').next() == Some(name.as_str())
    };
    let Some(row) = rows.iter().find(is_about) else {
        return Some(format!("{DOCUMENT}: {table} has no row about `{name}`"));
    };
    match class {
        Some(class) if row.cell(3) != class => Some(row.says(&format!("its class is {class}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "| `Amount` | `crates/x/src/a.rs: pay` | `flow::it_pays` | more |";

    fn sources() -> Vec<Source> {
        let parse = |(path, text): (&str, &str)| Source::parse(path, text.to_owned()).unwrap();
        [
            ("crates/x/src/a.rs", "fn pay() {}"),
            ("tests/it/flow.rs", "#[tokio::test] async fn it_pays() {}\nfn helper() {}"),
            ("tests/it/deep/mod.rs", "#[test] fn down() {}"),
        ]
        .map(parse)
        .into()
    }

    fn problems(row: &str) -> Vec<String> {
        let section = format!("### Table\n\n| a | b | c |\n|---|---|---|\n{row}\n");
        let (rows, sources) = (rows(&section), sources());
        let mut found = Vec::new();
        for row in &rows {
            found.extend(handled_nowhere(row, &sources));
            found.extend(proven_by_nothing(row, &sources));
        }
        found
    }

    #[test]
    fn a_row_that_points_to_something_is_fine() {
        let elsewhere = GOOD.replace("flow::it_pays", "deep::down");
        let unproven = GOOD.replace("`flow::it_pays`", "not sent: nobody wants it");
        for row in [GOOD, elsewhere.as_str(), unproven.as_str()] {
            assert_eq!(problems(row), [] as [&str; 0], "{row}");
        }
    }

    #[test]
    fn a_row_that_points_to_nothing_is_found() {
        for (what, with, problem) in [
            ("src/a.rs", "src/b.rs", "there is no file crates/x/src/b.rs"),
            (": pay", ": payed", "crates/x/src/a.rs has no `payed`"),
            (": pay", "", "crates/x/src/a.rs has no ``"),
            ("`crates/x/src/a.rs: pay`", "", "name a place"),
            ("it_pays", "it_paid", "there is no test flow::it_paid"),
            ("it_pays", "helper", "there is no test flow::helper"),
            ("flow::", "flood::", "there is no test flood::it_pays"),
            ("`flow::it_pays`", "", "name a scenario"),
            ("`flow::it_pays`", "not sent: ", "name a scenario"),
        ] {
            let row = GOOD.replace(what, with);
            let found = problems(&row);
            let named = found.len() == 1 && found[0].contains("Table `Amount`: ");
            assert!(named && found[0].contains(problem), "{row}: {found:?}");
        }
    }

    #[test]
    fn what_the_code_knows_needs_a_row_in_its_table() {
        let row = |name| format!("### T\n\n|||\n|-|-|\n| `{name}` | w | s | content |\n");
        let known = |class: Option<&str>| Known {
            table: "T".to_owned(),
            name: "Amount".to_owned(),
            class: class.map(str::to_owned),
        };
        for (name, class, complaint) in [
            ("Amount", None, None),
            ("Attributes.Amount", Some("content"), None),
            ("Amount", Some("access"), Some("its class is access")),
            ("Currency", None, Some("T has no row about `Amount`")),
        ] {
            let section = row(name);
            let found = without_row(&known(class), &rows(&section));
            assert_eq!(found.is_some(), complaint.is_some(), "{name}: {found:?}");
            assert!(found.unwrap_or_default().contains(complaint.unwrap_or_default()), "{name}");
        }
        let section = row("Amount").replace("### T", "### U");
        assert!(without_row(&known(None), &rows(&section)).is_some(), "another table");
    }
}
