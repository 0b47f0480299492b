//! What was asked, by method and reference, with the digest of every body: with it a test proves
//! that a repeated request had the same bytes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::faults::Operation;

/// Digests kept; beyond it the oldest go first.
const DIGESTS_MAX: usize = 200_000;

pub(crate) type BodyDigest = [u8; 32];

pub(crate) fn digest(body: &[u8]) -> BodyDigest {
    Sha256::digest(body).into()
}

/// A number as Trustly gives them out, always the same for the same digest.
pub(crate) fn ten_digits(digest: &BodyDigest) -> String {
    let step = |sum: u64, byte: &u8| sum.wrapping_mul(257).wrapping_add(u64::from(*byte));
    (1_000_000_000 + digest.iter().fold(0, step) % 9_000_000_000).to_string()
}

#[derive(Default)]
pub(crate) struct Requests {
    bodies: BTreeMap<(Operation, String), Vec<BodyDigest>>,
    oldest_first: VecDeque<(Operation, String)>,
}

/// One line of `GET /_sim/requests`.
#[derive(Serialize)]
pub(crate) struct Line {
    region: crate::ledger::Region,
    method: &'static str,
    reference: String,
    count: usize,
    body_sha256: Vec<String>,
}

impl Requests {
    pub(crate) fn record(&mut self, operation: Operation, reference: &str, digest: BodyDigest) {
        if self.oldest_first.len() >= DIGESTS_MAX {
            self.forget_oldest();
        }
        let key = (operation, reference.to_owned());
        self.bodies.entry(key.clone()).or_default().push(digest);
        self.oldest_first.push_back(key);
    }

    /// Those of one reference, or all.
    pub(crate) fn lines(&self, reference: Option<&str>) -> Vec<Line> {
        let mut lines = Vec::new();
        for ((operation, about), digests) in &self.bodies {
            if reference.is_some_and(|wanted| wanted != about) {
                continue;
            }
            lines.push(Line {
                region: operation.region().expect("requests are made to a region"),
                method: operation.name(),
                reference: about.clone(),
                count: digests.len(),
                body_sha256: digests.iter().map(|digest| hex(digest)).collect(),
            });
        }
        lines
    }

    fn forget_oldest(&mut self) {
        let Some(key) = self.oldest_first.pop_front() else { return };
        let Some(digests) = self.bodies.get_mut(&key) else { return };
        digests.remove(0);
        if digests.is_empty() {
            self.bodies.remove(&key);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_and_the_oldest_forgotten() {
        let mut requests = Requests::default();
        requests.record(Operation::Deposit, "first", digest(b""));
        for _ in 0..DIGESTS_MAX {
            requests.record(Operation::Deposit, "po_1", digest(b"x"));
        }
        assert!(requests.lines(Some("first")).is_empty());
        assert_eq!(requests.lines(Some("po_1"))[0].count, DIGESTS_MAX);
    }
}
