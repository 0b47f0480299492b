//! The machine driven to the end against a provider that knows the truth: the money moves at most
//! once, is never given back while the customer has it or may get it, and the payout ends as the
//! truth is, or parked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use payout::attempt::Attempt;
use payout::input::{Input, What};
use payout::machine::Step;
use payout::policy::Policy;
use payout::reason::Reason;
use payout::state::{Outcome, State, StateName};
use payout::time::Timestamp;

use crate::bench::{
    Beginning, Bench, DAY, HOUR, MINUTE, REQUEST_TIMEOUT, SECOND, SEND_WINDOW, START, look_up,
    name, resend,
};
use crate::invariants::check_replay;
use crate::tape::{Tape, on_many_tapes};
use crate::world::{Later, Order, Provider, Region};

/// Tapes that once failed, kept: region and tape.
const FOUND: [(Region, bool, &[u8]); 0] = [];

/// More than any run needs, daily polls through the return window included.
const STEPS_MAX: u32 = 2000;

#[test]
fn europe_ends_in_the_truth_or_parked() {
    drive_many(Region::Europe, false);
}

#[test]
fn the_americas_end_in_the_truth_or_parked() {
    drive_many(Region::Americas, true);
}

#[test]
fn the_americas_without_duplicate_protection_end_in_the_truth_or_parked() {
    drive_many(Region::Americas, false);
}

#[test]
fn what_failed_once_does_not_fail_again() {
    for (region, protected, tape) in FOUND {
        Run::new(region, protected, tape).run();
    }
}

#[test]
fn a_run_in_which_all_goes_well_completes() {
    for (region, protected) in
        [(Region::Europe, false), (Region::Americas, true), (Region::Americas, false)]
    {
        let state = Run::new(region, protected, &[]).run();
        assert_eq!(state.name(), StateName::Completed, "{region:?}");
    }
}

fn drive_many(region: Region, protected: bool) {
    let ends = RefCell::new(BTreeMap::new());
    on_many_tapes(2000, 120, |tape| {
        let end = Run::new(region, protected, tape).run();
        *ends.borrow_mut().entry(end.name()).or_insert(0) += 1;
    });
    let ends = ends.into_inner();
    for state in [StateName::Completed, StateName::Failed, StateName::Canceled, StateName::Returned]
    {
        assert!(ends.contains_key(&state), "no run ended in {state:?}: {ends:?}");
    }
    let parked = ends.get(&StateName::Indeterminate).copied().unwrap_or(0);
    let all: u32 = ends.values().sum();
    assert!(parked < all / 3, "{parked} of {all} runs were parked");
}

/// What lies ahead.
#[derive(Clone, Debug)]
enum Ahead {
    /// Our request reaches the provider.
    Arrives(Box<Attempt>, AnswerFate),
    /// The answer reaches the holder, if that lives.
    Answers(Box<Attempt>, Box<Input>),
    Provider(Later),
    CallerCancels,
    Crash,
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerFate {
    Comes,
    IsLost,
}

struct Run {
    tape: Tape,
    bench: Bench,
    provider: Provider,
    ahead: Vec<(Timestamp, Ahead)>,
    /// Whether a restarted process knows that no other one lives.
    alone: bool,
    log: Vec<String>,
}

impl Run {
    fn new(region: Region, protected: bool, bytes: &[u8]) -> Self {
        let mut tape = Tape::new(bytes);
        let mut provider = Provider::new(region, START, &mut tape);
        let mut later = Vec::new();
        let forgotten = tape.chance(5);
        if forgotten && tape.chance(2) {
            provider.remember(START, &mut tape, &mut later);
        }
        let beginning = Beginning {
            related: false,
            unresolved: tape.chance(3),
            forgetful: forgotten,
            submit_before: tape.chance(4).then(|| START.plus(HOUR)),
        };
        let bench = Bench::new(policy(region, protected), beginning);
        let alone = !tape.chance(2);
        let mut run = Self { tape, bench, provider, ahead: Vec::new(), alone, log: Vec::new() };
        run.later(later);
        if run.tape.chance(3) {
            let at = START.plus(run.tape.one_of(&[SECOND, MINUTE, HOUR]));
            run.ahead.push((at, Ahead::CallerCancels));
        }
        if run.tape.chance(4) {
            let at = START.plus(run.tape.one_of(&[SECOND, MINUTE, HOUR]));
            run.ahead.push((at, Ahead::Crash));
        }
        run
    }

    fn run(mut self) -> State {
        for _ in 0..STEPS_MAX {
            let step = self.bench.step_as(&self.bench.me, self.alone);
            let next = self.ahead.iter().map(|(at, _)| *at).min();
            match (step, next) {
                (Step::Done, None) => return self.finish(),
                (Step::Wait(until), Some(next)) if until < next => self.bench.now = until,
                (Step::Wait(until), None) => self.bench.now = until,
                (_, Some(next)) if next <= self.bench.now => self.happens(next),
                (Step::Done | Step::Wait(_), Some(next)) => self.happens(next),
                (step, _) => self.does(step),
            }
            self.check();
        }
        panic!("no end after {STEPS_MAX} steps\n{}", self.log.join("\n"));
    }

    /// The engine's part.
    fn does(&mut self, step: Step) {
        self.note(&format!("{step:?}"));
        match step {
            Step::Resolve => match self.tape.pick(4) {
                0 | 1 => self.learns(Some(&Input::own(What::DestinationResolved))),
                2 => self.learns(Some(&Input::own(What::InDoubt(Reason::AnswerLost)))),
                _ => {
                    let refused = What::DestinationRefused(Reason::AccountInvalid);
                    self.learns(Some(&Input::own(refused)));
                }
            },
            Step::Open => self.sends(),
            Step::Ask => {
                let answer = self.asks();
                self.learns(answer.as_ref());
            }
            Step::GiveUpHolder => _ = self.bench.must(What::HolderGone),
            Step::GiveUpHint => _ = self.bench.must(What::HintGivenUp),
            Step::Presume | Step::Hold(..) | Step::Distrust(_) => unreachable!("none is set up"),
            Step::Expire => _ = self.bench.must(What::Expired),
            Step::Park(reason) => _ = self.bench.must(What::Parked(reason)),
            Step::Wait(_) | Step::Done => unreachable!("nothing to do"),
        }
    }

    fn sends(&mut self) {
        self.bench.open();
        let attempt = Box::new(self.bench.payout().live_attempt().expect("just opened").clone());
        let now = self.bench.now;
        let comes = Ahead::Arrives(attempt.clone(), AnswerFate::Comes);
        match self.tape.pick(8) {
            0..=2 => self.ahead.push((now, comes)),
            3 => self.ahead.push((now.plus(SEND_WINDOW), comes)),
            4 => {
                let answer = Box::new(Input::own(What::NotSent));
                self.ahead.push((now.plus(SECOND), Ahead::Answers(attempt, answer)));
            }
            5 => self.ahead.push((now, Ahead::Arrives(attempt, AnswerFate::IsLost))),
            6 => self.crashes(),
            _ => {
                self.ahead.push((now, Ahead::Arrives(attempt, AnswerFate::IsLost)));
                self.crashes();
            }
        }
    }

    /// Re-sends where there is a request and the same bytes are answered alike, else looks up.
    fn asks(&mut self) -> Option<Input> {
        let now = self.bench.now;
        // The poll that ends the return window is the last: what it misses nobody learns.
        let last_word = self.bench.payout().state.name() == StateName::Completed;
        match self.tape.pick(6) {
            _ if last_word => {}
            1 => return None,
            2 => return Some(Input::own(What::InDoubt(Reason::AnswerLost))),
            3 => return Some(Input::own(What::NotSent)),
            _ => {}
        }
        if !self.provider.lets_us_in(now) && self.provider.region == Region::Americas {
            return Some(Input::own(crate::standings::refused(payout::input::RefusalKind::Access)));
        }
        match self.provider.region {
            Region::Americas => Some(self.provider.look_up(now)),
            Region::Europe => {
                self.bench.record.vault.request.as_ref()?;
                let attempt = self.bench.payout().live_attempt()?.clone();
                let mut later = Vec::new();
                let answer = self.provider.receive(&attempt, now, &mut self.tape, &mut later);
                self.later(later);
                Some(answer)
            }
        }
    }

    fn learns(&mut self, input: Option<&Input>) {
        self.note(&format!("learns {:?}", input.map(|input| &input.what)));
        let tries = self.bench.record.schedule.tries;
        let changed = input.is_some_and(|input| matches!(self.bench.take(input), Ok(Some(_))));
        if !changed {
            self.bench.reschedule(tries + 1);
        }
    }

    /// The world's part.
    fn happens(&mut self, at: Timestamp) {
        self.bench.now = self.bench.now.max(at);
        let index = self.ahead.iter().position(|(time, _)| *time == at).expect("it is ahead");
        let (_, what) = self.ahead.remove(index);
        self.note(&format!("{what:?}"));
        match what {
            Ahead::Arrives(attempt, fate) => self.arrives(attempt, fate),
            Ahead::Answers(attempt, input) => self.answers(&attempt, &input),
            Ahead::Provider(what) => {
                let (now, mut later) = (self.bench.now, Vec::new());
                let heard = self.provider.happens(what, now, &mut self.tape, &mut later);
                self.later(later);
                if let Some(input) = heard {
                    self.bench.take(&input).expect("a notification is always taken");
                    assert_eq!(self.bench.decide(&input), Ok(None), "taken twice");
                }
            }
            // Refused or not is the caller's business.
            Ahead::CallerCancels => _ = self.bench.take(&Input::own(What::CancelRequested)),
            Ahead::Crash => self.crashes(),
        }
    }

    fn arrives(&mut self, attempt: Box<Attempt>, fate: AnswerFate) {
        if !self.may_arrive(&attempt, fate) {
            return;
        }
        let (now, mut later) = (self.bench.now, Vec::new());
        let answer = self.provider.receive(&attempt, now, &mut self.tape, &mut later);
        self.later(later);
        let lost = Input::own(What::InDoubt(Reason::AnswerLost));
        let (pause, answer) = match fate {
            AnswerFate::Comes => (self.tape.one_of(&[SECOND, 20 * SECOND]), answer),
            AnswerFate::IsLost => (REQUEST_TIMEOUT, lost),
        };
        self.ahead.push((now.plus(pause), Ahead::Answers(attempt, Box::new(answer))));
    }

    /// The dead send nothing; what had left them arrives, and its answer is lost.
    fn may_arrive(&self, attempt: &Attempt, fate: AnswerFate) -> bool {
        attempt.holder == self.bench.me || fate == AnswerFate::IsLost
    }

    /// An answer is for its own attempt only, and the dead hear nothing.
    fn answers(&mut self, attempt: &Attempt, answer: &Input) {
        let live = self.bench.payout().live_attempt();
        let same = live.is_some_and(|live| live.number == attempt.number);
        if attempt.holder == self.bench.me && (same || !settles(&answer.what)) {
            // An answer that comes after the payout moved on may be declined.
            _ = self.bench.take(answer);
        }
    }

    fn crashes(&mut self) {
        let lives = self.log.len();
        self.bench.me = name(&format!("holder-{lives}-again"));
    }

    fn later(&mut self, later: Vec<(Timestamp, Later)>) {
        self.ahead.extend(later.into_iter().map(|(at, what)| (at, Ahead::Provider(what))));
    }

    fn note(&mut self, what: &str) {
        let state = self.bench.payout().state;
        self.log.push(format!("{} {state:?}: {what}", self.bench.now));
    }

    /// Holds at every moment.
    fn check(&self) {
        let log = || self.log.join("\n");
        let moved = self.provider.orders.iter().filter(|order| order.moved).count();
        assert!(moved <= 1, "paid {moved} times\n{}", log());
        if self.bench.payout().give_back.is_some() {
            let paying = self.provider.orders.iter().any(Order::may_pay);
            assert!(!paying, "given back while the customer may be paid\n{}", log());
        }
    }

    /// Holds at the end.
    fn finish(self) -> State {
        let log = || self.log.join("\n");
        let payout = self.bench.payout();
        check_replay(&self.bench.events, payout);
        let paid = self.provider.orders.iter().any(|order| order.held_by_customer);
        match payout.state {
            State::Indeterminate { parked: Some(_) } => {}
            State::Pending { held: Some(hold) } if hold.is_parked() => {}
            state => {
                let outcome = if paid { Outcome::Succeeded } else { Outcome::NotPaid };
                assert_eq!(state.name().outcome(), outcome, "not the truth\n{}", log());
            }
        }
        payout.state
    }
}

/// Whether an answer speaks of one attempt alone.
fn settles(what: &What) -> bool {
    matches!(what, What::NotSent | What::Refused(_) | What::InDoubt(_))
}

fn policy(region: Region, protected: bool) -> Policy {
    match region {
        Region::Europe => resend(),
        Region::Americas => Policy { return_window: 5 * DAY, ..look_up(protected) },
    }
}
