//! What an answer to AccountPayout means for a payout: on the first send, and when asked again.

use std::sync::Mutex;

use payout::input::{Input, Refusal, RefusalKind, Reported, What};
use payout::port::{Answer, EvidenceKind, Provider};
use payout::reason::Reason;
use proptest::prelude::*;
use trustly::eu::answer::ResultZero;
use trustly::eu::code::look_up;
use trustly::eu::provider::Config;
use trustly::eu::wire::MESSAGE_BYTES_MAX;
use trustly::transport::{NoReply, Verb};

use crate::rig::{
    ACCEPTED, body, certainly, config, error, europe, europe_of, offline, path, policy, request,
    result, submitting,
};
use crate::sample::{ring, taken, whats};
use crate::script::{Outcome, Script, Sent};
use crate::support::{OTHER_PAIR, PAIR};

/// Sends a payout to a network that answers so.
async fn sent(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Answer {
    let (europe, _) = europe(play);
    let (payout, request) = submitting(&europe);
    europe.send(&payout, &request).await
}

/// Asks about a payout whose first answer was lost.
async fn asked(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Answer {
    let (europe, script) = europe(play);
    let (payout, request) = submitting(&europe);
    let (payout, _) = taken(payout, &policy(), &[Input::own(What::InDoubt(Reason::AnswerLost))]);
    let answer = europe.ask(&payout, None, Some(&request)).await;
    let sent = script.sent();
    assert_eq!(sent.len(), 1, "asked once");
    assert_eq!(sent[0].body, request.bytes.as_slice(), "the same bytes and nothing else");
    answer
}

fn refused(kind: RefusalKind, reason: Reason) -> What {
    What::Refused(Refusal { kind, reason })
}

fn code_of(answer: &Answer) -> Option<&str> {
    answer.inputs[0].words.code.as_deref()
}

/// What each error of Trustly's tables means, once its signature is verified. Written out a second
/// time, from the error pages.
fn meaning(code: u64) -> What {
    match code {
        624 => refused(RefusalKind::Content, Reason::AccountInvalid),
        615 | 622 | 623 | 642 | 645 | 655 | 696..=698 | 700..=706 | 717 | 734 | 737 => {
            refused(RefusalKind::Content, Reason::RequestRejected)
        }
        638 => refused(RefusalKind::Circumstance, Reason::CustomerBlocked),
        602 | 607 | 616 | 636 | 639 | 712 | 718 | 732 => {
            refused(RefusalKind::Access, Reason::AccessRefused)
        }
        637 | 688 => refused(RefusalKind::Duplicate, Reason::DuplicateReported),
        _ => What::InDoubt(Reason::AnswerUnknown),
    }
}

const CODES: std::ops::RangeInclusive<u64> = 595..=745;

#[tokio::test]
async fn every_verified_error_means_what_the_table_says() {
    for code in CODES.chain([0, 1, u64::MAX]) {
        let answer = sent(move |sent| Ok((200, error(Some(&PAIR), sent, code)))).await;
        assert_eq!(whats(&answer), [meaning(code)], "{code}");
        assert_eq!(code_of(&answer), Some(code.to_string().as_str()));
        let text = answer.inputs[0].words.text.as_deref();
        assert_eq!(text, Some(look_up(code).meaning), "in our words: {code}");
        let again = asked(move |sent| Ok((500, error(Some(&PAIR), sent, code)))).await;
        assert_eq!(whats(&again), [meaning(code)], "{code} when asked");
    }
}

#[tokio::test]
async fn an_unverified_error_settles_nothing_and_is_only_a_hint() {
    for code in CODES.step_by(7).chain([607, 616, 624, 636, 637, 638, 639, 718]) {
        for signer in [None, Some(&*OTHER_PAIR)] {
            let answer = sent(move |sent| Ok((200, error(signer, sent, code)))).await;
            let doubt = match meaning(code) {
                What::Refused(refusal) if refusal.kind == RefusalKind::Access => {
                    What::InDoubt(Reason::AccessRefused)
                }
                _ => What::InDoubt(Reason::AnswerUntrusted),
            };
            assert_eq!(whats(&answer), std::slice::from_ref(&doubt), "{code}");
            assert_eq!(code_of(&answer), Some(format!("{code} (unverified)").as_str()));
            assert_eq!(path(&offline(), &answer.inputs), ["INDETERMINATE"]);
            let again = asked(move |sent| Ok((200, error(signer, sent, code)))).await;
            assert_eq!(whats(&again), [doubt], "{code}");
        }
    }
}

/// A key that was mistaken or replaced shows in what operators see of the payout.
#[tokio::test]
async fn why_an_answer_is_not_trusted_is_told() {
    type Case = (fn(&Sent) -> Vec<u8>, &'static str);
    let cases: [Case; 4] = [
        (|sent| result(&OTHER_PAIR, sent, ACCEPTED), "signature matches none of the accepted"),
        (|sent| renamed(sent, "alg=PS256;"), "signature names an unknown algorithm"),
        (|sent| renamed(sent, "!"), "signature is not base64"),
        (|sent| error(None, sent, 624), "message is not signed"),
    ];
    for (play, said) in cases {
        let answer = sent(move |sent| Ok((200, play(sent)))).await;
        assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerUntrusted)]);
        let text = answer.inputs[0].words.text.as_deref().unwrap();
        assert!(text.contains(said), "{text}");
    }
}

/// An accepted payout's answer with something before its signature.
fn renamed(sent: &Sent, prefix: &str) -> Vec<u8> {
    let text = String::from_utf8(result(&PAIR, sent, ACCEPTED)).unwrap();
    let (from, to) = ("\"signature\":\"", format!("\"signature\":\"{prefix}"));
    assert!(text.contains(from), "{text}");
    text.replacen(from, &to, 1).into_bytes()
}

#[tokio::test]
async fn results_are_accepted_or_refused() {
    let answer = sent(|sent| Ok((200, result(&PAIR, sent, ACCEPTED)))).await;
    assert_eq!(whats(&answer), [certainly(Reported::Accepted, None)]);
    let reference = answer.inputs[0].words.reference.as_ref().unwrap();
    assert_eq!(reference.as_str(), "7653345737");
    assert_eq!(answer.evidence.len(), 1);
    assert_eq!(answer.evidence[0].kind, EvidenceKind::Reply);
    assert_eq!(path(&offline(), &answer.inputs), ["ACCEPTED"]);

    let refusal = refused(RefusalKind::Circumstance, Reason::ProviderAborted);
    for data in [r#"{"orderid":"1","result":"0"}"#, r#"{"result":0}"#] {
        let answer = sent(move |sent| Ok((200, result(&PAIR, sent, data)))).await;
        assert_eq!(whats(&answer), std::slice::from_ref(&refusal), "{data}");
        assert_eq!(path(&offline(), &answer.inputs), ["FAILED"]);
        let again = asked(move |sent| Ok((200, result(&PAIR, sent, data)))).await;
        assert_eq!(whats(&again), std::slice::from_ref(&refusal), "{data}");
        let doubt = Input::own(What::InDoubt(Reason::AnswerLost));
        let inputs: Vec<Input> = [doubt].into_iter().chain(again.inputs).collect();
        assert_eq!(path(&offline(), &inputs), ["INDETERMINATE", "INDETERMINATE"]);
    }
}

#[tokio::test]
async fn a_result_0_is_in_doubt_where_the_merchant_says_so() {
    let script = Script::new(|sent| Ok((200, result(&PAIR, sent, r#"{"result":"0"}"#))));
    let config = Config { result_zero: ResultZero::InDoubt, ..config() };
    let europe = europe_of(config, ring(&[1]), script);
    let (payout, request) = submitting(&europe);
    for answer in
        [europe.send(&payout, &request).await, europe.ask(&payout, None, Some(&request)).await]
    {
        assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerUnknown)]);
        assert_eq!(code_of(&answer), Some("result 0"));
    }
}

#[tokio::test]
async fn a_signed_result_that_says_neither_is_in_doubt() {
    for data in [
        r"{}",
        r#"{"result":"1"}"#,
        r#"{"orderid":"","result":"1"}"#,
        r#"{"orderid":"1","result":"2"}"#,
        r#"{"orderid":"1","result":true}"#,
        r#"{"orderid":"1"}"#,
        r#"[{"orderid":"1","result":"1"}]"#,
        r#"{"code":624,"message":"ERROR_INVALID_BANK_ACCOUNT_NUMBER"}"#,
    ] {
        let answer = sent(move |sent| Ok((200, result(&PAIR, sent, data)))).await;
        assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerUntrusted)], "{data}");
        let again = asked(move |sent| Ok((200, result(&PAIR, sent, data)))).await;
        assert_eq!(whats(&again), [What::InDoubt(Reason::AnswerUntrusted)], "{data}");
    }
}

type Spoil = fn(&Sent) -> Vec<u8>;

/// An accepted payout's answer, spoilt in one way each.
fn spoilt() -> Vec<(&'static str, Spoil)> {
    fn replaced(sent: &Sent, from: &str, to: &str) -> Vec<u8> {
        let text = String::from_utf8(result(&PAIR, sent, ACCEPTED)).unwrap();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    }
    vec![
        ("another signer", |sent| result(&OTHER_PAIR, sent, ACCEPTED)),
        ("another order", |sent| replaced(sent, "7653345737", "7653345738")),
        ("no signature", |sent| replaced(sent, "\"signature\"", "\"signatures\"")),
        ("another method", |sent| replaced(sent, "AccountPayout", "Refund")),
        ("wrong uuid", |sent| {
            let mut other = sent.clone();
            let text = String::from_utf8(other.body).unwrap();
            let uuid = body(sent)["params"]["UUID"].as_str().unwrap().to_owned();
            other.body = text.replace(&uuid, "258a2184-2842-b485-25ca-293525152425").into_bytes();
            result(&PAIR, &other, ACCEPTED)
        }),
        ("result and error", |sent| replaced(sent, "{\"result\"", "{\"error\":{},\"result\"")),
        ("neither", |_| br#"{"version":"1.1"}"#.to_vec()),
        ("truncated", |sent| {
            let mut body = result(&PAIR, sent, ACCEPTED);
            body.truncate(body.len() - 1);
            body
        }),
        ("oversized", |sent| {
            let mut body = result(&PAIR, sent, ACCEPTED);
            body.resize(MESSAGE_BYTES_MAX + 1, b' ');
            body
        }),
        ("a page", |_| b"<html><body>OK</body></html>".to_vec()),
        ("nothing", |_| Vec::new()),
        ("not UTF-8", |_| b"\xff\xfe".to_vec()),
    ]
}

#[tokio::test]
async fn whatever_cannot_be_trusted_is_in_doubt_whatever_its_status() {
    for (name, spoil) in spoilt() {
        for status in [200, 202, 302, 400, 401, 403, 404, 429, 500, 502, 503, 504] {
            let answer = sent(move |sent| Ok((status, spoil(sent)))).await;
            let [Input { what: What::InDoubt(reason), .. }] = answer.inputs.as_slice() else {
                panic!("{name} with {status}: {:?}", answer.inputs);
            };
            let known = [Reason::AnswerUntrusted, Reason::ProviderUnavailable];
            assert!(known.contains(reason), "{name} with {status}: {reason:?}");
            let again = asked(move |sent| Ok((status, spoil(sent)))).await;
            assert_eq!(whats(&again), whats(&answer), "{name} with {status}");
        }
    }
    let page = sent(|_| Ok((502, b"<html>Bad Gateway</html>".to_vec()))).await;
    assert_eq!(whats(&page), [What::InDoubt(Reason::ProviderUnavailable)]);
}

#[tokio::test]
async fn only_a_connection_that_was_never_made_is_not_sent() {
    let answer = sent(|_| Err(NoReply::NotSent)).await;
    assert_eq!(whats(&answer), [What::NotSent]);
    let answer = sent(|_| Err(NoReply::Lost)).await;
    assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerLost)]);
    for (outcome, why) in
        [(NoReply::NotSent, Reason::ConnectionFailed), (NoReply::Lost, Reason::AnswerLost)]
    {
        let again = asked(move |_| Err(outcome)).await;
        assert_eq!(whats(&again), [What::InDoubt(why)], "the first send may have arrived");
    }
}

#[tokio::test]
async fn bytes_that_are_no_request_are_not_sent() {
    let europe = offline();
    let (payout, mut request) = submitting(&europe);
    request.bytes.truncate(10);
    assert_eq!(whats(&europe.send(&payout, &request).await), [What::NotSent]);
    let again = europe.ask(&payout, None, Some(&request)).await;
    assert!(matches!(whats(&again)[..], [What::InDoubt(_)]), "an earlier send may have arrived");
}

#[tokio::test]
async fn without_a_request_nothing_is_asked() {
    let europe = offline();
    let (payout, _) = submitting(&europe);
    assert_eq!(europe.ask(&payout, None, None).await, Answer::default());
}

/// The first answer's signature is bad; Trustly answers the repeat as it did the first time.
#[tokio::test]
async fn a_bad_signature_on_an_accepted_payout_is_made_up_for_by_the_repeat() {
    let first = Mutex::new(true);
    let (europe, script) = europe(move |sent| {
        let first = std::mem::replace(&mut *first.lock().unwrap(), false);
        Ok((200, result(if first { &OTHER_PAIR } else { &PAIR }, sent, ACCEPTED)))
    });
    let (payout, request) = submitting(&europe);
    let answer = europe.send(&payout, &request).await;
    let (payout, _) = taken(payout, &policy(), &answer.inputs);
    assert_eq!(payout.state.name().as_str(), "INDETERMINATE");
    let answer = europe.ask(&payout, None, Some(&request)).await;
    let (payout, _) = taken(payout, &policy(), &answer.inputs);
    assert_eq!(payout.state.name().as_str(), "ACCEPTED");
    let sent = script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!((&sent[0].body, &sent[0].url), (&sent[1].body, &sent[1].url));
}

/// The states that a refusal leads to, first with nothing in doubt, then with an earlier send.
#[tokio::test]
async fn a_refusal_settles_as_much_as_it_proves() {
    for (code, at_once, in_doubt) in [
        (624, "FAILED", "FAILED"),
        (638, "FAILED", "INDETERMINATE"),
        (616, "PENDING", "INDETERMINATE"),
        (637, "INDETERMINATE", "INDETERMINATE"),
        (620, "INDETERMINATE", "INDETERMINATE"),
        (999, "INDETERMINATE", "INDETERMINATE"),
    ] {
        let answer = sent(move |sent| Ok((200, error(Some(&PAIR), sent, code)))).await;
        assert_eq!(path(&offline(), &answer.inputs), [at_once], "{code}");
        let again = asked(move |sent| Ok((200, error(Some(&PAIR), sent, code)))).await;
        let doubt = Input::own(What::InDoubt(Reason::AnswerLost));
        let inputs: Vec<Input> = [doubt].into_iter().chain(again.inputs).collect();
        assert_eq!(path(&offline(), &inputs).last(), Some(&in_doubt), "{code}");
    }
}

#[tokio::test]
async fn a_request_goes_to_the_configured_address_as_json() {
    let (europe, script) = europe(|sent| Ok((200, result(&PAIR, sent, ACCEPTED))));
    let (payout, request) = submitting(&europe);
    europe.send(&payout, &request).await;
    let sent = &script.sent()[0];
    assert_eq!((sent.verb, sent.url.as_str()), (Verb::Post, "https://test.trustly.example/api/1"));
    assert_eq!(sent.content_type, Some("application/json; charset=utf-8"));
    assert_eq!(sent.authorization, None);
    assert_eq!(sent.body, request.bytes.as_slice());
}

#[tokio::test]
async fn any_of_the_accepted_keys_will_do_while_trustly_rotates() {
    let mut config = config();
    config.trustly_keys = vec![OTHER_PAIR.trustly[0].clone(), PAIR.trustly[0].clone()];
    let script = Script::new(|sent| Ok((200, result(&PAIR, sent, ACCEPTED))));
    let europe = europe_of(config, ring(&[1]), script);
    let (payout, _) = submitting(&europe);
    let answer = europe.send(&payout, &request(&europe, &payout)).await;
    assert_eq!(whats(&answer), [certainly(Reported::Accepted, None)]);
}

/// The merchant's key is replaced while a request is in doubt: the bytes that the old one signed
/// are what Trustly remembers, and are sent as they are.
#[tokio::test]
async fn what_an_older_key_signed_is_sent_as_it_is() {
    let (before, _) = europe(|_| Err(NoReply::Lost));
    let (payout, sealed) = submitting(&before);
    let mut config = config();
    config.key = crate::rig::another_merchant_key();
    config.algorithm = trustly::eu::signature::Algorithm::Rs256;
    let script = Script::new(|sent| Ok((200, result(&PAIR, sent, ACCEPTED))));
    let after = europe_of(config, ring(&[1]), script.clone());
    let answer = after.ask(&payout, None, Some(&sealed)).await;
    assert_eq!(whats(&answer), [certainly(Reported::Accepted, None)]);
    assert_eq!(script.sent()[0].body, sealed.bytes.as_slice());
    assert_ne!(request(&after, &payout).bytes, sealed.bytes, "a new request is signed anew");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// However an answer is damaged, it says what Trustly signed or nothing.
    #[test]
    fn a_damaged_answer_says_what_was_signed_or_nothing(
        accepted in any::<bool>(),
        cut in 0_usize..900,
        flips in proptest::collection::vec((0_usize..900, 0_u8..8), 0..4),
        truncate in any::<bool>(),
    ) {
        let genuine = move |sent: &Sent| match accepted {
            true => result(&PAIR, sent, ACCEPTED),
            false => error(Some(&PAIR), sent, 624),
        };
        let damaged = move |sent: &Sent| {
            let mut bytes = genuine(sent);
            for (position, bit) in &flips {
                let position = position % bytes.len();
                bytes[position] ^= 1 << bit;
            }
            if truncate {
                bytes.truncate(cut);
            }
            Ok((200, bytes))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let expected = match accepted {
            true => certainly(Reported::Accepted, None),
            false => meaning(624),
        };
        let answer = runtime.block_on(sent(damaged.clone()));
        let what = &whats(&answer)[0];
        prop_assert!(matches!(what, What::InDoubt(_)) || *what == expected, "{what:?}");
        let again = &whats(&runtime.block_on(asked(damaged)))[0];
        prop_assert!(matches!(again, What::InDoubt(_)) || *again == expected, "{again:?}");
    }
}
