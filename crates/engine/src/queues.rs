//! Stopping a merchant's queue: by an operator, or because the provider refuses our access. One
//! refusal holds all of a merchant's payouts instead of burning them one by one; then one payout at
//! a time tries whether we are let in again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payout::attempt::AttemptStatus;
use payout::id::{Merchant, PayoutId};
use payout::input::{Input, RefusalKind, What};
use payout::machine::Block;
use payout::policy::{DoubtPolicy, Policy};
use payout::port::{Filter, Page, Provider, StoreError};
use payout::queue::{QueueHold, QueueHoldCause, QueueHoldKind};
use payout::reason::Reason;
use payout::record::{Payout, Record};
use payout::settlement::Note;
use payout::state::{Outcome, StateName};
use payout::time::Timestamp;
use thiserror::Error;

use crate::Engine;
use crate::query::QueryError;
use crate::take::Change;

/// How often a payout that waits behind a hold looks for itself whether that is over: only a lost
/// word of the end makes it wait so long.
const QUEUE_LOOK: Duration = Duration::from_secs(10 * 60);

/// Payouts that are woken to try whether access is back: some of them may be cancelled meanwhile.
const PROBES: usize = 8;

/// Tries in vain after which a payout lets others try whether access is back.
const TRIED_ENOUGH: u32 = 4;

/// Payouts of a merchant that are made due at once when its queue is resumed; then the next ones.
const RESUMED_AT_ONCE: usize = 500;

/// What is known here of the queues that are held. The store knows it for ever and for everybody.
#[derive(Default)]
pub(crate) struct Queues {
    held: Mutex<BTreeMap<(Merchant, QueueHoldKind), Held>>,
    /// Merchants whose payouts are to be made due.
    resumed: Mutex<BTreeSet<Merchant>>,
}

#[derive(Clone)]
struct Held {
    hold: QueueHold,
    /// Whether the store has it: only then its absence there means that it is over.
    stored: bool,
    /// When one payout tries whether our access is back.
    probe_at: Timestamp,
}

/// Why a queue was not held or resumed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueueError {
    /// No such merchant is configured.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Merchant, QueueHoldKind), Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Stops sending for a merchant, durably. What is under way is finished; look-ups, polls and
    /// notifications go on. Repeatable: the latest word on why stands.
    pub async fn pause(
        &self,
        merchant: &Merchant,
        operator: Note,
        why: Note,
    ) -> Result<QueueHold, QueueError> {
        self.adapter(merchant)?;
        let cause = QueueHoldCause::Paused { operator, why };
        let hold = QueueHold { merchant: merchant.clone(), since: self.now(), cause };
        self.store().hold_queue(&hold).await?;
        tracing::warn!(%merchant, "submission is paused by an operator");
        self.remember(hold.clone(), self.now(), true);
        Ok(hold)
    }

    /// Lets a paused merchant send again; what waits is due at once. False if it was not paused.
    pub async fn resume(&self, merchant: &Merchant) -> Result<bool, QueueError> {
        self.adapter(merchant)?;
        let was_paused = self.store().resume_queue(merchant, QueueHoldKind::Paused).await?;
        if was_paused {
            tracing::warn!(%merchant, "submission is resumed by an operator");
            self.forget(merchant, QueueHoldKind::Paused);
        }
        Ok(was_paused)
    }

    /// What holds a merchant's queue.
    pub fn queue_holds(&self, merchant: &Merchant) -> Vec<QueueHold> {
        let held = self.shared().queues.lock();
        let mut holds = Vec::new();
        for kind in [QueueHoldKind::Paused, QueueHoldKind::AccessRefused] {
            if let Some(held) = held.get(&(merchant.clone(), kind)) {
                holds.push(held.hold.clone());
            }
        }
        holds
    }

    /// Learns what others have held or resumed since, and what was held before this process began.
    pub(crate) async fn refresh_queues(&self) {
        // Before the store is asked: what is held in the meantime cannot be in its answer.
        let known = self.stored_holds();
        let holds = match self.store().queue_holds().await {
            Ok(holds) => holds,
            Err(error) => {
                tracing::warn!(%error, "cannot read which queues are held");
                return;
            }
        };
        for (merchant, kind) in known {
            if !holds.iter().any(|hold| hold.merchant == merchant && hold.kind() == kind) {
                self.forget(&merchant, kind);
            }
        }
        for hold in holds {
            self.remember(hold, self.now(), true);
        }
        for (merchant, probe_at) in self.without_a_probe() {
            self.wake_a_few(&merchant, probe_at).await;
        }
    }

    /// Merchants without access for which nobody has tried for a while, and since when somebody
    /// could have: whoever was to try was cancelled, left it to others, or had an answer that says
    /// nothing about access and was put off like the others.
    fn without_a_probe(&self) -> Vec<(Merchant, Timestamp)> {
        let now = self.now();
        let held = self.shared().queues.lock();
        let mut found = Vec::new();
        for ((merchant, kind), Held { probe_at, .. }) in held.iter() {
            let policy = self.adapter(merchant).map(Provider::policy);
            let overdue = policy.is_ok_and(|policy| probe_at.plus(policy.hold) <= now);
            if *kind == QueueHoldKind::AccessRefused && overdue {
                found.push((merchant.clone(), *probe_at));
            }
        }
        found
    }

    /// Makes a few payouts of a merchant due that may try whether access is back: those that leave
    /// it to others only if there are no others.
    async fn wake_a_few(&self, merchant: &Merchant, probe_at: Timestamp) {
        let Ok(adapter) = self.adapter(merchant) else { return };
        let policy = adapter.policy();
        let states = vec![StateName::Pending, StateName::Indeterminate];
        let filter = Filter { states, ..undecided(merchant) };
        let page = Page { after: None, size: RESUMED_AT_ONCE };
        let mut payouts = match self.store().list(&filter, &page).await {
            Ok((payouts, _)) => payouts,
            Err(error) => {
                tracing::warn!(%merchant, %error, "cannot look for a payout to try with");
                return;
            }
        };
        if payouts.iter().any(|payout| !repeats_a_refusal(payout, policy)) {
            payouts.retain(|payout| !repeats_a_refusal(payout, policy));
        } else if self.now() < probe_at.plus(patience(policy)) {
            return;
        }
        for payout in payouts.iter().take(PROBES) {
            self.hurry_one(&payout.id).await;
        }
    }

    fn stored_holds(&self) -> Vec<(Merchant, QueueHoldKind)> {
        let held = self.shared().queues.lock();
        held.iter().filter(|(_, held)| held.stored).map(|(key, _)| key.clone()).collect()
    }

    fn remember(&self, hold: QueueHold, probe_at: Timestamp, stored: bool) {
        let key = (hold.merchant.clone(), hold.kind());
        let mut held = self.shared().queues.lock();
        match held.get_mut(&key) {
            Some(held) => {
                held.hold = hold;
                held.stored |= stored;
            }
            None => _ = held.insert(key, Held { hold, stored, probe_at }),
        }
    }

    /// The hold is over, for all that waits behind it.
    fn forget(&self, merchant: &Merchant, kind: QueueHoldKind) {
        let queues = &self.shared().queues;
        if queues.lock().remove(&(merchant.clone(), kind)).is_some() {
            let mut resumed = queues.resumed.lock().unwrap_or_else(PoisonError::into_inner);
            resumed.insert(merchant.clone());
            self.shared().due.notify_one();
        }
    }

    /// Has everything of everybody looked at: what was scheduled by a clock that was set since may
    /// be scheduled for any time.
    pub(crate) fn hurry_everything(&self) {
        let resumed = &self.shared().queues.resumed;
        let mut resumed = resumed.lock().unwrap_or_else(PoisonError::into_inner);
        resumed.extend(self.merchants().cloned());
    }

    /// The merchants whose queues were resumed since this was last asked.
    pub(crate) fn resumed(&self) -> BTreeSet<Merchant> {
        let resumed = &self.shared().queues.resumed;
        std::mem::take(&mut *resumed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What stops a merchant's payouts now: without access even what a pause lets through.
    pub(crate) fn block(&self, merchant: &Merchant) -> Option<Block> {
        let held = self.shared().queues.lock();
        let of = |kind| held.get(&(merchant.clone(), kind));
        if of(QueueHoldKind::AccessRefused).is_some() {
            return Some(Block::AccessRefused(self.now().plus(QUEUE_LOOK)));
        }
        of(QueueHoldKind::Paused).map(|_| Block::Paused(self.now().plus(QUEUE_LOOK)))
    }

    /// Whether this payout is the one that tries whether our access is back; one each time. What is
    /// in doubt tries first, because nothing more is put in doubt by it, but not for ever: its
    /// answers may come from the provider's memory.
    pub(crate) fn takes_the_probe(&self, record: &Record, policy: &Policy) -> bool {
        let Record { payout, schedule, .. } = record;
        let (merchant, hold, now) = (&payout.order.merchant, policy.hold, self.now());
        let lets_others = schedule.tries >= TRIED_ENOUGH && repeats_a_refusal(payout, policy);
        let patience = if lets_others { patience(policy) } else { Duration::ZERO };
        let mut held = self.shared().queues.lock();
        if held.contains_key(&(merchant.clone(), QueueHoldKind::Paused)) {
            return false;
        }
        match held.get_mut(&(merchant.clone(), QueueHoldKind::AccessRefused)) {
            Some(held) if held.probe_at.plus(patience) <= now => {
                held.probe_at = now.plus(hold);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Takes what an answer to a payout says about our access. What it was told before and is told
    /// again may come from the provider's memory, and holds nobody else.
    pub(crate) async fn note_access_of(&self, payout: &Payout, inputs: &[Input], policy: &Policy) {
        let merchant = &payout.order.merchant;
        let key = (merchant.clone(), QueueHoldKind::AccessRefused);
        let is_held = self.shared().queues.lock().contains_key(&key);
        if is_held || !repeats_a_refusal(payout, policy) || !inputs.iter().any(is_access_refused) {
            self.note_access(merchant, inputs, policy.hold).await;
        }
    }

    /// Takes what an answer says about our access: refused, all of the merchant's payouts wait;
    /// let in, they go on.
    pub(crate) async fn note_access(&self, merchant: &Merchant, inputs: &[Input], hold: Duration) {
        let key = (merchant.clone(), QueueHoldKind::AccessRefused);
        let is_held = self.shared().queues.lock().contains_key(&key);
        if let Some(refused) = inputs.iter().find(|input| is_access_refused(input)) {
            let code = refused.words.code.clone();
            self.access_refused(merchant, code, hold, is_held).await;
        } else if is_held && inputs.iter().any(shows_access) {
            tracing::warn!(%merchant, "the provider lets us in again; the queue goes on");
            match self.store().resume_queue(merchant, QueueHoldKind::AccessRefused).await {
                Ok(_) => self.forget(merchant, QueueHoldKind::AccessRefused),
                Err(error) => tracing::error!(%merchant, %error, "the queue stays held for now"),
            }
        }
    }

    async fn access_refused(
        &self,
        merchant: &Merchant,
        code: Option<String>,
        hold: Duration,
        is_held: bool,
    ) {
        let probe_at = self.now().plus(hold);
        if is_held {
            let key = (merchant.clone(), QueueHoldKind::AccessRefused);
            if let Some(held) = self.shared().queues.lock().get_mut(&key) {
                held.probe_at = probe_at;
            }
            return;
        }
        tracing::error!(
            %merchant, code,
            "the provider refuses our access: nothing is sent for this merchant until one try is \
             let in; check credentials, keys, network address and permissions"
        );
        let cause = QueueHoldCause::AccessRefused { code };
        let queue_hold = QueueHold { merchant: merchant.clone(), since: self.now(), cause };
        // In memory first: from here on nobody else tries.
        self.remember(queue_hold.clone(), probe_at, false);
        match self.store().hold_queue(&queue_hold).await {
            Ok(()) => self.remember(queue_hold, probe_at, true),
            Err(error) => {
                tracing::error!(%merchant, %error, "the hold is lost if this process ends");
            }
        }
    }

    /// Makes everything that waits for a merchant due now.
    pub(crate) async fn hurry(&self, merchant: &Merchant) {
        let filter = undecided(merchant);
        let mut after = None;
        loop {
            let page = Page { after, size: RESUMED_AT_ONCE };
            let (payouts, next) = match self.store().list(&filter, &page).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%merchant, %error, "payouts go on later than they could");
                    return;
                }
            };
            for payout in payouts {
                self.hurry_one(&payout.id).await;
            }
            match next {
                Some(token) => after = Some(token),
                None => return,
            }
        }
    }

    pub(crate) async fn hurry_one(&self, id: &PayoutId) {
        let change = Change { hurry: true, ..Change::default() };
        if let Err(error) = self.take(id, change).await {
            tracing::warn!(payout = %id, %error, "the payout goes on later than it could");
        }
    }
}

fn undecided(merchant: &Merchant) -> Filter {
    Filter { outcome: Some(Outcome::Undecided), ..Filter::all(merchant) }
}

/// Whether an answer, verified or not, says that our access is refused.
pub(crate) fn is_access_refused(input: &Input) -> bool {
    is_let_in(input) == Some(false)
}

/// How long what is in doubt lets others try first. They are woken after one hold.
fn patience(policy: &Policy) -> Duration {
    policy.hold.saturating_mul(2)
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
