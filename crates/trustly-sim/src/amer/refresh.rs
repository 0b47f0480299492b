//! `POST /transactions/{id}/refresh`: the bank's data about an authorization is fetched again
//! (page "Refresh bank authorization").

use std::time::Duration;

use serde_json::{Value, json};

use super::check;
use super::fields::Fields;
use super::refusal::Refusal;
use super::transaction::{Status, TransactionId};
use super::webhook::{self, Event};
use crate::clock::Moment;
use crate::config::Settings;
use crate::sim::State;

/// Each makes an event; beyond it they are refused, so that memory stays bounded.
const REFRESHES_MAX: usize = 100_000;

/// The outcome comes by event, after a time that is not documented.
const OUTCOME_LATER: Duration = Duration::from_secs(30);

pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    fields: &Fields,
) -> Result<Value, Refusal> {
    check::only(fields, &["splitToken"])?;
    let transaction = state.amer.get(id);
    let (Some(authorization), Status::Authorized) =
        (transaction.authorization(), transaction.status)
    else {
        return Err(Refusal::parameter("transactionId", "Transaction cannot be refreshed"));
    };
    let token = fields.text("splitToken").unwrap_or_default();
    authorization.check_token(token, now)?;
    if state.amer.refreshes >= REFRESHES_MAX {
        return Err(Refusal::full());
    }
    let success = authorization.consent.objection().is_none();
    state.amer.refreshes += 1;
    let process_id = state.ids.next();
    let event = Event {
        name: "Refresh",
        message: "",
        extra: vec![
            ("hardRefresh", "true".to_owned()),
            ("refreshPurpose", "Deposit".to_owned()),
            ("success", success.to_string()),
        ],
    };
    let earliest = now.since_start + settings.clock.compress(OUTCOME_LATER);
    webhook::announce_event(state, settings, (now, earliest), id, &event);
    Ok(json!({ "refresh": { "processId": process_id } }))
}
