//! The tables in `docs/trustly-amer.md` say what the code does.

use trustly::amer::code::{Class, look_up};
use trustly::amer::status::Status;

const PAGE: &str = include_str!("../../../../docs/trustly-amer.md");

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    PAGE.lines().map(|line| line.split('|').map(str::trim).collect())
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn the_page_lists_every_code_in_its_class() {
    let mut listed = Vec::new();
    for row in rows() {
        let [_, codes, name, ..] = row.as_slice() else { continue };
        let class = match *name {
            "refused" => Class::Refused,
            "access" => Class::Access,
            "duplicate" => Class::Duplicate,
            "doubtful" => Class::Doubtful,
            _ => continue,
        };
        for code in numbers(codes) {
            assert_eq!(look_up(code).class, class, "{code}");
            listed.push(code);
        }
    }
    listed.sort_unstable();
    let known = |code: &u64| !look_up(*code).meaning.contains("not known");
    assert_eq!(listed, (0..1_000).filter(known).collect::<Vec<_>>());
}

#[test]
fn the_page_lists_every_status() {
    let mut listed = Vec::new();
    for row in rows() {
        let [_, statuses, _, webhook, _] = row.as_slice() else { continue };
        if matches!(*webhook, "ACCEPTED" | "PROCESSING" | "COMPLETED" | "asks" | "remark") {
            listed.extend(numbers(statuses));
        }
    }
    listed.sort_unstable();
    assert_eq!(listed, (0..=14).collect::<Vec<_>>());
    assert_eq!(Status::from(9), Status::Other(9));
}
