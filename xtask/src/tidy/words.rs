//! Words that must not be written, beside those that clippy bans.

use super::source::{Source, Token};

/// A sequence of tokens that must not be written, and what to do instead.
struct Ban {
    tokens: &'static [&'static str],
    scope: Scope,
    advice: &'static str,
}

/// Where a ban holds.
enum Scope {
    /// In tests too.
    Everywhere,
    /// Everywhere but in tests.
    Product,
    /// Everywhere but in tests and in the packages that may touch the outside world.
    Ports,
    /// In this package, tests aside.
    Package(&'static str),
    /// Everywhere but in this package.
    Except(&'static str),
}

/// The packages that may read the clock.
const CLOCK_PACKAGES: [&str; 3] = ["crates/payoutd", "crates/trustly-sim", "xtask"];

const BANS: [Ban; 12] = [
    Ban { tokens: &["todo", "!"], scope: Scope::Everywhere, advice: "do it, or leave it out" },
    Ban { tokens: &["unimplemented", "!"], scope: Scope::Everywhere, advice: "implement it" },
    Ban { tokens: &["dbg", "!"], scope: Scope::Everywhere, advice: "use tracing" },
    Ban {
        tokens: &[".", "unwrap", "(", ")"],
        scope: Scope::Product,
        advice: "return an error, or `expect` with the reason why it cannot fail",
    },
    Ban {
        tokens: &["#", "[", "allow"],
        scope: Scope::Everywhere,
        advice: "use #[expect(.., reason = \"..\")]",
    },
    Ban {
        tokens: &["#", "!", "[", "allow"],
        scope: Scope::Everywhere,
        advice: "use #![expect(.., reason = \"..\")]",
    },
    Ban {
        tokens: &["unbounded_channel"],
        scope: Scope::Everywhere,
        advice: "bound the queue and name the bound",
    },
    Ban {
        tokens: &["mpsc", ":", ":", "unbounded"],
        scope: Scope::Everywhere,
        advice: "bound the queue and name the bound",
    },
    Ban {
        tokens: &["SystemTime", ":", ":", "now"],
        scope: Scope::Ports,
        advice: "time is a port: take `now` as an argument or use the clock",
    },
    Ban {
        tokens: &["Instant", ":", ":", "now"],
        scope: Scope::Ports,
        advice: "time is a port: take `now` as an argument or use the clock",
    },
    Ban {
        tokens: &["HashMap"],
        scope: Scope::Package("crates/payout"),
        advice: "its order is random: use BTreeMap",
    },
    Ban {
        tokens: &["macro_rules", "!"],
        scope: Scope::Except("crates/store-suite"),
        advice: "write a function",
    },
];

/// Every banned word in the tree.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for start in 0..source.tokens.len() {
            for ban in &BANS {
                if matches(&source.tokens, start, ban.tokens) && applies(ban, source, start) {
                    let (word, advice) = (ban.tokens.concat(), ban.advice);
                    let line = source.tokens[start].line;
                    found.push(format!("{}:{line}: `{word}`: {advice}", source.path));
                }
            }
        }
    }
    found
}

fn matches(tokens: &[Token], start: usize, wanted: &[&str]) -> bool {
    let Some(candidate) = tokens.get(start..start + wanted.len()) else {
        return false;
    };
    candidate.iter().zip(wanted).all(|(token, wanted)| token.text == *wanted)
}

fn applies(ban: &Ban, source: &Source, start: usize) -> bool {
    let test = source.is_test_line(source.tokens[start].line);
    let package = source.package();
    match ban.scope {
        Scope::Everywhere => true,
        Scope::Product => !test,
        Scope::Ports => !test && !CLOCK_PACKAGES.contains(&package),
        Scope::Package(only) => !test && package == only,
        Scope::Except(other) => package != other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&[Source::parse(path, text.to_owned()).unwrap()]).len()
    }

    #[test]
    fn banned_words_are_found() {
        for text in [
            "fn f() { todo!() }",
            "fn f() { unimplemented!() }",
            "fn f() { dbg!(1); }",
            "fn f() { g(a.unwrap()); }",
            "fn f() { println!(\"{}\", a.unwrap()); }",
            "#[allow(dead_code)] fn f() {}",
            "#![allow(dead_code)]",
            "fn f() { let c = tokio::sync::mpsc::unbounded_channel(); }",
            "fn f() { let c = mpsc::unbounded(); }",
            "fn f() { let t = std::time::Instant::now(); }",
            "fn f() { let t = SystemTime::now(); }",
            "use std::collections::HashMap;",
            "macro_rules! m { () => {} }",
        ] {
            assert_eq!(found("crates/payout/src/a.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn words_are_allowed_where_they_belong() {
        for (path, text) in [
            ("crates/payout/src/a.rs", "#[cfg(test)] mod tests { fn f() { a.unwrap(); } }"),
            ("crates/payout/tests/a.rs", "fn f() { a.unwrap(); }"),
            ("crates/payout/src/a.rs", "/// Never `todo!()`.\nfn f() { a.unwrap_or(b); }"),
            ("crates/payout/src/a.rs", "#[expect(dead_code, reason = \"..\")] fn f() {}"),
            ("crates/payoutd/src/a.rs", "fn f() { let t = Instant::now(); }"),
            ("crates/engine/src/a.rs", "use std::collections::HashMap;"),
            ("crates/store-suite/src/a.rs", "macro_rules! m { () => {} }"),
        ] {
            assert_eq!(found(path, text), 0, "{text}");
        }
    }

    #[test]
    fn a_test_attribute_does_not_cover_what_follows_it() {
        let text = "#[cfg(test)]\nmod tests {}\nfn f() { a.unwrap(); }";
        assert_eq!(found("crates/payout/src/a.rs", text), 1);
    }
}
