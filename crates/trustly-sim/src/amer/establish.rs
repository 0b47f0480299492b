//! `POST /establish`: the beginning of an authorization (page "Establish data").

use reqwest::Url;
use serde_json::{Value, json};

use super::authorization::{Account, Authorization, NewAuthorization, PaymentType};
use super::book::Beginning;
use super::call::Call;
use super::check::decimal;
use super::establish_checks::{self, Case};
use super::fields::Fields;
use super::form;
use super::lightbox::PAGE_PATH;
use super::refusal::Refusal;
use super::render;
use super::sessions::{self, Session};
use super::terms::EstablishReply;
use super::transaction::TransactionId;
use super::webhook;
use crate::clock::Moment;
use crate::config::Settings;
use crate::money::Amount;
use crate::sim::State;

pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    call: &Call,
    fields: &Fields,
) -> Result<Value, Refusal> {
    let query = &call.query;
    let creates = form::value(query, "createTransaction") == Some("true");
    if !creates && form::value(query, "notify").is_none() {
        let message = "createTransaction or notify is required";
        return Err(Refusal::parameter("createTransaction", message));
    }
    let payment_type = checked(state, settings, fields, PaymentType::Retrieval)?;
    if payment_type == PaymentType::Disbursement {
        if !creates {
            let message = "A disbursement is created at once";
            return Err(Refusal::parameter("createTransaction", message));
        }
        let id = disburse(state, settings, now, fields)?;
        let url = format!("http://{}{PAGE_PATH}", call.host);
        return Ok(reply(state, settings, fields, Some(id), &url));
    }
    let session = open(state, settings, now, fields, payment_type)?;
    let id = if creates { Some(sessions::begin(state, settings, now, session)?) } else { None };
    let key = &state.amer.sessions.get(session).key;
    let url = format!("http://{}{PAGE_PATH}?session={key}", call.host);
    Ok(reply(state, settings, fields, id, &url))
}

/// Establish data as it may come, from a server or from a browser.
pub(super) fn checked(
    state: &State,
    settings: &Settings,
    fields: &Fields,
    default: PaymentType,
) -> Result<PaymentType, Refusal> {
    let payment_type = match fields.text("paymentType") {
        None => Some(default),
        Some(name) => PaymentType::named(name),
    };
    let Some(payment_type) = payment_type else {
        return Err(Refusal::parameter("paymentType", "Payment type is not simulated"));
    };
    let case = Case { fields, settings: &settings.amer, book: &state.amer, payment_type };
    establish_checks::run(&case, settings.seed)?;
    Ok(payment_type)
}

/// A Lightbox for what was checked.
pub(super) fn open(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    fields: &Fields,
    payment_type: PaymentType,
) -> Result<super::SessionId, Refusal> {
    let draft = draft(state, fields, payment_type);
    let text = |name: &str| fields.owned(name).unwrap_or_default();
    let refreshed = fields.text("transactionId").and_then(|id| state.amer.find(id));
    let session = Session {
        key: state.rng.uuid(),
        reference: draft.reference.clone(),
        return_url: text("returnUrl"),
        cancel_url: text("cancelUrl"),
        is_refresh: refreshed.is_some(),
        draft: if refreshed.is_some() { None } else { Some(draft) },
        authorization: refreshed,
        panel: "UC01",
        touched_at: now.since_start,
        is_open: true,
    };
    sessions::open(state, settings, now, session).ok_or_else(Refusal::full)
}

/// An authorization that nobody needs to agree to.
fn disburse(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    fields: &Fields,
) -> Result<TransactionId, Refusal> {
    let mut new = draft(state, fields, PaymentType::Disbursement);
    let text = |name: &str| fields.text(name).unwrap_or_default();
    let name = if fields.text("account.type") == Some("2") { "Savings" } else { "Checking" };
    let (number, routing_number) = (text("account.accountNumber"), text("account.routingNumber"));
    new.authorization.account = Account::new(number, routing_number, name);
    new.authorization.account.verified = false;
    let State { amer, ids, .. } = &mut *state;
    let id = amer.authorize(ids, now, new, Beginning::Authorized).ok_or_else(Refusal::full)?;
    if state.amer.terms.disbursement_events {
        webhook::announce_status(state, settings, now, id);
    }
    Ok(id)
}

fn draft(state: &mut State, fields: &Fields, payment_type: PaymentType) -> NewAuthorization {
    let text = |name: &str| fields.owned(name).unwrap_or_default();
    let mut authorization = Authorization::new(payment_type, state.ids.next());
    authorization.customer_id = text("customer.externalId");
    authorization.customer_name = text("customer.name");
    authorization.description = fields.owned("description");
    (authorization.return_url, authorization.cancel_url) = (text("returnUrl"), text("cancelUrl"));
    authorization.notification_url =
        fields.text("notificationUrl").and_then(|text| Url::parse(text).ok());
    NewAuthorization {
        authorization,
        currency: text("currency"),
        reference: text("merchantReference"),
        limit: fields.text("amount").and_then(decimal).unwrap_or(Amount::ZERO),
    }
}

/// Three sources show three shapes.
fn reply(
    state: &mut State,
    settings: &Settings,
    fields: &Fields,
    id: Option<TransactionId>,
    url: &str,
) -> Value {
    let shape = match (state.amer.terms.establish_reply, id) {
        (EstablishReply::Transaction, None) => EstablishReply::Bare,
        (shape, _) => shape,
    };
    if let (EstablishReply::Transaction, Some(id)) = (shape, id) {
        let transaction = render::transaction(state, &settings.amer, id);
        return json!({ "transaction": transaction, "url": url });
    }
    let mut data = json!({});
    for name in [
        "accessId",
        "merchantId",
        "merchantReference",
        "paymentType",
        "currency",
        "amount",
        "returnUrl",
        "cancelUrl",
        "requestSignature",
    ] {
        if let Some(text) = fields.text(name) {
            data[name] = text.into();
        }
    }
    if let Some(id) = id {
        data["transactionId"] = state.amer.id_text(id).into();
    }
    if shape == EstablishReply::EstablishData {
        data["data"] = state.rng.uuid().into();
        return json!({ "establishData": data, "url": url });
    }
    data["url"] = url.into();
    data
}
