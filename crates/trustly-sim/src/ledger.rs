//! Every movement of money ever made, in the order it was made.

use serde::Serialize;

use crate::clock::Moment;
use crate::money::Amount;

/// A simulator that has moved this much money has served its purpose; beyond it every payout is
/// refused, so that memory stays bounded.
pub(crate) const MOVEMENTS_MAX: usize = 250_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Region {
    Eu,
    Amer,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MovementState {
    /// Debited and under way.
    Moving,
    /// The bank confirmed it.
    Completed,
    /// It was sent, and came back.
    Returned,
    /// Aborted: it never left for good.
    Failed,
    /// The same at the merchant's request.
    Canceled,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Movement {
    pub(crate) region: Region,
    /// The merchant's: `MessageID` or `merchantReference`.
    pub(crate) reference: String,
    pub(crate) provider_id: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) amount: Amount,
    pub(crate) currency: String,
    /// The id of the payout whose money it brings back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reclaims: Option<String>,
    pub(crate) state: MovementState,
    pub(crate) created_at_ms: u64,
    pub(crate) updated_at_ms: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct MovementId(usize);

/// The parts of a movement that never change.
pub(crate) struct Transfer {
    pub(crate) region: Region,
    pub(crate) reference: String,
    pub(crate) provider_id: String,
    pub(crate) amount: Amount,
    pub(crate) currency: String,
    /// The id of the payout whose money it brings back.
    pub(crate) reclaims: Option<String>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    movements: Vec<Movement>,
}

impl Ledger {
    pub(crate) fn movements(&self) -> &[Movement] {
        &self.movements
    }

    pub(crate) fn is_full(&self) -> bool {
        self.movements.len() >= MOVEMENTS_MAX
    }

    pub(crate) fn record(
        &mut self,
        transfer: Transfer,
        state: MovementState,
        now: Moment,
    ) -> MovementId {
        assert!(!self.is_full(), "callers refuse payouts when the ledger is full");
        self.movements.push(Movement {
            region: transfer.region,
            reference: transfer.reference,
            provider_id: transfer.provider_id,
            amount: transfer.amount,
            currency: transfer.currency,
            reclaims: transfer.reclaims,
            state,
            created_at_ms: now.unix_ms(),
            updated_at_ms: now.unix_ms(),
        });
        MovementId(self.movements.len() - 1)
    }

    pub(crate) fn state(&self, id: MovementId) -> MovementState {
        self.movements[id.0].state
    }

    pub(crate) fn turn(&mut self, id: MovementId, state: MovementState, now: Moment) {
        let movement = &mut self.movements[id.0];
        let allowed = match movement.state {
            MovementState::Moving => state != MovementState::Moving,
            MovementState::Completed => state == MovementState::Returned,
            MovementState::Returned | MovementState::Failed | MovementState::Canceled => false,
        };
        assert!(allowed, "money does not go from {:?} to {state:?}", movement.state);
        movement.state = state;
        movement.updated_at_ms = now.unix_ms();
    }
}

pub(crate) fn as_text<S: serde::Serializer>(
    amount: &Amount,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}
