//! What holds for every payout, whatever happened to it.

use crate::attempt::Attempt;
use crate::record::Payout;
use crate::state::{Outcome, State};

/// What is wrong with a payout in itself, if anything is: then it is not as its events made it, and
/// nothing may be decided on it. Checked on every payout that is about to be written and on every
/// one that was read.
pub fn flaw(payout: &Payout) -> Option<&'static str> {
    let settled = |attempts: &[Attempt]| attempts.iter().all(Attempt::is_settled_without_money);
    let not_paid = payout.state.name().outcome() == Outcome::NotPaid;
    if payout.give_back.is_some() != not_paid {
        return Some("give-back and the outcome NOT_PAID go together, and one is missing");
    }
    if not_paid && !settled(&payout.attempts) {
        return Some("it ended with an attempt unsettled");
    }
    if let [earlier @ .., _] = payout.attempts.as_slice()
        && !settled(earlier)
    {
        return Some("it has two attempts that may move money");
    }
    if matches!(payout.state, State::Pending { .. }) && !settled(&payout.attempts) {
        return Some("it is pending with an attempt unsettled");
    }
    None
}
