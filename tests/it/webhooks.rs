//! Notifications: which are believed, what is kept of them, and how they are answered.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use api::v1::{
    Event, ListParkedNotificationsRequest, ParkedNotification, Payout, PayoutEventKind,
    PayoutState, event,
};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::trustly::{ACCESS_ID, Keys, Notice, authorization, webhook, webhook_of};
use crate::world::{EU, PATIENCE, US, World, by_key, id_of, request};

pub(crate) const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
const AMERICAS: &str = "/notifications/demo-us";

/// A notification that is not believed.
struct Forgery {
    name: &'static str,
    path: String,
    content_type: &'static str,
    authorization: Option<String>,
    body: Vec<u8>,
    status: u16,
    counted_as: &'static str,
}

#[tokio::test]
async fn what_is_not_the_providers_is_refused_counted_and_forgotten() {
    let world = World::start().await;
    let (keys, eu, us) = (Keys::of(&world), accepted(&world, "eu").await, us_paid(&world).await);
    let before = (world.events(EU).await, world.events(US).await);
    let counted = notifications(&world).await;
    let mut expected = counted.clone();
    let mut forgeries = european(&keys, &eu.id);
    forgeries.extend(american(&keys, &us.id));
    for forgery in &forgeries {
        check_refused(&world, forgery).await;
        *expected.entry(forgery.counted_as.to_owned()).or_default() += 1;
    }
    assert_eq!(notifications(&world).await, expected);
    check_transport(&world, &keys.address(&eu.id));
    assert_eq!((world.events(EU).await, world.events(US).await), before);
    for (merchant, key) in [(EU, "eu"), (US, "us")] {
        let payout = payout(&world, merchant, key).await;
        assert!(payout == eu || payout == us, "{payout:?}");
        assert_eq!(parked(&world, merchant).await, []);
    }
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let told: Vec<_> = log.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    let [told] = told.try_into().unwrap();
    assert!(told.contains("unknown algorithm") && told.contains(EU), "{told}");
    // After all that a good one is still taken in.
    let good = Notice::about("payoutconfirmation", &eu, "5000000001");
    send_good(&world, &keys, &good, &eu.id).await;
    assert_eq!(payout(&world, EU, "eu").await.state(), PayoutState::Completed);
}

#[tokio::test]
async fn a_repeated_notification_is_answered_alike_and_takes_effect_once() {
    let world = World::start().await;
    let (keys, eu) = (Keys::of(&world), accepted(&world, "eu").await);
    let credit = Notice::about("credit", &eu, "5000000001");
    send_good(&world, &keys, &credit, &eu.id).await;
    let failed = payout(&world, EU, "eu").await;
    assert_eq!((failed.state(), failed.sequence), (PayoutState::Failed, eu.sequence + 1));
    // Whether a repeat has a new uuid is not documented.
    let with_new_uuid = Notice { uuid: "00000000-0000-4000-8000-000000000001", ..credit.clone() };
    for repeat in [&credit, &with_new_uuid, &credit] {
        send_good(&world, &keys, repeat, &eu.id).await;
    }
    assert_eq!(payout(&world, EU, "eu").await, failed);
    // Both a credit and a cancel may come for one payout; it is given back once.
    send_good(&world, &keys, &Notice::about("cancel", &eu, "5000000003"), &eu.id).await;
    let noted = payout(&world, EU, "eu").await;
    assert_eq!((noted.state(), noted.sequence), (PayoutState::Failed, failed.sequence + 1));
    assert_eq!((&noted.give_back, &noted.attention), (&failed.give_back, &failed.attention));
    let told = world.events(EU).await.into_iter().filter(gives_back).count();
    assert_eq!(told, 1);

    let us = us_paid(&world).await;
    let late = webhook(&us.id, "5000000002", "Authorize", 2);
    for _ in 0..3 {
        let answer = post(&world, AMERICAS, FORM, Some(&signed(&keys, &late)), &late).await;
        assert_eq!(answer, (200, "OK".to_owned()));
    }
    assert_eq!(payout(&world, US, "us").await.sequence, us.sequence + 1);
}

fn gives_back(event: &Event) -> bool {
    match &event.event {
        Some(event::Event::PayoutEvent(about)) => about.give_back.is_some(),
        Some(event::Event::DestinationEvent(_)) | None => false,
    }
}

#[tokio::test]
async fn what_is_unknown_in_a_good_notification_is_acknowledged() {
    let world = World::start().await;
    let (keys, eu) = (Keys::of(&world), accepted(&world, "eu").await);
    let mut sequence = eu.sequence;
    for (id, method) in [("5000000001", "astonishment"), ("5000000002", "payoutfailed")] {
        send_good(&world, &keys, &Notice::new(method, &eu.id, id), &eu.id).await;
        sequence += 1;
    }
    let mut member = Notice::new("pending", &eu.id, "5000000003");
    member.data.insert("zzz", "what nobody knows".to_owned());
    send_good(&world, &keys, &member, &eu.id).await;
    let now = payout(&world, EU, "eu").await;
    assert_eq!((now.state(), now.sequence), (PayoutState::Accepted, sequence + 1));
    let events = world.events(EU).await;
    let Some(event::Event::PayoutEvent(last)) = &events.last().unwrap().event else { panic!() };
    assert_eq!(last.kind(), PayoutEventKind::Noted);
    // Nothing in a signature covers the content type; what is signed is believed under any.
    let body = Notice::about("payoutconfirmation", &eu, "5000000004");
    let text = body.signed(&keys.trustly).to_string();
    let (status, answer) = post(&world, &keys.address(&eu.id), "text/plain", None, &text).await;
    assert!(status == 200 && body.is_acknowledged(&keys, &answer), "{status} {answer}");
    assert_eq!(payout(&world, EU, "eu").await.state(), PayoutState::Completed);
}

#[tokio::test]
async fn what_names_an_unknown_payout_waits_for_it() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    for (index, (key, method, state)) in [
        ("canceled", "cancel", PayoutState::Failed),
        ("credited", "credit", PayoutState::Failed),
        ("confirmed", "payoutconfirmation", PayoutState::Completed),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, receipt) = (id_of(EU, key), format!("600000000{index}"));
        let notice = Notice::new(method, &id, &receipt);
        for _ in 0..2 {
            send_good(&world, &keys, &notice, &id).await;
        }
        let [waiting] = parked(&world, EU).await.try_into().unwrap();
        assert_eq!((waiting.id, waiting.payout_id), (receipt, id));
        assert_eq!((waiting.merchant.as_str(), waiting.provider_kind.as_str()), (EU, method));
        assert!(waiting.received_at.is_some());
        check_never_sent(&world, EU, key, state).await;
        assert_eq!(parked(&world, EU).await, []);
    }

    let id = id_of(US, "completed");
    let complete = webhook(&id, "6000000010", "Complete", 4);
    let answer = post(&world, AMERICAS, FORM, Some(&signed(&keys, &complete)), &complete).await;
    assert_eq!(answer, (200, "OK".to_owned()));
    let [waiting] = parked(&world, US).await.try_into().unwrap();
    assert_eq!((waiting.payout_id, waiting.provider_kind), (id, "Complete".to_owned()));
    // Its word alone completes nothing: the transaction must say so itself, and there is none.
    check_never_sent(&world, US, "completed", PayoutState::Pending).await;
    assert_eq!(parked(&world, US).await, []);
}

/// A merchant that also takes payments has all its webhooks sent to one address.
#[tokio::test]
async fn what_is_about_no_payout_is_acknowledged_and_not_kept() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let send = async |kind: u32, reference: &str, event_id: &str| {
        let body = webhook_of(kind, reference, event_id, "Complete", 4);
        let answer = post(&world, AMERICAS, FORM, Some(&signed(&keys, &body)), &body).await;
        assert_eq!(answer, (200, "OK".to_owned()), "{kind} {reference}");
    };
    const FOREIGN: [u32; 8] = [1, 2, 3, 4, 8, 9, 10, 11];
    for kind in FOREIGN {
        send(kind, "pay-in-7", &format!("70000000{kind:02}")).await;
    }
    assert_eq!(parked(&world, US).await, []);
    let counted = BTreeMap::from([("of_no_payout".to_owned(), FOREIGN.len() as u64)]);
    assert_eq!(notifications(&world).await, counted);
    // What may be about a payout is kept, and so is whatever names one.
    let mut kept = Vec::new();
    let names = [(0, "x"), (5, "x"), (6, "x"), (7, "x"), (12, "x"), (3, &id_of(US, "later"))];
    for (index, (kind, reference)) in names.into_iter().enumerate() {
        let event_id = format!("710000000{index}");
        send(kind, reference, &event_id).await;
        kept.insert(0, event_id);
    }
    let ids: Vec<_> = parked(&world, US).await.into_iter().map(|waiting| waiting.id).collect();
    assert_eq!(ids, kept);
}

#[tokio::test]
async fn what_finds_no_room_is_refused_and_told_once() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let send = async |reference: &str, number: u32| {
        let body = webhook(reference, &format!("{}", 7_200_000_000 + u64::from(number)), "x", 4);
        post(&world, AMERICAS, FORM, Some(&signed(&keys, &body)), &body).await.0
    };
    let mut kept = 0;
    while send("order-7", kept).await == 200 {
        kept += 1;
        assert!(kept < 1000, "one order of somebody else's fills the store");
    }
    for again in 0..2 {
        assert_eq!(send("order-7", kept + again).await, 503);
    }
    assert_eq!(send("order-7", 0).await, 200, "what is kept is acknowledged again");
    assert_eq!(send(&id_of(US, "later"), 0).await, 200, "others have room of their own");
    let counted = notifications(&world).await;
    assert_eq!((counted["no_room"], counted["acknowledged"]), (3, u64::from(kept) + 2));
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    let told: Vec<_> = log.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    let [told] = told.try_into().unwrap();
    assert!(told.contains("no room") && told.contains("ListParkedNotifications"), "{told}");
    assert!(!told.contains("order-7"), "{told}");
}

#[tokio::test]
async fn parked_notifications_are_listed_page_by_page_latest_first() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let mut sent = Vec::new();
    for index in 0..5 {
        let (id, receipt) = (id_of(EU, &format!("later-{index}")), format!("600000000{index}"));
        send_good(&world, &keys, &Notice::new("cancel", &id, &receipt), &id).await;
        sent.insert(0, receipt);
    }
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListParkedNotificationsRequest { merchant: EU.into(), page_size: 2, page_token };
        let page = world.operations().list_parked_notifications(request).await.unwrap();
        let page = page.into_inner();
        listed.extend(page.notifications.into_iter().map(|notification| notification.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, sent);
    assert_eq!(parked(&world, US).await, [], "of another merchant");
}

fn european(keys: &Keys, payout: &str) -> Vec<Forgery> {
    let address = keys.address(payout);
    let other = keys.address(&id_of(EU, "other"));
    let credit = Notice::new("credit", payout, "5000000009");
    let good = credit.signed(&keys.trustly);
    let forged = |name, path: &str, body: Value| Forgery {
        name,
        path: path.to_owned(),
        content_type: JSON,
        authorization: None,
        body: body.to_string().into_bytes(),
        status: 401,
        counted_as: "forged",
    };
    let mut altered = good.clone();
    altered["params"]["data"]["amount"] = json!("10.01");
    let mut unsigned = good.clone();
    unsigned["params"].as_object_mut().unwrap().remove("signature");
    let mut mislabelled = good.clone();
    mislabelled["params"]["signature"] = json!(format!("alg=RS256;{}", text_of(&good)));
    let mut unknown_algorithm = good.clone();
    unknown_algorithm["params"]["signature"] = json!(format!("alg=PS256;{}", text_of(&good)));
    let mut of_another_method = good.clone();
    of_another_method["method"] = json!("payoutconfirmation");
    let mut wrong_mac = address.clone();
    let last = wrong_mac.pop().unwrap();
    wrong_mac.push(if last == 'a' { 'b' } else { 'a' });
    let whole = good.to_string();
    let malformed = |name, body: &[u8]| Forgery {
        body: body.to_vec(),
        status: 400,
        counted_as: "malformed",
        ..forged(name, &address, Value::Null)
    };
    let mut forgeries = vec![
        forged("signed by the merchant", &address, credit.signed(&keys.merchant)),
        forged("altered", &address, altered),
        forged("unsigned", &address, unsigned),
        forged("of another algorithm", &address, mislabelled),
        forged("of another method", &address, of_another_method),
        forged("wrong mac", &wrong_mac, good.clone()),
        forged("another payout's address", &other, good.clone()),
        forged("no address", "/notifications/demo-eu", good.clone()),
        forged("the other region's address", AMERICAS, good.clone()),
        malformed("truncated", whole.split_at(whole.len() - 7).0.as_bytes()),
        malformed("empty", b""),
        malformed("a form", b"method=credit&amount=10.00"),
        malformed("no object", b"[]"),
        Forgery {
            counted_as: "unverifiable",
            ..forged("of an unknown algorithm", &address, unknown_algorithm)
        },
    ];
    for (name, body) in hostile(&credit, keys) {
        forgeries.push(malformed(name, &body));
    }
    forgeries.push(Forgery {
        name: "wrong content type and key",
        content_type: FORM,
        ..forged("", &address, credit.signed(&keys.merchant))
    });
    for (name, path) in [
        ("unknown merchant", address.replace(EU, "nobody")),
        ("another path", address.replace("notifications", "notification")),
    ] {
        forgeries.push(Forgery {
            status: 404,
            counted_as: "not_found",
            ..forged(name, &path, good.clone())
        });
    }
    forgeries
}

/// Bodies that no two readers need read alike, or that are made to exhaust one. Where a signature
/// can be over what is in them, it is good.
fn hostile(credit: &Notice, keys: &Keys) -> Vec<(&'static str, Vec<u8>)> {
    let good = credit.signed(&keys.trustly).to_string();
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        good.replacen(from, to, 1).into_bytes()
    };
    let amount = r#""amount":"10.00""#;
    let with_amount = |text: &str| replaced(amount, &format!(r#"{amount},{text}"#));
    let mut not_utf8 = good.clone().into_bytes();
    let at = good.find("customer-1").unwrap();
    not_utf8[at] = 0xff;
    let mut cut_character = good.clone().into_bytes();
    cut_character.splice(at..=at, [0xc3]);
    let nested = |depth: usize| format!(r#""z":{}{}"#, "[".repeat(depth), "]".repeat(depth));
    vec![
        ("the same key twice", with_amount(r#""amount":"10.00""#)),
        ("the same key twice, once escaped", with_amount(r#""\u0061mount":"99.00""#)),
        ("params twice", replaced(r#""version""#, r#""params":{},"version""#)),
        ("nested deeply", with_amount(&nested(200))),
        (
            "nested to the end of the body",
            [b"{\"method\":\"credit\",\"params\":".to_vec(), b"[".repeat(60_000)].concat(),
        ),
        ("nested objects without end", br#"{"a":"#.repeat(10_000)),
        ("a huge number", with_amount(&format!(r#""z":{}"#, "9".repeat(50_000)))),
        ("a number with a huge fraction", with_amount(&format!(r#""z":0.{}1"#, "0".repeat(65)))),
        ("not UTF-8", not_utf8),
        ("half a character", cut_character),
        ("half a surrogate pair", replaced("customer-1", r"customer-\ud83d")),
        ("a byte order mark", [b"\xef\xbb\xbf".as_slice(), good.as_bytes()].concat()),
        ("a control character", replaced("customer-1", "customer\u{0}1")),
        ("something behind it", [good.as_bytes(), b"{}"].concat()),
    ]
}

fn text_of(notification: &Value) -> String {
    notification["params"]["signature"].as_str().unwrap().to_owned()
}

fn american(keys: &Keys, payout: &str) -> Vec<Forgery> {
    let body = webhook(payout, "5000000008", "Reverse", 10);
    let header = authorization(ACCESS_ID, &keys.access_key, &body);
    let forged = |name, authorization: Option<&str>, body: &str| Forgery {
        name,
        path: AMERICAS.to_owned(),
        content_type: FORM,
        authorization: authorization.map(str::to_owned),
        body: body.as_bytes().to_vec(),
        status: 401,
        counted_as: "forged",
    };
    let cut = body.split_at(body.len() - 7).0;
    let senseless = "&&&===%zz";
    let signed_senseless = authorization(ACCESS_ID, &keys.access_key, senseless);
    vec![
        forged("wrong key", Some(&authorization(ACCESS_ID, "not the key", &body)), &body),
        forged("no header", None, &body),
        forged(
            "other access id",
            Some(&authorization("SIMACCESSID0000000002", &keys.access_key, &body)),
            &body,
        ),
        forged("another scheme", Some(&header.replace("Basic", "Bearer")), &body),
        forged("no signature", Some("Basic U0lNQUNDRVNTSUQ="), &body),
        forged("truncated", Some(&header), cut),
        forged("altered", Some(&header), &body.replace("status=10", "status=4")),
        forged("empty", Some(&header), ""),
        Forgery {
            status: 400,
            counted_as: "malformed",
            ..forged("signed, and not a form", Some(&signed_senseless), senseless)
        },
    ]
}

async fn check_refused(world: &World, forgery: &Forgery) {
    let Forgery { name, path, content_type, authorization, body, status, .. } = forgery;
    let answer = post(world, path, content_type, authorization.as_deref(), body).await;
    assert_eq!(answer.0, *status, "{name}: {answer:?}");
}

/// What is refused before it is read, or breaks off while it is.
fn check_transport(world: &World, path: &str) {
    let head = |method: &str, more: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n")
    };
    let announced = head("POST", "Content-Length: 10485760\r\n");
    let mut chunked = head("POST", "Transfer-Encoding: chunked\r\n").into_bytes();
    chunked.extend(b"4b000\r\n");
    chunked.extend(vec![b'x'; 0x4_b000]);
    for (name, request, status) in [
        ("10 MB announced", announced.into_bytes(), "413"),
        ("more than may be, piece by piece", chunked, "413"),
        ("GET", head("GET", "").into_bytes(), "405"),
        ("PUT", head("PUT", "Content-Length: 0\r\n").into_bytes(), "405"),
    ] {
        let mut stream = connect(world);
        stream.write_all(&request).unwrap();
        let mut line = [0; 12];
        stream.read_exact(&mut line).unwrap();
        assert_eq!(String::from_utf8_lossy(&line), format!("HTTP/1.1 {status}"), "{name}");
    }
    let mut broken = connect(world);
    broken.write_all(head("POST", "Content-Length: 500\r\n").as_bytes()).unwrap();
    broken.write_all(b"{\"method\":").unwrap();
    broken.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    broken.read_to_string(&mut answer).unwrap();
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

fn connect(world: &World) -> TcpStream {
    let stream = TcpStream::connect(world.webhooks_at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Creates the payout that a parked notification speaks of: it is where that left it, and nothing
/// was sent.
async fn check_never_sent(world: &World, merchant: &str, key: &str, state: PayoutState) {
    let destination = world.destination(merchant).await;
    let request = request(merchant, key, &destination);
    let created = world.payouts().create_payout(request).await.unwrap().into_inner();
    let payout = created.payout.unwrap();
    assert_eq!(payout.state(), state, "{payout:?}");
    assert_eq!(payout.attempts, []);
    assert!(world.movements(merchant, key).await.is_empty());
    let path = format!("requests?reference={}", payout.id);
    let asked = world.control(Method::GET, &path, Value::Null).await;
    assert_eq!(asked["requests"], json!([]));
}

/// Sends a good notification to the address of `payout` and checks the acknowledgement.
pub(crate) async fn send_good(world: &World, keys: &Keys, notice: &Notice, payout: &str) {
    let body = notice.signed(&keys.trustly).to_string();
    let (status, answer) = post(world, &keys.address(payout), JSON, None, &body).await;
    assert!(
        status == 200 && notice.is_acknowledged(keys, &answer),
        "{notice:?}: {status} {answer}"
    );
}

fn signed(keys: &Keys, body: &str) -> String {
    authorization(ACCESS_ID, &keys.access_key, body)
}

pub(crate) async fn post(
    world: &World,
    path: &str,
    content_type: &str,
    authorization: Option<&str>,
    body: impl AsRef<[u8]>,
) -> (u16, String) {
    let url = format!("http://{}{path}", world.webhooks_at);
    let mut request = world.http.post(url).header(CONTENT_TYPE, content_type);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let answer = request.body(body.as_ref().to_vec()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A European payout that the provider has and of which it says nothing by itself.
pub(crate) async fn accepted(world: &World, key: &str) -> Payout {
    world
        .fault(json!({
            "region": "eu", "on": "AccountPayout", "fault": "silent_success",
            "reference": id_of(EU, key),
        }))
        .await;
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, key, &destination)).await.unwrap();
    world.wait_for(EU, key, &[PayoutState::Accepted]).await
}

/// A payout in the Americas of which everything was told.
/// Trustly may leave our own name out: then the transaction's id says whose payout it is.
#[tokio::test]
async fn a_webhook_that_names_only_the_transaction_finds_its_payout() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let us = us_paid(&world).await;
    let assigned = us.provider_references.iter().find(|it| it.value != us.id).unwrap();
    let late = webhook(&us.id, "5000000003", "Authorize", 2);
    let late = late.replace("9000000001", &assigned.value);
    let late = late.replace(&format!("merchantReference={}&", us.id), "");
    let answer = post(&world, AMERICAS, FORM, Some(&signed(&keys, &late)), &late).await;
    assert_eq!(answer, (200, "OK".to_owned()));
    assert_eq!(parked(&world, US).await, []);
    assert_eq!(payout(&world, US, "us").await.sequence, us.sequence + 1);
}

async fn us_paid(world: &World) -> Payout {
    let destination = world.destination(US).await;
    world.payouts().create_payout(request(US, "us", &destination)).await.unwrap();
    world.wait_for(US, "us", &[PayoutState::Completed]).await;
    world.quiet().await;
    payout(world, US, "us").await
}

pub(crate) async fn payout(world: &World, merchant: &str, key: &str) -> Payout {
    let answer = world.payouts().get_payout(by_key(merchant, key)).await.unwrap();
    answer.into_inner().payout.unwrap()
}

pub(crate) async fn parked(world: &World, merchant: &str) -> Vec<ParkedNotification> {
    let merchant = merchant.to_owned();
    let request = ListParkedNotificationsRequest { merchant, ..Default::default() };
    let answer = world.operations().list_parked_notifications(request).await.unwrap();
    answer.into_inner().notifications
}

/// How many notifications the metrics count, by result.
async fn notifications(world: &World) -> BTreeMap<String, u64> {
    let url = format!("http://{}/metrics", world.admin_at);
    let text = world.http.get(url).send().await.unwrap().text().await.unwrap();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("payoutd_notifications_total{result=\"") else {
            continue;
        };
        let (result, count) = rest.split_once("\"} ").unwrap();
        counts.insert(result.to_owned(), count.parse().unwrap());
    }
    counts
}
