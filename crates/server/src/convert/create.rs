//! The request of CreatePayout.

use std::time::Duration;

use api::v1;
use engine::{CreateRequest, WaitUntil, Wish};
use payout::id::IdempotencyKey;
use payout::money::{Currency, Money};
use payout::order::{
    ExternalReference, Metadata, Order, RawHandle, RelatedOrderReference, Speed,
    StatementDescriptor, TargetRequest,
};

use super::bank::bank_details;
use super::fields::Fields;
use super::party::parties;
use super::time::parse_timestamp;
use crate::status::Failure;

/// Reads the request of a caller who waits at most `wait_max`.
pub(crate) fn create(
    request: v1::CreatePayoutRequest,
    wait_max: Duration,
) -> Result<CreateRequest, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let key = IdempotencyKey::parse(&request.idempotency_key);
    let idempotency_key = fields.parsed("idempotency_key", key);
    let customer = fields.customer(&request.customer);
    let amount = money(&mut fields, request.amount.as_ref());
    let target = target(&mut fields, request.destination.as_ref());
    let speed = speed(&mut fields, request.speed);
    let descriptor = &request.statement_descriptor;
    let statement_descriptor =
        fields.optional("statement_descriptor", descriptor, StatementDescriptor::parse);
    let reference = &request.external_reference;
    let external_reference =
        fields.optional("external_reference", reference, ExternalReference::parse);
    let related = &request.related_order_reference;
    let related_order_reference =
        fields.optional("related_order_reference", related, RelatedOrderReference::parse);
    let v1::CreatePayoutRequest { originator, sub_merchant, .. } = &request;
    let parties = parties(&mut fields, originator.as_ref(), sub_merchant.as_ref());
    let submit_before = match &request.submit_before {
        Some(time) => fields.parsed("submit_before", parse_timestamp(time)),
        None => None,
    };
    let metadata = Metadata::parse(request.metadata.into_iter().collect());
    let metadata = fields.parsed("metadata", metadata);
    let wait_until = wait_until(&mut fields, request.wait_until);
    fields.finish(|| {
        let target: TargetRequest = target?;
        let order = Order {
            merchant: merchant?,
            idempotency_key: idempotency_key?,
            customer: customer?,
            amount: amount?,
            target: target.target(),
            speed: speed?,
            statement_descriptor,
            external_reference,
            related_order_reference,
            submit_before,
            metadata: metadata?,
        };
        let wish = Box::new(Wish { order, target, parties: parties? });
        Some(CreateRequest { wish, wait_until: wait_until?, wait_max })
    })
}

fn money(fields: &mut Fields, money: Option<&v1::Money>) -> Option<Money> {
    let Some(v1::Money { currency_code, minor_units }) = money else {
        fields.wrong("amount", "is required");
        return None;
    };
    match fields.parsed("amount.currency_code", Currency::parse(currency_code)) {
        Some(currency) => fields.parsed("amount.minor_units", Money::new(*minor_units, currency)),
        // What can be said of the amount without its currency is said at once.
        None if *minor_units <= 0 => {
            fields.wrong("amount.minor_units", "must be above zero");
            None
        }
        None => None,
    }
}

fn target(
    fields: &mut Fields,
    destination: Option<&v1::create_payout_request::Destination>,
) -> Option<TargetRequest> {
    use v1::create_payout_request::Destination;
    match destination {
        Some(Destination::DestinationId(id)) => {
            Some(TargetRequest::Destination(fields.destination_id(id)?))
        }
        Some(Destination::BankDetails(details)) => {
            Some(TargetRequest::BankAccount(bank_details(fields, Some(details))?))
        }
        Some(Destination::ProviderHandle(handle)) => {
            let handle = fields.parsed("provider_handle", RawHandle::parse(handle))?;
            Some(TargetRequest::ProviderHandle(handle))
        }
        None => {
            let advice = "is required: give destination_id, bank_details or provider_handle";
            fields.wrong("destination", advice);
            None
        }
    }
}

fn speed(fields: &mut Fields, speed: i32) -> Option<Speed> {
    match v1::Speed::try_from(speed) {
        Ok(v1::Speed::Unspecified | v1::Speed::Standard) => Some(Speed::Standard),
        Ok(v1::Speed::Instant) => Some(Speed::Instant),
        Err(_) => {
            fields.wrong("speed", "is not a speed known here; see DescribeProvider");
            None
        }
    }
}

fn wait_until(fields: &mut Fields, wait_until: i32) -> Option<WaitUntil> {
    match v1::WaitUntil::try_from(wait_until) {
        Ok(v1::WaitUntil::Unspecified | v1::WaitUntil::Submitted) => Some(WaitUntil::Submitted),
        Ok(v1::WaitUntil::Recorded) => Some(WaitUntil::Recorded),
        Ok(v1::WaitUntil::Outcome) => Some(WaitUntil::Outcome),
        Err(_) => {
            fields.wrong("wait_until", "is not known here; leave it out to wait until submitted");
            None
        }
    }
}
