//! The filters of `GET /transactions` (page "List transactions").

use super::render;
use super::terms::{ListTimes, StatusCodes};
use super::transaction::{Transaction, TransactionId};
use crate::clock::Moment;
use crate::config::AmerSettings;
use crate::money::Amount;
use crate::sim::State;

/// Documented filters by what the simulator does not know. Ignoring one would show too much, so
/// they are refused; names nobody documents are ignored, as `merchantReference` is.
pub(super) const NOT_SIMULATED: [&str; 2] = ["payment.paymentProvider.framework", "ipAddr"];

/// Everything one transaction is compared by.
pub(super) struct Subject<'a> {
    state: &'a State,
    settings: &'a AmerSettings,
    transaction: &'a Transaction,
    id: TransactionId,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        state: &'a State,
        settings: &'a AmerSettings,
        (id, transaction): (TransactionId, &'a Transaction),
    ) -> Self {
        Self { state, settings, transaction, id }
    }

    /// A name given several times lets any of its values through; different names must all agree.
    pub(super) fn passes(&self, query: &[(String, String)]) -> bool {
        query.iter().all(|(name, _)| {
            let mut values = query.iter().filter(|(each, _)| each == name);
            values.any(|(_, value)| self.matches(name, value))
        })
    }

    fn matches(&self, name: &str, value: &str) -> bool {
        if let Some(at) = name.strip_suffix(".start") {
            return self
                .time(at)
                .is_none_or(|time| self.since(time, value, |at, start| at >= start));
        }
        if let Some(at) = name.strip_suffix(".end") {
            return self.time(at).is_none_or(|time| self.since(time, value, |at, end| at <= end));
        }
        if let Some(of) = name.strip_suffix(".min") {
            return self
                .amount(of)
                .is_none_or(|amount| parsed(value).is_some_and(|min| amount >= min));
        }
        if let Some(of) = name.strip_suffix(".max") {
            return self
                .amount(of)
                .is_none_or(|amount| parsed(value).is_some_and(|max| amount <= max));
        }
        match self.member(name) {
            Some(member) => member.is_some_and(|member| member == value),
            None => true,
        }
    }

    /// Its text, if it has one; `None` for a name that is no filter.
    fn member(&self, name: &str) -> Option<Option<String>> {
        let transaction = self.transaction;
        let member = match name {
            "transactionType" => transaction.type_code().to_string(),
            "transactionStatus" => transaction.status.code().to_string(),
            "merchantReference" if self.state.amer.terms.list_by_reference => {
                transaction.reference.clone()
            }
            "originalTransactionId" => {
                let parent = transaction.parent();
                return Some(parent.map(|parent| self.state.amer.get(parent).id.clone()));
            }
            "paymentProviderTransaction.ppTrxStatusCode" => {
                let place = self.state.amer.terms.return_code_in;
                render::return_code(&transaction.network, place).0
            }
            "paymentProviderTransaction.paymentProviderTransactionId" => {
                render::provider_id(transaction)
            }
            "routingNumber" => return self.payment("fiAccount.routingNumber"),
            "accountNumber" => return self.payment("fiAccount.accountNumber"),
            "customerName" => return self.payment("customer.name"),
            _ => return self.payment(name.strip_prefix("payment.")?),
        };
        Some(Some(member))
    }

    /// `payment.…` names speak of the authorization, so a deposit's own reference cannot be asked
    /// for.
    fn payment(&self, name: &str) -> Option<Option<String>> {
        let (_, parent, authorization) = self.state.amer.authorization_of(self.id);
        let account = &authorization.account;
        let own = self.state.amer.terms.authorization_status_codes == StatusCodes::Own;
        let member = match name {
            "paymentId" => authorization.payment_id.clone(),
            "paymentType" => authorization.payment_type.code().to_string(),
            "merchantReference" => parent.reference.clone(),
            "verification.status" => "3".to_owned(),
            "authorization.status" => {
                render::authorization_status(parent, authorization, own).to_string()
            }
            "description" => return Some(authorization.description.clone()),
            "fingerprint" => authorization.fingerprint(),
            "merchant.merchantId" => self.settings.merchant_id.clone(),
            "paymentProvider.paymentProviderId" | "fiAccount.providerId" => {
                authorization.bank.id.to_owned()
            }
            "fiAccount.accountNumber" => return Some(account.last_digits.clone()),
            "fiAccount.routingNumber" => return Some(account.routing_number.clone()),
            "fiAccount.verified" => account.verified.to_string(),
            "customer.name" => authorization.customer_name.clone(),
            "customer.externalId" => authorization.customer_id.clone(),
            _ => return None,
        };
        Some(Some(member))
    }

    /// `Some(None)` where it has not come to that.
    fn time(&self, name: &str) -> Option<Option<Moment>> {
        match name {
            "createdAt" => Some(Some(self.transaction.created)),
            "updatedAt" => Some(Some(self.transaction.updated)),
            "processedAt" => Some(self.transaction.processed),
            "completedAt" => Some(self.transaction.completed),
            _ => None,
        }
    }

    fn since(&self, time: Option<Moment>, value: &str, agrees: fn(u64, u64) -> bool) -> bool {
        let unit = self.state.amer.terms.list_times;
        let (Some(time), Some(bound)) = (time, millis(value, unit)) else { return false };
        agrees(time.unix_ms(), bound)
    }

    fn amount(&self, name: &str) -> Option<Amount> {
        if name == "amount" {
            return Some(self.transaction.amount);
        }
        let balances = render::balances(self.transaction);
        let found = balances.into_iter().find(|(each, _)| *each == name);
        match name {
            "paid" | "refunded" => found.map(|(_, amount)| amount),
            _ => None,
        }
    }
}

fn parsed(value: &str) -> Option<Amount> {
    Amount::parse(value, |_| true)
}

/// "Unix timestamp" is all the documentation says; every other time in this API counts
/// milliseconds. A value too small for that must be meant in seconds, unless the terms decide.
fn millis(value: &str, unit: ListTimes) -> Option<u64> {
    const SECONDS_MAX: u64 = 100_000_000_000;
    let number: u64 = value.parse().ok()?;
    match unit {
        ListTimes::Either if number >= SECONDS_MAX => Some(number),
        ListTimes::Milliseconds => Some(number),
        ListTimes::Either | ListTimes::Seconds => number.checked_mul(1_000),
    }
}
