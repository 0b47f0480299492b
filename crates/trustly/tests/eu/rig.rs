//! Trustly Europe's adapter between a scripted network and keys made for the test.

use std::sync::Arc;
use std::time::Duration;

use payout::id::{Incarnation, Merchant};
use payout::input::{Certainty, Input, Reported, What};
use payout::keys::KeyRing;
use payout::policy::{DoubtPolicy, Policy};
use payout::port::{Clock, Handle, Provider, Request};
use payout::reason::Reason;
use payout::record::Payout;
use payout::time::{Time, Timestamp};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use trustly::decimal::Decimals;
use trustly::eu::answer::ResultZero;
use trustly::eu::clearing_house::SwedishIban;
use trustly::eu::key::MerchantKey;
use trustly::eu::novelty::Novelties;
use trustly::eu::profile::Profile;
use trustly::eu::provider::{Config, Europe};
use trustly::eu::signature::Algorithm;
use trustly::secret::Secret;

use crate::sample::{self, money, nobody, order, pending, ring};
use crate::script::{Outcome, Script, Sent};
use crate::support::{OTHER_PAIR, PAIR, Pair, sign_data};

pub(crate) const ACCOUNT_ID: &str = "1234567890";
pub(crate) const ACCEPTED: &str = r#"{"orderid":"7653345737","result":"1"}"#;

pub(crate) fn policy() -> Policy {
    sample::policy(DoubtPolicy::Resend)
}

fn merchant_key() -> MerchantKey {
    let pem = OTHER_PAIR.independent.to_pkcs8_pem(LineEnding::LF).unwrap();
    MerchantKey::parse(pem.as_bytes(), None).unwrap()
}

/// A key that the merchant has made to replace the other.
pub(crate) fn another_merchant_key() -> MerchantKey {
    let files = trustly::eu::keygen::generate().unwrap();
    MerchantKey::parse(files.private_pem.as_bytes(), None).unwrap()
}

/// The merchant signs with one pair and Trustly with the other.
pub(crate) fn config() -> Config {
    Config {
        url: "https://test.trustly.example/api/1".to_owned(),
        username: "your_username".to_owned(),
        password: Secret::new("tr3asure".to_owned()),
        key: merchant_key(),
        algorithm: Algorithm::Sha1,
        trustly_keys: PAIR.trustly.to_vec(),
        notification_url: "https://merchant.example/notifications/demo".to_owned(),
        shopper_statement: "Trustly.com".to_owned(),
        swedish_iban: SwedishIban::Refused,
        huf: Decimals::None,
        settled_currencies: Vec::new(),
        profile: Profile::Standard,
        result_zero: ResultZero::Refused,
        policy: policy(),
    }
}

pub(crate) fn europe_of(config: Config, keys: KeyRing, script: Arc<Script>) -> Europe {
    europe_that_meets(config, keys, script, novelties())
}

pub(crate) fn europe_that_meets(
    config: Config,
    keys: KeyRing,
    script: Arc<Script>,
    novelties: Arc<Novelties>,
) -> Europe {
    let incarnation = Incarnation::parse("run-1").unwrap();
    Europe::new(config, keys, script, incarnation, novelties).unwrap()
}

pub(crate) fn novelties() -> Arc<Novelties> {
    Arc::new(Novelties::new(Merchant::parse("demo").unwrap(), Arc::new(Stopped)))
}

/// A clock that stands still.
struct Stopped;

#[async_trait::async_trait]
impl Clock for Stopped {
    fn time(&self) -> Time {
        Time { wall: Timestamp::EPOCH, steady_since: Timestamp::EPOCH }
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep_until(&self, _: Duration) {}
}

pub(crate) fn europe(
    play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static,
) -> (Europe, Arc<Script>) {
    let script = Script::new(play);
    (europe_of(config(), ring(&[1]), script.clone()), script)
}

/// An adapter that has no network.
pub(crate) fn offline() -> Europe {
    europe(|_| panic!("nothing is to be sent")).0
}

pub(crate) fn handle() -> Handle {
    Handle::new(ACCOUNT_ID.into())
}

/// EUR 800.00, as in the example of the AccountPayout page.
pub(crate) fn payout() -> Payout {
    pending(order("order-1", money(80_000, "EUR")))
}

pub(crate) fn request(europe: &Europe, payout: &Payout) -> Request {
    europe.prepare(payout, &handle(), &nobody(), payout.next_generation()).unwrap()
}

/// The payout with its attempt open.
pub(crate) fn submitting(europe: &Europe) -> (Payout, Request) {
    let request = request(europe, &payout());
    (sample::opened(payout(), &policy(), &request), request)
}

/// The states that the inputs lead the payout through while its attempt is open.
pub(crate) fn path(europe: &Europe, inputs: &[Input]) -> Vec<&'static str> {
    sample::path(submitting(europe).0, &policy(), inputs)
}

pub(crate) fn body(sent: &Sent) -> Value {
    serde_json::from_slice(&sent.body).unwrap()
}

fn uuid_of(sent: &Sent) -> String {
    body(sent)["params"]["UUID"].as_str().unwrap().to_owned()
}

fn method_of(sent: &Sent) -> String {
    body(sent)["method"].as_str().unwrap().to_owned()
}

/// A result for this request, signed with `pair`.
pub(crate) fn result(pair: &Pair, sent: &Sent, data: &str) -> Vec<u8> {
    let (method, uuid) = (method_of(sent), uuid_of(sent));
    let signature = sign_data(pair, "", &method, &uuid, data);
    let data: Value = serde_json::from_str(data).unwrap();
    let result = json!({ "signature": signature, "uuid": uuid, "method": method, "data": data });
    json!({ "result": result, "version": "1.1" }).to_string().into_bytes()
}

/// An error for this request, signed with `pair`, or unsigned.
pub(crate) fn error(pair: Option<&Pair>, sent: &Sent, code: u64) -> Vec<u8> {
    let (method, uuid) = (method_of(sent), uuid_of(sent));
    // A message may repeat whatever was sent.
    let message = format!("ECHO {}", String::from_utf8_lossy(&sent.body));
    let data = json!({ "code": code, "message": message });
    let mut error = json!({ "name": "JSONRPCError", "code": code, "message": message });
    if let Some(pair) = pair {
        let signature = sign_data(pair, "", &method, &uuid, &data.to_string());
        error["error"] =
            json!({ "signature": signature, "uuid": uuid, "method": method, "data": data });
    }
    json!({ "version": "1.1", "error": error }).to_string().into_bytes()
}

/// A report to act on, without an amount.
pub(crate) fn certainly(status: Reported, reason: Option<Reason>) -> What {
    sample::said(Certainty::Certain, status, reason, None)
}
