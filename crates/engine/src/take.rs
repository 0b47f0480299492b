//! Taking inputs: read, decide, write, and again if somebody else was quicker. Every change of a
//! payout after its creation goes through here, whoever it comes from.

use payout::event::{self, Event};
use payout::id::{Merchant, PayoutId};
use payout::input::{Input, What};
use payout::keys::KeyError;
use payout::machine::{self, Declined, Situation, Step, Tries};
use payout::port::{
    Append, Appended, ClaimChange, EVIDENCE_LENGTH_MAX, Evidence, SealedEvidence, StoreError,
};
use payout::reason::Reason;
use payout::record::{Payout, Record, Schedule};
use payout::seal::{OpenError, Sealed, seal};
use payout::state::State;
use payout::time::{Time, Timestamp};
use thiserror::Error;

use crate::Engine;
use crate::access::is_access_refused;
use crate::engine::{field, place};
use crate::query::QueryError;

/// How often a write is tried again because somebody else wrote first. Each time that happens the
/// payout moved on, and a payout moves a few dozen times in its life.
const STALE_RETRIES_MAX: usize = 64;

/// What is to be made of a payout.
#[derive(Default)]
pub(crate) struct Change {
    /// What happened, in order.
    pub(crate) inputs: Vec<Input>,
    /// The provider's words behind it.
    pub(crate) evidence: Vec<Evidence>,
    /// Secrets to be stored with it.
    pub(crate) secrets: Secrets,
    /// Set by whoever drives the payout.
    pub(crate) driver: bool,
    /// The attempt that the inputs answer, where they answer one. Once another attempt is the last,
    /// only what the provider reports of the order as a whole still counts.
    pub(crate) attempt: Option<u32>,
    /// Set if the inputs are what a question to the provider came to: when it was asked.
    pub(crate) began: Option<Time>,
    /// The payout is not looked at before then.
    pub(crate) not_before: Option<Timestamp>,
    /// Set to have the payout looked at now, if it is ever looked at.
    pub(crate) hurry: bool,
    /// Set if nobody may be at work on the payout while this is written.
    pub(crate) alone: bool,
}

impl Change {
    /// Whether the provider was asked and taught us nothing, not even that nothing is new.
    fn is_unanswered(&self) -> bool {
        self.began.is_some()
            && self.inputs.iter().all(|input| matches!(input.what, What::InDoubt(_)))
    }
}

/// Secrets that come with a change; absent ones stay as they are.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    pub(crate) request: Option<Sealed>,
    pub(crate) handle: Option<Sealed>,
}

/// Why inputs were not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TakeError {
    #[error("the payout is not here")]
    Gone,
    #[error(transparent)]
    Declined(#[from] Declined),
    #[error("the payout changed {STALE_RETRIES_MAX} times while it was being written")]
    Contended,
    #[error("somebody is at work on the payout")]
    Claimed,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a payout is once a change was taken.
pub(crate) struct Taken {
    pub(crate) payout: Payout,
    /// Whether its driver has nothing more to do and its claim is over.
    pub(crate) released: bool,
}

impl Engine {
    /// Applies a change to whatever the payout is when it is written.
    pub(crate) async fn take(&self, id: &PayoutId, change: Change) -> Result<Taken, TakeError> {
        self.learn_continuity().await;
        for _ in 0..STALE_RETRIES_MAX {
            let Some(record) = self.load_record(id).await? else { return Err(TakeError::Gone) };
            let (next, events) = self.next_record(&record, &change)?;
            let hurries = change.hurry && record.schedule.due_at.is_some_and(|at| at > self.now());
            if events.is_empty() && !change.driver && !hurries {
                return Ok(Taken { payout: record.payout, released: false });
            }
            let append = self.append(&record, next, events, &change)?;
            match self.store().append(&append).await? {
                Appended::Yes => {
                    append.events.iter().for_each(log);
                    self.wake_if_due(&append.record, change.driver);
                    let released = matches!(append.claim, ClaimChange::Release(_));
                    return Ok(Taken { payout: append.record.payout, released });
                }
                Appended::Stale => {}
                Appended::Claimed => return Err(TakeError::Claimed),
            }
        }
        Err(TakeError::Contended)
    }

    /// What the change makes of the record, with the time at which it is due again.
    fn next_record(
        &self,
        record: &Record,
        change: &Change,
    ) -> Result<(Record, Vec<Event>), TakeError> {
        let time = self.time();
        let policy = self.adapter(&record.payout.order.merchant)?.policy();
        let mut payout = record.payout.clone();
        let mut events = Vec::new();
        let forgotten = machine::forgotten_since(&payout, self.continuous_since());
        let forgotten = forgotten.map(|since| Input::own(What::PastForgotten(since)));
        for input in forgotten.iter().chain(&change.inputs) {
            if is_stale(&payout, input, change) {
                continue;
            }
            // That nothing was found says how things were when the look-up began.
            let as_of = match (&input.what, change.began) {
                (What::NotFound, Some(began)) => began,
                _ => time,
            };
            let event = match machine::decide(&payout, policy, input, as_of) {
                // An answer to a question that was asked without an attempt teaches nothing.
                Err(Declined::NoAttempt) => None,
                decided => decided?,
            };
            if let Some(event) = event {
                let event = Event { recorded_at: time.wall, ..event };
                payout = machine::apply(Some(payout), &event);
                events.push(event);
            }
        }
        let mut next = record.clone();
        if let Some(request) = &change.secrets.request {
            next.vault.request = Some(request.clone());
        }
        if let Some(handle) = &change.secrets.handle {
            next.vault.handle = Some(handle.clone());
        }
        let mut next = next.advance(&events);
        let tries = Tries {
            in_vain: if events.is_empty() { record.schedule.tries.saturating_add(1) } else { 0 },
            access_refused: change.inputs.iter().any(is_access_refused),
        };
        let mut due_at = machine::due_at(&next.payout, policy, tries, time.wall);
        if due_at.is_none() && change.is_unanswered() && record.schedule.due_at.is_some() {
            // The last question of a return window counts only when it is answered.
            due_at = Some(time.wall.plus(policy.retry.pause(tries.in_vain, &payout.id)));
        }
        if let Some(not_before) = change.not_before {
            due_at = due_at.map(|due_at| due_at.max(not_before));
        }
        if change.hurry {
            let before = record.schedule;
            next.schedule =
                Schedule { due_at: before.due_at.map(|due_at| due_at.min(time.wall)), ..before };
            return Ok((next, events));
        }
        next.schedule = Schedule { due_at, tries: tries.in_vain };
        Ok((next, events))
    }

    fn append(
        &self,
        before: &Record,
        record: Record,
        events: Vec<Event>,
        change: &Change,
    ) -> Result<Append, TakeError> {
        let claim = match change.driver && self.rests(&record)? {
            true => ClaimChange::Release(self.parts().incarnation.clone()),
            false if change.alone => ClaimChange::MustBeNone,
            false => ClaimChange::Keep,
        };
        // What changed nothing need not be proven; a poll a day for months is not evidence.
        let evidence = match events.is_empty() {
            true => Vec::new(),
            false => self.seal_evidence(&before.payout, &change.evidence, self.now()),
        };
        Ok(Append { record, events, claim, evidence })
    }

    /// Whether nothing is to be done with the payout right now.
    fn rests(&self, record: &Record) -> Result<bool, TakeError> {
        let merchant = &record.payout.order.merchant;
        let policy = self.adapter(merchant)?.policy();
        let situation = self.situation(merchant);
        let step = machine::next_step(&record.payout, &record.schedule, policy, situation);
        Ok(matches!(step, Step::Wait(_) | Step::Done))
    }

    pub(crate) fn situation(&self, merchant: &Merchant) -> Situation<'_> {
        Situation {
            time: self.time(),
            me: &self.parts().incarnation,
            others_are_gone: self.store().others_are_gone(),
            continuous_since: self.continuous_since(),
            block: self.block(merchant),
        }
    }

    pub(crate) fn seal_evidence(
        &self,
        payout: &Payout,
        evidence: &[Evidence],
        recorded_at: Timestamp,
    ) -> Vec<SealedEvidence> {
        let place = place(payout, field::EVIDENCE);
        let mut sealed = Vec::with_capacity(evidence.len());
        for Evidence { kind, bytes } in evidence {
            let kept = bytes.get(..EVIDENCE_LENGTH_MAX).unwrap_or(bytes);
            let bytes = seal(&self.parts().keys, place, kept);
            sealed.push(SealedEvidence { kind: *kind, recorded_at, bytes });
        }
        sealed
    }

    /// Recovery sleeps until it expects work; work that comes earlier wakes it. A driver needs no
    /// waking: it sees for itself what is next.
    fn wake_if_due(&self, record: &Record, driver: bool) {
        if !driver && record.schedule.due_at.is_some_and(|due_at| due_at <= self.now()) {
            self.shared().due.notify_one();
        }
    }
}

/// Whether an input answers an attempt that is no longer the last: its sender was given up, and
/// what it learned too late says nothing about the attempt that came after.
fn is_stale(payout: &Payout, input: &Input, change: &Change) -> bool {
    let last = payout.attempts.last().map(|attempt| attempt.number);
    let answers = change.began.is_some() || change.attempt.is_some();
    match input.what {
        What::Reported(_) | What::Remarked(_) | What::PastForgotten(_) => false,
        _ => answers && change.attempt != last,
    }
}

/// One line per change of state, and per hold; what needs people is told as an error with what to
/// do, and what moved nothing at a finer level.
pub(crate) fn log(event: &Event) {
    let (payout, merchant, sequence) = (&event.payout, &event.merchant, event.sequence);
    let before = event.before.map_or("-", payout::state::StateName::as_str);
    let after = event.after.name().as_str();
    let (reason, code) = (event.reason.map(Reason::as_str), event.words.code.as_deref());
    let parked = match (&event.change, event.after) {
        (event::Change::Parked, _) => true,
        // A doubt that ends in nothing but an operator's decision is parked at once.
        (event::Change::AttemptBecame(_), State::Indeterminate { parked }) => parked.is_some(),
        _ => false,
    };
    match &event.change {
        event::Change::Contradicted => {
            let advice = "compare what the provider says with the books of the caller before \
                          anything more is paid or given back";
            tracing::error!(
                %payout, %merchant, sequence, state = after, reason, advice, "attention"
            );
        }
        _ if parked => {
            let advice = "nothing more is tried by machine: ask the provider what became of the \
                          order under this id; until then pay in no other way";
            tracing::error!(
                %payout, %merchant, sequence, before, after, reason, code, advice, "payout parked"
            );
        }
        event::Change::Held => {
            tracing::info!(%payout, %merchant, sequence, reason, code, "payout hold changed");
        }
        _ if before == after => {
            tracing::debug!(%payout, %merchant, sequence, state = after, reason, "payout noted");
        }
        _ => {
            tracing::info!(
                %payout, %merchant, sequence, before, after, reason, code, "payout moved"
            );
        }
    }
}
