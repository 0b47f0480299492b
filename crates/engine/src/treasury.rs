//! Questions about a merchant's money. What the provider answers is shown to people and moves no
//! payout; questions that it wants asked seldom wait for their turn.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use payout::codec;
use payout::day::Day;
use payout::id::{Merchant, PayoutId, ProviderAccount, ProviderReference};
use payout::port::{
    Adapter, Method, SHARED_VALUE_LENGTH_MAX, SharedError, StoreError, TreasuryError, Turn,
};
use payout::record::Payout;
use payout::time::Timestamp;
use payout::treasury::{Funds, Transfer};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Engine;
use crate::engine::Parts;
use crate::query::QueryError;

/// Days of the ledger that are searched for one payout, from the one before it was recorded.
const LEDGER_DAYS_MAX: i64 = 31;

/// How long a call waits for the answer to another's question at most: as long as a provider is
/// usually waited for.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);

/// Who asks for the funds of each account at this moment: one at a time.
pub(crate) type Asking = BTreeMap<ProviderAccount, Semaphore>;

/// Nobody asks yet.
pub(crate) fn asking(parts: &Parts) -> Asking {
    let accounts = parts.merchants.values().map(|adapter| adapter.account().clone());
    accounts.map(|account| (account, Semaphore::new(1))).collect()
}

/// Why there is no answer. Nothing was changed, but the turn to ask may be used up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// The merchant or the payout is not known.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The merchant's provider has no such question.
    #[error("the merchant's provider cannot answer this")]
    NotSupported,
    /// It was asked a short while ago, and the answer is not here.
    #[error("the provider was asked a short while ago; ask again in {} seconds", .0.as_secs())]
    TooSoon(Duration),
    /// Too much of the kind is going on.
    #[error("another check is under way; repeat the call when it is done")]
    Busy,
    /// The provider gave no usable answer.
    #[error(transparent)]
    Unanswered(TreasuryError),
    /// What replicas share cannot be reached, so that nobody knows whose turn it is.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TreasuryError> for AskError {
    fn from(error: TreasuryError) -> Self {
        match error {
            TreasuryError::NotSupported => Self::NotSupported,
            other => Self::Unanswered(other),
        }
    }
}

/// What the provider says about one payout: hints for people, and no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Investigation {
    /// The payout, as it is here.
    pub payout: Payout,
    /// The provider's id of the order, if anybody knows it.
    pub order_id: Option<ProviderReference>,
    /// Whether only the provider's ledger knew that id.
    pub from_ledger: bool,
    /// Where the order's transfers stand by the provider's words.
    pub transfers: Vec<Transfer>,
    /// When the provider was asked.
    pub as_of: Timestamp,
}

impl Engine {
    /// The merchant's funds, asked anew where the provider may be asked, else as they were told
    /// last. Merchants that share an account with the provider share the turn and the answer. While
    /// one call asks, the others of this process wait for its answer, no longer than
    /// [`ANSWER_WAIT_MAX`]. Dropped while the provider is asked, the turn is used up.
    pub async fn balance(&self, merchant: &Merchant) -> Result<Funds, AskError> {
        let adapter = self.answering(merchant, Method::TellFunds)?;
        let name = format!("balance/{}", adapter.account());
        let _asking = self.wait_for_others(adapter).await;
        let shared = &self.parts().shared;
        let as_of = self.now();
        if let Turn::NotBefore(next) = shared.take_turn(&name, adapter.spacing(), as_of).await? {
            let kept = shared.kept(&name).await?;
            let told = kept.and_then(|bytes| codec::decode_funds(&bytes).ok());
            return told.ok_or_else(|| AskError::TooSoon(next.since(as_of)));
        }
        match adapter.balance().await {
            Ok(amounts) => {
                let funds = Funds { amounts, as_of };
                let bytes = codec::encode_funds(&funds);
                assert!(bytes.len() <= SHARED_VALUE_LENGTH_MAX, "currencies are few");
                if let Err(error) = shared.keep(&name, &bytes).await {
                    tracing::warn!(%merchant, %error, "the funds are not kept");
                }
                Ok(funds)
            }
            Err(error) => Err(self.unanswered(&name, error).await),
        }
    }

    /// Asks the provider about one payout, by its order id or, where that is not known, by what its
    /// ledger has under the payout's. Changes nothing here.
    pub async fn investigate(
        &self,
        merchant: &Merchant,
        id: &PayoutId,
    ) -> Result<Investigation, AskError> {
        let adapter = self.answering(merchant, Method::InvestigateOrders)?;
        let payout = self.get(merchant, id).await?;
        let as_of = self.now();
        let known = payout.provider_reference.clone();
        let from_ledger = known.is_none();
        let order_id = match known {
            Some(order_id) => Some(order_id),
            None => self.look_in_ledger(adapter, &payout, as_of).await?,
        };
        let transfers = match &order_id {
            Some(order_id) => self.transfers_of(adapter, order_id, as_of).await?,
            None => Vec::new(),
        };
        let from_ledger = from_ledger && order_id.is_some();
        Ok(Investigation { payout, order_id, from_ledger, transfers, as_of })
    }

    /// What the ledger has under a payout's id, asked as seldom as about an order: it is long.
    async fn look_in_ledger(
        &self,
        adapter: &dyn Adapter,
        payout: &Payout,
        as_of: Timestamp,
    ) -> Result<Option<ProviderReference>, AskError> {
        let name = format!("ledger/{}", payout.id);
        self.take_turn(adapter, &name, as_of).await?;
        match in_ledger(adapter, payout, as_of).await {
            Ok(Some(order_id)) => Ok(Some(order_id)),
            Ok(None) => {
                self.parts().shared.give_back_turn(&name).await?;
                Ok(None)
            }
            Err(error) => Err(self.unasked(&name, error).await),
        }
    }

    /// What the provider says about one order, whichever of the merchants with this account asks
    /// about whichever of the payouts that the order is.
    async fn transfers_of(
        &self,
        adapter: &dyn Adapter,
        order_id: &ProviderReference,
        as_of: Timestamp,
    ) -> Result<Vec<Transfer>, AskError> {
        let name = format!("order/{}/{order_id}", adapter.account());
        self.take_turn(adapter, &name, as_of).await?;
        match adapter.withdrawal(order_id).await {
            Ok(transfers) => Ok(transfers),
            Err(error) => Err(self.unanswered(&name, error).await),
        }
    }

    async fn take_turn(
        &self,
        adapter: &dyn Adapter,
        name: &str,
        as_of: Timestamp,
    ) -> Result<(), AskError> {
        match self.parts().shared.take_turn(name, adapter.spacing(), as_of).await? {
            Turn::Ours => Ok(()),
            Turn::NotBefore(next) => Err(AskError::TooSoon(next.since(as_of))),
        }
    }

    /// Waits until nobody else of this process asks for the funds of an account, or has asked for
    /// too long: then what is kept must do.
    async fn wait_for_others(&self, adapter: &dyn Adapter) -> Option<SemaphorePermit<'_>> {
        let asking = self.shared().asking.get(adapter.account())?;
        let clock = self.clock();
        let end = clock.monotonic() + ANSWER_WAIT_MAX;
        match select(pin!(asking.acquire()), clock.sleep_until(end)).await {
            Either::Left((permit, _)) => permit.ok(),
            Either::Right(_) => None,
        }
    }

    /// The merchant's adapter, if it answers such questions.
    pub(crate) fn answering(
        &self,
        merchant: &Merchant,
        method: Method,
    ) -> Result<&dyn Adapter, AskError> {
        let adapter = self.adapter(merchant)?;
        match adapter.describe().methods.contains(&method) {
            true => Ok(adapter),
            false => Err(AskError::NotSupported),
        }
    }

    /// Of a question that had no answer. One that was not even sent keeps nobody from asking.
    async fn unanswered(&self, turn: &str, error: TreasuryError) -> AskError {
        match error {
            TreasuryError::NotSent | TreasuryError::NotSupported => self.unasked(turn, error).await,
            other => other.into(),
        }
    }

    async fn unasked(&self, turn: &str, error: TreasuryError) -> AskError {
        if let Err(error) = self.parts().shared.give_back_turn(turn).await {
            tracing::warn!(%error, "a turn that was not used is lost");
        }
        error.into()
    }
}

/// The order that the ledger has under the payout's id. None, if there is none yet or there are
/// several: then nobody knows which is meant.
async fn in_ledger(
    adapter: &dyn Adapter,
    payout: &Payout,
    now: Timestamp,
) -> Result<Option<ProviderReference>, TreasuryError> {
    let from = Day::of(payout.created_at).before(1);
    let last = Day::of(now).next().min(from.before(-LEDGER_DAYS_MAX));
    let rows = adapter.ledger(from, last, payout.order.amount.currency()).await?;
    let mut found: Option<ProviderReference> = None;
    for row in rows {
        let ours = row.message_id.is_some_and(|name| name.as_str() == payout.id.as_str());
        let order_id = row.order_id.filter(|_| ours);
        let Some(Ok(order_id)) = order_id.map(|id| ProviderReference::parse(id.as_str())) else {
            continue;
        };
        match &found {
            Some(other) if *other != order_id => return Ok(None),
            Some(_) | None => found = Some(order_id),
        }
    }
    Ok(found)
}
