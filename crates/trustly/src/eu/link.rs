//! Letting a customer choose an account with Trustly Europe (SelectAccount), and what a
//! notification says about that.

use std::net::IpAddr;

use payout::bank::{Country, Holder, Particulars};
use payout::destination::Summary;
use payout::id::{DestinationId, ProviderReference};
use payout::identity::request_uuid;
use payout::link::{KnownHolder, LinkRequest, Locale};
use payout::personal::{DateOfBirth, Email, MobilePhone, NationalId, Personal};
use payout::port::{LinkNews, LinkStart, Resolved, Unfit, UnfitKind};
use payout::reason::Reason;
use zeroize::Zeroizing;

use super::answer::{self, reason_of, words_of};
use super::clearing_house;
use super::code::{self, Class};
use super::profile;
use super::provider::{Europe, Outcome, handle_of, not_possible};
use super::uuid::Uuid;
use super::wire::notification::{Account, Method, Notification};
use super::wire::reply::{Data, Reply};
use super::wire::request::{self, SelectAccount};
use crate::field::FieldError;
use crate::words::cut;

const SELECT_ACCOUNT: &str = "SelectAccount";

/// Longest address of Trustly's pages that is handed on; samples have 130 characters.
const URL_LENGTH_MAX: usize = 2048;

/// Characters of an account number that are shown.
const VISIBLE: usize = 4;

/// The language, the country and the person are mandatory on Trustly's pages.
pub(super) fn check(request: &LinkRequest) -> Result<(), Unfit> {
    let missing = |field| Unfit {
        field,
        why: "is required in this region".to_owned(),
        kind: UnfitKind::Invalid,
    };
    let Some(country) = request.country else { return Err(missing("country_code")) };
    if !clearing_house::countries().any(|known| known == country.as_str()) {
        let why = "is not a country whose accounts can be paid in this region".to_owned();
        return Err(not_possible("country_code", why));
    }
    if request.locale.is_none() {
        return Err(missing("locale"));
    }
    let Some(known) = &request.holder else { return Err(missing("holder.person")) };
    if let Holder::Organisation { .. } = known.holder {
        let why = "only a person can choose an account in this region".to_owned();
        return Err(not_possible("holder.organisation_name", why));
    }
    let fixable = country.as_str() == "SE" && known.particulars.national_id.is_some();
    if request.national_id_is_fixed && !fixable {
        let why = "needs holder.national_id, and SE as country_code".to_owned();
        return Err(not_possible("national_id_is_fixed", why));
    }
    Ok(())
}

pub(super) async fn start(europe: &Europe, id: &DestinationId, request: &LinkRequest) -> LinkStart {
    let uuid = Uuid::parse(&request_uuid(id, SELECT_ACCOUNT, 1));
    let uuid = uuid.expect("a derived uuid has the shape of one");
    let Some(body) = body(europe, id, request, &uuid) else {
        return LinkStart::Unknown(Reason::Other);
    };
    let (outcome, _) = europe.call(SELECT_ACCOUNT, &uuid, &body).await;
    let code = match outcome {
        Outcome::NotSent => return LinkStart::Unknown(Reason::ConnectionFailed),
        Outcome::Doubtful(reason, untrusted) => {
            return match answer::no_access_unverified(untrusted) {
                Some((reason, words)) => LinkStart::NoAccess(reason, words),
                None => LinkStart::Unknown(reason),
            };
        }
        Outcome::Verified(Reply::Result(data)) => return started(europe, &data),
        Outcome::Verified(Reply::Error { code, .. }) => code,
    };
    match code::look_up(code).class {
        Class::Content | Class::Blocked => LinkStart::Refused(reason_of(code), words_of(code)),
        Class::Access => {
            let (reason, words) = answer::no_access(code);
            LinkStart::NoAccess(reason, words)
        }
        // It was started before, by another call perhaps that is about to learn where it goes.
        Class::Duplicate => LinkStart::Unknown(Reason::DuplicateReported),
        Class::Doubtful => LinkStart::Unknown(Reason::AnswerUnknown),
    }
}

/// None if the request is not one that [`check`] lets pass.
fn body(
    europe: &Europe,
    id: &DestinationId,
    request: &LinkRequest,
    uuid: &Uuid,
) -> Option<Zeroizing<Vec<u8>>> {
    let KnownHolder { holder, particulars } = request.holder.as_ref()?;
    let Holder::Person { first_name, last_name } = holder else { return None };
    let Particulars { date_of_birth, mobile_phone, email, national_id, .. } = &**particulars;
    let notification_url = europe.notification_url(id);
    let ip = request.ip_address.as_ref().map(IpAddr::to_string);
    let call = request::Call::SelectAccount(SelectAccount {
        end_user_id: request.customer.as_str(),
        message_id: id.as_str(),
        notification_url: &notification_url,
        country: request.country.as_ref().map(Country::as_str)?,
        locale: request.locale.as_ref().map(Locale::as_str)?,
        first_name: first_name.reveal(),
        last_name: last_name.reveal(),
        success_url: request.return_url.reveal(),
        fail_url: request.cancel_url.reveal(),
        email: email.as_ref().map(Email::reveal),
        ip: ip.as_deref(),
        mobile_phone: mobile_phone.as_ref().map(MobilePhone::reveal),
        national_id: national_id.as_ref().map(NationalId::reveal),
        national_id_is_fixed: request.national_id_is_fixed,
        date_of_birth: date_of_birth.as_ref().map(DateOfBirth::reveal),
        shopper_statement: europe.statement(request.statement_descriptor.as_ref()),
        return_to_app_url: request.app_url.as_ref().map(Personal::reveal),
        sub_merchant: request.sub_merchant.as_ref().map(profile::sub_merchant),
    });
    europe.request(&call, uuid).ok()
}

/// The customer is only sent to an address as secure as our own way to Trustly.
fn started(europe: &Europe, data: &Data) -> LinkStart {
    let Ok(selection) = data.selection() else {
        return LinkStart::Unknown(Reason::AnswerUntrusted);
    };
    let scheme = if europe.config.url.starts_with("https:") { "https://" } else { "http" };
    let fits = selection.url.starts_with(scheme)
        && selection.url.len() <= URL_LENGTH_MAX
        && selection.url.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    match fits {
        true => LinkStart::Started {
            url: Zeroizing::new(selection.url),
            reference: ProviderReference::parse(&selection.order_id).ok(),
        },
        false => LinkStart::Unknown(Reason::AnswerUntrusted),
    }
}

/// What a verified notification says of a destination that is being linked.
pub(super) fn news(notification: &Notification) -> Result<LinkNews, FieldError> {
    match &notification.method {
        Method::Account => {
            let account = notification.account()?;
            let handle = handle_of(&account.account_id);
            let handle = handle.ok_or(FieldError::Malformed("accountid"))?;
            Ok(LinkNews::Chosen(Resolved { handle, summary: summary(&account) }))
        }
        Method::Cancel => Ok(LinkNews::Abandoned(Reason::ProviderAborted)),
        Method::Credit
        | Method::PayoutConfirmation
        | Method::PayoutFailed
        | Method::Pending
        | Method::Debit
        | Method::Kyc
        | Method::Unknown(_) => Ok(LinkNews::Remarked),
    }
}

/// Trustly masks the number itself; the last characters of it are enough to know an account by.
fn summary(account: &Account) -> Summary {
    let shown = account.descriptor.as_deref().or(account.last_digits.as_deref());
    let shown = shown.unwrap_or_default();
    let hidden = shown.chars().count().saturating_sub(VISIBLE);
    let visible: String = shown.chars().skip(hidden).filter(char::is_ascii_alphanumeric).collect();
    let house = account.clearing_house.as_deref().and_then(clearing_house::country_of);
    Summary {
        masked: format!("*****{visible}"),
        bank_name: account.bank.as_deref().map(cut),
        country: house.and_then(|code| Country::parse(code).ok()),
        holder_verified: account.verified == Some(true),
    }
}
