//! Receiving a notification: verify, decide, write, and only then acknowledge.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use payout::id::{Merchant, PayoutId, ProviderReference};
use payout::order::Order;
use payout::port::{
    Acknowledgement, Evidence, EvidenceKind, Filter, Inbound, Page, ParkedNotification, Parking,
    Receipt, Rejection, StoreError,
};
use payout::record::Stored;
use payout::seal::{Place, seal};
use thiserror::Error;

use crate::Engine;
use crate::engine::field;
use crate::take::{Change, TakeError};

/// How often a notification is tried to be parked and appended in turn: its payout can be created
/// between the two once, and is never removed again.
const ROUNDS_MAX: usize = 3;

/// How often at most it is told that there is no room for a merchant's notifications. The provider
/// sends each of them again and again.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);

/// A notification that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What to answer.
    pub acknowledgement: Acknowledgement,
    /// Whether it is recorded. What concerns no payout is not, and need not be.
    pub recorded: bool,
}

/// Why a notification is not acknowledged. The provider sends it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReceiveError {
    /// No such merchant is configured.
    #[error("no merchant of this name is configured here")]
    UnknownMerchant,
    /// It is not believed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Its payout is not here, and there is no room to keep it.
    #[error("there is no room for it among the notifications whose payout is not here")]
    NoRoom,
    /// It speaks of an order that its payout does not belong to, or the payout is not here.
    #[error("the notification names an order that its payout is not known to belong to")]
    Unrelated,
    /// It could not be made durable.
    #[error("the notification could not be recorded: {0}")]
    NotRecorded(String),
}

impl Engine {
    /// Whether a notification with this head can be genuine, before its body is read. Proves
    /// nothing.
    pub fn admits(&self, merchant: &Merchant, path: &str, authorization: Option<&str>) -> bool {
        self.adapter(merchant).is_ok_and(|adapter| adapter.admits(path, authorization))
    }

    /// Takes a notification in. What is acknowledged is durable, unless it certainly concerns no
    /// payout; a repeat is answered alike and changes nothing.
    pub async fn receive(
        &self,
        merchant: &Merchant,
        inbound: &Inbound,
    ) -> Result<Received, ReceiveError> {
        let adapter = self.adapter(merchant).map_err(|_| ReceiveError::UnknownMerchant)?;
        let receipt = adapter.receive(inbound)?;
        if let Some(news) = &receipt.link {
            self.receive_link(merchant, &receipt, news).await?;
            return Ok(Received { acknowledgement: receipt.acknowledgement, recorded: true });
        }
        if !receipt.may_concern_payouts && !is_named_as_a_payout(&receipt) {
            tracing::debug!(%merchant, method = receipt.method, "notification of no payout");
            return Ok(Received { acknowledgement: receipt.acknowledgement, recorded: false });
        }
        for _ in 0..ROUNDS_MAX {
            if self.append_receipt(merchant, &receipt, inbound).await? {
                return Ok(Received { acknowledgement: receipt.acknowledgement, recorded: true });
            }
            // Whether it belongs to its payout could not be said later: the provider repeats it.
            if receipt.related.is_some() {
                return Err(ReceiveError::Unrelated);
            }
            if self.park_receipt(merchant, &receipt, inbound).await? {
                return Ok(Received { acknowledgement: receipt.acknowledgement, recorded: true });
            }
        }
        Err(ReceiveError::NotRecorded("its payout comes and goes".to_owned()))
    }

    /// Appends it to its payout; false if the payout is not here.
    async fn append_receipt(
        &self,
        merchant: &Merchant,
        receipt: &Receipt,
        inbound: &Inbound,
    ) -> Result<bool, ReceiveError> {
        let Some(id) = self.named_payout(merchant, &receipt.names).await? else {
            return Ok(false);
        };
        match self.store().load(&id).await {
            Ok(Some(Stored::Payout(record))) if record.payout.order.merchant == *merchant => {
                if !belongs(&record.payout.order, receipt) {
                    return Err(ReceiveError::Unrelated);
                }
            }
            Ok(Some(Stored::Fence(fence))) if fence.merchant == *merchant => {
                tracing::error!(
                    payout = %id, %merchant, method = receipt.method,
                    "the provider speaks of an order under a fenced key: it was paid before it was \
                     fenced, or by somebody else; look it up at the provider"
                );
                return Ok(false);
            }
            Ok(_) => return Ok(false),
            Err(error) => return Err(ReceiveError::NotRecorded(error.to_string())),
        }
        let change = Change {
            inputs: vec![receipt.input.clone()],
            evidence: vec![Evidence {
                kind: EvidenceKind::Notification,
                bytes: inbound.body.clone(),
            }],
            ..Change::default()
        };
        match self.take(&id, change).await {
            Ok(_) => Ok(true),
            Err(TakeError::Gone) => Ok(false),
            // A notification is never a command: what the machine declines is a defect, and not
            // acknowledging keeps it from being lost.
            Err(error) => Err(ReceiveError::NotRecorded(error.to_string())),
        }
    }

    /// The payout that a name is of: our own, which the provider repeats, or the provider's for its
    /// order, once that is known here.
    async fn named_payout(
        &self,
        merchant: &Merchant,
        name: &ProviderReference,
    ) -> Result<Option<PayoutId>, ReceiveError> {
        if let Ok(id) = PayoutId::parse(name.as_str()) {
            return Ok(Some(id));
        }
        let filter = Filter { provider_reference: Some(name.clone()), ..Filter::all(merchant) };
        let found = self.store().list(&filter, &Page { after: None, size: 1 }).await;
        let (payouts, _) = found.map_err(|error| ReceiveError::NotRecorded(error.to_string()))?;
        Ok(payouts.into_iter().next().map(|payout| payout.id))
    }

    /// Keeps it for a payout that is not here; false if the payout is here after all.
    async fn park_receipt(
        &self,
        merchant: &Merchant,
        receipt: &Receipt,
        inbound: &Inbound,
    ) -> Result<bool, ReceiveError> {
        let place = Place { merchant, record: receipt.names.as_str(), field: field::NOTIFICATION };
        let parked = ParkedNotification {
            merchant: merchant.clone(),
            names: receipt.names.clone(),
            input: receipt.input.clone(),
            method: receipt.method.clone(),
            received_at: self.now(),
            body: seal(&self.parts().keys, place, &inbound.body),
        };
        match self.store().park(&parked).await {
            Ok(Parking::Parked) => {
                tracing::warn!(
                    %merchant, names = %receipt.names, method = receipt.method,
                    "notification parked: no payout of this name is here"
                );
                Ok(true)
            }
            Ok(Parking::Exists) => Ok(false),
            Ok(Parking::Full) => {
                self.complain(merchant, is_named_as_a_payout(receipt));
                Err(ReceiveError::NoRoom)
            }
            Err(StoreError::NotWritten(why) | StoreError::Unknown(why)) => {
                Err(ReceiveError::NotRecorded(why))
            }
            Err(error) => Err(ReceiveError::NotRecorded(error.to_string())),
        }
    }

    /// Tells the operator that a merchant's notifications are refused for want of room, and what to
    /// do; once in a while.
    fn complain(&self, merchant: &Merchant, ours: bool) {
        let now = self.clock().monotonic();
        if !self.shared().complaints.is_due(merchant, ours, now) {
            return;
        }
        let advice = match ours {
            true => {
                "they name payouts that are not here: look at them with ListParkedNotifications; \
                 if the store is an old copy, have the payouts created again under their keys"
            }
            false => {
                "they name nothing of ours: look at them with ListParkedNotifications, and have \
                 the provider send what other systems ordered to those systems"
            }
        };
        tracing::error!(%merchant, advice, "no room to park notifications; they are refused");
    }
}

/// Whether a notification speaks of the order that the payout was created in.
fn belongs(order: &Order, receipt: &Receipt) -> bool {
    match &receipt.related {
        None => true,
        Some(named) => order
            .related_order_reference
            .as_ref()
            .is_some_and(|related| related.as_str() == named.as_str()),
    }
}

fn is_named_as_a_payout(receipt: &Receipt) -> bool {
    PayoutId::parse(receipt.names.as_str()).is_ok()
}

/// When it was last told that there is no room, by merchant and by whether payouts are named. As
/// many entries as there are merchants, twice.
#[derive(Default)]
pub(crate) struct Complaints(Mutex<BTreeMap<(Merchant, bool), Duration>>);

impl Complaints {
    /// Whether it is to be told at `now`, which then counts as told.
    fn is_due(&self, merchant: &Merchant, ours: bool, now: Duration) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let about = (merchant.clone(), ours);
        let due = match told.get(&about) {
            Some(last) => now.saturating_sub(*last) >= COMPLAINT_INTERVAL,
            None => true,
        };
        if due {
            told.insert(about, now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_repeated_after_its_interval_and_hides_no_other() {
        let complaints = Complaints::default();
        let merchant = |name| Merchant::parse(name).expect("a merchant's name");
        let at = |seconds| Duration::from_secs(seconds);
        let due = |name, ours, seconds| complaints.is_due(&merchant(name), ours, at(seconds));
        assert!(due("a", false, 100));
        assert!(!due("a", false, 100) && !due("a", false, 159));
        assert!(due("a", true, 101) && due("b", false, 101));
        assert!(due("a", false, 160) && !due("a", false, 219));
    }
}
