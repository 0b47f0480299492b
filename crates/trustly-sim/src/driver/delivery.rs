//! One attempt to deliver a notification.

use std::sync::Arc;
use std::time::Duration;

use http::header;

use crate::agenda::Task;
use crate::announce::ask;
use crate::config::Settings;
use crate::faults::{Fault, Stage};
use crate::notices::{Content, Next, NoticeId};
use crate::sim::{Sim, State};
use crate::{amer, eu};

/// Documented for the Americas, not divided by the time factor.
const AMER_ANSWER_WAIT: Duration = Duration::from_secs(3);

/// Not published for Europe.
const EU_ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A signed OK has less than a kilobyte.
const ANSWER_LENGTH_MAX: usize = 64 * 1024;

/// A delivery as decided under the lock.
struct Attempt {
    method: String,
    content: Content,
    webhook_url: Option<reqwest::Url>,
    signing: amer::Signing,
    forged: bool,
}

pub(super) async fn deliver(sim: Arc<Sim>, client: reqwest::Client, id: NoticeId) {
    let accepted = match sim.update(|state| begin(state, id)) {
        Some(attempt) => send(&sim.settings, &client, attempt).await,
        None => false,
    };
    sim.update(|state| finish(state, &sim.settings, id, accepted));
    sim.attempts.send_modify(|count| *count += 1);
}

/// `None` where a rule loses this delivery.
fn begin(state: &mut State, id: NoticeId) -> Option<Attempt> {
    let notice = state.notices.begin_attempt(id);
    let (region, began_with, reference) =
        (notice.region, notice.began_with, notice.reference.clone());
    let (method, mut content) = (notice.method.clone(), notice.content.clone());
    let is_repeat = notice.attempts > 1;
    let fault = ask(state, region, began_with, &reference, Stage::Sending);
    if fault == Some(Fault::LoseNotification) {
        return None;
    }
    // Whether a repeat keeps its uuid is not documented; only the notificationid is sure to stay.
    if let Content::Eu { uuid, .. } = &mut content
        && is_repeat
        && state.rng.one_in(2)
    {
        *uuid = state.rng.uuid();
    }
    let webhook_url = state.amer.webhook_url.clone();
    let signing = amer::Signing::of(&state.amer.terms);
    let forged = fault == Some(Fault::BadSignature);
    Some(Attempt { method, content, webhook_url, signing, forged })
}

fn finish(state: &mut State, settings: &Settings, id: NoticeId, accepted: bool) {
    let Next::Again(documented) = state.notices.finish_attempt(id, accepted) else { return };
    let pause = settings.clock.compress(documented);
    // Up to a tenth more, so that repeats do not march in step.
    let jitter = pause / 100 * u32::try_from(state.rng.below(11)).expect("it is below 11");
    let at = settings.clock.now().since_start + pause + jitter;
    state.agenda.put(at, Task::Deliver(id));
}

/// Whether the merchant answered as the documentation asks.
async fn send(settings: &Settings, client: &reqwest::Client, attempt: Attempt) -> bool {
    match attempt.content {
        Content::Eu { url, data, algorithm, uuid } => {
            let notification = (attempt.method.as_str(), uuid.as_str(), &data);
            let body = eu::signed_notification(
                &settings.trustly_key,
                algorithm,
                notification,
                attempt.forged,
            );
            let request = client
                .post(url)
                .timeout(EU_ANSWER_WAIT)
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .body(body);
            let Some(answer) = answer_to(request).await else { return false };
            eu::is_acknowledged(&settings.eu.merchant_keys, &attempt.method, &uuid, &answer)
        }
        Content::Amer { form, url } => {
            let Some(url) = url.or(attempt.webhook_url) else { return false };
            let key = if attempt.forged { "not the key" } else { &settings.amer.access_key };
            let signature = attempt.signing.header(&settings.amer.access_id, key, &form);
            let request = client
                .post(url)
                .timeout(AMER_ANSWER_WAIT)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::AUTHORIZATION, signature)
                .body(form);
            answer_to(request).await.is_some()
        }
    }
}

/// The body of a 200 that came in time and in bounds.
async fn answer_to(request: reqwest::RequestBuilder) -> Option<Vec<u8>> {
    let mut response = request.send().await.ok()?;
    if response.status() != http::StatusCode::OK {
        return None;
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LENGTH_MAX {
            return None;
        }
    }
    Some(body)
}
