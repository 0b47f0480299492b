//! A network that plays a script: it answers as it is told and remembers what was sent. It stands
//! in for sockets only; everything above them is the real thing.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use trustly::transport::{Call, NoReply, Reply, Transport, Verb};
use zeroize::Zeroizing;

/// What was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) verb: Verb,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
}

/// What comes back: a status with a body, or nothing.
pub(crate) type Outcome = Result<(u16, Vec<u8>), NoReply>;

/// Answers each request by a function of it.
pub(crate) struct Script {
    play: Box<dyn Fn(&Sent) -> Outcome + Send + Sync>,
    sent: Mutex<Vec<Sent>>,
}

impl Script {
    pub(crate) fn new(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { play: Box::new(play), sent: Mutex::new(Vec::new()) })
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn call(&self, call: Call) -> Result<Reply, NoReply> {
        let Call { verb, url, authorization, content_type, body, .. } = call;
        let authorization = authorization.map(|text| text.to_string());
        let sent = Sent { verb, url, authorization, content_type, body: body.to_vec() };
        let outcome = (self.play)(&sent);
        self.sent.lock().unwrap().push(sent);
        outcome.map(|(status, body)| Reply { status, body: Zeroizing::new(body) })
    }
}
