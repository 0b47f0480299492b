//! What the merchant's contract with Trustly Europe enables and demands.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::eu;

/// Addresses a merchant may call from; a list that is searched on every request must end.
const ALLOWED_HOSTS_MAX: usize = 100;

/// The terms under which Trustly Europe serves the merchant. They can be changed while the
/// simulator runs, by `PUT /_sim/settings`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EuContract {
    /// Refuses payouts without `SenderInformation` (717), as for transfer services and e-wallets.
    pub sender_information_required: bool,
    /// Refuses payouts without `PSPMerchant`, `PSPMerchantURL` and `MerchantCategoryCode` (717),
    /// as for partners that bring merchants of their own.
    pub psp_merchant_required: bool,
    /// Takes payouts without `Attributes`, which the documentation requires and Trustly's client
    /// for Python does not send.
    pub attributes_optional: bool,
    /// Takes Swedish IBANs, under the clearing house `IBAN`.
    pub swedish_iban: bool,
    /// Takes `RequestDirectDebitMandate`; refused with 712 otherwise.
    pub direct_debit: bool,
    /// Adds name, address and personal number to `account` notifications.
    pub kyc_data: bool,
    /// Methods that are refused with 602.
    pub disabled_methods: BTreeSet<String>,
    /// Sends `payoutconfirmation`, which real merchants have to order.
    pub payout_confirmation: bool,
    /// Sends `payoutfailed`, which real merchants have to order, before the credit.
    pub payout_failed: bool,
    /// Refuses `Balance`, and `GetWithdrawals` for one order, more often than every 15 minutes.
    pub spacing_enforced: bool,
    /// The HTTP status of errors, 200 to 599; if absent, 200, 400 or 500 in turn.
    pub error_status: Option<u16>,
    /// Addresses that requests may come from, others being refused with 607; if absent, any.
    pub allowed_hosts: Option<BTreeSet<IpAddr>>,
}

/// Terms that cannot be kept. The message names the member.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadContract(String);

/// An [`EuContract`] that was found usable.
#[derive(Clone)]
pub(crate) struct Contract(EuContract);

impl Default for EuContract {
    fn default() -> Self {
        Self {
            sender_information_required: false,
            psp_merchant_required: false,
            attributes_optional: false,
            swedish_iban: false,
            direct_debit: false,
            kyc_data: false,
            disabled_methods: BTreeSet::from(["RegisterAccountPayout".to_owned()]),
            payout_confirmation: true,
            payout_failed: false,
            spacing_enforced: true,
            error_status: None,
            allowed_hosts: None,
        }
    }
}

impl Contract {
    /// The same terms with some members changed.
    pub(crate) fn amended(&self, changes: &Value) -> Result<Self, BadContract> {
        let Value::Object(changes) = changes else {
            return Err(BadContract("eu: must be an object of terms".to_owned()));
        };
        let mut terms = self.view();
        for (name, value) in changes {
            terms[name] = value.clone();
        }
        let terms: EuContract =
            serde_json::from_value(terms).map_err(|error| BadContract(format!("eu: {error}")))?;
        terms.try_into()
    }

    pub(crate) fn view(&self) -> Value {
        serde_json::to_value(&self.0).expect("flags, names and numbers are JSON")
    }
}

impl TryFrom<EuContract> for Contract {
    type Error = BadContract;

    fn try_from(terms: EuContract) -> Result<Self, BadContract> {
        if let Some(name) = terms.disabled_methods.iter().find(|name| !eu::is_method(name)) {
            return Err(BadContract(format!("disabled_methods: unknown method {name:?}")));
        }
        if terms.error_status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err(BadContract("error_status: must be from 200 to 599".to_owned()));
        }
        if terms.allowed_hosts.as_ref().is_some_and(|hosts| hosts.len() > ALLOWED_HOSTS_MAX) {
            let problem = format!("allowed_hosts: at most {ALLOWED_HOSTS_MAX} addresses");
            return Err(BadContract(problem));
        }
        Ok(Self(terms))
    }
}

impl Deref for Contract {
    type Target = EuContract;

    fn deref(&self) -> &EuContract {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_leave_the_rest_alone() {
        let contract = Contract::try_from(EuContract::default()).unwrap();
        let changed = contract.amended(&json!({ "payout_failed": true })).unwrap();
        assert!(changed.payout_failed && changed.payout_confirmation);
        assert_eq!(changed.disabled_methods, contract.disabled_methods);
    }

    #[test]
    fn every_term_is_documented() {
        let document = include_str!("../../../docs/simulator.md");
        let terms = Contract::try_from(EuContract::default()).unwrap().view();
        for name in terms.as_object().unwrap().keys() {
            assert!(document.contains(&format!("\n| `{name}` |")), "{name}");
        }
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused_with_their_member() {
        let contract = Contract::try_from(EuContract::default()).unwrap();
        for (changes, member) in [
            (json!({ "payout_faild": true }), "payout_faild"),
            (json!({ "disabled_methods": ["Widthdraw"] }), "disabled_methods"),
            (json!({ "error_status": 99 }), "error_status"),
            (json!({ "error_status": 1000 }), "error_status"),
            (json!({ "allowed_hosts": ["localhost"] }), "invalid IP address"),
            (json!([]), "eu"),
        ] {
            let problem = contract.amended(&changes).err().unwrap().to_string();
            assert!(problem.contains(member), "{problem}");
        }
    }
}
