//! Whatever bytes come in, the answer is a value or an error, never a panic.

use proptest::prelude::*;

use crate::attempt::AttemptStatus;
use crate::codec::tests::{Specimen, samples, specimens};
use crate::codec::*;
use crate::record::Payout;
use crate::state::State;

#[test]
fn every_truncated_value_is_refused() {
    for specimen in specimens() {
        for written in &specimen.written {
            for length in 0..written.len() {
                let refused = (specimen.rewrite)(&written[..length]);
                let malformed = matches!(refused, Err(CodecError::Malformed(_)));
                assert!(malformed, "{}, {length} bytes: {refused:?}", specimen.name);
            }
        }
    }
}

#[test]
fn bytes_behind_the_value_are_refused() {
    for specimen in specimens() {
        for written in &specimen.written {
            let longer = [written.as_slice(), &[0]].concat();
            let refused = (specimen.rewrite)(&longer);
            assert!(matches!(refused, Err(CodecError::Malformed(_))), "{}", specimen.name);
        }
    }
}

#[test]
fn no_damaged_bit_panics() {
    for specimen in specimens() {
        for written in &specimen.written {
            for index in 0..written.len() {
                for bit in 0..8 {
                    let mut damaged = written.clone();
                    damaged[index] ^= 1 << bit;
                    read_twice(&specimen, &damaged);
                }
            }
        }
    }
}

/// Reading may succeed, but then what was read can be written and read again.
fn read_twice(specimen: &Specimen, bytes: &[u8]) {
    if let Ok(written) = (specimen.rewrite)(bytes) {
        assert_eq!((specimen.rewrite)(&written), Ok(written.clone()), "{}", specimen.name);
    }
}

/// The machine would stop the process on such a payout; read, it is an error that names it.
#[test]
fn a_record_that_contradicts_itself_is_refused_by_name() {
    type Damage = fn(&mut Payout);
    let damages: [(&str, usize, Damage); 5] = [
        ("give-back", 2, |payout| payout.give_back = None),
        ("give-back", 2, |payout| payout.state = State::Accepted),
        ("ended with an attempt", 2, |payout| payout.attempts[0].status = AttemptStatus::Open),
        ("two attempts", 1, |payout| payout.attempts[0].status = AttemptStatus::Open),
        ("pending with", 1, |payout| payout.state = State::Pending { held: None }),
    ];
    for (said, index, damage) in damages {
        let mut record = samples::records().swap_remove(index);
        damage(&mut record.payout);
        let refused = decode_record(&encode_record(&record)).unwrap_err();
        let CodecError::Unsound { payout, flaw } = &refused else { panic!("{refused:?}") };
        assert_eq!(*payout, record.payout.id);
        assert!(flaw.contains(said), "{flaw}");
        assert!(refused.to_string().contains(payout.as_str()), "{refused}");
    }
}

#[test]
fn claims_of_enormous_contents_cost_nothing() {
    let endless = [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff].as_slice();
    let deep_beneath_an_unknown_key = [&[0xa1, 0x18, 0x64], [0x81; 100_000].as_slice()].concat();
    let indefinite = [&[0xbf, 0x18, 0x64], [0x9f; 100_000].as_slice()].concat();
    for specimen in specimens() {
        let header = &specimen.written[0][..2];
        for body in [endless, &deep_beneath_an_unknown_key, &indefinite] {
            assert!((specimen.rewrite)(&[header, body].concat()).is_err(), "{}", specimen.name);
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for specimen in specimens() {
            read_twice(&specimen, &body);
            read_twice(&specimen, &[&specimen.written[0][..2], &body].concat());
        }
    }

    /// Bytes of one value in the midst of another: well-formed at the start, and then not.
    #[test]
    fn spliced_values_are_answered(
        (from, at, which) in any::<(prop::sample::Index, prop::sample::Index, usize)>(),
        cut in 0..40_usize,
    ) {
        for specimen in specimens() {
            let written = &specimen.written[which % specimen.written.len()];
            let (from, at) = (from.index(written.len()), at.index(written.len()));
            let piece = &written[from..written.len().min(from + cut)];
            let spliced = [&written[..at], piece, &written[at..]].concat();
            read_twice(&specimen, &spliced);
        }
    }
}
