//! Whatever goes wrong once a connection is made leaves doubt.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use trustly::http::Http;
use trustly::transport::{NoReply, Transport};

use crate::server::{Connection, REPLY_LENGTH_MAX, Server, answer, failed, post, posted};

/// Fails a request in the given way after it was read; it must be lost and sent only once.
async fn lost_when(serve: impl Fn(&mut Connection) + Send + Sync + 'static) {
    let server = Server::start(move |mut connection| {
        connection.request();
        serve(&mut connection);
    });
    assert_eq!(failed(&server.url()).await, NoReply::Lost);
    assert_eq!((server.connections(), server.count("body")), (1, 1));
}

#[tokio::test]
async fn closed_without_an_answer() {
    lost_when(|_| ()).await;
}

/// Closing a socket with unread bytes resets the connection.
#[tokio::test]
async fn reset_after_the_request() {
    let server = Server::start(|mut connection| {
        connection.head();
    });
    let body = "x".repeat(1 << 20);
    let result = Http::new().unwrap().call(post(&server.url(), &body)).await;
    assert_eq!(result.err(), Some(NoReply::Lost));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn closed_within_the_answer() {
    for part in [
        "HTTP/1.1",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"res\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        lost_when(move |connection| {
            connection.write(part.as_bytes());
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http() {
    for text in ["\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n", "HTTP/9.9 200 OK\r\n\r\n", "{}\r\n\r\n"] {
        lost_when(move |connection| {
            connection.write(text.as_bytes());
        })
        .await;
    }
}

/// One byte now and then keeps a connection alive, not a request.
#[tokio::test]
async fn a_slow_drip_is_cut_off_in_time() {
    for head in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"] {
        let server = Server::start(move |mut connection| {
            connection.request();
            connection.write(head.as_bytes());
            let pause = Some(Duration::from_millis(10));
            connection.stream.get_mut().set_read_timeout(pause).unwrap();
            // A read that runs out of time is the pause; one that ends is the peer's end.
            while connection.stream.read(&mut [0]).is_err() && connection.write(b"x") {}
        });
        let mut call = post(&server.url(), "body");
        call.timeout = Duration::from_secs(1);
        let result = Http::new().unwrap().call(call).await;
        assert_eq!(result.err(), Some(NoReply::Lost));
        assert_eq!(server.count("body"), 1);
    }
}

#[tokio::test]
async fn silence_is_cut_off_in_time() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.wait_for_the_end();
    });
    let mut call = post(&server.url(), "body");
    call.timeout = Duration::from_secs(1);
    assert_eq!(Http::new().unwrap().call(call).await.err(), Some(NoReply::Lost));
    assert_eq!((server.connections(), server.count("body")), (1, 1));
}

/// 100 MB, announced or not, or without an end to the head, are cut off and not taken in.
#[tokio::test]
async fn an_endless_body_is_cut_off() {
    const LENGTH: usize = 100 << 20;
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
    let unannounced = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    for head in [announced, unannounced, "HTTP/1.1 200 OK\r\nX: ".to_owned()] {
        let written = Arc::new(AtomicUsize::new(0));
        let (counter, (ended, end)) = (written.clone(), mpsc::sync_channel(1));
        let server = Server::start(move |mut connection| {
            connection.request();
            connection.write(head.as_bytes());
            let block = vec![b' '; 1 << 16];
            while counter.load(Ordering::SeqCst) < LENGTH && connection.write(&block) {
                counter.fetch_add(block.len(), Ordering::SeqCst);
            }
            ended.send(()).unwrap();
        });
        assert_eq!(failed(&server.url()).await, NoReply::Lost);
        tokio::task::spawn_blocking(move || end.recv().unwrap()).await.unwrap();
        // What was under way in the sockets' buffers comes on top of what was read.
        assert!(written.load(Ordering::SeqCst) < LENGTH / 4, "{written:?}");
    }
}

#[tokio::test]
async fn a_body_of_the_longest_length_is_taken() {
    for (length, taken) in [(REPLY_LENGTH_MAX, true), (REPLY_LENGTH_MAX + 1, false)] {
        let server = Server::answering(answer("200 OK", &" ".repeat(length)));
        let body = posted(&server.url()).await.map(|reply| reply.body.len());
        assert_eq!(body, if taken { Ok(length) } else { Err(NoReply::Lost) });
    }
}
