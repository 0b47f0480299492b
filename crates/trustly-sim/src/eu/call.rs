//! A request, read.

use std::net::IpAddr;

use rsa::RsaPublicKey;
use serde_json::{Map, Value};

use super::answer::{Answer, Body, Shape};
use super::canonical::plaintext;
use super::codes::Code;
use super::fields::{Field, field};
use crate::json;
use crate::keys::{self, Algorithm};
use crate::requests::{BodyDigest, digest};
use crate::web::{self, Request};

pub(crate) struct Call {
    pub(super) method: String,
    pub(super) uuid: String,
    pub(super) data: Map<String, Value>,
    /// Whether one of the merchant's keys signed it; the code to refuse it with if not.
    pub(super) signature: Result<(), Code>,
    /// The one the request used; answers and notifications use it too.
    pub(super) algorithm: Algorithm,
    pub(super) digest: BodyDigest,
    pub(super) peer: IpAddr,
    /// Under which name and port the merchant reached the simulator.
    pub(super) host: String,
}

impl Call {
    /// Fails only where there is nothing to check: no JSON, no envelope.
    pub(super) fn parse(request: &Request, merchant_keys: &[RsaPublicKey]) -> Result<Self, Code> {
        let Ok(message) = json::parse(&request.body) else { return Err(Code::INVALID_PARAMETERS) };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let params = &message["params"];
        let (Some(method), Some(uuid), Some(signature), Some(data)) = (
            text(&message["method"]),
            text(&params["UUID"]),
            text(&params["Signature"]),
            params["Data"].as_object(),
        ) else {
            return Err(Code::INVALID_PARAMETERS);
        };
        // One of the documentation's samples writes the version as a number.
        let version = &message["version"];
        let number = version.as_number().map(serde_json::Number::as_str);
        if version != "1.1" && number != Some("1.1") {
            return Err(Code::INVALID_PARAMETERS);
        }
        let plaintext = plaintext(&method, &uuid, &params["Data"]);
        let verdict = if merchant_keys.is_empty() {
            Err(Code::NO_PUBLIC_KEY)
        } else if keys::verify(merchant_keys, &signature, &plaintext) {
            Ok(())
        } else {
            Err(Code::UNABLE_TO_VERIFY_RSA_SIGNATURE)
        };
        Ok(Self {
            data: data.clone(),
            signature: verdict,
            algorithm: Algorithm::of(&signature).map_or(Algorithm::Sha1, |(known, _)| known),
            digest: digest(&request.body),
            peer: request.peer,
            host: web::host(request),
            method,
            uuid,
        })
    }

    /// What the merchant calls the order; empty for methods that have none.
    pub(super) fn reference(&self) -> &str {
        self.text("MessageID").unwrap_or_default()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        self.data.get("Attributes")?.get(name)
    }

    pub(super) fn attribute_text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.as_str()
    }

    /// The order asked about, as a string or, as one client writes it, a number.
    pub(super) fn order_id(&self) -> Option<String> {
        match self.data.get("OrderID")? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match field(&self.data, name) {
            Field::Text(text) => Some(text),
            Field::Absent | Field::Null | Field::Other => None,
        }
    }

    pub(super) fn answer(&self, body: Body, shape: Shape) -> Answer {
        Answer {
            method: Some(self.method.clone()),
            uuid: Some(self.uuid.clone()),
            body,
            algorithm: self.algorithm,
            shape,
        }
    }
}
