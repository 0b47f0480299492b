//! gRPC over HTTP/2, on connections of our own making, so that a stop is in our hands: tonic's own
//! server waits for open streams for as long as they last.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use payout::port::Clock;
use tokio::net::{TcpListener, TcpStream};
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tower::ServiceExt;

use crate::config::ServerConfig;
use crate::drain::Drain;
use crate::probes::Probes;
use crate::service::{self, Shared};
use crate::{accept, status};

/// What a peer may send on one stream before it is read. Requests are small.
const STREAM_WINDOW: u32 = 64 * 1024;

/// What a peer may send on all streams before anything is read: as many requests at once as there
/// may be, without one that stalls holding up the others.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// What may lie ready on one stream for a peer that does not read.
const SEND_BUFFER_MAX: usize = 64 * 1024;

/// Most bytes of the headers of one request.
const HEADERS_LENGTH_MAX: u32 = 16 * 1024;

/// How often a peer is asked for a sign of life, and how long it has to give one: a dead peer is
/// found within half a minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/2 begins with 24 bytes that never change (RFC 9113); until they are there, nothing else
/// watches over a connection.
const PREFACE_LENGTH: usize = 24;

/// Between two looks at a preface that is there in part.
const PREFACE_PAUSE: Duration = Duration::from_millis(20);

/// The path of every method of this API begins like this.
const API_PATH: &str = "/payouts.v1.";

/// Serves gRPC until the drain, then until every call is answered.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, probes: Probes) {
    let (reporter, health_service) = health_reporter();
    let routes = service::routes(&shared).add_service(health_service);
    let routes = with_reflection(routes).prepare();
    // Whoever connects first must not be told that there are no such services.
    report(&reporter, (probes.ready)()).await;
    let (clock, drain) = (Arc::clone(shared.engine.clock()), shared.drain.clone());
    let ServerConfig { limits, intervals, .. } = shared.config;
    let connections = accept::serve(
        listener,
        limits.grpc_connections_max,
        Arc::clone(&clock),
        drain.clone(),
        |stream| {
            let (routes, shared) = (routes.clone(), Arc::clone(&shared));
            async move { connection(stream, routes, &shared).await }
        },
    );
    join(connections, report_health(reporter, &probes, &*clock, intervals.health, &drain)).await;
}

/// Lets clients that have no copy of the API ask for it, by both versions of the protocol.
fn with_reflection(routes: Routes) -> Routes {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(api::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let v1 = builder().build_v1().expect("the descriptor sets are part of this binary");
    let v1alpha = builder().build_v1alpha().expect("the same descriptor sets");
    routes.add_service(v1).add_service(v1alpha)
}

/// Serves one connection until it ends or, once the drain has begun, until the calls on it are
/// answered: the peer is told to open no more of them (GOAWAY).
async fn connection(stream: TcpStream, routes: Routes, shared: &Shared) {
    if !begins_in_time(&stream, shared).await {
        return;
    }
    let service = service_fn(|request| answer(routes.clone(), request));
    let connection = builder(shared.config.limits.connection_streams_max)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let stop = std::pin::pin!(shared.drain.begun());
    let ended = match select(connection.as_mut(), stop).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "grpc connection broke");
    }
}

/// Whether the peer begins to speak HTTP/2: one that connects and is silent, or stops in the
/// middle of its first words, holds no place.
async fn begins_in_time(stream: &TcpStream, shared: &Shared) -> bool {
    let clock = shared.engine.clock();
    let end = clock.monotonic() + shared.config.intervals.handshake_max;
    let begins = std::pin::pin!(preface_is_there(stream, clock.as_ref()));
    let stop = std::pin::pin!(shared.drain.begun());
    let late = select(clock.sleep_until(end), stop);
    matches!(select(begins, late).await, Either::Left((true, _)))
}

/// Returns once as much as HTTP/2's preface waits to be read, or the peer is gone.
async fn preface_is_there(stream: &TcpStream, clock: &dyn Clock) -> bool {
    let mut preface = [0; PREFACE_LENGTH];
    loop {
        match stream.peek(&mut preface).await {
            Ok(PREFACE_LENGTH) => return true,
            Ok(0) | Err(_) => return false,
            // The socket stays readable, so there is nothing to wait on but time.
            Ok(_) => clock.sleep_until(clock.monotonic() + PREFACE_PAUSE).await,
        }
    }
}

fn builder(streams_max: u32) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER_MAX)
        .max_header_list_size(HEADERS_LENGTH_MAX)
        .max_concurrent_streams(streams_max)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    builder
}

async fn answer(
    routes: Routes,
    request: Request<Incoming>,
) -> Result<http::Response<tonic::body::Body>, Infallible> {
    let ours = request.uri().path().starts_with(API_PATH);
    let response = match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    Ok(if ours { status::completed(response) } else { response })
}

/// Keeps health checks and their watches up to date. At the drain every service is not serving,
/// and the watches end, so that no connection waits for them.
async fn report_health(
    mut reporter: HealthReporter,
    probes: &Probes,
    clock: &dyn Clock,
    interval: Duration,
    drain: &Drain,
) {
    let mut reported = None;
    while !drain.has_begun() {
        let ready = (probes.ready)();
        if reported != Some(ready) {
            report(&reporter, ready).await;
            reported = Some(ready);
        }
        let stop = std::pin::pin!(drain.begun());
        select(stop, clock.sleep_until(clock.monotonic() + interval)).await;
    }
    report(&reporter, false).await;
    for name in service::NAMES {
        reporter.clear_service_status(name).await;
    }
}

async fn report(reporter: &HealthReporter, ready: bool) {
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in service::NAMES {
        reporter.set_service_status(name, status).await;
    }
}
