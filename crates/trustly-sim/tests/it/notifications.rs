//! Notifications of both regions: repeated until answered well, and what faults do to them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::merchant::{acknowledgement, uuid};
use crate::receiver::Receiver;
use crate::rig::{MERCHANT_KEY, Rig, TRUSTLY_KEY};

#[tokio::test]
async fn europe_repeats_until_the_signed_ok_and_keeps_the_notificationid() {
    let receiver = Receiver::answering(|index, seen| {
        let (method, id) = (seen.method(), seen.uuid());
        let reply = |status: &str| acknowledgement(&method, &id, status, &MERCHANT_KEY);
        match index {
            0 => (200, "OK".to_owned()),
            1 => (200, reply("OK").replace("\"OK\"", "\"FAILED\"")),
            2 => (200, reply("FAILED")),
            3 => (200, acknowledgement(&method, &id, "OK", &TRUSTLY_KEY)),
            4 => (200, acknowledgement(&method, &uuid(1), "OK", &MERCHANT_KEY)),
            5 => (200, acknowledgement("credit", &id, "OK", &MERCHANT_KEY)),
            6 => (500, reply("OK")),
            7 => (302, reply("OK")),
            8 => (200, " ".repeat(100_000)),
            9 => (200, reply("OK").replace(&id, &uuid(1))),
            _ => seen.ok(),
        }
    })
    .await;
    // A faster clock: the later attempts are an hour apart.
    let rig = Rig::with(1, |config| config.time_factor = 50_000).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let seen = receiver.wait_for(11).await;
    let lines = rig.settle("po_1").await;
    assert_eq!((&lines[0]["attempts"], &lines[0]["state"]), (&json!(11), &json!("delivered")));
    let ids: BTreeSet<String> =
        seen.iter().map(|each| each.data()["notificationid"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert!(seen.iter().all(crate::receiver::Seen::is_signed));
    let uuids: BTreeSet<String> = seen.iter().map(crate::receiver::Seen::uuid).collect();
    assert!(uuids.len() > 1, "a repeat may have another uuid");
}

#[tokio::test]
async fn the_americas_repeat_until_a_200() {
    let receiver =
        Receiver::answering(|index, _| (if index < 3 { 503 } else { 200 }, String::new()));
    let receiver = receiver.await;
    let rig = Rig::with(2, |config| {
        config.time_factor = 20_000;
        config.amer.webhook_url = Some(receiver.url.clone());
    })
    .await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    let lines = rig.settle("po_1").await;
    let attempts: u64 = lines.iter().map(|line| line["attempts"].as_u64().unwrap()).sum();
    assert_eq!((lines.len(), attempts), (3, 6));
    let events: BTreeSet<String> =
        receiver.seen().iter().map(|seen| seen.field("eventId")).collect();
    assert_eq!(events.len(), 3);
    assert!(receiver.seen().iter().all(crate::receiver::Seen::is_signed_form));
}

#[tokio::test]
async fn a_receiver_that_comes_up_later_still_hears_everything() {
    let rig = Rig::start(3).await;
    // Nothing listens on port 1.
    rig.set_webhooks("http://127.0.0.1:1/hook").await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.reach("po_1", &["completed"]).await;
    let receiver = Receiver::amer().await;
    rig.set_webhooks(&receiver.url).await;
    let lines = rig.settle("po_1").await;
    assert!(lines.iter().all(|line| line["delivered"] == true), "{lines:?}");
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test]
async fn lose_notification_loses_one_delivery() {
    let (rig, receiver) = (Rig::start(4).await, Receiver::eu().await);
    rig.fault(json!({ "region": "eu", "on": "notification", "fault": "lose_notification" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let lines = rig.settle("po_1").await;
    assert_eq!((&lines[0]["attempts"], &lines[0]["delivered"]), (&json!(2), &json!(true)));
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn drop_notification_swallows_it_for_good() {
    let (rig, receiver) = (Rig::start(5).await, Receiver::eu().await);
    rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "drop_notification" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    let lines = rig.settle("po_1").await;
    assert_eq!((&lines[0]["attempts"], &lines[0]["state"]), (&json!(0), &json!("dropped")));
    assert_eq!(rig.states("po_1").await, ["completed"]);
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn duplicate_notification_delivers_the_same_twice() {
    let (rig, receiver) = (Rig::start(6).await, Receiver::eu().await);
    rig.fault(json!({ "region": "eu", "on": "*", "fault": "duplicate_notification" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].data(), seen[1].data());
}

#[tokio::test]
async fn a_forged_notification_is_followed_by_a_good_one() {
    let (rig, receiver) = (
        Rig::start(7).await,
        Receiver::answering(
            |_, seen| {
                if seen.is_signed() { seen.ok() } else { (400, String::new()) }
            },
        )
        .await,
    );
    rig.fault(json!({ "region": "eu", "on": "notification", "fault": "bad_signature" })).await;
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let signed: Vec<bool> = receiver.seen().iter().map(crate::receiver::Seen::is_signed).collect();
    assert_eq!(signed, [false, true]);
}

#[tokio::test]
async fn reorder_notifications_turns_a_payouts_series_round() {
    let rig = Rig::with(8, |config| config.time_factor = 1_200).await;
    let receiver = Receiver::eu().await;
    for fault in ["credit_after_confirmation", "reorder_notifications"] {
        rig.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": fault })).await;
    }
    rig.pay("po_1", &uuid(1), &receiver.url).await;
    rig.settle("po_1").await;
    let methods: Vec<String> = receiver.seen().iter().map(crate::receiver::Seen::method).collect();
    assert_eq!(methods, ["credit", "payoutconfirmation"]);
}

#[tokio::test]
async fn reordered_webhooks_come_last_to_first() {
    let (rig, receiver) = (Rig::start(9).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    let rule = json!({ "region": "amer", "on": "notification", "fault": "reorder_notifications" });
    rig.fault(rule).await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    let statuses: Vec<String> = receiver.seen().iter().map(|seen| seen.field("status")).collect();
    assert_eq!(statuses, ["4", "3", "2"]);
}

#[tokio::test]
async fn a_forged_webhook_is_followed_by_a_good_one() {
    let receiver = Receiver::answering(|_, seen| {
        (if seen.is_signed_form() { 200 } else { 401 }, String::new())
    })
    .await;
    let rig = Rig::start(10).await;
    rig.set_webhooks(&receiver.url).await;
    rig.fault(json!({ "region": "amer", "on": "notification", "fault": "bad_signature" })).await;
    let authorization = rig.authorize().await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    let signed = |seen: &crate::receiver::Seen| seen.is_signed_form();
    assert_eq!(receiver.seen().iter().filter(|seen| !signed(seen)).count(), 1);
    assert_eq!(receiver.seen().iter().filter(|seen| signed(seen)).count(), 3);
}
