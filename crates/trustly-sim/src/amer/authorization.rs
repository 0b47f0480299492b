//! A customer's standing permission to pay into an account.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Url;

use super::reason::Reason;
use super::refusal::Refusal;
use crate::clock::Moment;
use crate::money::Amount;
use crate::requests::{digest, ten_digits};
use crate::rng::Rng;

/// What an authorization was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentType {
    Deferred = 2,
    Disbursement = 4,
    Verification = 5,
    Retrieval = 6,
}

/// How the bank stands to it, which the transaction's status need not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    Good,
    /// The bank wants the customer to log in again.
    Expired,
    /// The customer took it back at the bank.
    Revoked,
    AccountClosed,
}

#[derive(Clone)]
pub(crate) struct Authorization {
    pub(super) payment_id: String,
    pub(super) payment_type: PaymentType,
    pub(super) customer_id: String,
    pub(super) customer_name: String,
    pub(super) description: Option<String>,
    pub(super) return_url: String,
    pub(super) cancel_url: String,
    /// In the place of the merchant's usual address.
    pub(super) notification_url: Option<Url>,
    pub(super) account: Account,
    pub(super) bank: Bank,
    pub(super) consent: Consent,
    pub(super) token: Option<SplitToken>,
    /// What deposits on it come to, as the demonstration bank was told.
    pub(super) denial: Option<Reason>,
}

/// The account without its number.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) name: String,
    /// 1 checking, 2 savings.
    pub(super) kind: u8,
    pub(super) last_digits: Option<String>,
    pub(super) routing_number: Option<String>,
    /// The same for the same account, whoever's authorization it is.
    pub(super) token: String,
    pub(super) is_virtual: bool,
    pub(super) verified: bool,
}

#[derive(Clone)]
pub(super) struct Bank {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) instant_available: bool,
}

/// The merchant's half of a credential.
#[derive(Clone)]
pub(super) struct SplitToken {
    text: String,
    expires: Option<Duration>,
}

/// What a new authorization is made of.
pub(crate) struct NewAuthorization {
    pub(crate) authorization: Authorization,
    pub(crate) currency: String,
    pub(crate) reference: String,
    pub(crate) limit: Amount,
}

pub(super) const DEMO_BANK: Bank =
    Bank { id: "200005501", name: "Demo Bank", instant_available: true };
pub(super) const SLOW_BANK: Bank =
    Bank { id: "200005503", name: "Demo Bank without instant payouts", instant_available: false };

/// Of the account that the demonstration bank shows first.
const SAMPLE_NUMBER: &str = "123456576";
const SAMPLE_ROUTING_NUMBER: &str = "124003116";

impl PaymentType {
    const ALL: [Self; 4] =
        [Self::Deferred, Self::Disbursement, Self::Verification, Self::Retrieval];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deferred => "Deferred",
            Self::Disbursement => "Disbursement",
            Self::Verification => "Verification",
            Self::Retrieval => "Retrieval",
        }
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    /// Whether deposits can be made on it.
    pub(super) fn pays(self) -> bool {
        matches!(self, Self::Deferred | Self::Disbursement)
    }
}

impl Consent {
    const ALL: [Self; 4] = [Self::Good, Self::Expired, Self::Revoked, Self::AccountClosed];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::AccountClosed => "account_closed",
        }
    }

    /// What the bank network says to a deposit, where it says no.
    pub(super) fn objection(self) -> Option<Reason> {
        match self {
            Self::Good => None,
            Self::Expired => Some(Reason { extended: Some(110_001), ..Reason::declined("SW057") }),
            Self::Revoked => Some(Reason::declined("SW057")),
            Self::AccountClosed => Some(Reason::declined("SW056")),
        }
    }
}

impl Authorization {
    pub(crate) fn new(payment_type: PaymentType, payment_id: String) -> Self {
        Self {
            payment_id,
            payment_type,
            customer_id: String::new(),
            customer_name: String::new(),
            description: None,
            return_url: String::new(),
            cancel_url: String::new(),
            notification_url: None,
            account: Account::new(SAMPLE_NUMBER, SAMPLE_ROUTING_NUMBER, "Checking"),
            bank: DEMO_BANK,
            consent: Consent::Good,
            token: None,
            denial: None,
        }
    }

    /// Whose it is, and what the bank can do.
    pub(crate) fn describe(&mut self, customer_id: String, name: String, instant_available: bool) {
        (self.customer_id, self.customer_name) = (customer_id, name);
        self.bank.instant_available = instant_available;
    }

    /// The same for the same customer and account.
    pub(super) fn fingerprint(&self) -> String {
        ten_digits(&digest(format!("{}|{}", self.customer_id, self.account.token).as_bytes()))
    }

    pub(super) fn trustlys_customer_id(&self) -> String {
        ten_digits(&digest(format!("customer {}", self.customer_id).as_bytes()))
    }

    /// A new split token in the place of the last, which is worth nothing any more.
    pub(super) fn issue_token(&mut self, rng: &mut Rng, now: Moment, expires: Option<Duration>) {
        self.token = Some(SplitToken { text: token_text(rng, now), expires });
    }

    pub(super) fn token_text(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.text.as_str())
    }

    pub(crate) fn expire_token(&mut self, now: Moment) {
        if let Some(token) = &mut self.token {
            token.expires = Some(now.since_start);
        }
    }

    /// Whether a token is the one that was issued last and still good.
    pub(super) fn check_token(&self, sent: &str, now: Moment) -> Result<(), Refusal> {
        let is_token = BASE64.decode(sent).is_ok_and(|bytes| bytes.len() >= TOKEN_BYTES_MIN);
        match &self.token {
            _ if !is_token => Err(Refusal::corrupt_token()),
            Some(token) if token.text != sent => Err(Refusal::wrong_token()),
            Some(SplitToken { expires: Some(end), .. }) if *end <= now.since_start => {
                Err(Refusal::expired_token())
            }
            Some(_) => Ok(()),
            None => Err(Refusal::wrong_token()),
        }
    }
}

impl Account {
    pub(super) fn new(number: &str, routing_number: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: if name == "Savings" { 2 } else { 1 },
            last_digits: Some(last_digits(number)),
            routing_number: Some(routing_number.to_owned()),
            token: account_token(number, routing_number),
            is_virtual: false,
            verified: true,
        }
    }

    /// One that the demonstration bank shows; without a number where it has none to show.
    pub(super) fn at_demo_bank(number: Option<&str>, name: &str) -> Self {
        let shown = number.unwrap_or_default();
        let mut account = Self::new(shown, SAMPLE_ROUTING_NUMBER, name);
        if number.is_none() {
            (account.last_digits, account.routing_number) = (None, None);
        }
        account
    }

    pub(super) fn sample_number(name: &str) -> &'static str {
        if name == "Savings" { "123456584" } else { SAMPLE_NUMBER }
    }
}

/// Shorter ones are corrupt.
const TOKEN_BYTES_MIN: usize = 16;

/// Base64 of what real ones look like: their time, a version, and an encrypted part.
fn token_text(rng: &mut Rng, now: Moment) -> String {
    let mut bytes = vec![0x08];
    let mut rest = now.unix_ms();
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes.extend([0x10, 0x01, 0x1a, 56]);
    for _ in 0..7 {
        bytes.extend(rng.next().to_le_bytes());
    }
    BASE64.encode(bytes)
}

pub(super) fn last_digits(number: &str) -> String {
    let start = number.len().saturating_sub(4);
    number.get(start..).unwrap_or(number).to_owned()
}

/// Nothing can be read from it, and it is the same in every run.
pub(super) fn account_token(number: &str, routing_number: &str) -> String {
    BASE64.encode(digest(format!("{routing_number}|{number}").as_bytes()))
}
