//! Lines for whoever reads standard output, who may stop reading at any time.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stdout};
use std::process::exit;

/// Prints a line of an answer. A reader that has seen enough, as in `| head`, closes the pipe: what
/// is left of the answer is for nobody, so the process ends, quietly.
#[expect(clippy::exit, reason = "an answer that nobody reads any more needs no unwinding")]
pub(crate) fn say(line: impl Display) {
    match writeln!(stdout().lock(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        // A full disk behind a redirection, say: the answer is cut short, and the caller must know.
        Err(error) => {
            eprintln!("payoutd: cannot write to standard output: {error}");
            exit(1)
        }
        Ok(()) => {}
    }
}

/// Prints a line of something that goes on whether or not anybody reads it.
pub(crate) fn announce(line: impl Display) {
    // There is nobody to tell that nobody listens.
    let _ = writeln!(stdout().lock(), "{line}");
}
