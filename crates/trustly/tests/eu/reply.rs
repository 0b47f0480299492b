//! Answers: only what Trustly signed for this very request counts.

use proptest::prelude::*;
use trustly::eu::signature::SignatureError;
use trustly::eu::uuid::Uuid;
use trustly::eu::wire::Unverified;
use trustly::eu::wire::reply::{Data, Reply, ReplyError, Untrusted, UnverifiedReply};
use trustly::field::FieldError;
use trustly::json::JsonError;

use crate::support::{OTHER_PAIR, PAIR, UUID, sign_data, signed_result};

const ACCEPTED: &str = r#"{"orderid":"7653345737","result":"1"}"#;

fn verify(text: &str) -> Result<Reply, Untrusted> {
    let uuid = Uuid::parse(UUID).unwrap();
    let reply = UnverifiedReply::parse(text.as_bytes()).unwrap();
    reply.verify(&PAIR.trustly, "AccountPayout", &uuid)
}

fn result(data: &str) -> Data {
    match verify(&signed_result(&PAIR, "RS256", "AccountPayout", data)).unwrap() {
        Reply::Result(data) => data,
        Reply::Error { code, .. } => panic!("error {code}"),
    }
}

fn untrusted(text: &str) -> (Unverified, Option<u64>) {
    let untrusted = verify(text).unwrap_err();
    (untrusted.reason, untrusted.hint)
}

const NO_MATCH: Unverified = Unverified::Signature(SignatureError::NoMatch);

#[test]
fn a_result_counts_in_every_algorithm_and_with_unknown_members() {
    for algorithm in ["", "RS256", "RS384", "RS512"] {
        let text = signed_result(&PAIR, algorithm, "AccountPayout", ACCEPTED);
        assert!(verify(&text).is_ok(), "{algorithm}");
    }
    let data = r#"{"orderid":7653345737,"result":1,"new":{"deep":[1.50,null]}}"#;
    let payout = result(data).payout().unwrap();
    assert_eq!((payout.order_id.as_deref(), payout.accepted), (Some("7653345737"), true));
}

#[test]
fn a_result_of_zero_is_not_accepted() {
    let payout = result(r#"{"result":"0"}"#).payout().unwrap();
    assert_eq!((payout.order_id, payout.accepted), (None, false));
}

#[test]
fn a_result_without_its_parts_is_no_result() {
    let payout = |data| result(data).payout().unwrap_err();
    assert_eq!(payout(r#"{"orderid":"1"}"#), FieldError::Missing("result"));
    assert_eq!(payout(r#"{"result":"1"}"#), FieldError::Missing("orderid"));
    assert_eq!(payout(r#"{"result":"1","orderid":""}"#), FieldError::Malformed("orderid"));
    assert_eq!(payout(r#"{"result":"2","orderid":"1"}"#), FieldError::Malformed("result"));
    assert_eq!(payout(r#"{"result":{},"orderid":"1"}"#), FieldError::Malformed("result"));
    assert_eq!(payout("[]"), FieldError::Malformed("result"));
    assert_eq!(payout("null"), FieldError::Malformed("result"));
}

#[test]
fn an_account_is_read_and_not_shown() {
    let data = r#"{"accountid":"7653385737","bank":"SEB","clearinghouse":"SWEDEN",
        "descriptor":"***4057"}"#;
    let account = result(data).registered_account().unwrap();
    assert_eq!(account.account_id, "7653385737");
    assert_eq!(account.descriptor.as_deref(), Some("***4057"));
    assert_eq!(format!("{account:?}"), "RegisteredAccount(SWEDEN)");
    let missing = result(r#"{"bank":"SEB"}"#).registered_account().unwrap_err();
    assert_eq!(missing, FieldError::Missing("accountid"));
}

#[test]
fn an_answer_to_another_request_does_not_count() {
    let other_method = signed_result(&PAIR, "", "RegisterAccount", ACCEPTED);
    assert_eq!(untrusted(&other_method), (Unverified::OtherRequest, None));
    let other = "00000000-2842-b485-25ca-293525152425";
    let signature = sign_data(&PAIR, "", "AccountPayout", other, ACCEPTED);
    let other_uuid = format!(
        r#"{{"result":{{"uuid":"{other}","method":"AccountPayout","data":{ACCEPTED},
            "signature":"{signature}"}}}}"#
    );
    assert_eq!(untrusted(&other_uuid), (Unverified::OtherRequest, None));
}

#[test]
fn an_answer_without_a_good_signature_does_not_count() {
    let forged = signed_result(&OTHER_PAIR, "", "AccountPayout", ACCEPTED);
    assert_eq!(untrusted(&forged), (NO_MATCH, None));
    let text = signed_result(&PAIR, "", "AccountPayout", ACCEPTED);
    assert_eq!(untrusted(&text.replace("7653345737", "7653345738")), (NO_MATCH, None));
    assert_eq!(untrusted(&text.replace("signature", "Signature")), (Unverified::Unsigned, None));
    assert_eq!(untrusted(&text.replace("\"data\"", "\"Data\"")), (Unverified::Unsigned, None));
    let added = text.replace("\"data\":{", "\"data\":{\"added\":null,");
    assert_eq!(untrusted(&added), (NO_MATCH, None));
}

/// An error as Trustly would send it; `outer` is the code outside of what is signed.
fn error(outer: u64, method: &str, uuid: &str, data: &str) -> String {
    let (plain_method, plain_uuid) = (method.trim_matches('"'), uuid.trim_matches('"'));
    let (plain_method, plain_uuid) =
        if method == "null" { ("", "") } else { (plain_method, plain_uuid) };
    let signature = sign_data(&PAIR, "", plain_method, plain_uuid, data);
    format!(
        r#"{{"version":"1.1","error":{{"name":"JSONRPCError","code":{outer},"message":"X",
            "error":{{"uuid":{uuid},"method":{method},"data":{data},
            "signature":"{signature}"}}}}}}"#
    )
}

#[test]
fn a_signed_error_counts_by_its_inner_code() {
    let uuid = format!("\"{UUID}\"");
    for data in [
        r#"{"code":616,"message":"ERROR_INVALID_CREDENTIALS"}"#,
        r#"{"code":"616","message":"ERROR_INVALID_CREDENTIALS"}"#,
    ] {
        let reply = verify(&error(999, "\"AccountPayout\"", &uuid, data)).unwrap();
        let message = "ERROR_INVALID_CREDENTIALS".to_owned();
        assert_eq!(reply, Reply::Error { code: 616, message });
        assert_eq!(format!("{reply:?}"), "Error(616)");
    }
    let unreadable = error(616, "\"AccountPayout\"", &uuid, r#"{"code":"x","message":"y"}"#);
    assert_eq!(untrusted(&unreadable), (Unverified::Unreadable, Some(616)));
}

#[test]
fn an_error_that_names_no_request_is_a_hint() {
    let text = error(620, "null", "null", r#"{"code":620,"message":"ERROR_UNKNOWN"}"#);
    assert_eq!(untrusted(&text), (Unverified::OtherRequest, Some(620)));
}

#[test]
fn an_unsigned_error_is_a_hint() {
    let text = r#"{"version":"1.1","error":{"name":"JSONRPCError","code":607,"message":"X"}}"#;
    assert_eq!(untrusted(text), (Unverified::Unsigned, Some(607)));
    let text = r#"{"error":{"code":"many","error":null}}"#;
    assert_eq!(untrusted(text), (Unverified::Unsigned, None));
    let text = r#"{"result":null,"error":{}}"#;
    assert_eq!(untrusted(text), (Unverified::Unsigned, None));
}

#[test]
fn a_page_of_a_proxy_is_no_answer() {
    let parse = |text: &str| UnverifiedReply::parse(text.as_bytes()).err().unwrap();
    assert_eq!(parse("<html>502</html>"), ReplyError::Json(JsonError::Syntax { at: 0 }));
    for text in ["{}", "[]", "null", r#"{"message":"x"}"#, r#"{"result":{},"error":{}}"#] {
        assert_eq!(parse(text), ReplyError::NotJsonRpc, "{text}");
    }
    let twice = signed_result(&PAIR, "", "AccountPayout", ACCEPTED)
        .replace("\"data\":{", "\"data\":{\"result\":\"0\",");
    assert!(matches!(parse(&twice), ReplyError::Json(JsonError::DuplicateKey { .. })));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(text in r#"[\[\]{}:,"a-z01 ]{0,40}"#) {
        let body = format!(r#"{{"error":{{"code":1,"error":{text}}}}}"#);
        if let Ok(reply) = UnverifiedReply::parse(body.as_bytes()) {
            let uuid = Uuid::parse(UUID).unwrap();
            prop_assert!(reply.verify(&PAIR.trustly, "AccountPayout", &uuid).is_err());
        }
    }
}
