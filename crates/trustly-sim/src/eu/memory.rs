//! First answers, remembered by UUID: a request repeated byte for byte gets its answer again.

use std::collections::{BTreeMap, VecDeque};

use super::answer::Answer;
use super::call::Call;
use crate::requests::BodyDigest;

/// Forgets the oldest when it is full. How long Trustly remembers is not published.
pub(super) struct Memory {
    /// With the digest of the request: other bytes under the same UUID get no answer.
    answers: BTreeMap<String, (BodyDigest, Answer)>,
    oldest_first: VecDeque<String>,
    answers_max: usize,
}

impl Memory {
    pub(super) fn new(answers_max: usize) -> Self {
        Self { answers: BTreeMap::new(), oldest_first: VecDeque::new(), answers_max }
    }

    /// The first answer to exactly these bytes.
    pub(super) fn answer_to(&self, call: &Call) -> Option<&Answer> {
        let (digest, answer) = self.answers.get(&call.uuid)?;
        (*digest == call.digest).then_some(answer)
    }

    pub(super) fn has(&self, uuid: &str) -> bool {
        self.answers.contains_key(uuid)
    }

    /// The first answer stays; a refusal of a used UUID does not take its place.
    pub(super) fn remember(&mut self, call: &Call, answer: &Answer) {
        if self.has(&call.uuid) {
            return;
        }
        if self.oldest_first.len() >= self.answers_max
            && let Some(uuid) = self.oldest_first.pop_front()
        {
            self.answers.remove(&uuid);
        }
        self.answers.insert(call.uuid.clone(), (call.digest, answer.clone()));
        self.oldest_first.push_back(call.uuid.clone());
    }
}
