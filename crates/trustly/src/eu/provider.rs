//! Trustly Europe as a payouts provider: what a payout becomes on the wire, and what an answer or a
//! notification means for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use payout::attempt::RequestDigest;
use payout::bank::{BankDetails, Country, Holder, PostalAddress};
use payout::destination::Summary;
use payout::id::{Customer, DestinationId, Incarnation, Name, ProviderAccount};
use payout::identity::{Addressee, notification_segment, request_uuid};
use payout::input::{ProviderWords, What};
use payout::keys::KeyRing;
use payout::link::LinkRequest;
use payout::money::{Currency, Money};
use payout::order::{
    ExternalReference, Order, RawHandle, Speed, StatementDescriptor, TargetRequest,
};
use payout::party::Parties;
use payout::personal::{AddressLine, DateOfBirth, Email, MobilePhone, NationalId, PostalCode};
use payout::policy::Policy;
use payout::port::{
    Answer, Description, Evidence, EvidenceKind, Handle, Inbound, LinkStart, Method, Onboarding,
    Provider, Receipt, Rejection, Request, Resolution, Resolved, Unfit, UnfitKind, Warning,
};
use payout::reason::Reason;
use payout::record::Payout;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::answer::{self, ResultZero};
use super::clearing_house::{self, BankAccountError, SwedishIban};
use super::code::{self, Class};
use super::key::{MerchantKey, TrustlyKey};
use super::novelty::Novelties;
use super::profile::{self, Profile};
use super::signature::Algorithm;
use super::statement;
use super::uuid::Uuid;
use super::wire::notification::Notification;
use super::wire::reply::{Reply, Untrusted, UnverifiedReply};
use super::wire::request::{self, AccountPayout, Caller};
use super::wire::{self, MESSAGE_BYTES_MAX};
use super::{link, notice, wire::request::RegisterAccount};
use crate::decimal::Decimals;
use crate::json::Json;
use crate::secret::Secret;
use crate::transport::{Call, NoReply, Transport, Verb};
use crate::words::{cut, own};

/// The currencies Trustly Europe pays out in. BGN and HRK are gone with the euro.
const CURRENCIES: [&str; 9] = ["CZK", "DKK", "EUR", "GBP", "HUF", "NOK", "PLN", "RON", "SEK"];

const ACCOUNT_PAYOUT: &str = "AccountPayout";
const REGISTER_ACCOUNT: &str = "RegisterAccount";

/// A merchant's account with Trustly Europe.
pub struct Config {
    /// The JSON-RPC address, such as `https://api.trustly.com/1`.
    pub url: String,
    /// The processing account's user name.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// The key that signs.
    pub key: MerchantKey,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Every key that Trustly may sign with.
    pub trustly_keys: Vec<TrustlyKey>,
    /// Where Trustly reports to; a payout's own segment is added after a slash.
    pub notification_url: String,
    /// What the customer's bank statement says if the caller says nothing.
    pub shopper_statement: String,
    /// Whether Trustly takes Swedish IBANs from this merchant.
    pub swedish_iban: SwedishIban,
    /// How amounts in HUF are written; Trustly's pages disagree.
    pub huf: Decimals,
    /// The currencies in which Trustly settles automatically, whose reports are fetched each day.
    pub settled_currencies: Vec<Currency>,
    /// What the contract demands of each payout.
    pub profile: Profile,
    /// What a verified `result` "0" is taken for.
    pub result_zero: ResultZero,
    /// How payouts are driven.
    pub policy: Policy,
}

/// Trustly Europe, for one merchant.
pub struct Europe {
    pub(super) config: Config,
    pub(super) keys: KeyRing,
    pub(super) novelties: Arc<Novelties>,
    account: ProviderAccount,
    transport: Arc<dyn Transport>,
    incarnation: Incarnation,
    calls: AtomicU64,
}

/// The configuration names an account that cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("url and username must be printable ASCII without blanks, 500 characters together")]
pub struct AccountError;

impl Europe {
    /// The adapter of one merchant. `keys` authenticate its notification addresses; `incarnation`
    /// keeps the UUIDs of repeatable calls apart; `novelties` take what its notifications say that
    /// is not known here.
    pub fn new(
        config: Config,
        keys: KeyRing,
        transport: Arc<dyn Transport>,
        incarnation: Incarnation,
        novelties: Arc<Novelties>,
    ) -> Result<Self, AccountError> {
        let name = format!("{}@{}", config.username, config.url);
        let account = ProviderAccount::parse(&name).map_err(|_| AccountError)?;
        let calls = AtomicU64::new(0);
        Ok(Self { config, keys, novelties, account, transport, incarnation, calls })
    }

    fn caller(&self) -> Caller<'_> {
        let Config { username, password, key, algorithm, .. } = &self.config;
        Caller { username, password, key, algorithm: *algorithm }
    }

    /// What the customer's bank statement is to say.
    pub(super) fn statement<'a>(&'a self, wanted: Option<&'a StatementDescriptor>) -> &'a str {
        match wanted {
            Some(descriptor) => descriptor.as_str(),
            None => &self.config.shopper_statement,
        }
    }

    /// Where Trustly reports about one record of ours.
    pub(super) fn notification_url<K>(&self, record: &Name<K>) -> String {
        let segment = notification_segment(&self.keys, record);
        let segment = segment.expect("the current key is in the ring");
        format!("{}/{segment}", self.config.notification_url)
    }

    fn decimals(&self, currency: Currency) -> Decimals {
        if currency.code() == "HUF" { self.config.huf } else { Decimals::Two }
    }

    /// The bytes of one request, signed.
    pub(super) fn request(
        &self,
        call: &request::Call<'_>,
        uuid: &Uuid,
    ) -> Result<Zeroizing<Vec<u8>>, request::RequestError> {
        request::request(call, uuid, &self.caller())
    }

    /// Sends the bytes of one request and verifies what comes back.
    pub(super) async fn call(
        &self,
        method: &str,
        uuid: &Uuid,
        body: &[u8],
    ) -> (Outcome, Vec<Evidence>) {
        self.call_for(method, uuid, body, MESSAGE_BYTES_MAX).await
    }

    /// The same, for an answer that may be longer than others.
    pub(super) async fn call_for(
        &self,
        method: &str,
        uuid: &Uuid,
        body: &[u8],
        reply_length_max: usize,
    ) -> (Outcome, Vec<Evidence>) {
        let call = Call {
            verb: Verb::Post,
            url: self.config.url.clone(),
            authorization: None,
            content_type: Some("application/json; charset=utf-8"),
            body: Zeroizing::new(body.to_vec()),
            timeout: self.config.policy.request_timeout,
            reply_length_max,
        };
        let reply = match self.transport.call(call).await {
            Ok(reply) => reply,
            Err(NoReply::NotSent) => return (Outcome::NotSent, Vec::new()),
            Err(NoReply::Lost) => {
                return (Outcome::Doubtful(Reason::AnswerLost, None), Vec::new());
            }
        };
        let outcome = match UnverifiedReply::parse_long(&reply.body, reply_length_max) {
            Ok(parsed) => match parsed.verify(&self.config.trustly_keys, method, uuid) {
                Ok(reply) => Outcome::Verified(reply),
                Err(untrusted) => {
                    Outcome::Doubtful(answer::why_untrusted(untrusted.hint), Some(untrusted))
                }
            },
            Err(_) if reply.status >= 500 => Outcome::Doubtful(Reason::ProviderUnavailable, None),
            Err(_) => Outcome::Doubtful(Reason::AnswerUntrusted, None),
        };
        (outcome, vec![Evidence { kind: EvidenceKind::Reply, bytes: reply.body }])
    }

    /// Sends the bytes of an AccountPayout, for the first time or again.
    async fn account_payout(&self, request: &Request) -> Answer {
        let Some(uuid) = uuid_of(&request.bytes) else {
            return Answer { inputs: vec![own(What::NotSent)], evidence: Vec::new() };
        };
        let (outcome, evidence) = self.call(ACCOUNT_PAYOUT, &uuid, &request.bytes).await;
        let input = match outcome {
            Outcome::NotSent => own(What::NotSent),
            Outcome::Doubtful(reason, untrusted) => answer::in_doubt(reason, untrusted),
            Outcome::Verified(Reply::Error { code, .. }) => answer::refusal(code),
            Outcome::Verified(Reply::Result(data)) => {
                answer::accepted(&data, self.config.result_zero)
            }
        };
        Answer { inputs: vec![input], evidence }
    }

    /// A UUID for a call that may be repeated freely and must not be taken for an earlier one, nor
    /// for one of another merchant, each of which has a count and a notification address.
    pub(super) fn fresh_uuid(&self, method: &str) -> Uuid {
        let count = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut hash = Sha256::new_with_prefix("payoutd.v1.call");
        let incarnation = self.incarnation.as_str();
        for part in [incarnation, self.account.as_str(), &self.config.notification_url, method] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(count.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        Uuid::from_bytes(*digest.first_chunk().expect("a digest is longer than a uuid"))
    }
}

/// What a call came to.
pub(super) enum Outcome {
    NotSent,
    Doubtful(Reason, Option<Untrusted>),
    Verified(Reply),
}

#[async_trait]
impl Provider for Europe {
    fn policy(&self) -> &Policy {
        &self.config.policy
    }

    fn account(&self) -> &ProviderAccount {
        &self.account
    }

    fn describe(&self) -> Description {
        let currency =
            |code| (Currency::parse(code).expect("the table is of currencies"), None, None);
        let country = |code: &str| Country::parse(code).expect("the table is of countries");
        Description {
            name: "Trustly".to_owned(),
            region: "Europe".to_owned(),
            currencies: CURRENCIES.map(currency).to_vec(),
            countries: clearing_house::countries().map(country).collect(),
            methods: vec![
                Method::PayIban,
                Method::PayLocalAccount,
                Method::PayProviderHandle,
                Method::PayDestination,
                Method::RegisterDestination,
                Method::ImportDestination,
                Method::LinkDestination,
                Method::TellFunds,
                Method::ReportSettlements,
                Method::InvestigateOrders,
            ],
            presumed_after: self.config.policy.presumed_after,
            duplicate_protection: true,
            return_window: self.config.policy.return_window,
            required_fields: self.config.profile.required_fields(),
            unsupported_fields: Vec::new(),
        }
    }

    fn check(&self, order: &Order, parties: &Parties) -> Result<(), Unfit> {
        if !CURRENCIES.contains(&order.amount.currency().code()) {
            let why =
                format!("is not paid out in this region; send one of {}", CURRENCIES.join(" "));
            return Err(not_possible("amount.currency_code", why));
        }
        if order.speed == Speed::Instant {
            let why = "instant cannot be asked for in this region; leave it out".to_owned();
            return Err(not_possible("speed", why));
        }
        profile::check(self.config.profile, parties)
    }

    fn warnings(&self, order: &Order) -> Vec<Warning> {
        let Some(fits) = statement::cut_to(
            self.statement(order.statement_descriptor.as_ref()),
            order.amount.currency(),
        ) else {
            return Vec::new();
        };
        let why = format!("banks may show its first {fits} characters only; make it shorter");
        vec![Warning { field: "statement_descriptor", why }]
    }

    fn prepare(
        &self,
        payout: &Payout,
        handle: &Handle,
        parties: &Parties,
        generation: u32,
    ) -> Result<Request, Unfit> {
        let order = &payout.order;
        let Some(account_id) = account_id_of(handle) else {
            let why = "the stored handle cannot be read; register the account again".to_owned();
            return Err(not_possible("destination", why));
        };
        let notification_url = self.notification_url(&payout.id);
        let call = request::Call::AccountPayout(AccountPayout {
            account_id,
            minor_units: order.amount.minor_units(),
            decimals: self.decimals(order.amount.currency()),
            currency: order.amount.currency().code(),
            end_user_id: order.customer.as_str(),
            message_id: message_id(payout),
            notification_url: &notification_url,
            shopper_statement: self.statement(order.statement_descriptor.as_ref()),
            external_reference: order.external_reference.as_ref().map(ExternalReference::as_str),
            sender: parties.originator.as_ref().map(profile::sender),
            sub_merchant: parties.sub_merchant.as_ref().map(profile::sub_merchant),
            hold_notifications: false,
        });
        let uuid = request_uuid(&payout.id, ACCOUNT_PAYOUT, generation);
        let uuid = Uuid::parse(&uuid).expect("a derived uuid has the shape of one");
        let built = request::request(&call, &uuid, &self.caller());
        let bytes = built.map_err(|error| not_possible("amount", error.to_string()))?;
        let masked = wire::masked(&bytes).expect("what was just written can be read");
        let digest = RequestDigest(Sha256::digest(&bytes).into());
        Ok(Request { bytes, masked, digest, account: self.account.clone() })
    }

    async fn send(&self, _: &Payout, request: &Request) -> Answer {
        self.account_payout(request).await
    }

    /// The same bytes again: Trustly answers a request that it has seen as it did the first time.
    async fn ask(&self, _: &Payout, _: Option<&Handle>, request: Option<&Request>) -> Answer {
        let Some(request) = request else { return Answer::default() };
        let mut answer = self.account_payout(request).await;
        for input in &mut answer.inputs {
            // That this repeat was not sent says nothing about the first send.
            if input.what == What::NotSent {
                input.what = What::InDoubt(Reason::ConnectionFailed);
            }
        }
        answer
    }

    fn admits(&self, path: &str, _: Option<&str>) -> bool {
        addressee(&self.keys, path).is_some()
    }

    fn receive(&self, inbound: &Inbound) -> Result<Receipt, Rejection> {
        notice::receive(self, inbound)
    }
}

#[async_trait]
impl Onboarding for Europe {
    fn check_target(&self, target: &TargetRequest) -> Result<Option<Handle>, Unfit> {
        match target {
            TargetRequest::Destination(_) => Ok(None),
            TargetRequest::ProviderHandle(raw) => Ok(Some(account_id(raw)?)),
            TargetRequest::BankAccount(details) => {
                bank_account(&self.config, details)?;
                Ok(None)
            }
        }
    }

    /// Which currencies an account takes only the provider knows.
    fn check_handle(&self, _: &Order, _: &Handle) -> Result<(), Unfit> {
        Ok(())
    }

    async fn register(&self, customer: &Customer, details: &BankDetails) -> Resolution {
        let Ok(account) = bank_account(&self.config, details) else {
            return Resolution::Refused(Reason::AccountInvalid, ProviderWords::default());
        };
        let (first_name, last_name) = match &details.holder {
            Holder::Person { first_name, last_name } => (first_name.reveal(), last_name.reveal()),
            Holder::Organisation { name } => (name.reveal(), ""),
        };
        let known = &details.particulars;
        let call = request::Call::RegisterAccount(RegisterAccount {
            end_user_id: customer.as_str(),
            account: &account,
            first_name,
            last_name,
            date_of_birth: known.date_of_birth.as_ref().map(DateOfBirth::reveal),
            mobile_phone: known.mobile_phone.as_ref().map(MobilePhone::reveal),
            national_id: known.national_id.as_ref().map(NationalId::reveal),
            email: known.email.as_ref().map(Email::reveal),
            address: Some(address(&known.address)),
        });
        let uuid = self.fresh_uuid(REGISTER_ACCOUNT);
        let Ok(body) = request::request(&call, &uuid, &self.caller()) else {
            return Resolution::Unknown(Reason::Other);
        };
        let (outcome, _) = self.call(REGISTER_ACCOUNT, &uuid, &body).await;
        registered(outcome, details)
    }

    async fn import(&self, _: &Customer, raw: &RawHandle) -> Resolution {
        match account_id(raw) {
            Ok(handle) => {
                let summary = Summary {
                    masked: raw.masked(),
                    bank_name: None,
                    country: None,
                    holder_verified: false,
                };
                Resolution::Resolved(Resolved { handle, summary })
            }
            Err(_) => Resolution::Refused(Reason::AccountInvalid, ProviderWords::default()),
        }
    }

    fn check_link(&self, request: &LinkRequest) -> Result<(), Unfit> {
        link::check(request)
    }

    async fn start_link(&self, id: &DestinationId, request: &LinkRequest) -> LinkStart {
        link::start(self, id, request).await
    }
}

/// The name under which Trustly knows the order. A payout from an order made before is attached to
/// it by having its name; then only the notification address has the payout's own.
fn message_id(payout: &Payout) -> &str {
    match &payout.order.related_order_reference {
        Some(reference) => reference.as_str(),
        None => payout.id.as_str(),
    }
}

/// The parts of a holder's address; what is not known is left out of the request.
fn address(known: &PostalAddress) -> request::Address<'_> {
    request::Address::Parts {
        country: known.country.as_ref().map(Country::as_str),
        postal_code: known.postal_code.as_ref().map(PostalCode::reveal),
        city: known.city.as_ref().map(AddressLine::reveal),
        line_1: known.line_1.as_ref().map(AddressLine::reveal),
        line_2: known.line_2.as_ref().map(AddressLine::reveal),
    }
}

fn registered(outcome: Outcome, details: &BankDetails) -> Resolution {
    let code = match outcome {
        Outcome::NotSent => return Resolution::Unknown(Reason::ConnectionFailed),
        Outcome::Doubtful(reason, untrusted) => {
            return match answer::no_access_unverified(untrusted) {
                Some((reason, words)) => Resolution::NoAccess(reason, words),
                None => Resolution::Unknown(reason),
            };
        }
        Outcome::Verified(Reply::Error { code, .. }) => code,
        Outcome::Verified(Reply::Result(data)) => {
            let Ok(account) = data.registered_account() else {
                return Resolution::Unknown(Reason::AnswerUntrusted);
            };
            let Some(handle) = handle_of(&account.account_id) else {
                return Resolution::Unknown(Reason::AnswerUntrusted);
            };
            let summary = Summary {
                masked: details.account.masked(),
                bank_name: account.bank.as_deref().map(cut),
                country: Some(details.account.country()),
                holder_verified: false,
            };
            return Resolution::Resolved(Resolved { handle, summary });
        }
    };
    match code::look_up(code).class {
        Class::Content | Class::Blocked => {
            Resolution::Refused(answer::reason_of(code), answer::words_of(code))
        }
        Class::Access => {
            let (reason, words) = answer::no_access(code);
            Resolution::NoAccess(reason, words)
        }
        Class::Duplicate | Class::Doubtful => Resolution::Unknown(Reason::AnswerUnknown),
    }
}

/// The UUID that stands in the bytes of a request, whoever made them and when.
fn uuid_of(request: &[u8]) -> Option<Uuid> {
    let tree = Json::parse(request, MESSAGE_BYTES_MAX).ok()?;
    Uuid::parse(tree.get("params")?.get("UUID")?.scalar()?).ok()
}

fn account_id(raw: &RawHandle) -> Result<Handle, Unfit> {
    match handle_of(raw.reveal()) {
        Some(handle) => Ok(handle),
        None => Err(Unfit {
            field: "provider_handle",
            why: "must be an account id of the provider: 1 to 20 digits".to_owned(),
            kind: UnfitKind::Invalid,
        }),
    }
}

/// Account ids have ten digits today; a few more do no harm, anything else is not one.
pub(super) fn handle_of(account_id: &str) -> Option<Handle> {
    const DIGITS_MAX: usize = 20;
    let digits = account_id.bytes().all(|byte| byte.is_ascii_digit());
    match account_id.len() {
        1..=DIGITS_MAX if digits => Some(Handle::new(account_id.as_bytes().to_vec())),
        _ => None,
    }
}

/// What [`handle_of`] made.
fn account_id_of(handle: &Handle) -> Option<&str> {
    let account_id = std::str::from_utf8(handle.reveal()).ok()?;
    handle_of(account_id).map(|_| account_id)
}

fn bank_account(
    config: &Config,
    details: &BankDetails,
) -> Result<clearing_house::BankAccount, Unfit> {
    let made = match &details.account {
        payout::bank::Account::Iban(iban) => {
            clearing_house::BankAccount::from_iban(iban.reveal(), config.swedish_iban)
        }
        payout::bank::Account::Local { country, bank_number, account_number } => {
            clearing_house::BankAccount::from_local(
                country.as_str(),
                bank_number.reveal(),
                account_number.reveal(),
            )
        }
    };
    made.map_err(|error| {
        let iban = matches!(details.account, payout::bank::Account::Iban(_));
        let (field, kind) = match (error, iban) {
            (BankAccountError::UnknownCountry | BankAccountError::LocalOnly, true) => {
                ("bank_details.account.iban", UnfitKind::NotPossible)
            }
            (_, true) => ("bank_details.account.iban", UnfitKind::Invalid),
            (BankAccountError::UnknownCountry | BankAccountError::IbanOnly, false) => {
                ("bank_details.account.local.country_code", UnfitKind::NotPossible)
            }
            (BankAccountError::MalformedBankNumber, false) => {
                ("bank_details.account.local.bank_number", UnfitKind::Invalid)
            }
            (_, false) => ("bank_details.account.local.account_number", UnfitKind::Invalid),
        };
        Unfit { field, why: error.to_string(), kind }
    })
}

pub(super) fn not_possible(field: &'static str, why: String) -> Unfit {
    Unfit { field, why, kind: UnfitKind::NotPossible }
}

/// The amount that a notification names. One that is missing or cannot be any payout's is shown as
/// an amount in a currency that this region does not pay out: it differs from whatever was ordered,
/// so that it moves no money and calls a person, instead of being refused for ever and lost.
pub(super) fn money_of(notification: &Notification) -> Money {
    let read = notification.money().ok().and_then(|named| {
        let currency = Currency::parse(&named.currency).ok()?;
        let minor_units = named.amount.minor_units(u32::from(currency.exponent())).ok()?;
        Money::new(minor_units, currency).ok()
    });
    match read {
        Some(money) => money,
        None => {
            let foreign = Currency::parse("USD").expect("the dollar is a currency");
            Money::new(1, foreign).expect("a cent is an amount")
        }
    }
}

/// Whom a notification's segment names.
pub(super) fn addressee(keys: &KeyRing, segment: &str) -> Option<Addressee> {
    payout::identity::parse_notification_segment(keys, segment).ok()
}
