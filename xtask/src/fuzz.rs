//! The long run of the fuzz test, whose short run is among the tests.

use crate::shell;

/// Longer than anybody watches.
const MINUTES_MAX: u32 = 24 * 60;

/// Feeds the inbound path of Trustly Europe with changed messages for so many minutes. With the
/// seed of another run it begins with the same cases.
pub(crate) fn run(minutes: &str, seed: Option<&str>) -> Result<(), String> {
    match minutes.parse() {
        Ok(1..=MINUTES_MAX) => {}
        _ => return Err(format!("--minutes takes a number from 1 to {MINUTES_MAX}")),
    }
    let mut variables = vec![("FUZZ_MINUTES", minutes)];
    variables.extend(seed.map(|seed| ("FUZZ_SEED", seed)));
    let test = ["test", "--locked", "--package", "trustly", "--test", "eu", "--"];
    shell::run_with(&variables, "cargo", &[&test[..], &["fuzz", "--nocapture"]].concat())
}
