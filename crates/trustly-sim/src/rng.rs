//! Seeded choices. Not for secrets.

/// `SplitMix64`: small, and good enough to shuffle with.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small, so the bias of the remainder does not show.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("usize fits 64 bits");
        usize::try_from(self.next() % bound).expect("it is below a usize")
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// 8-4-4-4-12 lower-case hex, marked as a random (version 4) UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

/// Ten-digit ids in an order that looks random and never repeats within nine billion.
pub(crate) struct Ids {
    offset: u64,
    count: u64,
}

impl Ids {
    const SPAN: u64 = 9_000_000_000;
    /// A prime that does not divide the span, so that every id of the span comes once.
    const STRIDE: u64 = 2_654_435_761;

    pub(crate) fn new(seed: u64) -> Self {
        Self { offset: Rng::new(seed).next() % Self::SPAN, count: 0 }
    }

    pub(crate) fn next(&mut self) -> String {
        let step = self.count % Self::SPAN * Self::STRIDE;
        self.count += 1;
        (1_000_000_000 + (self.offset + step) % Self::SPAN).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_have_ten_digits_and_do_not_repeat() {
        let mut ids = Ids::new(7);
        let mut seen = BTreeSet::new();
        for _ in 0..20_000 {
            let id = ids.next();
            assert_eq!(id.len(), 10);
            assert!(seen.insert(id));
        }
    }

    #[test]
    fn a_seed_decides_the_order() {
        let shuffled = |seed| {
            let mut items = [1, 2, 3, 4, 5, 6, 7, 8];
            Rng::new(seed).shuffle(&mut items);
            items
        };
        assert_eq!(shuffled(3), shuffled(3));
        assert_ne!(shuffled(3), shuffled(4));
    }

    #[test]
    fn uuids_have_the_documented_form() {
        let uuid = Rng::new(1).uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(uuid.chars().all(|char| matches!(char, '0'..='9' | 'a'..='f' | '-')));
    }
}
