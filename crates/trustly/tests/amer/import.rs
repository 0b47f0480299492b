//! Taking over a bank authorization.

use payout::id::Customer;
use payout::order::RawHandle;
use payout::port::{Onboarding, Resolution};
use payout::reason::Reason;
use serde_json::{Value, json};
use trustly::transport::{NoReply, Verb};

use crate::rig::{AUTHORIZATION_ID, americas, authorization, offline, ok, with};
use crate::script::{Outcome, Sent};

async fn imported(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Resolution {
    let (americas, script) = americas(play);
    let customer = Customer::parse("customer 1").unwrap();
    let raw = RawHandle::parse(AUTHORIZATION_ID).unwrap();
    let resolution = americas.import(&customer, &raw).await;
    let sent = script.sent();
    assert_eq!((sent.len(), sent[0].verb), (1, Verb::Get));
    assert!(sent[0].url.ends_with(&format!("/transactions/{AUTHORIZATION_ID}")));
    resolution
}

async fn imported_as(members: Value) -> Resolution {
    let transaction = with(authorization(), &members);
    imported(move |_| ok(&json!({ "transaction": transaction }))).await
}

fn refused(resolution: Resolution) -> Reason {
    match resolution {
        Resolution::Refused(reason, _) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_authorization_is_taken_over() {
    for status in [2, 4] {
        let resolution = imported_as(json!({ "status": status })).await;
        let Resolution::Resolved(resolved) = resolution else { panic!("{resolution:?}") };
        assert_eq!(resolved.summary.masked, "*****6576");
        assert_eq!(resolved.summary.bank_name.as_deref(), Some("Demo Bank"));
        assert!(!format!("{:?}", resolved.handle).contains("user"), "a handle is not shown");
    }
    let bare = imported_as(json!({ "payment": null })).await;
    let Resolution::Resolved(resolved) = bare else { panic!("{bare:?}") };
    assert_eq!(resolved.summary.masked, "*****");
}

#[tokio::test]
async fn what_is_no_good_authorization_is_refused() {
    let Resolution::Resolved(good) = imported_as(json!({})).await else { panic!() };
    for status in [0, 1, 5, 6, 7, 8, 10, 11, 12, 13, 14] {
        let resolution = imported_as(json!({ "status": status })).await;
        let Resolution::Unusable(resolved, reason, _) = resolution else { panic!("{status}") };
        assert_eq!(reason, Reason::ReauthenticationRequired, "{status}");
        assert_eq!(resolved.handle, good.handle, "what was paid to it can be looked for");
    }
    for kind in [0, 3, 6, 7, 99] {
        let reason = refused(imported_as(json!({ "transactionType": kind })).await);
        assert_eq!(reason, Reason::AccountInvalid, "{kind}");
    }
    assert_eq!(
        imported_as(json!({ "status": 9 })).await,
        Resolution::Unknown(Reason::AnswerUnknown)
    );
}

#[tokio::test]
async fn errors_are_final_only_if_they_say_so() {
    for (code, expected) in [
        (200, Ok(Reason::AccountInvalid)),
        (326, Err(Reason::ReauthenticationRequired)),
        (390, Err(Reason::RiskDeclined)),
        (375, Err(Reason::AccessRefused)),
        (100, Err(Reason::AnswerUnknown)),
        (210, Err(Reason::AnswerUnknown)),
        (999, Err(Reason::AnswerUnknown)),
    ] {
        let resolution = imported(move |_| ok(&json!({ "errors": [{ "code": code }] }))).await;
        match (resolution, expected) {
            (Resolution::Refused(reason, words), Ok(expected)) => {
                assert_eq!((reason, words.code), (expected, Some(code.to_string())));
            }
            (Resolution::NoAccess(reason, words), Err(expected)) => {
                assert_eq!((reason, expected), (Reason::AccessRefused, Reason::AccessRefused));
                assert_eq!(words.code, Some(code.to_string()));
            }
            (Resolution::Unknown(reason), Err(expected)) => {
                assert_eq!(reason, expected);
                assert_ne!(reason, Reason::AccessRefused, "{code}");
            }
            (other, _) => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn everything_else_is_not_known() {
    let genuine = json!({ "transaction": authorization() }).to_string().into_bytes();
    for (outcome, expected) in [
        (Err(NoReply::NotSent), Reason::ConnectionFailed),
        (Err(NoReply::Lost), Reason::AnswerLost),
        (Ok((200, b"<html>".to_vec())), Reason::AnswerUntrusted),
        (Ok((500, genuine.clone())), Reason::ProviderUnavailable),
        (Ok((200, genuine[..genuine.len() - 1].to_vec())), Reason::AnswerUntrusted),
    ] {
        let resolution = imported(move |_| outcome.clone()).await;
        assert_eq!(resolution, Resolution::Unknown(expected));
    }
    let another = imported_as(json!({ "transactionId": "7" })).await;
    assert_eq!(another, Resolution::Unknown(Reason::AnswerUntrusted));
}

#[tokio::test]
async fn what_is_no_transaction_id_is_never_put_into_a_path() {
    let customer = Customer::parse("customer 1").unwrap();
    for bad in ["1/cancel", "1?x", "..", "%31", "123456789012345678901"] {
        let raw = RawHandle::parse(bad).unwrap();
        let reason = refused(offline().import(&customer, &raw).await);
        assert_eq!(reason, Reason::AccountInvalid, "{bad}");
    }
}
