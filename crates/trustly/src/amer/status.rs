//! Numbers that Trustly Americas gives transactions: what they are and how far they are.

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionType {
    /// 1: an authorization, which moves no money and on which payouts are made.
    Authorize,
    /// 6: money to the customer, a payout.
    Deposit,
    /// 7: money pulled back from a deposit.
    Reclaim,
    /// Any other number. None of them is a payout.
    Other(u64),
}

impl TransactionType {
    /// Whether it is a payout, could be what became of one, or is not known: an external return
    /// (0), a reversal (5) and a reclaim may have a payout behind them. False for an authorization
    /// (1), money that customers pay in (2, 3, 10, 11), and its refund (4) and second try (8), and
    /// for a token (9).
    pub fn may_concern_payouts(self) -> bool {
        match self {
            Self::Deposit | Self::Reclaim => true,
            Self::Authorize => false,
            Self::Other(number) => !matches!(number, 2..=4 | 8..=11),
        }
    }
}

impl From<u64> for TransactionType {
    fn from(number: u64) -> Self {
        match number {
            1 => Self::Authorize,
            6 => Self::Deposit,
            7 => Self::Reclaim,
            other => Self::Other(other),
        }
    }
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 0: created, no bank chosen.
    New,
    /// 1: waits for the customer or for processing.
    Pending,
    /// 2: accepted, not yet with the banking network.
    Authorized,
    /// 3: with the banking network.
    Processed,
    /// 4: settled. It can still become [`Status::Reversed`].
    Completed,
    /// 5: failed for a technical reason, an expired token or risk.
    Failed,
    /// 6: the customer never authorized it.
    Expired,
    /// 7: stopped before processing.
    Canceled,
    /// 8: declined before it reached the network.
    Denied,
    /// 10: came back after it reached the network.
    Reversed,
    /// 11: a part was refunded; of a deposit presumably reclaimed.
    PartiallyRefunded,
    /// 12: all was refunded; of a deposit presumably reclaimed.
    Refunded,
    /// 13: voided by the merchant.
    Voided,
    /// 14: held for review.
    OnHold,
    /// A number that is in no list. It proves nothing.
    Other(u64),
}

impl From<u64> for Status {
    fn from(number: u64) -> Self {
        match number {
            0 => Self::New,
            1 => Self::Pending,
            2 => Self::Authorized,
            3 => Self::Processed,
            4 => Self::Completed,
            5 => Self::Failed,
            6 => Self::Expired,
            7 => Self::Canceled,
            8 => Self::Denied,
            10 => Self::Reversed,
            11 => Self::PartiallyRefunded,
            12 => Self::Refunded,
            13 => Self::Voided,
            14 => Self::OnHold,
            other => Self::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_page_has_a_name() {
        let unnamed = |number| matches!(Status::from(number), Status::Other(_));
        assert_eq!(
            (0..=20).filter(|n| unnamed(*n)).collect::<Vec<_>>(),
            [9, 15, 16, 17, 18, 19, 20]
        );
        assert_eq!(Status::from(4), Status::Completed);
        assert_eq!(Status::from(10), Status::Reversed);
        assert_eq!(TransactionType::from(6), TransactionType::Deposit);
        assert_eq!(TransactionType::from(3), TransactionType::Other(3));
    }
}
