//! How requests reach Trustly: a trait, so that everything but one file is without sockets.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;
use zeroize::Zeroizing;

/// One HTTP request.
pub struct Call {
    /// What is done.
    pub verb: Verb,
    /// The whole address.
    pub url: String,
    /// The `Authorization` header, if there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The media type of the body; there is no body without one.
    pub content_type: Option<&'static str>,
    /// The body, byte for byte.
    pub body: Zeroizing<Vec<u8>>,
    /// From the first byte to the last byte of the answer at most.
    pub timeout: Duration,
    /// An answer with a longer body is no answer.
    pub reply_length_max: usize,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Changes something.
    Post,
}

/// An answer, whatever its status.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// Whether the HTTP status says that what was asked for was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoReply {
    /// The connection was never made: nothing was sent.
    #[error("no connection to the provider could be made; nothing was sent")]
    NotSent,
    /// Something may have been sent and may have taken effect.
    #[error("the provider's answer was lost")]
    Lost,
}

/// Carries requests to Trustly.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request once and returns whatever came back. Never retries and never follows a
    /// redirect. A dropped future is a lost answer.
    async fn call(&self, call: Call) -> Result<Reply, NoReply>;
}
