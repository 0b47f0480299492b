//! Each request is sent once, where it was told to go, and nowhere else.

use std::process::Command;
use std::time::Duration;

use tokio::sync::mpsc;
use trustly::http::Http;
use trustly::transport::{Call, NoReply, Transport, Verb};

use crate::server::{Server, answer, post, posted};

#[tokio::test]
async fn a_request_arrives_as_it_was_made_and_nothing_is_added() {
    let server = Server::answering(answer("200 OK", "{}"));
    posted(&server.url()).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.head.starts_with("post /api http/1.1\r\n"), "{}", request.head);
    for line in ["authorization: basic c2vjcmv0", "content-type: application/json"] {
        assert!(request.head.contains(&format!("{line}\r\n")), "{}", request.head);
    }
    for added in ["accept-encoding", "cookie", "proxy", "expect"] {
        assert!(!request.head.contains(added), "{}", request.head);
    }
    let get = Call { verb: Verb::Get, content_type: None, ..post(&server.url(), "body") };
    Http::new().unwrap().call(get).await.unwrap();
    assert!(server.requests()[1].head.starts_with("get /api http/1.1\r\n"));
    assert_eq!(server.count(""), 1, "there is no body without a media type");
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer() {
    for status in [200, 204, 304, 400, 401, 404, 429, 500, 502, 503] {
        let body = if matches!(status, 204 | 304) { "" } else { "{\"a\":1}" };
        let server = Server::answering(answer(&format!("{status} X"), body));
        let reply = posted(&server.url()).await.unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (status, body.as_bytes()));
        assert_eq!((server.connections(), server.count("body")), (1, 1), "{status} is not retried");
    }
}

/// A redirect could send a payout, with its credentials, where nobody decided to send it.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::answering(answer("200 OK", "{}"));
        let moved = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url()
        );
        let server = Server::answering(moved);
        assert_eq!(posted(&server.url()).await.unwrap().status, status);
        assert_eq!((server.count("body"), elsewhere.connections()), (1, 0), "{status}");
    }
}

/// The peer closes an idle connection while we take it for our next request. Whether it is noticed
/// in time or not, that request arrives at most once.
#[tokio::test]
async fn an_idle_connection_that_is_closed_sends_nothing_twice() {
    for round in 0..100 {
        let (closed, mut closing) = mpsc::channel(1);
        let server = Server::start(move |mut connection| {
            connection.request();
            connection.write(answer("200 OK", "{}").as_bytes());
            if connection.number == 0 {
                drop(connection);
                closed.blocking_send(()).unwrap();
            } else {
                connection.wait_for_the_end();
            }
        });
        let http = Http::new().unwrap();
        http.call(post(&server.url(), "first")).await.unwrap();
        // Every other round the client may be told of the end before it goes on, or not.
        if round % 2 == 0 {
            closing.recv().await.unwrap();
        }
        let second = http.call(post(&server.url(), "second")).await;
        match second {
            Ok(reply) => assert_eq!((reply.status, server.count("second")), (200, 1)),
            Err(NoReply::Lost) => assert!(server.count("second") <= 1),
            Err(NoReply::NotSent) => panic!("the connection was made"),
        }
        assert_eq!(server.count("first"), 1);
    }
}

/// The peer takes the second request on the kept connection and closes without an answer.
#[tokio::test]
async fn a_request_on_a_kept_connection_is_not_repeated() {
    let server = Server::start(|mut connection| {
        connection.request();
        connection.write(answer("200 OK", "{}").as_bytes());
        connection.request();
    });
    let http = Http::new().unwrap();
    http.call(post(&server.url(), "first")).await.unwrap();
    let second = http.call(post(&server.url(), "second")).await;
    assert_eq!(second.err(), Some(NoReply::Lost));
    assert_eq!((server.connections(), server.count("second")), (1, 1));
}

/// Answers of the Americas carry no signature: one that nobody asked for must not be taken for the
/// answer to the next request on the same connection.
#[tokio::test]
async fn an_answer_that_nobody_asked_for_answers_nothing() {
    for _ in 0..50 {
        let server = Server::start(|mut connection| {
            while let Some(request) = connection.request() {
                let own = answer("200 OK", &request.body);
                let stale = answer("200 OK", "stale");
                connection.write(format!("{own}{stale}").as_bytes());
            }
        });
        let http = Http::new().unwrap();
        for body in ["first", "second", "third"] {
            match http.call(post(&server.url(), body)).await {
                Ok(reply) => assert_eq!(reply.body.as_slice(), body.as_bytes()),
                Err(no_reply) => assert_eq!(no_reply, NoReply::Lost),
            }
            assert!(server.count(body) <= 1, "{body}");
        }
    }
}

/// An answer that comes after its request was given up belongs to nobody.
#[tokio::test]
async fn a_late_answer_answers_nothing() {
    let (given_up, go_on) = std::sync::mpsc::sync_channel(1);
    let go_on = std::sync::Mutex::new(go_on);
    let server = Server::start(move |mut connection| {
        while let Some(request) = connection.request() {
            if request.body == "first" {
                go_on.lock().unwrap().recv().unwrap();
            }
            connection.write(answer("200 OK", &request.body).as_bytes());
        }
    });
    let http = Http::new().unwrap();
    let mut first = post(&server.url(), "first");
    first.timeout = Duration::from_secs(1);
    assert_eq!(http.call(first).await.err(), Some(NoReply::Lost));
    given_up.send(()).unwrap();
    for _ in 0..3 {
        let reply = http.call(post(&server.url(), "second")).await.unwrap();
        assert_eq!(reply.body.as_slice(), b"second");
    }
    assert_eq!(server.count("first"), 1);
}

/// Run by the test below in an environment that names proxies.
#[tokio::test]
async fn a_request_goes_straight_to_its_host() {
    let server = Server::answering(answer("200 OK", "{}"));
    assert_eq!(posted(&server.url()).await.unwrap().status, 200);
    assert_eq!(server.count("body"), 1);
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    let proxy = Server::answering(answer("200 OK", "{}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "once::a_request_goes_straight_to_its_host"]);
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        let url = format!("http://{}", proxy.address);
        child.env(name, &url).env(name.to_ascii_uppercase(), &url);
    }
    child.env_remove("no_proxy").env_remove("NO_PROXY");
    let output = child.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(proxy.connections(), 0);
}
