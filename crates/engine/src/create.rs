//! Creating a payout. A known key is answered first; then every check; then the intent and, where
//! it can be sent at once, its first attempt are one durable write; only then anything is sent.

use std::time::Duration;

use payout::codec::{encode_parties, encode_target};
use payout::destination::DestinationState;
use payout::event::{self, Event};
use payout::fingerprint::{CompareError, Fingerprint, differences, fingerprint};
use payout::id::{DestinationId, PayoutId, ProviderAccount, ReceiptId};
use payout::identity::payout_id;
use payout::input::{Input, What};
use payout::machine::{self, Tries};
use payout::order::{Order, TargetRequest};
use payout::party::Parties;
use payout::port::{
    Adapter, Claim, Creation, CreationOutcome, EvidenceKind, Handle, ParkedNotification, Request,
    SealedEvidence, Selection, StoreError, Unfit, Warning,
};
use payout::record::{Payout, Record, Schedule, Stored, Vault};
use payout::seal::OpenError;
use payout::state::Outcome;
use payout::time::{Time, Timestamp};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, TryAcquireError, oneshot};

use crate::Engine;
use crate::destinations::why_not_usable;
use crate::engine::field;
use crate::handles;
use crate::query::QueryError;
use crate::serve::Job;
use crate::take::log;

/// How often a creation takes newly parked notifications into account before it gives up; each
/// time at least one more has come in between.
const PARKED_RETRIES_MAX: usize = 8;

/// A caller's wish to pay.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// What is to be paid, where to and on whose behalf; apart, because it is large.
    pub wish: Box<Wish>,
    /// How far the payout should be before the caller is answered.
    pub wait_until: WaitUntil,
    /// The longest that the caller waits for that, counted from the call; the engine's own limit
    /// holds beside it. What has to be durable is waited for in any case.
    pub wait_max: Duration,
}

/// What is to be paid, where to and on whose behalf, with all secrets.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What is to be paid.
    pub order: Order,
    /// Where to.
    pub target: TargetRequest,
    /// On whose behalf, beside the merchant.
    pub parties: Parties,
}

/// How far a payout should be before its caller is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitUntil {
    /// Durable here.
    Recorded,
    /// The provider answered, or the attempt is in doubt, or it cannot be sent now.
    #[default]
    Submitted,
    /// The outcome is known.
    Outcome,
}

/// A payout that was created, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The payout as it is now.
    pub payout: Payout,
    /// Whether an earlier call had recorded it.
    pub replayed: bool,
}

/// What a creation that is not carried out would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// The key is known already, with these contents.
    Known(Box<Payout>),
    /// It would be recorded.
    Fits {
        /// What would be sent, without secrets and personal data; none, if the provider has to make
        /// a handle of the destination first.
        request: Option<String>,
    },
}

/// Why a payout was not created by this call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateError {
    /// No such merchant is configured.
    #[error("no merchant of this name is configured here")]
    UnknownMerchant,
    /// The order cannot be taken.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// There is no such destination of this merchant and customer.
    #[error("there is no such destination of this merchant and customer")]
    DestinationNotFound,
    /// The destination cannot be paid to.
    #[error("{}", why_not_usable(*.0))]
    DestinationNotUsable(DestinationState),
    /// The destination was made with another account at the provider, where its handle may be
    /// somebody else's.
    #[error(
        "the destination belongs to another account with the provider than the one configured \
         now; register or link it again"
    )]
    DestinationOfOtherAccount,
    /// The key was used for another payout.
    #[error("the key was used for {payout} with other contents; they differ in {fields:?}")]
    KeyReused {
        /// The payout that the key names.
        payout: PayoutId,
        /// The paths of the fields that differ.
        fields: Vec<String>,
    },
    /// The key was fenced.
    #[error("the key was fenced by a cancel; use another key")]
    Fenced,
    /// Too many creations are under way.
    #[error("too many payouts are being created at this moment; repeat the call with its key")]
    Overloaded,
    /// This process is about to end and did not take the payout on.
    #[error("this server is stopping; repeat the call with its key")]
    Stopping,
    /// This process stopped while it was writing the payout.
    #[error("this server stopped while it recorded the payout; repeat the call with its key")]
    Interrupted,
    /// The contents cannot be compared with those of the first call.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A sealed destination does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateError {
    /// Whether it is certain that this call recorded nothing.
    pub fn certainly_not_recorded(&self) -> bool {
        match self {
            Self::Store(StoreError::Unknown(_)) | Self::Interrupted => false,
            Self::Store(
                StoreError::NotWritten(_) | StoreError::Corrupt(_) | StoreError::PageToken,
            )
            | Self::UnknownMerchant
            | Self::Unfit(_)
            | Self::DestinationNotFound
            | Self::DestinationNotUsable(_)
            | Self::DestinationOfOtherAccount
            | Self::KeyReused { .. }
            | Self::Fenced
            | Self::Overloaded
            | Self::Stopping
            | Self::Compare(_)
            | Self::Open(_) => true,
        }
    }
}

/// A creation that passed every check and waits to be written.
pub(crate) struct Plan {
    intent: Intent,
    pub(crate) recorded: oneshot::Sender<Result<Created, CreateError>>,
    pub(crate) rested: oneshot::Sender<()>,
    pub(crate) permit: OwnedSemaphorePermit,
}

impl Engine {
    /// Creates a payout, or finds the one that its key names. Repeatable with the same contents.
    /// Dropping the future stops the waiting, never the payout.
    pub async fn create(&self, request: CreateRequest) -> Result<Created, CreateError> {
        let CreateRequest { wish, wait_until, wait_max } = request;
        let wait_max = wait_max.min(self.parts().limits.wait_max);
        let wait_end = self.clock().monotonic().saturating_add(wait_max);
        let id = payout_id(&wish.order.merchant, &wish.order.idempotency_key);
        self.learn_continuity().await;
        if let Some(stored) = self.store().load(&id).await? {
            let created = self.existing(stored, &wish)?;
            return Ok(self.wait_for_outcome(created, wait_until, wait_end).await);
        }
        let (recorded_in, recorded) = oneshot::channel();
        let (rested_in, rested) = oneshot::channel();
        let plan = self.plan(id, wish, recorded_in, rested_in).await?;
        // There is room for every permit, so this fails only when nobody works any more.
        if self.shared().jobs.try_send(Job::Create(Box::new(plan))).is_err() {
            return Err(CreateError::Overloaded);
        }
        // From here on the payout may be recorded although we do not hear of it.
        let created = recorded.await.map_err(|_| CreateError::Interrupted)??;
        if wait_until == WaitUntil::Recorded || created.replayed {
            return Ok(self.wait_for_outcome(created, wait_until, wait_end).await);
        }
        // A lost word only means that the driver is gone; the payout itself says how far it is.
        let _ = self.no_longer_than(wait_end, rested).await;
        let created = self.refreshed(created).await;
        Ok(self.wait_for_outcome(created, wait_until, wait_end).await)
    }

    /// What a caller should know of an order that is taken; nothing of an unknown merchant's.
    pub fn warnings(&self, order: &Order) -> Vec<Warning> {
        match self.adapter(&order.merchant) {
            Ok(adapter) => adapter.warnings(order),
            Err(_) => Vec::new(),
        }
    }

    /// Makes every check of a creation, writes nothing and calls nobody. What a creation may still
    /// run into is what only the provider knows.
    pub async fn validate(&self, wish: Box<Wish>) -> Result<Validation, CreateError> {
        let id = payout_id(&wish.order.merchant, &wish.order.idempotency_key);
        if let Some(stored) = self.store().load(&id).await? {
            let known = self.existing(stored, &wish)?;
            return Ok(Validation::Known(Box::new(known.payout)));
        }
        let handle = self.check(&wish).await?;
        let intent = Intent { id, wish, handle, forgetful_until: None };
        let Some(handle) = &intent.handle else { return Ok(Validation::Fits { request: None }) };
        let Ok(adapter) = self.adapter(&intent.wish.order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        let payout = machine::apply(None, &self.first_event(&intent, self.time()));
        let parties = &intent.wish.parties;
        let request = adapter.prepare(&payout, handle, parties, payout.next_generation())?;
        Ok(Validation::Fits { request: Some(request.masked) })
    }

    /// Every check that comes before the record, in the order in which a caller can mend them.
    async fn plan(
        &self,
        id: PayoutId,
        wish: Box<Wish>,
        recorded: oneshot::Sender<Result<Created, CreateError>>,
        rested: oneshot::Sender<()>,
    ) -> Result<Plan, CreateError> {
        let Ok(adapter) = self.adapter(&wish.order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        let forgetful_until = self.forgetful_until(adapter);
        let permit = match self.shared().creations.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::NoPermits) => return Err(CreateError::Overloaded),
            Err(TryAcquireError::Closed) => return Err(CreateError::Stopping),
        };
        let handle = self.check(&wish).await?;
        let intent = Intent { id, wish, handle, forgetful_until };
        Ok(Plan { intent, recorded, rested, permit })
    }

    /// Checks an order and its target; returns the handle, where it is known already.
    async fn check(&self, wish: &Wish) -> Result<Option<Handle>, CreateError> {
        let Wish { order, target, parties } = wish;
        let Ok(adapter) = self.adapter(&order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        adapter.check(order, parties)?;
        let checked = adapter.check_target(target)?;
        let handle = match target {
            TargetRequest::Destination(id) => Some(self.stored_handle(order, id).await?),
            TargetRequest::BankAccount(details) => self.known_handle(order, details).await?,
            TargetRequest::ProviderHandle(_) => checked,
        };
        if let Some(handle) = &handle {
            adapter.check_handle(order, handle)?;
        }
        Ok(handle)
    }

    /// Since when this store has forgotten nothing, as long as it cannot prove that it never knew
    /// a key: callers repeat a key within the horizon, if ever.
    pub(crate) fn forgetful_until(&self, adapter: &dyn Adapter) -> Option<Timestamp> {
        let (since, now) = (self.continuous_since(), self.now());
        (now < since.plus(adapter.policy().horizon)).then(|| since.min(now))
    }

    async fn stored_handle(
        &self,
        order: &Order,
        id: &DestinationId,
    ) -> Result<Handle, CreateError> {
        let destination = match self.store().load_destination(id).await? {
            Some(found) if found.merchant == order.merchant && found.customer == order.customer => {
                found
            }
            _ => return Err(CreateError::DestinationNotFound),
        };
        let Ok(adapter) = self.adapter(&order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        self.handle_in(&destination, adapter.account())
    }

    /// Answers a key that is known already.
    fn existing(&self, stored: Stored, wish: &Wish) -> Result<Created, CreateError> {
        let Wish { order, target, parties } = wish;
        let record = match stored {
            Stored::Payout(record) => record,
            Stored::Fence(_) => return Err(CreateError::Fenced),
        };
        let first: &Fingerprint = &record.payout.fingerprint;
        let fields = differences(&self.parts().keys, first, order, target, parties)?;
        match fields.is_empty() {
            true => Ok(Created { payout: record.payout, replayed: true }),
            false => Err(CreateError::KeyReused { payout: record.payout.id, fields }),
        }
    }

    /// Carries a plan out: the durable write, then the first attempt, then whatever follows. Runs
    /// in a task of [`crate::serve`]; nobody can cancel it.
    pub(crate) async fn carry_out(&self, plan: Plan) {
        let Plan { intent, recorded, rested, permit } = plan;
        let until = self.send_until(&intent.wish.order.merchant);
        let (created, request) = match self.write(&intent).await {
            Ok(written) => written,
            Err(error) => {
                // A caller that does not wait any more loses nothing but the answer.
                let _ = recorded.send(Err(error));
                return;
            }
        };
        let Created { payout, replayed } = created.clone();
        let _ = recorded.send(Ok(created));
        if replayed {
            return;
        }
        // A payout in doubt is asked about at once; its caller need not wait for that, but one
        // that is not even sent yet waits until the drive has sent it.
        let (goes_on, rested) = match request {
            Some(request) => {
                let goes_on = self.send_first(&payout, &request, until).await;
                let _ = rested.send(());
                (goes_on, None)
            }
            None => (true, Some(rested)),
        };
        if goes_on {
            self.drive(&payout.id).await;
        }
        drop((rested, permit));
    }

    /// Sends the first attempt; says whether there may be more to do now.
    async fn send_first(&self, payout: &Payout, request: &Request, until: Duration) -> bool {
        let Ok(adapter) = self.adapter(&payout.order.merchant) else { return false };
        match self.send(payout, request, adapter, until).await {
            Ok(goes_on) => goes_on,
            Err(error) => {
                let id = &payout.id;
                tracing::error!(payout = %id, %error, "the answer to a submission is not recorded");
                false
            }
        }
    }

    /// Writes the intent, with the first attempt where it can be sent at once.
    async fn write(&self, intent: &Intent) -> Result<(Created, Option<Request>), CreateError> {
        let mut parked = Vec::new();
        for _ in 0..PARKED_RETRIES_MAX {
            let (creation, request) = self.creation(intent, &parked)?;
            match self.store().create(&creation).await? {
                CreationOutcome::Created => {
                    creation.events.iter().for_each(log);
                    let payout = creation.record.payout;
                    return Ok((Created { payout, replayed: false }, request));
                }
                CreationOutcome::Existing(stored) => {
                    let created = self.existing(stored, &intent.wish)?;
                    return Ok((created, None));
                }
                CreationOutcome::Parked(found) => parked = found,
            }
        }
        Err(CreateError::Overloaded)
    }

    fn creation(
        &self,
        intent: &Intent,
        parked: &[ParkedNotification],
    ) -> Result<(Creation, Option<Request>), CreateError> {
        let time = self.time();
        let Ok(adapter) = self.adapter(&intent.wish.order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        let first = self.first_event(intent, time);
        let mut record = Record::first(&first, Vault::default());
        self.seal_secrets(&mut record, intent, adapter.account());
        let mut events = vec![first];
        for notification in parked {
            let what = &notification.input;
            extend(&mut record.payout, &mut events, adapter, what, time);
        }
        let request = self.first_attempt(&mut record, &mut events, intent, adapter)?;
        record.erase_what_is_not_needed();
        let due_at = machine::due_at(&record.payout, adapter.policy(), Tries::default(), time.wall);
        record.schedule = Schedule { due_at, tries: 0 };
        let applies: Vec<ReceiptId> =
            parked.iter().filter_map(|parked| parked.input.receipt.clone()).collect();
        let evidence = parked.iter().map(parked_evidence).collect();
        let claim = Some(self.claim_for_creator(time.wall));
        Ok((Creation { record, events, applies, claim, evidence }, request))
    }

    fn first_event(&self, intent: &Intent, time: Time) -> Event {
        let Wish { order, target, parties } = intent.wish.as_ref();
        let created = event::Created {
            order: order.clone(),
            fingerprint: fingerprint(&self.parts().keys, order, target, parties),
            forgetful_until: intent.forgetful_until,
            resolved: intent.handle.is_some(),
        };
        machine::create(intent.id.clone(), created, time.wall)
    }

    fn seal_secrets(&self, record: &mut Record, intent: &Intent, account: &ProviderAccount) {
        match &intent.handle {
            Some(handle) => {
                let plain = handles::plain(account, handle);
                record.vault.handle = Some(self.seal(&record.payout, field::HANDLE, &plain));
            }
            None => {
                let plain = encode_target(&intent.wish.target);
                record.vault.target = Some(self.seal(&record.payout, field::TARGET, &plain));
            }
        }
        if !intent.wish.parties.is_empty() {
            let plain = encode_parties(&intent.wish.parties);
            record.vault.parties = Some(self.seal(&record.payout, field::PARTIES, &plain));
        }
    }

    /// Opens the first attempt in the record itself, if nothing stands in the way of sending it.
    fn first_attempt(
        &self,
        record: &mut Record,
        events: &mut Vec<Event>,
        intent: &Intent,
        adapter: &dyn Adapter,
    ) -> Result<Option<Request>, CreateError> {
        let time = self.time();
        let payout = &record.payout;
        let late = payout.order.submit_before.is_some_and(|limit| time.wall >= limit);
        let stopped = self.block(&payout.order.merchant).is_some();
        let policy = adapter.policy();
        let unsure = payout.forgetful_until.is_some()
            && (policy.doubt.looks_up() || policy.leaves_forgotten(&payout.order));
        let fresh = events.len() == 1 && !unsure && !late && !stopped;
        let (true, Some(handle)) = (fresh, &intent.handle) else { return Ok(None) };
        let parties = &intent.wish.parties;
        let request = adapter.prepare(payout, handle, parties, payout.next_generation())?;
        let attempt = self.attempt(payout, &request, adapter);
        record.vault.request = Some(self.seal(payout, field::REQUEST, &request.bytes));
        let input = Input::own(What::AttemptOpened(Box::new(attempt)));
        extend(&mut record.payout, events, adapter, &input, time);
        Ok(Some(request))
    }

    fn claim_for_creator(&self, now: Timestamp) -> Claim {
        let until = now.plus(self.parts().limits.lease);
        Claim { holder: self.parts().incarnation.clone(), now, until, limit: 1 }
    }

    async fn refreshed(&self, created: Created) -> Created {
        match self.get(&created.payout.order.merchant, &created.payout.id).await {
            Ok(payout) => Created { payout, ..created },
            // What was recorded is the truth as far as it goes; the caller may ask again.
            Err(_) => created,
        }
    }

    async fn wait_for_outcome(
        &self,
        created: Created,
        wait_until: WaitUntil,
        wait_end: Duration,
    ) -> Created {
        if wait_until != WaitUntil::Outcome {
            return created;
        }
        let Created { payout, replayed } = created;
        let decided = self.no_longer_than(wait_end, self.outcome_of(&payout)).await;
        let payout = decided.and_then(Result::ok).unwrap_or(payout);
        Created { payout, replayed }
    }

    async fn outcome_of(&self, payout: &Payout) -> Result<Payout, QueryError> {
        let merchant = payout.order.merchant.clone();
        let selection = Selection::Payouts(merchant, vec![payout.id.clone()]);
        loop {
            let latest = self.store().ends().await?.latest;
            let payout = self.get(&payout.order.merchant, &payout.id).await?;
            if payout.state.name().outcome() != Outcome::Undecided {
                return Ok(payout);
            }
            self.store().changed(&latest, &selection).await?;
        }
    }

    /// Waits for something until the clock's monotonic time is `end` at most.
    async fn no_longer_than<T>(&self, end: Duration, future: impl Future<Output = T>) -> Option<T> {
        let clock = self.clock();
        let future = std::pin::pin!(future);
        match futures_util::future::select(future, clock.sleep_until(end)).await {
            futures_util::future::Either::Left((done, _)) => Some(done),
            futures_util::future::Either::Right(_) => None,
        }
    }
}

/// What a creation records, apart from what happened to it since.
struct Intent {
    id: PayoutId,
    wish: Box<Wish>,
    handle: Option<Handle>,
    forgetful_until: Option<Timestamp>,
}

/// Applies one input to a payout that is not stored yet. What it declines is left out: a parked
/// notification that means nothing to this payout is still kept as evidence.
fn extend(
    payout: &mut Payout,
    events: &mut Vec<Event>,
    adapter: &dyn Adapter,
    input: &Input,
    time: Time,
) {
    if let Ok(Some(event)) = machine::decide(payout, adapter.policy(), input, time) {
        *payout = machine::apply(Some(payout.clone()), &event);
        events.push(event);
    }
}

fn parked_evidence(parked: &ParkedNotification) -> SealedEvidence {
    SealedEvidence {
        kind: EvidenceKind::Notification,
        recorded_at: parked.received_at,
        bytes: parked.body.clone(),
    }
}
