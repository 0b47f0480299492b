//! Checks that all methods share which begin an order.

use reqwest::Url;

use super::check::{Case, is_id};
use super::codes::Code;
use super::fields::{Field, field};
use crate::config::is_loopback;

pub(super) fn end_user(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "EndUserID") {
        Field::Absent | Field::Null => Err(Code::ENDUSERID_IS_NULL),
        Field::Text(id) if is_id(id) => Ok(()),
        Field::Text(_) | Field::Other => Err(Code::MALFORMED_ENDUSERID),
    }
}

pub(super) fn message_id(case: &Case<'_>) -> Result<(), Code> {
    match field(&case.call.data, "MessageID") {
        Field::Absent | Field::Null => Err(Code::MESSAGEID_IS_NULL),
        Field::Text(id) if is_id(id) => Ok(()),
        Field::Text(_) | Field::Other => Err(Code::MALFORMED_MESSAGEID),
    }
}

/// A `MessageID` is used once an order has it; a refused request leaves it free.
pub(super) fn message_unused(case: &Case<'_>) -> Result<(), Code> {
    if case.book.has_message(case.call.reference()) && !case.duplicates_pass {
        return Err(Code::DUPLICATE_MESSAGE_ID);
    }
    Ok(())
}

/// https without a query; plain http for loopback hosts, which real Trustly would refuse.
pub(super) fn notification_url(case: &Case<'_>) -> Result<(), Code> {
    let Some(text) = case.call.text("NotificationURL") else {
        return Err(Code::MALFORMED_NOTIFICATIONURL);
    };
    let url = Url::parse(text).map_err(|_| Code::MALFORMED_NOTIFICATIONURL)?;
    match url.scheme() {
        "http" | "https" if text.contains('?') => Err(Code::MALFORMED_NOTIFICATIONURL),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err(Code::NOT_SECURE_NOTIFICATIONURL),
        _ => Err(Code::MALFORMED_NOTIFICATIONURL),
    }
}
