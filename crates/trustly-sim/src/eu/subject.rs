//! What notifications are about: an order, as far as the merchant is told of it.

use crate::announce::Series;
use crate::faults::Operation;
use crate::keys::Algorithm;
use crate::money::Amount;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubjectId(pub(super) usize);

/// Of a payout, or of an account being selected.
pub(crate) struct Subject {
    pub(super) order_id: String,
    pub(super) message_id: String,
    pub(super) end_user_id: String,
    pub(super) notification_url: String,
    /// That of the order's request.
    pub(super) algorithm: Algorithm,
    pub(super) began_with: Operation,
    /// `HoldNotifications`: they wait until they are asked for.
    pub(super) held: bool,
    /// Of a payout, with its currency.
    pub(super) sum: Option<(Amount, String)>,
    pub(super) series: Series,
}
