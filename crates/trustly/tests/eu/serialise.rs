//! The serialisation: the documented examples, and agreement with a second one on random trees.

use proptest::prelude::*;
use trustly::eu::canonical::{plaintext, serialise};
use trustly::json::{Json, JsonError};

use crate::random::Random;
use crate::support::{self, json};
use crate::tree::{Tree, trees};

fn serialised(text: &str) -> String {
    let mut out = String::new();
    serialise(&json(text), &mut out);
    out
}

#[test]
fn s1_arrays_keep_their_order_and_keys_are_sorted() {
    let data = r#"{"MyKey":"MyValue","MyArray":["Element1","Element2",{"mykey2":"myvalue2"}]}"#;
    assert_eq!(serialised(data), "MyArrayElement1Element2mykey2myvalue2MyKeyMyValue");
}

#[test]
fn s2_null_and_empty_keep_their_keys() {
    let data = r#"{"nullvalue":null,"array":["012","013","011","014","abc","010","def"],
        "deep1":{"deep2":{"deep3":{"deep4":{"deep5":{}}}}},
        "arrayofarray1":[[[[[[9,5,1,10]]]]],["abc","foo","01"]]}"#;
    let expected = "array012013011014abc010defarrayofarray195110abcfoo01\
                    deep1deep2deep3deep4deep5nullvalue";
    assert_eq!(serialised(data), expected);
}

#[test]
fn s3_to_s5_scalars_arrays_and_bytes() {
    assert_eq!(serialised(r#""scalar""#), "scalar");
    assert_eq!(serialised(r#"["feg","abc","123"]"#), "fegabc123");
    assert_eq!(serialised(r#"{"öäå":3,"äåö":2,"åöä":1}"#), "äåö2åöä1öäå3");
}

#[test]
fn s6_a_whole_request() {
    let data = r#"{"Attributes":{"Amount":"100.00","Currency":"SEK","Country":"SE",
        "Firstname":"John","Lastname":"Doe"},"NotificationURL":"localhost:1000",
        "MessageID":"82bdbc09-7605-4265-b416-1e9549397edd","EndUserID":"127.0.0.1",
        "Username":"team_ceres","Password":"a6e404c9-7ca8-1204-863d-5642e27c2747"}"#;
    let expected = "AttributesAmount100.00CountrySECurrencySEKFirstnameJohnLastnameDoe\
        EndUserID127.0.0.1MessageID82bdbc09-7605-4265-b416-1e9549397edd\
        NotificationURLlocalhost:1000Passworda6e404c9-7ca8-1204-863d-5642e27c2747\
        Usernameteam_ceres";
    assert_eq!(serialised(data), expected);
}

#[test]
fn s7_and_s8_zero_and_null() {
    let zero = r#"{"A":"a","RequestDirectDebitMandate":0,"Z":"z"}"#;
    assert_eq!(serialised(zero), "AaRequestDirectDebitMandate0Zz");
    let null = r#"{"accountid":"123456789","bank":"BankA","clearinghouse":"SWEDEN",
        "descriptor":null}"#;
    assert_eq!(serialised(null), "accountid123456789bankBankAclearinghouseSWEDENdescriptor");
}

#[test]
fn numbers_and_escapes_are_signed_as_written_and_as_decoded() {
    let data = r#"{"b":1.50,"a":11.0,"c":1e+2,"d":"\/\u00e5","e":true,"f":-0}"#;
    assert_eq!(serialised(data), "a11.0b1.50c1e+2d/åetruef-0");
}

#[test]
fn the_plaintext_has_no_separators() {
    let plain = plaintext("method", "uuid", &json(r#"{"k":"v"}"#));
    assert_eq!(plain.as_str(), "methoduuidkv");
}

/// Written a second time, from the Authentication page, over the tree that was printed.
fn expected(tree: &Tree) -> String {
    match tree {
        Tree::Null => String::new(),
        Tree::Bool(flag) => flag.to_string(),
        Tree::Token(token) => token.clone(),
        Tree::Text(text) => text.clone(),
        Tree::Array(elements) => elements.iter().map(expected).collect(),
        Tree::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
            sorted.into_iter().map(|(key, value)| format!("{key}{}", expected(value))).collect()
        }
    }
}

/// serde_json rewrites the exponents of numbers that it keeps; Trustly sends none.
fn has_exponent(tree: &Tree) -> bool {
    match tree {
        Tree::Token(token) => token.contains(['e', 'E']),
        Tree::Array(elements) => elements.iter().any(has_exponent),
        Tree::Object(members) => members.iter().any(|(_, value)| has_exponent(value)),
        Tree::Null | Tree::Bool(_) | Tree::Text(_) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Three readers of one text: ours, the tree it was printed from, and another JSON library.
    #[test]
    fn random_trees_are_serialised_alike(tree in trees(), seed in any::<u64>()) {
        let text = tree.print(&mut Random(seed));
        let ours = serialised(&text);
        prop_assert_eq!(&ours, &expected(&tree));
        if !has_exponent(&tree) {
            let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&ours, &support::serialise(&theirs));
        }
    }

    /// What we print of a tree is signed as the tree is: requests are built so.
    #[test]
    fn what_is_printed_is_what_was_signed(tree in trees(), seed in any::<u64>()) {
        let json = json(&tree.print(&mut Random(seed)));
        let mut printed = String::new();
        json.write(&mut printed);
        prop_assert_eq!(serialised(&printed), expected(&tree));
    }

    /// A key that is repeated anywhere, however it is written, is refused and not resolved.
    #[test]
    fn a_repeated_key_is_refused_wherever_it_is(tree in trees(), seed in any::<u64>()) {
        let mut random = Random(seed);
        let twice = Tree::Object(vec![("k".to_owned(), tree.clone()), ("k".to_owned(), tree)]);
        let deep = Tree::Array(vec![Tree::Null, Tree::Object(vec![("a".to_owned(), twice)])]);
        let text = deep.print(&mut random);
        let refused = Json::parse(text.as_bytes(), 1 << 20);
        prop_assert!(matches!(refused, Err(JsonError::DuplicateKey { .. })), "{}", text);
    }
}
