//! A payouts provider, as a port: one object per merchant, with that merchant's account.
//!
//! A provider's adapter answers one question before any other: did the money move? `Answer` and
//! `Receipt` carry machine inputs, so an adapter translates and the machine decides. Nothing
//! unverified or unreadable may become a refusal or a report: it becomes `What::InDoubt`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::attempt::RequestDigest;
use crate::bank::{BankDetails, Country};
use crate::destination::Summary;
use crate::id::{Customer, DestinationId, ProviderAccount, ProviderReference};
use crate::input::{Input, ProviderWords};
use crate::link::LinkRequest;
use crate::money::{Currency, Money};
use crate::order::{Order, RawHandle, TargetRequest};
use crate::party::Parties;
use crate::policy::Policy;
use crate::port::Treasury;
use crate::reason::Reason;
use crate::record::Payout;

/// Most bytes of one reply or notification that are kept for evidence; the rest is cut off.
pub const EVIDENCE_LENGTH_MAX: usize = 64 * 1024;

/// Everything the engine needs of a merchant's provider.
pub trait Adapter: Provider + Onboarding + Treasury {}

impl<T: Provider + Onboarding + Treasury> Adapter for T {}

/// Sends payouts and says what became of them.
#[async_trait]
pub trait Provider: Send + Sync {
    /// How payouts here are driven.
    fn policy(&self) -> &Policy;

    /// The account at the provider that requests are made for now.
    fn account(&self) -> &ProviderAccount;

    /// What a router needs to know to plan with this provider. No call is made.
    fn describe(&self) -> Description;

    /// Checks an order before anything is recorded: currency, amount, parts that this merchant's
    /// contract demands; not its target, which is [`Onboarding::check_target`]'s. Pure.
    fn check(&self, order: &Order, parties: &Parties) -> Result<(), Unfit>;

    /// What a caller should know of an order that [`Provider::check`] lets pass. Pure.
    fn warnings(&self, order: &Order) -> Vec<Warning>;

    /// The exact request that pays `payout` to `handle`. Pure and repeatable: the same payout,
    /// handle, parties, generation and configuration give the same bytes.
    fn prepare(
        &self,
        payout: &Payout,
        handle: &Handle,
        parties: &Parties,
        generation: u32,
    ) -> Result<Request, Unfit>;

    /// Sends a request for the first time, once; never retries. The answer always settles the
    /// attempt or leaves it in doubt: `NotSent` only if the connection was never made. A dropped
    /// future leaves the attempt in doubt.
    async fn send(&self, payout: &Payout, request: &Request) -> Answer;

    /// Finds out where an order stands: sends the same bytes again where the provider answers
    /// them as it did the first time, else looks it up. `request` is there while the attempt is
    /// open or in doubt. `InDoubt` says why nothing was learned; no inputs, that there is no way to
    /// ask. Never `NotSent`: that this question was not sent says nothing about the order. Harmless
    /// when repeated or dropped.
    async fn ask(
        &self,
        payout: &Payout,
        handle: Option<&Handle>,
        request: Option<&Request>,
    ) -> Answer;

    /// Whether a notification with this address and `Authorization` header can be genuine: a cheap
    /// look that keeps strangers from having their bodies read. Pure; true proves nothing.
    fn admits(&self, path: &str, authorization: Option<&str>) -> bool;

    /// Checks and reads a notification. Pure; nothing is believed before its signature.
    fn receive(&self, inbound: &Inbound) -> Result<Receipt, Rejection>;
}

/// Turns what a caller has into a handle that can be paid to.
#[async_trait]
pub trait Onboarding: Send + Sync {
    /// Checks a target before anything is recorded or sent. Pure. Returns the handle, where the
    /// target is one already and nobody need be asked.
    fn check_target(&self, target: &TargetRequest) -> Result<Option<Handle>, Unfit>;

    /// Checks that an order can be paid to a handle, before it is recorded or sent. Pure.
    fn check_handle(&self, order: &Order, handle: &Handle) -> Result<(), Unfit>;

    /// Registers bank details. Repeatable: the same details give the same handle.
    async fn register(&self, customer: &Customer, details: &BankDetails) -> Resolution;

    /// Takes over a handle that the merchant already has. Repeatable.
    async fn import(&self, customer: &Customer, handle: &RawHandle) -> Resolution;

    /// Checks a link before anything is recorded or sent. Pure. Not possible unless implemented.
    fn check_link(&self, _: &LinkRequest) -> Result<(), Unfit> {
        let why = "customers cannot choose an account with this provider".to_owned();
        Err(Unfit { field: "merchant", why, kind: UnfitKind::NotPossible })
    }

    /// Lets the customer choose an account: what is chosen becomes the destination of this id. The
    /// same arguments make the same call, so that a repeat finds what the first one started.
    async fn start_link(&self, _: &DestinationId, _: &LinkRequest) -> LinkStart {
        LinkStart::Unknown(Reason::Other)
    }
}

/// What can be paid to, in the provider's terms. Opaque to everyone else, and a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Handle(Zeroizing<Vec<u8>>);

impl Handle {
    /// Takes the adapter's own encoding.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The adapter's own encoding.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(***)")
    }
}

/// A request, ready to be sent as it is. Its bytes may hold passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The exact bytes, in the adapter's own encoding.
    pub bytes: Zeroizing<Vec<u8>>,
    /// A copy without secrets and personal data.
    pub masked: String,
    /// The digest of `bytes`.
    pub digest: RequestDigest,
    /// The account at the provider that it is made for.
    pub account: ProviderAccount,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("account", &self.account).finish_non_exhaustive()
    }
}

/// What a call to the provider taught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// In the order in which they are to be applied; usually one.
    pub inputs: Vec<Input>,
    /// What the provider said, word for word.
    pub evidence: Vec<Evidence>,
}

/// The provider's own words, kept sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// The bytes as they came, at most [`EVIDENCE_LENGTH_MAX`].
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evidence({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// A reply to a call of ours.
    Reply,
    /// A notification.
    Notification,
}

/// What became of an attempt to get a handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// There is one.
    Resolved(Resolved),
    /// There is one, and nothing can be paid to it now. What may have been paid to it before can
    /// still be looked for.
    Unusable(Resolved, Reason, ProviderWords),
    /// There is none at the provider and never was; verified and final.
    Refused(Reason, ProviderWords),
    /// Not known, because we are not let in: at all (`AccessRefused`), or to this function only
    /// (`NotEnabled`), verified or not. It can be tried again once that is mended.
    NoAccess(Reason, ProviderWords),
    /// Not known; nothing was lost by trying and it can be tried again.
    Unknown(Reason),
}

/// What became of an attempt to let a customer choose an account.
#[derive(Clone, PartialEq, Eq)]
pub enum LinkStart {
    /// The customer can go there.
    Started {
        /// Where. Whoever has it can act in the customer's place.
        url: Zeroizing<String>,
        /// The provider's id of it.
        reference: Option<ProviderReference>,
    },
    /// There is nothing to choose and never will be; verified and final.
    Refused(Reason, ProviderWords),
    /// As [`Resolution::NoAccess`].
    NoAccess(Reason, ProviderWords),
    /// Not known; it can be tried again.
    Unknown(Reason),
}

/// What a notification says of a destination that a customer was to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkNews {
    /// An account was chosen.
    Chosen(Resolved),
    /// None was chosen, and none will be.
    Abandoned(Reason),
    /// Nothing that changes anything.
    Remarked,
}

/// A handle and what can be shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What can be paid to.
    pub handle: Handle,
    /// What can be shown.
    pub summary: Summary,
}

/// Why an order cannot be taken, before anything was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {why}")]
pub struct Unfit {
    /// The path of the field in the API.
    pub field: &'static str,
    /// What is wrong and what would be right; never the value.
    pub why: String,
    /// Whether the value is wrong in itself or only here.
    pub kind: UnfitKind,
}

/// Something about an order that is taken all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The path of the field in the API.
    pub field: &'static str,
    /// What may happen and what would be better; never the value.
    pub why: String,
}

/// Whether a value is wrong in itself or only for this merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnfitKind {
    /// Wrong in itself.
    Invalid,
    /// Right, but not possible with this merchant's provider.
    NotPossible,
}

/// A notification as it came in.
#[derive(Clone)]
pub struct Inbound {
    /// The rest of the path after the merchant, without a leading slash; empty if there is none.
    pub path: String,
    /// The `Content-Type` header, if there is one.
    pub content_type: Option<String>,
    /// The `Authorization` header, if there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The body, byte for byte.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbound({} bytes)", self.body.len())
    }
}

/// A verified notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The name under which the provider knows the order: a payout's id, a destination's, or
    /// something foreign.
    pub names: ProviderReference,
    /// The order made before that it says the payout belongs to. It is not believed of a payout
    /// that was created otherwise.
    pub related: Option<ProviderReference>,
    /// What it says; its `receipt` is always set.
    pub input: Input,
    /// What it says of a destination that is being linked, if it names one. Then `input` has the
    /// provider's words for it, and is about no payout.
    pub link: Option<LinkNews>,
    /// Whether it may be about a payout, or about anything that becomes of one. False only for
    /// kinds that certainly are not, such as money that comes in: where its name is no payout's id
    /// either, it is acknowledged and not kept.
    pub may_concern_payouts: bool,
    /// What to answer once it is durable; the same for a repeat.
    pub acknowledgement: Acknowledgement,
    /// The provider's name of this kind of notification, for people.
    pub method: String,
}

/// The answer to a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Its media type.
    pub content_type: &'static str,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why a notification is not believed. Nothing is recorded and nothing acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// Not signed by the provider, or addressed without our mac.
    #[error("the notification does not carry the provider's signature")]
    Forged,
    /// At an address with our mac, and signed in a way that this adapter cannot check: the
    /// provider may have changed how it signs, and somebody must look before statuses are lost.
    #[error("the notification is signed by an algorithm that is not known here")]
    Unverifiable,
    /// Signed or not, it cannot be read.
    #[error("the notification cannot be read")]
    Malformed,
}

/// What a router can plan with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The provider's name, for people.
    pub name: String,
    /// The region that is paid in, for people.
    pub region: String,
    /// Currencies that can be paid out, with their limits.
    pub currencies: Vec<(Currency, Option<Money>, Option<Money>)>,
    /// Countries whose accounts can be paid.
    pub countries: Vec<Country>,
    /// What is supported.
    pub methods: Vec<Method>,
    /// Paths of fields that this merchant's contract demands, sorted.
    pub required_fields: Vec<&'static str>,
    /// Paths of fields that are refused, sorted.
    pub unsupported_fields: Vec<&'static str>,
    /// After which silence an accepted payout is presumed paid; none, where a confirmation can be
    /// expected for a successful payout.
    pub presumed_after: Option<Duration>,
    /// Whether the provider's protection against duplicates is relied upon.
    pub duplicate_protection: bool,
    /// How long after completion the bank may still return the money.
    pub return_window: Duration,
}

/// Something an adapter can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Pays to bank details with an IBAN.
    PayIban,
    /// Pays to bank details with a local bank and account number.
    PayLocalAccount,
    /// Pays to handles that the merchant already has.
    PayProviderHandle,
    /// Pays to stored destinations.
    PayDestination,
    /// Pays by an instant rail.
    PayInstantly,
    /// Registers bank details.
    RegisterDestination,
    /// Imports handles.
    ImportDestination,
    /// Lets customers choose an account.
    LinkDestination,
    /// Tells the merchant's funds.
    TellFunds,
    /// Gives settlement reports.
    ReportSettlements,
    /// Says where single orders stand.
    InvestigateOrders,
}
