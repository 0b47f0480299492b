//! Events: what became of a payout, one fact each, in a sequence without gaps. The events of a
//! payout rebuild it.

use crate::attempt::{Attempt, AttemptStatus};
use crate::fingerprint::Fingerprint;
use crate::id::{Customer, Merchant, PayoutId, ReceiptId};
use crate::input::{ProviderWords, Reported};
use crate::order::{Order, Speed};
use crate::reason::Reason;
use crate::settlement::Settlement;
use crate::state::{GiveBack, State, StateName};
use crate::time::Timestamp;

/// One fact about one payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose payout.
    pub merchant: Merchant,
    /// Which payout.
    pub payout: PayoutId,
    /// Who is paid: watchers select by it.
    pub customer: Customer,
    /// Counted from 1 within the payout, without gaps.
    pub sequence: u64,
    /// When it was recorded here.
    pub recorded_at: Timestamp,
    /// When it happened, where the provider said so.
    pub occurred_at: Option<Timestamp>,
    /// The state before; none at creation.
    pub before: Option<StateName>,
    /// The state after.
    pub after: State,
    /// What changed.
    pub change: Change,
    /// Why, in neutral words.
    pub reason: Option<Reason>,
    /// How the provider said it.
    pub words: ProviderWords,
    /// The notification that said it.
    pub receipt: Option<ReceiptId>,
    /// The instruction to give the money back, on the one event that carries it.
    pub give_back: Option<GiveBack>,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The payout was recorded.
    Created(Box<Created>),
    /// The provider's handle of the destination is known.
    DestinationResolved,
    /// The provider will not have this destination.
    DestinationRefused,
    /// An attempt was opened.
    AttemptOpened(Box<Attempt>),
    /// The last attempt became this.
    AttemptBecame(AttemptStatus),
    /// A look-up before the first send found nothing, as it should: nothing was forgotten.
    LookedFirst,
    /// This store may have forgotten what happened to the payout up to then.
    PastForgotten(Timestamp),
    /// The provider said where the order stands.
    Reported {
        /// Where.
        status: Reported,
        /// By which rail, where that is known.
        speed_achieved: Option<Speed>,
    },
    /// The provider said something bad that has yet to be confirmed.
    Hinted(Reported),
    /// A caller asked to cancel while the attempt could not be stopped.
    CancelRequested,
    /// Stopped before anything was sent.
    Canceled,
    /// Why it cannot be sent yet: the hold of the state after.
    Held,
    /// Nothing more is tried by itself.
    Parked,
    /// Nothing bad was heard for the configured time.
    Presumed,
    /// An operator decided what became of it.
    Settled(Box<Settlement>),
    /// Recorded; changes nothing.
    Noted,
    /// The provider contradicts what is settled, or never confirmed what it said. Changes nothing
    /// but `Payout::attention`, and nothing waits to be confirmed any more.
    Contradicted,
}

/// What a payout is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What was asked for.
    pub order: Order,
    /// What a repeat of the key is compared with.
    pub fingerprint: Fingerprint,
    /// Set if this store may have forgotten an earlier life of the payout: since when it has
    /// forgotten nothing.
    pub forgetful_until: Option<Timestamp>,
    /// Whether the provider's handle is known already.
    pub resolved: bool,
}
