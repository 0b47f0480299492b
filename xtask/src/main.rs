//! The chores of the workspace, as one program: `cargo xtask` lists them.
//!
//! It holds what would otherwise be shell scripts. It is no part of the product, and nothing in the
//! product depends on it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to people on a terminal")]

mod buf;
mod codegen;
mod deny;
mod fuzz;
mod peers;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  test         install what the tests need, then run all tests, the tidy checks included
  tidy         the tidy checks alone, all violations at once
  codegen      write crates/api/src/gen from proto/
  buf          lint, format and compatibility of proto/ (needs npm)
  buf-image    write the image that compatibility is checked against: only when releasing
  deny         licences, bans and sources of all dependencies
  fuzz --minutes N [--seed S]
               changed messages against the inbound path; a short run is among the tests
  peers        merchants in Java, JavaScript and Python against the simulator";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), String> {
    match words {
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["codegen"] => codegen::run(),
        ["buf"] => buf::check(),
        ["buf-image"] => buf::write_image(),
        ["deny"] => deny::check(),
        ["fuzz", "--minutes", minutes] => fuzz::run(minutes, None),
        ["fuzz", "--minutes", minutes, "--seed", seed] => fuzz::run(minutes, Some(seed)),
        ["peers"] => peers::run(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("unknown command `{}`\n\n{USAGE}", words.join(" "))),
    }
}
