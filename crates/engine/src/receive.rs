//! Receiving a notification: verify, decide, write, and only then acknowledge.

use payout::id::{Merchant, PayoutId};
use payout::port::{
    Acknowledgement, Evidence, EvidenceKind, Inbound, ParkedNotification, Parking, Receipt,
    Rejection, StoreError,
};
use payout::seal::{Place, seal};
use thiserror::Error;

use crate::Engine;
use crate::engine::field;
use crate::take::{Change, TakeError};

/// How often a notification is tried to be parked and appended in turn: its payout can be created
/// between the two once, and is never removed again.
const ROUNDS_MAX: usize = 3;

/// Why a notification is not acknowledged. The provider sends it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReceiveError {
    /// No such merchant is configured.
    #[error("no merchant of this name is configured here")]
    UnknownMerchant,
    /// It is not believed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It could not be made durable.
    #[error("the notification could not be recorded: {0}")]
    NotRecorded(String),
}

impl Engine {
    /// Takes a notification in. What is acknowledged is durable; a repeat is answered alike and
    /// changes nothing.
    pub async fn receive(
        &self,
        merchant: &Merchant,
        inbound: &Inbound,
    ) -> Result<Acknowledgement, ReceiveError> {
        let adapter = self.adapter(merchant).map_err(|_| ReceiveError::UnknownMerchant)?;
        let receipt = adapter.receive(inbound)?;
        for _ in 0..ROUNDS_MAX {
            if self.append_receipt(merchant, &receipt, inbound).await?
                || self.park_receipt(merchant, &receipt, inbound).await?
            {
                return Ok(receipt.acknowledgement);
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
        let Ok(id) = PayoutId::parse(receipt.names.as_str()) else { return Ok(false) };
        match self.load_record(&id).await {
            Ok(Some(record)) if record.payout.order.merchant == *merchant => {}
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
            Err(StoreError::NotWritten(why) | StoreError::Unknown(why)) => {
                Err(ReceiveError::NotRecorded(why))
            }
            Err(error) => Err(ReceiveError::NotRecorded(error.to_string())),
        }
    }
}
