//! Chance, as a tape of bytes: the same tape gives the same run, a shorter or smaller tape a
//! simpler one, and an empty tape a run in which all goes well.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Explores other runs than the usual ones: any number.
const SEED: &str = "PAYOUT_TEST_SEED";

/// Multiplies the number of runs.
const EFFORT: &str = "PAYOUT_TEST_EFFORT";

/// Reads choices off a tape; past its end every choice is the first.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    bytes: Vec<u8>,
    position: usize,
}

impl Tape {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), position: 0 }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// A number below `choices`.
    pub(crate) fn pick(&mut self, choices: u8) -> u8 {
        let byte = self.bytes.get(self.position).copied().unwrap_or(0);
        self.position += 1;
        byte % choices
    }

    /// One of several; the first when the tape is at its end.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u8::try_from(choices.len()).expect("a choice is among few");
        choices[usize::from(self.pick(count))]
    }

    /// True once in `odds` times.
    pub(crate) fn chance(&mut self, odds: u8) -> bool {
        self.pick(odds) == odds - 1
    }
}

/// Runs `test` on many tapes. A failure names the seed and the simplest tape that fails; put that
/// tape into the list of found failures.
pub(crate) fn on_many_tapes(runs: u32, length: usize, test: impl Fn(&[u8])) {
    let seed = environment(SEED).unwrap_or(0);
    let effort = environment(EFFORT).unwrap_or(1);
    let cases = runs.saturating_mul(u32::try_from(effort).unwrap_or(u32::MAX));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let result = runner.run(&vec(any::<u8>(), 0..length), |tape| {
        test(&tape);
        Ok(())
    });
    if let Err(error) = result {
        panic!("with {SEED}={seed}: {error}");
    }
}

#[expect(clippy::disallowed_methods, reason = "asked by a person who explores other runs")]
fn environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}
