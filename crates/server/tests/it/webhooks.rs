use std::time::Duration;

use server::{Intervals, Limits, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Running, ask, exchange, rest};

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
    for length in [256 * 1024, 1] {
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
    let request = post(PATH, "", &"x".repeat(256 * 1024));
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
async fn one_too_many_is_refused_at_once() {
    let limits = Limits { webhooks_max: 1, ..Limits::default() };
    let running = Running::start(ServerConfig { limits, ..ServerConfig::default() }).await;
    let mut first = TcpStream::connect(running.webhooks).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n"
    );
    first.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body as soon as it reads it, so the first one is under way then.
    let mut continued = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut first, &mut continued).await.unwrap();
    assert_eq!(&continued, b"HTTP/1.1 100");
    let second = exchange(running.webhooks, post(PATH, "", "x").as_bytes()).await;
    assert!(second.starts_with("HTTP/1.1 503"), "{second}");
}
