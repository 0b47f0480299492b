//! The checkout that `SelectAccount` leads to: a bare form instead of a bank's pages.

use std::time::Duration;

use http::Method;

use super::clearing;
use super::methods::Work;
use super::notify::{self, Chosen};
use super::register_account::{details, last_digits};
use super::subject::SubjectId;
use crate::agenda::Task;
use crate::amer::form_pairs;
use crate::clock::Moment;
use crate::config::Settings;
use crate::page::{escaped, page};
use crate::requests::{digest, ten_digits};
use crate::sim::{Sim, State};
use crate::web::{self, Request, Response};

/// Where it is; the session is in the query.
pub(crate) const PATH: &str = "/_/orderclient.php";

/// A checkout that nobody touches is given up; ten to thirty minutes are documented.
const IDLE_MAX: Duration = Duration::from_secs(20 * 60);

/// An `account` notification may come after the browser is back at the merchant's.
const ACCOUNT_LATER: Duration = Duration::from_secs(10);

/// Of an account number that a person types.
const ACCOUNT_NUMBER_LENGTH_MAX: usize = 34;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SelectionId(usize);

impl SelectionId {
    pub(super) fn new(index: usize) -> Self {
        Self(index)
    }
}

/// An account being selected.
pub(super) struct Selection {
    pub(super) subject: SubjectId,
    /// What the address shows who may go on with it.
    pub(super) session: String,
    pub(super) country: String,
    /// First and last.
    pub(super) name: [String; 2],
    pub(super) person_id: String,
    pub(super) success_url: String,
    pub(super) fail_url: Option<String>,
    pub(super) app_url: Option<String>,
    pub(super) target: String,
    pub(super) mandate: bool,
    pub(super) touched_at: Duration,
    pub(super) is_open: bool,
}

/// What the person decided.
enum Decision {
    Complete { verified: bool, account_number: String },
    Cancel,
}

/// A new checkout, which is given up unless somebody goes on with it.
pub(super) fn open(work: &mut Work<'_>, selection: Selection) {
    let id = work.state.eu.add_selection(selection);
    let at = work.now.since_start + work.settings.clock.compress(IDLE_MAX);
    work.state.agenda.put(at, Task::Abandon(id));
}

/// A browser's request: the form, or what was decided in it.
pub(crate) fn handle(sim: &Sim, request: &Request) -> Response {
    let session = field(request.uri.query().unwrap_or_default(), "SessionID");
    let Some(id) = sim.read().eu.selection(&session.unwrap_or_default()) else {
        return web::html(404, page("There is no such order.", ""));
    };
    match request.method {
        Method::GET => sim.update(|state| show(state, sim.settings.clock.now(), id)),
        Method::POST => match decision(&request.body) {
            Some(decision) => sim.update(|state| decide(state, &sim.settings, id, &decision)),
            None => web::html(400, page("Choose complete, complete_unverified or cancel.", "")),
        },
        _ => web::html(405, page("A checkout is read with GET and decided with POST.", "")),
    }
}

/// Nobody went on with it: as if it had been cancelled, only that nobody is there to be sent on.
pub(crate) fn abandon(state: &mut State, settings: &Settings, now: Moment, id: SelectionId) {
    let selection = &mut state.eu.selections[id.0];
    if !selection.is_open {
        return;
    }
    let due = selection.touched_at + settings.clock.compress(IDLE_MAX);
    if due > now.since_start {
        state.agenda.put(due, Task::Abandon(id));
        return;
    }
    selection.is_open = false;
    let subject = selection.subject;
    notify::cancel(state, settings, now, subject);
}

fn show(state: &mut State, now: Moment, id: SelectionId) -> Response {
    let selection = &mut state.eu.selections[id.0];
    if !selection.is_open {
        return web::html(200, page("This order has ended.", ""));
    }
    selection.touched_at = now.since_start;
    let selection = &state.eu.selections[id.0];
    let number = suggested_number(state, selection);
    web::html(200, page("Select an account", &form(selection, &number)))
}

fn decide(
    state: &mut State,
    settings: &Settings,
    id: SelectionId,
    decision: &Decision,
) -> Response {
    let now = settings.clock.now();
    let selection = &mut state.eu.selections[id.0];
    if !selection.is_open {
        return web::html(409, page("This order has ended.", ""));
    }
    selection.is_open = false;
    let location = match decision {
        Decision::Complete { verified, account_number } => {
            let location = selection.success_url.clone();
            complete(state, settings, now, id, (*verified, account_number));
            Some(location)
        }
        Decision::Cancel => {
            let (location, subject) = (selection.fail_url.clone(), selection.subject);
            notify::cancel(state, settings, now, subject);
            location
        }
    };
    let back = location.and_then(|location| web::redirect(&location));
    back.unwrap_or_else(|| web::html(200, page("You can close this page.", "")))
}

/// The same account number gives the same `AccountID` again. With too many accounts the order is
/// cancelled instead.
fn complete(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: SelectionId,
    (verified, account_number): (bool, &str),
) {
    let selection = &state.eu.selections[id.0];
    let subject = selection.subject;
    let number = match account_number {
        "" => suggested_number(state, selection),
        typed => typed.to_owned(),
    };
    let house = clearing::of_country(&selection.country).unwrap_or_default();
    let Some(account_id) = state.eu.register(details(house, "", &number)) else {
        notify::cancel(state, settings, now, subject);
        return;
    };
    let selection = &state.eu.selections[id.0];
    let chosen = Chosen {
        account_id,
        verified,
        clearing_house: house.to_owned(),
        last_digits: last_digits(&number),
        mandate: selection.mandate,
        person: state.eu.contract.kyc_data.then(|| {
            (selection.name.join(" "), selection.person_id.clone(), selection.country.clone())
        }),
    };
    let late = state.rng.one_in(2);
    let pause = if late { settings.clock.compress(ACCOUNT_LATER) } else { Duration::ZERO };
    notify::account(state, settings, now.since_start + pause, subject, &chosen);
}

/// One that is the person's own.
fn suggested_number(state: &State, selection: &Selection) -> String {
    let end_user = &state.eu.subjects[selection.subject.0].end_user_id;
    ten_digits(&digest(end_user.as_bytes()))
}

fn decision(body: &[u8]) -> Option<Decision> {
    let body = std::str::from_utf8(body).ok()?;
    let account_number = field(body, "accountnumber").unwrap_or_default();
    let is_number = account_number.len() <= ACCOUNT_NUMBER_LENGTH_MAX
        && account_number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match (field(body, "decision")?.as_str(), is_number) {
        ("complete", true) => Some(Decision::Complete { verified: true, account_number }),
        ("complete_unverified", true) => {
            Some(Decision::Complete { verified: false, account_number })
        }
        ("cancel", _) => Some(Decision::Cancel),
        _ => None,
    }
}

fn field(form: &str, name: &str) -> Option<String> {
    let pair = form_pairs(form)?.into_iter().find(|(each, _)| each == name);
    pair.map(|(_, value)| value)
}

fn form(selection: &Selection, number: &str) -> String {
    let app = match &selection.app_url {
        Some(url) => format!("<p><a href=\"{}\">Back to the app</a></p>", escaped(url)),
        None => String::new(),
    };
    format!(
        "<form method=\"post\" target=\"{target}\">\
        <p>{name}, {country}</p>\
        <p><label>Account number <input name=\"accountnumber\" value=\"{number}\"></label></p>\
        <button name=\"decision\" value=\"complete\">Complete</button> \
        <button name=\"decision\" value=\"complete_unverified\">Complete, unverified</button> \
        <button name=\"decision\" value=\"cancel\">Cancel</button></form>{app}",
        target = escaped(&selection.target),
        name = escaped(&selection.name.join(" ")),
        country = escaped(&selection.country),
    )
}
