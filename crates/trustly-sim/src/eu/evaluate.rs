//! The one place where a request is decided: replayed, refused, or carried out.

use std::time::Duration;

use super::answer::{Answer, Body, Shape};
use super::call::Call;
use super::check::{self, Case};
use super::codes::Code;
use super::methods::{self, Work};
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::{Question, Stage};
use crate::ledger::Region;
use crate::notices::NoticeId;
use crate::sim::State;

pub(super) struct Verdict {
    pub(super) answer: Answer,
    pub(super) wait_for: Option<NoticeId>,
}

/// Replays what was answered before; else checks, carries out and remembers, all in one step
/// under the caller's lock, so that of two equal requests at once one is carried out.
pub(super) fn evaluate(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    reply_after: Duration,
    call: &Call,
) -> Verdict {
    let duplicates_pass = is_duplicate(state, call) && takes_duplicates(state, call);
    if !duplicates_pass && let Some(answer) = state.eu.answer_to(call) {
        return Verdict { answer: answer.clone(), wait_for: None };
    }
    let case = Case {
        call,
        merchant: &settings.eu,
        book: &state.eu,
        ledger: &state.ledger,
        duplicates_pass,
    };
    let authentic = check::is_authentic(&case);
    let method = methods::find(&call.method);
    let checks = method.map_or::<&[check::Check], _>(&[no_access], |method| method.checks);
    let checked = check::run(&case, checks, settings.seed);
    let shape = Shape::choose(state);
    let mut work = Work { state, settings, now, reply_after, call, wait_for: None };
    let outcome = match (checked, method) {
        (Ok(()), Some(method)) => (method.carry_out)(&mut work),
        (Ok(()), None) => Err(Code::FUNCTION_ACCESS_DENIED),
        (Err(code), _) => Err(code),
    };
    let wait_for = work.wait_for;
    let memorable = authentic && !outcome.as_ref().is_err_and(|code| code.is_access());
    let body = match outcome {
        Ok(data) => Body::Result(data),
        Err(code) => Body::Error(code),
    };
    let answer = call.answer(body, shape);
    if memorable {
        state.eu.remember(call, &answer, method.is_some_and(|method| method.is_query));
    }
    Verdict { answer, wait_for }
}

/// A refusal that a rule asks for, remembered like any other.
pub(super) fn refuse(state: &mut State, call: &Call, code: Code) -> Answer {
    let shape = Shape::choose(state);
    let answer = call.answer(Body::Error(code), shape);
    if !code.is_access() {
        let method = methods::find(&call.method);
        state.eu.remember(call, &answer, method.is_some_and(|method| method.is_query));
    }
    answer
}

/// Asked first, so that a rule that lets duplicates pass is used up by duplicates only.
fn is_duplicate(state: &State, call: &Call) -> bool {
    state.eu.has_uuid(&call.uuid) || state.eu.has_message(call.reference())
}

fn takes_duplicates(state: &mut State, call: &Call) -> bool {
    let Some(operation) = methods::operation(&call.method) else { return false };
    let rule = state.faults.take(&Question {
        region: Region::Eu,
        stage: Stage::Duplicate,
        operations: &[operation],
        references: &[call.reference()],
        answered: false,
    });
    rule.is_some()
}

fn no_access(_: &Case<'_>) -> Result<(), Code> {
    Err(Code::FUNCTION_ACCESS_DENIED)
}
