//! Programs of different age read each other's bytes, or say that they cannot.

use crate::codec::tests::tree::Tree;
use crate::codec::tests::{samples, specimens};
use crate::codec::*;

fn leaf(value: impl minicbor::Encode<()>) -> Tree {
    let mut bytes = Vec::new();
    minicbor::encode(value, &mut bytes).unwrap();
    Tree::Leaf(bytes)
}

#[test]
fn keys_of_a_later_release_are_skipped_wherever_they_are() {
    let inner = Tree::Map(vec![(leaf("name"), leaf(7)), (leaf(1), Tree::List(vec![leaf(true)]))]);
    let (first, last) = ((leaf(4000), inner), (leaf(-1), leaf("später")));
    for specimen in specimens() {
        for written in &specimen.written {
            let mut tree = Tree::of(written);
            tree.add_everywhere(&first, &last);
            let later = tree.bytes(written);
            assert!(later.len() > written.len());
            assert_eq!((specimen.rewrite)(&later).as_ref(), Ok(written), "{}", specimen.name);
        }
    }
}

/// A key that is not there is absent, or the value is refused: nothing is made up in its place.
#[test]
fn a_missing_key_is_never_guessed() {
    for specimen in specimens() {
        let mut refused = 0;
        for written in &specimen.written {
            for tree in Tree::of(written).each_without_one_key() {
                let fewer = tree.bytes(written);
                match (specimen.rewrite)(&fewer) {
                    Ok(read) => assert_eq!(read, fewer, "{}", specimen.name),
                    Err(CodecError::Malformed(_) | CodecError::Unsound { .. }) => refused += 1,
                    Err(error) => panic!("{}: {error}", specimen.name),
                }
            }
        }
        assert!(refused > 0, "{} has keys that must be there", specimen.name);
    }
}

/// A number of a later release (all of ours are below 200) is kept as it is where it only counts,
/// and refused where it stands for something.
#[test]
fn an_unknown_number_is_never_taken_for_another() {
    for specimen in specimens() {
        let mut refused = 0;
        for written in &specimen.written {
            for tree in Tree::of(written).each_with_one_leaf(another_number) {
                let changed = tree.bytes(written);
                match (specimen.rewrite)(&changed) {
                    Ok(read) => assert_eq!(read, changed, "{}", specimen.name),
                    Err(CodecError::Malformed(_) | CodecError::Unsound { .. }) => refused += 1,
                    Err(error) => panic!("{}: {error}", specimen.name),
                }
            }
        }
        let has_enums = !["fence", "funds"].contains(&specimen.name);
        assert_eq!(refused > 0, has_enums, "{}", specimen.name);
    }
}

/// 200 instead of any number that is small enough to stand for something.
fn another_number(leaf: &[u8]) -> Option<Vec<u8>> {
    match leaf {
        [0..=0x17] | [0x18, _] => Some(vec![0x18, 200]),
        _ => None,
    }
}

#[test]
fn other_versions_and_kinds_are_refused_by_name() {
    for specimen in specimens() {
        let mut bytes = specimen.written[0].clone();
        bytes[1] = 2;
        assert_eq!((specimen.rewrite)(&bytes), Err(CodecError::Version), "{}", specimen.name);
        bytes[1] = 0;
        assert_eq!((specimen.rewrite)(&bytes), Err(CodecError::Version), "{}", specimen.name);
        for other in specimens() {
            let read = (specimen.rewrite)(&other.written[0]);
            assert_eq!(read.is_ok(), other.name == specimen.name, "{}", specimen.name);
        }
    }
    let fence = encode_fence(&samples::fences()[0]);
    let refused = decode_record(&fence).unwrap_err();
    let text = "record is damaged, of another kind or of a later release; upgrade or restore it";
    assert_eq!(refused.to_string(), text);
}
