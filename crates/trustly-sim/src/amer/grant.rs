//! The customer agrees, at a bank, to an authorization; and takes that back.

use std::time::Duration;

use super::authorization::Consent;
use super::reason::Reason;
use super::transaction::{Status, TransactionId};
use super::webhook::{self, Event};
use crate::clock::Moment;
use crate::config::Settings;
use crate::notices::NoticeId;
use crate::sim::State;

/// An authorization becomes good, for the first time or again. Its events go out at `earliest`;
/// gives the one that brings the split token.
pub(super) fn grant(
    state: &mut State,
    settings: &Settings,
    (now, earliest): (Moment, Duration),
    id: TransactionId,
    token_lifetime: Option<Duration>,
) -> Option<NoticeId> {
    let (brings_token, tells_data) = (state.amer.terms.split_tokens, state.amer.terms.data_events);
    let seconds = state.amer.terms.split_token_lifetime_s;
    let usual = seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let lifetime = token_lifetime.or(usual);
    let expires = lifetime.map(|lifetime| now.since_start + settings.clock.compress(lifetime));
    if tells_data {
        let event = Event { name: "Update", message: "setPaymentProvider", extra: Vec::new() };
        webhook::announce_event(state, settings, (now, earliest), id, &event);
    }
    let transaction = state.amer.get_mut(id);
    transaction.status = Status::Authorized;
    transaction.network = Reason::plain("SW020");
    transaction.touch(now);
    let State { amer, rng, .. } = &mut *state;
    let authorization = amer.authorization_mut(id)?;
    authorization.consent = Consent::Good;
    let mut extra = Vec::new();
    if brings_token {
        authorization.issue_token(rng, now, expires);
        let token = authorization.token_text().unwrap_or_default().to_owned();
        extra.push(("splitToken", token));
    }
    let event = Event { name: "Authorize", message: "", extra };
    let told = webhook::announce_event(state, settings, (now, earliest), id, &event);
    if tells_data {
        let event = Event { name: "DataReady", message: "", extra: Vec::new() };
        webhook::announce_event(state, settings, (now, earliest), id, &event);
    }
    told
}

/// How the bank stands to an authorization from now on. Only a consent that is taken back is told.
pub(super) fn turn(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    consent: Consent,
) {
    let Some(authorization) = state.amer.authorization_mut(id) else { return };
    authorization.consent = consent;
    if consent != Consent::Revoked {
        return;
    }
    let status = match state.amer.terms.revoked_status {
        Some(6) => Some(Status::Expired),
        Some(7) => Some(Status::Canceled),
        Some(_) => Some(Status::Voided),
        None => None,
    };
    let transaction = state.amer.get_mut(id);
    transaction.status = status.unwrap_or(transaction.status);
    transaction.touch(now);
    let event = Event { name: "CONSENT_REVOKED", message: "", extra: Vec::new() };
    webhook::announce_event(state, settings, (now, now.since_start), id, &event);
}
