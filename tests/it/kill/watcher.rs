//! Watchers: each follows a selection of one merchant's log over one broken stream after the other
//! and keeps what it saw.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::v1::event_selector::Selector;
use api::v1::event_start::Start;
use api::v1::payouts_client::PayoutsClient;
use api::v1::watch_payouts_response::Message;
use api::v1::{Event, EventSelector, EventStart, WatchPayoutsRequest};
use tonic::Streaming;

use super::caller::Floor;
use super::rng::Rng;
use crate::world::connect;

/// A selection and all of its events that a watcher was sent, in the order in which they came.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) merchant: &'static str,
    /// Of this customer; of all, if none.
    pub(super) customer: Option<String>,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
}

impl Watched {
    pub(super) fn new(merchant: &'static str, customer: Option<String>) -> Self {
        Self { merchant, customer, events: Arc::default() }
    }
}

/// Between two tries at a stream: shorter than the server takes to start.
const PAUSE: Duration = Duration::from_millis(20);
/// A dead connection shows by itself, so this only bounds how long a closed floor is not noticed.
const QUIET_MAX: Duration = Duration::from_millis(500);

/// Watches until the floor is closed.
pub(super) async fn watch(floor: Arc<Floor>, watched: Watched, mut rng: Rng) {
    while !floor.closed.load(Ordering::Relaxed) {
        let after = watched.events.lock().unwrap().last().map(|event| event.cursor.clone());
        let mut client = PayoutsClient::new(connect(floor.grpc_at));
        let request = request(watched.merchant, watched.customer.as_deref(), after);
        if let Ok(stream) = client.watch_payouts(request).await {
            follow(&floor, &watched, stream.into_inner(), &mut rng).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(super) fn request(
    merchant: &str,
    customer: Option<&str>,
    after: Option<String>,
) -> WatchPayoutsRequest {
    let selector = match customer {
        Some(customer) => Selector::Customer(customer.to_owned()),
        None => Selector::EntireMerchant(()),
    };
    let start = match after {
        Some(cursor) => Start::Cursor(cursor),
        None => Start::Beginning(()),
    };
    WatchPayoutsRequest {
        merchant: merchant.to_owned(),
        selector: Some(EventSelector { selector: Some(selector) }),
        start: Some(EventStart { start: Some(start) }),
        ..WatchPayoutsRequest::default()
    }
}

/// Reads until the stream breaks, or breaks it.
async fn follow(
    floor: &Floor,
    watched: &Watched,
    mut stream: Streaming<api::v1::WatchPayoutsResponse>,
    rng: &mut Rng,
) {
    while !floor.closed.load(Ordering::Relaxed) {
        let message = match tokio::time::timeout(QUIET_MAX, stream.message()).await {
            Ok(Ok(Some(answer))) => answer.message,
            Ok(Ok(None) | Err(_)) => return,
            Err(_) => continue,
        };
        if let Some(Message::Event(event)) = message {
            watched.events.lock().unwrap().push(*event);
            if rng.below(500) == 0 {
                return;
            }
        }
    }
}
