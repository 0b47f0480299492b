//! Finding out where a deposit stands: what is adopted, what proves absence, and what proves
//! nothing.

use std::sync::Arc;

use payout::attempt::AttemptStatus;
use payout::id::ProviderReference;
use payout::input::{Certainty, Input, Reported, What};
use payout::port::{Answer, Handle, Provider};
use payout::reason::Reason;
use payout::record::Payout;
use serde_json::{Value, json};
use trustly::transport::{NoReply, Verb};

use crate::rig::{
    AUTHORIZATION_ID, DEPOSIT_ID, americas, authorization, deposit, handle, handle_of, ok, payout,
    policy, submitting, with,
};
use crate::sample::{money, said, taken, whats};
use crate::script::{Outcome, Script, Sent};

/// What Trustly holds: transactions, and how its lists misbehave.
#[derive(Clone)]
struct Trustly {
    transactions: Vec<Value>,
    /// Transactions that lists do not show.
    hidden: Vec<&'static str>,
    page_size_max: usize,
    wrapped: bool,
}

impl Trustly {
    fn with(transactions: Vec<Value>) -> Self {
        Self { transactions, hidden: Vec::new(), page_size_max: 100, wrapped: false }
    }

    fn answer(&self, sent: &Sent) -> Outcome {
        assert_eq!((sent.verb, sent.body.len()), (Verb::Get, 0), "looking up only reads");
        let (_, rest) = sent.url.split_once("/api/v1/transactions").unwrap();
        match rest.strip_prefix('/') {
            Some(id) => match self.transactions.iter().find(|each| each["transactionId"] == id) {
                Some(found) => ok(&json!({ "transaction": found })),
                None => ok(&json!({ "errors": [{ "code": 200, "message": "not found" }] })),
            },
            None => ok(&self.page(rest.strip_prefix('?').unwrap())),
        }
    }

    fn page(&self, query: &str) -> Value {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let number = |name: &str| value(name).unwrap().parse::<usize>().unwrap();
        let parent = value("originalTransactionId");
        let shown = self.transactions.iter().filter(|each| {
            let hidden = self.hidden.iter().any(|id| each["transactionId"] == *id);
            let of_parent =
                parent.as_ref().is_none_or(|id| each["originalTransactionId"] == id.as_str());
            !hidden && of_parent
        });
        let (start, count) = (number("startIndex"), number("count").min(self.page_size_max));
        let page: Vec<Value> =
            shown.skip(start).take(count).map(|each| self.element(each)).collect();
        json!({ "transactions": page, "startIndex": start, "itemsPerPage": number("count") })
    }

    fn element(&self, transaction: &Value) -> Value {
        match self.wrapped {
            true => json!({ "transaction": transaction }),
            false => transaction.clone(),
        }
    }
}

/// An answer that teaches nothing about the order.
const UNKNOWN: [What; 1] = [What::InDoubt(Reason::AnswerUnknown)];

async fn in_doubt() -> Payout {
    let lost = Input::own(What::InDoubt(Reason::AnswerLost));
    taken(submitting().await.0, &policy(), &[lost]).0
}

/// A payout of which Trustly has told the transaction.
async fn accepted() -> Payout {
    let mut input = Input::own(certain(Reported::Accepted));
    input.words.reference = Some(ProviderReference::parse(DEPOSIT_ID).unwrap());
    taken(submitting().await.0, &policy(), &[input]).0
}

async fn asked_of(
    play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static,
    payout: &Payout,
    handle: Option<&Handle>,
) -> (Answer, Arc<Script>) {
    let (americas, script) = americas(play);
    let answer = americas.ask(payout, handle, None).await;
    for sent in script.sent() {
        assert_eq!(sent.verb, Verb::Get, "asking never pays");
    }
    (answer, script)
}

/// Asks Trustly about a payout whose transaction is not known.
async fn by_name(trustly: Trustly) -> Vec<What> {
    let play = move |sent: &Sent| trustly.answer(sent);
    whats(&asked_of(play, &in_doubt().await, Some(&handle().await)).await.0)
}

/// Asks Trustly about a payout whose transaction is known.
async fn by_id(trustly: Trustly, payout: &Payout) -> Vec<What> {
    let play = move |sent: &Sent| trustly.answer(sent);
    whats(&asked_of(play, payout, Some(&handle().await)).await.0)
}

fn certain(status: Reported) -> What {
    said(Certainty::Certain, status, None, Some(money(2_500, "USD")))
}

fn ended(status: Reported, reason: Reason) -> What {
    said(Certainty::Certain, status, Some(reason), Some(money(2_500, "USD")))
}

fn ours(status: u64) -> Value {
    deposit(&payout(), status)
}

/// Another payout's deposit on the same authorization.
fn other(number: usize) -> Value {
    let members = json!({
        "transactionId": format!("2{number:09}"), "merchantReference": format!("po_other{number}"),
    });
    with(ours(4), &members)
}

#[tokio::test]
async fn what_is_found_is_adopted() {
    for (number, expected) in [
        (1, certain(Reported::Accepted)),
        (14, certain(Reported::Accepted)),
        (3, certain(Reported::Processing)),
        (4, certain(Reported::Completed)),
        (5, ended(Reported::Failed, Reason::ProviderAborted)),
        (6, ended(Reported::Failed, Reason::ProviderAborted)),
        (7, ended(Reported::Canceled, Reason::ProviderAborted)),
        (8, ended(Reported::Failed, Reason::ProviderAborted)),
        (10, ended(Reported::Returned, Reason::ReturnedByBank)),
        (13, ended(Reported::Canceled, Reason::ProviderAborted)),
    ] {
        for wrapped in [false, true] {
            let transactions = vec![other(1), ours(number), authorization()];
            let trustly = Trustly { wrapped, ..Trustly::with(transactions) };
            assert_eq!(by_name(trustly.clone()).await, std::slice::from_ref(&expected), "{number}");
            let known = by_id(trustly, &accepted().await).await;
            assert_eq!(known, std::slice::from_ref(&expected), "{number}");
        }
    }
    for number in [9, 15] {
        let trustly = Trustly::with(vec![ours(number), authorization()]);
        assert_eq!(by_name(trustly.clone()).await, UNKNOWN, "an unknown status proves nothing");
        assert_eq!(by_id(trustly, &accepted().await).await, UNKNOWN);
    }
}

#[tokio::test]
async fn a_refunded_deposit_calls_a_person_and_settles_nothing() {
    for number in [11, 12] {
        let trustly = Trustly::with(vec![ours(number), authorization()]);
        let what = by_id(trustly, &accepted().await).await.remove(0);
        let (after, _) = taken(accepted().await, &policy(), &[Input::own(what)]);
        assert_eq!(after.state.name().as_str(), "ACCEPTED", "{number}");
        assert_eq!(after.attention, Some(Reason::AmountDiffers), "{number}");
        assert_eq!(after.give_back, None);
    }
}

#[tokio::test]
async fn nothing_found_counts_if_the_look_up_could_have_found_it() {
    let there = Trustly::with(vec![other(1), authorization()]);
    assert_eq!(by_name(there.clone()).await, [What::NotFound]);
    let wrapped = Trustly { wrapped: true, ..there.clone() };
    assert_eq!(by_name(wrapped).await, [What::NotFound]);
    let control_missing = Trustly { hidden: vec![AUTHORIZATION_ID], ..there };
    assert_eq!(by_name(control_missing).await, UNKNOWN);
    assert_eq!(by_name(Trustly::with(vec![])).await, UNKNOWN);
}

#[tokio::test]
async fn the_second_list_finds_what_the_first_does_not() {
    let stray = with(ours(2), &json!({ "originalTransactionId": "7" }));
    let trustly = Trustly::with(vec![stray, authorization()]);
    assert_eq!(by_name(trustly).await, [certain(Reported::Accepted)]);
}

#[tokio::test]
async fn both_lists_are_asked_by_the_names_that_trustly_gave() {
    let trustly = Trustly::with(vec![authorization()]);
    let play = move |sent: &Sent| trustly.answer(sent);
    let (answer, script) = asked_of(play, &in_doubt().await, Some(&handle().await)).await;
    let urls: Vec<String> = script.sent().iter().map(|sent| sent.url.clone()).collect();
    let base = "https://sandbox.trustly.example/api/v1/transactions";
    let wider = "payment.customer.externalId=user%201%26x&payment.merchantReference=auth-1";
    let expected = [
        format!(
            "originalTransactionId={AUTHORIZATION_ID}&transactionType=6&count=100&startIndex=0"
        ),
        format!("{wider}&count=100&startIndex=0"),
        format!("{wider}&count=100&startIndex=1"),
    ];
    assert_eq!(urls, expected.map(|query| format!("{base}?{query}&sortOrder=desc")));
    assert_eq!(answer.evidence.len(), 3, "absence is proven by every page");
}

#[tokio::test]
async fn without_a_name_of_the_authorization_absence_is_not_proven() {
    let nameless = with(authorization(), &json!({ "payment": null }));
    let handle = handle_of(nameless.clone()).await;
    let trustly = Trustly::with(vec![nameless]);
    let play = move |sent: &Sent| trustly.answer(sent);
    let (answer, _) = asked_of(play, &in_doubt().await, Some(&handle)).await;
    assert_eq!(whats(&answer), UNKNOWN);
    let silent = |_: &Sent| -> Outcome { panic!("there is nothing to ask with") };
    assert_eq!(asked_of(silent, &in_doubt().await, None).await.0, Answer::default());
    let damaged = Handle::new(b"1".to_vec());
    assert_eq!(asked_of(silent, &in_doubt().await, Some(&damaged)).await.0, Answer::default());
}

/// Lists of every length around the size of a page, which end at an empty page and nowhere else.
#[tokio::test]
async fn lists_are_read_to_their_end() {
    for count in [0, 1, 98, 99, 100, 101, 199, 200, 201] {
        let others: Vec<Value> = (0..count).map(other).collect();
        let with_ours = [others.clone(), vec![ours(2), authorization()]].concat();
        let without = [others, vec![authorization()]].concat();
        for page_size_max in [100, 25] {
            let found = Trustly { page_size_max, ..Trustly::with(with_ours.clone()) };
            assert_eq!(by_name(found).await, [certain(Reported::Accepted)], "{count}");
            let absent = Trustly { page_size_max, ..Trustly::with(without.clone()) };
            assert_eq!(by_name(absent).await, [What::NotFound], "{count}");
        }
    }
}

#[tokio::test]
async fn a_list_without_an_end_proves_nothing() {
    let endless: Vec<Value> = (0..2_100).map(other).chain([authorization()]).collect();
    assert_eq!(by_name(Trustly::with(endless.clone())).await, UNKNOWN);
    let first = [vec![ours(2)], endless.clone()].concat();
    let adopted = by_name(Trustly::with(first)).await;
    assert_eq!(adopted, [certain(Reported::Accepted)], "what is found counts all the same");
    let ended = [vec![ours(8)], endless].concat();
    assert_eq!(by_name(Trustly::with(ended)).await, UNKNOWN, "an end needs the whole list");
}

/// A page that is not what was asked for, and one that the same page comes back for ever.
#[tokio::test]
async fn a_misplaced_page_proves_nothing() {
    for index in [json!(7), json!("7"), json!({}), json!(-1)] {
        let play = move |sent: &Sent| match sent.url.contains("startIndex=0&") {
            true => ok(&json!({ "transactions": [authorization()], "startIndex": 0 })),
            false => ok(&json!({ "transactions": [], "startIndex": index })),
        };
        let (answer, _) = asked_of(play, &in_doubt().await, Some(&handle().await)).await;
        assert_eq!(whats(&answer), [What::InDoubt(Reason::AnswerUntrusted)]);
    }
    let stuck = |_: &Sent| ok(&json!({ "transactions": [authorization()] }));
    let (answer, script) = asked_of(stuck, &in_doubt().await, Some(&handle().await)).await;
    assert_eq!((whats(&answer), script.sent().len()), (UNKNOWN.to_vec(), 40));
}

#[tokio::test]
async fn an_untrusted_page_proves_nothing() {
    let empty = json!({ "transactions": [] }).to_string();
    let nameless = with(ours(2), &json!({ "merchantReference": null }));
    let amountless = with(ours(2), &json!({ "amount": null }));
    let bodies = [
        (503, empty.clone(), Reason::ProviderUnavailable),
        (404, empty.clone(), Reason::AnswerUntrusted),
        (302, empty, Reason::AnswerUntrusted),
        (200, "<html></html>".to_owned(), Reason::AnswerUntrusted),
        (200, "[]".to_owned(), Reason::AnswerUntrusted),
        (200, "{}".to_owned(), Reason::AnswerUntrusted),
        (200, r#"{"transactions":null}"#.to_owned(), Reason::AnswerUntrusted),
        (200, r#"{"transactions":[null]}"#.to_owned(), Reason::AnswerUntrusted),
        (200, r#"{"message":"busy"}"#.to_owned(), Reason::AnswerUntrusted),
        (200, r#"{"errors":[{"code":100}],"transactions":[]}"#.to_owned(), Reason::AnswerUnknown),
        (401, r#"{"errors":[{"code":375}]}"#.to_owned(), Reason::AccessRefused),
        (200, json!({ "transactions": [nameless] }).to_string(), Reason::AnswerUntrusted),
        (200, json!({ "transactions": [amountless] }).to_string(), Reason::AnswerUntrusted),
    ];
    for broken_list in ["originalTransactionId", "payment.customer"] {
        for (status, body, why) in bodies.clone() {
            let trustly = Trustly::with(vec![authorization()]);
            let shown = body.clone();
            let play = move |sent: &Sent| match sent.url.contains(broken_list) {
                true => Ok((status, body.clone().into_bytes())),
                false => trustly.answer(sent),
            };
            let (answer, _) = asked_of(play, &in_doubt().await, Some(&handle().await)).await;
            assert_eq!(whats(&answer), [What::InDoubt(why)], "{broken_list}: {status} {shown}");
        }
    }
    for (lost, why) in
        [(NoReply::Lost, Reason::AnswerLost), (NoReply::NotSent, Reason::ConnectionFailed)]
    {
        let (answer, _) =
            asked_of(move |_| Err(lost), &in_doubt().await, Some(&handle().await)).await;
        assert_eq!(whats(&answer), [What::InDoubt(why)]);
    }
}

#[tokio::test]
async fn of_several_transactions_the_one_that_moves_money_speaks() {
    let failed = with(ours(8), &json!({ "transactionId": "1" }));
    for (number, expected) in [
        (2, vec![certain(Reported::Accepted)]),
        (4, vec![certain(Reported::Completed)]),
        (9, UNKNOWN.to_vec()),
        (5, vec![ended(Reported::Failed, Reason::ProviderAborted)]),
    ] {
        for order in [vec![failed.clone(), ours(number)], vec![ours(number), failed.clone()]] {
            let trustly = Trustly::with([order, vec![authorization()]].concat());
            assert_eq!(by_name(trustly).await, expected, "{number}");
        }
    }
}

/// Sent again after it was proven absent, and the first attempt turned up all the same: the second
/// one's failure must not give back what the first one pays.
#[tokio::test]
async fn a_failure_waits_for_a_second_transaction_that_moves_money() {
    let mut payout = accepted().await;
    let mut first = payout.attempts[0].clone();
    first.status = AttemptStatus::Absent;
    payout.attempts.insert(0, first);
    let late = |status: u64| with(ours(status), &json!({ "transactionId": "1" }));
    let failed = vec![ended(Reported::Failed, Reason::ProviderAborted)];

    let alone = Trustly::with(vec![ours(8), authorization()]);
    assert_eq!(by_id(alone.clone(), &payout).await, failed);
    let both_failed = Trustly::with(vec![ours(8), late(8), authorization()]);
    assert_eq!(by_id(both_failed, &payout).await, failed);

    let paying = Trustly::with(vec![ours(8), late(3), authorization()]);
    let play = move |sent: &Sent| paying.answer(sent);
    let (answer, _) = asked_of(play, &payout, Some(&handle().await)).await;
    assert_eq!(whats(&answer), [certain(Reported::Processing)]);
    let (after, _) = taken(accepted().await, &policy(), &answer.inputs);
    assert_eq!(after.state.name().as_str(), "ACCEPTED");
    assert_eq!((after.attention, after.give_back), (Some(Reason::Contradicted), None));

    let lagging = Trustly { hidden: vec![DEPOSIT_ID], ..alone };
    assert_eq!(by_id(lagging, &payout).await, UNKNOWN, "a list that lags proves nothing");
    let single = accepted().await;
    let lagging = Trustly { hidden: vec![DEPOSIT_ID], ..Trustly::with(vec![ours(8)]) };
    assert_eq!(by_id(lagging, &single).await, failed, "one attempt has one transaction");
}

/// A webhook about a payout that this store never sent: who knows how often it was sent before?
#[tokio::test]
async fn a_failure_of_a_forgotten_attempt_needs_the_list_too() {
    let mut hint =
        Input::own(said(Certainty::Unconfirmed, Reported::Failed, Some(Reason::Other), None));
    hint.words.reference = Some(ProviderReference::parse(DEPOSIT_ID).unwrap());
    let (spoken_of, _) = taken(payout(), &policy(), &[hint]);
    assert!(spoken_of.attempts.is_empty() && spoken_of.provider_reference.is_some());
    let failed = Trustly::with(vec![ours(8), authorization()]);
    let expected = ended(Reported::Failed, Reason::ProviderAborted);
    assert_eq!(by_id(failed.clone(), &spoken_of).await, [expected]);
    let lagging = Trustly { hidden: vec![DEPOSIT_ID], ..failed };
    assert_eq!(by_id(lagging, &spoken_of).await, UNKNOWN);
    let orphan = with(ours(8), &json!({ "originalTransactionId": null }));
    let play = move |_: &Sent| ok(&json!({ "transaction": orphan }));
    let (answer, _) = asked_of(play, &spoken_of, None).await;
    assert_eq!(whats(&answer), UNKNOWN, "no list to look in");
}

#[tokio::test]
async fn only_the_transaction_itself_speaks_for_the_payout() {
    for (members, expected) in [
        (json!({ "transactionId": "99" }), What::InDoubt(Reason::AnswerUntrusted)),
        (json!({ "merchantReference": "po_other" }), What::InDoubt(Reason::AnswerUnknown)),
        (json!({ "transactionType": 1 }), What::InDoubt(Reason::AnswerUnknown)),
        (json!({ "transactionType": 7 }), What::InDoubt(Reason::AnswerUnknown)),
        (json!({ "merchantReference": null }), certain(Reported::Completed)),
    ] {
        let found = with(ours(4), &members);
        let shown = members.to_string();
        let play = move |_: &Sent| ok(&json!({ "transaction": found }));
        let (answer, _) = asked_of(play, &accepted().await, Some(&handle().await)).await;
        assert_eq!(whats(&answer), [expected], "{shown}");
    }
    for (status, why) in [
        (302, Reason::AnswerUntrusted),
        (400, Reason::AnswerUntrusted),
        (500, Reason::ProviderUnavailable),
    ] {
        let body = json!({ "transaction": ours(8) }).to_string().into_bytes();
        let play = move |_: &Sent| Ok((status, body.clone()));
        let (answer, _) = asked_of(play, &accepted().await, Some(&handle().await)).await;
        assert_eq!(whats(&answer), [What::InDoubt(why)], "{status}");
    }
}

/// The list names an amount, the transaction does not: what is adopted has the list's.
#[tokio::test]
async fn an_amount_that_differs_is_seen_however_it_is_found() {
    let different = with(ours(4), &json!({ "amount": "24.00" }));
    let trustly = Trustly::with(vec![different.clone(), authorization()]);
    let expected = said(Certainty::Certain, Reported::Completed, None, Some(money(2_400, "USD")));
    assert_eq!(by_name(trustly.clone()).await, std::slice::from_ref(&expected));
    assert_eq!(by_id(trustly, &accepted().await).await, std::slice::from_ref(&expected));
    let play = move |sent: &Sent| match sent.url.contains('?') {
        true => ok(&json!({ "transactions": [different] })),
        false => ok(&json!({ "transaction": with(ours(4), &json!({ "amount": null })) })),
    };
    let (answer, _) = asked_of(play, &in_doubt().await, Some(&handle().await)).await;
    assert_eq!(whats(&answer), [expected]);
}

/// A reference that is no transaction id is never put into a path.
#[tokio::test]
async fn an_odd_reference_is_not_asked_for() {
    let mut payout = accepted().await;
    payout.provider_reference = Some(ProviderReference::parse("1/cancel?x=").unwrap());
    let trustly = Trustly::with(vec![ours(2), authorization()]);
    assert_eq!(by_id(trustly, &payout).await, [certain(Reported::Accepted)]);
}
