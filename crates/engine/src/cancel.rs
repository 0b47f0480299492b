//! Cancelling: what is not sent is stopped, what was never asked for is fenced, and what may be on
//! its way is asked to stop as soon as that is known.

use payout::id::{IdempotencyKey, Merchant, PayoutId};
use payout::identity::payout_id;
use payout::input::{Input, What};
use payout::machine::Declined;
use payout::port::{Fenced, StoreError};
use payout::record::{Fence, Payout};
use payout::state::StateName;
use thiserror::Error;

use crate::Engine;
use crate::query::QueryError;
use crate::take::{Change, TakeError};

/// What became of a wish to cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Stopped: no money moved and none will.
    Canceled(Payout),
    /// There was no payout under the key, and there never will be one.
    Fenced,
    /// There is no payout under the key and there never will be one, but there may have been one
    /// that the store forgot.
    FencedTooLate,
    /// Recorded, and carried out as soon as it is known whether the payout was sent.
    Requested(Payout),
    /// It cannot be stopped any more.
    TooLate(Payout),
    /// The provider has it and cannot be asked to stop it.
    NotSupported(Payout),
}

/// Why a wish to cancel was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CancelError {
    /// The payout cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The payout changes too fast to be written.
    #[error("the payout is being changed at this moment; repeat the call")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Cancels a payout. Repeatable: the answer is as things are then.
    pub async fn cancel(
        &self,
        merchant: &Merchant,
        id: &PayoutId,
    ) -> Result<CancelAnswer, CancelError> {
        let payout = self.get(merchant, id).await?;
        let inputs = vec![Input::own(What::CancelRequested)];
        match self.take(&payout.id, Change { inputs, ..Change::default() }).await {
            Ok(taken) => Ok(answer(taken.payout)),
            Err(TakeError::Declined(declined)) => {
                let payout = self.get(merchant, id).await?;
                Ok(declined_answer(declined, payout))
            }
            Err(error) => Err(cancel_error(error)),
        }
    }

    /// Cancels the payout that a key was used for, or makes the key unable to pay for ever.
    pub async fn cancel_by_key(
        &self,
        merchant: &Merchant,
        key: &IdempotencyKey,
    ) -> Result<CancelAnswer, CancelError> {
        self.adapter(merchant)?;
        self.learn_continuity().await;
        let fence = Fence {
            payout: payout_id(merchant, key),
            merchant: merchant.clone(),
            idempotency_key: key.clone(),
            fenced_at: self.now(),
            forgetful_until: self.forgetful_until(self.adapter(merchant)?),
        };
        match self.store().fence(&fence).await? {
            Fenced::Existing(_) => self.cancel(merchant, &fence.payout).await,
            Fenced::Fenced { fence, notified: false } if fence.forgetful_until.is_none() => {
                Ok(CancelAnswer::Fenced)
            }
            Fenced::Fenced { fence, notified } => {
                tracing::warn!(
                    payout = %fence.payout, %merchant, notified,
                    "a key is fenced that may have paid in a past which the store forgot"
                );
                Ok(CancelAnswer::FencedTooLate)
            }
        }
    }
}

fn answer(payout: Payout) -> CancelAnswer {
    match payout.state.name() {
        StateName::Canceled => CancelAnswer::Canceled(payout),
        _ => CancelAnswer::Requested(payout),
    }
}

fn declined_answer(declined: Declined, payout: Payout) -> CancelAnswer {
    match (declined, payout.state.name()) {
        (_, StateName::Canceled) => CancelAnswer::Canceled(payout),
        (Declined::AtProvider, _) => CancelAnswer::NotSupported(payout),
        (
            Declined::TooLate
            | Declined::AttemptLive
            | Declined::NoAttempt
            | Declined::NotReady
            | Declined::NotInDoubt,
            _,
        ) => CancelAnswer::TooLate(payout),
    }
}

fn cancel_error(error: TakeError) -> CancelError {
    match error {
        TakeError::Query(error) => CancelError::Query(error),
        TakeError::Store(error) => CancelError::Store(error),
        TakeError::Gone => CancelError::Query(QueryError::PayoutNotFound),
        TakeError::Contended
        | TakeError::Claimed
        | TakeError::Declined(_)
        | TakeError::Open(_)
        | TakeError::Key(_) => CancelError::Contended,
    }
}
