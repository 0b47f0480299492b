//! The text that a request signature covers.
//!
//! Trustly lists the members that are signed and their order, in its page on request signatures and
//! in its example back end. Everything else in establish data, return URLs included, is unsigned.

use thiserror::Error;

use crate::json::Json;

/// Why establish data has no canonical string that every reader agrees on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CanonicalError {
    /// Empty text, zero, `false` and `null` are signed by some readers and skipped by others.
    #[error("signed member `{0}` is empty, zero, false or null: leave it out")]
    Falsy(&'static str),
    /// A signed member is an array or object, or stands below something that is no object.
    #[error("signed member `{0}` is not a text, number or boolean")]
    NotScalar(&'static str),
}

/// The members that are signed, in the order in which they are signed.
pub const SIGNED_MEMBERS: [&str; 47] = [
    "accessId",
    "merchantId",
    "description",
    "currency",
    "amount",
    "displayAmount",
    "minimumBalance",
    "merchantReference",
    "paymentType",
    "timeZone",
    "recurrence.startDate",
    "recurrence.endDate",
    "recurrence.frequency",
    "recurrence.frequencyUnit",
    "recurrence.frequencyUnitType",
    "recurrence.recurringAmount",
    "recurrence.automaticCapture",
    "verification.status",
    "verification.verifyCustomer",
    "customer.customerId",
    "customer.externalId",
    "customer.name",
    "customer.vip",
    "customer.taxId",
    "customer.driverLicense.number",
    "customer.driverLicense.state",
    "customer.address.address1",
    "customer.address.address2",
    "customer.address.city",
    "customer.address.state",
    "customer.address.zip",
    "customer.address.country",
    "customer.phone",
    "customer.email",
    "customer.balance",
    "customer.currency",
    "customer.enrollDate",
    "customer.externalTier",
    "customer.dateOfBirth",
    "account.nameOnAccount",
    "account.name",
    "account.type",
    "account.profile",
    "account.accountNumber",
    "account.routingNumber",
    "transactionId",
    "onlinePPSubType",
];

/// The signed members of `data` as `key=value` pairs joined by `&`, values as they are, without
/// any encoding. Members that are absent are left out.
pub fn canonical(data: &Json) -> Result<String, CanonicalError> {
    let mut out = String::new();
    for path in SIGNED_MEMBERS {
        let Some(value) = value(data, path)? else { continue };
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(path);
        out.push('=');
        out.push_str(value);
    }
    Ok(out)
}

fn value<'a>(data: &'a Json, path: &'static str) -> Result<Option<&'a str>, CanonicalError> {
    let mut value = data;
    for key in path.split('.') {
        let Json::Object(members) = value else {
            return Err(CanonicalError::NotScalar(path));
        };
        match members.get(key) {
            None => return Ok(None),
            Some(next) => value = next,
        }
    }
    match value {
        Json::Bool(true) => Ok(Some("true")),
        Json::Bool(false) | Json::Null => Err(CanonicalError::Falsy(path)),
        Json::Text(text) if text.is_empty() => Err(CanonicalError::Falsy(path)),
        Json::Text(text) => Ok(Some(text)),
        Json::Number(number) if is_zero(number.as_str()) => Err(CanonicalError::Falsy(path)),
        Json::Number(number) => Ok(Some(number.as_str())),
        Json::Array(_) | Json::Object(_) => Err(CanonicalError::NotScalar(path)),
    }
}

fn is_zero(token: &str) -> bool {
    let mantissa = token.split(['e', 'E']).next().unwrap_or(token);
    !mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, CanonicalError> {
        canonical(&Json::parse(text.as_bytes(), 1000).unwrap())
    }

    #[test]
    fn only_signed_members_in_their_order() {
        let text = r#"{"returnUrl":"x","transactionId":"t","metadata":{"a":1},"accessId":"a b&",
            "account":{"type":1,"token":"z"},"customer":{"address":{"country":"US"},"vip":2.50},
            "verification":{"verifyCustomer":true},"authToken":"new"}"#;
        let expected = "accessId=a b&&verification.verifyCustomer=true&customer.vip=2.50\
            &customer.address.country=US&account.type=1&transactionId=t";
        assert_eq!(of(text).unwrap(), expected);
        assert_eq!(of("{}").unwrap(), "");
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for value in ["\"\"", "0", "-0.00", "0e5", "false", "null"] {
            let text = format!(r#"{{"account":{{"type":{value}}}}}"#);
            assert_eq!(of(&text), Err(CanonicalError::Falsy("account.type")), "{value}");
        }
        assert!(of(r#"{"amount":"0.00","customer":{"vip":"0"}}"#).is_ok(), "texts are not empty");
    }

    #[test]
    fn structures_are_no_values() {
        assert_eq!(of(r#"{"amount":{}}"#), Err(CanonicalError::NotScalar("amount")));
        assert_eq!(of(r#"{"amount":["1"]}"#), Err(CanonicalError::NotScalar("amount")));
        let below = of(r#"{"account":"x"}"#);
        assert_eq!(below, Err(CanonicalError::NotScalar("account.nameOnAccount")));
        assert_eq!(of("[]"), Err(CanonicalError::NotScalar("accessId")));
    }
}
