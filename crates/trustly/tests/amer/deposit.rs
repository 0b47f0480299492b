//! What an answer to a deposit means for a payout.

use payout::input::{Certainty, Input, Refusal, RefusalKind, Reported, What};
use payout::order::Speed;
use payout::port::{Answer, Provider};
use payout::reason::Reason;
use proptest::prelude::*;
use serde_json::{Value, json};
use trustly::amer::wire::reply::REPLY_BYTES_MAX;
use trustly::transport::{NoReply, Verb};

use crate::rig::{
    ACCESS_ID, ACCESS_KEY, AUTHORIZATION_ID, DEPOSIT_ID, americas, config, deposit, ok, path,
    payout, submitting, with,
};
use crate::sample::{money, said, whats};
use crate::script::{Outcome, Script, Sent};

/// Sends a deposit to a network that answers so.
async fn sent(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Answer {
    let (americas, script) = americas(play);
    let (payout, request) = submitting().await;
    let answer = americas.send(&payout, &request).await;
    assert_eq!(script.sent().len(), 1, "sent once");
    answer
}

async fn answered(body: Value) -> Answer {
    sent(move |_| ok(&body)).await
}

async fn status(status: u64) -> Answer {
    answered(json!({ "transaction": deposit(&payout(), status) })).await
}

fn errors(codes: &[u64]) -> Value {
    let error = |code: &u64| json!({ "domain": "x", "code": code, "message": "y" });
    json!({ "errors": codes.iter().map(error).collect::<Vec<_>>() })
}

fn certain(status: Reported) -> What {
    said(Certainty::Certain, status, None, Some(money(2_500, "USD")))
}

#[tokio::test]
async fn good_statuses_count_at_once() {
    for (number, expected) in [
        (0, Reported::Accepted),
        (1, Reported::Accepted),
        (2, Reported::Accepted),
        (14, Reported::Accepted),
        (3, Reported::Processing),
        (4, Reported::Completed),
    ] {
        let answer = status(number).await;
        assert_eq!(whats(&answer), [certain(expected)], "{number}");
        let reference = answer.inputs[0].words.reference.as_ref().unwrap();
        assert_eq!(reference.as_str(), DEPOSIT_ID);
        assert_eq!(answer.evidence.len(), 1);
    }
    let first = status(2).await.inputs;
    assert_eq!(first[0].occurred_at.unwrap().as_millis(), 1_800_000_000_500);
}

/// There is a transaction now: no money is given back before a look-up has confirmed its end.
#[tokio::test]
async fn bad_statuses_only_make_us_ask() {
    for (number, expected) in [
        (5, Reported::Failed),
        (6, Reported::Failed),
        (7, Reported::Canceled),
        (8, Reported::Failed),
        (10, Reported::Returned),
        (13, Reported::Canceled),
    ] {
        let answer = status(number).await;
        let [exists, hint] = answer.inputs.as_slice() else { panic!("{:?}", answer.inputs) };
        assert_eq!(exists.what, certain(Reported::Accepted), "{number}");
        let What::Reported(report) = &hint.what else { panic!("{hint:?}") };
        let found = (report.status, report.certainty);
        assert_eq!(found, (expected, Certainty::Unconfirmed), "{number}");
        assert_eq!(path(&answer.inputs).await, ["ACCEPTED", "ACCEPTED"], "{number}");
    }
}

#[tokio::test]
async fn unknown_statuses_are_in_doubt_and_refunds_call_a_person() {
    for number in [9, 15, 99] {
        assert_eq!(whats(&status(number).await), [What::InDoubt(Reason::AnswerUnknown)]);
    }
    for number in [11, 12] {
        let answer = status(number).await;
        assert_eq!(path(&answer.inputs).await, ["SUBMITTING"], "{number}");
        let (after, _) =
            crate::sample::taken(submitting().await.0, &crate::rig::policy(), &answer.inputs);
        assert_eq!(after.attention, Some(Reason::AmountDiffers), "{number}");
    }
}

#[tokio::test]
async fn a_transaction_counts_bare_or_wrapped_if_it_can_be_ours() {
    let bare = deposit(&payout(), 2);
    assert_eq!(whats(&answered(bare.clone()).await), [certain(Reported::Accepted)]);
    let nameless = with(bare.clone(), &json!({ "merchantReference": null }));
    assert_eq!(whats(&answered(nameless).await), [certain(Reported::Accepted)]);
    let orphan = with(bare.clone(), &json!({ "originalTransactionId": null }));
    assert_eq!(whats(&answered(orphan).await), [certain(Reported::Accepted)]);
    for foreign in [
        json!({ "merchantReference": "po_other" }),
        json!({ "merchantReference": null, "originalTransactionId": null }),
        json!({ "merchantReference": null, "originalTransactionId": "7" }),
        json!({ "originalTransactionId": "7" }),
        json!({ "transactionType": 1 }),
        json!({ "transactionType": 7 }),
        json!({ "currency": "EUR" }),
        json!({ "transactionId": null }),
        json!({ "status": "Authorized" }),
        json!({ "amount": "25.001" }),
        json!({ "errors": [{ "code": 200 }] }),
    ] {
        let answer = answered(with(bare.clone(), &foreign)).await;
        assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerUntrusted)], "{foreign}");
    }
}

#[tokio::test]
async fn the_amount_must_be_the_ordered_one() {
    for (members, expected) in [
        (json!({ "amount": 25 }), Some(money(2_500, "USD"))),
        (json!({ "amount": "25.00000" }), Some(money(2_500, "USD"))),
        (json!({ "amount": "25.00", "currency": null }), Some(money(2_500, "USD"))),
        (json!({ "amount": null }), None),
        (json!({ "amount": "24.99" }), Some(money(2_499, "USD"))),
        (json!({ "amount": "25.00", "currency": "CAD" }), Some(money(2_500, "CAD"))),
        (json!({ "amount": "0.00" }), Some(money(1, "USD"))),
    ] {
        let answer = answered(with(deposit(&payout(), 4), &members)).await;
        let What::Reported(report) = whats(&answer).remove(0) else { panic!("{members}") };
        assert_eq!(report.amount, expected, "{members}");
        let differs = expected.is_some_and(|amount| amount != money(2_500, "USD"));
        let states = path(&answer.inputs).await;
        assert_eq!(states, [if differs { "SUBMITTING" } else { "COMPLETED" }], "{members}");
    }
}

#[tokio::test]
async fn the_rail_is_known_once_it_is_completed() {
    for (status, settled, expected) in
        [(4, true, Some(Speed::Instant)), (4, false, Some(Speed::Standard)), (2, true, None)]
    {
        let detail = json!({ "paymentProviderTransaction": { "instantSettle": settled } });
        let answer = answered(with(deposit(&payout(), status), &detail)).await;
        let What::Reported(report) = whats(&answer).remove(0) else { panic!() };
        assert_eq!(report.speed_achieved, expected, "{status} {settled}");
    }
}

/// What each code of the error pages means in answer to a deposit. Written out a second time.
fn meaning(code: u64) -> What {
    let refused = |kind, reason| What::Refused(Refusal { kind, reason });
    match code {
        200 => refused(RefusalKind::Circumstance, Reason::RequestRejected),
        326 | 380 | 397 => refused(RefusalKind::Circumstance, Reason::ReauthenticationRequired),
        330 => refused(RefusalKind::Circumstance, Reason::AccountInvalid),
        390 => refused(RefusalKind::Circumstance, Reason::RiskDeclined),
        300 | 325 | 375 => refused(RefusalKind::Access, Reason::AccessRefused),
        210 => refused(RefusalKind::Duplicate, Reason::DuplicateReported),
        _ => What::InDoubt(Reason::AnswerUnknown),
    }
}

#[tokio::test]
async fn every_error_means_what_the_table_says_whatever_its_status() {
    for code in (90..=410).chain([0, u64::MAX]) {
        for status in [200, 400, 401, 500] {
            let body = errors(&[code]).to_string().into_bytes();
            let answer = sent(move |_| Ok((status, body.clone()))).await;
            assert_eq!(whats(&answer), [meaning(code)], "{code} with {status}");
            let words = &answer.inputs[0].words;
            assert_eq!(words.code, Some(code.to_string()), "{code}");
            assert_ne!(words.text.as_deref(), Some("y"), "the text may repeat what was sent");
        }
    }
    for (codes, state) in [
        (vec![200], "FAILED"),
        (vec![375], "PENDING"),
        (vec![210], "INDETERMINATE"),
        (vec![100], "INDETERMINATE"),
        (vec![331], "INDETERMINATE"),
        (vec![200, 210], "INDETERMINATE"),
        (vec![200, 999], "INDETERMINATE"),
        (vec![200, 375], "PENDING"),
    ] {
        let answer = answered(errors(&codes)).await;
        assert_eq!(path(&answer.inputs).await, [state], "{codes:?}");
    }
}

#[tokio::test]
async fn whatever_cannot_be_trusted_is_in_doubt_whatever_its_status() {
    let transaction = json!({ "transaction": deposit(&payout(), 2) }).to_string();
    let bodies = [
        "<html><body>Access denied</body></html>".to_owned(),
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        r#"{"message":"Access not authorized"}"#.to_owned(),
        r#"{"errors":[]}"#.to_owned(),
        r#"{"errors":[{"message":"no code"}]}"#.to_owned(),
        r#"{"errors":{"code":200}}"#.to_owned(),
        r#"{"errors":[{"code":"two hundred"}]}"#.to_owned(),
        transaction.strip_suffix("}}").unwrap().to_owned(),
        format!("{transaction}{}", " ".repeat(REPLY_BYTES_MAX)),
    ];
    for body in bodies {
        for status in [200, 201, 302, 400, 401, 403, 404, 429, 500, 502, 503, 504] {
            let bytes = body.clone().into_bytes();
            let answer = sent(move |_| Ok((status, bytes.clone()))).await;
            let why = match status {
                500.. => Reason::ProviderUnavailable,
                _ => Reason::AnswerUntrusted,
            };
            let start = body.get(..body.len().min(40)).unwrap();
            assert_eq!(whats(&answer), [What::InDoubt(why)], "{start} with {status}");
        }
    }
}

/// A transaction with a status that says that nothing was done contradicts itself.
#[tokio::test]
async fn a_transaction_counts_only_with_a_successful_status() {
    let body = json!({ "transaction": deposit(&payout(), 2) }).to_string().into_bytes();
    for (status, expected) in [
        (200, certain(Reported::Accepted)),
        (201, certain(Reported::Accepted)),
        (302, What::InDoubt(Reason::AnswerUntrusted)),
        (400, What::InDoubt(Reason::AnswerUntrusted)),
        (503, What::InDoubt(Reason::ProviderUnavailable)),
    ] {
        let body = body.clone();
        let answer = sent(move |_| Ok((status, body.clone()))).await;
        assert_eq!(whats(&answer), [expected], "{status}");
    }
}

#[tokio::test]
async fn only_a_connection_that_was_never_made_is_not_sent() {
    assert_eq!(whats(&sent(|_| Err(NoReply::NotSent)).await), [What::NotSent]);
    let lost = sent(|_| Err(NoReply::Lost)).await;
    assert_eq!(whats(&lost), [What::InDoubt(Reason::AnswerLost)]);
}

#[tokio::test]
async fn a_deposit_is_posted_once_with_the_first_credentials() {
    let mut config = config();
    config.credentials.push(crate::rig::credentials("ACCESS2", "k3y-two"));
    let body = json!({ "transaction": deposit(&payout(), 2) });
    let script = Script::new(move |_| ok(&body));
    let americas = trustly::amer::provider::Americas::new(config, script.clone()).unwrap();
    let (payout, request) = submitting().await;
    americas.send(&payout, &request).await;
    let sent = script.sent();
    assert_eq!(sent.len(), 1);
    let base = "https://sandbox.trustly.example/api/v1";
    assert_eq!(sent[0].url, format!("{base}/transactions/{AUTHORIZATION_ID}/deposit"));
    assert_eq!((sent[0].verb, sent[0].content_type), (Verb::Post, Some("application/json")));
    let expected = crate::rig::credentials(ACCESS_ID, ACCESS_KEY).authorization().to_string();
    assert_eq!(sent[0].authorization.as_deref(), Some(expected.as_str()));
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_not_sent() {
    let (payout, mut request) = submitting().await;
    request.bytes.truncate(20);
    let answer = crate::rig::offline().send(&payout, &request).await;
    assert_eq!(whats(&answer), [What::NotSent]);
}

proptest! {
    /// Answers carry no signature, but what is not read fully never ends a payout.
    #[test]
    fn a_truncated_answer_is_in_doubt(cut in 0_usize..10_000, status in 0_u64..16) {
        let body = json!({ "transaction": deposit(&payout(), status) }).to_string().into_bytes();
        let cut = cut % body.len();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(sent(move |_| Ok((200, body[..cut].to_vec()))));
        let expected = [Input::own(What::InDoubt(Reason::AnswerUntrusted))];
        prop_assert_eq!(answer.inputs, expected);
    }
}
