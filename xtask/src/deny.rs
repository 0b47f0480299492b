//! Licences, bans and sources of all dependencies, by `cargo-deny` and the rules in `deny.toml`.

use crate::shell;

/// Pinned, so that a new check in a newer release breaks no build by surprise.
const VERSION: &str = "0.20.2";

/// Where cargo puts it, from the root of the workspace; outside of version control.
const INSTALL_DIR: &str = ".cache/cargo-deny";
const PROGRAM: &str = ".cache/cargo-deny/bin/cargo-deny";

/// The checks that need no network. Advisories do: their database has to be fetched.
const CHECKS: [&str; 3] = ["licenses", "bans", "sources"];

/// Checks every dependency.
pub(crate) fn check() -> Result<(), String> {
    install()?;
    let mut arguments = vec!["--locked", "check"];
    arguments.extend(CHECKS);
    shell::run(PROGRAM, &arguments)
}

/// Builds it from source once: three to four minutes on two cores.
fn install() -> Result<(), String> {
    if shell::version(PROGRAM).is_some_and(|version| version.contains(VERSION)) {
        return Ok(());
    }
    println!("cargo-deny {VERSION} is not there: building it once into {INSTALL_DIR}");
    let package = format!("cargo-deny@{VERSION}");
    shell::run("cargo", &["install", "--quiet", "--locked", "--root", INSTALL_DIR, &package])
}
