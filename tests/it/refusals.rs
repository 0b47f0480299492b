//! Trustly Europe's errors, code by code: what each makes of a payout as the first answer, as an
//! answer that nobody signed, and as the answer to a repeat, and whether it stops the others.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use api::v1::bank_account::Form;
use api::v1::{
    AttemptState, CreatePayoutRequest, DescribeProviderRequest, Money, Outcome, Payout,
    PayoutState, Reason, RegisterDestinationRequest, WaitUntil,
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::refused;
use crate::samples::{IBAN, details, person, to_handle};
use crate::trustly::{Keys, Notice};
use crate::webhooks::send_good;
use crate::world::{CUSTOMER, EU, Options, PATIENCE, World, id_of};

/// Set to any value, the test writes the table instead of comparing it.
const REGENERATE: &str = "REGENERATE_GOLDEN";

const HEAD: &str = "\
# What Trustly Europe's errors make of a payout

Made by `tests/it/refusals.rs` from the running server; a change of what it does shows here as a
difference. *first*: the answer to the first send. *unsigned*: the same, without a signature.
*repeat*: the answer to the same bytes again, after a first send whose answer was lost. *queue*:
whether the merchant's other payouts go on. *sent*: how often so far, and in which bytes.

| code | answer | state | reason | retryable | who acts | attempts | queue | sent |
|---|---|---|---|---|---|---|---|---|
";

const REGISTRATIONS: &str = "\
# What Trustly Europe's errors make of a registration

Made by `tests/it/refusals.rs` from the running server: what RegisterDestination answers where
RegisterAccount was answered with an error. Each was called again, and then succeeded.

| code | answer | status | reason | cause |
|---|---|---|---|---|
";

/// The codes of Trustly's error table, and one that is not in it.
const CODES: [u16; 33] = [
    602, 607, 615, 616, 620, 622, 623, 624, 636, 637, 638, 639, 642, 645, 655, 688, 696, 697, 698,
    700, 701, 702, 703, 704, 705, 706, 712, 717, 718, 732, 734, 737, 999,
];

/// Those that stop a merchant's queue.
const ACCESS: [u16; 8] = [602, 607, 616, 636, 639, 712, 718, 732];

/// More often than any test lets it happen.
const ALWAYS: u32 = 1_000_000;

/// Between two looks at one of a hundred payouts.
const PAUSE: Duration = Duration::from_millis(300);

const ACCOUNT: &str = "1234567890";

/// Which send the code answers, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    First,
    Unsigned,
    Repeat,
}

/// One line of the table. Each has a merchant of its own, whose queue may be held.
#[derive(PartialEq, Eq)]
struct Case {
    code: u16,
    answer: Answer,
    merchant: String,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for code in CODES {
            for answer in [Answer::First, Answer::Unsigned, Answer::Repeat] {
                let merchant = format!("{}-{code}", format!("{answer:?}").to_lowercase());
                cases.push(Self { code, answer, merchant });
            }
        }
        cases
    }

    /// What the provider is told to do, in this order.
    fn faults(&self) -> Vec<Value> {
        let fault = |name: &str, times: u32| {
            json!({
                "region": "eu", "on": "AccountPayout", "fault": name, "times": times,
                "code": self.code, "reference": id_of(&self.merchant, "order"),
            })
        };
        match self.answer {
            Answer::First => vec![fault("refuse", ALWAYS)],
            Answer::Unsigned => vec![fault("unsigned_error", ALWAYS)],
            Answer::Repeat => vec![fault("http_500", 1), fault("refuse", ALWAYS)],
        }
    }

    /// Of these refusals the simulator remembers that it gave them, so that a repeat of the same
    /// bytes cannot get another answer.
    fn is_never_mended(&self) -> bool {
        self.answer == Answer::Repeat && matches!(self.code, 712 | 732)
    }

    /// Whether the payout has come as far as it does by itself: it ended, or was tried once more
    /// after the answer in question was taken in.
    fn is_over(&self, payout: &Payout, sent: usize) -> bool {
        match payout.state() {
            PayoutState::Failed => true,
            PayoutState::Pending => payout.attempts.len() >= 2 && payout.cause.is_some(),
            PayoutState::Indeterminate if self.answer == Answer::Repeat => sent >= 3,
            PayoutState::Indeterminate => sent >= 2,
            _ => false,
        }
    }
}

/// A world with a merchant for each case, all with the one account at the provider.
async fn world_of(cases: &[Case]) -> World {
    let mut world = World::without_server(&Options { time_factor: 60, ..Options::default() }).await;
    let text = std::fs::read_to_string(world.config()).unwrap();
    let (before, rest) = text.split_once("[merchants.demo-eu.trustly_europe]").unwrap();
    let (europe, americas) = rest.split_once("[merchants.demo-us.trustly_americas]").unwrap();
    let europe = format!("[merchants.demo-eu.trustly_europe]{europe}");
    let mut all = format!("{before}{europe}");
    for case in cases {
        all.push_str(&europe.replace(EU, &case.merchant));
    }
    write!(all, "[merchants.demo-us.trustly_americas]{americas}").unwrap();
    std::fs::write(world.config(), all).unwrap();
    world.start_server().await;
    world
}

#[tokio::test]
async fn every_error_code_does_what_the_table_says() {
    let cases = Case::all();
    let world = world_of(&cases).await;
    let rules: Vec<Value> = cases.iter().flat_map(Case::faults).collect();
    world.control(Method::PUT, "faults", json!({ "rules": rules })).await;
    let lines = join_all(cases.iter().map(|case| line(&world, case))).await;
    compare("refusals.md", &(HEAD.to_owned() + &lines.concat()));
    assert_alerted(&world, &cases).await;
    world.clear_faults().await;
    join_all(cases.iter().map(|case| check_once_mended(&world, case))).await;
    let metrics = metrics(&world).await;
    let held = cases
        .iter()
        .filter(|case| metrics.contains(&format!("held{{merchant=\"{}\"", case.merchant)));
    assert!(held.eq(cases.iter().filter(|case| case.is_never_mended())), "{metrics}");
}

/// The same codes in answer to RegisterAccount: what a caller is told of them, and that a later
/// call may fare better unless its details were refused.
#[tokio::test]
async fn every_error_code_of_a_registration_is_told_as_the_table_says() {
    let world = World::start().await;
    let mut table = REGISTRATIONS.to_owned();
    for code in CODES {
        for (fault, answer) in [("refuse", "signed"), ("unsigned_error", "unsigned")] {
            let rule = json!({
                "region": "eu", "on": "RegisterAccount", "fault": fault, "code": code,
            });
            world.fault(rule).await;
            // Another holder each time, so that nothing is known already.
            let register = async || {
                let form = Form::Iban(IBAN.to_owned());
                let bank_details = Some(details(form, person(fault, &format!("{code}"))));
                let (merchant, customer) = (EU.to_owned(), CUSTOMER.to_owned());
                let request = RegisterDestinationRequest { merchant, customer, bank_details };
                world.destinations().register_destination(request).await
            };
            let said = refused(&register().await.unwrap_err());
            let cause = said.metadata.get("cause").map_or("–", String::as_str);
            let status = format!("{:?} | {} | {cause}", said.code, said.reason);
            writeln!(table, "| {code} | {answer} | {status} |").unwrap();
            assert_eq!(said.metadata["recorded"], "no", "{code} {answer}");
            register().await.unwrap();
        }
    }
    compare("registrations.md", &table);
}

/// Holds a table to the one in the repository.
fn compare(name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(&path, table).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (golden, ours) in golden.lines().zip(table.lines()) {
        assert_eq!(golden, ours, "if this change is meant: {REGENERATE}=1 cargo test -p tests");
    }
    assert_eq!(golden, table, "{name} has lines too many or too few");
}

/// Each held queue is told once, with what to do, and measured as long as it is held.
async fn assert_alerted(world: &World, cases: &[Case]) {
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let metrics = metrics(world).await;
    for Case { code, merchant, .. } in cases {
        let held = usize::from(ACCESS.contains(code));
        let is_told = |line: &&str| {
            line.contains("the provider refuses our access")
                && line.contains("\"ERROR\"")
                && line.contains(&format!("\"{merchant}\""))
        };
        assert_eq!(log.lines().filter(is_told).count(), held, "{merchant}");
        let measured =
            format!("payoutd_queue_held{{merchant=\"{merchant}\",kind=\"access_refused\"}} 1\n");
        assert_eq!(metrics.matches(&measured).count(), held, "{merchant}");
    }
}

async fn metrics(world: &World) -> String {
    let url = format!("http://{}/metrics", world.admin_at);
    world.http.get(url).send().await.unwrap().text().await.unwrap()
}

/// Creates a payout that meets the case, and tells what became of it.
async fn line(world: &World, case: &Case) -> String {
    let merchant = &case.merchant;
    let mut request = straight(merchant, "order");
    request.set_wait_until(WaitUntil::Recorded);
    world.payouts().create_payout(request).await.unwrap();
    let (payout, sent) = follow(world, case).await;
    let holds = holds(world, merchant).await;
    let queue = match holds.as_slice() {
        [] => {
            // Whoever is refused alone stops nobody.
            world.payouts().create_payout(straight(merchant, "next")).await.unwrap();
            wait_for(world, merchant, "next", &[PayoutState::Accepted, PayoutState::Completed])
                .await;
            "goes on".to_owned()
        }
        [code] => format!("held: {code}"),
        more => panic!("{more:?}"),
    };
    let gives_back = payout.outcome() == Outcome::NotPaid;
    assert_eq!(payout.give_back.is_some(), gives_back, "{payout:?}");
    assert!(world.movements(merchant, "order").await.is_empty(), "{merchant}");
    let Some(cause) = &payout.cause else { panic!("{payout:?}") };
    let attempts: Vec<_> = payout.attempts.iter().map(|it| it.state().as_str_name()).collect();
    let attempts = match attempts.as_slice() {
        [one] => (*one).to_owned(),
        [first, ..] => format!("{first}, and again under a new UUID"),
        [] => panic!("{payout:?}"),
    };
    let distinct: std::collections::BTreeSet<_> = sent.iter().collect();
    let bytes = match (sent.len(), distinct.len()) {
        (1, _) => "once",
        (_, 1) => "again in the same bytes",
        _ => "again in other bytes",
    };
    let retryable = match payout.outcome() {
        Outcome::NotPaid => cause.retryable.to_string(),
        _ => "–".to_owned(),
    };
    let names = [
        payout.state().as_str_name(),
        cause.reason().as_str_name(),
        &retryable,
        cause.actor().as_str_name(),
        &attempts,
    ];
    let names = names.join(" | ");
    let answer = format!("{:?}", case.answer).to_lowercase();
    let row = format!("| {} | {answer} | {names} | {queue} | {bytes} |\n", case.code);
    ["PAYOUT_STATE_", "ATTEMPT_STATE_", "REASON_", "ACTOR_"]
        .into_iter()
        .fold(row, |row, prefix| row.replace(prefix, ""))
}

/// Waits until it has come as far as it does by itself; what it is and what was sent of it.
async fn follow(world: &World, case: &Case) -> (Payout, Vec<String>) {
    let end = Instant::now() + PATIENCE;
    loop {
        let sent = submissions(world, &case.merchant).await;
        let payout = wait_for(world, &case.merchant, "order", &[]).await;
        if case.is_over(&payout, sent.len()) {
            return (payout, submissions(world, &case.merchant).await);
        }
        assert!(Instant::now() < end, "{:?} {} is still {payout:?}", case.answer, case.code);
        tokio::time::sleep(PAUSE).await;
    }
}

/// What was held or never really answered is paid now, once; what is decided stays as it is.
async fn check_once_mended(world: &World, case: &Case) {
    let merchant = &case.merchant;
    let held = ACCESS.contains(&case.code) && !case.is_never_mended();
    let paid = held || case.answer == Answer::Unsigned;
    if paid {
        let placed = [PayoutState::Accepted, PayoutState::Completed];
        wait_for(world, merchant, "order", &placed).await;
        let end = Instant::now() + PATIENCE;
        while !holds(world, merchant).await.is_empty() {
            assert!(Instant::now() < end, "{merchant} is still held");
            tokio::time::sleep(PAUSE).await;
        }
    }
    let moved = world.movements(merchant, "order").await.len();
    assert_eq!(moved, usize::from(paid), "{merchant}");
    let payout = wait_for(world, merchant, "order", &[]).await;
    assert!(payout.attention.is_empty(), "{payout:?}");
    if payout.state() == PayoutState::Failed {
        let sent = submissions(world, merchant).await.len();
        assert_eq!(sent, if case.answer == Answer::Repeat { 2 } else { 1 }, "{merchant}");
    }
}

/// What waits behind a hold is not burnt: none of many payouts fails, and each is paid in the end.
/// A customer who is blocked is one payout's trouble only.
#[tokio::test]
async fn a_blocked_customer_fails_one_payout_and_a_refused_access_none() {
    let world = World::start().await;
    for (key, code) in [("blocked", 638), ("account", 624)] {
        let rule = json!({
            "region": "eu", "on": "AccountPayout", "fault": "refuse", "code": code,
            "reference": id_of(EU, key),
        });
        world.fault(rule).await;
    }
    let keys = ["one", "blocked", "two", "account", "three"];
    for key in keys {
        world.payouts().create_payout(straight(EU, key)).await.unwrap();
    }
    for key in keys {
        let refused = matches!(key, "blocked" | "account");
        let state = if refused { PayoutState::Failed } else { PayoutState::Completed };
        world.wait_for(EU, key, &[state]).await;
    }
    assert_eq!(holds(&world, EU).await, Vec::<String>::new());
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    assert!(!log.contains("refuses our access"), "{log}");
}

/// By default `result` "0" is a refusal, if it is signed and nothing else is in doubt.
#[tokio::test]
async fn a_result_0_is_a_refusal() {
    let world = World::start().await;
    let cases: [(&str, &[&str]); 3] = [
        ("zero", &["result_zero"]),
        ("doubt-first", &["http_500", "result_zero"]),
        ("forged-first", &["bad_signature", "result_zero"]),
    ];
    for (key, faults) in cases {
        for fault in faults {
            on_payout(&world, key, fault, 1).await;
        }
        world.payouts().create_payout(straight(EU, key)).await.unwrap();
    }
    let failed = wait_for(&world, EU, "zero", &[PayoutState::Failed]).await;
    let cause = failed.cause.as_ref().unwrap();
    assert_eq!(
        (cause.reason(), cause.provider_code.as_str()),
        (Reason::ProviderAborted, "result 0")
    );
    assert_eq!(failed.attempts[0].state(), AttemptState::Refused);
    assert!(failed.give_back.is_some() && failed.outcome() == Outcome::NotPaid);
    for key in ["doubt-first", "forged-first"] {
        wait_for_submissions(&world, key, 3).await;
        let doubtful = wait_for(&world, EU, key, &[PayoutState::Indeterminate]).await;
        assert_eq!((doubtful.outcome(), doubtful.give_back), (Outcome::Undecided, None), "{key}");
    }
    assert_eq!(submissions_of(&world, EU, "zero").await.len(), 1);
    assert_eq!(holds(&world, EU).await, Vec::<String>::new());
}

/// Where the merchant says so it proves nothing: it is asked again, and left to a notification.
#[tokio::test]
async fn a_result_0_is_in_doubt_where_the_merchant_says_so() {
    let replace = vec![(
        "shopper_statement = ",
        "result_zero = \"in_doubt\"\nshopper_statement = ".to_owned(),
    )];
    let world = World::start_with(&Options { replace, ..Options::default() }).await;
    on_payout(&world, "zero", "result_zero", 1).await;
    world.payouts().create_payout(straight(EU, "zero")).await.unwrap();
    wait_for_submissions(&world, "zero", 3).await;
    let doubtful = wait_for(&world, EU, "zero", &[PayoutState::Indeterminate]).await;
    let cause = doubtful.cause.as_ref().unwrap();
    assert_eq!((cause.reason(), cause.provider_code.as_str()), (Reason::AnswerUnknown, "result 0"));
    assert_eq!((doubtful.outcome(), &doubtful.give_back), (Outcome::Undecided, &None));
    let sent = submissions_of(&world, EU, "zero").await;
    assert!(sent.iter().all(|digest| *digest == sent[0]), "{sent:?}");
    let cancel = Notice::new("cancel", &doubtful.id, "5000000001");
    send_good(&world, &Keys::of(&world), &cancel, &doubtful.id).await;
    let failed = wait_for(&world, EU, "zero", &[PayoutState::Failed]).await;
    assert!(failed.give_back.is_some(), "{failed:?}");
}

fn straight(merchant: &str, key: &str) -> CreatePayoutRequest {
    let amount = Some(Money { currency_code: "EUR".to_owned(), minor_units: 1000 });
    CreatePayoutRequest { amount, ..to_handle(merchant, key, ACCOUNT) }
}

async fn on_payout(world: &World, key: &str, fault: &str, times: u32) {
    let reference = id_of(EU, key);
    let rule = json!({
        "region": "eu", "on": "AccountPayout", "fault": fault, "times": times,
        "reference": reference,
    });
    world.fault(rule).await;
}

/// The payout, in one of these states if there are any.
async fn wait_for(world: &World, merchant: &str, key: &str, states: &[PayoutState]) -> Payout {
    let is_there = |payout: &Payout| states.is_empty() || states.contains(&payout.state());
    world.wait_until(merchant, key, &format!("in {states:?}"), is_there).await
}

async fn submissions(world: &World, merchant: &str) -> Vec<String> {
    submissions_of(world, merchant, "order").await
}

/// The digests of the bodies in which a payout was submitted.
async fn submissions_of(world: &World, merchant: &str, key: &str) -> Vec<String> {
    let path = format!("requests?reference={}", id_of(merchant, key));
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let mut digests = Vec::new();
    for line in asked["requests"].as_array().unwrap() {
        let bodies = line["body_sha256"].as_array().unwrap().iter();
        digests.extend(bodies.map(|digest| digest.as_str().unwrap().to_owned()));
    }
    digests
}

async fn wait_for_submissions(world: &World, key: &str, count: usize) {
    let end = Instant::now() + PATIENCE;
    while submissions_of(world, EU, key).await.len() < count {
        assert!(Instant::now() < end, "{key} was not submitted {count} times");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The provider's codes for which a merchant's queue is held.
async fn holds(world: &World, merchant: &str) -> Vec<String> {
    let request = DescribeProviderRequest { merchant: merchant.to_owned() };
    let told = world.provider().describe_provider(request).await.unwrap().into_inner();
    told.queue_holds.into_iter().map(|hold| hold.provider_code).collect()
}
