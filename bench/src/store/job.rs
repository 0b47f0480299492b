//! The job: what payoutd writes when a payout takes one step.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Length of a payout id such as `po_nc6jociwqwgl6whpyyuusnqmbq`.
pub(crate) const ID_LEN: usize = 29;

/// Records are 800 to 1,000 bytes, because a B-tree must also cope with a record that grows.
const RECORD_LEN_MIN: u64 = 800;
const RECORD_LEN_SPREAD: u64 = 201;

/// Events are 250 to 350 bytes.
const EVENT_LEN_MIN: u64 = 250;
const EVENT_LEN_SPREAD: u64 = 101;

/// How long after each step of a life the payout is due again, in milliseconds: the request's
/// time-out, the next poll, a later poll, the daily look through the return window.
const DUE_AFTER: [u64; LIFE_APPENDS] = [60_000, 60_000, 300_000, 86_400_000];

/// Due times are spread over this part of their delay, as back-off jitter does.
const JITTER_DIVISOR: u64 = 10;

/// One append per simulated millisecond: the rate at which due times move on.
const STEP_MILLIS: u64 = 1;

/// Contents are cut from this much noise, so that no engine gains by compressing them.
const NOISE_LEN: usize = 1 << 20;

/// Appends in one payout's life, see `Author::next`.
const LIFE_APPENDS: usize = 4;

/// One durable step of one payout, in SQLite's integers; the engine adds the event's position.
#[derive(Debug)]
pub(crate) struct Append {
    /// The store's own number of the payout, given in order of creation.
    pub(crate) payout: i64,
    /// Present when this append creates the payout.
    pub(crate) id: Option<[u8; ID_LEN]>,
    /// The simulated time of this append, in milliseconds.
    pub(crate) now: i64,
    /// The number of this event within its payout.
    pub(crate) sequence: i64,
    /// The due time that the payout had before, whose index entry must go.
    pub(crate) due_before: Option<i64>,
    pub(crate) due: i64,
    pub(crate) record: Vec<u8>,
    pub(crate) event: Vec<u8>,
}

/// Where a payout stands, as far as the next append needs to know.
#[derive(Debug)]
struct Standing {
    payout: i64,
    sequence: i64,
    due: i64,
}

/// One writer: owns its payouts, so that no two writers contend for one, as in the product.
#[derive(Debug)]
pub(crate) struct Author {
    payouts: Vec<Standing>,
    step: usize,
    active: u64,
    numbers: Arc<AtomicI64>,
    clock: Arc<AtomicU64>,
    noise: Arc<[u8]>,
    random: Random,
}

impl Author {
    /// `active` is the number of this writer's youngest payouts that notifications may name.
    pub(crate) fn new(seed: u64, active: u64, shared: &Shared) -> Author {
        Author {
            payouts: Vec::new(),
            step: 0,
            active: active.max(1),
            numbers: Arc::clone(&shared.numbers),
            clock: Arc::clone(&shared.clock),
            noise: Arc::clone(&shared.noise),
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
        }
    }

    /// The next append of a life of four: a payout is created, then the provider's answer is
    /// written, then two notifications arrive, each for any of the active payouts.
    pub(crate) fn next(&mut self) -> Append {
        let step = self.step;
        self.step = (step + 1) % LIFE_APPENDS;
        match step {
            0 => self.create(),
            1 => self.advance(self.payouts.len() - 1, step),
            _ => {
                let index = self.any_active();
                self.advance(index, step)
            }
        }
    }

    /// Creates a payout; also how a store is filled before the clock starts.
    pub(crate) fn create(&mut self) -> Append {
        let payout = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (now, due) = self.now_and_due(0);
        self.payouts.push(Standing { payout, sequence: 1, due });
        let id = Some(id(payout));
        let (record, event) = (self.record(), self.event());
        Append { payout, id, now, sequence: 1, due_before: None, due, record, event }
    }

    fn advance(&mut self, index: usize, step: usize) -> Append {
        let (record, event) = (self.record(), self.event());
        let (now, due) = self.now_and_due(step);
        let standing = &mut self.payouts[index];
        standing.sequence += 1;
        let due_before = Some(std::mem::replace(&mut standing.due, due));
        let Standing { payout, sequence, .. } = *standing;
        Append { payout, id: None, now, sequence, due_before, due, record, event }
    }

    fn any_active(&mut self) -> usize {
        let stored = self.payouts.len();
        let active = self.active.min(stored as u64);
        stored - 1 - self.random.below(active) as usize
    }

    /// The simulated time, and when a payout is due again that takes this step of its life now.
    fn now_and_due(&mut self, step: usize) -> (i64, i64) {
        let now = self.clock.fetch_add(STEP_MILLIS, Ordering::Relaxed);
        let delay = DUE_AFTER[step];
        let due = now + delay + self.random.below(delay / JITTER_DIVISOR);
        (now as i64, due as i64)
    }

    fn record(&mut self) -> Vec<u8> {
        let length = RECORD_LEN_MIN + self.random.below(RECORD_LEN_SPREAD);
        self.cut(length as usize)
    }

    fn event(&mut self) -> Vec<u8> {
        let length = EVENT_LEN_MIN + self.random.below(EVENT_LEN_SPREAD);
        self.cut(length as usize)
    }

    fn cut(&mut self, length: usize) -> Vec<u8> {
        let start = self.random.below((NOISE_LEN - length) as u64) as usize;
        self.noise[start..start + length].to_vec()
    }
}

/// What the writers of one turn share.
#[derive(Debug)]
pub(crate) struct Shared {
    numbers: Arc<AtomicI64>,
    clock: Arc<AtomicU64>,
    noise: Arc<[u8]>,
}

impl Shared {
    pub(crate) fn new() -> Shared {
        let mut random = Random(0x5EED);
        let noise = (0..NOISE_LEN).map(|_| random.below(256) as u8).collect();
        // SQLite's own numbering begins at 1 as well.
        let numbers = Arc::new(AtomicI64::new(1));
        Shared { numbers, clock: Arc::default(), noise }
    }
}

/// Ids are hashes in the product, so neighbours in time are strangers in key order.
fn id(payout: i64) -> [u8; ID_LEN] {
    let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = Random((payout as u64).wrapping_mul(0xD134_2543_DE82_EF95) | 1);
    let mut id = [b'_'; ID_LEN];
    id[..2].copy_from_slice(b"po");
    for letter in &mut id[3..] {
        *letter = alphabet[random.below(32) as usize];
    }
    id
}

/// Xorshift64*: seeded, so that every engine is given the same appends.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author() -> Author {
        Author::new(7, 100, &Shared::new())
    }

    #[test]
    fn a_life_is_one_creation_and_three_updates() {
        let mut author = author();
        let lives: Vec<Append> = (0..8).map(|_| author.next()).collect();
        let created: Vec<bool> = lives.iter().map(|append| append.id.is_some()).collect();
        assert_eq!(created, [true, false, false, false, true, false, false, false]);
        assert_eq!(lives[1].payout, lives[0].payout);
        assert_eq!(lives[1].due_before, Some(lives[0].due));
        assert_eq!(lives[3].sequence, 4);
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes() {
        let (mut one, mut two) = (author(), author());
        for _ in 0..100 {
            let (left, right) = (one.next(), two.next());
            assert_eq!((left.payout, left.due), (right.payout, right.due));
            assert_eq!((left.record, left.event), (right.record, right.event));
        }
    }

    #[test]
    fn ids_look_like_ids_and_differ() {
        let ids: std::collections::BTreeSet<_> = (1..10_000).map(id).collect();
        assert_eq!(ids.len(), 9_999);
        for id in ids {
            assert!(id.starts_with(b"po_") && id.is_ascii());
        }
    }
}
