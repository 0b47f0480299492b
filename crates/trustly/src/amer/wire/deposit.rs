//! The request that pays: a deposit on an authorization.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::decimal::{DecimalError, Decimals, amount_text};
use crate::json::{JsonError, write_string};
use crate::mask::{self, MASK};
use crate::secret::Secret;

/// The smallest deposit, in cents.
pub const MINOR_UNITS_MIN: i64 = 99;

/// The largest deposit, in cents: ten characters, two decimals among them.
pub const MINOR_UNITS_MAX: i64 = 999_999_999;

/// Far more than any deposit body has: a split token of 4 KB is the longest part.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Members whose values may be shown. Everything else, split tokens first of all, is masked.
const SHOWN: [&str; 5] =
    ["amount", "merchantReference", "instantPayoutRequest", "instant", "externalTier"];

/// Why no deposit could be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DepositError {
    /// Below [`MINOR_UNITS_MIN`] or above [`MINOR_UNITS_MAX`].
    #[error("amount must be between 0.99 and 9999999.99")]
    OutOfRange,
    /// The amount cannot be written.
    #[error("amount cannot be sent")]
    Amount(#[from] DecimalError),
}

/// How bodies are written: Trustly documents both, its newest guide the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

/// The name of the flag that asks for instant settlement, about which Trustly's pages disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstantFlag {
    /// `instantPayoutRequest`, the name in the API reference.
    InstantPayoutRequest,
    /// `instant`, which one guide gives for payouts to account and routing number.
    Instant,
}

/// A payout on an authorization; the authorization's id is in the path of the request.
#[derive(Debug)]
pub struct Deposit<'a> {
    /// Our id of the payout, unique among payouts and authorizations.
    pub merchant_reference: &'a str,
    /// Cents.
    pub minor_units: i64,
    /// The flag to set if instant settlement is wanted. Without it nothing is said about speed.
    pub instant: Option<InstantFlag>,
    /// The merchant's tier of this customer.
    pub external_tier: Option<&'a str>,
    /// The customer's split token, for merchants whose contract asks for it.
    pub split_token: Option<&'a Secret>,
}

/// The exact bytes of a request body. `Debug` shows none of them.
pub struct Body {
    /// The value of the `Content-Type` header.
    pub content_type: &'static str,
    /// What is sent, kept and, if need be, sent again.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Deposit<'_> {
    /// Writes the body. Deterministic: the same deposit gives the same bytes.
    pub fn body(&self, encoding: Encoding) -> Result<Body, DepositError> {
        if !(MINOR_UNITS_MIN..=MINOR_UNITS_MAX).contains(&self.minor_units) {
            return Err(DepositError::OutOfRange);
        }
        let amount = amount_text(self.minor_units, Decimals::Two)?;
        let (content_type, text) = match encoding {
            Encoding::Json => ("application/json", self.json(&amount)),
            Encoding::Form => ("application/x-www-form-urlencoded", self.form(&amount)),
        };
        Ok(Body { content_type, bytes: Zeroizing::new(text.into_bytes()) })
    }

    fn json(&self, amount: &str) -> String {
        let mut out = String::with_capacity(self.length_max());
        for (index, (key, value)) in self.members(amount).into_iter().enumerate() {
            out.push(if index == 0 { '{' } else { ',' });
            write_string(key, &mut out);
            out.push(':');
            match value {
                Value::Text(text) => write_string(text, &mut out),
                Value::True => out.push_str("true"),
            }
        }
        out.push('}');
        out
    }

    fn form(&self, amount: &str) -> String {
        let mut out = String::with_capacity(self.length_max());
        for (index, (key, value)) in self.members(amount).into_iter().enumerate() {
            if index > 0 {
                out.push('&');
            }
            out.push_str(key);
            out.push('=');
            match value {
                Value::Text(text) => percent_encode(text, &mut out),
                Value::True => out.push_str("true"),
            }
        }
        out
    }

    fn members<'a>(&'a self, amount: &'a str) -> Vec<(&'static str, Value<'a>)> {
        let mut members = vec![
            ("amount", Value::Text(amount)),
            ("merchantReference", Value::Text(self.merchant_reference)),
        ];
        match self.instant {
            None => {}
            Some(InstantFlag::InstantPayoutRequest) => {
                members.push(("instantPayoutRequest", Value::True));
            }
            Some(InstantFlag::Instant) => members.push(("instant", Value::True)),
        }
        if let Some(tier) = self.external_tier {
            members.push(("externalTier", Value::Text(tier)));
        }
        if let Some(token) = self.split_token {
            members.push(("splitToken", Value::Text(token.expose())));
        }
        members
    }

    /// Room for the whole body, so that no copy of it is left behind by a buffer that grew. Either
    /// encoding makes six characters of one byte at most.
    fn length_max(&self) -> usize {
        let token = self.split_token.map_or(0, |token| token.expose().len());
        let tier = self.external_tier.map_or(0, str::len);
        256 + (self.merchant_reference.len() + tier + token) * 6
    }
}

/// A copy of a deposit's body for evidence, with the values that may not be seen replaced by `***`.
pub fn masked(body: &[u8], encoding: Encoding) -> Result<String, JsonError> {
    match encoding {
        Encoding::Json => mask::masked(body, BODY_BYTES_MAX, &SHOWN),
        Encoding::Form => {
            let Ok(text) = std::str::from_utf8(body) else {
                return Err(JsonError::NotUtf8);
            };
            Ok(text.split('&').map(masked_pair).collect::<Vec<_>>().join("&"))
        }
    }
}

fn masked_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((key, _)) if SHOWN.contains(&key) => pair.to_owned(),
        Some((key, _)) => format!("{key}={MASK}"),
        None => MASK.to_owned(),
    }
}

enum Value<'a> {
    Text(&'a str),
    True,
}

/// Escapes everything that is not unreserved in RFC 3986; a blank becomes `%20`, which readers with
/// and without form semantics understand.
fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({}, {} bytes)", self.content_type, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deposit() -> Deposit<'static> {
        Deposit {
            merchant_reference: "payout_001",
            minor_units: 2_500,
            instant: Some(InstantFlag::InstantPayoutRequest),
            external_tier: None,
            split_token: None,
        }
    }

    fn text(deposit: &Deposit<'_>, encoding: Encoding) -> String {
        String::from_utf8(deposit.body(encoding).unwrap().bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_example_of_the_guide() {
        let body = deposit().body(Encoding::Json).unwrap();
        assert_eq!(body.content_type, "application/json");
        let expected =
            r#"{"amount":"25.00","merchantReference":"payout_001","instantPayoutRequest":true}"#;
        assert_eq!(text(&deposit(), Encoding::Json), expected);
        let plain = Deposit { instant: None, ..deposit() };
        assert_eq!(text(&plain, Encoding::Form), "amount=25.00&merchantReference=payout_001");
    }

    #[test]
    fn every_member_in_both_encodings() {
        let token = Secret::new("CKD+ab/1234=".to_owned());
        let full = Deposit {
            instant: Some(InstantFlag::Instant),
            external_tier: Some("v i\"p\u{e5}"),
            split_token: Some(&token),
            ..deposit()
        };
        let json = "{\"amount\":\"25.00\",\"merchantReference\":\"payout_001\",\"instant\":true,\
            \"externalTier\":\"v i\\\"på\",\"splitToken\":\"CKD+ab/1234=\"}";
        assert_eq!(text(&full, Encoding::Json), json);
        let form = "amount=25.00&merchantReference=payout_001&instant=true\
            &externalTier=v%20i%22p%C3%A5&splitToken=CKD%2Bab%2F1234%3D";
        assert_eq!(text(&full, Encoding::Form), form);
        assert!(!format!("{full:?}{:?}", full.body(Encoding::Json)).contains("CKD"));
        let masked_json = masked(json.as_bytes(), Encoding::Json).unwrap();
        assert!(masked_json.contains(r#""splitToken":"***""#), "{masked_json}");
        let masked_form = masked(form.as_bytes(), Encoding::Form).unwrap();
        let expected = "amount=25.00&merchantReference=payout_001&instant=true\
            &externalTier=v%20i%22p%C3%A5&splitToken=***";
        assert_eq!(masked_form, expected);
    }

    #[test]
    fn amounts_outside_of_the_limits_are_not_sent() {
        for minor_units in [i64::MIN, -99, 0, 98, 1_000_000_000, i64::MAX] {
            let refused = Deposit { minor_units, ..deposit() }.body(Encoding::Json).unwrap_err();
            assert_eq!(refused, DepositError::OutOfRange, "{minor_units}");
        }
        for (minor_units, amount) in [(99, "0.99"), (999_999_999, "9999999.99")] {
            let body = text(&Deposit { minor_units, ..deposit() }, Encoding::Json);
            assert!(body.contains(&format!("\"amount\":\"{amount}\"")), "{body}");
        }
    }
}
