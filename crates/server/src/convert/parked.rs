//! Parked notifications as operators see them.

use api::v1;
use payout::id::{Merchant, ReceiptId};
use payout::port::ParkedNotification;

use super::destination::clipped;
use super::fields::Fields;
use super::page::Paging;
use super::time::timestamp;
use crate::status::Failure;

/// Longest name of a sort of notification, in characters, as the API promises.
const PROVIDER_KIND_LENGTH_MAX: usize = 64;

/// Reads the request of ListParkedNotifications.
pub(crate) fn parked_list(
    request: &v1::ListParkedNotificationsRequest,
) -> Result<(Merchant, Paging), Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let v1::ListParkedNotificationsRequest { page_size, page_token, .. } = request;
    let filters = v1::ListParkedNotificationsRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    let paging = Paging::read(&mut fields, "parked", &filters, *page_size, page_token);
    fields.finish(|| Some((merchant?, paging?)))
}

/// A parked notification, without its contents.
pub(crate) fn parked_notification(parked: &ParkedNotification) -> v1::ParkedNotification {
    let receipt = parked.input.receipt.as_ref();
    v1::ParkedNotification {
        id: receipt.map_or_else(String::new, ReceiptId::to_string),
        merchant: parked.merchant.to_string(),
        payout_id: parked.names.to_string(),
        provider_kind: clipped(&parked.method, PROVIDER_KIND_LENGTH_MAX),
        received_at: Some(timestamp(parked.received_at)),
    }
}
