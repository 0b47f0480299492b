//! A merchant's notification endpoint on a real socket, for both regions.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use reqwest::Url;
use serde_json::Value;
use sha1::Sha1;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::merchant::{acknowledgement, is_trustlys};
use crate::rig::{ACCESS_ID, ACCESS_KEY, DEADLINE, MERCHANT_KEY};

/// A notification as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) body: String,
    pub(crate) authorization: Option<String>,
}

/// What to answer to the nth notification, counted from zero.
type Answer = dyn Fn(usize, &Seen) -> (u16, String) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Receiver<usize>,
}

#[derive(Clone)]
struct Endpoint {
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Sender<usize>,
    answer: Arc<Answer>,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn method(&self) -> String {
        self.json()["method"].as_str().unwrap().to_owned()
    }

    pub(crate) fn uuid(&self) -> String {
        self.json()["params"]["uuid"].as_str().unwrap().to_owned()
    }

    pub(crate) fn data(&self) -> Value {
        self.json()["params"]["data"].clone()
    }

    pub(crate) fn is_signed(&self) -> bool {
        is_trustlys(&self.method(), &self.uuid(), &self.json()["params"])
    }

    /// The signed OK that ends the repeats.
    pub(crate) fn ok(&self) -> (u16, String) {
        (200, acknowledgement(&self.method(), &self.uuid(), "OK", &MERCHANT_KEY))
    }

    /// One field of a form.
    pub(crate) fn field(&self, name: &str) -> String {
        let url = Url::parse(&format!("http://form/?{}", self.body)).unwrap();
        let value = url.query_pairs().find(|(each, _)| each == name).map(|(_, value)| value);
        value.unwrap_or_default().into_owned()
    }

    /// Whether the `Authorization` header signs this form, decoded as a whole.
    pub(crate) fn is_signed_form(&self) -> bool {
        // A query pair without `=` decodes the whole text as one name.
        let one_name = self.body.replace('&', "%26").replace('=', "%3D");
        let url = Url::parse(&format!("http://form/?{one_name}")).unwrap();
        let decoded = url.query_pairs().next().unwrap().0.into_owned();
        let mut mac: Hmac<Sha1> = Hmac::new_from_slice(ACCESS_KEY.as_bytes()).unwrap();
        mac.update(decoded.as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        let expected = format!("Basic {}", BASE64.encode(format!("{ACCESS_ID}:{signature}")));
        self.authorization.as_deref() == Some(&expected)
    }
}

impl Receiver {
    /// Acknowledges every notification of Trustly Europe as documented.
    pub(crate) async fn eu() -> Self {
        Self::answering(|_, seen| seen.ok()).await
    }

    /// Answers every webhook of Trustly Americas with 200.
    pub(crate) async fn amer() -> Self {
        Self::answering(|_, _| (200, "Ok".to_owned())).await
    }

    pub(crate) async fn answering(
        answer: impl Fn(usize, &Seen) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notify/f346212d", listener.local_addr().unwrap());
        let (sender, count) = watch::channel(0);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let endpoint =
            Endpoint { seen: Arc::clone(&seen), count: sender, answer: Arc::new(answer) };
        let router = Router::new().fallback(receive).with_state(endpoint);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen, count }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits for an event about a transaction, and gives the first.
    pub(crate) async fn event(&self, name: &str, transaction_id: &str) -> Seen {
        let is_meant = |seen: &Seen| {
            seen.field("eventType") == name && seen.field("objectId") == transaction_id
        };
        for count in 1.. {
            let seen = self.wait_for(count).await;
            if let Some(found) = seen.into_iter().find(is_meant) {
                return found;
            }
        }
        unreachable!("waiting fails before counting ends")
    }

    /// Waits for this many, and gives all that came.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Seen> {
        let mut watched = self.count.clone();
        let enough = watched.wait_for(|seen| *seen >= count);
        let reached = tokio::time::timeout(DEADLINE, enough).await.is_ok();
        assert!(reached, "{count} notifications were to come, these came: {:?}", self.seen());
        self.seen()
    }
}

async fn receive(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().into());
    let seen = Seen { body: String::from_utf8(body.to_vec()).unwrap(), authorization };
    let index = {
        let mut all = endpoint.seen.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    let (status, text) = (endpoint.answer)(index, &seen);
    endpoint.count.send_modify(|count| *count += 1);
    (StatusCode::from_u16(status).unwrap(), text)
}
