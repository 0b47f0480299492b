//! Lightboxes that are open, or were.

use std::collections::BTreeMap;
use std::time::Duration;

use super::authorization::NewAuthorization;
use super::book::Beginning;
use super::cancel;
use super::refusal::Refusal;
use super::transaction::{Status, TransactionId};
use super::webhook;
use crate::agenda::Task;
use crate::clock::Moment;
use crate::config::Settings;
use crate::sim::State;

/// Beyond it no more are opened, so that memory stays bounded.
const SESSIONS_MAX: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(usize);

pub(super) struct Session {
    /// What the address shows who may go on with it.
    pub(super) key: String,
    /// As established; of a refresh not its authorization's.
    pub(super) reference: String,
    pub(super) return_url: String,
    pub(super) cancel_url: String,
    /// The customer logs in again for an authorization that there is.
    pub(super) is_refresh: bool,
    /// What the authorization will be made of once somebody sees the Lightbox.
    pub(super) draft: Option<NewAuthorization>,
    pub(super) authorization: Option<TransactionId>,
    /// Where the customer was last, as `UC01`.
    pub(super) panel: &'static str,
    pub(super) touched_at: Duration,
    pub(super) is_open: bool,
}

#[derive(Default)]
pub(crate) struct Sessions {
    sessions: Vec<Session>,
    by_key: BTreeMap<String, SessionId>,
}

impl Sessions {
    pub(super) fn find(&self, key: &str) -> Option<SessionId> {
        self.by_key.get(key).copied()
    }

    pub(super) fn get(&self, id: SessionId) -> &Session {
        &self.sessions[id.0]
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> &mut Session {
        &mut self.sessions[id.0]
    }
}

/// A new Lightbox, which ends unless somebody goes on with it. `None` when there are too many.
pub(super) fn open(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    session: Session,
) -> Option<SessionId> {
    let sessions = &mut state.amer.sessions;
    if sessions.sessions.len() >= SESSIONS_MAX {
        return None;
    }
    let id = SessionId(sessions.sessions.len());
    sessions.by_key.insert(session.key.clone(), id);
    sessions.sessions.push(session);
    let at = now.since_start + lifetime(state, settings);
    state.agenda.put(at, Task::EndSession(id));
    Some(id)
}

/// The authorization of a Lightbox, made now unless it was before.
pub(super) fn begin(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: SessionId,
) -> Result<TransactionId, Refusal> {
    let session = state.amer.sessions.get_mut(id);
    if let Some(authorization) = session.authorization {
        return Ok(authorization);
    }
    let draft = session.draft.take().expect("without an authorization there is a draft of one");
    let State { amer, ids, .. } = &mut *state;
    let made = amer.authorize(ids, now, draft, Beginning::New).ok_or_else(Refusal::full)?;
    state.amer.sessions.get_mut(id).authorization = Some(made);
    webhook::announce_status(state, settings, now, made);
    Ok(made)
}

/// Nobody touched it for as long as it lives.
pub(crate) fn end(state: &mut State, settings: &Settings, now: Moment, id: SessionId) {
    let due = state.amer.sessions.get(id).touched_at + lifetime(state, settings);
    let session = state.amer.sessions.get_mut(id);
    if !session.is_open {
        return;
    }
    if due > now.since_start {
        state.agenda.put(due, Task::EndSession(id));
        return;
    }
    session.is_open = false;
    let (authorization, is_refresh) = (session.authorization, session.is_refresh);
    let Some(authorization) = authorization else { return };
    let waits = matches!(state.amer.get(authorization).status, Status::New | Status::Pending);
    if waits && !is_refresh {
        cancel::end(state, settings, now, authorization, Status::Expired);
    }
}

fn lifetime(state: &State, settings: &Settings) -> Duration {
    let seconds = u64::from(state.amer.terms.session_lifetime_s);
    settings.clock.compress(Duration::from_secs(seconds))
}
