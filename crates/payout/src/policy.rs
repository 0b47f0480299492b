//! How a merchant's payouts are driven: durations and rules that follow from the provider and from
//! the contract with it. All are configuration.

use std::time::Duration;

use crate::id::PayoutId;
use crate::order::Order;

/// The rules by which a merchant's payouts are driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What an attempt in doubt is answered with.
    pub doubt: DoubtPolicy,
    /// How long an attempt may stay in doubt before it is parked for an operator.
    pub horizon: Duration,
    /// The same for a payout that belongs to an order made before. Nothing but the provider's
    /// memory of the request keeps a repeat from paying again, so it is repeated for minutes only.
    pub related_horizon: Duration,
    /// From opening an attempt to its first byte at most.
    pub send_window: Duration,
    /// The longest that a request may take.
    pub request_timeout: Duration,
    /// Pauses between tries of anything that did not work.
    pub retry: Backoff,
    /// How long nothing is sent after the provider refused our access.
    pub hold: Duration,
    /// How often the provider is asked by itself; never, where its notifications suffice.
    pub polling: Option<Polling>,
    /// How long after completion the bank may still return the money.
    pub return_window: Duration,
    /// After how long without a bad word an accepted payout is presumed paid; never, where the
    /// provider confirms.
    pub presumed_after: Option<Duration>,
}

impl Policy {
    /// How long an attempt to send this order may stay in doubt.
    pub fn horizon_of(&self, order: &Order) -> Duration {
        match order.related_order_reference {
            Some(_) => self.horizon.min(self.related_horizon),
            None => self.horizon,
        }
    }

    /// Whether an order that may have been sent in a past that was forgotten must not be sent: it
    /// cannot be looked for, and the provider would not know it by its name.
    pub fn leaves_forgotten(&self, order: &Order) -> bool {
        self.doubt == DoubtPolicy::Resend && order.related_order_reference.is_some()
    }
}

/// What an attempt in doubt is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtPolicy {
    /// The same bytes again: the provider answers what it answered the first time.
    Resend,
    /// Look-ups, because the provider might take the same bytes for another order.
    LookUp {
        /// Between the two look-ups that prove absence.
        spacing: Duration,
        /// Whether the provider's duplicate protection is confirmed, so that what is proven
        /// absent may be sent again.
        resend_when_absent: bool,
    },
}

impl DoubtPolicy {
    /// Whether an order can be looked for at all.
    pub fn looks_up(self) -> bool {
        match self {
            Self::Resend => false,
            Self::LookUp { .. } => true,
        }
    }
}

/// How often the provider is asked where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// Pauses until there is an outcome.
    pub until_outcome: Backoff,
    /// The pause through the return window.
    pub through_return_window: Duration,
}

/// Pauses that double from `first` up to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Backoff {
    /// The pause after `tries` tries, up to a tenth longer or shorter. The difference derives from
    /// the payout's id, so that many payouts do not come back at once and yet a run repeats.
    pub fn pause(&self, tries: u32, payout: &PayoutId) -> Duration {
        // 2^20 times any sensible first pause is beyond every maximum; more would overflow.
        const DOUBLINGS_MAX: u32 = 20;
        let doubled = self.first.saturating_mul(1 << tries.min(DOUBLINGS_MAX));
        let plain = doubled.min(self.max);
        let mut hash: u32 = tries.wrapping_mul(0x9e37_79b9);
        for byte in payout.as_str().bytes() {
            hash = hash.wrapping_mul(31).wrapping_add(u32::from(byte));
        }
        plain.saturating_mul(900 + hash % 201) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum_and_stay_within_a_tenth() {
        let payout = PayoutId::parse("po_nc6jociwqwgl6whpyyuusnqmbq").unwrap();
        let backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(60) };
        for (tries, seconds) in [(0, 1), (1, 2), (3, 8), (6, 60), (100, 60)] {
            let pause = backoff.pause(tries, &payout).as_millis();
            assert!(((seconds * 900)..=(seconds * 1100)).contains(&pause), "{tries}: {pause}");
        }
    }
}
