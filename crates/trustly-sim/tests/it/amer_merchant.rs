//! What a merchant of Trustly Americas does, written from the documentation a second time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha512;

use crate::amer::{Reply, unwrapped};
use crate::rig::{ACCESS_ID, ACCESS_KEY, Rig};

pub(crate) const MERCHANT_ID: &str = "1002463580";

/// In the documented order, those that these tests use.
const SIGNED: [&str; 17] = [
    "accessId",
    "merchantId",
    "description",
    "currency",
    "amount",
    "displayAmount",
    "merchantReference",
    "paymentType",
    "customer.externalId",
    "customer.name",
    "customer.address.country",
    "customer.email",
    "account.type",
    "account.accountNumber",
    "account.routingNumber",
    "transactionId",
    "onlinePPSubType",
];

/// Establish data of the guide, signed.
pub(crate) fn establish_data(reference: &str) -> Value {
    signed(json!({
        "accessId": ACCESS_ID,
        "merchantId": MERCHANT_ID,
        "merchantReference": reference,
        "description": "Connect Bank for Withdrawals",
        "currency": "USD",
        "amount": "0.00",
        "paymentType": "Deferred",
        "customer": {
            "externalId": "user_123",
            "name": "Zoë O'Neil",
            "email": "zoe@example.com",
            "address": { "country": "US" },
        },
        "returnUrl": "https://merchant.example/payout/return",
        "cancelUrl": "https://merchant.example/payout/cancel?why=1",
        "metadata": { "lang": "en", "finishButtonLabelType": "withdraw" },
    }))
}

/// Establish data of a manual payout.
pub(crate) fn disbursement_data(reference: &str, account: &str, routing: &str) -> Value {
    let mut data = establish_data(reference);
    data["paymentType"] = "Disbursement".into();
    data["account"] = json!({ "accountNumber": account, "routingNumber": routing, "type": "1" });
    signed(data)
}

pub(crate) fn signed(mut data: Value) -> Value {
    data["requestSignature"] = hmac_sha1(&canonical(&data)).into();
    data
}

/// The same with one member changed, and signed again.
pub(crate) fn with(data: &Value, path: &str, value: Value) -> Value {
    let mut data = data.clone();
    *data.pointer_mut(path).unwrap() = value;
    signed(data)
}

pub(crate) fn canonical(data: &Value) -> String {
    let mut pairs = Vec::new();
    for name in SIGNED {
        let pointer = format!("/{}", name.replace('.', "/"));
        match data.pointer(&pointer) {
            Some(Value::String(text)) => pairs.push(format!("{name}={text}")),
            Some(Value::Number(number)) => pairs.push(format!("{name}={number}")),
            _ => {}
        }
    }
    pairs.join("&")
}

pub(crate) fn hmac_sha1(text: &str) -> String {
    let mut mac: Hmac<Sha1> = Hmac::new_from_slice(ACCESS_KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

pub(crate) fn hmac_sha512(text: &str) -> String {
    let mut mac: Hmac<Sha512> = Hmac::new_from_slice(ACCESS_KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("HmacSHA512:{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// A person's browser, which shows where it is sent.
pub(crate) fn browser() -> Client {
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

/// What a person does in the Lightbox.
pub(crate) async fn decide(url: &str, form: &str) -> Response {
    let request = browser().post(url).header("content-type", "application/x-www-form-urlencoded");
    request.body(form.to_owned()).send().await.unwrap()
}

pub(crate) fn location(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// One parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(each, _)| each == name).map(|(_, value)| value);
    found.unwrap_or_default().into_owned()
}

/// Whether a redirect's signature is over the address up to it.
pub(crate) fn is_signed_redirect(url: &str) -> bool {
    let (text, _) = url.split_once("&requestSignature=").unwrap();
    parameter(url, "requestSignature") == hmac_sha1(text)
}

impl Rig {
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = self.client.post(format!("{}/api/v1/{path}", self.base));
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.amer(request).await.unwrap()
    }

    /// A call about a transaction.
    pub(crate) async fn act(&self, id: &str, action: &str, body: Value) -> Reply {
        self.post_json(&format!("transactions/{id}/{action}"), &body).await
    }

    /// Establish data that must be accepted; gives the transaction's id and the address.
    pub(crate) async fn establish(&self, data: &Value) -> (String, String) {
        let (status, answer) = self.post_json("establish?createTransaction=true", data).await;
        assert_eq!(status, 200, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("transactionId"), text("url"))
    }

    /// An authorization made in the Lightbox with what was typed there.
    pub(crate) async fn authorize_in_lightbox(&self, reference: &str, typed: &str) -> String {
        let (id, url) = self.establish(&establish_data(reference)).await;
        location(&decide(&url, &format!("decision=authorize&{typed}")).await);
        id
    }

    pub(crate) async fn status(&self, id: &str) -> u64 {
        let (status, answer) = self.transaction(id).await;
        assert_eq!(status, 200, "{answer}");
        crate::amer::code(&unwrapped(&answer)["status"])
    }

    /// The next step of a deposit or reclaim now; gives its status then.
    pub(crate) async fn advance(&self, id: &str) -> u64 {
        let body = json!({ "transaction_id": id });
        self.told(reqwest::Method::POST, "advance", body).await["status"].as_u64().unwrap()
    }

    /// A deposit that was pushed to Completed.
    pub(crate) async fn completed_deposit(&self, reference: &str, amount: &str) -> String {
        let authorization = self.authorize().await;
        let id = self.deposit_ok(&authorization, reference, amount).await;
        assert_eq!(self.advance(&id).await, 3);
        assert_eq!(self.advance(&id).await, 4);
        id
    }
}

/// A form decoded as a whole.
pub(crate) fn decoded(form: &str) -> String {
    let one_name = form.replace('&', "%26").replace('=', "%3D");
    let url = Url::parse(&format!("http://form/?{one_name}")).unwrap();
    url.query_pairs().next().unwrap().0.into_owned()
}

/// The `Authorization` header of an event with this signature.
pub(crate) fn header(signature: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{ACCESS_ID}:{signature}")))
}
