//! The configuration file: what is wrong in it is found before anything is served, by the check and
//! by the server alike, and every key that there is is explained.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::{Ran, run};
use crate::world::World;

/// What is wrong with a good configuration in which one line is another: its beginning, the whole
/// line instead, and the path that is named with the reason.
fn slips(world: &World) -> Vec<(&'static str, String, &'static str)> {
    let line = |text: &str| text.to_owned();
    vec![
        ("webhooks =", line("webhooks = \"0.0.0.0:0\""), "server.public_url: is missing"),
        ("admin =", format!("admin = \"{}\"", world.grpc_at), "server.admin: has the port"),
        ("recovery_interval =", line("recovery_interval = \"0s\""), "server.recovery_interval: "),
        ("directory =", line("directory = \"payoutd.toml\""), "store.directory: "),
        ("directory =", line("directory = \"payoutd.toml/data\""), "store.directory: "),
        ("directory =", line(""), "store.directory (slip.toml, line 10): is missing"),
        ("username =", line("username = \"\""), "merchants.demo-eu.trustly_europe.username: "),
        (
            "merchant_id =",
            line("merchant_id = \"\""),
            "merchants.demo-us.trustly_americas.merchant_id",
        ),
        ("url =", line("url = \"\""), "merchants.demo-eu.trustly_europe.url: "),
        (
            "url =",
            line("url = \"https://api.trustly.example/1\""),
            "server.public_url: is missing; merchant demo-eu",
        ),
        ("horizon =", line("horizon = \"0s\""), "merchants.demo-eu.policy.horizon: "),
        ("hold =", line("hold = \"0s\""), "merchants.demo-eu.policy.hold: "),
        ("retry_first =", line("retry_first = \"1h\""), "merchants.demo-eu.policy.retry_first: "),
        ("poll_first =", line("poll_first = \"no\""), "merchants.demo-eu.policy.poll_first (slip"),
    ]
}

#[tokio::test]
async fn what_cannot_be_served_is_found_by_the_check_and_by_the_server_alike() {
    let world = World::start().await;
    let good = std::fs::read_to_string(world.config()).unwrap();
    for (begins, instead, said) in slips(&world) {
        let mut found = false;
        let mut bad = String::new();
        for line in good.lines() {
            // The first of its kind: the European merchant's, where both have one.
            let hit = !found && line.starts_with(begins);
            found |= hit;
            bad.push_str(if hit { &instead } else { line });
            bad.push('\n');
        }
        assert!(found, "{begins}");
        let (checked, served) = both(&world, &bad);
        assert!(checked.err.lines().any(|line| line.contains(said)), "{said}: {}", checked.err);
        assert_eq!((checked.code, served.code), (Some(1), Some(1)), "{instead}");
        assert_eq!(checked.err, served.err, "{instead}");
    }
}

#[tokio::test]
async fn mistakes_of_every_kind_are_told_together() {
    let world = World::start().await;
    let (checked, _) = both(
        &world,
        r#"
[server]
heartbeat_interval = "often"
webhooks = "0.0.0.0:0"
[store]
directory = "data"
[keys]
1 = { file = "secrets/key-1" }
[merchants.shop.trustly_americas]
url = "ftp://x"
merchant_id = 7
credential = []
[merchants.shop.policy]
horizon = "1s"
"#,
    );
    for path in [
        "server.heartbeat_interval (slip.toml, line 3): is not a duration",
        "merchants.shop.trustly_americas.merchant_id (slip.toml, line 11): expected a string",
        "merchants.shop.trustly_americas.credential (slip.toml, line 12): is not known",
        "merchants.shop.trustly_americas.credentials (slip.toml, line 9): is missing",
        "server.public_url: is missing",
        "merchants.shop.trustly_americas.url: must begin with https://",
        "merchants.shop.policy.horizon: must be at least 3600s",
    ] {
        assert!(checked.err.contains(path), "{path} is not told in:\n{}", checked.err);
    }
}

#[tokio::test]
async fn a_server_says_what_it_serves() {
    let world = World::start().await;
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let line = |what: &str| log.lines().find(|line| line.contains(what)).unwrap().to_owned();
    let starting = line("\"starting\"");
    for told in ["\"version\"", "payoutd.toml", "/data\""] {
        assert!(starting.contains(told), "{told}: {starting}");
    }
    for region in ["\"demo-eu\",\"region\":\"Trustly Europe\"", "\"Trustly Americas\""] {
        assert!(line(region).contains("\"undecided\":\"0\""), "{log}");
    }
}

/// The names in the first column of the tables that explain the file, and those that are read.
#[test]
fn every_key_that_is_read_is_explained_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let explained: BTreeSet<String> = read("docs/configuration.md")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    let source = read("crates/payoutd/src/config/file.rs");
    let structs = source.split("\n}\n").filter(|item| item.contains("Deserialize"));
    let mut known = BTreeSet::new();
    for line in structs.flat_map(str::lines).map(str::trim) {
        // A variant with one member in braces is a table, too.
        let member = match line.split_once("{ ") {
            Some((_, member)) if line.ends_with("},") => member,
            _ => line.strip_prefix("pub(crate) ").unwrap_or_default(),
        };
        if let Some((name, _)) = member.split_once(": ") {
            known.insert(name.to_owned());
        }
    }
    // Tables of the whole file have chapters of their own.
    for table in ["server", "store", "keys", "merchants"] {
        assert!(known.remove(table), "{table}");
    }
    known.remove("policy");
    assert_eq!(explained, known);
}

/// What the check and the server say to a configuration.
fn both(world: &World, text: &str) -> (Ran, Ran) {
    let bad = world.directory().join("slip.toml");
    std::fs::write(&bad, text).unwrap();
    let bad = bad.to_str().unwrap();
    (run(world, &["check-config", "--config", bad]), run(world, &["serve", "--config", bad]))
}
