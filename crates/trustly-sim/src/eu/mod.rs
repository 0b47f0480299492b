//! Trustly Europe: JSON-RPC 1.1 at one address, RSA signatures both ways.
//!
//! A request is parsed and its signature checked without the lock; everything that decides is one
//! step under it; answers are signed after it. Money has moved in the ledger before any answer.

mod answer;
mod book;
mod bookings;
mod call;
mod canonical;
mod check;
mod codes;
mod evaluate;
mod fields;
mod memory;
mod methods;

mod account_ledger;
mod account_payout;
mod balance;
mod get_withdrawals;
mod register_account;
mod register_account_payout;
mod select_account;
mod settlement;

mod checkout;
mod clearing;
mod course;
mod notify;
mod order_checks;
mod ordered;
mod p2p;
mod payout_checks;
mod subject;

pub(crate) use book::{Book, OrderId};
pub(crate) use call::Call;
pub(crate) use checkout::{PATH as CHECKOUT_PATH, SelectionId, abandon, handle as checkout};
pub(crate) use codes::Code;
pub(crate) use course::{CONFIRMATION_DELAY, conclude, return_to_sender};
pub(crate) use fields::is_date;
pub(crate) use notify::{is_acknowledged, signed_notification};
pub(crate) use ordered::{Wanted, add_p2p_order, release, send};
pub(crate) use subject::SubjectId;

use std::time::Duration;

use answer::{Answer, Body, Seal, Shape};

use crate::agenda::Task;
use crate::clock::Moment;
use crate::faults::{Fault, Question, Rule, Stage};
use crate::ledger::Region;
use crate::notices::NoticeId;
use crate::sim::{Sim, State};
use crate::web::{self, Outcome};

/// How long a reply waits for its order's cancel notification to be answered. The merchant may
/// be unable to answer before it has the reply.
const CANCEL_WAIT_MAX: Duration = Duration::from_secs(10);

/// What is to be answered, as decided under the lock.
enum Decision {
    Answer(Box<Answer>, Seal, Option<NoticeId>),
    Page(web::Response),
}

/// One request. Repeating it byte for byte gives the first answer again.
pub(crate) async fn handle(sim: &Sim, request: &web::Request) -> Outcome {
    let call = match Call::parse(request, &sim.settings.eu.merchant_keys) {
        Ok(call) => call,
        Err(code) => {
            let answer = Answer::to_unreadable(code, sim.update(Shape::choose));
            return Outcome::Answer(answer.render(&sim.settings.trustly_key, Seal::Good));
        }
    };
    let (decision, rule) = sim.update(|state| decide(sim, state, call));
    let response = match decision {
        Decision::Page(page) => return Outcome::Answer(page),
        Decision::Answer(answer, seal, wait_for) => {
            if let Some(notice) = wait_for {
                sim.wait_for_attempt(notice, CANCEL_WAIT_MAX).await;
            }
            answer.render(&sim.settings.trustly_key, seal)
        }
    };
    web::travel(response, rule.as_ref()).await
}

/// A request that was answered with a 5xx and is carried out all the same.
pub(crate) fn handle_late(sim: &Sim, state: &mut State, now: Moment, call: &Call) {
    evaluate::evaluate(state, &sim.settings, now, Duration::ZERO, call);
}

/// What the rules make of a request. Those that break the exchange come before any check, as a
/// proxy or a crash would; the others let it be carried out.
fn decide(sim: &Sim, state: &mut State, call: Call) -> (Decision, Option<Rule>) {
    let now = sim.settings.clock.now();
    let Some(rule) = first_rule(state, &call) else {
        return (carry_out(sim, state, now, &call, None), None);
    };
    let decision = match rule.fault {
        Fault::Http500 => Decision::Page(web::server_error_page(rule.status)),
        Fault::Proxy403 => Decision::Page(web::proxy_page(rule.status)),
        Fault::LateCommit => {
            state.agenda.put(now.since_start + rule.delay, Task::LateCall(Box::new(call)));
            Decision::Page(web::server_error_page(rule.status))
        }
        Fault::UnsignedError => {
            let code = rule.code.map_or(Code::UNKNOWN, Code);
            let answer = call.answer(Body::Error(code), Shape::choose(state));
            Decision::Answer(Box::new(answer), Seal::None, None)
        }
        Fault::AnonymousError => {
            let code = rule.code.map_or(Code::UNKNOWN, Code);
            let answer = Answer::to_unreadable(code, Shape::choose(state));
            Decision::Answer(Box::new(answer), Seal::Good, None)
        }
        Fault::Refuse => {
            let code = rule.code.map_or(Code::INVALID_PARAMETERS, Code);
            let answer = evaluate::refuse(state, &call, code);
            Decision::Answer(Box::new(answer), Seal::Good, None)
        }
        _ => carry_out(sim, state, now, &call, Some(&rule)),
    };
    (decision, Some(rule))
}

/// Records the request, and asks the rules how it and its answer travel.
fn first_rule(state: &mut State, call: &Call) -> Option<Rule> {
    let operation = methods::operation(&call.method)?;
    let reference = reference(state, call);
    state.requests.record(operation, &reference, call.digest);
    state.faults.take(&Question {
        region: Region::Eu,
        stage: Stage::Exchange,
        operations: &[operation],
        references: &[&reference],
        answered: state.eu.answer_to(call).is_some(),
    })
}

/// What the merchant calls the order that a request is about.
fn reference(state: &State, call: &Call) -> String {
    let asked = call.order_id().and_then(|id| state.eu.subject_by_order_id(&id));
    match asked {
        Some(about) => state.eu.subjects[about.0].message_id.clone(),
        None => call.reference().to_owned(),
    }
}

fn carry_out(
    sim: &Sim,
    state: &mut State,
    now: Moment,
    call: &Call,
    rule: Option<&Rule>,
) -> Decision {
    let (mut reply_after, mut seal) = (Duration::ZERO, Seal::Good);
    match rule {
        Some(rule) if rule.fault == Fault::Delay => reply_after = rule.delay,
        Some(rule) if rule.fault == Fault::BadSignature => seal = Seal::Forged,
        Some(rule) if rule.fault == Fault::OtherUuid => seal = Seal::OtherUuid,
        Some(rule) if rule.fault == Fault::OtherMethod => seal = Seal::OtherMethod,
        _ => {}
    }
    let verdict = evaluate::evaluate(state, &sim.settings, now, reply_after, call);
    Decision::Answer(Box::new(verdict.answer), seal, verdict.wait_for)
}

/// Whether a text can be an `AccountID`.
pub(crate) fn is_account_id(text: &str) -> bool {
    const LENGTH_MAX: usize = 20;
    text.len() <= LENGTH_MAX && fields::is_digits(text)
}

/// Whether the simulator knows a method of this name.
pub(crate) fn is_method(name: &str) -> bool {
    methods::find(name).is_some()
}
