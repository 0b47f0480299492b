//! Callers: they create, repeat, contradict themselves, cancel and read, over connections that
//! break, and write down what they were told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use api::v1::payouts_client::PayoutsClient;
use api::v1::{
    CancelPayoutRequest, GetPayoutRequest, WaitUntil, cancel_payout_request, get_payout_request,
};
use tonic::Request;
use tonic::transport::Channel;

use super::journal::{Journal, Name, reason};
use super::plan::{Contents, Targets, key};
use super::rng::Rng;
use crate::world::connect;

/// What all callers share.
pub(super) struct Floor {
    pub(super) grpc_at: SocketAddr,
    pub(super) journal: Journal,
    /// Keys below this number are in use; it grows with the kills.
    pub(super) frontier: AtomicU64,
    /// Set when callers are to end.
    pub(super) hung_up: AtomicBool,
    /// Set when watchers are to end.
    pub(super) closed: AtomicBool,
}

/// How far behind the newest keys most calls are.
const RECENT_KEYS: u64 = 12;
/// A caller that waits for nothing in particular gives up after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls until told to hang up.
pub(super) async fn call(floor: Arc<Floor>, targets: Arc<Targets>, mut rng: Rng) {
    let mut client = PayoutsClient::new(connect(floor.grpc_at));
    while !floor.hung_up.load(Ordering::Relaxed) {
        if rng.percent(5) {
            client = PayoutsClient::new(connect(floor.grpc_at));
        }
        let name = (targets.merchant, draw(&floor, &mut rng));
        let patience = if rng.percent(35) { rng.below_millis(150) } else { PATIENCE };
        let client = client.clone();
        // To stop waiting cancels the call: the connection lives on, the call does not.
        let _ = match rng.below(100) {
            0..70 => {
                let call = create(&floor, &targets, client, name, &mut rng);
                tokio::time::timeout(patience, call).await
            }
            70..80 => tokio::time::timeout(patience, cancel(&floor, client, name)).await,
            _ => tokio::time::timeout(patience, get(&floor, client, name)).await,
        };
        tokio::time::sleep(rng.below_millis(50)).await;
    }
}

/// Mostly one of the newest keys, so that calls meet payouts that are under way.
fn draw(floor: &Floor, rng: &mut Rng) -> u64 {
    let frontier = floor.frontier.load(Ordering::Relaxed);
    match rng.percent(75) {
        true => frontier.saturating_sub(rng.below(RECENT_KEYS)),
        false => rng.below(frontier + 1),
    }
}

async fn create(
    floor: &Floor,
    targets: &Targets,
    mut client: PayoutsClient<Channel>,
    name: Name,
    rng: &mut Rng,
) {
    let contents = match rng.below(100) {
        0..88 => Contents::Usual,
        88..97 => Contents::Other,
        _ => Contents::Invalid,
    };
    let submit_before = floor.journal.submit_before(name, rng);
    let mut request = targets.request(name.1, contents, submit_before);
    let waits = [WaitUntil::Unspecified, WaitUntil::Recorded, WaitUntil::Outcome];
    request.set_wait_until(*rng.pick(&waits));
    let mut request = Request::new(request);
    if rng.percent(20) {
        request.set_timeout(rng.below_millis(400));
    }
    floor.journal.creating(name, contents);
    match client.create_payout(request).await {
        Ok(answer) => {
            let payout = answer.into_inner().payout.expect("an answer shows the payout");
            floor.journal.created(name, contents, &payout);
        }
        Err(status) => floor.journal.not_created(name, contents, &status),
    }
}

async fn cancel(floor: &Floor, mut client: PayoutsClient<Channel>, name: Name) {
    let (merchant, number) = name;
    // Most keys are to be paid in the end.
    if number % 4 != 3 {
        return get(floor, client, name).await;
    }
    let payout = cancel_payout_request::Payout::PayoutIdempotencyKey(key(number));
    let request = CancelPayoutRequest { merchant: merchant.to_owned(), payout: Some(payout) };
    floor.journal.canceling(name);
    match client.cancel_payout(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            floor.journal.canceled(name, answer.result(), answer.payout.as_ref());
        }
        Err(status) => floor.journal.count("cancel", &reason(&status).0),
    }
}

async fn get(floor: &Floor, mut client: PayoutsClient<Channel>, name: Name) {
    let (merchant, number) = name;
    let payout = get_payout_request::Payout::IdempotencyKey(key(number));
    let request = GetPayoutRequest { merchant: merchant.to_owned(), payout: Some(payout) };
    match client.get_payout(request).await {
        Ok(answer) => {
            let payout = answer.into_inner().payout.expect("an answer shows the payout");
            floor.journal.shown(name, &payout);
            floor.journal.count("get", "ok");
        }
        Err(status) => floor.journal.count("get", &reason(&status).0),
    }
}
