//! What a webhook of Trustly Americas means for a payout. It drives by type and status, never by
//! the event's name, of which several spellings are documented.

use payout::id::{ProviderReference, ReceiptId};
use payout::input::{Certainty, Input, Report, What};
use payout::port::{Acknowledgement, Inbound, Receipt, Rejection};
use payout::reason::Reason;
use payout::time::Timestamp;

use super::handle::is_transaction_id;
use super::provider::Americas;
use super::report::{negative_reason, reported};
use super::status::{Status, TransactionType};
use super::wire::webhook::{Webhook, WebhookError};
use crate::words::{cut, own, words};

/// Verifies and reads a webhook.
pub(super) fn receive(americas: &Americas, inbound: &Inbound) -> Result<Receipt, Rejection> {
    let authorization = inbound.authorization.as_ref().ok_or(Rejection::Forged)?;
    let verified = Webhook::verify(&americas.config.credentials, authorization, &inbound.body);
    let webhook = verified.map_err(rejection)?;
    let receipt = ReceiptId::parse(&webhook.event_id).map_err(|_| Rejection::Malformed)?;
    let error_code = || webhook.error_code.map(|code| code.to_string());
    let code = webhook.detail.status.clone().or_else(error_code);
    let occurred_at = webhook.created_at_ms.and_then(|millis| i64::try_from(millis).ok());
    let input = Input {
        words: words(
            code.as_deref(),
            webhook.detail.status_message.as_deref(),
            transaction_of(&webhook),
        ),
        occurred_at: occurred_at.map(Timestamp::from_millis),
        receipt: Some(receipt),
        ..own(what(&webhook))
    };
    Ok(Receipt {
        related: None,
        names: names(&webhook)?,
        input,
        link: None,
        may_concern_payouts: may_concern_payouts(&webhook),
        acknowledgement: Acknowledgement { content_type: "text/plain", body: b"OK".to_vec() },
        method: cut(webhook.event_type.as_deref().unwrap_or_default()),
    })
}

/// Nothing is done on a webhook's word before a GET has confirmed it. An old one passes its
/// signature for ever; and the key that signs it also signs what a customer's browser carries to
/// Trustly, names typed in by the customer included, so that a signature over the decoded members
/// of one can be made to fit the other.
fn what(webhook: &Webhook) -> What {
    if webhook.transaction_type != Some(TransactionType::Deposit) || !is_of_transaction(webhook) {
        return What::Remarked(Reason::Other);
    }
    match webhook.status.and_then(reported) {
        Some(status) => What::Reported(Report {
            status,
            reason: negative_reason(status, &webhook.detail),
            certainty: Certainty::Unconfirmed,
            amount: None,
            speed_achieved: None,
        }),
        None => What::Remarked(match webhook.status {
            Some(Status::PartiallyRefunded | Status::Refunded) => Reason::AmountDiffers,
            _ => Reason::Other,
        }),
    }
}

/// Trustly has one address for all webhooks of a merchant, those about money that customers pay in
/// and about authorizations included. What is not certainly one of them may concern a payout.
fn may_concern_payouts(webhook: &Webhook) -> bool {
    let Some(kind) = webhook.transaction_type else { return true };
    !is_of_transaction(webhook) || kind.may_concern_payouts()
}

/// The transaction that it is about. An id of something else, a dispute's perhaps, must not pass
/// for one: it would be asked for as if it were the payout's.
fn transaction_of(webhook: &Webhook) -> Option<&str> {
    let id = webhook.object_id.as_deref().filter(|id| is_transaction_id(id))?;
    is_of_transaction(webhook).then_some(id)
}

fn is_of_transaction(webhook: &Webhook) -> bool {
    webhook.object_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Transaction"))
}

/// What it is about: our own reference, or at least the transaction's id.
fn names(webhook: &Webhook) -> Result<ProviderReference, Rejection> {
    let name = match (&webhook.merchant_reference, &webhook.object_id) {
        (Some(reference), _) => reference,
        (None, Some(object)) => object,
        (None, None) => return Err(Rejection::Malformed),
    };
    ProviderReference::parse(name).map_err(|_| Rejection::Malformed)
}

fn rejection(error: WebhookError) -> Rejection {
    match error {
        WebhookError::Unsigned | WebhookError::UnknownAccessId | WebhookError::Signature(_) => {
            Rejection::Forged
        }
        WebhookError::TooLong | WebhookError::NotAForm | WebhookError::Field(_) => {
            Rejection::Malformed
        }
    }
}
