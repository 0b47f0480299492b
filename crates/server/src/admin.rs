//! The admin port: is it alive, is it ready, what does it count. It shows no data of anybody.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;

use crate::accept;
use crate::drain::Drain;
use crate::http1::{self, Answer, plain};
use crate::probes::{Gauge, Probes};
use crate::service::Shared;

/// Open admin connections: a probe or two, a scraper, and a person.
const CONNECTIONS_MAX: usize = 32;

/// How long the head of a request may take, idle time between two included.
const HEAD_MAX: Duration = Duration::from_secs(30);

/// Serves the admin port until `stop`, which comes when all other work is done: while the server
/// drains it still tells that it does.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, probes: Probes, stop: Drain) {
    let clock = Arc::clone(shared.engine.clock());
    accept::serve(listener, CONNECTIONS_MAX, clock, stop.clone(), |stream| {
        let (shared, probes, stop) = (Arc::clone(&shared), probes.clone(), stop.clone());
        async move {
            let answer = |request| {
                let answer = answer(&shared, &probes, &request);
                async { answer }
            };
            http1::connection(stream, HEAD_MAX, stop, answer).await;
        }
    })
    .await;
}

fn answer(shared: &Shared, probes: &Probes, request: &Request<Incoming>) -> Answer {
    let path = request.uri().path();
    if !matches!(path, "/livez" | "/readyz" | "/metrics") {
        return plain(StatusCode::NOT_FOUND, "there are /livez, /readyz and /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "ask by GET\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    match path {
        // Being able to answer is the proof.
        "/livez" => plain(StatusCode::OK, "alive\n"),
        "/readyz" if shared.drain.has_begun() => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
        }
        "/readyz" if !(probes.ready)() => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the store cannot take a durable write\n")
        }
        "/readyz" => plain(StatusCode::OK, "ready\n"),
        _ => metrics(shared, probes),
    }
}

fn metrics(shared: &Shared, probes: &Probes) -> Answer {
    let mut gauges = (probes.gauges)();
    let limits = shared.config.limits;
    gauges.push(in_use(
        "payoutd_rpc_calls_open",
        "Calls being answered, watches aside.",
        limits.calls_max,
        shared.calls.available_permits(),
    ));
    gauges.push(in_use(
        "payoutd_rpc_watches_open",
        "Open watches.",
        limits.watches_max,
        shared.watches.available_permits(),
    ));
    let text = shared.metrics.exposition(&gauges);
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn in_use(name: &'static str, help: &'static str, max: usize, free: usize) -> Gauge {
    let value = i64::try_from(max.saturating_sub(free)).unwrap_or(i64::MAX);
    Gauge { name, help, labels: Vec::new(), value }
}
