//! What control calls ask of Trustly Americas: authorizations that nobody had to make in a
//! Lightbox, changes at the bank, events out of turn, and steps before their time.

use serde::Serialize;

use super::authorization::{Consent, NewAuthorization};
use super::book::Beginning;
use super::course;
use super::grant;
use super::transaction::TransactionId;
use super::webhook::{self, Event, Pairs};
use crate::clock::Moment;
use crate::config::Settings;
use crate::ledger::as_text;
use crate::money::Amount;
use crate::sim::State;

/// Events that can be ordered in a simulator's life.
const EVENTS_MAX: usize = 10_000;

/// No event has a longer name.
const NAME_LENGTH_MAX: usize = 64;

/// A change of an authorization at its bank.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) consent: Option<Consent>,
    pub(crate) instant_available: Option<bool>,
    pub(crate) expires_split_token: bool,
}

/// An event as it is ordered.
pub(crate) struct WantedEvent<'a> {
    pub(crate) name: &'a str,
    /// Fields to be added, or to stand in the place of others.
    pub(crate) data: Pairs,
    pub(crate) leave_out: &'a [String],
}

/// One line of `GET /_sim/authorizations`.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    transaction_id: &'a str,
    reference: &'a str,
    customer_id: &'a str,
    payment_type: &'static str,
    status: u8,
    consent: &'static str,
    currency: &'a str,
    #[serde(serialize_with = "as_text")]
    limit: Amount,
    #[serde(serialize_with = "as_text")]
    taken: Amount,
    instant_available: bool,
}

/// The problem names the member.
pub(crate) type Problem = &'static str;

/// An authorization that is good at once. Announced, it has the events that the Lightbox would
/// have made, and a split token; else nobody is told. `None` when there are too many.
pub(crate) fn authorize(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    new: NewAuthorization,
    announced: bool,
) -> Option<String> {
    let beginning = if announced { Beginning::New } else { Beginning::Authorized };
    let State { amer, ids, .. } = &mut *state;
    let id = amer.authorize(ids, now, new, beginning)?;
    if announced {
        webhook::announce_status(state, settings, now, id);
        grant::grant(state, settings, (now, now.since_start), id, None);
    }
    Some(state.amer.id_text(id))
}

pub(crate) fn change(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    change: &Change,
) -> Result<(), Problem> {
    if state.amer.events_ordered >= EVENTS_MAX {
        return Err("there are too many events");
    }
    state.amer.events_ordered += usize::from(change.consent == Some(Consent::Revoked));
    let Some(authorization) = state.amer.authorization_mut(id) else {
        return Err("transaction_id, reference: this is no authorization");
    };
    if let Some(available) = change.instant_available {
        authorization.bank.instant_available = available;
    }
    if change.expires_split_token {
        authorization.expire_token(now);
    }
    if let Some(consent) = change.consent {
        grant::turn(state, settings, now, id, consent);
    }
    Ok(())
}

/// Those with one reference, or all.
pub(crate) fn lines<'a>(state: &'a State, reference: Option<&str>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (id, transaction) in state.amer.all() {
        let Some(authorization) = transaction.authorization() else { continue };
        if reference.is_some_and(|wanted| wanted != transaction.reference) {
            continue;
        }
        lines.push(Line {
            transaction_id: &transaction.id,
            reference: &transaction.reference,
            customer_id: &authorization.customer_id,
            payment_type: authorization.payment_type.name(),
            status: transaction.status.code(),
            consent: authorization.consent.name(),
            currency: &transaction.currency,
            limit: transaction.amount,
            taken: state.amer.taken(id),
            instant_available: authorization.bank.instant_available,
        });
    }
    lines
}

/// Sends an event about a transaction, and gives its id. It moves no money.
pub(crate) fn send(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    wanted: WantedEvent<'_>,
) -> Result<String, Problem> {
    if wanted.name.is_empty() || wanted.name.len() > NAME_LENGTH_MAX {
        return Err("event: must have 1 to 64 bytes");
    }
    if !webhook::has_listener(state, id) {
        return Err("there is no address for events yet");
    }
    if state.amer.events_ordered >= EVENTS_MAX {
        return Err("there are too many events");
    }
    state.amer.events_ordered += 1;
    let event_id = state.ids.next();
    let blank = Event { name: "", message: "", extra: Vec::new() };
    let mut pairs = webhook::pairs(state, &settings.amer, now, id, (&event_id, &blank));
    replace(&mut pairs, "eventType", wanted.name.to_owned());
    for (name, value) in wanted.data {
        replace(&mut pairs, &name, value);
    }
    pairs.retain(|(name, _)| !wanted.leave_out.contains(name));
    let about = (wanted.name, event_id.clone());
    webhook::queue(state, settings, now.since_start, id, about, &pairs);
    Ok(event_id)
}

/// The next step of a deposit or a reclaim now; gives the status it has then.
pub(crate) fn push(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
) -> Result<u8, Problem> {
    if !course::push(state, settings, now, id) {
        return Err("there is no step to come");
    }
    Ok(state.amer.get(id).status.code())
}

/// In its place, or at the end where there was none.
fn replace(pairs: &mut Pairs, name: &str, value: String) {
    match pairs.iter_mut().find(|(each, _)| each == name) {
        Some((_, old)) => *old = value,
        None => pairs.push((name.to_owned(), value)),
    }
}
