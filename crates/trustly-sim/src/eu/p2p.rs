//! P2P orders: money that one person sent for another, to which payouts are attached by its
//! `MessageID` (page "AccountPayout").

use std::collections::BTreeMap;

use super::book::{Order, OrderId};
use crate::ledger::{Ledger, MovementState};
use crate::money::Amount;

/// Orders that can be made by control call.
const ORDERS_MAX: usize = 10_000;

pub(super) struct P2pOrder {
    pub(super) currency: String,
    amount: Amount,
    /// Bounded by the ledger.
    attached: Vec<OrderId>,
}

#[derive(Default)]
pub(super) struct P2pOrders {
    by_message_id: BTreeMap<String, P2pOrder>,
}

impl P2pOrders {
    pub(super) fn get(&self, message_id: &str) -> Option<&P2pOrder> {
        self.by_message_id.get(message_id)
    }

    /// `None` when there are too many.
    pub(super) fn add(&mut self, message_id: &str, amount: Amount, currency: &str) -> Option<()> {
        if self.by_message_id.len() >= ORDERS_MAX {
            return None;
        }
        let order = P2pOrder { currency: currency.to_owned(), amount, attached: Vec::new() };
        self.by_message_id.insert(message_id.to_owned(), order);
        Some(())
    }

    /// Does nothing for a `MessageID` that is no P2P order's.
    pub(super) fn attach(&mut self, message_id: &str, payout: OrderId) {
        if let Some(order) = self.by_message_id.get_mut(message_id) {
            order.attached.push(payout);
        }
    }
}

impl P2pOrder {
    /// What payouts may still take. What failed or came back can be paid out again.
    pub(super) fn rest(&self, orders: &[Order], ledger: &Ledger) -> Amount {
        let mut rest = self.amount;
        for id in &self.attached {
            let order = &orders[id.0];
            let gone = matches!(
                ledger.state(order.movement),
                MovementState::Moving | MovementState::Completed
            );
            if gone {
                rest = rest.minus(order.amount).unwrap_or(Amount::ZERO);
            }
        }
        rest
    }
}
