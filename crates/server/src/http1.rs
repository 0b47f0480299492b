//! One HTTP/1.1 connection, for webhooks and the admin port.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::drain::Drain;

/// Most headers of a request; proxies add a few to the handful that a provider sends.
const HEADERS_MAX: usize = 64;

/// Most bytes that a connection buffers beside a body: enough for a head.
const BUFFER_MAX: usize = 32 * 1024;

/// What is answered.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Serves one connection until it ends or, once the drain has begun, until the request under way
/// is answered. A head that takes longer than `head_max` ends it.
pub(crate) async fn connection<F, A>(stream: TcpStream, head_max: Duration, drain: Drain, answer: F)
where
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Answer>,
{
    let service = service_fn(|request| {
        let answering = answer(request);
        async move { Ok::<_, Infallible>(answering.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_max)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let stop = std::pin::pin!(drain.begun());
    let ended = match select(connection.as_mut(), stop).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "http connection broke");
    }
}

/// An answer of one short line.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    answer
}
