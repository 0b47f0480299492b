//! Driving a payout: whatever is to be done next, until nothing is. The first attempt and recovery
//! are this same code; recovery merely finds a payout further on.

use std::time::Duration;

use futures_util::future::join;
use payout::attempt::{Attempt, AttemptStatus};
use payout::codec::{CodecError, decode_parties, decode_target};
use payout::id::{Merchant, PayoutId, ProviderAccount};
use payout::input::{Input, ProviderWords, What};
use payout::machine::{self, Situation, Step};
use payout::order::TargetRequest;
use payout::party::Parties;
use payout::port::{Adapter, Answer, Handle, Request, Resolution, Unfit};
use payout::queue::ProviderCall;
use payout::reason::Reason;
use payout::record::{Payout, Record};
use payout::seal::{self, OpenError, Sealed};
use payout::time::Timestamp;
use thiserror::Error;

use crate::Engine;
use crate::engine::{field, place};
use crate::handles;
use crate::take::{Change, Secrets, TakeError};

/// Steps of one drive. Each waits for a provider or ends; a payout that needs more in one go is
/// looked at again when it is due.
const STEPS_MAX: usize = 32;

/// How often a payout whose destination is of another account looks whether that is back.
const ACCOUNT_LOOK: Duration = Duration::from_secs(10 * 60);

/// Why a payout could not be driven on. It stays as it is and is tried again when it is due.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum DriveError {
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("what is sealed cannot be read: {0}")]
    Codec(#[from] CodecError),
    #[error("the payout can no longer be prepared: {0}")]
    Unfit(#[from] Unfit),
    #[error("the handle of the destination is missing")]
    NoHandle,
    #[error("the store has not said yet since when it has forgotten nothing")]
    Unproven,
}

impl Engine {
    /// Drives a claimed payout until it rests. What goes wrong is logged and left to the next time:
    /// the claim runs out, and the payout is as it was last written.
    pub(crate) async fn drive(&self, id: &PayoutId) {
        for _ in 0..STEPS_MAX {
            match self.step(id).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(payout = %id, %error, "payout cannot be driven on for now");
                    return;
                }
            }
        }
    }

    /// Does the next thing, and says whether there may be more to do now. So does each of the
    /// steps.
    async fn step(&self, id: &PayoutId) -> Result<bool, DriveError> {
        let Some(record) = self.load_record(id).await.map_err(TakeError::from)? else {
            return Ok(false);
        };
        self.learn_continuity().await;
        if self.continuous_since() == Timestamp::MAX {
            return Err(DriveError::Unproven);
        }
        let merchant = &record.payout.order.merchant;
        let adapter = self.adapter(merchant).map_err(TakeError::from)?;
        let payout = &record.payout;
        match self.next_step(&record, adapter) {
            Step::Resolve => self.resolve(&record, adapter).await,
            Step::Open => self.open_and_send(&record, adapter).await,
            Step::Ask => self.ask(&record, adapter).await,
            Step::GiveUpHolder => self.put(payout, What::HolderGone).await,
            Step::GiveUpHint => self.put(payout, What::HintGivenUp).await,
            Step::Expire => self.put(payout, What::Expired).await,
            Step::Park(reason) => self.put(payout, What::Parked(reason)).await,
            Step::Distrust(since) => self.put(payout, What::PastForgotten(since)).await,
            Step::Presume => self.put(payout, What::Presumed).await,
            Step::Hold(reason, until) => {
                // Nobody wakes what the provider has spoken of when the hold is over: it may have
                // ended already. It looks for itself, as a try would.
                let soon = self.now().plus(adapter.policy().hold);
                let until = if payout.unconfirmed.is_some() { until.min(soon) } else { until };
                let what = Some(What::Blocked(reason, until));
                let goes_on = self.put_off(payout, what, until).await?;
                // What ended the hold just now may have come before this was put off.
                if self.block(merchant).is_none() {
                    self.hurry_one(id).await;
                }
                Ok(goes_on)
            }
            Step::Wait(until) if is_scheduled_too_early(&record, until) => {
                self.put_off(payout, None, until).await
            }
            Step::Wait(_) | Step::Done => {
                let (ours, payouts) = (&self.parts().incarnation, std::slice::from_ref(id));
                self.store().release(ours, payouts).await.map_err(TakeError::from)?;
                Ok(false)
            }
        }
    }

    /// What to do next. Where the merchant's access is refused, one payout at a time goes on.
    fn next_step(&self, record: &Record, adapter: &dyn Adapter) -> Step {
        let Record { payout, schedule, .. } = record;
        let (merchant, policy) = (&payout.order.merchant, adapter.policy());
        let situation = self.situation(merchant);
        let step = machine::next_step(payout, schedule, policy, situation);
        match step {
            Step::Hold(Reason::AccessRefused, _) if self.takes_the_probe(record, policy) => {
                let situation = Situation { block: None, ..situation };
                machine::next_step(payout, schedule, policy, situation)
            }
            step => step,
        }
    }

    /// Has the provider make a handle of what the caller gave. Repeatable, so nothing is recorded
    /// before it.
    async fn resolve(&self, record: &Record, adapter: &dyn Adapter) -> Result<bool, DriveError> {
        let payout = &record.payout;
        let Some(sealed) = &record.vault.target else { return Err(DriveError::NoHandle) };
        let plain = self.open(payout, field::TARGET, sealed)?;
        let customer = &payout.order.customer;
        let target = decode_target(&plain)?;
        let resolution = match &target {
            TargetRequest::BankAccount(details) => adapter.register(customer, details).await,
            TargetRequest::ProviderHandle(handle) => adapter.import(customer, handle).await,
            TargetRequest::Destination(_) => return Err(DriveError::NoHandle),
        };
        let found = match (&target, &resolution) {
            (TargetRequest::BankAccount(details), Resolution::Resolved(resolved)) => {
                Some((details, resolved.clone()))
            }
            _ => None,
        };
        let (what, words, handle) = match resolution {
            Resolution::Unusable(_, reason, words) if payout.forgetful_until.is_none() => {
                (What::DestinationRefused(reason), words, None)
            }
            // A past that was forgotten may have paid to it; if not, the send will be refused.
            Resolution::Resolved(resolved) | Resolution::Unusable(resolved, ..) => {
                let words = ProviderWords::default();
                match adapter.check_handle(&payout.order, &resolved.handle) {
                    Ok(()) => (What::DestinationResolved, words, Some(resolved.handle)),
                    Err(unfit) => {
                        tracing::warn!(payout = %payout.id, %unfit, "destination does not fit");
                        (What::DestinationRefused(Reason::RequestRejected), words, None)
                    }
                }
            }
            Resolution::Refused(reason, words) => (What::DestinationRefused(reason), words, None),
            Resolution::NoAccess(reason, words) => (What::InDoubt(reason), words, None),
            Resolution::Unknown(reason) => {
                let why = reason.as_str();
                tracing::debug!(payout = %payout.id, reason = why, "not resolved yet");
                (What::InDoubt(reason), ProviderWords::default(), None)
            }
        };
        let handle = handle.map(|handle| {
            let plain = handles::plain(adapter.account(), &handle);
            self.seal(payout, field::HANDLE, &plain)
        });
        let inputs = vec![Input { words, ..Input::own(what) }];
        self.note_access(payout, ProviderCall::Destination, &inputs, adapter.policy()).await;
        let change = Change {
            inputs,
            secrets: Secrets { request: None, handle },
            driver: true,
            ..Change::default()
        };
        let remembered = async {
            if let Some((details, resolved)) = found {
                self.keep_registered(payout, details, resolved).await;
            }
        };
        let (taken, ()) = join(self.take(&payout.id, change), remembered).await;
        Ok(!taken?.released)
    }

    /// Records an attempt with its exact request, then sends it. Nothing leaves before the record
    /// is durable.
    async fn open_and_send(
        &self,
        record: &Record,
        adapter: &dyn Adapter,
    ) -> Result<bool, DriveError> {
        let payout = &record.payout;
        let Some((account, handle)) = self.handle(record)? else {
            return Err(DriveError::NoHandle);
        };
        if account != *adapter.account() {
            return self.wait_for_its_account(payout).await;
        }
        let parties = self.parties(record)?;
        let request = adapter.prepare(payout, &handle, &parties, payout.next_generation())?;
        if was_sent_otherwise(payout, &request) {
            return self.put(payout, What::Parked(Reason::ProviderAccountChanged)).await;
        }
        let attempt = self.attempt(payout, &request, adapter);
        let (number, until) = (attempt.number, self.send_until(&payout.order.merchant));
        let sealed = self.seal(payout, field::REQUEST, &request.bytes);
        let change = Change {
            inputs: vec![Input::own(What::AttemptOpened(Box::new(attempt)))],
            secrets: Secrets { request: Some(sealed), handle: None },
            driver: true,
            ..Change::default()
        };
        let taken = match self.take(&payout.id, change).await {
            // Something came in between, a cancel perhaps: look again what is to be done.
            Err(TakeError::Declined(_)) => return Ok(true),
            taken => taken?,
        };
        match taken.payout.attempts.last() {
            Some(last) if last.number == number => {
                self.send(&taken.payout, &request, adapter, until).await
            }
            _ => Ok(true),
        }
    }

    /// The attempt that a request is about to be sent in.
    pub(crate) fn attempt(
        &self,
        payout: &Payout,
        request: &Request,
        adapter: &dyn Adapter,
    ) -> Attempt {
        let now = self.now();
        let send_by = now.plus(adapter.policy().send_window);
        Attempt {
            number: payout.next_number(),
            generation: payout.next_generation(),
            holder: self.parts().incarnation.clone(),
            opened_at: now,
            send_by: payout.order.submit_before.map_or(send_by, |limit| limit.min(send_by)),
            account: request.account.clone(),
            digest: request.digest,
            masked: request.masked.clone(),
            status: AttemptStatus::Open,
        }
    }

    /// Until when, by the time that passes, an attempt that is about to be recorded may be sent.
    pub(crate) fn send_until(&self, merchant: &Merchant) -> Duration {
        let window = self.adapter(merchant).map(|adapter| adapter.policy().send_window);
        self.clock().monotonic().saturating_add(window.unwrap_or_default())
    }

    /// Sends the attempt that was just recorded, by whoever recorded it and by nobody else.
    pub(crate) async fn send(
        &self,
        payout: &Payout,
        request: &Request,
        adapter: &dyn Adapter,
        until: Duration,
    ) -> Result<bool, DriveError> {
        let attempt = payout.attempts.last().expect("an attempt was just opened");
        // Others take over after send-by plus the longest request: a sender that was held up must
        // not begin any more, and not be misled by a clock that was set.
        let in_time = self.now() < attempt.send_by && self.clock().monotonic() < until;
        let answer = match in_time {
            true => adapter.send(payout, request).await,
            false => Answer { inputs: vec![Input::own(What::NotSent)], evidence: Vec::new() },
        };
        let Answer { inputs, evidence } = answer;
        self.note_access(payout, ProviderCall::Payout, &inputs, adapter.policy()).await;
        let attempt = Some(attempt.number);
        let change = Change { inputs, evidence, attempt, driver: true, ..Change::default() };
        Ok(!self.take(&payout.id, change).await?.released)
    }

    /// Finds out where the order stands.
    async fn ask(&self, record: &Record, adapter: &dyn Adapter) -> Result<bool, DriveError> {
        let payout = &record.payout;
        let request = self.request(record)?;
        if let Some(request) = &request
            && request.account != *adapter.account()
        {
            return self.put(payout, What::Parked(Reason::ProviderAccountChanged)).await;
        }
        let handle = self.handle(record)?;
        let of_other = |(account, _): &(ProviderAccount, Handle)| account != adapter.account();
        if handle.as_ref().is_some_and(of_other) {
            return self.put(payout, What::Parked(Reason::ProviderAccountChanged)).await;
        }
        let handle = handle.map(|(_, handle)| handle);
        let began = Some(self.time());
        let answer = adapter.ask(payout, handle.as_ref(), request.as_ref()).await;
        let Answer { inputs, evidence } = answer;
        self.note_access(payout, ProviderCall::Payout, &inputs, adapter.policy()).await;
        let attempt = payout.attempts.last().map(|attempt| attempt.number);
        let change = Change { inputs, evidence, attempt, began, driver: true, ..Change::default() };
        Ok(!self.take(&payout.id, change).await?.released)
    }

    /// A handle of another account must not be paid to in this one: it may be somebody else's.
    /// Nothing was sent, so that the payout waits, until its account is back or it is cancelled.
    async fn wait_for_its_account(&self, payout: &Payout) -> Result<bool, DriveError> {
        tracing::error!(
            payout = %payout.id, merchant = %payout.order.merchant,
            "its destination is of another account with the provider than the one configured now; \
             configure that again, or cancel the payout"
        );
        let until = self.now().plus(ACCOUNT_LOOK);
        let what = Some(What::Blocked(Reason::ProviderAccountChanged, until));
        self.put_off(payout, what, until).await
    }

    /// Has a payout looked at again then, and not before.
    async fn put_off(
        &self,
        payout: &Payout,
        what: Option<What>,
        until: Timestamp,
    ) -> Result<bool, DriveError> {
        let inputs = what.map(Input::own).into_iter().collect();
        let change = Change { inputs, not_before: Some(until), driver: true, ..Change::default() };
        Ok(!self.take(&payout.id, change).await?.released)
    }

    /// Takes one input of our own.
    async fn put(&self, payout: &Payout, what: What) -> Result<bool, DriveError> {
        let inputs = vec![Input::own(what)];
        let change = Change { inputs, driver: true, ..Change::default() };
        Ok(!self.take(&payout.id, change).await?.released)
    }

    /// On whose behalf a payout is made.
    fn parties(&self, record: &Record) -> Result<Parties, DriveError> {
        let Some(sealed) = &record.vault.parties else { return Ok(Parties::default()) };
        let plain = self.open(&record.payout, field::PARTIES, sealed)?;
        Ok(decode_parties(&plain)?)
    }

    fn handle(&self, record: &Record) -> Result<Option<(ProviderAccount, Handle)>, DriveError> {
        let Some(sealed) = &record.vault.handle else { return Ok(None) };
        let plain = self.open(&record.payout, field::HANDLE, sealed)?;
        handles::read(&plain).map(Some).ok_or(DriveError::NoHandle)
    }

    /// The exact request of the attempt that may have to be sent again.
    fn request(&self, record: &Record) -> Result<Option<Request>, DriveError> {
        let (Some(sealed), Some(attempt)) = (&record.vault.request, record.payout.attempts.last())
        else {
            return Ok(None);
        };
        let bytes = self.open(&record.payout, field::REQUEST, sealed)?;
        Ok(Some(Request {
            bytes,
            masked: attempt.masked.clone(),
            digest: attempt.digest,
            account: attempt.account.clone(),
        }))
    }

    pub(crate) fn seal(&self, payout: &Payout, field: &str, plain: &[u8]) -> Sealed {
        seal::seal(&self.parts().keys, place(payout, field), plain)
    }

    fn open(
        &self,
        payout: &Payout,
        field: &str,
        sealed: &Sealed,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, OpenError> {
        seal::open(&self.parts().keys, place(payout, field), sealed)
    }
}

/// Whether a payout that has to wait would be claimed again and again until then.
fn is_scheduled_too_early(record: &Record, until: Timestamp) -> bool {
    until < Timestamp::MAX && record.schedule.due_at.is_some_and(|due_at| due_at < until)
}

/// Whether an earlier attempt, now proven absent, was made of other bytes or for another account:
/// then its proof of absence says nothing about this request.
fn was_sent_otherwise(payout: &Payout, request: &Request) -> bool {
    let other =
        |attempt: &Attempt| attempt.account != request.account || attempt.digest != request.digest;
    payout.attempts.iter().any(|a| a.status == AttemptStatus::Absent && other(a))
}
