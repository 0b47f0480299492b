//! What the provider's answers say about our access. One refusal holds all of a merchant's payouts
//! instead of burning them one by one; then one payout at a time tries whether we are let in again,
//! until one is. Other calls begin a hold as well; being let in, they have a payout try at once.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use payout::attempt::AttemptStatus;
use payout::id::Merchant;
use payout::input::{Input, ProviderWords, RefusalKind, What};
use payout::policy::{DoubtPolicy, Policy};
use payout::port::{Page, Provider};
use payout::queue::{ProviderCall, QueueHold, QueueHoldCause, QueueHoldKind};
use payout::reason::Reason;
use payout::record::{Payout, Record};
use payout::state::{Hold, State};
use payout::time::Timestamp;

use crate::Engine;
use crate::destinations::DestinationError;
use crate::probe::{Bytes, Probe, Refused};
use crate::queues::waiting;

/// Payouts that are woken to try whether access is back: some of them may be cancelled meanwhile.
const PROBES: usize = 8;

/// Tries in vain after which a payout lets others try whether access is back.
const TRIED_ENOUGH: u32 = 4;

/// Payouts that are looked at in one go for one that may try.
const LOOKED_AT: usize = 500;

/// How often that is done in a row, so that a queue of any length costs little; what is further
/// back looks for itself in time.
const LOOKS_MAX: usize = 4;

/// What waits behind a hold, as far as it was looked for.
struct Waiting {
    /// Payouts that can try.
    payouts: Vec<Payout>,
    /// Whether there are none but these.
    all: bool,
}

impl Engine {
    /// Takes what an answer to a payout says about our access.
    pub(crate) async fn note_access(
        &self,
        payout: &Payout,
        call: ProviderCall,
        inputs: &[Input],
        policy: &Policy,
    ) {
        let merchant = &payout.order.merchant;
        let made_at = repeated_since(payout, policy);
        if let Some(input) = inputs.iter().find(|input| is_access_refused(input)) {
            let verified = matches!(input.what, What::Refused(_));
            let refused = match made_at {
                Some(_) => Refused::Repeated { verified },
                None => Refused::New,
            };
            if !self.says_nothing_of_others(payout, made_at, policy) {
                self.refuse(merchant, call, refused, &input.words, policy.hold).await;
            }
        } else if inputs.iter().any(shows_access) {
            self.remember_let_in(merchant, made_at.unwrap_or_else(|| self.now()));
            match call {
                ProviderCall::Payout => self.end_hold(merchant, "we are let in again").await,
                ProviderCall::Destination | ProviderCall::Link => self.go_on(merchant),
            }
        }
    }

    /// Takes that a call which is no payout was not let in, and says so to its caller. If it is not
    /// let in at all, no payout is either.
    pub(crate) async fn not_let_in(
        &self,
        merchant: &Merchant,
        call: ProviderCall,
        reason: Reason,
        words: &ProviderWords,
    ) -> DestinationError {
        if let Ok(adapter) = self.adapter(merchant)
            && reason == Reason::AccessRefused
        {
            let hold = adapter.policy().hold;
            self.refuse(merchant, call, Refused::OtherCall, words, hold).await;
        }
        DestinationError::NoAccess(reason)
    }

    /// Takes that a call which is no payout was let in. That does not prove that payouts are, so
    /// where some wait, one of them tries at once; where none does, the hold is over.
    pub(crate) async fn let_in(&self, merchant: &Merchant) {
        self.remember_let_in(merchant, self.now());
        let Some(probe) = self.probe(merchant) else { return };
        let Ok(adapter) = self.adapter(merchant) else { return };
        let Some(waiting) = self.who_waits(merchant, &probe, adapter.policy()).await else {
            return;
        };
        if waiting.payouts.is_empty() && waiting.all {
            return self.end_hold(merchant, "we are let in again, and nothing waits").await;
        }
        let (now, hold) = (self.now(), adapter.policy().hold);
        if self.with_probe(merchant, |probe| probe.advance(now, hold)) == Some(true) {
            for payout in waiting.payouts.iter().take(PROBES) {
                self.hurry_one(&payout.id).await;
            }
        }
    }

    /// Whether this payout is the one that tries whether our access is back; one each time. What is
    /// in doubt may try first, because nothing more is put in doubt by it, but not for ever: its
    /// answers may be about what its bytes were made of, or come from the provider's memory.
    pub(crate) fn takes_the_probe(&self, record: &Record, policy: &Policy) -> bool {
        let Record { payout, schedule, .. } = record;
        let merchant = &payout.order.merchant;
        let bytes = match repeated_since(payout, policy) {
            Some(_) => Bytes::Repeated {
                worn_out: schedule.tries >= TRIED_ENOUGH && repeats_a_refusal(payout, policy),
            },
            None => Bytes::New,
        };
        let paused = (merchant.clone(), QueueHoldKind::Paused);
        if self.shared().queues.lock().contains_key(&paused) {
            return false;
        }
        let (now, hold) = (self.now(), policy.hold);
        self.with_probe(merchant, |probe| probe.take(bytes, now, hold)) == Some(true)
    }

    /// Where nobody comes by itself to try, has a few payouts try. Behind a hold that nothing waits
    /// for there is nobody to end it: it is over, and the next payout finds out.
    pub(crate) async fn find_who_tries(&self) {
        for (merchant, probe) in self.missed_probes() {
            let Ok(adapter) = self.adapter(&merchant) else { continue };
            let policy = adapter.policy();
            let Some(waiting) = self.who_waits(&merchant, &probe, policy).await else { continue };
            if waiting.payouts.is_empty() && waiting.all {
                self.end_hold(&merchant, "nothing waits; the next payout tries").await;
            }
            let preferred = |payout: &Payout| is_preferred(payout, &probe, policy);
            let others = probe.nobody_else_comes(self.now(), policy.hold)
                && !waiting.payouts.iter().any(preferred);
            let tries = waiting.payouts.iter().filter(|payout| others || preferred(payout));
            for payout in tries.take(PROBES) {
                self.hurry_one(&payout.id).await;
            }
        }
    }

    /// The holds for lost access for which somebody has to be found who tries.
    fn missed_probes(&self) -> Vec<(Merchant, Probe)> {
        let now = self.now();
        let holds = self.shared().queues.lock();
        let mut found = Vec::new();
        for ((merchant, kind), held) in holds.iter() {
            let Ok(policy) = self.adapter(merchant).map(Provider::policy) else { continue };
            let missed = held.probe.is_missed(now, policy.hold);
            // Nobody tries while an operator wants nothing sent.
            let paused = holds.contains_key(&(merchant.clone(), QueueHoldKind::Paused));
            if *kind == QueueHoldKind::AccessRefused && missed && !paused {
                found.push((merchant.clone(), held.probe.clone()));
            }
        }
        found
    }

    /// Payouts of a merchant that can try, those first that are to; none, if the store fails.
    async fn who_waits(
        &self,
        merchant: &Merchant,
        probe: &Probe,
        policy: &Policy,
    ) -> Option<Waiting> {
        let filter = waiting(merchant);
        let (mut preferred, mut others, mut after) = (Vec::new(), Vec::new(), None);
        let mut all = false;
        for _ in 0..LOOKS_MAX {
            let page = Page { after, size: LOOKED_AT };
            let (payouts, next) = match self.store().list(&filter, &page).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%merchant, %error, "cannot look for a payout to try with");
                    return None;
                }
            };
            for payout in payouts.into_iter().filter(can_try) {
                match is_preferred(&payout, probe, policy) {
                    true => preferred.push(payout),
                    false => others.push(payout),
                }
            }
            all = next.is_none();
            after = next;
            if all || preferred.len() >= PROBES {
                break;
            }
        }
        preferred.append(&mut others);
        Some(Waiting { payouts: preferred, all })
    }

    async fn refuse(
        &self,
        merchant: &Merchant,
        call: ProviderCall,
        refused: Refused,
        words: &ProviderWords,
        hold: Duration,
    ) {
        if self.with_probe(merchant, |probe| probe.refused(refused)).is_some() {
            return;
        }
        let code = words.code.clone();
        tracing::error!(
            %merchant, code, call = call.as_str(),
            "the provider refuses our access: nothing is sent for this merchant until one try is \
             let in; check credentials, keys, network address and permissions"
        );
        let cause = QueueHoldCause::AccessRefused { code, call: Some(call) };
        let queue_hold = QueueHold { merchant: merchant.clone(), since: self.now(), cause };
        let probe = Probe::begun(refused, self.now(), hold);
        // In memory first: from here on nobody else tries.
        self.remember(queue_hold.clone(), probe.clone(), false);
        match self.store().hold_queue(&queue_hold).await {
            Ok(()) => self.remember(queue_hold, probe, true),
            Err(error) => {
                tracing::error!(%merchant, %error, "the hold is lost if this process ends");
            }
        }
    }

    async fn end_hold(&self, merchant: &Merchant, why: &str) {
        if self.probe(merchant).is_none() {
            return;
        }
        tracing::warn!(%merchant, why, "the hold for refused access is over; the queue goes on");
        match self.store().resume_queue(merchant, QueueHoldKind::AccessRefused).await {
            Ok(_) => self.forget(merchant, QueueHoldKind::AccessRefused),
            Err(error) => tracing::error!(%merchant, %error, "the queue stays held for now"),
        }
    }

    /// A payout's first step was let in; whether the next one is, it finds out itself.
    fn go_on(&self, merchant: &Merchant) {
        let now = self.now();
        self.with_probe(merchant, |probe| probe.go_on(now));
    }

    /// Whether a refusal may be due to what this payout's bytes were made of: they were refused
    /// before, or newer ones were let in.
    fn says_nothing_of_others(
        &self,
        payout: &Payout,
        made_at: Option<Timestamp>,
        policy: &Policy,
    ) -> bool {
        let merchant = &payout.order.merchant;
        let Some(made_at) = made_at else { return false };
        let newer = self.lock_let_in().get(merchant).is_some_and(|newest| *newest > made_at);
        (newer || repeats_a_refusal(payout, policy)) && self.probe(merchant).is_none()
    }

    fn remember_let_in(&self, merchant: &Merchant, made_at: Timestamp) {
        let mut let_in = self.lock_let_in();
        let newest = let_in.entry(merchant.clone()).or_insert(made_at);
        *newest = made_at.max(*newest);
    }

    fn lock_let_in(&self) -> MutexGuard<'_, BTreeMap<Merchant, Timestamp>> {
        self.shared().queues.let_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn probe(&self, merchant: &Merchant) -> Option<Probe> {
        self.with_probe(merchant, |probe| probe.clone())
    }

    /// Does something with the tries of a merchant's hold; none, if its access is not refused.
    fn with_probe<T>(
        &self,
        merchant: &Merchant,
        change: impl FnOnce(&mut Probe) -> T,
    ) -> Option<T> {
        let mut held = self.shared().queues.lock();
        let held = held.get_mut(&(merchant.clone(), QueueHoldKind::AccessRefused))?;
        Some(change(&mut held.probe))
    }
}

/// Whether an answer, verified or not, says that our access is refused.
pub(crate) fn is_access_refused(input: &Input) -> bool {
    is_let_in(input) == Some(false)
}

/// Whether a payout is sent, first or again, without somebody's doing. One that waits for a
/// function to be enabled is not, and its answers would say nothing of our access.
fn can_try(payout: &Payout) -> bool {
    let stays = |hold: Hold| hold.is_parked() || hold.reason == Reason::NotEnabled;
    match payout.state {
        State::Pending { held } => payout.attention.is_none() && !held.is_some_and(stays),
        State::Indeterminate { parked } => parked.is_none(),
        State::Submitting
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. }
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => false,
    }
}

/// Whether a payout is one of those that try first.
fn is_preferred(payout: &Payout, probe: &Probe, policy: &Policy) -> bool {
    match probe.prefers_new() {
        true => repeated_since(payout, policy).is_none(),
        false => !repeats_a_refusal(payout, policy),
    }
}

/// When the bytes were made that a payout would send again; none, if it would make new ones.
fn repeated_since(payout: &Payout, policy: &Policy) -> Option<Timestamp> {
    let attempt = payout.live_attempt()?;
    match attempt.status {
        AttemptStatus::InDoubt(_) if policy.doubt == DoubtPolicy::Resend => Some(attempt.opened_at),
        _ => None,
    }
}

/// Whether the next answer to a payout may be the refusal of access that it was given before: the
/// same bytes are answered as they were the first time, also when our access is long back.
fn repeats_a_refusal(payout: &Payout, policy: &Policy) -> bool {
    match payout.live_attempt().map(|attempt| attempt.status) {
        Some(AttemptStatus::InDoubt(doubt)) => {
            policy.doubt == DoubtPolicy::Resend && doubt.why == Reason::AccessRefused
        }
        Some(_) | None => false,
    }
}

/// Whether an answer proves that we were let in.
fn shows_access(input: &Input) -> bool {
    is_let_in(input) == Some(true)
}

/// What an input says about our access, if it says anything.
fn is_let_in(input: &Input) -> Option<bool> {
    match &input.what {
        What::Refused(refusal) => Some(refusal.kind != RefusalKind::Access),
        What::InDoubt(reason) => (*reason == Reason::AccessRefused).then_some(false),
        What::DestinationResolved
        | What::DestinationRefused(_)
        | What::NotFound
        | What::Reported(_) => Some(true),
        What::AttemptOpened(_)
        | What::NotSent
        | What::HolderGone
        | What::Remarked(_)
        | What::HintGivenUp
        | What::CancelRequested
        | What::Expired
        | What::Parked(_)
        | What::Blocked(..)
        | What::Presumed
        | What::PastForgotten(_)
        | What::Settled(_) => None,
    }
}
