//! The provider's side of a notification, made by the tests themselves: with its own keys a good
//! one, with others a forged one.

use std::collections::BTreeMap;
use std::fs::read_to_string;

use api::v1::{Payout, ProviderReference, ProviderReferenceKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use payout::id::{DestinationId, PayoutId};
use payout::identity::notification_segment;
use payout::keys::{KeyId, KeyRing};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::world::World;

/// As the simulator writes it to the configuration.
pub(crate) const ACCESS_ID: &str = "SIMACCESSID0000000001";

/// The secrets of both sides of one world.
pub(crate) struct Keys {
    pub(crate) trustly: RsaPrivateKey,
    pub(crate) merchant: RsaPrivateKey,
    pub(crate) access_key: String,
    ring: KeyRing,
}

impl Keys {
    pub(crate) fn of(world: &World) -> Self {
        let secret = |name: &str| {
            let text = read_to_string(world.directory().join("secrets").join(name)).unwrap();
            text.trim().to_owned()
        };
        let private = |name: &str| RsaPrivateKey::from_pkcs8_pem(&secret(name)).unwrap();
        let key = HEXLOWER.decode(secret("key-1").as_bytes()).unwrap();
        let key = Zeroizing::new(<[u8; 32]>::try_from(key).unwrap());
        Self {
            trustly: private("trustly-private.pem"),
            merchant: private("merchant-private.pem"),
            access_key: secret("access-key"),
            ring: KeyRing::new(BTreeMap::from([(KeyId(1), key)])).unwrap(),
        }
    }

    /// Where the provider reports on a European payout, or on a destination that is being linked:
    /// only the server can make such addresses.
    pub(crate) fn address(&self, id: &str) -> String {
        let segment = match PayoutId::parse(id) {
            Ok(payout) => notification_segment(&self.ring, &payout),
            Err(_) => notification_segment(&self.ring, &DestinationId::parse(id).unwrap()),
        };
        let segment = segment.unwrap();
        format!("/notifications/demo-eu/{segment}")
    }
}

/// What a European notification says.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) method: &'static str,
    pub(crate) uuid: &'static str,
    /// Texts only, so that signing them is simple.
    pub(crate) data: BTreeMap<&'static str, String>,
}

pub(crate) const UUID: &str = "258a2184-2842-b485-25ca-293525152425";

impl Notice {
    /// About the order that the provider made of a payout.
    pub(crate) fn about(method: &'static str, payout: &Payout, id: &str) -> Self {
        let assigned =
            |reference: &&ProviderReference| reference.kind() == ProviderReferenceKind::Assigned;
        let order = payout.provider_references.iter().find(assigned).unwrap();
        let mut notice = Self::new(method, &payout.id, id);
        notice.data.insert("orderid", order.value.clone());
        notice
    }

    /// About an order that nobody has heard of; ten euros, where the method names an amount.
    pub(crate) fn new(method: &'static str, payout: &str, id: &str) -> Self {
        let mut data = BTreeMap::from([
            ("messageid", payout.to_owned()),
            ("orderid", "7000000001".to_owned()),
            ("enduserid", "customer-1".to_owned()),
            ("notificationid", id.to_owned()),
            ("timestamp", "2026-01-20 14:42:04.675645+01".to_owned()),
        ]);
        if method != "cancel" {
            data.insert("amount", "10.00".to_owned());
            data.insert("currency", "EUR".to_owned());
        }
        Self { method, uuid: UUID, data }
    }

    /// The body as it is posted, signed with `key`.
    pub(crate) fn signed(&self, key: &RsaPrivateKey) -> Value {
        json!({
            "method": self.method,
            "version": "1.1",
            "params": {
                "signature": sign(key, &self.plaintext()),
                "uuid": self.uuid,
                "data": self.data,
            },
        })
    }

    /// Whether `body` is the merchant's signed OK to exactly this notification.
    pub(crate) fn is_acknowledged(&self, keys: &Keys, body: &str) -> bool {
        let Ok(answer) = serde_json::from_str::<Value>(body) else { return false };
        let result = &answer["result"];
        let plaintext = format!("{}{}statusOK", self.method, self.uuid);
        result["method"] == self.method
            && result["uuid"] == self.uuid
            && result["data"] == json!({ "status": "OK" })
            && result["signature"] == sign(&keys.merchant, &plaintext)
    }

    /// Method, uuid and data without separators; members in the order of their names.
    fn plaintext(&self) -> String {
        let mut text = format!("{}{}", self.method, self.uuid);
        for (name, value) in &self.data {
            text.push_str(name);
            text.push_str(value);
        }
        text
    }
}

/// SHA-1 signatures are deterministic, so that making one is also how to check one.
fn sign(key: &RsaPrivateKey, plaintext: &str) -> String {
    let padding = Pkcs1v15Sign::new::<Sha1>();
    BASE64.encode(key.sign(padding, &Sha1::digest(plaintext)).unwrap())
}

/// A webhook of the Americas about a payout. No value in it needs an escape, so that it is signed as
/// it is.
pub(crate) fn webhook(payout: &str, event_id: &str, event: &str, status: u32) -> String {
    webhook_of(6, payout, event_id, event, status)
}

/// A webhook of the Americas about a transaction of any type.
pub(crate) fn webhook_of(
    transaction_type: u32,
    reference: &str,
    event_id: &str,
    event: &str,
    status: u32,
) -> String {
    format!(
        "merchantId=1002463580&merchantReference={reference}&paymentType=2\
         &transactionType={transaction_type}\
         &eventId={event_id}&eventType={event}&objectId=9000000001&objectType=Transaction\
         &message=&createdAt=1723489387266&status={status}&statusMessage={event}"
    )
}

/// The `Authorization` header of a webhook.
pub(crate) fn authorization(access_id: &str, access_key: &str, body: &str) -> String {
    let mut mac: Hmac<Sha1> = Hmac::new_from_slice(access_key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = BASE64.encode(mac.finalize().into_bytes());
    format!("Basic {}", BASE64.encode(format!("{access_id}:{signature}")))
}
