//! `POST /accounts/verify` and `POST /accounts/tokenize` (pages "Verify account" and "Tokenize
//! account").

use serde_json::{Value, json};

use super::authorization::{DEMO_BANK, account_token, last_digits};
use super::check;
use super::fields::Fields;
use super::form;
use super::refusal::Refusal;
use super::routing;
use crate::clock::Moment;

const IBAN_LENGTH: std::ops::RangeInclusive<usize> = 15..=34;

/// A score from which on an account counts as verified.
const SCORE_VERIFIED: u32 = 6;

pub(super) fn verify(
    fields: &Fields,
    merchant_id: &str,
    now: Moment,
    query: &[(String, String)],
) -> Result<Value, Refusal> {
    if fields.is_string("merchantId") {
        return Err(Refusal::parameter("merchantId", "Not a number"));
    }
    let account = account(fields, merchant_id, now, true)?;
    Ok(expanded(account, query))
}

pub(super) fn tokenize(
    fields: &Fields,
    merchant_id: &str,
    now: Moment,
    query: &[(String, String)],
) -> Result<Value, Refusal> {
    if !fields.is_string("merchantId") {
        return Err(Refusal::parameter("merchantId", "Not a string"));
    }
    let verifies = match form::value(query, "verifyAccount") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::parameter("verifyAccount", "Not a boolean")),
    };
    let account = account(fields, merchant_id, now, verifies)?;
    Ok(expanded(account, query))
}

fn account(
    fields: &Fields,
    merchant_id: &str,
    now: Moment,
    verifies: bool,
) -> Result<Value, Refusal> {
    check::only(
        fields,
        &[
            "merchantId",
            "account.accountNumber",
            "account.routingNumber",
            "account.iban",
            "account.nameOnAccount",
            "account.type",
        ],
    )?;
    if fields.text("merchantId") != Some(merchant_id) {
        return Err(Refusal::access());
    }
    let text = |name: &str| fields.text(name).unwrap_or_default();
    let (number, routing_number) = match fields.text("account.iban") {
        Some(iban) if is_iban(iban) => (iban, ""),
        Some(_) => return Err(Refusal::parameter("account.iban", "Not an IBAN")),
        None => {
            let (number, routing_number) =
                (text("account.accountNumber"), text("account.routingNumber"));
            routing::check(number, routing_number, None)?;
            (number, routing_number)
        }
    };
    let (score, third_party_score) = routing::scores(number);
    let verified = verifies && score >= SCORE_VERIFIED;
    Ok(json!({
        "accountNumber": last_digits(number),
        "token": account_token(number, routing_number),
        "type": 1,
        "profile": 1,
        "verified": verified,
        "verification": {
            "verified": verified,
            "type": if verifies { 3 } else { 0 },
            "hasEnoughFunds": verified,
            "verificationDate": now.unix_ms(),
            "score": score,
            "thirdPartyScore": third_party_score,
            "numberOfTries": 1,
            "numberOfAttemptsLeft": 2,
        },
    }))
}

fn expanded(mut account: Value, query: &[(String, String)]) -> Value {
    if form::value(query, "expand") == Some("account.paymentProvider") {
        account["paymentProvider"] =
            json!({ "paymentProviderId": DEMO_BANK.id, "name": DEMO_BANK.name });
    }
    account
}

fn is_iban(text: &str) -> bool {
    IBAN_LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
