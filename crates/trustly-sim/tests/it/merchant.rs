//! The merchant's side of Trustly Europe, written from the documentation a second time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::rig::{MERCHANT_KEY, PASSWORD, Rig, TRUSTLY_KEY, USERNAME};

pub(crate) const ALGORITHMS: [&str; 4] = ["", "alg=RS256;", "alg=RS384;", "alg=RS512;"];

/// An AccountID that exists without being registered: the one in the documentation's samples.
pub(crate) const ACCOUNT: &str = "1234567890";

/// A reply, read but not yet believed.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The result's data, signature, uuid and method checked.
    pub(crate) fn result(&self, method: &str, uuid: &str) -> Value {
        let message = self.json();
        assert_eq!(self.status, 200, "{message}");
        assert_eq!(message["version"], "1.1");
        let result = &message["result"];
        assert_eq!((&result["method"], &result["uuid"]), (&json!(method), &json!(uuid)));
        assert!(is_trustlys(method, uuid, result), "{message}");
        result["data"].clone()
    }

    /// The error's code, its signature checked.
    pub(crate) fn error(&self, method: &str, uuid: &str) -> u64 {
        let message = self.json();
        let signed = &message["error"]["error"];
        assert_eq!((&signed["method"], &signed["uuid"]), (&json!(method), &json!(uuid)));
        assert!(is_trustlys(method, uuid, signed), "{message}");
        assert_eq!(message["error"]["code"], signed["data"]["code"]);
        signed["data"]["code"].as_u64().unwrap()
    }
}

pub(crate) fn account_payout(message_id: &str, notification_url: &str) -> Value {
    json!({
        "Username": USERNAME,
        "Password": PASSWORD,
        "AccountID": ACCOUNT,
        "Amount": "25.50",
        "Currency": "EUR",
        "EndUserID": "user-1",
        "MessageID": message_id,
        "NotificationURL": notification_url,
        "Attributes": { "ShopperStatement": "Demo" },
    })
}

pub(crate) fn register_account() -> Value {
    json!({
        "Username": USERNAME,
        "Password": PASSWORD,
        "EndUserID": "user-1",
        "ClearingHouse": "SWEDEN",
        "BankNumber": "6112",
        "AccountNumber": "69706212",
        "Firstname": "Åsa",
        "Lastname": "Öberg",
        "Attributes": { "DateOfBirth": "1990-03-31", "AddressCountry": "SE" },
    })
}

pub(crate) fn select_account(message_id: &str, notification_url: &str) -> Value {
    json!({
        "Username": USERNAME,
        "Password": PASSWORD,
        "EndUserID": "user-1",
        "MessageID": message_id,
        "NotificationURL": notification_url,
        "Attributes": {
            "Country": "SE",
            "Locale": "sv_SE",
            "Firstname": "Åsa",
            "Lastname": "Öberg",
            "SuccessURL": "https://merchant.example/good?a=1",
            "FailURL": "https://merchant.example/bad",
        },
    })
}

/// Both in one, as the method that does both takes it.
pub(crate) fn register_account_payout(message_id: &str, notification_url: &str) -> Value {
    let (mut data, payout) = (register_account(), account_payout(message_id, notification_url));
    for name in ["Amount", "Currency", "MessageID", "NotificationURL"] {
        data[name] = payout[name].clone();
    }
    data["Attributes"]["ShopperStatement"] = "Demo".into();
    data
}

/// A question's data: credentials and these members.
pub(crate) fn question(members: &Value) -> Value {
    let mut data = json!({ "Username": USERNAME, "Password": PASSWORD });
    for (name, value) in members.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

/// A uuid of the documented form that a test can tell from others.
pub(crate) fn uuid(number: u32) -> String {
    format!("258a2184-2842-b485-25ca-{number:012x}")
}

pub(crate) fn request(method: &str, uuid: &str, data: &Value) -> String {
    request_signed(method, uuid, data, "", &MERCHANT_KEY)
}

pub(crate) fn request_signed(
    method: &str,
    uuid: &str,
    data: &Value,
    algorithm: &str,
    key: &RsaPrivateKey,
) -> String {
    let signature = sign(key, algorithm, &plaintext(method, uuid, data));
    json!({
        "method": method,
        "params": { "Signature": signature, "UUID": uuid, "Data": data },
        "version": "1.1",
    })
    .to_string()
}

/// The merchant's answer to a notification.
pub(crate) fn acknowledgement(
    method: &str,
    uuid: &str,
    status: &str,
    key: &RsaPrivateKey,
) -> String {
    let data = json!({ "status": status });
    let signature = sign(key, "alg=RS256;", &plaintext(method, uuid, &data));
    json!({
        "result": { "signature": signature, "uuid": uuid, "method": method, "data": data },
        "version": "1.1",
    })
    .to_string()
}

impl Rig {
    /// `None` where the connection closes without an answer.
    pub(crate) async fn try_post(&self, body: &str) -> Option<Reply> {
        let request = self.client.post(format!("{}/api/1", self.base)).body(body.to_owned());
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some(Reply { status, text: response.text().await.ok()? })
    }

    pub(crate) async fn post(&self, body: &str) -> Reply {
        self.try_post(body).await.expect("an answer")
    }

    /// Sends a request that must be answered, and gives the result's data.
    pub(crate) async fn ask(&self, method: &str, number: u32, data: &Value) -> Value {
        self.post(&request(method, &uuid(number), data)).await.result(method, &uuid(number))
    }

    /// Sends a request that must be refused, and gives the code.
    pub(crate) async fn refused(&self, method: &str, number: u32, data: &Value) -> u64 {
        self.post(&request(method, &uuid(number), data)).await.error(method, &uuid(number))
    }

    /// Sends a payout that must be accepted, and gives its order id.
    pub(crate) async fn pay(&self, message_id: &str, uuid: &str, notification_url: &str) -> String {
        let data = account_payout(message_id, notification_url);
        let reply = self.post(&request("AccountPayout", uuid, &data)).await;
        let data = reply.result("AccountPayout", uuid);
        assert_eq!(data["result"], "1");
        data["orderid"].as_str().unwrap().to_owned()
    }
}

/// Whether Trustly's key signed this method, uuid and the data beside the signature.
pub(crate) fn is_trustlys(method: &str, uuid: &str, signed: &Value) -> bool {
    let signature = signed["signature"].as_str().unwrap();
    let algorithm = algorithm(signature);
    let bytes = BASE64.decode(signature.strip_prefix(algorithm).unwrap()).unwrap();
    let (padding, digest) = digest(algorithm, &plaintext(method, uuid, &signed["data"]));
    TRUSTLY_KEY.to_public_key().verify(padding, &digest, &bytes).is_ok()
}

pub(crate) fn algorithm(signature: &str) -> &'static str {
    let named = ALGORITHMS[1..].iter().find(|prefix| signature.starts_with(**prefix));
    named.copied().unwrap_or_default()
}

fn sign(key: &RsaPrivateKey, algorithm: &str, plaintext: &str) -> String {
    let (padding, digest) = digest(algorithm, plaintext);
    format!("{algorithm}{}", BASE64.encode(key.sign(padding, &digest).unwrap()))
}

fn digest(algorithm: &str, plaintext: &str) -> (Pkcs1v15Sign, Vec<u8>) {
    match algorithm {
        "" => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(plaintext).to_vec()),
        "alg=RS256;" => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(plaintext).to_vec()),
        "alg=RS384;" => (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest(plaintext).to_vec()),
        _ => (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest(plaintext).to_vec()),
    }
}

fn plaintext(method: &str, uuid: &str, data: &Value) -> String {
    fn walk(value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(elements) => elements.iter().map(walk).collect(),
            Value::Object(members) => {
                let mut names: Vec<&String> = members.keys().collect();
                names.sort_by_key(|name| name.as_bytes());
                names.into_iter().map(|name| format!("{name}{}", walk(&members[name]))).collect()
            }
            other => other.to_string(),
        }
    }
    format!("{method}{uuid}{}", walk(data))
}
