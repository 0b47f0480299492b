//! Running other programs, and files with errors that name them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a folder of the workspace").to_path_buf()
}

/// The file's text.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Runs a program in the root of the workspace, showing what it prints; anything but success is an
/// error.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    run_with(&[], program, arguments)
}

/// The same with variables added to the environment.
pub(crate) fn run_with(
    variables: &[(&str, &str)],
    program: &str,
    arguments: &[&str],
) -> Result<(), String> {
    let mut line = String::new();
    for (name, value) in variables {
        line.push_str(&format!("{name}={value} "));
    }
    line.push_str(&format!("{program} {}", arguments.join(" ")));
    println!("$ {line}");
    let status = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}")) }
}

/// What a program prints when run in the root of the workspace; anything but success is an error.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let line = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`{line}` failed: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What the program says its version is; `None` if it cannot be started.
pub(crate) fn version(program: &str) -> Option<String> {
    output(program, &["--version"]).ok()
}
