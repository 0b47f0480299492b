//! What Trustly reports by itself, and our signed answer.

use std::fmt;

use super::{MESSAGE_BYTES_MAX, Signed, Unverified};
use crate::decimal::Decimal;
use crate::eu::key::{MerchantKey, SignError, TrustlyKey};
use crate::eu::signature::{self, Algorithm};
use crate::eu::uuid::Uuid;
use crate::eu::{canonical, timestamp};
use crate::field::{self, FieldError};
use crate::json::{Json, JsonError, write_string};

/// A notification that was parsed and not yet verified. It gives nothing out.
pub struct UnverifiedNotification(Option<Signed>);

/// A notification that Trustly signed. `Debug` shows method and ids.
///
/// A notification may come any number of times, in any order, and before the answer to the request
/// it is about. `notification_id` is the same each time; whether `uuid` is, Trustly does not say.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// What kind of report it is.
    pub method: Method,
    /// Echoed in the acknowledgement.
    pub uuid: Uuid,
    /// Names this report. Absent only in methods that we do not know, or if it is no text.
    pub notification_id: Option<String>,
    /// Trustly's order.
    pub order_id: Option<String>,
    /// Our id of the order.
    pub message_id: Option<String>,
    /// When it happened, in milliseconds since 1970. `None` if the message has no time that we can
    /// read: it informs people and decides nothing.
    pub occurred_at_ms: Option<i64>,
    data: Json,
}

/// Notification methods. Trustly may add others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A payout failed or came back: its amount is ours again.
    Credit,
    /// An order was cancelled; it may come before the answer to the order. Carries no amount.
    Cancel,
    /// The bank says that the money was sent. A credit can still follow, days later.
    PayoutConfirmation,
    /// Why a payout failed. The credit or cancel comes by itself.
    PayoutFailed,
    /// An account was registered or verified.
    Account,
    /// A deposit is on its way; not about payouts.
    Pending,
    /// A withdrawal asks to be deducted, or a deposit failed; not about payouts.
    Debit,
    /// Know-your-customer data; not about payouts.
    Kyc,
    /// Anything else: acknowledged, kept and counted.
    Unknown(String),
}

/// An amount with its currency, as notifications carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// Any number of decimals; compare it by its minor units.
    pub amount: Decimal,
    /// Three capital letters.
    pub currency: String,
}

/// The reason that a payoutfailed notification gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Lower snake case. Only `incorrect_account_number` is documented.
    pub code: Option<String>,
    /// Text for people at the merchant.
    pub message: Option<String>,
}

/// What an account notification says. No `Debug`: it is about somebody's account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The handle that AccountPayout takes.
    pub account_id: String,
    /// Whether Trustly verified that the account is the customer's.
    pub verified: Option<bool>,
    /// Trustly's name of the clearing house.
    pub clearing_house: Option<String>,
    /// The bank's name.
    pub bank: Option<String>,
    /// A masked account number, made to be shown.
    pub descriptor: Option<String>,
    /// The last digits of the account number.
    pub last_digits: Option<String>,
}

/// Why bytes are not a notification at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Not a JSON text that we accept.
    #[error("notification is not acceptable json")]
    Json(#[from] JsonError),
    /// JSON without `method` and `params`.
    #[error("notification is not json-rpc: expected a method and params")]
    NotJsonRpc,
}

impl UnverifiedNotification {
    /// Reads the body of a notification.
    pub fn parse(body: &[u8]) -> Result<Self, NotificationError> {
        let tree = Json::parse(body, MESSAGE_BYTES_MAX)?;
        match (tree.get("method"), tree.get("params")) {
            (Some(method @ Json::Text(_)), Some(params @ Json::Object(_))) => {
                Ok(Self(Signed::take(params, Some(method))))
            }
            _ => Err(NotificationError::NotJsonRpc),
        }
    }

    /// Accepts the notification if one of `keys` signed it.
    pub fn verify(self, keys: &[TrustlyKey]) -> Result<Notification, Unverified> {
        let signed = self.0.ok_or(Unverified::Unsigned)?;
        signed.verify(keys)?;
        // Without a UUID of known shape one could not tell where the method ends in what was
        // signed and where the data begins.
        let Ok(uuid) = Uuid::parse(&signed.uuid) else {
            return Err(Unverified::Unreadable);
        };
        let data = signed.data;
        let text = |key| data.get(key).and_then(Json::scalar).map(str::to_owned);
        let time = data.get("timestamp").and_then(Json::scalar);
        Ok(Notification {
            method: Method::named(&signed.method),
            uuid,
            notification_id: text("notificationid"),
            order_id: text("orderid"),
            message_id: text("messageid"),
            occurred_at_ms: time.and_then(|text| timestamp::epoch_ms(text).ok()),
            data,
        })
    }
}

impl Notification {
    /// The amount and currency, which credit, payoutconfirmation and payoutfailed carry.
    pub fn money(&self) -> Result<Money, FieldError> {
        let amount = field::optional_amount(&self.data, "amount")?;
        let amount = amount.ok_or(FieldError::Missing("amount"))?;
        let currency = field::required(&self.data, "currency")?;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(FieldError::Malformed("currency"));
        }
        Ok(Money { amount, currency: currency.to_owned() })
    }

    /// The reason that payoutfailed carries.
    pub fn failure(&self) -> Result<Failure, FieldError> {
        Ok(Failure {
            code: field::optional(&self.data, "errorcode")?.map(str::to_owned),
            message: field::optional(&self.data, "errormessage")?.map(str::to_owned),
        })
    }

    /// The account that an account notification is about.
    pub fn account(&self) -> Result<Account, FieldError> {
        let text = |path| Ok(field::optional(&self.data, path)?.map(str::to_owned));
        let verified = match field::optional(&self.data, "verified")? {
            None => None,
            Some("1" | "true") => Some(true),
            Some("0" | "false") => Some(false),
            Some(_) => return Err(FieldError::Malformed("verified")),
        };
        Ok(Account {
            account_id: field::required(&self.data, "accountid")?.to_owned(),
            verified,
            clearing_house: text("attributes.clearinghouse")?,
            bank: text("attributes.bank")?,
            descriptor: text("attributes.descriptor")?,
            last_digits: text("attributes.lastdigits")?,
        })
    }

    /// The names of members that no page gives this method; those of a method that is not known
    /// beyond what most methods have. Names only, as they came.
    #[must_use]
    pub fn unknown_members(&self) -> Vec<String> {
        let Json::Object(members) = &self.data else { return Vec::new() };
        let mut unknown = Vec::new();
        for (name, value) in members {
            if !self.method.has_member(name) {
                unknown.push(name.clone());
            } else if let (ATTRIBUTES, Json::Object(attributes)) = (name.as_str(), value) {
                for name in attributes.keys().filter(|name| !self.method.has_attribute(name)) {
                    unknown.push(format!("{ATTRIBUTES}.{name}"));
                }
            }
        }
        unknown
    }

    /// The answer that makes Trustly stop repeating this notification: status OK, signed by us.
    /// Send it with HTTP status 200, and only once the notification is durable. It is the same for
    /// every repetition with this `uuid`.
    pub fn acknowledgement(
        &self,
        key: &MerchantKey,
        algorithm: Algorithm,
    ) -> Result<Vec<u8>, SignError> {
        let method = self.method.name();
        let uuid = self.uuid.as_str();
        let status = Json::Text("OK".to_owned());
        let data = Json::Object([("status".to_owned(), status)].into());
        let plaintext = canonical::plaintext(method, uuid, &data);
        let signature = signature::sign(key, algorithm, &plaintext)?;
        let mut body = String::new();
        body.push_str(r#"{"result":{"signature":"#);
        write_string(&signature, &mut body);
        body.push_str(r#","uuid":"#);
        write_string(uuid, &mut body);
        body.push_str(r#","method":"#);
        write_string(method, &mut body);
        body.push_str(r#","data":"#);
        data.write(&mut body);
        body.push_str(r#"},"version":"1.1"}"#);
        Ok(body.into_bytes())
    }
}

const ATTRIBUTES: &str = "attributes";

/// What every notification has.
const NAMES: [&str; 3] = ["notificationid", "messageid", "orderid"];

impl Method {
    /// Whether its page gives `data` a member of this name.
    fn has_member(&self, name: &str) -> bool {
        let of_its_own: &[&str] = match self {
            Self::Credit | Self::Pending | Self::Debit | Self::Unknown(_) => {
                &["enduserid", "timestamp", "amount", "currency", ATTRIBUTES]
            }
            Self::PayoutConfirmation => &["enduserid", "timestamp", "amount", "currency"],
            Self::PayoutFailed => {
                &["enduserid", "timestamp", "amount", "currency", "errorcode", "errormessage"]
            }
            Self::Cancel => &["enduserid", "timestamp"],
            Self::Account => &["accountid", "verified", ATTRIBUTES],
            Self::Kyc => &["kycentityid", "abort", "abortmessage", ATTRIBUTES],
        };
        NAMES.contains(&name) || of_its_own.contains(&name)
    }

    /// Whether its page gives `attributes` a member of this name. Those of kyc are no closed list.
    fn has_attribute(&self, name: &str) -> bool {
        match self {
            Self::Account => [
                "clearinghouse",
                "bank",
                "descriptor",
                "lastdigits",
                "personid",
                "name",
                "address",
                "zipcode",
                "city",
                "directdebitmandate",
            ]
            .contains(&name),
            Self::Kyc => true,
            Self::Credit
            | Self::Cancel
            | Self::PayoutConfirmation
            | Self::PayoutFailed
            | Self::Pending
            | Self::Debit
            | Self::Unknown(_) => false,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "credit" => Self::Credit,
            "cancel" => Self::Cancel,
            "payoutconfirmation" => Self::PayoutConfirmation,
            "payoutfailed" => Self::PayoutFailed,
            "account" => Self::Account,
            "pending" => Self::Pending,
            "debit" => Self::Debit,
            "kyc" => Self::Kyc,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            known => known.label(),
        }
    }

    /// One of nine names, for what is counted: of a method that is not known, `unknown`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Cancel => "cancel",
            Self::PayoutConfirmation => "payoutconfirmation",
            Self::PayoutFailed => "payoutfailed",
            Self::Account => "account",
            Self::Pending => "pending",
            Self::Debit => "debit",
            Self::Kyc => "kyc",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("method", &self.method.name())
            .field("notification_id", &self.notification_id)
            .field("order_id", &self.order_id)
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}
