//! The table of errors in `docs/trustly-eu.md` says what the code does.

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
