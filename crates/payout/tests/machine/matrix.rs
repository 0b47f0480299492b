//! Every standing against every input, as a table that people can read. The table in the
//! repository is the contract; this test compares it with what the machine does.

use std::fmt::Write as _;
use std::path::PathBuf;

use payout::attempt::AttemptStatus;
use payout::event::{Change, Event};
use payout::input::{
    Certainty, Input, ProviderWords, Refusal, RefusalKind, Report, Reported, What,
};
use payout::machine::{Declined, apply};
use payout::policy::Policy;
use payout::reason::Reason;
use payout::settlement::Verdict;
use payout::state::{Hold, State, StateName};

use crate::bench::{
    Bench, DAY, SECOND, START, look_up, money, next_attempt, receipt, reference, report, resend,
};
use crate::standings::{SEEN, Standing, refused, settled};

/// Set to any value, the test writes the table instead of comparing it.
const REGENERATE: &str = "REGENERATE_GOLDEN";

const HEAD: &str = "\
# What an input makes of a payout

Every way in which a payout can stand, and what each input makes of it. Made by the tests of
`crates/payout` from the machine itself; a change of the machine shows here as a difference.

- Reports and remarks come with a notification seen for the first time. Reports are about order `A`
  and name the ordered amount, unless the column says otherwise. A report is certain, or
  unconfirmed: then it has to be confirmed by asking before it counts.
- All waiting times have passed, except for *too soon*: one second after the last event.
- *nothing*: no event. *noted*: recorded, changes nothing. *declined*: the caller is told why.
- **gives back**: the event carries the instruction to give the money back.
- Where provider policies differ: *re-send* answers doubt with the same bytes, *look up* asks and
  may send again what is proven absent, *look up only* asks and must not.
";

/// One column of the table: a kind of provider.
struct Column {
    name: &'static str,
    policy: Policy,
}

fn columns() -> [Column; 3] {
    [
        Column { name: "re-send", policy: resend() },
        Column { name: "look up", policy: look_up(true) },
        Column { name: "look up only", policy: look_up(false) },
    ]
}

#[test]
fn the_table_in_the_repository_is_what_the_machine_does() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/matrix.md");
    let table = table();
    if regenerate() {
        std::fs::write(&path, &table).expect("the table can be written");
        return;
    }
    let golden = std::fs::read_to_string(&path).expect("the table can be read");
    for (number, (golden, ours)) in golden.lines().zip(table.lines()).enumerate() {
        assert_eq!(
            golden,
            ours,
            "matrix.md:{}; if this change is meant: {REGENERATE}=1 cargo test -p payout matrix",
            number + 1
        );
    }
    let same = golden == table;
    assert!(same, "matrix.md has lines too many or too few: {REGENERATE}=1 cargo test -p payout");
}

#[test]
fn every_state_and_every_status_of_an_attempt_is_in_the_table() {
    let mut states = Vec::new();
    let mut statuses = Vec::new();
    for column in columns() {
        for bench in Standing::all().into_iter().filter_map(|s| s.bench(&column.policy)) {
            states.push(bench.payout().state.name());
            statuses.extend(bench.payout().attempts.iter().map(|attempt| status(&attempt.status)));
        }
    }
    for state in StateName::ALL {
        assert!(states.contains(&state), "{state:?}");
    }
    for status in ["open", "not sent", "refused", "in doubt", "accepted", "absent", "ended"] {
        assert!(statuses.iter().any(|s| s.starts_with(status)), "{status}");
    }
}

/// The tests' only look at the environment.
#[expect(clippy::disallowed_methods, reason = "asked by a person who regenerates the table")]
fn regenerate() -> bool {
    std::env::var_os(REGENERATE).is_some()
}

fn table() -> String {
    let mut text = HEAD.to_owned();
    for standing in Standing::all() {
        let benches: Vec<(&str, Bench)> = columns()
            .into_iter()
            .filter_map(|column| Some((column.name, standing.bench(&column.policy)?)))
            .collect();
        section(&mut text, standing, &benches);
    }
    text
}

fn section(text: &mut String, standing: Standing, benches: &[(&str, Bench)]) {
    let (_, first) = benches.first().expect("some policy leads to every standing");
    let state = first.payout().state.name().as_str();
    let _ = writeln!(text, "\n## {state}: {}\n", standing.words());
    if benches.len() < columns().len() {
        let names: Vec<&str> = benches.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(text, "Only with *{}*.\n", names.join("* and *"));
    }
    inputs_table(text, benches, &inputs(first));
    reports_table(text, benches);
}

/// Inputs that come to the same are one row.
fn inputs_table(text: &mut String, benches: &[(&str, Bench)], inputs: &[Row]) {
    text.push_str("| input | becomes |\n|---|---|\n");
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for row in inputs {
        let result = becomes(benches, row);
        match rows.iter_mut().find(|(known, _)| *known == result) {
            Some((_, labels)) => labels.push(&row.label),
            None => rows.push((result, vec![&row.label])),
        }
    }
    for (result, labels) in rows {
        let _ = writeln!(text, "| {} | {result} |", labels.join("; "));
    }
}

/// One row for where the order is reported to stand, one column for each way of saying it.
fn reports_table(text: &mut String, benches: &[(&str, Bench)]) {
    let statuses = std::iter::successors(Some(Reported::Accepted), |status| next_status(*status));
    for (index, status) in statuses.enumerate() {
        let ways = ways(status);
        if index == 0 {
            let heads: Vec<&str> = ways.iter().map(|row| row.label.as_str()).collect();
            let _ = writeln!(text, "\n| reported | {} |", heads.join(" | "));
            let _ = writeln!(text, "|---|{}", "---|".repeat(heads.len()));
        }
        let cells: Vec<String> = ways.iter().map(|row| becomes(benches, row)).collect();
        let _ = writeln!(text, "| {} | {} |", status_word(status), cells.join(" | "));
    }
}

/// What an input makes of a standing, said once if all policies agree.
fn becomes(benches: &[(&str, Bench)], row: &Row) -> String {
    let mut results: Vec<(&str, String)> = Vec::new();
    for (name, bench) in benches {
        let mut bench = bench.clone();
        if row.too_soon {
            bench.now = bench.payout().updated_at.plus(SECOND);
        }
        let before = bench.payout().clone();
        let result = bench.take(&row.input);
        if let Ok(Some(event)) = &result {
            assert_eq!(&apply(Some(before), event), bench.payout());
        }
        results.push((name, words(&result)));
    }
    let (_, first) = &results[0];
    if results.iter().all(|(_, result)| result == first) {
        return first.clone();
    }
    let each: Vec<String> = results.iter().map(|(name, r)| format!("*{name}:* {r}")).collect();
    each.join("<br>")
}

/// One input with its name in the table.
struct Row {
    label: String,
    input: Input,
    too_soon: bool,
}

/// Every input but reports.
fn inputs(bench: &Bench) -> Vec<Row> {
    let attempt = next_attempt(bench.payout(), &bench.me, bench.now);
    let opened = What::AttemptOpened(Box::new(attempt));
    let first = What::DestinationResolved;
    let mut rows = Vec::new();
    for what in std::iter::successors(Some(first), |what| after(what, &opened)) {
        let Some(label) = label(&what) else { continue };
        let again = what == What::NotFound;
        rows.push(Row { label: label.clone(), input: heard(what.clone()), too_soon: false });
        if again {
            let label = format!("{label}, too soon");
            rows.push(Row { label, input: heard(what), too_soon: true });
        }
    }
    rows
}

/// Every way of reporting where the order stands.
fn ways(status: Reported) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |label: &str, input: Input| {
        rows.push(Row { label: label.to_owned(), input, too_soon: false });
    };
    let ours = heard(What::Reported(report(status)));
    let words = ProviderWords { reference: Some(reference("B")), ..ours.words.clone() };
    let mut certainty = Some(Certainty::Certain);
    while let Some(known) = certainty {
        let what = What::Reported(Report { certainty: known, ..report(status) });
        let (label, next) = match known {
            Certainty::Certain => ("certain", Some(Certainty::Unconfirmed)),
            Certainty::Unconfirmed => ("unconfirmed", None),
        };
        row(label, Input { what: what.clone(), ..ours.clone() });
        row(
            &format!("{label}, another order"),
            Input { what, words: words.clone(), ..ours.clone() },
        );
        certainty = next;
    }
    let other = Report { amount: Some(money(7)), ..report(status) };
    row("certain, another amount", Input { what: What::Reported(other), ..ours.clone() });
    row("certain, seen before", Input { receipt: Some(receipt(SEEN)), ..ours });
    rows
}

/// The input as it usually comes: what the provider says comes with a notification.
fn heard(what: What) -> Input {
    let notified = matches!(what, What::Reported(_) | What::Remarked(_));
    let words = match notified {
        true => ProviderWords { reference: Some(reference("A")), ..ProviderWords::default() },
        false => ProviderWords::default(),
    };
    let receipt = notified.then(|| receipt("new"));
    Input { receipt, words, ..Input::own(what) }
}

/// The input after `what`. A new input does not compile until it has its place in the chain.
fn after(what: &What, opened: &What) -> Option<What> {
    Some(match what {
        What::DestinationResolved => What::DestinationRefused(Reason::AccountInvalid),
        What::DestinationRefused(_) => opened.clone(),
        What::AttemptOpened(_) => What::NotSent,
        What::NotSent => refused(RefusalKind::Content),
        What::Refused(Refusal { kind, .. }) => match next_kind(*kind) {
            Some(kind) => refused(kind),
            None => What::InDoubt(Reason::AnswerLost),
        },
        What::InDoubt(Reason::AnswerLost) => What::InDoubt(Reason::AccessRefused),
        What::InDoubt(_) => What::HolderGone,
        What::HolderGone => What::NotFound,
        What::NotFound => What::Reported(report(Reported::Accepted)),
        What::Reported(_) => What::Remarked(Reason::Other),
        What::Remarked(_) => What::HintGivenUp,
        What::HintGivenUp => What::CancelRequested,
        What::CancelRequested => What::Expired,
        What::Expired => What::Parked(Reason::HorizonPassed),
        What::Parked(_) => What::Blocked(Reason::SubmissionPaused, START.plus(DAY)),
        What::Blocked(..) => What::PastForgotten(START.plus(DAY)),
        What::PastForgotten(_) => What::Presumed,
        What::Presumed => settled(Verdict::Paid),
        What::Settled(settlement) => match settlement.verdict {
            Verdict::Paid => settled(Verdict::NotPaid),
            Verdict::NotPaid => return None,
        },
    })
}

fn next_kind(kind: RefusalKind) -> Option<RefusalKind> {
    Some(match kind {
        RefusalKind::Content => RefusalKind::Circumstance,
        RefusalKind::Circumstance => RefusalKind::Access,
        RefusalKind::Access => RefusalKind::Duplicate,
        RefusalKind::Duplicate => return None,
    })
}

fn next_status(status: Reported) -> Option<Reported> {
    Some(match status {
        Reported::Accepted => Reported::Processing,
        Reported::Processing => Reported::Completed,
        Reported::Completed => Reported::Failed,
        Reported::Failed => Reported::Canceled,
        Reported::Canceled => Reported::Returned,
        Reported::Returned => return None,
    })
}

/// An input's name; none for reports, which have a table of their own.
fn label(what: &What) -> Option<String> {
    let label = match what {
        What::DestinationResolved => "destination resolved".to_owned(),
        What::DestinationRefused(_) => "destination refused".to_owned(),
        What::AttemptOpened(_) => "attempt opened".to_owned(),
        What::NotSent => "not sent".to_owned(),
        What::Refused(Refusal { kind, .. }) => format!("refused for {}", kind_word(*kind)),
        What::InDoubt(Reason::AccessRefused) => "no access".to_owned(),
        What::InDoubt(_) => "no answer".to_owned(),
        What::HolderGone => "holder gone".to_owned(),
        What::NotFound => "not found".to_owned(),
        What::Reported(_) => return None,
        What::Remarked(_) => "remarked".to_owned(),
        What::HintGivenUp => "hint given up".to_owned(),
        What::CancelRequested => "cancel requested".to_owned(),
        What::Expired => "expired".to_owned(),
        What::Parked(_) => "parked".to_owned(),
        What::Blocked(..) => "queue stopped".to_owned(),
        What::Presumed => "nothing bad heard".to_owned(),
        What::PastForgotten(_) => "past forgotten".to_owned(),
        What::Settled(settlement) => match settlement.verdict {
            Verdict::Paid => "settled as paid".to_owned(),
            Verdict::NotPaid => "settled as not paid".to_owned(),
        },
    };
    Some(label)
}

fn kind_word(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Content => "its content",
        RefusalKind::Circumstance => "circumstances",
        RefusalKind::Access => "our access",
        RefusalKind::Duplicate => "being a duplicate",
    }
}

fn status_word(status: Reported) -> &'static str {
    match status {
        Reported::Accepted => "accepted",
        Reported::Processing => "processing",
        Reported::Completed => "completed",
        Reported::Failed => "failed",
        Reported::Canceled => "canceled",
        Reported::Returned => "returned",
    }
}

fn words(result: &Result<Option<Event>, Declined>) -> String {
    let event = match result {
        Ok(Some(event)) => event,
        Ok(None) => return "nothing".to_owned(),
        Err(declined) => return format!("declined: {declined}"),
    };
    let mut text = state(&event.after);
    if let Some(change) = change(&event.change) {
        let _ = write!(text, ": {change}");
    }
    if let (Change::Contradicted, Some(reason)) = (&event.change, event.reason) {
        let _ = write!(text, " ({reason:?})");
    }
    if event.give_back.is_some() {
        text.push_str(", **gives back**");
    }
    text
}

fn state(state: &State) -> String {
    let name = state.name().as_str();
    match state {
        State::Pending { held: Some(hold @ Hold { reason, .. }) } if hold.is_parked() => {
            format!("{name} parked ({reason:?})")
        }
        State::Pending { held: Some(Hold { reason, .. }) } => format!("{name} held ({reason:?})"),
        State::Indeterminate { parked: Some(reason) } => format!("{name} parked ({reason:?})"),
        State::Failed { reason } | State::Canceled { reason } | State::Returned { reason } => {
            format!("{name} ({reason:?})")
        }
        State::Pending { held: None }
        | State::Submitting
        | State::Indeterminate { parked: None }
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. } => name.to_owned(),
    }
}

/// What changed; none where the state says it all.
fn change(change: &Change) -> Option<String> {
    let text = match change {
        Change::Created(_) => unreachable!("a payout is created once"),
        Change::Canceled | Change::DestinationRefused => return None,
        Change::DestinationResolved => "destination resolved".to_owned(),
        Change::AttemptOpened(attempt) => {
            format!("attempt {} of generation {} opened", attempt.number, attempt.generation)
        }
        Change::AttemptBecame(became) => format!("attempt {}", status(became)),
        Change::Held => "held".to_owned(),
        Change::PastForgotten(_) => "maybe sent in a forgotten past".to_owned(),
        Change::LookedFirst => "free to be sent".to_owned(),
        Change::Reported { .. } => return None,
        Change::Hinted(_) => "to be confirmed".to_owned(),
        Change::CancelRequested => "cancel requested".to_owned(),
        Change::Parked | Change::Presumed => return None,
        Change::Settled(_) => "settled".to_owned(),
        Change::Noted => "noted".to_owned(),
        Change::Contradicted => "contradicted".to_owned(),
    };
    Some(text)
}

fn status(status: &AttemptStatus) -> String {
    match status {
        AttemptStatus::Open => "open".to_owned(),
        AttemptStatus::NotSent => "not sent".to_owned(),
        AttemptStatus::Refused => "refused".to_owned(),
        AttemptStatus::InDoubt(doubt) => {
            let mut text = format!("in doubt ({:?}", doubt.why);
            if doubt.looked_in_vain_at.is_some() {
                text.push_str(", looked once");
            }
            if doubt.refusal.is_some() {
                text.push_str(", fails if absent");
            }
            text + ")"
        }
        AttemptStatus::Accepted => "accepted".to_owned(),
        AttemptStatus::Absent => "absent".to_owned(),
        AttemptStatus::Ended => "ended".to_owned(),
    }
}
