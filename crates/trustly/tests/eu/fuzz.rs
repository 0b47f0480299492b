//! The inbound path under messages that were changed on their way: bytes in, a receipt or an answer
//! out. Nothing panics, takes long or much memory, and what is believed is what Trustly signed.
//!
//! A run takes a few thousand cases from a new seed. `cargo xtask fuzz --minutes N` takes as many
//! as there is time for. What one finds becomes a test of its own where it belongs.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use payout::identity::notification_segment;
use payout::input::{Input, Report, What};
use payout::port::{Inbound, Provider, Receipt, Request};
use payout::reason::Reason;
use payout::record::Payout;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use trustly::eu::key::TrustlyKey;
use trustly::eu::provider::Europe;
use trustly::eu::wire::MESSAGE_BYTES_MAX;
use trustly::json::Json;
use zeroize::Zeroizing;

use crate::mutate::{Message, Must, mutate};
use crate::random::Random;
use crate::rig::{config, europe_of, submitting};
use crate::sample::{money, ring};
use crate::script::Script;
use crate::support::{UUID, serialise, sign_with};
use crate::tree::Tree;

/// What a run takes without being told how long to go on; some seconds.
const CASES: u64 = 4_000;

/// Far longer than any case takes; what grows faster than its message takes longer.
const CASE_TIME_MAX: Duration = Duration::from_secs(5);

/// The memory of a tree for each byte of its text: an object with one short member is the worst.
const TREE_BYTES_PER_BYTE_MAX: usize = 128;

#[test]
fn what_is_believed_is_what_trustly_signed() {
    let seed = setting("FUZZ_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    let minutes = setting("FUZZ_MINUTES");
    let began = now();
    let end = minutes.map(|minutes| began + Duration::from_secs(60 * minutes));
    let target = Target::new();
    let (mut case, mut believed) = (0, 0);
    while end.map_or(case < CASES, |end| now() < end) {
        believed += u64::from(target.check_case(seed, case));
        case += 1;
    }
    println!("fuzz: {case} cases of seed {seed}, {believed} believed");
    // If nothing passes or everything does, the test tests nothing.
    assert!(believed > case / 10 && believed < case / 2, "{believed} of {case}");
}

/// A whole number in the environment.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is the tester's choice")]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number")))
}

#[expect(clippy::disallowed_methods, reason = "this measures how long a case takes")]
fn now() -> Instant {
    Instant::now()
}

/// The adapter with its network, and everything that Trustly signed for it.
struct Target {
    europe: Europe,
    payout: Payout,
    request: Request,
    segment: String,
    answer: Arc<Mutex<Vec<u8>>>,
    runtime: Runtime,
    samples: Vec<Sample>,
    /// The samples by what is signed of them.
    by_plaintext: BTreeMap<String, usize>,
}

/// A message that Trustly signed, and what the adapter says to it.
struct Sample {
    message: Message,
    said: Said,
}

/// What the adapter says to a message it believes.
#[derive(Debug, PartialEq)]
enum Said {
    Receipt(Receipt),
    Answer(Input),
}

impl Target {
    fn new() -> Self {
        let key = include_str!("../keys/openssl-pbes2-aes256.pem");
        let key = RsaPrivateKey::from_pkcs8_encrypted_pem(key, "throwaway").unwrap();
        let mut config = config();
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
        config.trustly_keys = vec![TrustlyKey::parse(public.as_bytes()).unwrap()];
        let answer = Arc::new(Mutex::new(Vec::new()));
        let played = Arc::clone(&answer);
        let script = Script::new(move |_| Ok((200, played.lock().unwrap().clone())));
        let europe = europe_of(config, ring(&[1]), script);
        let (payout, request) = submitting(&europe);
        let segment = notification_segment(&ring(&[1]), &payout.id).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (samples, by_plaintext) = (Vec::new(), BTreeMap::new());
        let mut target =
            Self { europe, payout, request, segment, answer, runtime, samples, by_plaintext };
        for (message, plaintext) in messages(&key, &target.payout, &target.request) {
            let bytes = message.tree.print(&mut Random(1)).into_bytes();
            let said = target.said(message.holder, &bytes).expect("the sample is signed");
            target.by_plaintext.insert(plaintext, target.samples.len());
            target.samples.push(Sample { message, said });
        }
        target
    }

    /// Whether the case was believed.
    fn check_case(&self, seed: u64, case: u64) -> bool {
        let mut random = Random(seed ^ case.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let sample = &self.samples[random.below(self.samples.len())];
        let other = &self.samples[random.below(self.samples.len())];
        let (bytes, must) = mutate(&sample.message, &other.message, &mut random);
        let began = now();
        let said = self.said(sample.message.holder, &bytes);
        let took = now() - began;
        let shown = || {
            let text = String::from_utf8_lossy(&bytes);
            let text: String = text.chars().take(4_000).collect();
            format!("FUZZ_SEED={seed}, case {case}, {must:?}:\n{text}\n{said:?}")
        };
        assert!(took < CASE_TIME_MAX, "it took {took:?}: {}", shown());
        if let Ok(tree) = Json::parse(&bytes, MESSAGE_BYTES_MAX) {
            let most = TREE_BYTES_PER_BYTE_MAX * (bytes.len() + 8);
            assert!(heap(&tree) <= most, "{} bytes: {}", heap(&tree), shown());
        }
        match (must, &said) {
            (Must::Pass, said) => assert!(said.as_ref() == Some(&sample.said), "{}", shown()),
            (Must::Fail, said) => assert!(said.is_none(), "{}", shown()),
            (Must::SayNoMore, None) => {}
            (Must::SayNoMore, Some(said)) => {
                let signed = self.by_plaintext.get(&plaintext(&bytes));
                let signed = signed.unwrap_or_else(|| panic!("nobody signed {}", shown()));
                assert!(says_no_more(said, &self.samples[*signed].said), "{}", shown());
            }
        }
        said.is_some()
    }

    /// What the adapter says to a message, if it believes it.
    fn said(&self, holder: &[&str], bytes: &[u8]) -> Option<Said> {
        if holder == ["params"] {
            let inbound = Inbound {
                path: self.segment.clone(),
                content_type: None,
                authorization: None,
                body: Zeroizing::new(bytes.to_vec()),
            };
            return self.europe.receive(&inbound).ok().map(Said::Receipt);
        }
        *self.answer.lock().unwrap() = bytes.to_vec();
        let answer = self.runtime.block_on(self.europe.send(&self.payout, &self.request));
        let [input] = <[Input; 1]>::try_from(answer.inputs).unwrap();
        match input.what {
            What::InDoubt(_) => None,
            _ => Some(Said::Answer(input)),
        }
    }
}

/// Everything that is signed in the samples, with its plaintext.
fn messages(key: &RsaPrivateKey, payout: &Payout, request: &Request) -> Vec<(Message, String)> {
    let mut messages = Vec::new();
    let mut algorithms = ["", "", "RS256", "", "RS384", "RS512"].into_iter().cycle();
    let mut add = |holder: &'static [&'static str], method: &str, uuid: &str, data: &Value| {
        let plaintext = format!("{method}{uuid}{}", serialise(data));
        let signature = sign_with(key, algorithms.next().unwrap(), &plaintext);
        let signed = json!({ "signature": signature, "uuid": uuid, "data": data });
        let tree = envelope(holder, method, &signed);
        messages.push((Message { tree: Tree::from(&tree), holder }, plaintext));
    };
    for (method, data) in notifications(payout) {
        add(&["params"], method, UUID, &data);
    }
    let request: Value = serde_json::from_slice(&request.bytes).unwrap();
    let uuid = request["params"]["UUID"].as_str().unwrap();
    let accepted = json!({ "orderid": "7653345737", "result": "1" });
    add(&["result"], "AccountPayout", uuid, &accepted);
    add(&["result"], "AccountPayout", uuid, &json!({ "result": 0, "new": [1.50, null, {}] }));
    let error = json!({ "code": 624, "message": "ERROR_INVALID_BANK_ACCOUNT_NUMBER" });
    add(&["error", "error"], "AccountPayout", uuid, &error);
    let error = json!({ "code": "616", "message": "ERROR_INVALID_CREDENTIALS" });
    add(&["error", "error"], "AccountPayout", uuid, &error);
    messages
}

fn envelope(holder: &[&str], method: &str, signed: &Value) -> Value {
    let mut signed = signed.clone();
    match holder {
        ["params"] => json!({ "method": method, "params": signed, "version": "1.1" }),
        ["result"] => {
            signed["method"] = json!(method);
            json!({ "result": signed, "version": "1.1" })
        }
        _ => {
            signed["method"] = json!(method);
            let error = json!({ "name": "JSONRPCError", "code": 620, "error": signed });
            json!({ "error": error, "version": "1.1" })
        }
    }
}

fn notifications(payout: &Payout) -> Vec<(&'static str, Value)> {
    let with = |more: Value| {
        let mut data = json!({
            "messageid": payout.id.as_str(), "orderid": "7653345737",
            "notificationid": "9876543456", "enduserid": "customer 1",
            "timestamp": "2027-01-15 08:00:00.5+00",
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    let amount = |text: &str| json!({ "amount": text, "currency": "EUR" });
    let failed = json!({ "amount": "800.00", "currency": "EUR", "attributes": {},
        "errorcode": "incorrect_account_number", "errormessage": "formát \"x\" / \\ 😀\n" });
    let account = json!({ "accountid": "1", "verified": "1", "enduserid": null,
        "attributes": { "bank": "SEB", "lastdigits": "4057", "personid": null, "zz": [[], {}] } });
    let rows: Vec<Value> = (0..500).map(|row| json!({ "a": row, "b": [row, "å"] })).collect();
    vec![
        ("credit", with(amount("800.00"))),
        ("credit", with(json!({ "amount": 800.5, "currency": "EUR", "attributes": {} }))),
        ("cancel", with(json!({}))),
        ("payoutconfirmation", with(amount("800"))),
        ("payoutfailed", with(failed)),
        ("account", with(account)),
        ("payoutsettled", with(json!({ "rows": rows }))),
        ("astonishment", json!([["a", "b"], { "c": [1, 2.50, -3] }])),
    ]
}

/// What is signed in a message, by another reader.
fn plaintext(bytes: &[u8]) -> String {
    let tree: Value = serde_json::from_slice(bytes).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (method, signed) = match (&tree["params"], &tree["result"], &tree["error"]) {
        (params @ Value::Object(_), _, _) => (&tree["method"], params),
        (_, result @ Value::Object(_), _) => (&result["method"], result),
        (_, _, error) => (&error["error"]["method"], &error["error"]),
    };
    format!("{}{}{}", text(method), text(&signed["uuid"]), serialise(&signed["data"]))
}

/// Whoever moves the borders between members can make text longer or take it away, and so make a
/// message say less than was signed. Never another status, another payout or another amount: an
/// amount that cannot be read is shown as one that was certainly not ordered.
fn says_no_more(said: &Said, signed: &Said) -> bool {
    match (said, signed) {
        (Said::Answer(said), Said::Answer(signed)) => said == signed,
        (Said::Receipt(said), Said::Receipt(signed)) => {
            let about = said.names == signed.names && said.method == signed.method;
            about
                && said.acknowledgement == signed.acknowledgement
                && what_is_no_more(&said.input.what, &signed.input.what)
        }
        (Said::Answer(_), Said::Receipt(_)) | (Said::Receipt(_), Said::Answer(_)) => false,
    }
}

fn what_is_no_more(said: &What, signed: &What) -> bool {
    match (said, signed) {
        (What::Remarked(_), What::Remarked(_)) => true,
        (What::Reported(said), What::Reported(signed)) => {
            let unreadable = Report { amount: Some(money(1, "USD")), ..*signed };
            let unexplained = Report { reason: signed.reason.map(|_| Reason::Other), ..*signed };
            said == signed || *said == unreadable || *said == unexplained
        }
        (said, signed) => said == signed,
    }
}

/// An estimate, from above, of the memory that a tree has allocated.
fn heap(tree: &Json) -> usize {
    const SLOT: usize = size_of::<Json>();
    /// Room for eleven members, of which at least five are taken in all nodes but the first.
    const NODE: usize = 11 * (size_of::<String>() + SLOT) + 120;
    match tree {
        Json::Null | Json::Bool(_) => 0,
        Json::Number(number) => number.as_str().len(),
        Json::Text(text) => text.capacity(),
        Json::Array(elements) => {
            elements.capacity() * SLOT + elements.iter().map(heap).sum::<usize>()
        }
        Json::Object(members) if members.is_empty() => 0,
        Json::Object(members) => {
            let inner = members.iter().map(|(key, value)| key.capacity() + heap(value));
            (1 + members.len() / 5) * NODE + inner.sum::<usize>()
        }
    }
}
