//! The request of StartDestinationLink.

use std::net::IpAddr;

use api::v1;
use payout::bank::Country;
use payout::id::IdempotencyKey;
use payout::link::{KnownHolder, LinkRequest, Locale};
use payout::order::StatementDescriptor;
use payout::personal::{AppUrl, PageUrl};
use payout::text::Invalid;

use super::bank;
use super::fields::Fields;
use super::party;
use crate::status::Failure;

/// Reads the request of StartDestinationLink.
pub(crate) fn link(request: &v1::StartDestinationLinkRequest) -> Result<LinkRequest, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let key = IdempotencyKey::parse(&request.idempotency_key);
    let idempotency_key = fields.parsed("idempotency_key", key);
    let customer = fields.customer(&request.customer);
    let return_url = fields.parsed("return_url", PageUrl::parse(&request.return_url));
    let cancel_url = fields.parsed("cancel_url", PageUrl::parse(&request.cancel_url));
    let app_url = fields.optional("app_url", &request.app_url, AppUrl::parse);
    let locale = fields.optional("locale", &request.locale, Locale::parse);
    let country = fields.optional("country_code", &request.country_code, Country::parse);
    let ip_address = fields.optional("ip_address", &request.ip_address, |text| {
        text.parse::<IpAddr>().map_err(|_| Invalid::new("must be one IPv4 or IPv6 address"))
    });
    let descriptor = &request.statement_descriptor;
    let statement_descriptor =
        fields.optional("statement_descriptor", descriptor, StatementDescriptor::parse);
    let holder = request.holder.as_ref().map(|given| bank::holder(&mut fields, "holder", given));
    let sub_merchant =
        request.sub_merchant.as_ref().map(|given| party::sub_merchant(&mut fields, given));
    fields.finish(|| {
        let holder = match holder {
            Some((holder, particulars)) => Some(KnownHolder { holder: holder?, particulars }),
            None => None,
        };
        Some(LinkRequest {
            merchant: merchant?,
            idempotency_key: idempotency_key?,
            customer: customer?,
            return_url: return_url?,
            cancel_url: cancel_url?,
            app_url,
            locale,
            country,
            holder,
            national_id_is_fixed: request.national_id_is_fixed,
            ip_address,
            statement_descriptor,
            sub_merchant: match sub_merchant {
                Some(given) => Some(given?),
                None => None,
            },
        })
    })
}
