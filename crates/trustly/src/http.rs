//! The one file that opens sockets: HTTP/1.1 over TLS, each request once.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, redirect, retry};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::transport::{Call, NoReply, Reply, Transport, Verb};

/// A connection that is not made by then will not be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle connections are closed before Trustly's side does it while we write.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Idle connections kept to one host.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// The HTTP client could not be set up.
#[derive(Debug, Error)]
#[error("the http client cannot be set up; are the system's certificates readable?")]
pub struct SetupError(#[source] reqwest::Error);

/// A pooled HTTP client.
pub struct Http(Client);

impl Http {
    /// A client without proxy from the environment, redirects and retries of its own: each of them
    /// could send a payout where, or when, nobody decided to send it.
    pub fn new() -> Result<Self, SetupError> {
        Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .user_agent("payoutd")
            .build()
            .map(Self)
            .map_err(SetupError)
    }
}

#[async_trait]
impl Transport for Http {
    async fn call(&self, call: Call) -> Result<Reply, NoReply> {
        let mut request = match call.verb {
            Verb::Get => self.0.get(&call.url),
            Verb::Post => self.0.post(&call.url),
        };
        request = request.timeout(call.timeout).header("Accept", "application/json");
        if let Some(authorization) = &call.authorization {
            request = request.header("Authorization", authorization.as_str());
        }
        if let Some(content_type) = call.content_type {
            request = request.header("Content-Type", content_type).body(call.body.to_vec());
        }
        let mut response = request.send().await.map_err(|error| no_reply(&error))?;
        let status = response.status().as_u16();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|_| NoReply::Lost)? {
            if body.len() + chunk.len() > call.reply_length_max {
                return Err(NoReply::Lost);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body })
    }
}

/// Only a connection that was never made proves that nothing was sent: a name that does not
/// resolve, a refused connection, a failed TLS handshake. Everything else leaves doubt.
fn no_reply(error: &reqwest::Error) -> NoReply {
    if error.is_connect() || error.is_builder() { NoReply::NotSent } else { NoReply::Lost }
}
