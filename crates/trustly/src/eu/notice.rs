//! What a notification of Trustly Europe means for a payout.

use payout::id::{DestinationId, PayoutId, ProviderReference, ReceiptId};
use payout::identity::Addressee;
use payout::input::{Certainty, Input, Report, Reported, What};
use payout::port::{Acknowledgement, Inbound, Receipt, Rejection};
use payout::reason::Reason;
use payout::time::Timestamp;

use super::link;
use super::provider::{Europe, addressee, money_of};
use super::signature::SignatureError;
use super::wire::Unverified;
use super::wire::notification::{Method, Notification, UnverifiedNotification};
use crate::words::{cut, own, words};

/// The one reason for a failure that Trustly documents.
const INCORRECT_ACCOUNT: &str = "incorrect_account_number";

/// Verifies and reads a notification. Its address must carry our mac and its body Trustly's
/// signature; both must name the same payout, unless it belongs to an order made before: the engine
/// knows whether it does.
pub(super) fn receive(europe: &Europe, inbound: &Inbound) -> Result<Receipt, Rejection> {
    let addressee = addressee(&europe.keys, &inbound.path).ok_or(Rejection::Forged)?;
    let parsed = UnverifiedNotification::parse(&inbound.body);
    let parsed = parsed.map_err(|_| Rejection::Malformed)?;
    let notification = match parsed.verify(&europe.config.trustly_keys) {
        Ok(notification) => notification,
        Err(Unverified::Unreadable) => return Err(Rejection::Malformed),
        Err(Unverified::Signature(SignatureError::UnknownAlgorithm)) => {
            return Err(Rejection::Unverifiable);
        }
        Err(Unverified::Unsigned | Unverified::Signature(_) | Unverified::OtherRequest) => {
            return Err(Rejection::Forged);
        }
    };
    let payout = match addressee {
        Addressee::Payout(payout) => payout,
        Addressee::Destination(id) => return receive_link(europe, &id, &notification),
    };
    let related = match &notification.message_id {
        Some(id) if id == payout.as_str() => None,
        // A genuine notification of one payout that somebody sends to another's address.
        Some(id) if PayoutId::parse(id).is_ok() => return Err(Rejection::Forged),
        Some(id) => Some(ProviderReference::parse(id).map_err(|_| Rejection::Forged)?),
        None if moves_money(&notification.method) => return Err(Rejection::Malformed),
        None => None,
    };
    europe.novelties.note(&notification);
    let input = input(&notification);
    let acknowledgement = acknowledgement(europe, &notification)?;
    let names = ProviderReference::parse(payout.as_str());
    Ok(Receipt {
        names: names.expect("a payout's id has the shape of a reference"),
        related,
        input,
        link: None,
        // The address with our mac in it was given out with a payout.
        may_concern_payouts: true,
        acknowledgement,
        method: name(&notification.method),
    })
}

/// What a notification says of a destination that is being linked. It must name it: otherwise it is
/// a genuine one that somebody sends to another's address.
fn receive_link(
    europe: &Europe,
    id: &DestinationId,
    notification: &Notification,
) -> Result<Receipt, Rejection> {
    match &notification.message_id {
        Some(named) if named == id.as_str() => {}
        Some(_) => return Err(Rejection::Forged),
        None => return Err(Rejection::Malformed),
    }
    europe.novelties.note(notification);
    let news = link::news(notification).map_err(|_| Rejection::Malformed)?;
    let names = ProviderReference::parse(id.as_str());
    Ok(Receipt {
        names: names.expect("a destination's id has the shape of a reference"),
        related: None,
        input: input(notification),
        link: Some(news),
        may_concern_payouts: false,
        acknowledgement: acknowledgement(europe, notification)?,
        method: name(&notification.method),
    })
}

fn acknowledgement(
    europe: &Europe,
    notification: &Notification,
) -> Result<Acknowledgement, Rejection> {
    let body = notification.acknowledgement(&europe.config.key, europe.config.algorithm);
    let body = body.map_err(|_| Rejection::Malformed)?;
    Ok(Acknowledgement { content_type: "application/json", body })
}

/// Whether a notification of this kind may be acted on. Trustly names the payout in each of them.
fn moves_money(method: &Method) -> bool {
    match method {
        Method::Credit | Method::Cancel | Method::PayoutConfirmation => true,
        Method::PayoutFailed
        | Method::Account
        | Method::Pending
        | Method::Debit
        | Method::Kyc
        | Method::Unknown(_) => false,
    }
}

fn input(notification: &Notification) -> Input {
    let (code, text) = match &notification.method {
        Method::PayoutFailed => failure(notification),
        method => (Some(name(method)), None),
    };
    Input {
        words: words(code.as_deref(), text, notification.order_id.as_deref()),
        occurred_at: notification.occurred_at_ms.map(Timestamp::from_millis),
        receipt: Some(receipt_id(notification)),
        ..own(what(notification))
    }
}

/// The code of a failure with what it means in our words. Trustly's own text may repeat the account
/// number that was sent, and is in the sealed evidence only.
fn failure(notification: &Notification) -> (Option<String>, Option<&'static str>) {
    let code = notification.failure().ok().and_then(|failure| failure.code);
    let text = match code.as_deref() {
        Some(INCORRECT_ACCOUNT) => "the account number is not correct",
        _ => "the provider gave no reason that is known here",
    };
    (code.filter(|code| is_symbol(code)), Some(text))
}

/// The notification's method; one that is not known is named only if it can be nothing else.
fn name(method: &Method) -> String {
    match method.name() {
        name if is_symbol(name) => cut(name),
        _ => "unknown".to_owned(),
    }
}

/// Whether a text can be one of Trustly's symbolic names: no account number and no full name is.
pub(super) fn is_symbol(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn what(notification: &Notification) -> What {
    let report = |status, amount, reason| {
        let certainty = Certainty::Certain;
        What::Reported(Report { status, reason, certainty, amount, speed_achieved: None })
    };
    match &notification.method {
        Method::Credit => report(Reported::Failed, Some(money_of(notification)), None),
        Method::Cancel => report(Reported::Canceled, None, Some(Reason::ProviderAborted)),
        Method::PayoutConfirmation => {
            report(Reported::Completed, Some(money_of(notification)), None)
        }
        // The credit or cancel that gives the money back comes by itself. Until then nothing is
        // presumed to be paid, and if it never comes, people have to look.
        Method::PayoutFailed => What::Reported(Report {
            status: Reported::Failed,
            reason: Some(failed_because(notification)),
            certainty: Certainty::Unconfirmed,
            amount: None,
            speed_achieved: None,
        }),
        Method::Account | Method::Pending | Method::Debit | Method::Kyc | Method::Unknown(_) => {
            What::Remarked(Reason::Other)
        }
    }
}

fn failed_because(notification: &Notification) -> Reason {
    match notification.failure() {
        Ok(failure) if failure.code.as_deref() == Some(INCORRECT_ACCOUNT) => Reason::AccountInvalid,
        _ => Reason::Other,
    }
}

/// Trustly's id of the notification. Where there is none that can be kept, the UUID serves, which
/// at worst lets a repeat be recorded again.
fn receipt_id(notification: &Notification) -> ReceiptId {
    let given = notification.notification_id.as_deref().and_then(|id| ReceiptId::parse(id).ok());
    match given {
        Some(id) => id,
        None => ReceiptId::parse(&format!("uuid:{}", notification.uuid.as_str()))
            .expect("a uuid has the shape of a receipt's id"),
    }
}
