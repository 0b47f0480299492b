//! What Trustly Europe remembers of the merchant.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::answer::Answer;
use super::call::Call;
use crate::announce::Series;
use crate::config::EuSettings;
use crate::keys::Algorithm;
use crate::ledger::MovementId;
use crate::money::Amount;
use crate::requests::BodyDigest;

/// Answers remembered by UUID; beyond it the oldest go. How long Trustly remembers is not
/// published.
const ANSWERS_MAX: usize = 300_000;

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
    pub(super) order_id: String,
    pub(super) message_id: String,
    pub(super) end_user_id: String,
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) notification_url: String,
    pub(super) algorithm: Algorithm,
    pub(super) movement: MovementId,
    pub(super) ending: Ending,
    pub(super) series: Series,
}

/// What happens to an order that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Confirmed,
    /// Paid, and nobody says so.
    Silent,
    ConfirmedThenReturned,
}

/// Never forgets an order or a `MessageID`; both are bounded by the ledger.
pub(crate) struct Book {
    pub(super) orders: Vec<Order>,
    message_ids: BTreeSet<String>,
    /// By UUID, with the digest of the request: other bytes under the same UUID get no answer.
    answers: BTreeMap<String, (BodyDigest, Answer)>,
    oldest_answers_first: VecDeque<String>,
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
            orders: Vec::new(),
            message_ids: BTreeSet::new(),
            answers: BTreeMap::new(),
            oldest_answers_first: VecDeque::new(),
            accounts_by_details: BTreeMap::new(),
            accounts: BTreeSet::from([SAMPLE_ACCOUNT.to_owned()]),
            balances,
        }
    }

    pub(super) fn has_message(&self, message_id: &str) -> bool {
        self.message_ids.contains(message_id)
    }

    pub(super) fn add_order(&mut self, order: Order) -> OrderId {
        self.message_ids.insert(order.message_id.clone());
        self.orders.push(order);
        OrderId(self.orders.len() - 1)
    }

    /// The first answer to exactly these bytes.
    pub(super) fn answer_to(&self, call: &Call) -> Option<&Answer> {
        let (digest, answer) = self.answers.get(&call.uuid)?;
        (*digest == call.digest).then_some(answer)
    }

    pub(super) fn has_uuid(&self, uuid: &str) -> bool {
        self.answers.contains_key(uuid)
    }

    /// The first answer stays; a refusal of a used UUID does not take its place.
    pub(super) fn remember(&mut self, call: &Call, answer: &Answer) {
        if self.has_uuid(&call.uuid) {
            return;
        }
        if self.oldest_answers_first.len() >= ANSWERS_MAX
            && let Some(uuid) = self.oldest_answers_first.pop_front()
        {
            self.answers.remove(&uuid);
        }
        self.answers.insert(call.uuid.clone(), (call.digest, answer.clone()));
        self.oldest_answers_first.push_back(call.uuid.clone());
    }

    pub(super) fn has_account(&self, account_id: &str) -> bool {
        self.accounts.contains(account_id)
    }

    /// The same details always get the same id, in any run. `None` when there are too many.
    pub(super) fn register(&mut self, details: BodyDigest) -> Option<String> {
        if let Some(account_id) = self.accounts_by_details.get(&details) {
            return Some(account_id.clone());
        }
        let mut number = details
            .iter()
            .fold(0_u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(*byte)))
            % 9_000_000_000;
        while self.has_account(&(1_000_000_000 + number).to_string()) {
            number = (number + 1) % 9_000_000_000;
        }
        let account_id = (1_000_000_000 + number).to_string();
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

    fn balance(&mut self, currency: &str) -> &mut Amount {
        let initial = Amount::from_hundredths(BALANCE_DEFAULT);
        self.balances.entry(currency.to_owned()).or_insert(initial)
    }
}
