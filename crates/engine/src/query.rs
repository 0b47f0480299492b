//! Reading: payouts, lists, parked notifications, and what a provider can do.

use payout::id::{IdempotencyKey, Merchant, PayoutId};
use payout::identity::payout_id;
use payout::port::{Description, Filter, Page, PageToken, ParkedNotification, StoreError};
use payout::record::{Payout, Stored};
use thiserror::Error;

use crate::Engine;

/// Why something cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// No such merchant is configured.
    #[error("no merchant of this name is configured here")]
    UnknownMerchant,
    /// There is no such payout of this merchant.
    #[error("there is no such payout of this merchant")]
    PayoutNotFound,
    /// The key was fenced: there is no payout and there never will be one.
    #[error("the key was fenced; it can never pay")]
    Fenced,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// A payout as it is now. Another merchant's payout is not found, whatever its id.
    pub async fn get(&self, merchant: &Merchant, id: &PayoutId) -> Result<Payout, QueryError> {
        self.adapter(merchant)?;
        match self.load_record(id).await? {
            Some(record) if record.payout.order.merchant == *merchant => Ok(record.payout),
            _ => Err(QueryError::PayoutNotFound),
        }
    }

    /// The payout that a key was used for.
    pub async fn get_by_key(
        &self,
        merchant: &Merchant,
        key: &IdempotencyKey,
    ) -> Result<Payout, QueryError> {
        self.adapter(merchant)?;
        match self.store().load(&payout_id(merchant, key)).await? {
            Some(Stored::Payout(record)) => Ok(record.payout),
            Some(Stored::Fence(_)) => Err(QueryError::Fenced),
            None => Err(QueryError::PayoutNotFound),
        }
    }

    /// Payouts that fit a filter, newest first.
    pub async fn list(
        &self,
        filter: &Filter,
        page: &Page,
    ) -> Result<(Vec<Payout>, Option<PageToken>), QueryError> {
        self.adapter(&filter.merchant)?;
        Ok(self.store().list(filter, page).await?)
    }

    /// Notifications whose payout is not here, latest first.
    pub async fn list_parked(
        &self,
        merchant: Option<&Merchant>,
        page: &Page,
    ) -> Result<(Vec<ParkedNotification>, Option<PageToken>), QueryError> {
        if let Some(merchant) = merchant {
            self.adapter(merchant)?;
        }
        Ok(self.store().list_parked(merchant, page).await?)
    }

    /// What a merchant's provider can do.
    pub fn describe(&self, merchant: &Merchant) -> Result<Description, QueryError> {
        Ok(self.adapter(merchant)?.describe())
    }
}
