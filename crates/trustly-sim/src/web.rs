//! HTTP as the simulator speaks it: requests read whole, answers, and the ways an answer is lost.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::faults::{Fault, Rule};
use crate::sim::Sim;
use crate::{amer, control, eu};

/// Requests of either API have a few kilobytes; fault programs some more.
const BODY_LENGTH_MAX: usize = 256 * 1024;

/// A body that trickles in more slowly is not waited for.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

pub(crate) type Response = http::Response<Full<Bytes>>;

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
}

/// What the peer gets to see.
pub(crate) enum Outcome {
    Answer(Response),
    /// The connection closes without a byte of an answer.
    Hangup,
}

/// The error that makes hyper close a connection without answering.
#[derive(Debug)]
pub(crate) struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the reply is lost on purpose")
    }
}

impl std::error::Error for Hangup {}

/// One request from its first byte to its answer.
pub(crate) async fn serve_request(
    sim: Arc<Sim>,
    peer: IpAddr,
    request: http::Request<Incoming>,
) -> Result<Response, Hangup> {
    let (head, body) = request.into_parts();
    let collected = Limited::new(body, BODY_LENGTH_MAX).collect();
    let body = match tokio::time::timeout(BODY_WAIT_MAX, collected).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return Ok(json(413, &json!({ "error": "body too large or broken off" }))),
        Err(_) => return Ok(json(408, &json!({ "error": "body too slow" }))),
    };
    let request = Request { method: head.method, uri: head.uri, headers: head.headers, body, peer };
    match route(&sim, &request).await {
        Outcome::Answer(response) => Ok(response),
        Outcome::Hangup => Err(Hangup),
    }
}

/// An answer on its way, with what the rule does to it.
pub(crate) async fn travel(response: Response, rule: Option<&Rule>) -> Outcome {
    match rule.map(|rule| (rule.fault, rule.delay)) {
        Some((Fault::LoseReply, _)) => Outcome::Hangup,
        Some((Fault::Delay, delay)) => {
            tokio::time::sleep(delay).await;
            Outcome::Answer(response)
        }
        _ => Outcome::Answer(response),
    }
}

pub(crate) fn json(status: u16, value: &Value) -> Response {
    json_text(status, value.to_string())
}

pub(crate) fn json_text(status: u16, text: String) -> Response {
    response(status, "application/json; charset=UTF-8", text)
}

/// What a server shows that broke down.
pub(crate) fn server_error_page(status: Option<u16>) -> Response {
    let page = "<!DOCTYPE html><html><head><title>Internal Server Error</title></head>\
        <body><h1>Internal Server Error</h1></body></html>\n";
    response(status.unwrap_or(500), "text/html; charset=UTF-8", page.to_owned())
}

/// What something between the merchant and Trustly shows.
pub(crate) fn proxy_page(status: Option<u16>) -> Response {
    let page = "<html><head><title>403 Forbidden</title></head><body><center>\
        <h1>403 Forbidden</h1></center><hr><center>proxy</center></body></html>\n";
    response(status.unwrap_or(403), "text/html", page.to_owned())
}

/// Sends the browser elsewhere. `None` where that cannot stand in a header.
pub(crate) fn redirect(location: &str) -> Option<Response> {
    let mut response = html(303, String::new());
    response.headers_mut().insert(header::LOCATION, location.parse().ok()?);
    Some(response)
}

pub(crate) fn html(status: u16, page: String) -> Response {
    response(status, "text/html; charset=UTF-8", page)
}

/// The name and port that a request came to.
pub(crate) fn host(request: &Request) -> String {
    let named = request.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    named.unwrap_or("localhost").to_owned()
}

async fn route(sim: &Sim, request: &Request) -> Outcome {
    let path = request.uri.path();
    if let Some(path) = path.strip_prefix("/_sim/") {
        return Outcome::Answer(control::handle(sim, request, path));
    }
    if let Some(path) = path.strip_prefix("/api/v1/") {
        return amer::handle(sim, request, path).await;
    }
    match (&request.method, path) {
        (&Method::POST, "/api/1" | "/1") => eu::handle(sim, request).await,
        (_, "/api/1" | "/1") => {
            Outcome::Answer(json(405, &json!({ "error": "JSON-RPC is sent with POST" })))
        }
        (_, eu::CHECKOUT_PATH) => Outcome::Answer(eu::checkout(sim, request)),
        (_, amer::START_PATH | amer::PAGE_PATH) => {
            Outcome::Answer(amer::lightbox(sim, request).await)
        }
        _ => Outcome::Answer(json(404, &json!({ "error": "nothing is served here" }))),
    }
}

fn response(status: u16, content_type: &'static str, text: String) -> Response {
    let status = StatusCode::from_u16(status).expect("rules and tables name real statuses");
    http::Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(Full::from(text))
        .expect("a status and a fixed header make a response")
}
