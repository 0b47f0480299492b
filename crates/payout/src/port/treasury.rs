//! Questions about a merchant's money, as a port. A provider that cannot answer one says so; that
//! is the default.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::day::Day;
use crate::id::ProviderReference;
use crate::money::Currency;
use crate::reason::Reason;
use crate::treasury::{LedgerRow, ReportOf, ReportRow, Signed, Transfer};

/// Answers questions about a merchant's money. Every method only asks: it may be repeated, within
/// [`Treasury::spacing`] where that is said, and dropped at will.
#[async_trait]
pub trait Treasury: Send + Sync {
    /// The least time between two calls of [`Treasury::balance`], and of [`Treasury::withdrawal`]
    /// about one order.
    fn spacing(&self) -> Duration {
        Duration::ZERO
    }

    /// The currencies in which the provider settles with this merchant, whose reports are fetched
    /// without being asked for.
    fn settled_currencies(&self) -> &[Currency] {
        &[]
    }

    /// The merchant's funds, an amount for each currency that is known here. Bound by
    /// [`Treasury::spacing`].
    async fn balance(&self) -> Result<Vec<Signed>, TreasuryError> {
        Err(TreasuryError::NotSupported)
    }

    /// The rows of one settlement report, all of them or an error.
    async fn settlement(&self, _: ReportOf) -> Result<Vec<ReportRow>, TreasuryError> {
        Err(TreasuryError::NotSupported)
    }

    /// What the provider says about the transfers of one order of its own naming. Bound by
    /// [`Treasury::spacing`] for each order.
    async fn withdrawal(&self, _: &ProviderReference) -> Result<Vec<Transfer>, TreasuryError> {
        Err(TreasuryError::NotSupported)
    }

    /// The rows of the ledger from the first of two days up to, not including, the second.
    async fn ledger(
        &self,
        _from: Day,
        _to: Day,
        _currency: Currency,
    ) -> Result<Vec<LedgerRow>, TreasuryError> {
        Err(TreasuryError::NotSupported)
    }
}

/// Why a question was not answered. Nothing about any payout follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreasuryError {
    /// This provider has no such question.
    #[error("the merchant's provider cannot answer this")]
    NotSupported,
    /// The provider was not reached: it has not counted the question.
    #[error("no connection to the provider could be made")]
    NotSent,
    /// There is no answer that can be trusted.
    #[error("the provider gave no answer that can be trusted ({0:?})")]
    Unanswered(Reason),
    /// The provider refuses to answer; its code.
    #[error("the provider refuses to answer, code {0}")]
    Refused(String),
    /// The answer is signed and is not what it should be; what of it cannot be read.
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(String),
}
