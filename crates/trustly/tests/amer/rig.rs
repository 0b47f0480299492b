//! Trustly Americas' adapter between a scripted network and credentials made for the test.

use std::sync::Arc;
use std::time::Duration;

use payout::input::Input;
use payout::policy::{DoubtPolicy, Policy};
use payout::port::{Handle, Provider, Request, Resolution};
use payout::record::Payout;
use serde_json::{Value, json};
use trustly::amer::credentials::Credentials;
use trustly::amer::provider::{Americas, Config};
use trustly::amer::wire::deposit::{Encoding, InstantFlag};
use trustly::secret::Secret;

use crate::sample::{self, money, nobody, opened, order, pending};
use crate::script::{Outcome, Script, Sent};

pub(crate) const ACCESS_ID: &str = "ACCESS1";
pub(crate) const ACCESS_KEY: &str = "k3y-one";
pub(crate) const AUTHORIZATION_ID: &str = "1025376200";
pub(crate) const DEPOSIT_ID: &str = "1025376256";

pub(crate) fn policy() -> Policy {
    let spacing = Duration::from_secs(120);
    sample::policy(DoubtPolicy::LookUp { spacing, resend_when_absent: true })
}

pub(crate) fn credentials(access_id: &str, access_key: &str) -> Credentials {
    Credentials::new(access_id.to_owned(), Secret::new(access_key.to_owned())).unwrap()
}

pub(crate) fn config() -> Config {
    Config {
        url: "https://sandbox.trustly.example/api/v1".to_owned(),
        merchant_id: "1002463580".to_owned(),
        credentials: vec![credentials(ACCESS_ID, ACCESS_KEY)],
        encoding: Encoding::Json,
        instant_flag: InstantFlag::InstantPayoutRequest,
        policy: policy(),
    }
}

pub(crate) fn americas(
    play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static,
) -> (Americas, Arc<Script>) {
    let script = Script::new(play);
    (Americas::new(config(), script.clone()).unwrap(), script)
}

/// An adapter that has no network.
pub(crate) fn offline() -> Americas {
    americas(|_| panic!("nothing is to be sent")).0
}

/// The authorization as a look-up shows it.
pub(crate) fn authorization() -> Value {
    json!({
        "transactionId": AUTHORIZATION_ID, "transactionType": 1, "status": 2,
        "merchantReference": "auth-1", "currency": "USD", "amount": "0.00",
        "payment": {
            "merchantReference": "auth-1",
            "customer": { "externalId": "user 1&x" },
            "account": { "accountNumber": "6576" },
            "paymentProvider": { "name": "Demo Bank" },
        },
    })
}

/// A deposit of this payout as a look-up shows it.
pub(crate) fn deposit(payout: &Payout, status: u64) -> Value {
    json!({
        "transactionId": DEPOSIT_ID, "transactionType": 6, "status": status,
        "originalTransactionId": AUTHORIZATION_ID, "merchantReference": payout.id.as_str(),
        "currency": "USD", "amount": "25.0", "updatedAt": 1_800_000_000_500_u64,
        "payment": { "merchantReference": "auth-1" },
    })
}

/// The deposit with other members; null takes one away.
pub(crate) fn with(mut transaction: Value, members: &Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        match value {
            Value::Null => transaction.as_object_mut().unwrap().remove(key),
            value => transaction.as_object_mut().unwrap().insert(key.clone(), value.clone()),
        };
    }
    transaction
}

pub(crate) fn ok(body: &Value) -> Outcome {
    Ok((200, body.to_string().into_bytes()))
}

/// The handle that importing the authorization gives.
pub(crate) async fn handle() -> Handle {
    handle_of(authorization()).await
}

pub(crate) async fn handle_of(authorization: Value) -> Handle {
    use payout::port::Onboarding;
    let (americas, _) = americas(move |_| ok(&json!({ "transaction": authorization })));
    let customer = payout::id::Customer::parse("customer 1").unwrap();
    let raw = payout::order::RawHandle::parse(AUTHORIZATION_ID).unwrap();
    match americas.import(&customer, &raw).await {
        Resolution::Resolved(resolved) => resolved.handle,
        other => panic!("{other:?}"),
    }
}

/// USD 25.00, as in the guide's example.
pub(crate) fn payout() -> Payout {
    pending(order("order-1", money(2_500, "USD")))
}

/// The payout with its attempt open.
pub(crate) async fn submitting() -> (Payout, Request) {
    let request = offline().prepare(&payout(), &handle().await, &nobody(), 1).unwrap();
    (opened(payout(), &policy(), &request), request)
}

/// The states that the inputs lead the payout through while its attempt is open.
pub(crate) async fn path(inputs: &[Input]) -> Vec<&'static str> {
    sample::path(submitting().await.0, &policy(), inputs)
}
