//! What holds of every history, however senseless: any input at any time, mixed with what an
//! engine does when it follows the machine. What holds of every single write is checked by
//! `invariants` as it is written.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use payout::input::{
    Certainty, Input, ProviderWords, Refusal, RefusalKind, Report, Reported, What,
};
use payout::machine::{Step, due_at};
use payout::policy::Policy;
use payout::reason::Reason;
use payout::record::Payout;
use payout::settlement::Verdict;
use payout::state::{Outcome, State, StateName};
use payout::time::Timestamp;

use crate::bench::{
    Beginning, Bench, DAY, HOUR, MINUTE, SECOND, START, in_vain, look_up, money, name,
    next_attempt, receipt, reference, report, resend,
};
use crate::invariants::check_replay;
use crate::standings::{refused, settled};
use crate::tape::{Tape, on_many_tapes};

/// Tapes that once failed, kept.
const FOUND: [&[u8]; 0] = [];

#[test]
fn any_history_keeps_the_promises() {
    for tape in FOUND {
        history(tape);
    }
    let reached = RefCell::new(BTreeSet::new());
    on_many_tapes(3000, 250, |tape| {
        reached.borrow_mut().insert(history(tape));
    });
    let reached = reached.into_inner();
    for state in StateName::ALL {
        assert!(reached.contains(&state), "no history ended in {state:?}");
    }
}

fn history(bytes: &[u8]) -> StateName {
    let tape = &mut Tape::new(bytes);
    let policy =
        [resend(), look_up(true), look_up(false), Policy { presumed_after: Some(DAY), ..resend() }]
            [usize::from(tape.pick(4))]
        .clone();
    let submit_before = tape.chance(4).then(|| START.plus(HOUR));
    let beginning = Beginning {
        unresolved: tape.chance(3),
        forgetful: tape.chance(3),
        submit_before,
        related: tape.chance(4),
    };
    let mut bench = Bench::new(policy, beginning);
    while !tape.is_at_end() {
        match tape.pick(4) {
            0 => drive(&mut bench, tape),
            1 | 2 => any_word(&mut bench, tape),
            _ => _ = bench.wait(tape.one_of(&[SECOND, MINUTE, HOUR, DAY])),
        }
        check_schedule(&bench);
    }
    check_replay(&bench.events, bench.payout());
    bench.payout().state.name()
}

/// Takes an input; taken again at once it changes nothing, be it a repeated notification or the
/// same answer of the provider.
fn hear(bench: &mut Bench, input: &Input) -> bool {
    let changed = matches!(bench.take(input), Ok(Some(_)));
    let again = bench.decide(input);
    assert!(!matches!(again, Ok(Some(_))), "{input:?} twice gives {again:?}");
    changed
}

const DOUBTS: [Reason; 3] = [Reason::AnswerLost, Reason::AnswerUntrusted, Reason::AccessRefused];

fn any_word(bench: &mut Bench, tape: &mut Tape) {
    let input = any_input(bench, tape);
    hear(bench, &input);
}

fn any_input(bench: &Bench, tape: &mut Tape) -> Input {
    let what = match tape.pick(18) {
        0 => What::Reported(any_report(tape)),
        1 => What::Refused(any_refusal(tape)),
        2 => What::NotFound,
        3 => What::InDoubt(tape.one_of(&DOUBTS)),
        4 => What::NotSent,
        5 => What::HolderGone,
        6 => What::CancelRequested,
        7 => What::Expired,
        8 => What::Parked(Reason::HorizonPassed),
        9 => What::DestinationResolved,
        10 => What::DestinationRefused(Reason::AccountInvalid),
        11 => What::Remarked(Reason::Other),
        12 => What::HintGivenUp,
        13 => What::Blocked(Reason::SubmissionPaused, bench.now.plus(HOUR)),
        14 => What::Presumed,
        16 => What::PastForgotten(bench.now),
        15 => settled(tape.one_of(&[Verdict::Paid, Verdict::NotPaid])),
        _ => What::AttemptOpened(Box::new(bench.attempt())),
    };
    let notified = matches!(what, What::Reported(_) | What::Remarked(_)) && tape.chance(2);
    let receipts = ["r1", "r2", "r3", "r4", "r5", "r6"];
    let references = [None, Some("A"), Some("A"), Some("B")];
    let words = ProviderWords {
        reference: tape.one_of(&references).map(reference),
        ..ProviderWords::default()
    };
    let times = [None, Some(START), Some(bench.now)];
    let occurred_at = if notified { tape.one_of(&times) } else { None };
    let receipt = notified.then(|| receipt(tape.one_of(&receipts)));
    Input { what, words, occurred_at, receipt }
}

fn any_report(tape: &mut Tape) -> Report {
    let statuses = [
        Reported::Accepted,
        Reported::Processing,
        Reported::Completed,
        Reported::Failed,
        Reported::Canceled,
        Reported::Returned,
    ];
    let report = report(tape.one_of(&statuses));
    let certainty = tape.one_of(&[Certainty::Certain, Certainty::Unconfirmed]);
    let amount = tape.one_of(&[report.amount, report.amount, None, Some(money(7))]);
    Report { certainty, amount, ..report }
}

fn any_refusal(tape: &mut Tape) -> Refusal {
    let kinds = [
        RefusalKind::Content,
        RefusalKind::Circumstance,
        RefusalKind::Access,
        RefusalKind::Duplicate,
    ];
    let What::Refused(refusal) = refused(tape.one_of(&kinds)) else {
        unreachable!("a refusal is a refusal");
    };
    refusal
}

/// Does what the machine says is next, with any outcome. What it says can be done.
fn drive(bench: &mut Bench, tape: &mut Tape) {
    let restarted = tape.chance(4);
    if restarted {
        bench.me = name(&format!("holder-{}", bench.events.len()));
    }
    let step = bench.step_as(&bench.me, restarted);
    check_step(bench, step);
    match step {
        Step::Resolve => {
            let refused = What::DestinationRefused(Reason::AccountInvalid);
            let unknown = What::InDoubt(tape.one_of(&DOUBTS));
            let whats = [What::DestinationResolved, refused, unknown];
            learn(bench, Some(Input::own(whats[usize::from(tape.pick(3))].clone())));
        }
        Step::Open => {
            let attempt = next_attempt(bench.payout(), &bench.me, bench.now);
            bench.must(What::AttemptOpened(Box::new(attempt)));
        }
        Step::Ask => {
            let input = tape.chance(2).then(|| any_input(bench, tape));
            learn(bench, input);
        }
        Step::GiveUpHolder => _ = bench.must(What::HolderGone),
        Step::GiveUpHint => _ = bench.must(What::HintGivenUp),
        Step::Distrust(since) => _ = bench.must(What::PastForgotten(since)),
        Step::Presume => _ = bench.must(What::Presumed),
        Step::Hold(reason, until) => {
            _ = bench.take(&Input::own(What::Blocked(reason, until)));
            bench.record.schedule.due_at = Some(until);
        }
        Step::Expire => _ = bench.must(What::Expired),
        Step::Park(reason) => _ = bench.must(What::Parked(reason)),
        Step::Wait(until) => {
            assert!(until > bench.now, "a wait that is over");
            bench.now = until;
        }
        Step::Done => {}
    }
}

fn learn(bench: &mut Bench, input: Option<Input>) {
    let tries = bench.record.schedule.tries;
    let changed = input.is_some_and(|input| hear(bench, &input));
    if !changed {
        bench.reschedule(tries + 1);
    }
}

/// What may never be next.
fn check_step(bench: &Bench, step: Step) {
    let payout = bench.payout();
    if step == Step::Open {
        assert!(payout.live_attempt().is_none(), "a second live attempt");
        let looked = payout.forgetful_until.is_none() || !bench.policy.doubt.looks_up();
        assert!(payout.resolved && looked, "not ready to be sent");
        assert_eq!(payout.unconfirmed, None, "the provider has said something");
        assert!(payout.give_back.is_none() && !payout.cancel_requested, "not wanted any more");
        assert!(matches!(payout.state, State::Pending { .. } | State::Indeterminate { .. }));
        let limit = payout.order.submit_before.unwrap_or(Timestamp::MAX);
        assert!(bench.now < limit, "sent too late");
    }
    if payout.give_back.is_some() {
        assert_eq!(step, Step::Done, "nothing is done after the end");
    }
}

/// After a try in vain there is a pause; what is due can be done; and what is never due has ended,
/// is parked, or can only be moved by a notification.
fn check_schedule(bench: &Bench) {
    let (payout, policy, now) = (bench.payout(), &bench.policy, bench.now);
    for tries in [1, 2, 10, 1000] {
        let due = due_at(payout, policy, in_vain(tries), now);
        let open = matches!(payout.live_attempt(), Some(a) if a.status == open_status());
        assert!(open || due.is_none_or(|due| due > now), "no pause after {tries} tries");
    }
    let Some(due) = due_at(payout, policy, in_vain(0), now) else {
        assert!(may_rest(payout, policy, now), "{:?} is never looked at again", payout.state);
        return;
    };
    let mut later = bench.clone();
    later.now = due.max(now);
    later.record.schedule.due_at = Some(due);
    let step = later.step();
    assert!(!matches!(step, Step::Done | Step::Wait(_)), "{:?} is due: {step:?}", payout.state);
    check_step(&later, step);
}

fn open_status() -> payout::attempt::AttemptStatus {
    payout::attempt::AttemptStatus::Open
}

fn may_rest(payout: &Payout, policy: &Policy, now: Timestamp) -> bool {
    if payout.state.name().outcome() == Outcome::NotPaid {
        return true;
    }
    match payout.state {
        State::Indeterminate { parked } => parked.is_some(),
        State::Accepted | State::Processing => policy.polling.is_none(),
        State::Presumed => true,
        State::Completed { return_window_ends_at } => {
            policy.polling.is_none() || now.plus(Duration::ZERO) >= return_window_ends_at
        }
        // Looked at by people, or moved by a word of the provider.
        State::Pending { held } => {
            payout.attention.is_some() || held.is_some_and(|hold| hold.is_parked())
        }
        State::Submitting
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => false,
    }
}
