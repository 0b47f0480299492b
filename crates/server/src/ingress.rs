//! Webhooks. A notification is taken in whole, handed to the engine, and acknowledged only when it
//! is durable; what is refused is not acknowledged, and the provider sends it again. Nothing here
//! reads a notification: what it says and whether it is believed is the adapter's business.

use std::sync::Arc;

use bytes::Bytes;
use engine::{Engine, ReceiveError, Received};
use futures_util::future::{Either, select};
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use payout::id::Merchant;
use payout::port::{Acknowledgement, Inbound, Rejection};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::accept;
use crate::http1::{self, Answer, plain};
use crate::service::Shared;

/// The largest notification: providers send some 2 KiB. Every open connection may hold as much,
/// which with the default of 1,024 connections makes 64 MiB at worst.
const BODY_LENGTH_MAX: usize = 64 * 1024;

/// Under which notifications arrive, with the merchant as the next part of the path.
const PATH: &str = "/notifications/";

/// Serves webhooks until the drain, then until those under way are answered.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let limits = shared.config.limits;
    let permits = Arc::new(Semaphore::new(limits.webhooks_max));
    let (clock, drain) = (Arc::clone(shared.engine.clock()), shared.drain.clone());
    accept::serve(listener, limits.webhook_connections_max, clock, drain, |stream| {
        let (shared, permits) = (Arc::clone(&shared), Arc::clone(&permits));
        async move {
            let head_max = shared.config.intervals.webhook_head_max;
            let drain = shared.drain.clone();
            http1::connection(stream, head_max, drain, |request| {
                answer(&shared, &permits, request)
            })
            .await;
        }
    })
    .await;
}

/// Answers one notification, counts it, and tells it in one line without its contents.
async fn answer(shared: &Shared, permits: &Semaphore, request: Request<Incoming>) -> Answer {
    let began = shared.engine.clock().monotonic();
    let (merchant, result) = match addressee(&shared.engine, request.uri().path()) {
        Some((merchant, rest)) => {
            let rest = rest.to_owned();
            let result = take_in_time(shared, permits, &merchant, rest, request).await;
            (Some(merchant), result)
        }
        None => (None, Err(Refusal::NotFound)),
    };
    let name = match &result {
        Ok(Received { recorded: true, .. }) => "acknowledged",
        Ok(Received { recorded: false, .. }) => "of_no_payout",
        Err(refusal) => refusal.name(),
    };
    shared.metrics.notification(name);
    let duration = shared.engine.clock().monotonic().saturating_sub(began);
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let merchant = merchant.as_ref().map(tracing::field::display);
    tracing::info!(merchant, result = name, duration_us = micros, "notification");
    match result {
        Ok(received) => acknowledged(received.acknowledgement),
        Err(refusal) => refusal.answer(),
    }
}

/// Whose notification it is, and the rest of the path, without its leading slash.
fn addressee<'a>(engine: &Engine, path: &'a str) -> Option<(Merchant, &'a str)> {
    let path = path.strip_prefix(PATH)?;
    let (merchant, rest) = path.split_once('/').unwrap_or((path, ""));
    let merchant = Merchant::parse(merchant).ok()?;
    engine.serves(&merchant).then_some((merchant, rest))
}

/// Takes a notification in, unless it takes too long. What is cut off may be recorded all the same;
/// sent again it is answered alike.
async fn take_in_time(
    shared: &Shared,
    permits: &Semaphore,
    merchant: &Merchant,
    path: String,
    request: Request<Incoming>,
) -> Result<Received, Refusal> {
    let clock = shared.engine.clock();
    let end = clock.monotonic() + shared.config.intervals.webhook_max;
    let take = std::pin::pin!(take(&shared.engine, permits, merchant, path, request));
    match select(take, clock.sleep_until(end)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(Refusal::TooSlow),
    }
}

/// What costs least comes first. The permit is taken with the body in hand: whoever sends slowly
/// holds up nobody but itself.
async fn take(
    engine: &Engine,
    permits: &Semaphore,
    merchant: &Merchant,
    path: String,
    request: Request<Incoming>,
) -> Result<Received, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::WrongMethod);
    }
    let (head, body) = request.into_parts();
    let authorization = text_of(&head.headers, &AUTHORIZATION).map(Zeroizing::new);
    if !engine.admits(merchant, &path, authorization.as_ref().map(|text| text.as_str())) {
        return Err(Refusal::Forged);
    }
    let content_type = text_of(&head.headers, &CONTENT_TYPE);
    let body = whole(&head.headers, body).await?;
    let Ok(_permit) = permits.try_acquire() else { return Err(Refusal::Overloaded) };
    match engine.receive(merchant, &Inbound { path, content_type, authorization, body }).await {
        Ok(received) => Ok(received),
        Err(ReceiveError::UnknownMerchant) => Err(Refusal::NotFound),
        Err(ReceiveError::Rejected(Rejection::Forged) | ReceiveError::Unrelated) => {
            Err(Refusal::Forged)
        }
        Err(ReceiveError::Rejected(Rejection::Unverifiable)) => {
            tracing::error!(
                %merchant,
                "a notification is signed by an unknown algorithm; ask the provider what it changed"
            );
            Err(Refusal::Unverifiable)
        }
        Err(ReceiveError::Rejected(Rejection::Malformed)) => Err(Refusal::Malformed),
        Err(ReceiveError::NoRoom) => Err(Refusal::NoRoom),
        Err(ReceiveError::NotRecorded(why)) => {
            tracing::error!(%merchant, why, "a notification could not be recorded");
            Err(Refusal::NotRecorded)
        }
    }
}

fn text_of(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The whole body. One that is announced as too long is not read at all, and one that grows too
/// long no further.
async fn whole(headers: &HeaderMap, mut body: Incoming) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: usize = announced.and_then(|length| length.parse().ok()).unwrap_or(0);
    if announced > BODY_LENGTH_MAX {
        return Err(Refusal::TooLarge);
    }
    let mut whole = Zeroizing::new(Vec::with_capacity(announced));
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(Refusal::Malformed) };
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > BODY_LENGTH_MAX {
            return Err(Refusal::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

fn acknowledged(acknowledgement: Acknowledgement) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(acknowledgement.body)));
    let kind = HeaderValue::from_static(acknowledgement.content_type);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Why a notification is not acknowledged.
#[derive(Clone, Copy)]
enum Refusal {
    NotFound,
    WrongMethod,
    TooLarge,
    Overloaded,
    TooSlow,
    Forged,
    Unverifiable,
    Malformed,
    NoRoom,
    NotRecorded,
}

impl Refusal {
    /// As the metrics and the log call it.
    fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::WrongMethod => "wrong_method",
            Self::TooLarge => "too_large",
            Self::Overloaded => "overloaded",
            Self::TooSlow => "too_slow",
            Self::Forged => "forged",
            Self::Unverifiable => "unverifiable",
            Self::Malformed => "malformed",
            Self::NoRoom => "no_room",
            Self::NotRecorded => "not_recorded",
        }
    }

    fn answer(self) -> Answer {
        let (status, text) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "nobody here takes notifications for that\n"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "send it by POST\n"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the notification is too long\n"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "too many; send it again\n"),
            Self::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, "it took too long; send it again\n"),
            Self::Forged => (StatusCode::UNAUTHORIZED, "the signature is not the provider's\n"),
            Self::Unverifiable => {
                (StatusCode::UNAUTHORIZED, "the signature's algorithm is not known here\n")
            }
            Self::Malformed => (StatusCode::BAD_REQUEST, "the notification cannot be read\n"),
            Self::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "no room for it; send it again\n"),
            Self::NotRecorded => {
                (StatusCode::SERVICE_UNAVAILABLE, "it could not be recorded; send it again\n")
            }
        };
        let mut answer = plain(status, text);
        if let Self::WrongMethod = self {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        answer
    }
}
