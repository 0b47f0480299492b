//! Notifications and our answers to them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use trustly::decimal::DecimalError;
use trustly::eu::signature::{Algorithm, SignatureError};
use trustly::eu::wire::notification::{
    Method, Notification, NotificationError, UnverifiedNotification,
};
use trustly::eu::wire::{MESSAGE_BYTES_MAX, Unverified};
use trustly::field::FieldError;
use trustly::json::JsonError;

use crate::support::{OTHER_PAIR, PAIR, UUID, is_signed, sign_data, signed_notification};

fn verify(text: &str) -> Result<Notification, Unverified> {
    UnverifiedNotification::parse(text.as_bytes()).unwrap().verify(&PAIR.trustly)
}

fn received(method: &str, data: &str) -> Notification {
    verify(&signed_notification(&PAIR, method, data)).unwrap()
}

const CREDIT: &str = r#"{"amount":"902.5","currency":"EUR","messageid":"98348932",
    "orderid":"87654567","enduserid":"32123","notificationid":"9876543456",
    "timestamp":"2010-01-20 14:42:04.675645+01","attributes":{}}"#;

#[test]
fn a_credit() {
    let credit = received("credit", CREDIT);
    assert_eq!(credit.method, Method::Credit);
    assert_eq!(credit.uuid.as_str(), UUID);
    assert_eq!(credit.notification_id.as_deref(), Some("9876543456"));
    assert_eq!(credit.order_id.as_deref(), Some("87654567"));
    assert_eq!(credit.message_id.as_deref(), Some("98348932"));
    assert_eq!(credit.occurred_at_ms, Some(1_263_994_924_675));
    let money = credit.money().unwrap();
    assert_eq!((money.amount.minor_units(2), money.currency.as_str()), (Ok(90_250), "EUR"));
    assert!(!format!("{credit:?}").contains("32123"), "the customer's id is not shown");
}

#[test]
fn a_cancel_has_no_amount() {
    let cancel = received("cancel", r#"{"messageid":"1","orderid":"2","notificationid":3}"#);
    assert_eq!(cancel.method, Method::Cancel);
    assert_eq!(cancel.notification_id.as_deref(), Some("3"));
    assert_eq!(cancel.occurred_at_ms, None);
    assert_eq!(cancel.money(), Err(FieldError::Missing("amount")));
}

#[test]
fn amounts_are_strings_or_numbers_and_exact_or_refused() {
    let money = |amount: &str, currency: &str| {
        let data = format!(r#"{{"amount":{amount},"currency":"{currency}"}}"#);
        received("payoutconfirmation", &data).money()
    };
    for text in ["\"11\"", "11", "11.0", "\"11.00000000000000000000\""] {
        assert_eq!(money(text, "SEK").unwrap().amount.minor_units(2), Ok(1_100), "{text}");
    }
    assert_eq!(money("11.001", "SEK").unwrap().amount.minor_units(2), Err(DecimalError::TooFine));
    for text in ["1e+2", "\"-1\"", "\"\"", "{}", "\"1,5\"", "true"] {
        assert!(money(text, "SEK").is_err(), "{text}");
    }
    for currency in ["", "sek", "SEKK", "S1K"] {
        assert_eq!(money("1", currency), Err(FieldError::Malformed("currency")));
    }
}

#[test]
fn a_failure_has_a_reason() {
    let data = r#"{"amount":"1.00","currency":"EUR","errorcode":"incorrect_account_number",
        "errormessage":"format of the account number is not correct"}"#;
    let failed = received("payoutfailed", data);
    assert_eq!(failed.method, Method::PayoutFailed);
    assert_eq!(failed.failure().unwrap().code.as_deref(), Some("incorrect_account_number"));
}

#[test]
fn an_account() {
    let data = r#"{"notificationid":"1","messageid":"2","orderid":"3","accountid":"7653345737",
        "verified":"1","attributes":{"descriptor":"***4057","bank":"SEB","lastdigits":"4057",
        "clearinghouse":"SWEDEN","personid":null}}"#;
    let account = received("account", data).account().unwrap();
    assert_eq!((account.account_id.as_str(), account.verified), ("7653345737", Some(true)));
    assert_eq!(account.last_digits.as_deref(), Some("4057"));
    let bare = received("account", r#"{"accountid":"1","attributes":null}"#).account().unwrap();
    assert_eq!((bare.verified, bare.bank), (None, None));
    let odd = received("account", r#"{"accountid":"1","verified":"maybe"}"#).account();
    assert_eq!(odd.err(), Some(FieldError::Malformed("verified")));
}

#[test]
fn unknown_methods_and_members_are_tolerated() {
    let unknown = received("payoutsettled", r#"{"notificationid":{"odd":1},"x":[null,1.50]}"#);
    assert_eq!(unknown.method, Method::Unknown("payoutsettled".to_owned()));
    assert_eq!((unknown.method.name(), unknown.method.label()), ("payoutsettled", "unknown"));
    assert_eq!(unknown.notification_id, None);
    for name in [
        "credit",
        "cancel",
        "payoutconfirmation",
        "payoutfailed",
        "account",
        "pending",
        "debit",
        "kyc",
    ] {
        let method = received(name, "{}").method;
        assert_eq!((method.name(), method.label()), (name, name));
        assert!(!matches!(method, Method::Unknown(_)), "{name}");
    }
}

/// The members of each method, written out a second time from its page.
#[test]
fn members_that_no_page_has_are_named() {
    const MONEY: &str = "amount currency messageid orderid enduserid notificationid timestamp";
    let pages = [
        ("credit", format!("{MONEY} attributes")),
        ("cancel", "messageid orderid enduserid notificationid timestamp".to_owned()),
        ("payoutconfirmation", MONEY.to_owned()),
        ("payoutfailed", format!("{MONEY} errorcode errormessage")),
        ("account", "notificationid messageid orderid accountid verified attributes".to_owned()),
        ("pending", format!("{MONEY} attributes")),
        ("debit", format!("{MONEY} attributes")),
        (
            "kyc",
            "kycentityid messageid orderid notificationid attributes abort abortmessage".to_owned(),
        ),
        ("astonishment", format!("{MONEY} attributes")),
    ];
    let mut every: BTreeSet<&str> = BTreeSet::from(["zz_new", "Amount"]);
    every.extend(pages.iter().flat_map(|(_, members)| members.split(' ')));
    let data: BTreeMap<&str, &str> = every.iter().map(|name| (*name, "1")).collect();
    let data = serde_json::to_string(&data).unwrap();
    for (method, members) in &pages {
        let known: BTreeSet<&str> = members.split(' ').collect();
        let expected: Vec<&str> = every.difference(&known).copied().collect();
        assert_eq!(received(method, &data).unknown_members(), expected, "{method}");
    }
    let attributes = r#"{"attributes":{"clearinghouse":"SWEDEN","bank":"x","descriptor":"x",
        "lastdigits":"1","personid":"1","name":"x","address":"x","zipcode":"1","city":"x",
        "directdebitmandate":"1","bank_code":"7"}}"#;
    let unknown = |method| received(method, attributes).unknown_members();
    assert_eq!(unknown("account"), ["attributes.bank_code"]);
    assert_eq!(unknown("kyc"), Vec::<String>::new());
    assert_eq!(unknown("credit").len(), 11);
    assert_eq!(received("account", "[1]").unknown_members(), Vec::<String>::new());
}

#[test]
fn what_trustly_did_not_sign_is_not_received() {
    let no_match = Err(Unverified::Signature(SignatureError::NoMatch));
    assert_eq!(verify(&signed_notification(&OTHER_PAIR, "credit", CREDIT)), no_match);
    let text = signed_notification(&PAIR, "credit", CREDIT);
    assert_eq!(verify(&text.replace("902.5", "902.6")), no_match);
    assert_eq!(verify(&text.replace("\"credit\"", "\"cancel\"")), no_match);
    assert_eq!(verify(&text.replace("\"signature\"", "\"sig\"")), Err(Unverified::Unsigned));
}

/// The plaintext has no separators, so the same signature would also cover a message whose method
/// has swallowed the UUID.
#[test]
fn the_borders_of_the_signed_text_cannot_be_moved() {
    let signature = sign_data(&PAIR, "", "credit", UUID, r#"{"a":"b"}"#);
    let moved = format!(
        r#"{{"method":"credit{UUID}","params":{{"uuid":"","data":{{"a":"b"}},
            "signature":"{signature}"}}}}"#
    );
    assert_eq!(verify(&moved), Err(Unverified::Unreadable));
}

#[test]
fn the_acknowledgement_is_signed_and_repeats_method_and_uuid() {
    for algorithm in [Algorithm::Sha1, Algorithm::Rs256] {
        let credit = received("credit", CREDIT);
        let bytes = credit.acknowledgement(&PAIR.merchant, algorithm).unwrap();
        let again = received("credit", CREDIT).acknowledgement(&PAIR.merchant, algorithm).unwrap();
        assert_eq!(bytes, again);
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let signature = body["result"]["signature"].as_str().unwrap();
        let plaintext = format!("credit{UUID}statusOK");
        assert!(is_signed(&PAIR.merchant.public_pem(), &plaintext, signature));
        let expected = format!(
            concat!(
                r#"{{"result":{{"signature":"{}","uuid":"{}","method":"credit","#,
                r#""data":{{"status":"OK"}}}},"version":"1.1"}}"#
            ),
            signature, UUID
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert_eq!(body["result"]["data"], json!({ "status": "OK" }));
    }
}

#[test]
fn hostile_bodies_are_refused() {
    let parse = |body: &[u8]| UnverifiedNotification::parse(body).err().unwrap();
    let json = |body: &[u8]| match parse(body) {
        NotificationError::Json(error) => error,
        NotificationError::NotJsonRpc => panic!("json"),
    };
    let twice = signed_notification(&PAIR, "credit", CREDIT)
        .replace("\"attributes\":{}", "\"attributes\":{\"a\":1,\"a\":2}");
    assert!(matches!(json(twice.as_bytes()), JsonError::DuplicateKey { .. }));
    let deep = format!("{{\"method\":\"credit\",\"params\":{}", "[".repeat(10_000));
    assert_eq!(json(deep.as_bytes()), JsonError::TooDeep);
    let huge = format!("{{\"method\":\"credit\",\"params\":{}}}", "9".repeat(10_000));
    assert!(matches!(json(huge.as_bytes()), JsonError::NumberTooLong { .. }));
    assert_eq!(json(b"{\"method\":\"cr\xc3\x28\"}"), JsonError::NotUtf8);
    assert!(matches!(json(br#"{"method":"\ud800"}"#), JsonError::LoneSurrogate { .. }));
    let long = vec![b' '; 10 << 20];
    assert_eq!(json(&long), JsonError::TooLong { bytes_max: MESSAGE_BYTES_MAX });
    for body in ["{}", "[]", "1", r#"{"method":"credit"}"#, r#"{"method":1,"params":{}}"#] {
        assert_eq!(parse(body.as_bytes()), NotificationError::NotJsonRpc, "{body}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(UnverifiedNotification::parse(&bytes).is_err());
    }

    #[test]
    fn a_flipped_bit_never_passes(position in 0_usize..400, bit in 0_u8..8) {
        let text = signed_notification(&PAIR, "cancel", r#"{"messageid":"1","orderid":"2"}"#);
        let mut bytes = text.into_bytes();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(notification) = UnverifiedNotification::parse(&bytes)
            && let Ok(verified) = notification.verify(&PAIR.trustly)
        {
            // Only what is outside of the signature may differ, such as `version`.
            prop_assert_eq!(verified, received("cancel", r#"{"messageid":"1","orderid":"2"}"#));
        }
    }
}
