//! Destinations: requests that make, read or delete them, and what may be shown of them.

use api::v1;
use engine::{Contents, NewDestination};
use payout::destination::{Destination, DestinationState, Origin, Summary};
use payout::id::{Customer, DestinationId, Merchant};
use payout::order::{RawHandle, Target};
use payout::port::DestinationFilter;

use super::bank::bank_details;
use super::cause::cause;
use super::fields::Fields;
use super::page::Paging;
use super::time::timestamp;
use crate::status::Failure;

/// Longest masked account, in characters, as the API promises.
const MASKED_LENGTH_MAX: usize = 64;

/// Longest name of a bank, in characters, as the API promises.
const BANK_NAME_LENGTH_MAX: usize = 128;

/// The request of ListDestinations.
pub(crate) struct DestinationList {
    /// Which destinations.
    pub(crate) filter: DestinationFilter,
    /// Whether deleted ones are wanted too.
    pub(crate) include_deleted: bool,
    /// Which page.
    pub(crate) paging: Paging,
}

/// Reads the request of RegisterDestination.
pub(crate) fn register_destination(
    request: &v1::RegisterDestinationRequest,
) -> Result<NewDestination, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let customer = fields.customer(&request.customer);
    let details = bank_details(&mut fields, request.bank_details.as_ref());
    fields.finish(|| {
        let contents = Contents::BankAccount(details?);
        Some(NewDestination { merchant: merchant?, customer: customer?, contents })
    })
}

/// Reads the request of ImportDestination.
pub(crate) fn import_destination(
    request: &v1::ImportDestinationRequest,
) -> Result<NewDestination, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let customer = fields.customer(&request.customer);
    let handle = fields.parsed("provider_handle", RawHandle::parse(&request.provider_handle));
    fields.finish(|| {
        let contents = Contents::ProviderHandle(handle?);
        Some(NewDestination { merchant: merchant?, customer: customer?, contents })
    })
}

/// Reads the request of GetDestination.
pub(crate) fn get_destination(
    request: &v1::GetDestinationRequest,
) -> Result<(Merchant, DestinationId), Failure> {
    named(&request.merchant, &request.destination_id)
}

/// Reads the request of DeleteDestination.
pub(crate) fn delete_destination(
    request: &v1::DeleteDestinationRequest,
) -> Result<(Merchant, DestinationId), Failure> {
    named(&request.merchant, &request.destination_id)
}

fn named(merchant: &str, id: &str) -> Result<(Merchant, DestinationId), Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(merchant);
    let id = fields.destination_id(id);
    fields.finish(|| Some((merchant?, id?)))
}

/// Reads the request of ListDestinations.
pub(crate) fn destination_list(
    request: &v1::ListDestinationsRequest,
) -> Result<DestinationList, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let customer = fields.optional("customer", &request.customer, Customer::parse);
    let filters =
        v1::ListDestinationsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let v1::ListDestinationsRequest { page_size, page_token, include_deleted, .. } = request;
    let paging = Paging::read(&mut fields, "destinations", &filters, *page_size, page_token);
    fields.finish(|| {
        let filter = DestinationFilter { merchant: merchant?, customer };
        Some(DestinationList { filter, include_deleted: *include_deleted, paging: paging? })
    })
}

/// A destination as callers may see it.
pub(crate) fn destination(destination: &Destination) -> v1::Destination {
    v1::Destination {
        id: destination.id.to_string(),
        merchant: destination.merchant.to_string(),
        customer: destination.customer.to_string(),
        kind: kind(destination.origin).into(),
        state: state(destination.state).into(),
        summary: Some(summary(&destination.summary)),
        created_at: Some(timestamp(destination.created_at)),
        updated_at: Some(timestamp(destination.updated_at)),
        cause: destination.cause.as_ref().map(|(reason, words)| cause(*reason, words)),
    }
}

pub(super) fn state(state: DestinationState) -> v1::DestinationState {
    match state {
        DestinationState::Active => v1::DestinationState::Active,
        DestinationState::Deleted => v1::DestinationState::Deleted,
        DestinationState::Linking => v1::DestinationState::Linking,
        DestinationState::Abandoned => v1::DestinationState::Abandoned,
    }
}

/// The name of a state in the API, without the prefix that all of them share.
pub(crate) fn state_name(of: DestinationState) -> &'static str {
    let name = state(of).as_str_name();
    name.strip_prefix("DESTINATION_STATE_").unwrap_or(name)
}

fn kind(origin: Origin) -> v1::DestinationKind {
    match origin {
        Origin::Registered => v1::DestinationKind::BankDetails,
        Origin::Imported => v1::DestinationKind::ProviderHandle,
        Origin::Linked => v1::DestinationKind::Linked,
    }
}

fn summary(summary: &Summary) -> v1::DestinationSummary {
    v1::DestinationSummary {
        masked_account: clipped(&summary.masked, MASKED_LENGTH_MAX),
        bank_name: clipped(summary.bank_name.as_deref().unwrap_or(""), BANK_NAME_LENGTH_MAX),
        country_code: summary.country.map_or_else(String::new, |code| code.as_str().to_owned()),
        holder_verified: summary.holder_verified,
    }
}

/// Where a payout goes. What kind of destination a stored one is stands in its own record, which
/// is read by GetDestination and not with every payout.
pub(super) fn payout_destination(target: &Target) -> v1::PayoutDestination {
    let masked = |masked: &str| {
        let masked_account = clipped(masked, MASKED_LENGTH_MAX);
        Some(v1::DestinationSummary { masked_account, ..v1::DestinationSummary::default() })
    };
    match target {
        Target::Destination(id) => {
            v1::PayoutDestination { destination_id: id.to_string(), kind: 0, summary: None }
        }
        Target::BankAccount { masked: text } => v1::PayoutDestination {
            destination_id: String::new(),
            kind: v1::DestinationKind::BankDetails.into(),
            summary: masked(text),
        },
        Target::ProviderHandle { masked: text } => v1::PayoutDestination {
            destination_id: String::new(),
            kind: v1::DestinationKind::ProviderHandle.into(),
            summary: masked(text),
        },
    }
}

/// At most the first `length_max` characters: what a provider says may be longer than we promise.
pub(super) fn clipped(text: &str, length_max: usize) -> String {
    text.chars().take(length_max).collect()
}
