//! What Trustly Americas remembers: transactions, in the order they were made.

use std::collections::BTreeMap;

use reqwest::Url;

use super::authorization::{Authorization, NewAuthorization};
use super::reason::Reason;
use super::sessions::Sessions;
use super::terms::Terms;
use super::transaction::{Kind, Status, Transaction, TransactionId};
use crate::announce::Series;
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::money::Amount;
use crate::rng::Ids;

/// Authorizations; beyond it no more are made.
const AUTHORIZATIONS_MAX: usize = 100_000;

pub(crate) struct Book {
    pub(crate) terms: Terms,
    pub(crate) webhook_url: Option<Url>,
    pub(super) sessions: Sessions,
    /// How many events were made by control call.
    pub(super) events_ordered: usize,
    /// How often bank data were asked for again.
    pub(super) refreshes: usize,
    transactions: Vec<Transaction>,
    by_id: BTreeMap<String, TransactionId>,
    by_reference: BTreeMap<String, Vec<TransactionId>>,
    children: BTreeMap<usize, Vec<TransactionId>>,
    authorizations: usize,
}

impl Book {
    pub(crate) fn new(settings: &AmerSettings) -> Self {
        Self {
            terms: Terms::default(),
            webhook_url: settings.webhook_url.clone(),
            sessions: Sessions::default(),
            events_ordered: 0,
            refreshes: 0,
            transactions: Vec::new(),
            by_id: BTreeMap::new(),
            by_reference: BTreeMap::new(),
            children: BTreeMap::new(),
            authorizations: 0,
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<TransactionId> {
        self.by_id.get(id).copied()
    }

    /// The latest with this reference.
    pub(crate) fn find_by_reference(&self, reference: &str) -> Option<TransactionId> {
        self.by_reference.get(reference)?.last().copied()
    }

    pub(super) fn get(&self, id: TransactionId) -> &Transaction {
        &self.transactions[id.index()]
    }

    pub(super) fn get_mut(&mut self, id: TransactionId) -> &mut Transaction {
        &mut self.transactions[id.index()]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (TransactionId, &Transaction)> {
        let numbered = self.transactions.iter().enumerate();
        numbered.map(|(index, each)| (TransactionId::new(index), each))
    }

    /// The authorization a transaction belongs to, which may be itself.
    pub(super) fn authorization_of(
        &self,
        id: TransactionId,
    ) -> (TransactionId, &Transaction, &Authorization) {
        let mut root = id;
        while let Some(parent) = self.get(root).parent() {
            root = parent;
        }
        let transaction = self.get(root);
        let authorization = transaction.authorization();
        (root, transaction, authorization.expect("only authorizations have no parent"))
    }

    /// `None` where it is no authorization.
    pub(crate) fn authorization_mut(&mut self, id: TransactionId) -> Option<&mut Authorization> {
        match &mut self.get_mut(id).kind {
            Kind::Authorization(authorization) => Some(authorization),
            Kind::Deposit(_) | Kind::Reclaim(_) => None,
        }
    }

    /// Whether an earlier transaction makes this reference a duplicate: as documented, one that is
    /// accepted, under way or done does, one that failed does not. Reclaims are not protected.
    pub(super) fn is_used(&self, reference: &str, by: super::Operation) -> bool {
        let Some(found) = self.by_reference.get(reference) else { return false };
        found.iter().map(|id| self.get(*id)).any(|transaction| {
            let counts = match transaction.kind {
                Kind::Reclaim(_) => false,
                Kind::Authorization(_) | Kind::Deposit(_) => {
                    self.terms.shared_references || transaction.began_with() == by
                }
            };
            // What was pulled back had completed.
            let status = match transaction.status {
                Status::PartiallyRefunded | Status::Refunded => Status::Completed,
                status => status,
            };
            counts && self.terms.duplicate_statuses.contains(&status.code())
        })
    }

    pub(super) fn children(&self, id: TransactionId) -> impl Iterator<Item = &Transaction> {
        let children = self.children.get(&id.index());
        children.into_iter().flatten().map(|child| self.get(*child))
    }

    /// What a transaction's children that are under way or done add up to.
    pub(super) fn taken(&self, id: TransactionId) -> Amount {
        let mut sum = Amount::ZERO;
        for child in self.children(id) {
            if child.counts() {
                sum = sum.plus(child.amount);
            }
        }
        sum
    }

    pub(super) fn add(&mut self, transaction: Transaction) -> TransactionId {
        let id = TransactionId::new(self.transactions.len());
        self.by_reference.entry(transaction.reference.clone()).or_default().push(id);
        if let Some(parent) = transaction.parent() {
            self.children.entry(parent.index()).or_default().push(id);
        }
        self.by_id.insert(transaction.id.clone(), id);
        self.transactions.push(transaction);
        id
    }

    /// A new authorization. `None` when there are too many.
    pub(crate) fn authorize(
        &mut self,
        ids: &mut Ids,
        now: Moment,
        new: NewAuthorization,
        status: Beginning,
    ) -> Option<TransactionId> {
        if self.authorizations >= AUTHORIZATIONS_MAX {
            return None;
        }
        self.authorizations += 1;
        let (status, network) = match status {
            Beginning::New => (Status::New, "SW010"),
            Beginning::Authorized => (Status::Authorized, "SW020"),
        };
        Some(self.add(Transaction {
            id: ids.next(),
            kind: Kind::Authorization(Box::new(new.authorization)),
            status,
            reference: new.reference,
            amount: new.limit,
            currency: new.currency,
            created: now,
            updated: now,
            processed: None,
            completed: None,
            version: 1,
            network: Reason::plain(network),
            series: Series::default(),
        }))
    }

    pub(crate) fn id_text(&self, id: TransactionId) -> String {
        self.get(id).id.clone()
    }
}

/// What an authorization begins with: the customer's consent is yet to come, or there.
#[derive(Clone, Copy)]
pub(crate) enum Beginning {
    New,
    Authorized,
}
