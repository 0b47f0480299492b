//! Whose turn it is to try whether the provider lets us in again, and when. Pure: it knows no
//! queue, no store and no clock. `hold` is the pause between two tries, by the merchant's policy.

use std::time::Duration;

use payout::time::Timestamp;

/// Refusals of repeated bytes that count only if nobody could have forged them, or if they are so
/// many: then others try first. A payout that is tried for the first time may be left in doubt by
/// an answer that cannot be trusted; one whose bytes are out already loses nothing by it.
const REFUSED_ENOUGH: u32 = 4;

/// The tries of one hold.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// From when on a payout may try.
    at: Timestamp,
    /// Whether a payout that was refused is expected to come by itself at that time.
    expects_a_payout: bool,
    /// Refusals of repeated bytes since new ones were tried.
    repeats_refused: u32,
    /// When another call last brought a try forward.
    advanced_at: Option<Timestamp>,
}

/// What a payout that could try would send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// A request made now, with the credentials of now.
    New,
    /// A request that was made before, with the credentials of then.
    Repeated {
        /// Whether it was refused so often that its answers may come from the provider's memory.
        worn_out: bool,
    },
}

/// A refusal of access, as far as it matters to whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Of a payout whose request was made for this try, or of a question about it.
    New,
    /// Of a payout whose bytes were sent before.
    Repeated {
        /// Whether it is certainly the provider's.
        verified: bool,
    },
    /// Of a call that is no payout.
    OtherCall,
}

impl Probe {
    /// Of a hold that was found as it is: whoever was refused comes by itself.
    pub(crate) fn found(at: Timestamp) -> Self {
        Self { at, expects_a_payout: true, repeats_refused: 0, advanced_at: None }
    }

    /// Of a hold that begins with this refusal. Bytes that are certainly refused may only be too
    /// old: whoever sends new ones tries at once.
    pub(crate) fn begun(refused: Refused, now: Timestamp, hold: Duration) -> Self {
        let at_once = refused == Refused::Repeated { verified: true };
        let mut probe = Self::found(if at_once { now } else { now.plus(hold) });
        probe.expects_a_payout = refused != Refused::OtherCall;
        probe.refused(refused);
        probe
    }

    /// Whether this payout tries now. If so, the next one does after `hold`.
    pub(crate) fn take(&mut self, bytes: Bytes, now: Timestamp, hold: Duration) -> bool {
        if now < self.at.plus(self.patience(bytes, hold)) {
            return false;
        }
        self.at = now.plus(hold);
        self.expects_a_payout = true;
        if bytes == Bytes::New {
            self.repeats_refused = 0;
        }
        true
    }

    /// How long after the time of the try this payout leaves it to others.
    fn patience(&self, bytes: Bytes, hold: Duration) -> Duration {
        match bytes {
            Bytes::New => Duration::ZERO,
            // Others are woken after one hold.
            Bytes::Repeated { worn_out: true } => hold.saturating_mul(2),
            Bytes::Repeated { worn_out: false } if self.prefers_new() => hold,
            Bytes::Repeated { worn_out: false } => Duration::ZERO,
        }
    }

    /// Takes another refusal during the hold. None puts the next try off, however many there are:
    /// whoever took a try has done so already.
    pub(crate) fn refused(&mut self, refused: Refused) {
        let counts = match refused {
            Refused::Repeated { verified: true } => REFUSED_ENOUGH,
            Refused::Repeated { verified: false } => 1,
            Refused::New | Refused::OtherCall => 0,
        };
        self.repeats_refused = self.repeats_refused.saturating_add(counts);
    }

    /// Has a payout try now, because another call was let in; once per hold, or such calls would
    /// send refused payouts as often as they are made. False if it was done a while ago.
    pub(crate) fn advance(&mut self, now: Timestamp, hold: Duration) -> bool {
        if self.advanced_at.is_some_and(|at| now < at.plus(hold)) {
            return false;
        }
        self.advanced_at = Some(now);
        self.at = self.at.min(now);
        true
    }

    /// Lets whoever tried go on: its first step was let in, its next one has to be.
    pub(crate) fn go_on(&mut self, now: Timestamp) {
        self.at = self.at.min(now);
    }

    /// Whether somebody has to be found who tries: whoever was to come by itself was cancelled,
    /// left it to others, or was put off like them.
    pub(crate) fn is_missed(&self, now: Timestamp, hold: Duration) -> bool {
        let comes_by_itself = self.expects_a_payout && !self.prefers_new();
        let grace = if comes_by_itself { hold } else { Duration::ZERO };
        self.at.plus(grace) <= now
    }

    /// Whether payouts that were never sent try before those whose bytes would be repeated.
    pub(crate) fn prefers_new(&self) -> bool {
        self.repeats_refused >= REFUSED_ENOUGH
    }

    /// Whether even those may be woken that leave it to others.
    pub(crate) fn nobody_else_comes(&self, now: Timestamp, hold: Duration) -> bool {
        let patience = self.patience(Bytes::Repeated { worn_out: true }, hold);
        let patience = if self.prefers_new() { hold } else { patience };
        self.at.plus(patience) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_secs(60);
    const REPEATED: Bytes = Bytes::Repeated { worn_out: false };
    const WORN_OUT: Bytes = Bytes::Repeated { worn_out: true };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn one_payout_tries_per_hold() {
        let mut probe = Probe::begun(Refused::New, at(0), HOLD);
        assert!(!probe.take(Bytes::New, at(59), HOLD));
        assert!(probe.take(Bytes::New, at(60), HOLD));
        assert!(!probe.take(Bytes::New, at(61), HOLD));
        probe.refused(Refused::New);
        assert!(!probe.take(REPEATED, at(119), HOLD));
        assert!(probe.take(REPEATED, at(120), HOLD));
    }

    #[test]
    fn refusals_of_other_calls_put_nothing_off() {
        let mut probe = Probe::begun(Refused::OtherCall, at(0), HOLD);
        for second in 1..60 {
            probe.refused(Refused::OtherCall);
            assert!(!probe.is_missed(at(second), HOLD));
            assert!(!probe.take(Bytes::New, at(second), HOLD));
        }
        // No payout was refused, so nobody comes by itself.
        assert!(probe.is_missed(at(60), HOLD));
        assert!(probe.take(Bytes::New, at(60), HOLD));
    }

    #[test]
    fn other_calls_that_are_let_in_bring_one_try_forward_per_hold() {
        let mut probe = Probe::begun(Refused::New, at(0), HOLD);
        assert!(probe.advance(at(10), HOLD));
        assert!(probe.take(Bytes::New, at(10), HOLD));
        probe.refused(Refused::New);
        for second in 11..70 {
            assert!(!probe.advance(at(second), HOLD));
            assert!(!probe.take(Bytes::New, at(second), HOLD));
        }
        assert!(probe.advance(at(70), HOLD));
        assert!(probe.take(Bytes::New, at(70), HOLD));
    }

    #[test]
    fn new_bytes_try_at_once_where_repeated_ones_are_certainly_refused() {
        let mut probe = Probe::begun(Refused::Repeated { verified: true }, at(0), HOLD);
        assert!(!probe.take(REPEATED, at(59), HOLD));
        assert!(probe.is_missed(at(0), HOLD));
        assert!(probe.take(Bytes::New, at(0), HOLD));
        probe.refused(Refused::New);
        // New ones were refused too: what loses nothing by it tries again.
        assert!(probe.take(REPEATED, at(60), HOLD));
        probe.refused(Refused::Repeated { verified: true });
        assert!(!probe.take(Bytes::New, at(119), HOLD));
        assert!(!probe.take(REPEATED, at(120), HOLD));
        assert!(probe.take(Bytes::New, at(120), HOLD));
    }

    #[test]
    fn forgeable_refusals_let_new_bytes_try_first_once_they_are_many() {
        let mut probe = Probe::begun(Refused::Repeated { verified: false }, at(0), HOLD);
        for hold in 1..i64::from(REFUSED_ENOUGH) {
            assert!(!probe.prefers_new());
            assert!(probe.take(REPEATED, at(60 * hold), HOLD));
            probe.refused(Refused::Repeated { verified: false });
        }
        assert!(probe.prefers_new());
        assert!(!probe.take(REPEATED, at(60 * i64::from(REFUSED_ENOUGH)), HOLD));
        assert!(probe.take(Bytes::New, at(60 * i64::from(REFUSED_ENOUGH)), HOLD));
        assert!(!probe.prefers_new());
    }

    #[test]
    fn what_is_worn_out_tries_when_nobody_else_came() {
        let mut probe = Probe::found(at(0));
        assert!(!probe.is_missed(at(59), HOLD) && probe.is_missed(at(60), HOLD));
        assert!(!probe.nobody_else_comes(at(119), HOLD));
        assert!(!probe.take(WORN_OUT, at(119), HOLD));
        assert!(probe.nobody_else_comes(at(120), HOLD));
        assert!(probe.take(WORN_OUT, at(120), HOLD));
    }
}
