//! What Trustly Americas remembers: transactions, in the order they were made.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::announce::Series;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::ledger::MovementId;
use crate::money::Amount;
use crate::rng::Ids;

/// Authorizations; beyond it no more are made.
const AUTHORIZATIONS_MAX: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransactionId(usize);

/// Those of the documented statuses that a payout or an authorization reaches here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Authorized = 2,
    Processed = 3,
    Completed = 4,
    Denied = 8,
    Reversed = 10,
}

pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) status: Status,
    /// The merchant's own; a deposit's is not its authorization's.
    pub(super) reference: String,
    /// Of an authorization: the most its deposits may add up to; zero is no limit.
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) created: Moment,
    pub(super) updated: Moment,
    pub(super) processed: Option<Moment>,
    pub(super) completed: Option<Moment>,
    /// Counts the changes, so that a reader can tell a stale copy.
    pub(super) version: u32,
    /// What the bank network last said, such as `AC100`.
    pub(super) network_status: &'static str,
}

pub(super) enum Kind {
    Authorization(Authorization),
    Deposit(Deposit),
}

/// A customer's standing permission to pay into an account.
pub(super) struct Authorization {
    pub(super) payment_id: String,
    pub(super) customer_id: String,
    pub(super) customer_name: String,
}

pub(super) struct Deposit {
    pub(super) authorization: TransactionId,
    pub(super) instant: bool,
    pub(super) movement: MovementId,
    pub(super) ending: Ending,
    pub(super) series: Series,
}

/// What happens to a deposit that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Denied,
    CompletedThenReversed,
}

/// What `POST /_sim/authorizations` asks for.
pub(crate) struct NewAuthorization {
    pub(crate) customer_id: String,
    pub(crate) customer_name: String,
    pub(crate) currency: String,
    pub(crate) reference: String,
    pub(crate) limit: Amount,
}

pub(crate) struct Book {
    transactions: Vec<Transaction>,
    by_id: BTreeMap<String, TransactionId>,
    deposits_by_reference: BTreeMap<String, Vec<TransactionId>>,
    deposits_by_authorization: BTreeMap<usize, Vec<TransactionId>>,
    authorizations: usize,
    pub(crate) webhook_url: Option<Url>,
}

impl Book {
    pub(crate) fn new(settings: &AmerSettings) -> Self {
        Self {
            transactions: Vec::new(),
            by_id: BTreeMap::new(),
            deposits_by_reference: BTreeMap::new(),
            deposits_by_authorization: BTreeMap::new(),
            authorizations: 0,
            webhook_url: settings.webhook_url.clone(),
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<TransactionId> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, id: TransactionId) -> &Transaction {
        &self.transactions[id.0]
    }

    pub(super) fn get_mut(&mut self, id: TransactionId) -> &mut Transaction {
        &mut self.transactions[id.0]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (TransactionId, &Transaction)> {
        self.transactions.iter().enumerate().map(|(index, each)| (TransactionId(index), each))
    }

    /// The authorization a transaction belongs to, which may be itself.
    pub(super) fn authorization_of(
        &self,
        id: TransactionId,
    ) -> (TransactionId, &Transaction, &Authorization) {
        let parent = match &self.get(id).kind {
            Kind::Authorization(_) => id,
            Kind::Deposit(deposit) => deposit.authorization,
        };
        match &self.get(parent).kind {
            Kind::Authorization(authorization) => (parent, self.get(parent), authorization),
            Kind::Deposit(_) => unreachable!("deposits are made on authorizations only"),
        }
    }

    /// Whether an earlier deposit makes this reference a duplicate: one that is under way or
    /// done does, one that failed does not.
    pub(super) fn has_live_deposit(&self, reference: &str) -> bool {
        let Some(deposits) = self.deposits_by_reference.get(reference) else { return false };
        deposits.iter().any(|id| self.get(*id).is_live())
    }

    /// What the deposits on an authorization that are under way or done add up to.
    pub(super) fn deposited(&self, authorization: TransactionId) -> Amount {
        let mut sum = Amount::ZERO;
        let children = self.deposits_by_authorization.get(&authorization.0);
        for id in children.into_iter().flatten() {
            let deposit = self.get(*id);
            if deposit.is_live() {
                sum = sum.plus(deposit.amount);
            }
        }
        sum
    }

    pub(super) fn add(&mut self, transaction: Transaction) -> TransactionId {
        let id = TransactionId(self.transactions.len());
        if let Kind::Deposit(deposit) = &transaction.kind {
            let reference = transaction.reference.clone();
            self.deposits_by_reference.entry(reference).or_default().push(id);
            let parent = deposit.authorization.0;
            self.deposits_by_authorization.entry(parent).or_default().push(id);
        }
        self.by_id.insert(transaction.id.clone(), id);
        self.transactions.push(transaction);
        id
    }

    /// The id of a new authorization that deposits can be made on. `None` when there are too many.
    pub(crate) fn authorize(
        &mut self,
        ids: &mut Ids,
        now: Moment,
        new: NewAuthorization,
    ) -> Option<String> {
        if self.authorizations >= AUTHORIZATIONS_MAX {
            return None;
        }
        self.authorizations += 1;
        let id = ids.next();
        self.add(Transaction {
            id: id.clone(),
            kind: Kind::Authorization(Authorization {
                payment_id: ids.next(),
                customer_id: new.customer_id,
                customer_name: new.customer_name,
            }),
            status: Status::Authorized,
            reference: new.reference,
            amount: new.limit,
            currency: new.currency,
            created: now,
            updated: now,
            processed: None,
            completed: None,
            version: 1,
            network_status: "SW020",
        });
        Some(id)
    }
}

impl Transaction {
    pub(super) fn deposit(&self) -> Option<&Deposit> {
        match &self.kind {
            Kind::Deposit(deposit) => Some(deposit),
            Kind::Authorization(_) => None,
        }
    }

    /// The number that travels as `transactionType`.
    pub(super) fn type_code(&self) -> u8 {
        match self.kind {
            Kind::Authorization(_) => 1,
            Kind::Deposit(_) => 6,
        }
    }

    /// Accepted, under way or done: the statuses that make a reference a duplicate.
    fn is_live(&self) -> bool {
        matches!(self.status, Status::Authorized | Status::Processed | Status::Completed)
    }
}

impl Status {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Authorized => "Authorized",
            Self::Processed => "Processed",
            Self::Completed => "Completed",
            Self::Denied => "Denied",
            Self::Reversed => "Reversed",
        }
    }
}
