//! What must not be seen anywhere: account numbers, names, handles, passwords and keys, in logs,
//! errors and metrics, and in what lies on the disk.

use std::fs::{read, read_dir, read_to_string};
use std::path::Path;

use api::v1::{
    ImportDestinationRequest, ListPayoutsRequest, PayoutState, RegisterDestinationRequest,
};
use serde_json::json;

use crate::calls::{Call, refused};
use crate::samples::{details, iban_of_a_person, local, person, to_bank_details, to_handle};
use crate::trustly::{ACCESS_ID, Keys, Notice};
use crate::world::{EU, Options, US, World, id_of, request};

/// What no caller, log reader or thief of a disk may learn from us.
fn secrets(world: &World, handle: &str) -> Vec<(&'static str, String)> {
    let file = |name: &str| {
        let text = read_to_string(world.directory().join("secrets").join(name)).unwrap();
        text.trim().to_owned()
    };
    let private = file("merchant-private.pem");
    // One line of the key is as good as all of it.
    let line = private.lines().nth(3).unwrap().to_owned();
    vec![
        ("IBAN", "DE75512108001245126199".to_owned()),
        ("IBAN as it was written", "DE75 5121 0800".to_owned()),
        ("account number", "00071694836".to_owned()),
        ("first name", "Heimlinde".to_owned()),
        ("last name", "Verborgen".to_owned()),
        ("account id", "1234567890".to_owned()),
        ("account id that is refused", "4444555566".to_owned()),
        ("authorization", handle.to_owned()),
        ("password", file("password")),
        ("access key", file("access-key")),
        ("installation key", file("key-1")),
        ("private key", line),
    ]
}

#[tokio::test]
async fn nothing_secret_is_seen_anywhere() {
    let log = "payoutd=trace,engine=trace,server=trace,trustly=trace,store_embedded=trace";
    let options = Options { server_log: log.to_owned(), ..Options::default() };
    let mut world = World::start_with(&options).await;
    let handle = world.authorization("customer-1").await;
    let secrets = secrets(&world, &handle);
    let (mut told, mut data) = live(&mut world, &handle).await;
    let metrics = format!("http://{}/metrics", world.admin_at);
    told.push(world.http.get(metrics).send().await.unwrap().text().await.unwrap());
    assert_eq!(world.stop_server(), Some(0));
    let log = read_to_string(world.server_log()).unwrap();
    assert!(log.contains("\"DEBUG\"") || log.contains("\"TRACE\""), "nothing fine was logged");
    data.extend(files_in(&world.directory().join("data")));
    for (name, secret) in &secrets {
        for answer in &told {
            assert!(!answer.contains(secret), "{name} in an answer: {answer}");
        }
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{name} in the log");
        for (path, bytes) in &data {
            let at = bytes.windows(secret.len()).position(|it| it == secret.as_bytes());
            assert_eq!(at, None, "{name} in {path}");
        }
    }
    // The search itself finds what is there.
    assert!(data.iter().any(|(_, bytes)| bytes.windows(8).any(|it| it == b"po_label")));
    assert!(log.contains("demo-eu") && !log.contains(ACCESS_ID), "the access id");
}

type Files = Vec<(String, Vec<u8>)>;

/// Pays to everything that is secret, in good ways and in bad ones; returns all that was answered,
/// and what lay on the disk while payouts were still to be sent.
async fn live(world: &mut World, handle: &str) -> (Vec<String>, Files) {
    let secret_name = || person("Heimlinde", "Verborgen");
    let swedish = details(local("SE", "6112", "00071694836"), secret_name());
    let mut german = iban_of_a_person();
    german.holder.as_mut().unwrap().holder = Some(secret_name());
    for (on, fault) in [
        ("AccountPayout", "unsigned_error"),
        ("AccountPayout", "lose_reply"),
        ("RegisterAccount", "bad_signature"),
        ("RegisterAccount", "unsigned_error"),
    ] {
        world.fault(json!({ "region": "eu", "on": on, "fault": fault })).await;
    }
    world.fault(json!({ "region": "amer", "on": "deposit", "fault": "lose_reply" })).await;
    let mut answers = Vec::new();
    let eu = world.destination(EU).await;
    let us = import(world, US, handle).await;
    for (key, bank_details) in [("german", &german), ("swedish", &swedish)] {
        let create = to_bank_details(key, bank_details.clone());
        answers.push(format!("{:?}", world.payouts().create_payout(create).await));
    }
    for (merchant, destination) in [(EU, &eu), (US, &us)] {
        let mut create = request(merchant, "stored", destination);
        create.metadata.insert("po_label".to_owned(), "kept as it is".to_owned());
        answers.push(format!("{:?}", world.payouts().create_payout(create).await));
    }
    let handles = [(EU, "1234567890"), (EU, "4444555566"), (US, handle)];
    for (index, (merchant, handle)) in handles.into_iter().enumerate() {
        let create = to_handle(merchant, &format!("handle-{index}"), handle);
        answers.push(format!("{:?}", world.payouts().create_payout(create).await));
    }
    answers.extend(refusals(world, &german, handle).await);
    for (merchant, key) in
        [(EU, "german"), (EU, "swedish"), (EU, "stored"), (US, "stored"), (EU, "handle-0")]
    {
        world.wait_for(merchant, key, &[PayoutState::Completed]).await;
    }
    world.wait_for(EU, "handle-1", &[PayoutState::Failed]).await;
    remark(world).await;
    // Found again after a crash, in the midst of things.
    let silent = json!({ "region": "eu", "on": "*", "fault": "http_500", "times": 1000 });
    world.fault(silent).await;
    let doubtful = to_bank_details("unresolved", german.clone());
    answers.push(format!("{:?}", world.payouts().create_payout(doubtful).await));
    answers
        .push(format!("{:?}", world.payouts().create_payout(request(EU, "doubtful", &eu)).await));
    world.kill_server();
    let data = files_in(&world.directory().join("data"));
    world.start_server().await;
    for merchant in [EU, US] {
        let list = ListPayoutsRequest { merchant: merchant.to_owned(), ..Default::default() };
        answers.push(format!("{:?}", world.payouts().list_payouts(list).await));
        answers.push(format!("{:?}", world.events(merchant).await));
    }
    (answers, data)
}

/// A genuine notification whose free texts repeat what was sent.
async fn remark(world: &World) {
    let (keys, id) = (Keys::of(world), id_of(EU, "german"));
    let mut notice = Notice::new("payoutfailed", &id, "5000000001");
    notice.data.insert("errorcode", "DE75512108001245126199".to_owned());
    notice.data.insert("errormessage", "Heimlinde Verborgen, 00071694836".to_owned());
    let url = format!("http://{}{}", world.webhooks_at, keys.address(&id));
    let body = notice.signed(&keys.trustly).to_string();
    let answer = world.http.post(url).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// Mistakes in requests that carry secrets.
async fn refusals(world: &World, bank_details: &api::v1::BankDetails, handle: &str) -> Vec<String> {
    let merchant = |name: &str| name.to_owned();
    let register = |name: &str, customer: &str| RegisterDestinationRequest {
        merchant: merchant(name),
        customer: customer.to_owned(),
        bank_details: Some(bank_details.clone()),
    };
    let mut wrong = bank_details.clone();
    wrong.account.as_mut().unwrap().form =
        Some(api::v1::bank_account::Form::Iban("DE76512108001245126199".to_owned()));
    let reused = to_handle(EU, "german", "1234567890");
    let import = ImportDestinationRequest {
        merchant: merchant(EU),
        customer: "customer-1".to_owned(),
        provider_handle: format!("{handle}-x"),
    };
    let mut told = Vec::new();
    for call in [
        Call::Register(register(US, "customer-1")),
        Call::Register(register("nobody", "customer-1")),
        Call::Register(register(EU, "Ä")),
        Call::Create(to_bank_details("wrong", wrong)),
        Call::Create(to_bank_details("", bank_details.clone())),
        Call::Create(reused),
        Call::Import(import),
    ] {
        let status = call.make(world).await.unwrap_err();
        told.push(format!("{status:?} {}", refused(&status).text));
    }
    let good = Call::Register(register(EU, "customer-9"));
    // Its answer cannot be trusted the first times.
    told.push(format!("{:?}", good.make(world).await));
    told
}

async fn import(world: &World, merchant: &str, handle: &str) -> String {
    let request = ImportDestinationRequest {
        merchant: merchant.to_owned(),
        customer: "customer-1".to_owned(),
        provider_handle: handle.to_owned(),
    };
    let answer = world.destinations().import_destination(request).await.unwrap();
    answer.into_inner().destination.unwrap().id
}

/// Every file below a directory with its bytes.
pub(crate) fn files_in(directory: &Path) -> Files {
    let mut files = Vec::new();
    for entry in read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push((path.display().to_string(), read(&path).unwrap()));
        }
    }
    files
}
