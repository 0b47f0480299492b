//! The whole gate: what the tests need is there, then every test of the workspace.

use crate::shell;

/// A program that the tests need, and the Debian package that brings it.
struct Tool {
    program: &'static str,
    package: &'static str,
    reason: &'static str,
}

/// What the tests need beside Rust.
const TOOLS: [Tool; 1] = [Tool {
    program: "cc",
    package: "build-essential",
    reason: "compiles the C code that SQLite and AWS-LC bundle",
}];

/// Installs what is missing, then runs all tests, the tidy checks among them.
pub(crate) fn run() -> Result<(), String> {
    for tool in &TOOLS {
        provide(tool)?;
    }
    // The black-box tests run the binary, which cargo does not build for them.
    shell::run("cargo", &["build", "--package", "payoutd", "--locked"])?;
    shell::run("cargo", &["test", "--workspace", "--locked"])
}

fn provide(tool: &Tool) -> Result<(), String> {
    let Tool { program, package, reason } = tool;
    if shell::version(program).is_some() {
        println!("{program} is there: it {reason}");
        return Ok(());
    }
    println!("{program} is missing: it {reason}; installing {package}");
    apt_get(&["update"])?;
    apt_get(&["install", "--yes", "--no-install-recommends", package])
        .map_err(|error| format!("{error}; install {package} yourself, then try again"))
}

/// As root directly, else by sudo.
fn apt_get(arguments: &[&str]) -> Result<(), String> {
    if shell::version("sudo").is_none() {
        return shell::run("apt-get", arguments);
    }
    let mut line = vec!["apt-get"];
    line.extend(arguments);
    shell::run("sudo", &line)
}
