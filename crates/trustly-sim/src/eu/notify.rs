//! Notifications to the merchant, and what counts as an answer (page "Notifications overview").

use std::time::Duration;

use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

use super::book::{Order, OrderId};
use super::canonical::plaintext;
use crate::announce::announce;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::Operation;
use crate::json::{parse, shuffled};
use crate::keys::{self, Algorithm};
use crate::ledger::Region;
use crate::notices::{Content, Notice, NoticeId, NoticeState};
use crate::rng::Rng;
use crate::sim::State;

pub(super) fn payout_confirmation(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    order: OrderId,
) -> NoticeId {
    let data = with_amount(state, now, order);
    queue(state, settings, now.since_start, order, "payoutconfirmation", data)
}

/// `earliest` is when it may be sent: never before the reply that accepted the order.
pub(super) fn credit(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    earliest: Duration,
    order: OrderId,
) -> NoticeId {
    let mut data = with_amount(state, now, order);
    if state.rng.one_in(2) {
        data["attributes"] = json!({});
    }
    queue(state, settings, earliest, order, "credit", data)
}

/// A cancel names no amount.
pub(super) fn cancel(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    order: OrderId,
) -> NoticeId {
    let data = common(state, now, order);
    queue(state, settings, now.since_start, order, "cancel", data)
}

/// The body as it is sent: every attempt is signed, and the same input gives the same body.
pub(crate) fn signed_notification(
    key: &RsaPrivateKey,
    algorithm: Algorithm,
    (method, uuid, data): (&str, &str, &Value),
    forged: bool,
) -> String {
    let mut text = plaintext(method, uuid, data);
    if forged {
        text.push_str("forged");
    }
    let message = json!({
        "method": method,
        "version": "1.1",
        "params": {
            "signature": keys::sign(key, algorithm, &text),
            "uuid": uuid,
            "data": data,
        },
    });
    let length = u64::try_from(text.len()).expect("usize fits 64 bits");
    shuffled(&message, &mut Rng::new(length))
}

/// Whether this is the merchant's signed OK to exactly this notification.
pub(crate) fn is_acknowledged(
    keys: &[RsaPublicKey],
    method: &str,
    uuid: &str,
    body: &[u8],
) -> bool {
    let Ok(message) = parse(body) else { return false };
    let result = &message["result"];
    let Some(signature) = result["signature"].as_str() else { return false };
    message["version"] == "1.1"
        && result["uuid"] == uuid
        && result["method"] == method
        && result["data"]["status"] == "OK"
        && keys::verify(keys, signature, &plaintext(method, uuid, &result["data"]))
}

fn with_amount(state: &mut State, now: Moment, id: OrderId) -> Value {
    let mut data = common(state, now, id);
    let order = &state.eu.orders[id.0];
    data["amount"] = order.amount.loosely(&mut state.rng).into();
    data["currency"] = order.currency.clone().into();
    data
}

fn common(state: &mut State, now: Moment, id: OrderId) -> Value {
    let order = &state.eu.orders[id.0];
    let mut data = json!({
        "messageid": order.message_id,
        "orderid": order.order_id,
        "enduserid": order.end_user_id,
        "notificationid": state.ids.next(),
        "timestamp": now.timestamp(state.rng.below(7)),
    });
    // Members may be added at any time; whoever verifies must count in what he does not know.
    if state.rng.one_in(4) {
        data["zz_added_later"] = json!(["1", null, { "Å": "ä" }]);
    }
    data
}

/// The algorithm is that of the order's request; the uuid is the notification's own.
fn queue(
    state: &mut State,
    settings: &Settings,
    earliest: Duration,
    id: OrderId,
    method: &'static str,
    data: Value,
) -> NoticeId {
    let uuid = state.rng.uuid();
    let order = &state.eu.orders[id.0];
    let mut series = order.series;
    let notice = notice(order, method, data, uuid);
    let made = announce(state, &settings.clock, earliest, &mut series, notice);
    state.eu.orders[id.0].series = series;
    made
}

fn notice(order: &Order, method: &'static str, data: Value, uuid: String) -> Notice {
    Notice {
        id: data["notificationid"].as_str().unwrap_or_default().to_owned(),
        region: Region::Eu,
        method,
        reference: order.message_id.clone(),
        provider_id: order.order_id.clone(),
        began_with: Operation::AccountPayout,
        content: Content::Eu {
            url: order.notification_url.clone(),
            data,
            algorithm: order.algorithm,
            uuid,
        },
        state: NoticeState::Waiting,
        attempts: 0,
        failures: 0,
        copies_left: 1,
    }
}
