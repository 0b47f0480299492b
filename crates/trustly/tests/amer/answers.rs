//! Answers and lists in every shape that Trustly's pages show, and those that prove nothing.

use payout::reason::Reason;
use proptest::prelude::*;
use trustly::amer::code::Class;
use trustly::amer::status::{Status, TransactionType};
use trustly::amer::wire::page::{Page, PageError};
use trustly::amer::wire::reply::{Reply, ReplyError};
use trustly::amer::wire::transaction::Transaction;
use trustly::decimal::DecimalError;
use trustly::field::FieldError;
use trustly::json::JsonError;

/// The members of the API reference's example for a deposit.
const EXAMPLE: &str = r#"{"transactionId":"1002580243","transactionType":6,"status":2,
    "originalTransactionId":"1002580222","statusMessage":"Authorized","currency":"USD",
    "amount":"10.0","merchantReference":"po_1","createdAt":1723489387266,"recordVersion":3,
    "payment":{"paymentId":"1002580228","paymentType":2,"merchantReference":"123123",
        "fingerprint":"x","verification":{"status":3,"mode":3,"verifyCustomer":false},
        "account":{"name":"Demo","type":-1,"profile":1,"accountNumber":"6576","verified":true},
        "paymentProvider":{"instantPayoutAvailable":true}},
    "paymentProviderTransaction":{"status":"AC100","instantSettle":false}}"#;

fn transaction(text: &str) -> Transaction {
    match Reply::parse(text.as_bytes()).unwrap() {
        Reply::Transaction(transaction) => *transaction,
        Reply::Errors(errors) => panic!("{errors:?}"),
    }
}

fn error(text: &str) -> ReplyError {
    Reply::parse(text.as_bytes()).unwrap_err()
}

#[test]
fn a_transaction_bare_or_wrapped() {
    let bare = transaction(EXAMPLE);
    let wrapped = format!(r#"{{"transaction":{EXAMPLE},"url":"x","errors":[]}}"#);
    assert_eq!(transaction(&wrapped), bare);
    assert_eq!(bare.transaction_id, "1002580243");
    assert_eq!(bare.original_transaction_id.as_deref(), Some("1002580222"));
    assert_eq!(bare.transaction_type, TransactionType::Deposit);
    assert_eq!(bare.status, Status::Authorized);
    assert_eq!(bare.merchant_reference.as_deref(), Some("po_1"), "not that of the payment");
    assert_eq!(bare.amount_minor_units, Some(1_000));
    assert_eq!((bare.record_version, bare.created_at_ms), (Some(3), Some(1_723_489_387_266)));
    assert_eq!((bare.instant_settle, bare.instant_payout_available), (Some(false), Some(true)));
    assert_eq!(bare.detail.status.as_deref(), Some("AC100"));
    assert_eq!(bare.detail.reason(), None);
}

#[test]
fn numbers_may_be_texts_and_unknown_ones_are_tolerated() {
    let text = r#"{"transactionId":12,"transactionType":"42","status":"9","amount":25.00,
        "new":{"deep":[null]},"statusCode":"SW057"}"#;
    let transaction = transaction(text);
    assert_eq!(transaction.transaction_id, "12");
    assert_eq!(transaction.transaction_type, TransactionType::Other(42));
    assert_eq!(transaction.status, Status::Other(9));
    assert_eq!(transaction.amount_minor_units, Some(2_500));
    assert_eq!(transaction.detail.reason(), Some(Reason::ReauthenticationRequired));
}

#[test]
fn a_transaction_that_cannot_be_read_is_none() {
    let change = |from: &str, to: &str| {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE);
        error(&text)
    };
    let missing = |field| ReplyError::Field(FieldError::Missing(field));
    let malformed = |field| ReplyError::Field(FieldError::Malformed(field));
    assert_eq!(change("\"transactionId\"", "\"id\""), missing("transactionId"));
    assert_eq!(change("\"status\":2,", ""), missing("status"));
    assert_eq!(change("\"status\":2", "\"status\":\"Authorized\""), malformed("status"));
    assert_eq!(change("\"status\":2", "\"status\":2.0"), malformed("status"));
    assert_eq!(change("Type\":6", "Type\":null"), missing("transactionType"));
    assert_eq!(change("1002580243", "10025 80243"), malformed("transactionId"));
    assert_eq!(change("\"USD\"", "\"EUR\""), malformed("currency"));
    assert_eq!(change("\"po_1\"", "{}"), malformed("merchantReference"));
    assert_eq!(
        change("{\"paymentId\"", "[{\"paymentId\"").to_string(),
        "answer is not acceptable json"
    );
    let amount = |source| ReplyError::Field(FieldError::Amount { field: "amount", source });
    assert_eq!(change("10.0\"", "10.001\""), amount(DecimalError::TooFine));
    assert_eq!(change("\"10.0\"", "1e1"), amount(DecimalError::Malformed));
    assert_eq!(change("\"10.0\"", "-10.0"), amount(DecimalError::Negative));
}

#[test]
fn errors_count_by_their_numbers() {
    let text = r#"{"errors":[{"domain":"com.trustly.merchantgateway.v1.exception.X","code":375,
        "message":"account 123456576 is wrong","occurredAt":1723489387266}]}"#;
    let Reply::Errors(errors) = Reply::parse(text.as_bytes()).unwrap() else { panic!() };
    assert_eq!((errors.class(), errors.as_slice()[0].code), (Class::Access, 375));
    assert!(!format!("{errors:?}").contains("123456576"));
    for (codes, class) in [
        (r#"{"code":"210"}"#, Class::Duplicate),
        (r#"{"code":200,"location":"amount"}"#, Class::Refused),
        (r#"{"code":200},{"code":100}"#, Class::Doubtful),
        (r#"{"code":12345}"#, Class::Doubtful),
    ] {
        let text = format!(r#"{{"errors":[{codes}]}}"#);
        let Reply::Errors(errors) = Reply::parse(text.as_bytes()).unwrap() else { panic!() };
        assert_eq!(errors.class(), class, "{codes}");
    }
}

#[test]
fn what_is_neither_errors_nor_transaction_is_no_answer() {
    assert_eq!(error(r#"{"message":"Forbidden"}"#), ReplyError::BareMessage);
    assert_eq!(error(r#"{"message":"x","errors":[],"transaction":null}"#), ReplyError::BareMessage);
    assert_eq!(error("<html>"), ReplyError::Json(JsonError::Syntax { at: 0 }));
    assert_eq!(error(""), ReplyError::Json(JsonError::Syntax { at: 0 }));
    let both = format!(r#"{{"transaction":{EXAMPLE},"errors":[{{"code":200}}]}}"#);
    assert_eq!(error(&both), ReplyError::Contradiction);
    for text in [
        "{}",
        "[]",
        "null",
        r#"{"errors":{}}"#,
        r#"{"errors":[{}]}"#,
        r#"{"errors":["x"]}"#,
        r#"{"errors":[{"code":"x"}]}"#,
        r#"{"errors":[{"code":200},{}]}"#,
        r#"{"transaction":[]}"#,
        r#"{"transaction":{}}"#,
    ] {
        assert!(matches!(error(text), ReplyError::Field(_)), "{text}");
    }
}

fn page(elements: &str) -> Result<Page, PageError> {
    Page::parse(
        format!(r#"{{"transactions":{elements},"startIndex":0,"itemsPerPage":"100"}}"#).as_bytes(),
    )
}

#[test]
fn a_page_in_every_shape() {
    let bare = page(&format!("[{EXAMPLE}]")).unwrap();
    assert_eq!((bare.start_index, bare.items_per_page), (Some(0), Some(100)));
    assert_eq!(bare.transactions, [transaction(EXAMPLE)]);
    for elements in [
        format!(r#"[{{"transaction":{EXAMPLE}}}]"#),
        format!(r#"[{{"0":{{"transaction":{EXAMPLE}}}}}]"#),
        format!(r#"{{"0":{{"transaction":{EXAMPLE}}}}}"#),
        format!(r#"[{{"0":{EXAMPLE}}}]"#),
    ] {
        assert_eq!(page(&elements).unwrap(), bare, "{elements}");
    }
    let two = format!(r#"[{{"0":{{"transaction":{EXAMPLE}}},"1":{EXAMPLE}}},{EXAMPLE}]"#);
    assert_eq!(page(&two).unwrap().transactions.len(), 3);
    assert!(page("[]").unwrap().transactions.is_empty());
    assert!(page("{}").unwrap().transactions.is_empty());
}

#[test]
fn one_bad_element_spoils_the_page() {
    let unreadable = EXAMPLE.replace("\"status\":2", "\"status\":\"odd\"");
    let nameless = EXAMPLE.replacen("\"merchantReference\":\"po_1\",", "", 1);
    let worthless = EXAMPLE.replace("\"amount\":\"10.0\",", "");
    for bad in [
        "null",
        "{}",
        "[]",
        "1",
        "[[]]",
        &unreadable,
        &nameless,
        &worthless,
        r#"{"transaction":null}"#,
        r#"{"0":{}}"#,
        r#"{"0":null}"#,
    ] {
        for elements in [format!("[{EXAMPLE},{bad}]"), format!("[{bad},{EXAMPLE}]")] {
            assert!(matches!(page(&elements), Err(PageError::Field(_))), "{elements}");
        }
    }
    let authorization = EXAMPLE.replace("\"amount\":\"10.0\",", "").replace("Type\":6", "Type\":1");
    assert!(page(&format!("[{authorization}]")).is_ok(), "only deposits need an amount");
}

#[test]
fn what_is_no_list_is_not_an_empty_list() {
    let parse = |text: &str| Page::parse(text.as_bytes()).unwrap_err();
    for text in ["{}", "[]", "null", r#"{"transactions":null}"#, r#"{"message":"x"}"#] {
        assert!(matches!(parse(text), PageError::Field(_)), "{text}");
    }
    let refused = parse(r#"{"errors":[{"code":375}]}"#);
    assert!(matches!(refused, PageError::Refused(_)), "{refused:?}");
    assert!(matches!(parse("<html>"), PageError::Json(_)));
    assert!(matches!(parse(r#"{"transactions":[],"transactions":[]}"#), PageError::Json(_)));
}

proptest! {
    #[test]
    fn amounts_of_every_scale_read_exactly(cents in 0_i64..1 << 40, zeros in 0_usize..10) {
        let text = format!("{}.{:02}{}", cents / 100, cents % 100, "0".repeat(zeros));
        for amount in [format!("\"{text}\""), text] {
            let body = EXAMPLE.replace("\"10.0\"", &amount);
            prop_assert_eq!(transaction(&body).amount_minor_units, Some(cents));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (Reply::parse(&bytes), Page::parse(&bytes));
    }

    #[test]
    fn a_damaged_answer_never_panics(position in 0_usize..600, byte in any::<u8>()) {
        let mut body = EXAMPLE.as_bytes().to_vec();
        let position = position % body.len();
        body[position] = byte;
        let _ = (Reply::parse(&body), Page::parse(&body));
    }
}
