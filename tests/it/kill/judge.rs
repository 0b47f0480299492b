//! What must be true in the end, whatever happened.

use std::collections::BTreeMap;

use api::v1::event::Event as Kind;
use api::v1::watch_payouts_response::Message;
use api::v1::{
    Attention, Event, Outcome, Payout, PayoutEvent, PayoutEventKind, PayoutState,
    ProviderReferenceKind, Reason,
};

use super::journal::{Journal, Name, Told};
use super::observed::{Movement, Observed, agrees, events_after, is_parked, selects};
use super::plan::{Contents, amount, key};
use super::run::Story;
use super::watcher::{Watched, request};
use crate::world::{EU, PATIENCE, US, World, id_of};

/// What came of one world.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) summary: String,
    /// Payouts that wait for an operator, with the reason.
    pub(super) parked: Vec<String>,
    /// What must not be.
    pub(super) wrong: Vec<String>,
}

/// Cursors from which each log is read again.
const RESUMED_FROM: usize = 40;

pub(super) async fn judge(
    world: &World,
    journal: &Journal,
    watched: &[Watched],
    observed: &Observed,
    story: Story,
) -> Verdict {
    let mut verdict = Verdict::default();
    let (told, ends) = journal.close();
    money(observed, story, &mut verdict);
    histories(observed, &mut verdict);
    requests(observed, &mut verdict);
    let names: BTreeMap<String, Name> = told.keys().map(|name| (id(*name), *name)).collect();
    for payout in observed.payouts.values().filter(|payout| !names.contains_key(&payout.id)) {
        verdict.wrong.push(format!("nobody asked for {}", payout.id));
    }
    for (name, told) in &told {
        let payout = observed.payouts.get(&id(*name));
        promises(*name, told, payout, observed, &mut verdict.wrong);
    }
    for watched in watched {
        streams(world, watched, observed, &mut verdict.wrong).await;
    }
    explain(observed, &mut verdict.wrong);
    logs(world, observed, &mut verdict);
    verdict.summary = format!("{}\n  {}", verdict.summary, table(&ends));
    verdict
}

fn id((merchant, number): Name) -> String {
    id_of(merchant, &key(number))
}

/// The provider's ledger and the list of payouts, line by line.
fn money(observed: &Observed, story: Story, verdict: &mut Verdict) {
    for (reference, moved) in &observed.movements {
        if moved.len() > 1 {
            verdict.wrong.push(format!("paid twice: {reference} {moved:?}"));
        }
        if !observed.payouts.contains_key(reference) {
            verdict.wrong.push(format!("paid without a payout: {reference} {moved:?}"));
        }
    }
    for (id, payout) in &observed.payouts {
        let moved = observed.moved(id);
        if is_parked(payout) {
            let cause = payout.cause.clone().unwrap_or_default();
            let line = format!("{id} of {}: {:?}, {moved:?}", payout.merchant, cause.reason());
            match moved.is_empty() && may_be_parked(payout, observed, story) {
                true => verdict.parked.push(line),
                false => verdict.wrong.push(format!("parked without need: {line}")),
            }
        } else if !agrees(payout, moved) {
            let state = payout.state();
            verdict.wrong.push(format!("{id} is {state:?} and the ledger says {moved:?}"));
        }
        if let [movement] = moved
            && !is_of(movement, payout)
        {
            verdict.wrong.push(format!("{id} differs from the ledger: {movement:?}"));
        }
        give_back(payout, &mut verdict.wrong);
        absence(observed, payout, moved, &mut verdict.wrong);
    }
}

/// Adds to each line about a payout what happened to it.
fn explain(observed: &Observed, wrong: &mut [String]) {
    for line in wrong {
        let Some((id, history)) = observed.histories.iter().find(|(id, _)| line.contains(*id))
        else {
            continue;
        };
        line.push_str(&format!("\n    {id} {:?}", observed.moved(id)));
        for event in history {
            let (kind, after, reason) = (event.kind(), event.state_after(), reason_of(event));
            let code = event.cause.as_ref().map_or("", |cause| &cause.provider_code);
            let at = event.occurred_at.unwrap_or_default();
            line.push_str(&format!("\n    {kind:?} {after:?} {reason:?} {code:?} at {at}"));
        }
    }
}

/// The table parks what is proven absent where duplicates might not be refused, and what stayed in
/// doubt beyond the horizon: in Europe only what is refused for a reason that may be younger than
/// the first send, because every other repetition is answered for good.
fn may_be_parked(payout: &Payout, observed: &Observed, story: Story) -> bool {
    let events = observed.history(&payout.id);
    let because = |reason| events.iter().any(|event| reason_of(event) == reason);
    match (payout.cause.clone().unwrap_or_default().reason(), payout.merchant.as_str()) {
        (Reason::ResendUnprotected, US) => !story.duplicates_are_refused,
        (Reason::HorizonPassed, US) => true,
        (Reason::HorizonPassed, _) => because(Reason::CustomerBlocked),
        // Nothing ends here a payout that a forgotten past may have sent: in Europe, where nothing
        // can be looked for, no cancel and no time limit, and nowhere a refused destination.
        _ => story.forgetful && payout.state() == PayoutState::Pending,
    }
}

/// What was taken for proven absent must not turn out to be there.
fn absence(observed: &Observed, payout: &Payout, moved: &[Movement], wrong: &mut Vec<String>) {
    let mut absent = false;
    for event in observed.history(&payout.id) {
        let found_after_all = match (event.kind(), reason_of(event)) {
            (PayoutEventKind::AttemptInDoubt, Reason::DuplicateReported) => absent,
            (PayoutEventKind::AttentionRaised, Reason::ResendUnprotected) => !moved.is_empty(),
            _ => false,
        };
        if found_after_all {
            wrong.push(format!("{} was taken for absent and is there", payout.id));
        }
        absent |= event.kind() == PayoutEventKind::AttemptAbsent;
    }
}

fn reason_of(event: &PayoutEvent) -> Reason {
    event.cause.as_ref().map_or(Reason::Unspecified, api::v1::Cause::reason)
}

fn is_of(movement: &Movement, payout: &Payout) -> bool {
    let ordered = payout.amount.clone().unwrap_or_default();
    let minor_units = movement.amount.replace('.', "");
    let assigned = i32::from(ProviderReferenceKind::Assigned);
    let mut references = payout.provider_references.iter().filter(|name| name.kind == assigned);
    minor_units.parse() == Ok(ordered.minor_units)
        && movement.currency == ordered.currency_code
        && references.all(|name| name.value == movement.provider_id)
}

fn give_back(payout: &Payout, wrong: &mut Vec<String>) {
    let id = &payout.id;
    let not_paid = payout.outcome() == Outcome::NotPaid;
    if payout.give_back.is_some() != not_paid {
        wrong.push(format!("{id} is {:?} and says {:?}", payout.outcome(), payout.give_back));
    }
    if payout.give_back.as_ref().is_some_and(|back| back.amount != payout.amount) {
        wrong.push(format!("{id} gives back another amount: {:?}", payout.give_back));
    }
    // A confirmation that a credit overtook is a reason to look, where their times do not tell
    // which came first: Trustly Europe cuts fractions of seconds off at will.
    let overtaken = payout.state() == PayoutState::Failed && payout.merchant == EU;
    let alarm = |attention: Attention| payout.attention.contains(&attention.into());
    if (alarm(Attention::Contradiction) && !overtaken) || alarm(Attention::AmountMismatch) {
        wrong.push(format!("{id} raises a false alarm: {:?}", payout.attention));
    }
}

/// Every payout's events: no gap, each begins where the last one ended, and together they are the
/// payout as it is now.
fn histories(observed: &Observed, verdict: &mut Verdict) {
    let wrong = &mut verdict.wrong;
    for id in observed.histories.keys().filter(|id| !observed.payouts.contains_key(*id)) {
        wrong.push(format!("{id} has events and is not listed"));
    }
    for (id, payout) in &observed.payouts {
        let history = observed.history(id);
        let mut state_before = PayoutState::Unspecified;
        for (event, sequence) in history.iter().zip(1..) {
            if event.sequence != sequence || event.state_before() != state_before {
                wrong.push(format!("{id} has a gap before {event:?}"));
            }
            state_before = event.state_after();
        }
        let count = i64::try_from(history.len()).unwrap();
        if payout.sequence != count || payout.state() != state_before {
            wrong.push(format!("{id} is not what its {count} events made: {payout:?}"));
        }
        let given: Vec<_> = history.iter().filter_map(|event| event.give_back.as_ref()).collect();
        if given != payout.give_back.iter().collect::<Vec<_>>() {
            wrong.push(format!("{id} was to be given back as {given:?}"));
        }
    }
    verdict.summary = kinds(observed);
}

/// What the provider was asked to do. A request is repeated with its very bytes in Europe, and in
/// the Americas never without an attempt of its own.
fn requests(observed: &Observed, verdict: &mut Verdict) {
    for (reference, digests) in &observed.submissions {
        let Some(payout) = observed.payouts.get(reference) else {
            verdict.wrong.push(format!("{reference} was sent and is not a payout"));
            continue;
        };
        if digests.iter().any(|digest| *digest != digests[0]) {
            verdict.wrong.push(format!("{reference} was sent in different bytes: {digests:?}"));
        }
        let attempts = payout.attempts.last().map_or(0, |attempt| attempt.number);
        let sent = i32::try_from(digests.len()).unwrap();
        if payout.merchant == US && sent > attempts {
            verdict.wrong.push(format!("{reference}: {sent} deposits in {attempts} attempts"));
        }
    }
}

/// What callers were told, against what there is.
fn promises(
    name: Name,
    told: &Told,
    payout: Option<&Payout>,
    observed: &Observed,
    wrong: &mut Vec<String>,
) {
    let id = id(name);
    let Some(payout) = payout else {
        if !told.created.is_empty() || !told.shown.is_empty() || told.canceled {
            wrong.push(format!("{id} was acknowledged and is gone"));
        }
        return;
    };
    let ordered = payout.amount.clone().unwrap_or_default().minor_units;
    let is = |contents: &Contents| amount(name.1, *contents) == ordered;
    if !told.possible.iter().any(is) {
        wrong.push(format!("{id} exists, but every call for it ended in recorded=no"));
    }
    if let Some(other) = told.created.iter().find(|contents| !is(contents)) {
        wrong.push(format!("{id}: a call for {other:?} contents was answered with others"));
    }
    if told.reused.iter().any(is) {
        wrong.push(format!("{id}: a call with its own contents was refused as another's"));
    }
    if told.fenced {
        wrong.push(format!("{id} was fenced and exists"));
    }
    if told.canceled && payout.state() != PayoutState::Canceled {
        wrong.push(format!("{id} was cancelled and is {:?}", payout.state()));
    }
    let canceled = payout.state() == PayoutState::Canceled;
    if canceled && !told.cancels_possible && told.submit_before.is_none() {
        wrong.push(format!("{id} is cancelled and nobody asked for it"));
    }
    shown(&id, told, observed.history(&id), wrong);
}

/// Whoever was shown a payout was shown what is in its history.
fn shown(id: &str, told: &Told, history: &[PayoutEvent], wrong: &mut Vec<String>) {
    let states = history.iter().map(|event| (event.sequence, event.state_after));
    let states: BTreeMap<i64, i32> = states.collect();
    for (sequence, state) in &told.shown {
        if states.get(sequence) != Some(state) {
            wrong.push(format!("{id} was shown at {sequence} in state {state}: {states:?}"));
        }
    }
}

/// What a watcher saw over all its streams is the log, and from every cursor the rest follows.
async fn streams(world: &World, watched: &Watched, observed: &Observed, wrong: &mut Vec<String>) {
    let name = format!("{} {:?}", watched.merchant, watched.customer);
    let log = observed.events[watched.merchant].iter().filter(|event| selects(watched, event));
    let log: Vec<Event> = log.cloned().collect();
    let seen = watched.events.lock().unwrap().clone();
    if seen != log {
        let same = seen.iter().zip(&log).take_while(|(seen, event)| seen == event).count();
        let (saw, are) = (seen.len(), log.len());
        wrong.push(format!("{name}: saw {saw} events of {are}, of which the first {same} agree"));
    }
    for index in (0..log.len()).step_by(log.len() / RESUMED_FROM + 1) {
        let (cursor, rest) = (log[index].cursor.clone(), &log[index + 1..]);
        let customer = watched.customer.as_deref();
        let listed = events_after(world, watched.merchant, customer, Some(&cursor)).await;
        let streamed = streamed(world, watched, cursor, rest.len()).await;
        if listed != rest || streamed != rest {
            wrong.push(format!("{name}: not the rest after event {index}"));
        }
    }
}

/// So many events of a stream that starts at a cursor, or fewer if no more come.
async fn streamed(world: &World, watched: &Watched, cursor: String, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    let request = request(watched.merchant, watched.customer.as_deref(), Some(cursor));
    let mut stream = world.payouts().watch_payouts(request).await.unwrap().into_inner();
    while events.len() < count {
        let Ok(Ok(Some(answer))) = tokio::time::timeout(PATIENCE, stream.message()).await else {
            break;
        };
        if let Some(Message::Event(event)) = answer.message {
            events.push(*event);
        }
    }
    events
}

/// Neither process met what cannot be; and the run was one worth its time.
fn logs(world: &World, observed: &Observed, verdict: &mut Verdict) {
    let server = std::fs::read_to_string(world.server_log()).unwrap();
    let simulator = std::fs::read_to_string(world.simulator_log()).unwrap();
    for (name, log) in [("server", &server), ("simulator", &simulator)] {
        if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
            verdict.wrong.push(format!("the {name} panicked: {line}"));
        }
    }
    let orphans = server.lines().filter(|line| line.contains("INTERRUPTED")).count();
    let errors = server.lines().filter(|line| line.contains("\"level\":\"ERROR\"")).count();
    let payouts = |merchant| observed.payouts.values().filter(|p| p.merchant == merchant).count();
    let summary = &verdict.summary;
    verdict.summary = format!(
        "{} and {} payouts, {orphans} submissions interrupted, {errors} errors logged\n  {summary}",
        payouts(EU),
        payouts(US)
    );
    if orphans == 0 {
        verdict.wrong.push("no kill ever met a submission under way".to_owned());
    }
}

fn kinds(observed: &Observed) -> String {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for (merchant, events) in &observed.events {
        for event in events {
            if let Some(Kind::PayoutEvent(event)) = &event.event {
                let name = event.kind().as_str_name();
                let name = name.strip_prefix("PAYOUT_EVENT_KIND_").unwrap_or(name);
                *kinds.entry(format!("{merchant} {name}")).or_default() += 1;
            }
        }
    }
    table(&kinds)
}

fn table(counts: &BTreeMap<String, u64>) -> String {
    let lines: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
    lines.join(", ")
}
