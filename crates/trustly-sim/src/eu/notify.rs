//! Notifications to the merchant, and what counts as an answer (page "Notifications overview").

use std::time::Duration;

use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

use super::book::SAMPLE_ACCOUNT;
use super::canonical::plaintext;
use super::register_account::BANK;
use super::subject::{Subject, SubjectId};
use crate::announce::announce;
use crate::clock::Moment;
use crate::config::Settings;
use crate::json::{parse, shuffled};
use crate::keys::{self, Algorithm};
use crate::ledger::Region;
use crate::notices::{Content, Notice, NoticeId, NoticeState};
use crate::rng::Rng;
use crate::sim::State;

/// An account as it was selected.
pub(super) struct Chosen {
    pub(super) account_id: String,
    pub(super) verified: bool,
    pub(super) clearing_house: String,
    pub(super) last_digits: String,
    pub(super) mandate: bool,
    /// Name, personal number and country, where the merchant is told.
    pub(super) person: Option<(String, String, String)>,
}

pub(super) fn payout_confirmation(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    about: SubjectId,
) -> NoticeId {
    let data = with_amount(state, now, about);
    queue(state, settings, now.since_start, about, "payoutconfirmation", data)
}

/// Says why; that the money is back is a credit's to say.
pub(super) fn payout_failed(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    about: SubjectId,
) -> NoticeId {
    let data = sample(state, now, about, "payoutfailed");
    queue(state, settings, now.since_start, about, "payoutfailed", data)
}

/// `earliest` is when it may be sent: never before the reply that accepted the order.
pub(super) fn credit(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    earliest: Duration,
    about: SubjectId,
) -> NoticeId {
    let data = sample(state, now, about, "credit");
    queue(state, settings, earliest, about, "credit", data)
}

/// A cancel names no amount.
pub(super) fn cancel(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    about: SubjectId,
) -> NoticeId {
    let data = common(state, now, about);
    queue(state, settings, now.since_start, about, "cancel", data)
}

pub(super) fn account(
    state: &mut State,
    settings: &Settings,
    earliest: Duration,
    about: SubjectId,
    chosen: &Chosen,
) -> NoticeId {
    let data = account_data(state, about, chosen);
    queue(state, settings, earliest, about, "account", data)
}

/// What a method's notification about an order usually says; of a method nobody knows, what most
/// of them say.
pub(super) fn sample(state: &mut State, now: Moment, about: SubjectId, method: &str) -> Value {
    match method {
        "cancel" => common(state, now, about),
        "account" => account_data(state, about, &Chosen::sample()),
        "kyc" => kyc_data(state, about),
        "payoutfailed" => {
            let mut data = with_amount(state, now, about);
            data["errorcode"] = "incorrect_account_number".into();
            data["errormessage"] = "The format of the account number is not correct.".into();
            data
        }
        "credit" => {
            let mut data = with_amount(state, now, about);
            if state.rng.one_in(2) {
                data["attributes"] = json!({});
            }
            data
        }
        _ => with_amount(state, now, about),
    }
}

/// The algorithm is that of the order's request; the uuid is the notification's own.
pub(super) fn queue(
    state: &mut State,
    settings: &Settings,
    earliest: Duration,
    about: SubjectId,
    method: &str,
    data: Value,
) -> NoticeId {
    let uuid = state.rng.uuid();
    let subject = &state.eu.subjects[about.0];
    let mut series = subject.series;
    let notice = notice(subject, method, data, uuid);
    let made = announce(state, &settings.clock, earliest, &mut series, notice);
    state.eu.subjects[about.0].series = series;
    made
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

/// Whether this is the merchant's signed answer to exactly this notification, and one of those
/// that its method allows.
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
        && statuses(method).iter().any(|status| result["data"]["status"] == *status)
        && keys::verify(keys, signature, &plaintext(method, uuid, &result["data"]))
}

/// What may be answered (page "Notifications overview").
fn statuses(method: &str) -> &'static [&'static str] {
    match method {
        "debit" => &["OK", "FAILED"],
        "kyc" => &["CONTINUE", "FINISH", "OK"],
        _ => &["OK"],
    }
}

fn with_amount(state: &mut State, now: Moment, about: SubjectId) -> Value {
    let mut data = common(state, now, about);
    if let Some((amount, currency)) = &state.eu.subjects[about.0].sum {
        data["amount"] = amount.loosely(&mut state.rng).into();
        data["currency"] = currency.clone().into();
    }
    data
}

fn common(state: &mut State, now: Moment, about: SubjectId) -> Value {
    let mut data = named(state, about);
    data["enduserid"] = state.eu.subjects[about.0].end_user_id.clone().into();
    let (digits, hours_east) = (state.rng.below(7), state.rng.next() % 3);
    data["timestamp"] = now.timestamp(digits, hours_east).into();
    data
}

fn account_data(state: &mut State, about: SubjectId, chosen: &Chosen) -> Value {
    let mut data = named(state, about);
    data["accountid"] = chosen.account_id.clone().into();
    data["verified"] = if chosen.verified { "1" } else { "0" }.into();
    let mut attributes = json!({
        "clearinghouse": chosen.clearing_house,
        "bank": BANK,
        "descriptor": format!("***{}", chosen.last_digits),
        "lastdigits": chosen.last_digits,
    });
    if let Some((name, person_id, country)) = &chosen.person {
        attributes["name"] = name.clone().into();
        attributes["personid"] = format!("{country}{person_id}").into();
        attributes["address"] = "Street 1".into();
        attributes["zipcode"] = "12345".into();
        attributes["city"] = "Main City".into();
    }
    if chosen.mandate {
        attributes["directdebitmandate"] = "1".into();
    }
    data["attributes"] = attributes;
    data
}

fn kyc_data(state: &mut State, about: SubjectId) -> Value {
    let mut data = named(state, about);
    data["kycentityid"] = state.rng.uuid().into();
    data["attributes"] = json!({ "personid": "SE19900331", "firstname": "Steve" });
    data
}

fn named(state: &mut State, about: SubjectId) -> Value {
    let subject = &state.eu.subjects[about.0];
    let mut data = json!({
        "messageid": subject.message_id,
        "orderid": subject.order_id,
        "notificationid": state.ids.next(),
    });
    // Members may be added at any time; whoever verifies must count in what he does not know.
    if state.rng.one_in(4) {
        data["zz_added_later"] = json!(["1", null, { "Å": "ä" }]);
    }
    data
}

fn notice(subject: &Subject, method: &str, data: Value, uuid: String) -> Notice {
    Notice {
        id: data["notificationid"].as_str().unwrap_or_default().to_owned(),
        region: Region::Eu,
        method: method.to_owned(),
        reference: subject.message_id.clone(),
        provider_id: subject.order_id.clone(),
        began_with: subject.began_with,
        content: Content::Eu {
            url: subject.notification_url.clone(),
            data,
            algorithm: subject.algorithm,
            uuid,
        },
        state: if subject.held { NoticeState::Held } else { NoticeState::Waiting },
        attempts: 0,
        failures: 0,
        copies_left: 1,
    }
}

impl Chosen {
    fn sample() -> Self {
        Self {
            account_id: SAMPLE_ACCOUNT.to_owned(),
            verified: true,
            clearing_house: "SWEDEN".to_owned(),
            last_digits: "6212".to_owned(),
            mandate: false,
            person: None,
        }
    }
}
