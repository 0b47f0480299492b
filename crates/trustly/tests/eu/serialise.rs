//! The serialisation: the documented examples, and agreement with a second one on random trees.

use proptest::prelude::*;
use trustly::eu::canonical::{plaintext, serialise};

use crate::support::json;

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

/// A JSON value for the test's own printer and serialiser.
#[derive(Debug, Clone)]
enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,3})?".prop_map(Tree::Number),
        any::<String>().prop_map(Tree::Text),
        "[A-Za-z0-9 ./\\\\\"å]{0,8}".prop_map(Tree::Text),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Tree::Array),
            proptest::collection::hash_map("[A-Za-zåäö_0-9]{0,6}", inner, 0..5)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

/// Prints with every string escaped as far as JSON allows, so that decoding matters.
fn print(tree: &Tree) -> String {
    let list = |parts: Vec<String>| parts.join(" ,\n");
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(flag) => flag.to_string(),
        Tree::Number(token) => token.clone(),
        Tree::Text(text) => escape(text),
        Tree::Array(elements) => format!("[ {}\t]", list(elements.iter().map(print).collect())),
        Tree::Object(members) => {
            let parts =
                members.iter().map(|(key, value)| format!("{} : {}", escape(key), print(value)));
            format!("{{{} }}", list(parts.collect()))
        }
    }
}

fn escape(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    format!("\"{}\"", units.collect::<String>())
}

fn expected(tree: &Tree) -> String {
    match tree {
        Tree::Null => String::new(),
        Tree::Bool(flag) => flag.to_string(),
        Tree::Number(token) => token.clone(),
        Tree::Text(text) => text.clone(),
        Tree::Array(elements) => elements.iter().map(expected).collect(),
        Tree::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
            sorted.into_iter().map(|(key, value)| format!("{key}{}", expected(value))).collect()
        }
    }
}

proptest! {
    #[test]
    fn random_trees_are_serialised_alike(tree in trees()) {
        prop_assert_eq!(serialised(&print(&tree)), expected(&tree));
    }
}
