//! The chores of the workspace, as one program: `cargo xtask` lists them.
//!
//! It holds what would otherwise be shell scripts. It is no part of the product, and nothing in the
//! product depends on it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to people on a terminal")]

mod codegen;
mod shell;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  codegen     write crates/api/src/gen from proto/";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["codegen"] => codegen::run(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => Err(format!("unknown command `{}`\n\n{USAGE}", words.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
