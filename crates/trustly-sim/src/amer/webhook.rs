//! Event notifications: form-encoded, signed over the decoded body (page "Validate the
//! notification signature").

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::form;
use super::render::return_code;
use super::signature::{Algorithm, sign};
use super::terms::{Decoding, EventNames, Presence, ReturnCodeIn, Terms};
use super::transaction::{Status, Transaction, TransactionId};
use crate::announce::announce;
use crate::clock::Moment;
use crate::config::{AmerSettings, Settings};
use crate::ledger::Region;
use crate::notices::{Content, Notice, NoticeId, NoticeState};
use crate::sim::State;

/// What an event says beside the state of its transaction.
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) message: &'static str,
    pub(super) extra: Vec<(&'static str, String)>,
}

/// How webhooks are signed at the moment.
#[derive(Clone, Copy)]
pub(crate) struct Signing {
    algorithm: Algorithm,
    decoding: Decoding,
}

/// Names and values in the order of real samples.
pub(super) type Pairs = Vec<(String, String)>;

/// Tells the merchant the status a transaction is in now.
pub(super) fn announce_status(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
) {
    let name = event_type(state.amer.get(id).status);
    let event = Event { name, message: "", extra: Vec::new() };
    announce_event(state, settings, (now, now.since_start), id, &event);
}

/// An event that is sent at `earliest`. Nobody is told while no address is known.
pub(super) fn announce_event(
    state: &mut State,
    settings: &Settings,
    (now, earliest): (Moment, Duration),
    id: TransactionId,
    event: &Event,
) -> Option<NoticeId> {
    if !has_listener(state, id) {
        return None;
    }
    let event_id = state.ids.next();
    let pairs = pairs(state, &settings.amer, now, id, (&event_id, event));
    Some(queue(state, settings, earliest, id, (event.name, event_id), &pairs))
}

pub(super) fn has_listener(state: &State, id: TransactionId) -> bool {
    let (_, _, authorization) = state.amer.authorization_of(id);
    authorization.notification_url.is_some() || state.amer.webhook_url.is_some()
}

pub(super) fn queue(
    state: &mut State,
    settings: &Settings,
    earliest: Duration,
    id: TransactionId,
    (name, event_id): (&str, String),
    pairs: &Pairs,
) -> NoticeId {
    let transaction = state.amer.get(id);
    let (_, _, authorization) = state.amer.authorization_of(id);
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", form::encode(value))).collect();
    let content =
        Content::Amer { form: encoded.join("&"), url: authorization.notification_url.clone() };
    let mut series = transaction.series;
    let notice = Notice {
        id: event_id,
        region: Region::Amer,
        method: name.to_owned(),
        reference: transaction.reference.clone(),
        provider_id: transaction.id.clone(),
        began_with: transaction.began_with(),
        content,
        state: NoticeState::Waiting,
        attempts: 0,
        failures: 0,
        copies_left: 1,
    };
    let made = announce(state, &settings.clock, earliest, &mut series, notice);
    state.amer.get_mut(id).series = series;
    made
}

impl Signing {
    pub(crate) fn of(terms: &Terms) -> Self {
        Self { algorithm: terms.signature, decoding: terms.webhook_decoding }
    }

    /// The `Authorization` header of a webhook with this body.
    pub(crate) fn header(self, access_id: &str, access_key: &str, form: &str) -> String {
        let decoded = match self.decoding {
            Decoding::Form => form::decode(form),
            Decoding::Percent => form::percent_decode(form),
            Decoding::Raw => Some(form.to_owned()),
        };
        let decoded = decoded.expect("the simulator encodes its own forms well");
        let signature = sign(self.algorithm, access_key, &decoded);
        format!("Basic {}", BASE64.encode(format!("{access_id}:{signature}")))
    }
}

/// The documentation names none for 11, 12, 13 and 14.
fn event_type(status: Status) -> &'static str {
    match status {
        Status::New => "Establish",
        Status::Pending | Status::OnHold => "Update",
        Status::Authorized => "Authorize",
        Status::Processed => "Process",
        Status::Completed => "Complete",
        Status::Failed => "Fail",
        Status::Expired => "Expire",
        Status::Canceled | Status::Voided => "Cancel",
        Status::Denied => "Deny",
        Status::Reversed => "Reverse",
        Status::PartiallyRefunded | Status::Refunded => "Refund",
    }
}

/// Trustly's own pages do not agree on the spelling of some names.
fn spelled(state: &mut State, name: &str) -> String {
    let other = match name {
        "Complete" => "Completed",
        "Fail" => "Failed",
        "Expire" => "Expired",
        "Cancel" => "Cancelled",
        _ => name,
    };
    let long = match state.amer.terms.event_names {
        EventNames::Short => false,
        EventNames::Long => true,
        EventNames::Either => other != name && state.rng.one_in(3),
    };
    if long { other } else { name }.to_owned()
}

/// Keys in the order of real samples; those that only some samples have come and go.
pub(super) fn pairs(
    state: &mut State,
    settings: &AmerSettings,
    now: Moment,
    id: TransactionId,
    (event_id, event): (&str, &Event),
) -> Pairs {
    let name = spelled(state, event.name);
    let State { amer, rng, .. } = state;
    let transaction = amer.get(id);
    let (_, _, authorization) = amer.authorization_of(id);
    let mut pairs = vec![
        ("merchantId", settings.merchant_id.clone()),
        ("merchantReference", transaction.reference.clone()),
        ("paymentType", authorization.payment_type.code().to_string()),
        ("transactionType", transaction.type_code().to_string()),
        ("eventId", event_id.to_owned()),
        ("eventType", name),
        ("objectId", transaction.id.clone()),
        ("objectType", "Transaction".to_owned()),
        ("message", event.message.to_owned()),
    ];
    let shows_parent = match amer.terms.parent_object_id {
        Presence::Either => rng.one_in(2),
        Presence::Always => true,
        Presence::Never => false,
    };
    if shows_parent {
        // Of an authorization its own, as it has no other.
        let parent = transaction.parent().unwrap_or(id);
        pairs.push(("parentObjectId", amer.get(parent).id.clone()));
    }
    pairs.push(("timeZone", "Etc/UTC".to_owned()));
    pairs.push(("createdAt", now.unix_ms().to_string()));
    if rng.one_in(2) {
        pairs.push(("accessId", settings.access_id.clone()));
    }
    pairs.push(("fiCode", authorization.bank.id.to_owned()));
    if rng.one_in(2) {
        pairs.push(("fiName", authorization.bank.name.to_owned()));
    }
    pairs.extend(network_pairs(transaction, amer.terms.return_code_in));
    pairs.push(("status", transaction.status.code().to_string()));
    pairs.push(("statusMessage", transaction.status.name().to_owned()));
    pairs.extend(event.extra.iter().cloned());
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the bank network said, with the reason where it said no.
fn network_pairs(transaction: &Transaction, place: ReturnCodeIn) -> Vec<(&'static str, String)> {
    let reason = &transaction.network;
    let (status, message) = return_code(reason, place);
    let mut pairs = vec![
        ("paymentProviderTransaction.status", status),
        ("paymentProviderTransaction.statusMessage", message),
    ];
    if let (Some(code), Some(extended)) = (reason.code(), reason.extended) {
        pairs.push(("paymentProviderTransaction.reasonCode", code.to_string()));
        let message = reason.message().to_owned();
        pairs.push(("paymentProviderTransaction.reasonCodeMessage", message));
        pairs.push(("extendedReason.code", extended.to_string()));
    }
    if let Some(code) = reason.error_code {
        pairs.push(("errorCode", code.to_string()));
    }
    let elsewhere = match place {
        ReturnCodeIn::ThirdPartyDeclineCode => Some("thirdPartyDeclineCode"),
        ReturnCodeIn::ReturnType => Some("returnType"),
        ReturnCodeIn::Status | ReturnCodeIn::StatusMessage => None,
    };
    if let (Some(name), Some(code)) = (elsewhere, &reason.return_code) {
        pairs.push((name, code.clone()));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sandbox-access-key-0001";
    const ID: &str = "SIMACCESSID0000000001";
    const COMPLETE: &str = "merchantId=1002463580&merchantReference=payout_001&paymentType=2\
        &transactionType=6&eventId=1033100695&eventType=Complete&objectId=1025376256\
        &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489387266\
        &fiCode=200005501&fiName=Demo+Bank&paymentProviderTransaction.status=AC105\
        &paymentProviderTransaction.statusMessage=AC105&status=4&statusMessage=Completed";

    fn signing(decoding: Decoding) -> Signing {
        Signing { algorithm: Algorithm::Sha1, decoding }
    }

    #[test]
    fn headers_are_those_of_the_worked_examples() {
        let header = |form| signing(Decoding::Form).header(ID, KEY, form);
        assert_eq!(
            header(COMPLETE),
            "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOktudktPVHlzcUlaa2Q5cGozQndZbno3czQvWT0="
        );
        let authorize = "merchantId=1002463580&merchantReference=auth-7f3c1&paymentType=2\
            &transactionType=1&eventId=1033100001&eventType=Authorize&objectId=1025376200\
            &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489380000\
            &fiCode=200005501&status=2&statusMessage=Authorized&splitToken=CKD%2Bab%2F1234%3D";
        assert_eq!(
            header(authorize),
            "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOnNHdldSVEhFazhNOXgxdVZZU3lYaFhUMzU4bz0="
        );
    }

    #[test]
    fn a_plus_can_be_decoded_in_three_ways() {
        for (decoding, signature) in [
            (Decoding::Percent, "M+BXwl7yChbUK1/lSt/ZoaJLHYU="),
            (Decoding::Raw, "nKBAA0qbj0JxpVjCXJgFaZ5XLsQ="),
        ] {
            let expected = format!("Basic {}", BASE64.encode(format!("{ID}:{signature}")));
            assert_eq!(signing(decoding).header(ID, KEY, COMPLETE), expected);
        }
    }
}
