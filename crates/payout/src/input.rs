//! What can happen to a payout: the inputs of the state machine.

use crate::attempt::Attempt;
use crate::id::{ProviderReference, ReceiptId};
use crate::money::Money;
use crate::order::Speed;
use crate::reason::Reason;
use crate::settlement::Settlement;
use crate::time::Timestamp;

/// Longest text of a provider that is kept, in characters; its own documents allow 120.
pub const PROVIDER_TEXT_LENGTH_MAX: usize = 200;

/// Something that happened, with the words in which the provider said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What happened.
    pub what: What,
    /// The provider's own words, where they are its.
    pub words: ProviderWords,
    /// When it happened, where the provider says so.
    pub occurred_at: Option<Timestamp>,
    /// The notification that said it; each takes effect once.
    pub receipt: Option<ReceiptId>,
}

impl Input {
    /// An input of our own making: without provider, time or notification.
    pub fn own(what: What) -> Self {
        Self { what, words: ProviderWords::default(), occurred_at: None, receipt: None }
    }
}

/// What a provider said, in its own terms: for people, never for decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderWords {
    /// Its code.
    pub code: Option<String>,
    /// Its text, at most [`PROVIDER_TEXT_LENGTH_MAX`] characters.
    pub text: Option<String>,
    /// Its id of the order.
    pub reference: Option<ProviderReference>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The provider's handle of the destination is known.
    DestinationResolved,
    /// The provider will not have this destination.
    DestinationRefused(Reason),
    /// We recorded that we are about to send.
    AttemptOpened(Box<Attempt>),
    /// Proven: nothing of the open attempt left this machine.
    NotSent,
    /// The provider refused, verified.
    Refused(Refusal),
    /// No answer, or none that can be trusted: to a request, or to a question.
    InDoubt(Reason),
    /// Whoever held the open attempt is gone.
    HolderGone,
    /// A complete, trusted look-up that could have found the order did not.
    NotFound,
    /// The provider said where the order stands.
    Reported(Report),
    /// The provider said something that is no statement about where the order stands.
    Remarked(Reason),
    /// This store cannot prove that it remembers what happened to the payout up to then.
    PastForgotten(Timestamp),
    /// What waited to be confirmed is not asked about any more.
    HintGivenUp,
    /// A caller asks to cancel.
    CancelRequested,
    /// The time before which it had to be sent has passed.
    Expired,
    /// Nothing more is tried by itself.
    Parked(Reason),
    /// Nothing is sent for the merchant at all before then.
    Blocked(Reason, Timestamp),
    /// Nothing bad was heard for the configured time.
    Presumed,
    /// An operator decided what became of it.
    Settled(Box<Settlement>),
}

/// A verified refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it proves.
    pub kind: RefusalKind,
    /// Why, in neutral words.
    pub reason: Reason,
}

/// What a refusal proves about earlier sends of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The contents are refused: the same bytes would have been refused every time.
    Content,
    /// Refused as things are now: says nothing about an earlier send.
    Circumstance,
    /// Our access is refused: says nothing about any order, and would refuse every payout.
    Access,
    /// The provider has an order under our name already.
    Duplicate,
}

/// Where the provider says the order stands. It speaks of the order as a whole: where a provider
/// has several transactions under our name, the one that moves money speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where it stands.
    pub status: Reported,
    /// Why, for the bad ones.
    pub reason: Option<Reason>,
    /// Whether it may be acted on. What is not certain makes us ask.
    pub certainty: Certainty,
    /// The amount it names, if it names one; it must be ours.
    pub amount: Option<Money>,
    /// By which rail it went, where that is known.
    pub speed_achieved: Option<Speed>,
}

/// Whether a report may be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Proof by the provider's own rules.
    Certain,
    /// A word that must be confirmed by asking before money is given back on it.
    Unconfirmed,
}

/// Where an order stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    /// It has the order.
    Accepted,
    /// The order is with the banking network.
    Processing,
    /// The money is with the customer, as far as the provider can know.
    Completed,
    /// It gave the order up; no money stays with the customer.
    Failed,
    /// The order was cancelled.
    Canceled,
    /// The money came back.
    Returned,
}

impl Reported {
    /// Whether the customer has not got the money by this word.
    pub fn is_negative(self) -> bool {
        match self {
            Self::Accepted | Self::Processing | Self::Completed => false,
            Self::Failed | Self::Canceled | Self::Returned => true,
        }
    }
}
