//! Trustly Americas as a payouts provider: a payout is a deposit on a bank authorization.

use std::sync::Arc;

use async_trait::async_trait;
use payout::bank::{BankDetails, Country};
use payout::destination::Summary;
use payout::id::{Customer, ProviderAccount};
use payout::input::{Input, ProviderWords, Refusal, RefusalKind, What};
use payout::money::{Currency, Money};
use payout::order::{Order, RawHandle, Speed, TargetRequest};
use payout::party::Parties;
use payout::policy::{DoubtPolicy, Policy};
use payout::port::{
    Answer, Description, Evidence, EvidenceKind, Handle, Inbound, Method, Onboarding, Provider,
    Receipt, Rejection, Request, Resolution, Resolved, Treasury, Unfit, UnfitKind, Warning,
};
use payout::reason::Reason;
use payout::record::Payout;
use zeroize::Zeroizing;

use super::code::{self, Class};
use super::credentials::Credentials;
use super::handle::{Authorization, is_transaction_id, usable};
use super::report::{first_reports, is_of, specific};
use super::status::{Status, TransactionType};
use super::wire::deposit::{Deposit, Encoding, InstantFlag, MINOR_UNITS_MAX, MINOR_UNITS_MIN};
use super::wire::reply::{ApiErrors, REPLY_BYTES_MAX, Reply};
use super::wire::transaction::Transaction;
use super::wire::webhook::names_one_of;
use super::{look_up, notice, sealed};
use crate::transport::{self, Call, NoReply, Transport, Verb};
use crate::words::{cut, own, words};

/// The currencies Trustly Americas pays out in.
const CURRENCIES: [&str; 2] = ["CAD", "USD"];

/// What callers may say of a payout and a deposit has no member for, sorted.
const UNSUPPORTED: [&str; 3] = ["originator", "related_order_reference", "sub_merchant"];

/// A merchant's account with Trustly Americas.
pub struct Config {
    /// The REST address, such as `https://trustly.one/api/v1`.
    pub url: String,
    /// Trustly's id of the merchant.
    pub merchant_id: String,
    /// Access id and key; the first calls, all of them verify.
    pub credentials: Vec<Credentials>,
    /// How deposits are written; Trustly documents both.
    pub encoding: Encoding,
    /// The name of the flag that asks for an instant rail.
    pub instant_flag: InstantFlag,
    /// How payouts are driven.
    pub policy: Policy,
}

/// Trustly Americas, for one merchant.
pub struct Americas {
    pub(super) config: Config,
    account: ProviderAccount,
    transport: Arc<dyn Transport>,
}

/// The configuration names an account that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// There is nothing to call with.
    #[error("at least one pair of access id and access key is needed")]
    NoCredentials,
    /// The account cannot be written down.
    #[error("url, access id and merchant id must be printable ASCII without blanks")]
    Name,
}

impl Americas {
    /// The adapter of one merchant.
    pub fn new(config: Config, transport: Arc<dyn Transport>) -> Result<Self, AccountError> {
        if config.credentials.is_empty() {
            return Err(AccountError::NoCredentials);
        }
        // The access id belongs to the key and rotates with it; the merchant id does not.
        let name = format!("{}@{}", config.merchant_id, config.url);
        let account = ProviderAccount::parse(&name).map_err(|_| AccountError::Name)?;
        Ok(Self { config, account, transport })
    }

    pub(super) async fn get(
        &self,
        path: &str,
        reply_length_max: usize,
    ) -> Result<transport::Reply, NoReply> {
        self.call(Verb::Get, path, None, Zeroizing::new(Vec::new()), reply_length_max).await
    }

    async fn call(
        &self,
        verb: Verb,
        path: &str,
        content_type: Option<&'static str>,
        body: Zeroizing<Vec<u8>>,
        reply_length_max: usize,
    ) -> Result<transport::Reply, NoReply> {
        let credentials = self.config.credentials.first();
        let call = Call {
            verb,
            url: format!("{}{path}", self.config.url),
            authorization: credentials.map(Credentials::authorization),
            content_type,
            body,
            timeout: self.config.policy.request_timeout,
            reply_length_max,
        };
        self.transport.call(call).await
    }

    /// Reads one transaction; else why there is no answer that can be trusted to be about it.
    pub(super) async fn transaction(
        &self,
        id: &str,
    ) -> (Result<Transaction, Reason>, Vec<Evidence>) {
        let path = format!("/transactions/{id}");
        let reply = match self.get(&path, REPLY_BYTES_MAX).await {
            Ok(reply) => reply,
            Err(no_reply) => return (Err(why_no_reply(no_reply)), Vec::new()),
        };
        let transaction = match Reply::parse(&reply.body) {
            Ok(Reply::Transaction(found)) if is_good(&reply, &found, id) => Ok(*found),
            Ok(Reply::Transaction(_)) | Err(_) => Err(why_no_answer(&reply)),
            Ok(Reply::Errors(errors)) => Err(why_not_told(&errors)),
        };
        (transaction, vec![Evidence { kind: EvidenceKind::Reply, bytes: reply.body }])
    }

    async fn deposit(&self, payout: &Payout, request: &Request) -> Answer {
        let Some(deposit) = sealed::open(request) else {
            return Answer { inputs: vec![own(What::NotSent)], evidence: Vec::new() };
        };
        let content_type = Some(deposit.content_type);
        let answered =
            self.call(Verb::Post, &deposit.path, content_type, deposit.body, REPLY_BYTES_MAX).await;
        let reply = match answered {
            Ok(reply) => reply,
            Err(NoReply::NotSent) => {
                return Answer { inputs: vec![own(What::NotSent)], evidence: Vec::new() };
            }
            Err(NoReply::Lost) => {
                let input = own(What::InDoubt(Reason::AnswerLost));
                return Answer { inputs: vec![input], evidence: Vec::new() };
            }
        };
        let in_doubt = |why| vec![own(What::InDoubt(why))];
        let inputs = match Reply::parse(&reply.body) {
            Ok(Reply::Errors(errors)) => vec![refusal(&errors)],
            Ok(Reply::Transaction(found)) if is_answer(&reply, &found, payout, &deposit.path) => {
                // A status that is not known here is no answer: it is looked up.
                first_reports(payout, &found).unwrap_or_else(|| in_doubt(Reason::AnswerUnknown))
            }
            Ok(Reply::Transaction(_)) | Err(_) if reply.status >= 500 => {
                in_doubt(Reason::ProviderUnavailable)
            }
            Ok(Reply::Transaction(_)) | Err(_) => in_doubt(Reason::AnswerUntrusted),
        };
        let evidence = vec![Evidence { kind: EvidenceKind::Reply, bytes: reply.body }];
        Answer { inputs, evidence }
    }
}

/// Whether an answer shows the deposit that was made at `path`. It must say whose it is: by our
/// name for it, which Trustly's example leaves out, or by its authorization.
fn is_answer(reply: &transport::Reply, found: &Transaction, payout: &Payout, path: &str) -> bool {
    let parent = found.original_transaction_id.as_deref();
    let says_whose = match parent.map(deposit_path) {
        Some(theirs) => theirs == path,
        None => found.merchant_reference.is_some(),
    };
    reply.is_success() && is_of(payout, found) && says_whose
}

fn deposit_path(authorization_id: &str) -> String {
    format!("/transactions/{authorization_id}/deposit")
}

/// Why a question has no reply.
pub(super) fn why_no_reply(no_reply: NoReply) -> Reason {
    match no_reply {
        NoReply::NotSent => Reason::ConnectionFailed,
        NoReply::Lost => Reason::AnswerLost,
    }
}

/// Why a reply to a question is no answer to it.
pub(super) fn why_no_answer(reply: &transport::Reply) -> Reason {
    match (Reply::parse(&reply.body), reply.status) {
        (Ok(Reply::Errors(errors)), _) => why_not_told(&errors),
        (Ok(Reply::Transaction(_)) | Err(_), 500..) => Reason::ProviderUnavailable,
        (Ok(Reply::Transaction(_)) | Err(_), _) => Reason::AnswerUntrusted,
    }
}

fn why_not_told(errors: &ApiErrors) -> Reason {
    match errors.class() {
        Class::Access => Reason::AccessRefused,
        Class::Refused | Class::Duplicate | Class::Doubtful => Reason::AnswerUnknown,
    }
}

/// Whether an answer shows the transaction that was asked for.
fn is_good(reply: &transport::Reply, found: &Transaction, id: &str) -> bool {
    reply.is_success() && found.transaction_id == id
}

#[async_trait]
impl Provider for Americas {
    fn policy(&self) -> &Policy {
        &self.config.policy
    }

    fn account(&self) -> &ProviderAccount {
        &self.account
    }

    fn describe(&self) -> Description {
        let currency = |code| {
            let currency = Currency::parse(code).expect("the table is of currencies");
            let limit = |minor_units| Money::new(minor_units, currency).ok();
            (currency, limit(MINOR_UNITS_MIN), limit(MINOR_UNITS_MAX))
        };
        let country = |code| Country::parse(code).expect("the table is of countries");
        let confirmed = match self.config.policy.doubt {
            DoubtPolicy::LookUp { resend_when_absent, .. } => resend_when_absent,
            DoubtPolicy::Resend => false,
        };
        Description {
            name: "Trustly".to_owned(),
            region: "Americas".to_owned(),
            currencies: CURRENCIES.map(currency).to_vec(),
            countries: ["CA", "US"].map(country).to_vec(),
            methods: vec![
                Method::PayProviderHandle,
                Method::PayDestination,
                Method::PayInstantly,
                Method::ImportDestination,
            ],
            presumed_after: None,
            duplicate_protection: confirmed,
            return_window: self.config.policy.return_window,
            required_fields: Vec::new(),
            unsupported_fields: UNSUPPORTED.to_vec(),
        }
    }

    fn check(&self, order: &Order, parties: &Parties) -> Result<(), Unfit> {
        let given = [
            parties.originator.is_some(),
            order.related_order_reference.is_some(),
            parties.sub_merchant.is_some(),
        ];
        if let Some((field, _)) = UNSUPPORTED.iter().zip(given).find(|(_, given)| *given) {
            let why = "has no place in this region's payouts; leave it out".to_owned();
            return Err(Unfit { field, why, kind: UnfitKind::NotPossible });
        }
        if !CURRENCIES.contains(&order.amount.currency().code()) {
            let why = "is not paid out in this region; send USD or CAD".to_owned();
            let field = "amount.currency_code";
            return Err(Unfit { field, why, kind: UnfitKind::NotPossible });
        }
        if !(MINOR_UNITS_MIN..=MINOR_UNITS_MAX).contains(&order.amount.minor_units()) {
            let why = format!("must be between {MINOR_UNITS_MIN} and {MINOR_UNITS_MAX}");
            let field = "amount.minor_units";
            return Err(Unfit { field, why, kind: UnfitKind::NotPossible });
        }
        Ok(())
    }

    fn warnings(&self, _: &Order) -> Vec<Warning> {
        Vec::new()
    }

    fn prepare(
        &self,
        payout: &Payout,
        handle: &Handle,
        _: &Parties,
        _: u32,
    ) -> Result<Request, Unfit> {
        let authorization = authorization_for(&payout.order, handle)?;
        let deposit = Deposit {
            merchant_reference: payout.id.as_str(),
            minor_units: payout.order.amount.minor_units(),
            instant: match payout.order.speed {
                Speed::Instant => Some(self.config.instant_flag),
                Speed::Standard => None,
            },
            external_tier: None,
            split_token: None,
        };
        let body = deposit.body(self.config.encoding).map_err(|error| Unfit {
            field: "amount.minor_units",
            why: error.to_string(),
            kind: UnfitKind::NotPossible,
        })?;
        let path = deposit_path(&authorization.transaction_id);
        Ok(sealed::seal(&path, &body, &self.account))
    }

    async fn send(&self, payout: &Payout, request: &Request) -> Answer {
        self.deposit(payout, request).await
    }

    /// Look-ups only: the same bytes might make a second deposit while the first is pending.
    async fn ask(&self, payout: &Payout, handle: Option<&Handle>, _: Option<&Request>) -> Answer {
        look_up::ask(self, payout, handle.and_then(Authorization::decode)).await
    }

    fn admits(&self, _: &str, authorization: Option<&str>) -> bool {
        authorization.is_some_and(|header| names_one_of(&self.config.credentials, header))
    }

    fn receive(&self, inbound: &Inbound) -> Result<Receipt, Rejection> {
        notice::receive(self, inbound)
    }
}

/// The API has no such questions.
impl Treasury for Americas {}

#[async_trait]
impl Onboarding for Americas {
    fn check_target(&self, target: &TargetRequest) -> Result<Option<Handle>, Unfit> {
        match target {
            TargetRequest::Destination(_) => Ok(None),
            TargetRequest::ProviderHandle(raw) if is_transaction_id(raw.reveal()) => Ok(None),
            TargetRequest::ProviderHandle(_) => Err(Unfit {
                field: "provider_handle",
                why: "must be an authorization's transaction id: 1 to 20 digits".to_owned(),
                kind: UnfitKind::Invalid,
            }),
            TargetRequest::BankAccount(_) => Err(Unfit {
                field: "bank_details",
                why: "are not taken in this region; import an authorization instead".to_owned(),
                kind: UnfitKind::NotPossible,
            }),
        }
    }

    fn check_handle(&self, order: &Order, handle: &Handle) -> Result<(), Unfit> {
        authorization_for(order, handle).map(|_| ())
    }

    async fn register(&self, _: &Customer, _: &BankDetails) -> Resolution {
        Resolution::Refused(Reason::RequestRejected, ProviderWords::default())
    }

    /// Reads the authorization, which proves that it is ours and still good, and learns by which
    /// names deposits on it can be looked up.
    async fn import(&self, _: &Customer, raw: &RawHandle) -> Resolution {
        let id = raw.reveal();
        if !is_transaction_id(id) {
            return Resolution::Refused(Reason::AccountInvalid, ProviderWords::default());
        }
        let reply = match self.get(&format!("/transactions/{id}"), REPLY_BYTES_MAX).await {
            Ok(reply) => reply,
            Err(no_reply) => return Resolution::Unknown(why_no_reply(no_reply)),
        };
        match Reply::parse(&reply.body) {
            Ok(Reply::Transaction(found)) if is_good(&reply, &found, id) => imported(*found),
            Ok(Reply::Errors(errors)) => import_refused(&errors),
            Ok(Reply::Transaction(_)) | Err(_) => Resolution::Unknown(why_no_answer(&reply)),
        }
    }
}

/// The authorization that an order is to be paid on. A deposit names no currency and moves that of
/// its authorization, so ours must be the same.
fn authorization_for(order: &Order, handle: &Handle) -> Result<Authorization, Unfit> {
    let Some(authorization) = Authorization::decode(handle) else {
        let why = "the stored handle cannot be read; import the destination again".to_owned();
        return Err(Unfit { field: "destination", why, kind: UnfitKind::NotPossible });
    };
    let ours = order.amount.currency().code();
    match authorization.currency.as_deref() {
        Some(theirs) if theirs != ours => Err(Unfit {
            field: "amount.currency_code",
            why: format!("must be {theirs}, the currency of the destination's authorization"),
            kind: UnfitKind::Invalid,
        }),
        Some(_) | None => Ok(authorization),
    }
}

fn imported(found: Transaction) -> Resolution {
    let words = words(None, None, Some(&found.transaction_id));
    if found.transaction_type != TransactionType::Authorize {
        return Resolution::Refused(Reason::AccountInvalid, words);
    }
    match found.status {
        Status::Authorized | Status::Completed => Resolution::Resolved(resolved(found)),
        Status::Other(_) => Resolution::Unknown(Reason::AnswerUnknown),
        _ => Resolution::Unusable(resolved(found), Reason::ReauthenticationRequired, words),
    }
}

fn resolved(found: Transaction) -> Resolved {
    let last_four = found.payment.account_last_four.as_deref().unwrap_or_default();
    let summary = Summary {
        masked: format!("*****{last_four}"),
        bank_name: found.payment.bank_name.as_deref().map(cut),
        country: None,
        // Whoever signs in to the bank holds the account.
        holder_verified: true,
    };
    let authorization = Authorization {
        transaction_id: found.transaction_id,
        reference: usable(found.payment.merchant_reference),
        customer: usable(found.payment.customer_external_id),
        currency: found.currency,
    };
    Resolved { handle: authorization.encode(), summary }
}

fn import_refused(errors: &ApiErrors) -> Resolution {
    match errors.class() {
        // An unknown transaction is answered with an invalid parameter. What has another reason not
        // to be shown may exist.
        Class::Refused => match specific(reason_of(errors), Reason::AccountInvalid) {
            Reason::AccountInvalid => {
                Resolution::Refused(Reason::AccountInvalid, error_words(errors))
            }
            reason => Resolution::Unknown(reason),
        },
        Class::Access => Resolution::NoAccess(Reason::AccessRefused, error_words(errors)),
        Class::Duplicate | Class::Doubtful => Resolution::Unknown(Reason::AnswerUnknown),
    }
}

/// Errors in answer to a deposit.
fn refusal(errors: &ApiErrors) -> Input {
    let refused = |kind, reason| What::Refused(Refusal { kind, reason });
    let what = match errors.class() {
        Class::Refused => {
            let reason = specific(reason_of(errors), Reason::RequestRejected);
            refused(RefusalKind::Circumstance, reason)
        }
        Class::Access => refused(RefusalKind::Access, Reason::AccessRefused),
        Class::Duplicate => refused(RefusalKind::Duplicate, Reason::DuplicateReported),
        Class::Doubtful => What::InDoubt(Reason::AnswerUnknown),
    };
    Input { words: error_words(errors), ..own(what) }
}

fn reason_of(errors: &ApiErrors) -> Option<Reason> {
    errors.as_slice().first().map(|error| code::look_up(error.code).reason)
}

fn error_words(errors: &ApiErrors) -> ProviderWords {
    let Some(first) = errors.as_slice().first() else { return ProviderWords::default() };
    // The text is left out: it may repeat what was sent.
    words(Some(&first.code.to_string()), Some(code::look_up(first.code).meaning), None)
}
