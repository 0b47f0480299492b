//! What Trustly Europe reports by itself, sentence by sentence: other amounts, several words about
//! one end, late words, words about something else, and words that nobody here knows.

use std::collections::BTreeMap;

use api::v1::{
    Attention, GiveBack, Money, Outcome, Payout, PayoutEvent, PayoutEventKind, PayoutState, Reason,
    SettlePayoutRequest, Settlement, SettlementVerdict, event,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::samples::{details, iban_of_an_organisation, person, to_bank_details};
use crate::trustly::{Keys, Notice};
use crate::webhooks::{JSON, accepted, parked, payout, post, send_good};
use crate::world::{EU, Options, World, id_of, request};

/// Another amount or currency than was ordered says nothing about the order: a person is called,
/// and the right word counts all the same, however its amount is written.
#[tokio::test]
async fn another_amount_or_currency_moves_nothing_and_calls_a_person() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    for (index, (method, amount, currency)) in [
        ("credit", Some("9.99"), Some("EUR")),
        ("credit", Some("10.01"), Some("EUR")),
        ("credit", Some("20"), Some("EUR")),
        ("credit", Some("10.00"), Some("SEK")),
        ("credit", Some("10.00"), None),
        ("credit", None, Some("EUR")),
        ("credit", Some("ten"), Some("EUR")),
        ("credit", Some("-10.00"), Some("EUR")),
        ("payoutconfirmation", Some("10.01"), Some("EUR")),
        ("payoutconfirmation", Some("10.00"), Some("GBP")),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("order-{index}");
        let ordered = accepted(&world, &key).await;
        let mut other = Notice::about(method, &ordered, "5000000001");
        for (name, value) in [("amount", amount), ("currency", currency)] {
            match value {
                Some(value) => other.data.insert(name, value.to_owned()),
                None => other.data.remove(name),
            };
        }
        send_good(&world, &keys, &other, &ordered.id).await;
        let told = payout(&world, EU, &key).await;
        assert_eq!(told.state(), PayoutState::Accepted, "{other:?}");
        assert_eq!((&told.give_back, told.outcome()), (&None, Outcome::Undecided), "{other:?}");
        assert_eq!(attention(&told), [Attention::AmountMismatch], "{other:?}");
        let last = history(&world, &key).await.pop().unwrap();
        assert_eq!(last.kind(), PayoutEventKind::AttentionRaised, "{other:?}");

        let mut right = Notice::about(method, &ordered, "5000000002");
        let spelled = ["10", "10.0", "10.00", "10.000"][index % 4];
        right.data.insert("amount", spelled.to_owned());
        send_good(&world, &keys, &right, &ordered.id).await;
        let (state, back) = match method {
            "credit" => (PayoutState::Failed, Some(ten_euros(&told))),
            _ => (PayoutState::Completed, None),
        };
        let ended = payout(&world, EU, &key).await;
        assert_eq!((ended.state(), &ended.give_back), (state, &back), "{other:?} {spelled}");
    }
    // A part that comes back after the confirmation gives nothing back either.
    let completed = payout(&world, EU, "order-8").await;
    let mut part = Notice::about("credit", &completed, "5000000003");
    part.data.insert("amount", "4.00".to_owned());
    send_good(&world, &keys, &part, &completed.id).await;
    let told = payout(&world, EU, "order-8").await;
    assert_eq!((told.state(), &told.give_back), (PayoutState::Completed, &None));
    assert_eq!(attention(&told), [Attention::AmountMismatch]);
}

/// Trustly may send both, in either order, before or after the confirmation.
#[tokio::test]
async fn credit_and_cancel_give_back_once_whichever_comes_first() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    for number in 0..4 {
        let key = format!("both-{number}");
        create_with(&world, &key, "credit_and_cancel").await;
        world.wait_for(EU, &key, &[PayoutState::Failed]).await;
    }
    for (key, confirmed, first, second) in [
        ("credit-cancel", false, "credit", "cancel"),
        ("cancel-credit", false, "cancel", "credit"),
        ("returned-canceled", true, "credit", "cancel"),
        ("canceled-returned", true, "cancel", "credit"),
    ] {
        let ordered = accepted(&world, key).await;
        if confirmed {
            let confirmation = Notice::about("payoutconfirmation", &ordered, "5000000001");
            send_good(&world, &keys, &confirmation, &ordered.id).await;
        }
        send_good(&world, &keys, &Notice::about(first, &ordered, "5000000002"), &ordered.id).await;
        let ended = payout(&world, EU, key).await;
        send_good(&world, &keys, &Notice::about(second, &ordered, "5000000003"), &ordered.id).await;
        let state = if confirmed { PayoutState::Returned } else { PayoutState::Failed };
        assert_eq!(ended.state(), state, "{key}");
        let noted = payout(&world, EU, key).await;
        assert_eq!(still(&noted), still(&ended), "{key}");
        assert_eq!(noted.sequence, ended.sequence + 1, "{key}");
    }
    world.quiet().await;
    for key in ["both-0", "both-1", "both-2", "both-3", "credit-cancel", "canceled-returned"] {
        let events = history(&world, key).await;
        let backs: Vec<_> = events.iter().filter_map(|event| event.give_back.as_ref()).collect();
        let ended = payout(&world, EU, key).await;
        assert_eq!(backs, [&ten_euros(&ended)], "{key}");
        assert_eq!(attention(&ended), [], "{key}");
    }
}

/// Three days after the confirmation, and here even after the time within which a bank may return
/// money: the money is there all the same.
#[tokio::test]
async fn a_credit_days_after_the_confirmation_is_a_return() {
    let replace = vec![("return_window = \"60000ms\"", "return_window = \"100ms\"".to_owned())];
    let world =
        World::start_with(&Options { time_factor: 50_000, replace, ..Options::default() }).await;
    create_with(&world, "late", "credit_days_later").await;
    let completed = world.wait_for(EU, "late", &[PayoutState::Completed]).await;
    assert_eq!((completed.outcome(), &completed.give_back), (Outcome::Succeeded, &None));
    let returned = world.wait_for(EU, "late", &[PayoutState::Returned]).await;
    assert_eq!(returned.cause.as_ref().unwrap().reason(), Reason::ReturnedByBank);
    assert_eq!((returned.outcome(), attention(&returned)), (Outcome::NotPaid, vec![]));
    assert_eq!(returned.give_back, Some(ten_euros(&completed)));
    let window = completed.return_window_ends_at.unwrap();
    let at = returned.updated_at.unwrap();
    assert!((at.seconds, at.nanos) > (window.seconds, window.nanos), "{returned:?}");
    let moved = world.movements(EU, "late").await;
    assert_eq!((moved.len(), &moved[0]["state"]), (1, &json!("returned")));
}

/// The bank says that it sent the money of a payout that was given back.
#[tokio::test]
async fn a_confirmation_after_the_give_back_calls_a_person_and_moves_nothing() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    for (key, end) in [("credited", "credit"), ("canceled", "cancel")] {
        let ordered = accepted(&world, key).await;
        send_good(&world, &keys, &Notice::about(end, &ordered, "5000000001"), &ordered.id).await;
        let ended = payout(&world, EU, key).await;
        assert_eq!(ended.state(), PayoutState::Failed);
        // One from before the end is only late.
        let early = Notice::about("payoutconfirmation", &ordered, "5000000002");
        send_good(&world, &keys, &early, &ordered.id).await;
        let noted = payout(&world, EU, key).await;
        assert_eq!(still(&noted), still(&ended), "{key}");
        let mut late = Notice::about("payoutconfirmation", &ordered, "5000000003");
        late.data.insert("timestamp", "2099-01-20 14:42:04.675645+01".to_owned());
        for _ in 0..2 {
            send_good(&world, &keys, &late, &ordered.id).await;
        }
        let told = payout(&world, EU, key).await;
        assert_eq!(attention(&told), [Attention::Contradiction], "{key}");
        let calm = Payout { attention: Vec::new(), ..told };
        assert_eq!(still(&calm), still(&ended), "{key}");
        let events = history(&world, key).await;
        let last = events.last().unwrap();
        assert_eq!(last.kind(), PayoutEventKind::AttentionRaised, "{key}");
        assert_eq!(last.sequence, ended.sequence + 2, "{key}");
        assert_eq!(events.iter().filter(|event| event.give_back.is_some()).count(), 1, "{key}");
    }
    let log = log_lines(&world, "\"ERROR\"");
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log.iter().all(|line| line.contains("attention")), "{log:?}");
}

/// The code of a failure is for people; the credit is what counts.
#[tokio::test]
async fn a_payoutfailed_says_why_and_the_credit_gives_back() {
    let world = World::start().await;
    let terms = json!({ "eu": { "payout_failed": true } });
    world.control(Method::PUT, "settings", terms).await;
    create_with(&world, "refused", "bank_refusal").await;
    let failed = world.wait_for(EU, "refused", &[PayoutState::Failed]).await;
    assert_eq!(failed.give_back, Some(ten_euros(&failed)));
    world.quiet().await;
    let events = history(&world, "refused").await;
    let noted = |event: &&PayoutEvent| event.kind() == PayoutEventKind::Noted;
    let [remark] = events.iter().filter(noted).collect::<Vec<_>>().try_into().unwrap();
    let cause = remark.cause.as_ref().unwrap();
    assert_eq!(cause.reason(), Reason::AccountInvalid);
    assert_eq!(cause.provider_code, "incorrect_account_number");
    assert_eq!((remark.state_before, &remark.give_back), (remark.state_after, &None));
}

/// Methods that are about other products, at a payout's own address: Trustly has the answer that it
/// wants, people can see it, and the payout is as it was.
#[tokio::test]
async fn what_is_not_about_payouts_is_noted_and_moves_nothing() {
    let world = World::start().await;
    accepted(&world, "accepted").await;
    create_with(&world, "returned", "credit_after_confirmation").await;
    world.wait_for(EU, "returned", &[PayoutState::Returned]).await;
    create_with(&world, "completed", "reorder_notifications").await;
    world.wait_for(EU, "completed", &[PayoutState::Completed]).await;
    world.quiet().await;
    for key in ["accepted", "completed", "returned"] {
        for method in ["pending", "debit", "kyc", "account", "payoutfailed"] {
            let before = payout(&world, EU, key).await;
            tell(&world, key, method, json!({})).await;
            world.quiet().await;
            let after = payout(&world, EU, key).await;
            assert_eq!(still(&after), still(&before), "{key} {method}");
            let last = history(&world, key).await.pop().unwrap();
            assert_eq!(last.sequence, before.sequence + 1, "{key} {method}");
            assert_eq!(last.kind(), PayoutEventKind::Noted, "{key} {method}");
            let code = match method {
                "payoutfailed" => "incorrect_account_number",
                method => method,
            };
            assert_eq!(last.cause.unwrap().provider_code, code, "{key}");
        }
    }
    assert_eq!(parked(&world, EU).await, []);
    assert_delivered(&world).await;
}

/// Two payouts that are both here: what is genuine for one is a forgery at the other's address.
#[tokio::test]
async fn a_notification_counts_at_the_address_of_its_own_payout_only() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let (ours, other) = (accepted(&world, "ours").await, accepted(&world, "other").await);
    for method in ["credit", "cancel", "payoutconfirmation", "kyc", "astonishment"] {
        let body = Notice::about(method, &ours, "5000000001").signed(&keys.trustly).to_string();
        let answer = post(&world, &keys.address(&other.id), JSON, None, &body).await;
        assert_eq!(answer.0, 401, "{method}: {answer:?}");
    }
    assert_eq!(payout(&world, EU, "ours").await, ours);
    assert_eq!(payout(&world, EU, "other").await, other);
}

/// The address alone is not enough, and neither is our name: an order of which we know nothing may
/// bear it.
#[tokio::test]
async fn a_word_counts_with_our_name_and_for_our_order_only() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let ordered = accepted(&world, "order").await;
    for method in ["credit", "cancel", "payoutconfirmation"] {
        let mut nameless = Notice::about(method, &ordered, "5000000001");
        nameless.data.remove("messageid");
        let body = nameless.signed(&keys.trustly).to_string();
        let answer = post(&world, &keys.address(&ordered.id), JSON, None, &body).await;
        assert_eq!(answer.0, 400, "{method}: {answer:?}");
    }
    assert_eq!(payout(&world, EU, "order").await, ordered);
    // A bad end of another order is none of ours.
    for (index, method) in ["credit", "cancel"].into_iter().enumerate() {
        let other = Notice::new(method, &ordered.id, &format!("500000001{index}"));
        send_good(&world, &keys, &other, &ordered.id).await;
    }
    assert_eq!(still(&payout(&world, EU, "order").await), still(&ordered));
    let other = Notice::new("payoutconfirmation", &ordered.id, "5000000013");
    send_good(&world, &keys, &other, &ordered.id).await;
    let told = payout(&world, EU, "order").await;
    assert_eq!(
        (told.state(), attention(&told)),
        (PayoutState::Accepted, vec![Attention::Contradiction])
    );
    // Now two orders bear our name, and the end of one is not that of the other.
    send_good(&world, &keys, &Notice::about("credit", &ordered, "5000000014"), &ordered.id).await;
    let noted = payout(&world, EU, "order").await;
    assert_eq!((noted.state(), noted.give_back), (PayoutState::Accepted, None));
    // A person finds out, and says so.
    let settlement = Settlement {
        verdict: SettlementVerdict::NotPaid.into(),
        operator: "Ada".to_owned(),
        evidence: "ticket 4711".to_owned(),
        why: "the other order was somebody's test".to_owned(),
    };
    let (merchant, payout_id) = (EU.to_owned(), ordered.id.clone());
    let decision = SettlePayoutRequest { merchant, payout_id, settlement: Some(settlement) };
    let settled = world.operations().settle_payout(decision).await.unwrap().into_inner();
    let settled = settled.payout.unwrap();
    assert_eq!((settled.state(), attention(&settled)), (PayoutState::Failed, Vec::new()));
    assert!(settled.give_back.is_some());
}

/// What was acknowledged is on disk, however soon the server is killed.
#[tokio::test]
async fn what_is_acknowledged_outlives_a_kill_right_after_it() {
    let mut world = World::start().await;
    let keys = Keys::of(&world);
    for number in 0..3 {
        let key = format!("order-{number}");
        let ordered = accepted(&world, &key).await;
        let confirmation = Notice::about("payoutconfirmation", &ordered, "5000000001");
        send_good(&world, &keys, &confirmation, &ordered.id).await;
        let unknown = id_of(EU, &format!("unknown-{number}"));
        let cancel = Notice::new("cancel", &unknown, &format!("600000000{number}"));
        send_good(&world, &keys, &cancel, &unknown).await;
        world.kill_server();
        world.start_server().await;
        assert_eq!(payout(&world, EU, &key).await.state(), PayoutState::Completed);
        assert_eq!(parked(&world, EU).await.len(), number + 1);
    }
}

/// It comes while the order is still being answered, whether that answer is lost or not.
#[tokio::test]
async fn a_cancel_before_the_reply_ends_the_payout_and_the_reply_changes_nothing() {
    let world = World::start().await;
    for (key, faults) in [
        ("answered", vec![("cancel_before_reply", 1)]),
        ("lost", vec![("lose_reply", 1), ("cancel_before_reply", 1)]),
    ] {
        for (fault, times) in faults {
            let rule = json!({
                "region": "eu", "on": "AccountPayout", "fault": fault, "times": times,
                "reference": id_of(EU, key),
            });
            world.fault(rule).await;
        }
        let destination = world.destination(EU).await;
        world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
        let failed = world.wait_for(EU, key, &[PayoutState::Failed]).await;
        world.quiet().await;
        let ended = payout(&world, EU, key).await;
        assert_eq!(still(&ended), still(&failed), "{key}");
        assert_eq!(ended.cause.as_ref().unwrap().reason(), Reason::ProviderAborted);
        assert_eq!((attention(&ended), &ended.give_back), (vec![], &Some(ten_euros(&ended))));
        let events = history(&world, key).await;
        let ends = events.iter().position(|event| event.kind() == PayoutEventKind::Failed).unwrap();
        assert_eq!(events[ends].state_before(), PayoutState::Submitting, "{key}: {events:?}");
        assert!(events.iter().all(|event| event.kind() != PayoutEventKind::Accepted), "{events:?}");
    }
}

/// Payouts are reported on at the address that they were ordered with, whichever key is the
/// installation's by then; without that key its addresses are nobody's, and nothing is lost.
#[tokio::test]
async fn addresses_outlive_a_new_key_of_the_installation_and_not_its_removal() {
    let mut world = World::start().await;
    accepted(&world, "old").await;
    let second = "ab".repeat(32);
    std::fs::write(world.directory().join("secrets/key-2"), second).unwrap();
    const ONE: &str = "1 = { file = \"secrets/key-1\" }\n";
    let both = format!("{ONE}2 = {{ file = \"secrets/key-2\" }}\n");
    restart_with(&mut world, ONE, &both).await;
    tell(&world, "old", "payoutconfirmation", json!({})).await;
    world.wait_for(EU, "old", &[PayoutState::Completed]).await;
    accepted(&world, "new").await;

    restart_with(&mut world, &both, ONE).await;
    tell(&world, "old", "credit", json!({})).await;
    world.wait_for(EU, "old", &[PayoutState::Returned]).await;
    let id = tell(&world, "new", "credit", json!({})).await;
    let tried = |line: &Value| line["attempts"].as_u64() >= Some(3);
    let line = notification(&world, &id, tried).await;
    assert_eq!(line["state"], "waiting", "{line}");
    assert_eq!(payout(&world, EU, "new").await.state(), PayoutState::Accepted);
    assert_eq!(parked(&world, EU).await, []);

    restart_with(&mut world, ONE, &both).await;
    let failed = world.wait_for(EU, "new", &[PayoutState::Failed]).await;
    assert_eq!(failed.give_back, Some(ten_euros(&failed)));
    assert_delivered(&world).await;
}

/// Trustly adds methods and members without notice. They are counted under few names, and told once
/// each by names that can be nothing but names.
#[tokio::test]
async fn novelties_are_acknowledged_counted_and_sampled_by_name() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let ordered = accepted(&world, "order").await;
    let id = std::cell::Cell::new(5_000_000_000_i64);
    let next = || {
        id.set(id.get() + 1);
        id.get().to_string()
    };
    let secret = "DE75512108001245126199";
    for _ in 0..3 {
        for method in ["astonishment", "bewilderment", "DE75512108001245126199 of Åsa Öberg"] {
            let mut notice = Notice::about(method, &ordered, &next());
            notice.data.insert("zz_iban", secret.to_owned());
            send_good(&world, &keys, &notice, &ordered.id).await;
        }
        for (method, member) in [
            ("pending", "zz_first"),
            ("pending", "zz_second"),
            ("debit", "Åsa Öberg"),
            ("debit", "DE75512108001245126199"),
            ("payoutfailed", "attributes"),
            // Nothing new.
            ("payoutfailed", "errorcode"),
        ] {
            let mut notice = Notice::about(method, &ordered, &next());
            notice.data.insert(member, secret.to_owned());
            send_good(&world, &keys, &notice, &ordered.id).await;
        }
    }
    let series = |method: &str, part: &str| {
        format!("{{merchant=\"demo-eu\",method=\"{method}\",part=\"{part}\"}}")
    };
    let expected = BTreeMap::from([
        (series("unknown", "method"), 9),
        (series("pending", "member"), 6),
        (series("debit", "member"), 6),
        (series("payoutfailed", "member"), 3),
    ]);
    assert_eq!(novelties(&world).await, expected);

    let told = log_lines(&world, "not known here");
    let mut names = Vec::new();
    for line in &told {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["level"], &line["merchant"]), (&json!("WARN"), &json!(EU)));
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        names.push(format!("{}: {}", text("method"), text("members")));
    }
    let kinds = [
        "astonishment: zz_iban",
        "bewilderment: zz_iban",
        "?: zz_iban",
        "pending: zz_first",
        "pending: zz_second",
        "debit: ?",
        "payoutfailed: attributes",
    ];
    // Where the test takes more than a minute, one is told again.
    assert!(names.len() <= kinds.len() + 2, "{names:?}");
    let mut met = Vec::new();
    for name in names {
        if !met.contains(&name) {
            met.push(name);
        }
    }
    assert_eq!(met, kinds, "the first of each kind");
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    assert!(!log.contains(secret) && !log.contains("berg"), "{told:?}");
    let payout = payout(&world, EU, "order").await;
    assert_eq!(still(&payout), still(&ordered));
    assert_eq!(payout.sequence, ordered.sequence + id.get() - 5_000_000_000);
}

/// The signed text is made of what the names decode to, in both directions: the simulator checks
/// our signature, we check its, and it checks that of our answer.
#[tokio::test]
async fn names_in_any_script_survive_the_signatures() {
    let world = World::start().await;
    let names = [
        ("Åsa-Ärlig", "Öberg Ülkü-Ångström"),
        ("Zoë 🎉", "👩‍👩‍👧‍👦 O'Neill"),
        // Decomposed, which must stay so.
        ("A\u{30a}sa", "O\u{308}berg"),
        ("Владимир", "王小明 \u{1F468}\u{200D}\u{1F4BB}"),
    ];
    for (index, (first_name, last_name)) in names.into_iter().enumerate() {
        let key = format!("person-{index}");
        let mut bank = iban_of_an_organisation();
        let form = bank.account.take().unwrap().form.unwrap();
        let to = details(form, person(first_name, last_name));
        world.payouts().create_payout(to_bank_details(&key, to)).await.unwrap();
        world.wait_for(EU, &key, &[PayoutState::Completed]).await;
        assert_eq!(world.movements(EU, &key).await.len(), 1, "{key}");
        let data = json!({
            "attributes": { "name": format!("{first_name} {last_name}"), "city": "Östersund \\\"" },
            last_name: [first_name, null, { first_name: "\u{2028}\t" }],
        });
        for method in ["account", "kyc", "pending"] {
            tell(&world, &key, method, data.clone()).await;
        }
    }
    world.quiet().await;
    assert_delivered(&world).await;
    let counted = world.http.get(format!("http://{}/metrics", world.admin_at));
    let text = counted.send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("result=\"forged\""), "{text}");
}

async fn create_with(world: &World, key: &str, fault: &str) {
    let reference = id_of(EU, key);
    let rule = json!({
        "region": "eu", "on": "AccountPayout", "fault": fault, "reference": reference,
    });
    world.fault(rule).await;
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
}

/// Has the provider send a notification about a payout; returns its id.
async fn tell(world: &World, key: &str, method: &str, data: Value) -> String {
    let body = json!({ "reference": id_of(EU, key), "method": method, "data": data });
    let sent = world.control(Method::POST, "notifications", body).await;
    sent["id"].as_str().unwrap().to_owned()
}

/// What the provider says of a delivery, once that is as it is wanted.
async fn notification(world: &World, id: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let end = std::time::Instant::now() + crate::world::PATIENCE;
    loop {
        let told = world.control(Method::GET, "notifications", Value::Null).await;
        let lines = told["notifications"].as_array().unwrap();
        let line = lines.iter().find(|line| line["id"] == id).unwrap();
        if is_there(line) {
            return line.clone();
        }
        assert!(std::time::Instant::now() < end, "{line}");
        tokio::time::sleep(crate::world::PAUSE).await;
    }
}

/// The provider has a good answer to everything that it sent.
async fn assert_delivered(world: &World) {
    let told = world.control(Method::GET, "notifications", Value::Null).await;
    for line in told["notifications"].as_array().unwrap() {
        assert_eq!(line["delivered"], true, "{line}");
    }
}

async fn restart_with(world: &mut World, what: &str, with: &str) {
    world.kill_server();
    let text = std::fs::read_to_string(world.config()).unwrap();
    assert!(text.contains(what), "the configuration has no {what}");
    std::fs::write(world.config(), text.replace(what, with)).unwrap();
    world.start_server().await;
}

/// What happened to a payout so far.
async fn history(world: &World, key: &str) -> Vec<PayoutEvent> {
    let id = id_of(EU, key);
    let mut history = Vec::new();
    for event in world.events(EU).await {
        match event.event {
            Some(event::Event::PayoutEvent(about)) if about.payout_id == id => history.push(*about),
            _ => {}
        }
    }
    history
}

/// The payout without what every note changes.
fn still(payout: &Payout) -> Payout {
    Payout { sequence: 0, updated_at: None, ..payout.clone() }
}

fn attention(payout: &Payout) -> Vec<Attention> {
    payout.attention().collect()
}

/// All of it is given back, under the one id that a payout has for that.
fn ten_euros(payout: &Payout) -> GiveBack {
    let amount = Some(Money { currency_code: "EUR".to_owned(), minor_units: 1000 });
    match &payout.give_back {
        Some(back) => GiveBack { amount, ..back.clone() },
        None => GiveBack { id: payout.id.replacen("po_", "gb_", 1), amount },
    }
}

fn log_lines(world: &World, what: &str) -> Vec<String> {
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    log.lines().filter(|line| line.contains(what)).map(str::to_owned).collect()
}

/// What the metrics count of notifications that say something new, by labels.
async fn novelties(world: &World) -> BTreeMap<String, u64> {
    let url = format!("http://{}/metrics", world.admin_at);
    let text = world.http.get(url).send().await.unwrap().text().await.unwrap();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("payoutd_notification_novelties_total") {
            let (labels, count) = rest.split_once(' ').unwrap();
            counts.insert(labels.to_owned(), count.parse().unwrap());
        }
    }
    assert!(text.contains("# TYPE payoutd_notification_novelties_total counter"), "{text}");
    counts
}
