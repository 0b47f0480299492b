//! What a notification of Trustly Europe means for a payout.

use payout::id::{PayoutId, ProviderReference, ReceiptId};
use payout::input::{Certainty, Input, Report, Reported, What};
use payout::port::{Acknowledgement, Inbound, Receipt, Rejection};
use payout::reason::Reason;
use payout::time::Timestamp;

use super::provider::{Europe, money_of, payout_of};
use super::signature::SignatureError;
use super::wire::Unverified;
use super::wire::notification::{Method, Notification, UnverifiedNotification};
use crate::words::{cut, own, words};

/// Verifies and reads a notification. Its address must carry our mac and its body Trustly's
/// signature; both must name the same payout, unless it belongs to an order made before: the engine
/// knows whether it does.
pub(super) fn receive(europe: &Europe, inbound: &Inbound) -> Result<Receipt, Rejection> {
    let payout = payout_of(&europe.keys, &inbound.path).ok_or(Rejection::Forged)?;
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
    let related = match &notification.message_id {
        Some(id) if id == payout.as_str() => None,
        // A genuine notification of one payout that somebody sends to another's address.
        Some(id) if PayoutId::parse(id).is_ok() => return Err(Rejection::Forged),
        Some(id) => Some(ProviderReference::parse(id).map_err(|_| Rejection::Forged)?),
        None if moves_money(&notification.method) => return Err(Rejection::Malformed),
        None => None,
    };
    let input = input(&notification);
    let body = notification.acknowledgement(&europe.config.key, europe.config.algorithm);
    let body = body.map_err(|_| Rejection::Malformed)?;
    let names = ProviderReference::parse(payout.as_str());
    Ok(Receipt {
        names: names.expect("a payout's id has the shape of a reference"),
        related,
        input,
        // The address with our mac in it was given out with a payout.
        may_concern_payouts: true,
        acknowledgement: Acknowledgement { content_type: "application/json", body },
        method: cut(notification.method.name()),
    })
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
    let failure = match notification.method {
        Method::PayoutFailed => notification.failure().ok(),
        _ => None,
    };
    let (code, text) = match &failure {
        Some(failure) => (failure.code.as_deref(), failure.message.as_deref()),
        None => (Some(notification.method.name()), None),
    };
    Input {
        words: words(code, text, notification.order_id.as_deref()),
        occurred_at: notification.occurred_at_ms.map(Timestamp::from_millis),
        receipt: Some(receipt_id(notification)),
        ..own(what(notification))
    }
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
        // The credit or cancel that gives the money back comes by itself.
        Method::PayoutFailed => What::Remarked(failed_because(notification)),
        Method::Account | Method::Pending | Method::Debit | Method::Kyc | Method::Unknown(_) => {
            What::Remarked(Reason::Other)
        }
    }
}

fn failed_because(notification: &Notification) -> Reason {
    match notification.failure() {
        Ok(failure) if failure.code.as_deref() == Some("incorrect_account_number") => {
            Reason::AccountInvalid
        }
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
