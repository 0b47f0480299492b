//! What Trustly Europe remembers of the merchant.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::answer::Answer;
use super::bookings::Bookings;
use super::call::Call;
use super::checkout::{Selection, SelectionId};
use super::memory::Memory;
use super::p2p::P2pOrders;
use super::subject::{Subject, SubjectId};
use crate::clock::Moment;
use crate::config::EuSettings;
use crate::contract::Contract;
use crate::ledger::MovementId;
use crate::money::Amount;
use crate::requests::{BodyDigest, digest, ten_digits};

/// Answers remembered by UUID.
const ANSWERS_MAX: usize = 300_000;

/// Answers to questions are long and repeated rarely.
const QUERY_ANSWERS_MAX: usize = 16;

/// Registered accounts; beyond it registrations are refused.
pub(super) const ACCOUNTS_MAX: usize = 100_000;

/// The `AccountID` of the documentation's samples, which exists without being registered.
pub(super) const SAMPLE_ACCOUNT: &str = "1234567890";

/// In hundredths, for a currency the configuration does not name: ten billion units.
const BALANCE_DEFAULT: u64 = 1_000_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderId(pub(crate) usize);

/// An accepted payout.
pub(super) struct Order {
    pub(super) subject: SubjectId,
    pub(super) account_id: String,
    pub(super) external_reference: String,
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) movement: MovementId,
    pub(super) ending: Ending,
    pub(super) created: Moment,
    pub(super) changed: Moment,
    /// By then the reply has gone out: a credit never comes before it.
    pub(super) credit_from: Duration,
    /// When `GetWithdrawals` was last answered for it.
    pub(super) asked_at: Option<Duration>,
}

/// What happens to an order that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Confirmed,
    /// Paid, and nobody says so.
    Silent,
    /// Confirmed, and back after this documented duration.
    Returned(Duration),
    /// The bank does not take it.
    Refused,
    /// It crashed.
    Cancelled,
    CreditedAndCancelled,
}

/// Never forgets an order or a `MessageID`; both are bounded by the ledger and the checkouts.
pub(crate) struct Book {
    pub(crate) contract: Contract,
    pub(super) orders: Vec<Order>,
    pub(super) subjects: Vec<Subject>,
    pub(super) selections: Vec<Selection>,
    pub(super) p2p_orders: P2pOrders,
    pub(super) bookings: Bookings,
    /// When `Balance` was last answered.
    pub(super) balance_asked_at: Option<Duration>,
    /// How many notifications were made by control call.
    pub(super) notices_ordered: usize,
    /// The latest with each `MessageID`: payouts of one P2P order share it.
    by_message_id: BTreeMap<String, SubjectId>,
    by_order_id: BTreeMap<String, SubjectId>,
    payouts_by_order_id: BTreeMap<String, OrderId>,
    sessions: BTreeMap<String, SelectionId>,
    answers: Memory,
    query_answers: Memory,
    /// By the digest of clearing house, bank number and account number, which are not kept.
    accounts_by_details: BTreeMap<BodyDigest, String>,
    accounts: BTreeSet<String>,
    balances: BTreeMap<String, Amount>,
}

impl Book {
    pub(crate) fn new(settings: &EuSettings) -> Self {
        let mut balances = BTreeMap::new();
        for (currency, hundredths) in &settings.balances {
            balances.insert(currency.clone(), Amount::from_hundredths(*hundredths));
        }
        Self {
            contract: settings.contract.clone(),
            orders: Vec::new(),
            subjects: Vec::new(),
            selections: Vec::new(),
            p2p_orders: P2pOrders::default(),
            bookings: Bookings::default(),
            balance_asked_at: None,
            notices_ordered: 0,
            by_message_id: BTreeMap::new(),
            by_order_id: BTreeMap::new(),
            payouts_by_order_id: BTreeMap::new(),
            sessions: BTreeMap::new(),
            answers: Memory::new(ANSWERS_MAX),
            query_answers: Memory::new(QUERY_ANSWERS_MAX),
            accounts_by_details: BTreeMap::new(),
            accounts: BTreeSet::from([SAMPLE_ACCOUNT.to_owned()]),
            balances,
        }
    }

    /// Whether an order has this `MessageID` that no other may have too.
    pub(super) fn has_message(&self, message_id: &str) -> bool {
        self.p2p_orders.get(message_id).is_none() && self.by_message_id.contains_key(message_id)
    }

    pub(super) fn add_subject(&mut self, subject: Subject) -> SubjectId {
        let id = SubjectId(self.subjects.len());
        self.by_message_id.insert(subject.message_id.clone(), id);
        self.by_order_id.insert(subject.order_id.clone(), id);
        self.subjects.push(subject);
        id
    }

    pub(super) fn add_order(&mut self, order: Order) -> OrderId {
        let id = OrderId(self.orders.len());
        let subject = &self.subjects[order.subject.0];
        self.payouts_by_order_id.insert(subject.order_id.clone(), id);
        self.p2p_orders.attach(&subject.message_id, id);
        self.orders.push(order);
        id
    }

    pub(super) fn add_selection(&mut self, selection: Selection) -> SelectionId {
        let id = SelectionId::new(self.selections.len());
        self.sessions.insert(selection.session.clone(), id);
        self.selections.push(selection);
        id
    }

    pub(super) fn payout(&self, order_id: &str) -> Option<OrderId> {
        self.payouts_by_order_id.get(order_id).copied()
    }

    pub(super) fn selection(&self, session: &str) -> Option<SelectionId> {
        self.sessions.get(session).copied()
    }

    pub(crate) fn subject_by_order_id(&self, order_id: &str) -> Option<SubjectId> {
        self.by_order_id.get(order_id).copied()
    }

    pub(crate) fn subject_by_message_id(&self, message_id: &str) -> Option<SubjectId> {
        self.by_message_id.get(message_id).copied()
    }

    /// The first answer to exactly these bytes.
    pub(super) fn answer_to(&self, call: &Call) -> Option<&Answer> {
        self.answers.answer_to(call).or_else(|| self.query_answers.answer_to(call))
    }

    pub(super) fn has_uuid(&self, uuid: &str) -> bool {
        self.answers.has(uuid) || self.query_answers.has(uuid)
    }

    pub(super) fn remember(&mut self, call: &Call, answer: &Answer, is_query: bool) {
        let memory = if is_query { &mut self.query_answers } else { &mut self.answers };
        memory.remember(call, answer);
    }

    pub(super) fn has_account(&self, account_id: &str) -> bool {
        self.accounts.contains(account_id)
    }

    /// The same details always get the same id, in any run. `None` when there are too many.
    pub(super) fn register(&mut self, details: BodyDigest) -> Option<String> {
        if let Some(account_id) = self.accounts_by_details.get(&details) {
            return Some(account_id.clone());
        }
        let mut account_id = ten_digits(&details);
        while self.has_account(&account_id) {
            account_id = ten_digits(&digest(account_id.as_bytes()));
        }
        self.add_account(&account_id)?;
        self.accounts_by_details.insert(details, account_id.clone());
        Some(account_id)
    }

    /// Makes an id known, as if registered long ago. `None` when there are too many.
    pub(crate) fn add_account(&mut self, account_id: &str) -> Option<()> {
        if self.accounts.len() >= ACCOUNTS_MAX {
            return None;
        }
        self.accounts.insert(account_id.to_owned());
        Some(())
    }

    /// Whether the funds sufficed; if so they are gone.
    pub(super) fn debit(&mut self, currency: &str, amount: Amount) -> bool {
        let balance = self.balance(currency);
        match balance.minus(amount) {
            Some(rest) => {
                *balance = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn credit(&mut self, currency: &str, amount: Amount) {
        let balance = self.balance(currency);
        *balance = balance.plus(amount);
    }

    pub(super) fn balance(&mut self, currency: &str) -> &mut Amount {
        let initial = Amount::from_hundredths(BALANCE_DEFAULT);
        self.balances.entry(currency.to_owned()).or_insert(initial)
    }
}
