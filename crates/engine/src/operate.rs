//! What operators do by hand.

use payout::id::{Merchant, PayoutId};
use payout::input::{Input, What};
use payout::machine::Declined;
use payout::port::{Page, PageToken, StoreError};
use payout::record::{Payout, Record};
use payout::settlement::Settlement;
use thiserror::Error;

use crate::Engine;
use crate::query::QueryError;
use crate::take::{Change, TakeError};

/// Why a payout was not settled. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettleError {
    /// The payout cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Nothing about it is in doubt.
    #[error("nothing about the payout is in doubt; there is nothing to settle")]
    NotInDoubt(Box<Payout>),
    /// It is being sent or asked about at this moment: what comes of that is not known yet, and a
    /// request that is repeated just then may move money after the decision.
    #[error(
        "the payout is being sent or asked about at this moment; repeat the call when that is over"
    )]
    BeingSent(Box<Payout>),
    /// The payout changes too fast to be written.
    #[error("the payout is being changed at this moment; repeat the call")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// What is an operator's business, oldest first: payouts of which it is not known whether money
    /// moved, and those that people have to look at; of all merchants if none is given.
    pub async fn operators_business(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<Record>, Option<PageToken>), QueryError> {
        if let Some(merchant) = merchant {
            self.adapter(merchant)?;
        }
        Ok(self.store().list_operators_business(merchant, page).await?)
    }

    /// Ends a doubt by an operator's decision, which is recorded with who, why and on what
    /// evidence. Not repeatable: what is settled is in doubt no more.
    pub async fn settle(
        &self,
        merchant: &Merchant,
        id: &PayoutId,
        settlement: Settlement,
    ) -> Result<Payout, SettleError> {
        let payout = self.get(merchant, id).await?;
        let inputs = vec![Input::own(What::Settled(Box::new(settlement)))];
        let change = Change { inputs, alone: true, ..Change::default() };
        match self.take(&payout.id, change).await {
            Ok(taken) => Ok(taken.payout),
            Err(TakeError::Declined(Declined::AttemptLive) | TakeError::Claimed) => {
                Err(SettleError::BeingSent(Box::new(self.get(merchant, id).await?)))
            }
            Err(TakeError::Declined(_)) => {
                Err(SettleError::NotInDoubt(Box::new(self.get(merchant, id).await?)))
            }
            Err(TakeError::Query(error)) => Err(error.into()),
            Err(TakeError::Store(error)) => Err(error.into()),
            Err(TakeError::Gone) => Err(QueryError::PayoutNotFound.into()),
            Err(TakeError::Contended | TakeError::Open(_) | TakeError::Key(_)) => {
                Err(SettleError::Contended)
            }
        }
    }
}
