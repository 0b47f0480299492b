//! What a webhook of Trustly Americas means for a payout. It drives by type and status, never by
//! the event's name, of which several spellings are documented.

use payout::id::{ProviderReference, ReceiptId};
use payout::input::{Certainty, Input, Report, What};
use payout::port::{Acknowledgement, Inbound, Receipt, Rejection};
use payout::reason::Reason;
use payout::time::Timestamp;

use super::provider::Americas;
use super::report::{negative_reason, reported};
use super::status::TransactionType;
use super::wire::webhook::{Webhook, WebhookError};
use crate::words::{own, words};

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
            webhook.object_id.as_deref(),
        ),
        occurred_at: occurred_at.map(Timestamp::from_millis),
        receipt: Some(receipt),
        ..own(what(&webhook))
    };
    Ok(Receipt {
        names: names(&webhook)?,
        input,
        acknowledgement: Acknowledgement { content_type: "text/plain", body: b"OK".to_vec() },
        method: webhook.event_type.clone().unwrap_or_default(),
    })
}

/// Money is given back on a bad word only after a GET has confirmed it: a webhook carries no time
/// of its own and an old one passes its signature for ever.
fn what(webhook: &Webhook) -> What {
    let status = webhook.status.and_then(reported);
    match (webhook.transaction_type, status) {
        (Some(TransactionType::Deposit), Some(status)) => What::Reported(Report {
            status,
            reason: negative_reason(status, &webhook.detail),
            certainty: match status.is_negative() {
                true => Certainty::Unconfirmed,
                false => Certainty::Certain,
            },
            amount: None,
            speed_achieved: None,
        }),
        _ => What::Remarked(Reason::Other),
    }
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
