//! What moved on the merchant's Trustly account, booked once each: the material of balances,
//! ledgers and settlements.

use super::book::{Book, Order, OrderId};
use crate::clock::Moment;
use crate::money::Amount;

/// Invented: real fees are a matter of contract. The simulator's balances are not charged.
const FEE: Amount = Amount::from_hundredths(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Payout,
    Fee,
    GiveBack,
}

pub(super) struct Booking {
    pub(super) order: OrderId,
    pub(super) kind: Kind,
    pub(super) at: Moment,
    /// The settlement it was closed into. Until then it belongs to that of its own day.
    settled_on: Option<String>,
}

/// Bounded by the ledger: a payout has at most three.
#[derive(Default)]
pub(super) struct Bookings {
    all: Vec<Booking>,
}

impl Booking {
    /// In hundredths; money that goes out is negative.
    pub(super) fn hundredths(&self, order: &Order) -> i128 {
        let amount = |amount: Amount| i128::from(amount.hundredths());
        match self.kind {
            Kind::Payout => -amount(order.amount),
            Kind::Fee => -amount(FEE),
            Kind::GiveBack => amount(order.amount),
        }
    }

    pub(super) fn account_name(&self) -> &'static str {
        match self.kind {
            Kind::Payout | Kind::GiveBack => "BANK_WITHDRAWAL_QUEUED",
            Kind::Fee => "TRANSACTION_FEE_BANK_WITHDRAWAL",
        }
    }

    pub(super) fn order_type(&self) -> &'static str {
        match self.kind {
            Kind::Payout | Kind::GiveBack => "AccountPayout",
            Kind::Fee => "AccountPayout Fee",
        }
    }

    pub(super) fn settlement_date(&self) -> String {
        match &self.settled_on {
            Some(date) => date.clone(),
            None => self.at.date(),
        }
    }
}

impl Book {
    pub(super) fn book(&mut self, order: OrderId, kind: Kind, at: Moment) {
        self.bookings.all.push(Booking { order, kind, at, settled_on: None });
    }

    pub(super) fn bookings(&self) -> impl Iterator<Item = (&Booking, &Order)> {
        self.bookings.all.iter().map(|booking| (booking, &self.orders[booking.order.0]))
    }

    /// Closes all that no settlement has yet into that of the date; gives their number.
    pub(crate) fn settle(&mut self, date: &str) -> usize {
        let mut closed = 0;
        for booking in &mut self.bookings.all {
            if booking.settled_on.is_none() {
                booking.settled_on = Some(date.to_owned());
                closed += 1;
            }
        }
        closed
    }
}

/// Hundredths as a decimal with two places.
pub(super) fn decimal(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_sign_below_one() {
        for (hundredths, text) in [(-50, "-0.50"), (0, "0.00"), (5, "0.05"), (-12_345, "-123.45")] {
            assert_eq!(decimal(hundredths), text);
        }
    }
}
