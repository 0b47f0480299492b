//! What control calls ask of Trustly Americas.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, BadRequest, parse, parse_optional};
use crate::amer::{
    self, Authorization, Change, Consent, NewAuthorization, PaymentType, TransactionId, WantedEvent,
};
use crate::config::webhook_url;
use crate::money::Amount;
use crate::sim::{Sim, State};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AuthorizationText {
    customer_id: Option<String>,
    currency: Option<String>,
    name: Option<String>,
    merchant_reference: Option<String>,
    limit: Option<String>,
    payment_type: Option<String>,
    instant_available: Option<bool>,
    announced: bool,
}

/// One transaction, by either of its names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionText {
    reference: Option<String>,
    transaction_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeText {
    reference: Option<String>,
    transaction_id: Option<String>,
    consent: Option<String>,
    instant_available: Option<bool>,
    #[serde(default)]
    split_token_expired: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventText {
    reference: Option<String>,
    transaction_id: Option<String>,
    event: String,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    leave_out: Vec<String>,
}

pub(super) fn set_webhooks(sim: &Sim, body: &[u8]) -> Answer {
    let webhooks: Webhooks = parse(body)?;
    let Some(url) = webhook_url(&webhooks.url) else {
        return Err(BadRequest("url: must be an https URL, or http to a loopback host".to_owned()));
    };
    sim.update(|state| state.amer.webhook_url = Some(url));
    Ok(json!({ "url": webhooks.url }))
}

pub(super) fn authorize(sim: &Sim, body: &[u8]) -> Answer {
    let text: AuthorizationText = parse_optional(body)?;
    let currency = text.currency.unwrap_or_else(|| "USD".to_owned());
    if !matches!(currency.as_str(), "USD" | "CAD") {
        return Err(BadRequest("currency: must be USD or CAD".to_owned()));
    }
    let limit = text.limit.as_deref().unwrap_or("0.00");
    let Some(limit) = Amount::parse(limit, |_| true) else {
        return Err(BadRequest("limit: must be a decimal such as 0.00".to_owned()));
    };
    let payment_type = text.payment_type.as_deref().unwrap_or("Deferred");
    let Some(payment_type) = PaymentType::named(payment_type) else {
        return Err(BadRequest("payment_type: there is no such payment type".to_owned()));
    };
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let reference = match text.merchant_reference {
            Some(reference) => reference,
            None => format!("auth-{}", state.ids.next()),
        };
        let mut authorization = Authorization::new(payment_type, state.ids.next());
        authorization.describe(
            text.customer_id.unwrap_or_else(|| "user_123".to_owned()),
            text.name.unwrap_or_else(|| "John Smith".to_owned()),
            text.instant_available.unwrap_or(true),
        );
        let new = NewAuthorization { authorization, currency, reference: reference.clone(), limit };
        match amer::authorize(state, &sim.settings, now, new, text.announced) {
            Some(id) => Ok(json!({ "transaction_id": id, "merchant_reference": reference })),
            None => Err(BadRequest("there are too many authorizations".to_owned())),
        }
    })
}

pub(super) fn change_authorization(sim: &Sim, body: &[u8]) -> Answer {
    let text: ChangeText = parse(body)?;
    let consent = match text.consent.as_deref().map(Consent::named) {
        Some(None) => {
            let names = "good, expired, revoked or account_closed";
            return Err(BadRequest(format!("consent: must be {names}")));
        }
        Some(Some(consent)) => Some(consent),
        None => None,
    };
    let about = TransactionText { reference: text.reference, transaction_id: text.transaction_id };
    let change = Change {
        consent,
        instant_available: text.instant_available,
        expires_split_token: text.split_token_expired,
    };
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let id = transaction(state, &about)?;
        let changed = amer::change(state, &sim.settings, now, id, &change);
        changed.map_err(|problem| BadRequest(problem.to_owned()))?;
        Ok(json!({ "transaction_id": state.amer.id_text(id) }))
    })
}

pub(super) fn send_event(sim: &Sim, body: &[u8]) -> Answer {
    let text: EventText = parse(body)?;
    let about = TransactionText { reference: text.reference, transaction_id: text.transaction_id };
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let id = transaction(state, &about)?;
        let data = text.data.into_iter().collect();
        let wanted = WantedEvent { name: &text.event, data, leave_out: &text.leave_out };
        match amer::send(state, &sim.settings, now, id, wanted) {
            Ok(id) => Ok(json!({ "id": id })),
            Err(problem) => Err(BadRequest(problem.to_owned())),
        }
    })
}

pub(super) fn advance(sim: &Sim, body: &[u8]) -> Answer {
    let about: TransactionText = parse(body)?;
    let now = sim.settings.clock.now();
    sim.update(|state| {
        let id = transaction(state, &about)?;
        let pushed = amer::push(state, &sim.settings, now, id);
        let status: Result<u8, BadRequest> =
            pushed.map_err(|problem| BadRequest(problem.to_owned()));
        Ok(json!({ "transaction_id": state.amer.id_text(id), "status": Value::from(status?) }))
    })
}

/// With a reference that several have, the latest.
fn transaction(state: &State, about: &TransactionText) -> Result<TransactionId, BadRequest> {
    let found = match (&about.reference, &about.transaction_id) {
        (Some(reference), None) => state.amer.find_by_reference(reference),
        (None, Some(id)) => state.amer.find(id),
        _ => return Err(BadRequest("give either reference or transaction_id".to_owned())),
    };
    found.ok_or_else(|| {
        BadRequest("reference, transaction_id: there is no such transaction".to_owned())
    })
}
