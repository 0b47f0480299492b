//! The Lightbox: a form in the place of a bank's pages, without any script.

use std::time::Duration;

use http::{Method, header};

use super::authorization::{DEMO_BANK, PaymentType, SLOW_BANK};
use super::cancel;
use super::course::BATCH_LENGTH;
use super::demo_bank::{ACCOUNTS, Access, Login, PASSWORD, Typed, USERNAME};
use super::establish;
use super::fields::Fields;
use super::form;
use super::grant::grant;
use super::redirect::{self, About};
use super::sessions::{self, SessionId};
use super::terms::RedirectOrder;
use super::transaction::{Kind, Status};
use crate::config::Settings;
use crate::notices::NoticeId;
use crate::page::{escaped, page};
use crate::sim::{Sim, State};
use crate::web::{self, Request, Response};

/// Where establish data opens a Lightbox, as the browser's library does with it.
pub(crate) const START_PATH: &str = "/start/selectBank/index";

/// Where an open one is; the session is in the query.
pub(crate) const PAGE_PATH: &str = "/start/lightbox";

/// How long a redirect waits for an event that is to come first: a merchant may be unable to
/// answer it.
const EVENT_WAIT_MAX: Duration = Duration::from_secs(10);

/// What a decision leads to.
enum Step {
    Page(Response),
    /// Back to the merchant, once this event was tried, if one is to come first.
    Back(String, Option<NoticeId>),
}

/// A browser's request.
pub(crate) async fn handle(sim: &Sim, request: &Request) -> Response {
    if request.uri.path() == START_PATH {
        return start(sim, request);
    }
    let pairs = form::pairs(request.uri.query().unwrap_or_default()).unwrap_or_default();
    let key = form::value(&pairs, "session").unwrap_or_default();
    let Some(id) = sim.read().amer.sessions.find(key) else {
        return web::html(404, page("There is no such session.", ""));
    };
    let typed = std::str::from_utf8(&request.body).ok().and_then(form::pairs).unwrap_or_default();
    match (&request.method, form::value(&typed, "decision")) {
        (&Method::GET, _) => sim.update(|state| show(state, &sim.settings, id)),
        (&Method::POST, Some("authorize")) => authorize(sim, id, &Typed::parse(&typed)).await,
        (&Method::POST, Some("cancel")) => {
            go_on(sim, sim.update(|state| give_up(state, &sim.settings, id))).await
        }
        (&Method::POST, _) => web::html(400, page("Choose authorize or cancel.", "")),
        _ => web::html(405, page("A Lightbox is read with GET and decided with POST.", "")),
    }
}

/// Establish data as the browser's library sends it: dotted names in the query or in a form, or
/// JSON. No secret goes with it, so its signature is all that vouches for it.
fn start(sim: &Sim, request: &Request) -> Response {
    let content_type = request.headers.get(header::CONTENT_TYPE);
    let is_json =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let fields = match request.method {
        Method::GET => Fields::form(request.uri.query().unwrap_or_default().as_bytes()),
        Method::POST if is_json => Fields::nested(&request.body),
        Method::POST => Fields::form(&request.body),
        _ => None,
    };
    let Some(fields) = fields else {
        return web::html(400, page("These establish data cannot be read.", ""));
    };
    let (settings, now) = (&sim.settings, sim.settings.clock.now());
    let opened = sim.update(|state| {
        let payment_type = establish::checked(state, settings, &fields, PaymentType::Deferred)?;
        let session = establish::open(state, settings, now, &fields, payment_type)?;
        Ok(state.amer.sessions.get(session).key.clone())
    });
    match opened {
        Ok(key) => back(&format!("{PAGE_PATH}?session={key}")),
        Err(refusal) => {
            let refusal: super::Refusal = refusal;
            let text = format!("<p>Error {}: {}</p>", refusal.code, refusal.message);
            web::html(refusal.status(), page("This cannot be established", &text))
        }
    }
}

/// Seeing it makes the authorization, if establishing it did not.
fn show(state: &mut State, settings: &Settings, id: SessionId) -> Response {
    let now = settings.clock.now();
    let session = state.amer.sessions.get_mut(id);
    if !session.is_open {
        return web::html(200, page("This session has ended.", ""));
    }
    session.touched_at = now.since_start;
    let is_refresh = session.is_refresh;
    let Ok(authorization) = sessions::begin(state, settings, now, id) else {
        return web::html(500, page("There are too many authorizations.", ""));
    };
    let transaction = state.amer.get_mut(authorization);
    if !is_refresh && transaction.status == Status::New {
        transaction.status = Status::Pending;
        transaction.touch(now);
    }
    web::html(200, page("Select your bank", &content(state, id, "", &ACCOUNTS)))
}

async fn authorize(sim: &Sim, id: SessionId, typed: &Typed) -> Response {
    if let Some(sleep) = typed.sleep() {
        tokio::time::sleep(sim.settings.clock.compress(sleep)).await;
    }
    let login = typed.login();
    go_on(sim, sim.update(|state| log_in(state, &sim.settings, id, login))).await
}

fn log_in(state: &mut State, settings: &Settings, id: SessionId, login: Login) -> Step {
    let now = settings.clock.now();
    if !state.amer.sessions.get(id).is_open {
        return Step::Page(web::html(409, page("This session has ended.", "")));
    }
    state.amer.sessions.get_mut(id).touched_at = now.since_start;
    let (panel, message, accounts) = match login {
        Login::In(access) => return agree(state, settings, id, *access),
        Login::AsksCode => ("UC06", "Enter the code that your bank sent you.", &ACCOUNTS[..]),
        Login::Offers(accounts) => ("UC08", "Choose one of these accounts.", accounts),
        Login::Refused(message, panel) => (panel, message, &ACCOUNTS[..]),
    };
    state.amer.sessions.get_mut(id).panel = panel;
    let content = content(state, id, message, accounts);
    Step::Page(web::html(200, page("Select your bank", &content)))
}

fn agree(state: &mut State, settings: &Settings, id: SessionId, access: Access) -> Step {
    let now = settings.clock.now();
    let Ok(authorization) = sessions::begin(state, settings, now, id) else {
        return Step::Page(web::html(500, page("There are too many authorizations.", "")));
    };
    let session = state.amer.sessions.get_mut(id);
    session.is_open = false;
    let ended = match state.amer.get(authorization).status {
        Status::New | Status::Pending => false,
        _ => !state.amer.sessions.get(id).is_refresh,
    };
    if ended {
        return Step::Page(web::html(409, page("This session has ended.", "")));
    }
    if let Kind::Authorization(made) = &mut state.amer.get_mut(authorization).kind {
        (made.bank, made.account, made.denial) = (access.bank, access.account, access.denial);
    }
    let event_first = match state.amer.terms.redirect_order {
        RedirectOrder::EventFirst => true,
        RedirectOrder::RedirectFirst => false,
        RedirectOrder::Either => state.rng.one_in(2),
    };
    let pause = if event_first { Duration::ZERO } else { settings.clock.compress(BATCH_LENGTH) };
    let when = (now, now.since_start + pause);
    let told = grant(state, settings, when, authorization, access.token_lifetime);
    let about = about(state, id);
    let terms = &state.amer.terms;
    let url = redirect::returned(&about, terms, &settings.amer.access_key);
    Step::Back(url, told.filter(|_| event_first))
}

fn give_up(state: &mut State, settings: &Settings, id: SessionId) -> Step {
    let now = settings.clock.now();
    if !state.amer.sessions.get(id).is_open {
        return Step::Page(web::html(409, page("This session has ended.", "")));
    }
    let Ok(authorization) = sessions::begin(state, settings, now, id) else {
        return Step::Page(web::html(500, page("There are too many authorizations.", "")));
    };
    let session = state.amer.sessions.get_mut(id);
    session.is_open = false;
    if !session.is_refresh {
        cancel::end(state, settings, now, authorization, Status::Canceled);
    }
    let about = about(state, id);
    let url = redirect::canceled(&about, &state.amer.terms, &settings.amer.access_key);
    Step::Back(url, None)
}

fn about(state: &State, id: SessionId) -> About<'_> {
    let session = state.amer.sessions.get(id);
    let authorization = session.authorization.expect("a decided session has an authorization");
    let (_, transaction, authorization) = state.amer.authorization_of(authorization);
    About { session, transaction, authorization }
}

async fn go_on(sim: &Sim, step: Step) -> Response {
    match step {
        Step::Page(response) => response,
        Step::Back(url, None) => back(&url),
        Step::Back(url, Some(notice)) => {
            sim.wait_for_attempt(notice, EVENT_WAIT_MAX).await;
            back(&url)
        }
    }
}

fn back(url: &str) -> Response {
    web::redirect(url).unwrap_or_else(|| web::html(200, page("You can close this page.", "")))
}

fn content(state: &State, id: SessionId, message: &str, accounts: &[&str]) -> String {
    let session = state.amer.sessions.get(id);
    let name = match session.authorization {
        Some(authorization) => &state.amer.authorization_of(authorization).2.customer_name,
        None => "",
    };
    let option = |value: &str, text: &str| format!("<option value=\"{value}\">{text}</option>");
    let banks: String = [DEMO_BANK, SLOW_BANK].map(|bank| option(bank.id, bank.name)).concat();
    let accounts: String = accounts.iter().map(|name| option(name, name)).collect();
    format!(
        "<form method=\"post\"><p>{name}</p><p><strong>{message}</strong></p>\
        <p><label>Bank <select name=\"bank\">{banks}</select></label></p>\
        <p><label>User name <input name=\"username\" value=\"{USERNAME}\"></label></p>\
        <p><label>Password <input name=\"password\" value=\"{PASSWORD}\"></label></p>\
        <p><label>Code <input name=\"code\"></label></p>\
        <p><label>Account <select name=\"account\">{accounts}</select></label></p>\
        <button name=\"decision\" value=\"authorize\">Authorize</button> \
        <button name=\"decision\" value=\"cancel\">Cancel</button></form>",
        name = escaped(name),
    )
}
