//! What notifications mean for a payout, and which are not believed.

use payout::identity::notification_segment;
use payout::input::{Certainty, Reported, What};
use payout::money::Money;
use payout::port::{Inbound, Provider, Receipt, Rejection};
use payout::reason::Reason;
use payout::record::Payout;
use serde_json::Value;
use trustly::eu::novelty::{Count, Part};
use zeroize::Zeroizing;

use crate::rig::{
    certainly, config, europe_of, europe_that_meets, novelties, offline, path, payout, policy,
};
use crate::sample::{money, order, pending, ring, said, taken};
use crate::script::Script;
use crate::support::{OTHER_PAIR, PAIR, Pair, UUID, is_signed, serialise, signed_notification};

fn inbound(segment: &str, body: &str) -> Inbound {
    Inbound {
        path: segment.to_owned(),
        content_type: Some("application/json".to_owned()),
        authorization: None,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn segment_of(payout: &Payout) -> String {
    notification_segment(&ring(&[1]), &payout.id).unwrap()
}

fn received_from(pair: &Pair, method: &str, data: &str) -> Result<Receipt, Rejection> {
    let body = signed_notification(pair, method, data);
    offline().receive(&inbound(&segment_of(&payout()), &body))
}

fn received(method: &str, data: &str) -> Result<Receipt, Rejection> {
    received_from(&PAIR, method, data)
}

/// The data of a notification about the payout, with more members.
fn data(members: &str) -> String {
    let id = payout().id;
    format!(
        r#"{{"messageid":"{id}","orderid":"7653345737","enduserid":"customer 1",
            "notificationid":"9876543456","timestamp":"2027-01-15 08:00:00.5+00"{members}}}"#
    )
}

fn what(method: &str, members: &str) -> What {
    received(method, &data(members)).unwrap().input.what
}

fn certain(status: Reported, reason: Option<Reason>, amount: Option<Money>) -> What {
    said(Certainty::Certain, status, reason, amount)
}

const EUR_800: &str = r#","amount":"800.00","currency":"EUR""#;

#[test]
fn every_method_means_what_the_table_says() {
    let ordered = Some(money(80_000, "EUR"));
    assert_eq!(what("credit", EUR_800), certain(Reported::Failed, None, ordered));
    assert_eq!(what("payoutconfirmation", EUR_800), certain(Reported::Completed, None, ordered));
    let canceled = certainly(Reported::Canceled, Some(Reason::ProviderAborted));
    assert_eq!(what("cancel", ""), canceled);
    let failed = r#","errorcode":"incorrect_account_number","errormessage":"wrong""#;
    // What gives the money back comes by itself: this alone is believed to be bad and no more.
    let hint = |reason| said(Certainty::Unconfirmed, Reported::Failed, Some(reason), None);
    assert_eq!(what("payoutfailed", failed), hint(Reason::AccountInvalid));
    for members in [r#","errorcode":"something_new""#, r#","errorcode":{}"#, ""] {
        assert_eq!(what("payoutfailed", members), hint(Reason::Other), "{members}");
    }
    for (method, members) in [
        ("account", r#","accountid":"1""#),
        ("pending", EUR_800),
        ("debit", EUR_800),
        ("kyc", ""),
        ("payoutsettled", ""),
        ("Credit", EUR_800),
    ] {
        assert_eq!(what(method, members), What::Remarked(Reason::Other), "{method} {members}");
    }
}

#[test]
fn free_text_of_a_notification_is_not_repeated() {
    let said = r#""FI2112345600000785 of Åsa Öberg","errormessage":"Åsa Öberg""#;
    for (method, members) in [
        ("payoutfailed", format!(r#","errorcode":{said}"#)),
        ("payoutfailed", r#","errorcode":"some_thing","errormessage":"Åsa Öberg""#.to_owned()),
        ("FI2112345600000785 of Åsa Öberg", String::new()),
    ] {
        let receipt = received(method, &data(&members)).unwrap();
        let shown = format!("{:?} {}", receipt.input, receipt.method);
        assert!(!shown.contains("FI21") && !shown.contains("berg"), "{shown}");
    }
    let failed = r#","errorcode":"incorrect_account_number","errormessage":"wrong""#;
    let words = received("payoutfailed", &data(failed)).unwrap().input.words;
    assert_eq!(words.code.as_deref(), Some("incorrect_account_number"));
    assert_eq!(words.text.as_deref(), Some("the account number is not correct"));
}

/// Counted only if it is believed.
#[test]
fn novelties_are_counted_by_method_and_part() {
    let met = novelties();
    let script = Script::new(|_| panic!("nothing is to be sent"));
    let europe = europe_that_meets(config(), ring(&[1]), script, met.clone());
    let more = data(r#","amount":"800.00","currency":"EUR","zz_new":1"#);
    for (pair, method, data) in [
        (&PAIR, "credit", &more),
        (&PAIR, "credit", &data(EUR_800)),
        (&OTHER_PAIR, "credit", &more),
        (&PAIR, "astonishment", &more),
        (&PAIR, "bewilderment", &data("")),
    ] {
        let body = signed_notification(pair, method, data);
        let _ = europe.receive(&inbound(&segment_of(&payout()), &body));
    }
    let count = |method, part, notifications| Count { method, part, notifications };
    let expected = [count("credit", Part::Member, 1), count("unknown", Part::Method, 2)];
    assert_eq!(met.counts(), expected);
}

#[test]
fn a_receipt_carries_ids_words_time_and_a_signed_answer() {
    let receipt = received("credit", &data(EUR_800)).unwrap();
    assert_eq!(receipt.names.as_str(), payout().id.as_str());
    assert_eq!(receipt.method, "credit");
    assert_eq!(receipt.input.receipt.as_ref().unwrap().as_str(), "9876543456");
    assert_eq!(receipt.input.words.reference.as_ref().unwrap().as_str(), "7653345737");
    assert_eq!(receipt.input.occurred_at.unwrap().as_millis(), 1_800_000_000_500);
    let answer: Value = serde_json::from_slice(&receipt.acknowledgement.body).unwrap();
    assert_eq!(receipt.acknowledgement.content_type, "application/json");
    let result = &answer["result"];
    assert_eq!((&result["method"], &result["uuid"]), (&"credit".into(), &UUID.into()));
    assert_eq!(result["data"]["status"], "OK");
    let plaintext = format!("credit{UUID}{}", serialise(&result["data"]));
    let signature = result["signature"].as_str().unwrap();
    assert!(is_signed(&OTHER_PAIR.merchant.public_pem(), &plaintext, signature));
}

#[test]
fn a_repeat_is_answered_alike_and_changes_nothing() {
    let europe = offline();
    let body = signed_notification(&PAIR, "credit", &data(EUR_800));
    let first = europe.receive(&inbound(&segment_of(&payout()), &body)).unwrap();
    let second = europe.receive(&inbound(&segment_of(&payout()), &body)).unwrap();
    assert_eq!(first, second);
    let states = path(&europe, &[first.input.clone(), second.input, first.input]);
    assert_eq!(states, ["FAILED"]);
}

/// The amount of every scale is the ordered one or it is not; whatever cannot be read is not.
#[test]
fn amounts_count_whatever_their_scale() {
    for same in ["\"800\"", "\"800.0\"", "\"800.00000000000000000000\"", "800", "800.00"] {
        let members = format!(r#","amount":{same},"currency":"EUR""#);
        for (method, state) in [("credit", "FAILED"), ("payoutconfirmation", "COMPLETED")] {
            let receipt = received(method, &data(&members)).unwrap();
            assert_eq!(path(&offline(), &[receipt.input]), [state], "{method} {same}");
        }
    }
}

/// Neither a success nor money to give back: a person has to look, and it is acknowledged, because
/// repeating it would not make it readable.
#[test]
fn another_amount_or_an_unreadable_one_moves_nothing_and_calls_a_person() {
    for members in [
        r#","amount":"799.99","currency":"EUR""#,
        r#","amount":"800.00","currency":"SEK""#,
        r#","amount":"800.00","currency":"XTS""#,
        r#","amount":"800.00","currency":"eur""#,
        r#","amount":"800.00""#,
        r#","currency":"EUR""#,
        r#","amount":"0.00","currency":"EUR""#,
        r#","amount":"-800.00","currency":"EUR""#,
        r#","amount":"800.001","currency":"EUR""#,
        r#","amount":"800,00","currency":"EUR""#,
        r#","amount":"8e2","currency":"EUR""#,
        r#","amount":"99999999999999999999","currency":"EUR""#,
        r#","amount":null,"currency":"EUR""#,
        r#","amount":{"value":"800.00"},"currency":"EUR""#,
        r#","amount":"800.00","currency":["EUR"]"#,
        "",
    ] {
        for method in ["credit", "payoutconfirmation"] {
            let input = received(method, &data(members)).unwrap().input;
            for start in [pending(order("order-1", money(80_000, "EUR"))), payout_accepted()] {
                let before = start.state;
                let (after, events) = taken(start, &policy(), std::slice::from_ref(&input));
                assert_eq!(after.state, before, "{method} {members}");
                assert_eq!(after.attention, Some(Reason::AmountDiffers), "{method} {members}");
                assert_eq!((after.give_back, events.len()), (None, 1));
            }
        }
    }
}

/// A payout of the least there is must not pass for one whose amount cannot be read.
#[test]
fn the_smallest_payout_differs_from_an_unreadable_amount() {
    for currency in ["CZK", "DKK", "EUR", "GBP", "NOK", "PLN", "RON", "SEK"] {
        let cent = pending(order("order-1", money(1, currency)));
        let input = received("credit", &data(r#","amount":"odd""#)).unwrap().input;
        let (after, _) = taken(cent, &policy(), &[input]);
        assert_eq!(after.attention, Some(Reason::AmountDiffers), "{currency}");
    }
}

fn payout_accepted() -> Payout {
    let payout = crate::rig::submitting(&offline()).0;
    let accepted = payout::input::Input::own(certainly(Reported::Accepted, None));
    taken(payout, &policy(), &[accepted]).0
}

#[test]
fn a_credit_after_a_confirmation_is_a_return_and_an_old_confirmation_changes_nothing() {
    let numbered = |method: &str, id: &str| {
        let data = data(EUR_800).replace("9876543456", id);
        received(method, &data).unwrap().input
    };
    let (confirmed, credited) = (numbered("payoutconfirmation", "1"), numbered("credit", "2"));
    let canceled = numbered("cancel", "3");
    // The same confirmation under an id of its own, as if its first coming had been forgotten.
    let replayed = numbered("payoutconfirmation", "4");
    let inputs = [confirmed, credited, canceled, replayed];
    let (after, events) = taken(payout_accepted(), &policy(), &inputs);
    let states: Vec<_> = events.iter().map(|event| event.after.name().as_str()).collect();
    assert_eq!(states, ["COMPLETED", "RETURNED", "RETURNED", "RETURNED"]);
    assert_eq!(events.iter().filter(|event| event.give_back.is_some()).count(), 1);
    assert_eq!(after.attention, None);
}

#[test]
fn a_confirmation_after_the_money_was_given_back_calls_a_person() {
    let credited = received("credit", &data(EUR_800)).unwrap().input;
    let later = data(EUR_800).replace("9876543456", "2").replace("08:00:00.5", "08:00:01");
    let confirmed = received("payoutconfirmation", &later).unwrap().input;
    let (after, _) = taken(payout_accepted(), &policy(), &[credited, confirmed]);
    assert_eq!(after.state.name().as_str(), "FAILED");
    assert_eq!(after.attention, Some(Reason::Contradicted));
}

#[test]
fn a_cancel_before_the_reply_ends_the_payout_once() {
    let canceled = received("cancel", &data("")).unwrap().input;
    let reply = payout::input::Input::own(certainly(Reported::Accepted, None));
    let (after, events) =
        taken(crate::rig::submitting(&offline()).0, &policy(), &[canceled, reply]);
    assert_eq!(after.state.name().as_str(), "FAILED");
    assert_eq!(events.iter().filter(|event| event.give_back.is_some()).count(), 1);
}

#[test]
fn only_its_own_address_takes_a_notification() {
    let other = pending(order("order-2", money(80_000, "EUR")));
    let body = signed_notification(&PAIR, "credit", &data(EUR_800));
    let receive = |segment: &str| offline().receive(&inbound(segment, &body)).map(|_| ());
    assert_eq!(receive(&segment_of(&payout())), Ok(()));
    let own = segment_of(&payout());
    for bad in [
        segment_of(&other),
        String::new(),
        payout().id.as_str().to_owned(),
        format!("{own}x"),
        own.replace(".1.", ".2."),
        format!("{own}/"),
        notification_segment(&ring(&[9]), &payout().id).unwrap(),
    ] {
        assert_eq!(receive(&bad), Err(Rejection::Forged), "{bad}");
    }
}

#[test]
fn an_address_made_with_an_older_key_is_still_taken() {
    let body = signed_notification(&PAIR, "cancel", &data(""));
    let rotated = |keys: &[u8]| {
        let script = Script::new(|_| panic!("nothing is to be sent"));
        let europe = europe_of(config(), ring(keys), script);
        europe.receive(&inbound(&segment_of(&payout()), &body)).map(|_| ())
    };
    assert_eq!(rotated(&[1, 2]), Ok(()));
    assert_eq!(rotated(&[2]), Err(Rejection::Forged));
}

#[test]
fn what_trustly_did_not_sign_for_this_payout_is_not_believed() {
    assert_eq!(received_from(&OTHER_PAIR, "credit", &data(EUR_800)), Err(Rejection::Forged));
    let mismatch = data(EUR_800).replace(payout().id.as_str(), "po_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(received("credit", &mismatch), Err(Rejection::Forged));
    let empty = data(EUR_800).replace(payout().id.as_str(), "");
    assert_eq!(received("credit", &empty), Err(Rejection::Forged));
    let genuine = signed_notification(&PAIR, "credit", &data(EUR_800));
    for (from, to) in [("800.00", "900.00"), ("credit", "cancel"), ("\"signature\"", "\"s\"")] {
        let body = genuine.replacen(from, to, 1);
        let refused = offline().receive(&inbound(&segment_of(&payout()), &body));
        assert_eq!(refused, Err(Rejection::Forged), "{from}");
    }
    for body in ["", "{}", "<html>", "amount=1", genuine.strip_suffix('}').unwrap()] {
        let refused = offline().receive(&inbound(&segment_of(&payout()), body));
        assert_eq!(refused, Err(Rejection::Malformed), "{body}");
    }
}

/// Nobody but Trustly has a reason to sign so at an address with our mac: it is told apart from a
/// forgery, because statuses are lost until somebody looks.
#[test]
fn an_unknown_algorithm_is_no_forgery() {
    let genuine = signed_notification(&PAIR, "credit", &data(EUR_800));
    let renamed = |prefix: &str| {
        let body = genuine.replacen("\"signature\":\"", &format!("\"signature\":\"{prefix}"), 1);
        assert_ne!(body, genuine);
        (offline().receive(&inbound(&segment_of(&payout()), &body)), body)
    };
    for prefix in ["alg=PS256;", "alg=RS1;", "alg=", "alg=rs256;"] {
        let (refused, body) = renamed(prefix);
        assert_eq!(refused, Err(Rejection::Unverifiable), "{prefix}");
        let elsewhere = offline().receive(&inbound("po_x.1.ab", &body));
        assert_eq!(elsewhere, Err(Rejection::Forged), "the address comes first");
    }
    assert_eq!(renamed("alg=RS256;").0, Err(Rejection::Forged));
}

/// What readers may disagree about is refused although its signature is good under one reading.
#[test]
fn signed_bodies_that_can_be_read_in_two_ways_are_refused() {
    let genuine = signed_notification(&PAIR, "credit", &data(EUR_800));
    let refused = |from: &str, to: &str| {
        let body = genuine.replacen(from, to, 1);
        assert_ne!(body, genuine, "{from}");
        offline().receive(&inbound(&segment_of(&payout()), &body)).unwrap_err()
    };
    let amount = r#""amount":"800.00""#;
    for twice in [r#""amount":"800.00""#, r#""amount":"900.00""#, r#""\u0061mount":"800.00""#] {
        assert_eq!(refused(amount, &format!("{amount},{twice}")), Rejection::Malformed);
        assert_eq!(refused(amount, &format!("{twice},{amount}")), Rejection::Malformed);
    }
    assert_eq!(refused("\"params\"", "\"params\":{},\"params\""), Rejection::Malformed);
    assert_eq!(refused("\"uuid\"", &format!("\"uuid\":\"{UUID}\",\"uuid\"")), Rejection::Malformed);
    let deep = format!(r#"{amount},"z":{}{}"#, "[".repeat(100), "]".repeat(100));
    assert_eq!(refused(amount, &deep), Rejection::Malformed, "empty arrays change no signature");
    let long = format!(r#""amount":800.{}"#, "0".repeat(100));
    assert_eq!(refused(amount, &long), Rejection::Malformed);
}

/// The address alone is not enough to act on: what is signed must name the payout too.
#[test]
fn what_does_not_name_the_payout_is_not_acted_on() {
    for method in ["credit", "cancel", "payoutconfirmation"] {
        for bad in [r#""other":"#, r#""messageid":null,"other":"#] {
            let data = data(EUR_800).replacen(r#""messageid":"#, bad, 1);
            assert_eq!(received(method, &data), Err(Rejection::Malformed), "{method} {bad}");
        }
    }
    let unknown = received("payoutsettled", r#"{"notificationid":"1"}"#).unwrap();
    assert_eq!(unknown.input.what, What::Remarked(Reason::Other));
}

#[test]
fn a_notification_without_a_usable_id_is_known_by_its_uuid() {
    for id in ["null", "{}", "\"\"", "\"a b\"", "\"\u{e5}\""] {
        let data = data("").replace("\"9876543456\"", id);
        let receipt = received("cancel", &data).unwrap().input.receipt.unwrap();
        assert_eq!(receipt.as_str(), format!("uuid:{UUID}"), "{id}");
    }
    let long = data("").replace("9876543456", &"9".repeat(129));
    assert!(received("cancel", &long).unwrap().input.receipt.is_some());
}

#[test]
fn odd_times_and_names_do_no_harm() {
    let data = data("").replace("2027-01-15 08:00:00.5+00", "yesterday");
    assert_eq!(received("cancel", &data).unwrap().input.occurred_at, None);
    let name = "x".repeat(10_000);
    let receipt = received(&name, r#"{"notificationid":"1"}"#).unwrap();
    assert_eq!(receipt.method.len(), 200);
}
