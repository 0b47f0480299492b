use std::time::Duration;

use server::{Intervals, Limits, Probes, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{DownStore, Running, ask, exchange, rest};

const PATH: &str = "/notifications/demo-eu";

fn quick() -> ServerConfig {
    let short = Duration::from_millis(200);
    let intervals =
        Intervals { webhook_head_max: short, webhook_max: short, ..Intervals::default() };
    ServerConfig { intervals, ..ServerConfig::default() }
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn what_is_no_webhook_is_refused_before_the_store_is_asked() {
    let running = Running::start(ServerConfig::default()).await;
    for (method, path, status) in [
        ("POST", "/notifications/nobody", "404"),
        ("POST", "/notifications/NOT-A-NAME", "404"),
        ("POST", "/notifications/", "404"),
        ("POST", "/elsewhere", "404"),
        ("GET", PATH, "405"),
    ] {
        let answer = ask(running.webhooks, method, path).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert_eq!(answer.contains("allow: POST"), status == "405", "{answer}");
    }
    assert_eq!(running.store.calls(), 0);
    assert_eq!(*running.provider.received.lock().unwrap(), None);
}

#[tokio::test]
async fn everything_else_is_the_adapters_to_judge() {
    let running = Running::start(ServerConfig::default()).await;
    for (authorization, status) in [("", "401"), ("malformed", "400"), ("good", "503")] {
        let headers = format!("content-type: a/b; c=d\r\nauthorization: {authorization}\r\n");
        let path = format!("{PATH}/po_x.1.mac/more");
        let answer = exchange(running.webhooks, post(&path, &headers, "canary").as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(!answer.contains("canary"));
        let received = running.provider.received.lock().unwrap().take().unwrap();
        assert_eq!(received, ("po_x.1.mac/more".to_owned(), Some("a/b; c=d".to_owned()), 6));
    }
    assert!(running.store.calls() > 0, "the good one gets as far as the store");
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_sent() {
    let running = Running::start(ServerConfig::default()).await;
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: t\r\ncontent-length: 10485760\r\n\r\n");
    let answer = exchange(running.webhooks, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_body_that_grows_too_long_is_cut_off() {
    let running = Running::start(ServerConfig::default()).await;
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut stream = TcpStream::connect(running.webhooks).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // Exactly one byte more than is taken.
    for length in [64 * 1024, 1] {
        let chunk = format!("{length:x}\r\n{}\r\n", "x".repeat(length));
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(*running.provider.received.lock().unwrap(), None);
}

#[tokio::test]
async fn the_largest_body_is_taken() {
    let running = Running::start(ServerConfig::default()).await;
    let request = post(PATH, "", &"x".repeat(64 * 1024));
    let answer = exchange(running.webhooks, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn heads_and_bodies_that_never_end_are_cut_off() {
    let running = Running::start(quick()).await;
    let endless_head = format!("POST {PATH} HTTP/1.1\r\nhost: t\r\n");
    let answer = exchange(running.webhooks, endless_head.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    let endless_body = format!("{endless_head}content-length: 9\r\n\r\nx");
    let answer = exchange(running.webhooks, endless_body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!(*running.provider.received.lock().unwrap(), None);
}

#[tokio::test]
async fn a_truncated_body_reaches_nobody() {
    let running = Running::start(ServerConfig::default()).await;
    let mut stream = TcpStream::connect(running.webhooks).await.unwrap();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: t\r\ncontent-length: 9\r\n\r\nx");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(*running.provider.received.lock().unwrap(), None);
}

#[tokio::test]
async fn a_stranger_is_refused_before_its_body() {
    let running = Running::start(ServerConfig::default()).await;
    let head = format!("POST {PATH}/stranger HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\n");
    let answer = exchange(running.webhooks, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(*running.provider.received.lock().unwrap(), None);
}

/// Begins a notification and returns when the server waits for its body.
async fn begun(running: &Running<DownStore>) -> TcpStream {
    let mut stream = TcpStream::connect(running.webhooks).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\nauthorization: good\r\n\
         content-length: 1\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body as soon as it reads it.
    let mut continued = [0; 25];
    stream.read_exact(&mut continued).await.unwrap();
    assert_eq!(&continued, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn bodies_that_come_slowly_shut_out_nobody() {
    let limits = Limits { webhooks_max: 1, ..Limits::default() };
    let running = Running::start(ServerConfig { limits, ..ServerConfig::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(begun(&running).await);
    }
    let genuine = post(PATH, "authorization: good\r\n", "x");
    let answer = exchange(running.webhooks, genuine.as_bytes()).await;
    assert!(answer.contains("it could not be recorded"), "it got as far as the store: {answer}");
}

#[tokio::test]
async fn one_too_many_is_refused_at_once() {
    let limits = Limits { webhooks_max: 1, ..Limits::default() };
    let config = ServerConfig { limits, ..ServerConfig::default() };
    let running = Running::start_on(config, Probes::default(), DownStore::hanging()).await;
    let mut first = begun(&running).await;
    first.write_all(b"x").await.unwrap();
    while running.store.calls() == 0 {
        tokio::task::yield_now().await;
    }
    let second = exchange(running.webhooks, post(PATH, "", "x").as_bytes()).await;
    assert!(second.contains("too many"), "{second}");
}
