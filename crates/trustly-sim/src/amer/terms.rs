//! What the merchant's contract with Trustly Americas enables, and every point that the
//! documentation leaves open: the value at first is what it says or comes closest to saying.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authorization::PaymentType;
use super::signature::Algorithm;

/// Error codes with an HTTP status of their own; a map that is shown whole must end.
const ERROR_STATUSES_MAX: usize = 100;

/// `docs/simulator.md` says what each of them does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Terms {
    pub(super) disabled_payment_types: BTreeSet<String>,
    pub(super) error_statuses: BTreeMap<u16, u16>,
    pub(super) signature_required: bool,
    pub(super) split_tokens: bool,
    pub(super) split_token_required: bool,
    pub(super) split_token_lifetime_s: Option<u32>,
    pub(super) session_lifetime_s: u32,
    pub(super) establish_reply: EstablishReply,
    pub(super) reply_shape: Shape,
    pub(super) list_elements: Shape,
    pub(super) list_by_reference: bool,
    pub(super) list_times: ListTimes,
    pub(super) deposit_body: BodyForm,
    pub(super) deposit_status: FirstStatus,
    pub(super) declined_status: u8,
    pub(super) instant_alias: bool,
    pub(super) instant_at_once: bool,
    pub(super) duplicate_protection: bool,
    pub(super) duplicate_statuses: BTreeSet<u8>,
    pub(super) shared_references: bool,
    pub(super) ended_refusal: EndedRefusal,
    pub(super) revoked_status: Option<u8>,
    pub(super) canceled_status: u8,
    pub(super) reclaim_amount_required: bool,
    pub(super) reclaimed_statuses: bool,
    pub(super) authorization_status_codes: StatusCodes,
    pub(super) signature: Algorithm,
    pub(super) webhook_decoding: Decoding,
    pub(super) redirect_signature: RedirectSignature,
    pub(super) redirect_values: RedirectValues,
    pub(super) redirect_hint: bool,
    pub(super) redirect_order: RedirectOrder,
    pub(super) data_events: bool,
    pub(super) disbursement_events: bool,
    pub(super) event_names: EventNames,
    pub(super) parent_object_id: Presence,
    pub(super) return_code_in: ReturnCodeIn,
    pub(super) completed_code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EstablishReply {
    Bare,
    EstablishData,
    Transaction,
}

/// How a transaction lies in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    /// The seed decides each time.
    Either,
    Wrapped,
    Bare,
    /// `{"0":{"transaction":…}}`, as one sample of the list shows.
    Keyed,
}

/// The unit of times in filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ListTimes {
    Either,
    Seconds,
    Milliseconds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyForm {
    Any,
    Json,
    Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FirstStatus {
    Authorized,
    Pending,
}

/// How a deposit on an authorization that has ended at the bank is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EndedRefusal {
    /// In the reply, with 326, 330, 380 or 397.
    OwnCode,
    /// In the reply, with 200, as captures may be.
    Parameter,
    /// Accepted, and ended by an event.
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StatusCodes {
    Transaction,
    Own,
}

/// How a webhook's body is decoded before it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decoding {
    Form,
    Percent,
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RedirectSignature {
    Url,
    /// As older versions of the API sign.
    Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RedirectValues {
    Encoded,
    Decoded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RedirectOrder {
    Either,
    EventFirst,
    RedirectFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventNames {
    Either,
    Short,
    Long,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Presence {
    Either,
    Always,
    Never,
}

/// The member that holds a return's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReturnCodeIn {
    StatusMessage,
    Status,
    ThirdPartyDeclineCode,
    /// Of events; replies then have none.
    ReturnType,
}

/// Terms that cannot be kept. The message names the member.
#[derive(Debug, thiserror::Error)]
#[error("amer: {0}")]
pub(crate) struct BadTerms(String);

impl Default for Terms {
    fn default() -> Self {
        Self {
            disabled_payment_types: BTreeSet::new(),
            error_statuses: BTreeMap::new(),
            signature_required: true,
            split_tokens: true,
            split_token_required: false,
            split_token_lifetime_s: None,
            session_lifetime_s: 1_800,
            establish_reply: EstablishReply::Bare,
            reply_shape: Shape::Either,
            list_elements: Shape::Either,
            list_by_reference: false,
            list_times: ListTimes::Either,
            deposit_body: BodyForm::Any,
            deposit_status: FirstStatus::Authorized,
            declined_status: 8,
            instant_alias: true,
            instant_at_once: false,
            duplicate_protection: true,
            duplicate_statuses: BTreeSet::from([2, 3, 4]),
            shared_references: true,
            ended_refusal: EndedRefusal::OwnCode,
            revoked_status: None,
            canceled_status: 7,
            reclaim_amount_required: true,
            reclaimed_statuses: false,
            authorization_status_codes: StatusCodes::Transaction,
            signature: Algorithm::Sha1,
            webhook_decoding: Decoding::Form,
            redirect_signature: RedirectSignature::Url,
            redirect_values: RedirectValues::Encoded,
            redirect_hint: true,
            redirect_order: RedirectOrder::Either,
            data_events: true,
            disbursement_events: false,
            event_names: EventNames::Either,
            parent_object_id: Presence::Either,
            return_code_in: ReturnCodeIn::StatusMessage,
            completed_code: "AC106".to_owned(),
        }
    }
}

impl Terms {
    /// The same terms with some members changed.
    pub(crate) fn amended(&self, changes: &Value) -> Result<Self, BadTerms> {
        let Value::Object(changes) = changes else {
            return Err(BadTerms("must be an object of terms".to_owned()));
        };
        let mut terms = self.view();
        for (name, value) in changes {
            terms[name] = value.clone();
        }
        let terms: Self =
            serde_json::from_value(terms).map_err(|error| BadTerms(error.to_string()))?;
        match terms.problem() {
            Some(problem) => Err(BadTerms(problem)),
            None => Ok(terms),
        }
    }

    pub(crate) fn view(&self) -> Value {
        serde_json::to_value(self).expect("flags, names and numbers are JSON")
    }

    fn problem(&self) -> Option<String> {
        if let Some(name) =
            self.disabled_payment_types.iter().find(|name| PaymentType::named(name).is_none())
        {
            return Some(format!("disabled_payment_types: unknown payment type {name:?}"));
        }
        let statuses = self.error_statuses.values();
        if statuses.clone().any(|status| !(200..=599).contains(status)) {
            return Some("error_statuses: must be from 200 to 599".to_owned());
        }
        if statuses.len() > ERROR_STATUSES_MAX {
            return Some(format!("error_statuses: at most {ERROR_STATUSES_MAX}"));
        }
        if self.duplicate_statuses.iter().any(|status| *status > 14) {
            return Some("duplicate_statuses: must be from 0 to 14".to_owned());
        }
        if !matches!(self.declined_status, 5 | 8) {
            return Some("declined_status: must be 5 or 8".to_owned());
        }
        if !matches!(self.canceled_status, 7 | 13) {
            return Some("canceled_status: must be 7 or 13".to_owned());
        }
        if !matches!(self.revoked_status, None | Some(6 | 7 | 13)) {
            return Some("revoked_status: must be null, 6, 7 or 13".to_owned());
        }
        if !matches!(self.completed_code.as_str(), "AC106" | "AC118" | "SW030") {
            return Some("completed_code: must be AC106, AC118 or SW030".to_owned());
        }
        if self.reply_shape == Shape::Keyed {
            return Some("reply_shape: lists alone are keyed".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_term_is_documented() {
        let document = include_str!("../../../../docs/simulator.md");
        for name in Terms::default().view().as_object().unwrap().keys() {
            assert!(document.contains(&format!("\n| `{name}` |")), "{name}");
        }
    }

    #[test]
    fn changes_leave_the_rest_alone() {
        let terms = Terms::default().amended(&json!({ "signature": "sha512" })).unwrap();
        assert_eq!(terms.signature, Algorithm::Sha512);
        let terms = terms.amended(&json!({ "error_statuses": { "210": 409 } })).unwrap();
        assert_eq!((terms.signature, terms.error_statuses[&210]), (Algorithm::Sha512, 409));
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused_with_their_member() {
        for (changes, member) in [
            (json!({ "split": true }), "split"),
            (json!({ "signature": "md5" }), "md5"),
            (json!({ "disabled_payment_types": ["Gift"] }), "disabled_payment_types"),
            (json!({ "error_statuses": { "210": 99 } }), "error_statuses"),
            (json!({ "canceled_status": 8 }), "canceled_status"),
            (json!({ "declined_status": 7 }), "declined_status"),
            (json!({ "duplicate_statuses": [15] }), "duplicate_statuses"),
            (json!({ "revoked_status": 2 }), "revoked_status"),
            (json!({ "completed_code": "AC1" }), "completed_code"),
            (json!({ "reply_shape": "keyed" }), "reply_shape"),
            (json!([]), "amer"),
        ] {
            let problem = Terms::default().amended(&changes).err().unwrap().to_string();
            assert!(problem.contains(member), "{problem}");
        }
    }
}
