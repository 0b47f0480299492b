//! What webhooks mean for a payout, and which are not believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use payout::id::ProviderReference;
use payout::input::{Certainty, Input, Reported, What};
use payout::port::{Inbound, Provider, Receipt, Rejection};
use payout::reason::Reason;
use trustly::amer::signature::{Algorithm, sign};
use zeroize::Zeroizing;

use crate::rig::{
    ACCESS_ID, ACCESS_KEY, DEPOSIT_ID, config, credentials, offline, path, payout, policy,
    submitting,
};
use crate::sample::{said, taken};
use crate::script::Script;

/// A webhook of this body, signed over `signed` by `access_id` with `access_key`.
fn inbound(body: &str, signed: &str, access_id: &str, access_key: &str) -> Inbound {
    let signature = sign(&credentials(access_id, access_key), Algorithm::Sha1, signed);
    let header = format!("Basic {}", STANDARD.encode(format!("{access_id}:{signature}")));
    Inbound {
        path: String::new(),
        content_type: Some("application/x-www-form-urlencoded".to_owned()),
        authorization: Some(Zeroizing::new(header)),
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn received(body: &str) -> Result<Receipt, Rejection> {
    offline().receive(&inbound(body, body, ACCESS_ID, ACCESS_KEY))
}

/// A webhook about the payout's deposit. Nothing in it needs to be escaped.
fn about(status: &str, more: &str) -> String {
    format!(
        "merchantId=1002463580&merchantReference={}&transactionType=6&eventId=1033100695\
         &eventType=Complete&objectId={DEPOSIT_ID}&objectType=Transaction\
         &createdAt=1800000000500&status={status}{more}",
        payout().id
    )
}

fn what(body: &str) -> What {
    received(body).unwrap().input.what
}

fn unconfirmed(status: Reported, reason: Reason) -> What {
    said(Certainty::Unconfirmed, status, Some(reason), None)
}

/// All news makes us ask: an old webhook passes its signature for ever, and the key that signs it
/// signs other things as well.
#[test]
fn every_status_means_what_the_table_says() {
    let good = |status| said(Certainty::Unconfirmed, status, None, None);
    for (number, expected) in [
        ("0", good(Reported::Accepted)),
        ("1", good(Reported::Accepted)),
        ("2", good(Reported::Accepted)),
        ("14", good(Reported::Accepted)),
        ("3", good(Reported::Processing)),
        ("4", good(Reported::Completed)),
        ("5", unconfirmed(Reported::Failed, Reason::ProviderAborted)),
        ("6", unconfirmed(Reported::Failed, Reason::ProviderAborted)),
        ("7", unconfirmed(Reported::Canceled, Reason::ProviderAborted)),
        ("8", unconfirmed(Reported::Failed, Reason::ProviderAborted)),
        ("10", unconfirmed(Reported::Returned, Reason::ReturnedByBank)),
        ("13", unconfirmed(Reported::Canceled, Reason::ProviderAborted)),
        ("11", What::Remarked(Reason::AmountDiffers)),
        ("12", What::Remarked(Reason::AmountDiffers)),
        ("9", What::Remarked(Reason::Other)),
        ("99", What::Remarked(Reason::Other)),
        ("Completed", What::Remarked(Reason::Other)),
        ("", What::Remarked(Reason::Other)),
    ] {
        assert_eq!(what(&about(number, "")), expected, "{number}");
    }
}

/// The name of an event, of which several spellings are documented, decides nothing.
#[test]
fn type_and_status_drive_and_names_do_not() {
    for name in ["Complete", "Completed", "Deny", "Refresh", "Dispute", "", "NEW"] {
        let body = about("4", "").replace("eventType=Complete", &format!("eventType={name}"));
        assert_eq!(what(&body), said(Certainty::Unconfirmed, Reported::Completed, None, None));
        assert_eq!(received(&body).unwrap().method, name);
    }
    for kind in ["0", "1", "2", "3", "5", "7", "99", "deposit", ""] {
        let kind = format!("transactionType={kind}&");
        for status in ["2", "4", "8", "10"] {
            let body = about(status, "").replace("transactionType=6&", &kind);
            assert_eq!(what(&body), What::Remarked(Reason::Other), "{kind} {status}");
        }
    }
}

#[test]
fn reasons_come_from_codes() {
    let denied = |more: &str| match what(&about("8", more)) {
        What::Reported(report) => report.reason.unwrap(),
        other => panic!("{other:?}"),
    };
    for (more, expected) in [
        ("&paymentProviderTransaction.status=SW056", Reason::AccountInvalid),
        ("&paymentProviderTransaction.status=SW054", Reason::RiskDeclined),
        ("&paymentProviderTransaction.status=SW055&extendedReason.code=60000", Reason::Sanctions),
        ("&paymentProviderTransaction.status=AC115&returnType=R02", Reason::AccountClosed),
        ("&paymentProviderTransaction.status=NEW", Reason::ProviderAborted),
    ] {
        assert_eq!(denied(more), expected, "{more}");
    }
    let words = received(&about("8", "&errorCode=330")).unwrap().input.words;
    assert_eq!(words.code.as_deref(), Some("330"));
}

#[test]
fn a_receipt_carries_ids_time_and_an_answer() {
    let receipt = received(&about("4", "")).unwrap();
    assert_eq!(receipt.names.as_str(), payout().id.as_str());
    assert_eq!(receipt.input.receipt.as_ref().unwrap().as_str(), "1033100695");
    assert_eq!(receipt.input.words.reference.as_ref().unwrap().as_str(), DEPOSIT_ID);
    assert_eq!(receipt.input.occurred_at.unwrap().as_millis(), 1_800_000_000_500);
    assert_eq!(receipt.acknowledgement.body, b"OK");
}

#[tokio::test]
async fn a_bad_word_gives_nothing_back_before_a_look_up() {
    let denied = received(&about("8", "")).unwrap().input;
    let (after, events) = taken(submitting().await.0, &policy(), &[denied]);
    assert_eq!(after.state.name().as_str(), "SUBMITTING");
    assert_eq!(
        (after.unconfirmed.map(|hint| hint.status), after.give_back),
        (Some(Reported::Failed), None)
    );
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn a_repeat_or_a_replay_changes_nothing() {
    let word = |status: &str, event: &str| {
        received(&about(status, "").replace("1033100695", event)).unwrap().input
    };
    let repeated = [word("4", "1"), word("4", "1"), word("4", "1")];
    assert_eq!(path(&repeated).await, ["SUBMITTING"], "asked about once");
    let mut completed = Input::own(said(Certainty::Certain, Reported::Completed, None, None));
    completed.words.reference = Some(ProviderReference::parse(DEPOSIT_ID).unwrap());
    // The same events under ids of their own, as if the first ones had been forgotten.
    let replayed = [completed.clone(), word("4", "1"), word("2", "2"), word("3", "3")];
    assert_eq!(path(&replayed).await, ["COMPLETED"; 4]);
    // After the end: what was true before it is old news, and no money moves.
    let mut returned = Input::own(said(
        Certainty::Certain,
        Reported::Returned,
        Some(Reason::ReturnedByBank),
        None,
    ));
    returned.words.reference = Some(ProviderReference::parse(DEPOSIT_ID).unwrap());
    let inputs = [completed, returned, word("4", "5"), word("2", "6"), word("8", "7")];
    let (after, events) = taken(submitting().await.0, &policy(), &inputs);
    assert_eq!(after.state.name().as_str(), "RETURNED");
    assert_eq!(events.iter().filter(|event| event.give_back.is_some()).count(), 1);
    assert_eq!(after.attention, None);
}

/// What is no transaction lends its id to no payout: it would be asked for as if it were one.
#[test]
fn other_objects_are_remarks_without_a_reference() {
    let dispute = about("4", "").replace("objectType=Transaction", "objectType=Stopped");
    let receipt = received(&dispute).unwrap();
    assert_eq!(receipt.input.what, What::Remarked(Reason::Other));
    assert_eq!(receipt.input.words.reference, None);
    let lower = about("4", "").replace("objectType=Transaction", "objectType=transaction");
    assert!(matches!(what(&lower), What::Reported(_)));
    let unsaid = about("4", "").replace("&objectType=Transaction", "");
    assert!(matches!(what(&unsaid), What::Reported(_)));
    for odd in ["x1", "1/cancel", "1%3Fx"] {
        let body = about("4", "").replace(DEPOSIT_ID, odd);
        let signed = body.replace("%3F", "?");
        let receipt = offline().receive(&inbound(&body, &signed, ACCESS_ID, ACCESS_KEY)).unwrap();
        assert_eq!(receipt.input.words.reference, None, "{odd}");
    }
}

#[tokio::test]
async fn a_second_transaction_under_our_name_calls_a_person() {
    let mut first = Input::own(said(Certainty::Certain, Reported::Accepted, None, None));
    first.words.reference = Some(ProviderReference::parse(DEPOSIT_ID).unwrap());
    let other = about("4", "").replace(DEPOSIT_ID, "7").replace("1033100695", "2");
    let (after, _) =
        taken(submitting().await.0, &policy(), &[first, received(&other).unwrap().input]);
    assert_eq!(after.state.name().as_str(), "ACCEPTED");
    assert_eq!(after.attention, Some(Reason::Contradicted));
}

/// All webhooks of a merchant come to one address, those about its customers' payments included.
#[test]
fn only_what_is_certainly_something_else_concerns_no_payout() {
    let concerns = |kind: &str, more: &str| {
        let body = about("4", more).replace("transactionType=6", kind);
        received(&body).unwrap().may_concern_payouts
    };
    for number in [1, 2, 3, 4, 8, 9, 10, 11] {
        let kind = format!("transactionType={number}");
        assert!(!concerns(&kind, ""), "{number}");
        let dispute = about("4", "").replace("transactionType=6", &kind);
        let dispute = dispute.replace("objectType=Transaction", "objectType=Stopped");
        assert!(received(&dispute).unwrap().may_concern_payouts, "{number}");
    }
    for kind in ["0", "5", "6", "7", "12", "99", "deposit", "-1", ""] {
        assert!(concerns(&format!("transactionType={kind}"), ""), "{kind}");
    }
    assert!(concerns("transactionKind=3", ""));
}

#[test]
fn a_webhook_names_our_reference_or_at_least_a_transaction() {
    let strip = |body: &str, member: &str| {
        let kept: Vec<&str> = body.split('&').filter(|pair| !pair.starts_with(member)).collect();
        kept.join("&")
    };
    let nameless = strip(&about("4", ""), "merchantReference");
    assert_eq!(received(&nameless).unwrap().names.as_str(), DEPOSIT_ID);
    let nothing = strip(&nameless, "objectId");
    assert_eq!(received(&nothing), Err(Rejection::Malformed));
    assert_eq!(received(&strip(&about("4", ""), "eventId")), Err(Rejection::Malformed));
    let foreign = about("4", "").replace(payout().id.as_str(), "auth-7f3c1");
    assert_eq!(received(&foreign).unwrap().names.as_str(), "auth-7f3c1");
}

/// Trustly signs the decoded body and leaves open what becomes of a plus sign.
#[test]
fn all_three_decodings_are_taken() {
    let body = about("4", "&fiName=Demo+Bank&timeZone=Etc%2FUTC");
    let as_form = body.replace('+', " ").replace("%2F", "/");
    let as_percent = body.replace("%2F", "/");
    for signed in [&as_form, &as_percent, &body] {
        let receipt = offline().receive(&inbound(&body, signed, ACCESS_ID, ACCESS_KEY));
        assert!(matches!(receipt.unwrap().input.what, What::Reported(_)), "{signed}");
    }
    let forged = offline().receive(&inbound(&body, "something else", ACCESS_ID, ACCESS_KEY));
    assert_eq!(forged, Err(Rejection::Forged));
}

#[test]
fn what_is_not_signed_for_us_is_not_believed() {
    let body = about("4", "");
    let receive = |inbound: &Inbound| offline().receive(inbound).map(|_| ());
    assert_eq!(receive(&inbound(&body, &body, ACCESS_ID, ACCESS_KEY)), Ok(()));
    let forged = Err(Rejection::Forged);
    assert_eq!(receive(&inbound(&body, &body, "ACCESS2", ACCESS_KEY)), forged);
    assert_eq!(receive(&inbound(&body, &body, ACCESS_ID, "another key")), forged);
    assert_eq!(receive(&inbound(&about("8", ""), &body, ACCESS_ID, ACCESS_KEY)), forged);
    let unsigned = Inbound { authorization: None, ..inbound(&body, &body, ACCESS_ID, ACCESS_KEY) };
    assert_eq!(receive(&unsigned), forged);
    // Our own calls carry the key itself in this header.
    let own = Some(credentials(ACCESS_ID, ACCESS_KEY).authorization());
    let reflected = Inbound { authorization: own, ..unsigned };
    assert_eq!(receive(&reflected), forged);
    let twice = format!("{body}&status=8");
    assert_eq!(received(&twice), Err(Rejection::Malformed));
}

#[test]
fn an_older_key_still_verifies_while_keys_rotate() {
    let mut rotated = config();
    rotated.credentials.insert(0, credentials("ACCESS2", "k3y-two"));
    let script = Script::new(|_| panic!("nothing is to be sent"));
    let americas = trustly::amer::provider::Americas::new(rotated, script).unwrap();
    let body = about("4", "");
    for (access_id, access_key) in [(ACCESS_ID, ACCESS_KEY), ("ACCESS2", "k3y-two")] {
        assert!(americas.receive(&inbound(&body, &body, access_id, access_key)).is_ok());
    }
}
