//! Only a connection that was never made proves that nothing was sent.

use std::net::TcpListener;

use trustly::transport::NoReply;

use crate::server::{Server, failed};

#[tokio::test]
async fn a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(failed(&format!("http://{address}/")).await, NoReply::NotSent);
    assert_eq!(failed(&format!("https://{address}/")).await, NoReply::NotSent);
}

/// The top level domain is reserved never to resolve (RFC 6761).
#[tokio::test]
async fn a_name_that_does_not_resolve() {
    assert_eq!(failed("https://payouts.invalid/").await, NoReply::NotSent);
}

#[tokio::test]
async fn a_failed_tls_handshake() {
    let garbage = Server::start(|mut connection| {
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        connection.wait_for_the_end();
    });
    let closing = Server::start(drop);
    for server in [garbage, closing] {
        let url = format!("https://{}/", server.address);
        assert_eq!(failed(&url).await, NoReply::NotSent);
        assert_eq!((server.connections(), server.requests().len()), (1, 0));
    }
}

#[tokio::test]
async fn an_address_that_is_none() {
    for url in ["", "no address", "http://", "ftp://127.0.0.1/", "http://[::1"] {
        assert_eq!(failed(url).await, NoReply::NotSent, "{url}");
    }
}
