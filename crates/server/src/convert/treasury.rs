//! What is asked and told about a merchant's money: funds, settlement reports, single orders.

use api::v1;
use engine::{Investigation, SettlementCheck};
use payout::day::Day;
use payout::id::{Merchant, PayoutId, ProviderReference};
use payout::money::Currency;
use payout::port::BreakFilter;
use payout::reconcile::{BreakKind, SettlementBreak};
use payout::treasury::{Funds, Label, Signed, Transfer};

use super::fields::Fields;
use super::page::Paging;
use super::payout::payout;
use super::time::timestamp;
use crate::status::Failure;

/// Transfers of one order that are shown, as the API promises.
const TRANSFERS_MAX: usize = 100;

/// The request of ListSettlementBreaks.
pub(crate) struct BreakList {
    /// Whose breaks, and which.
    pub(crate) filter: BreakFilter,
    /// Which page.
    pub(crate) paging: Paging,
}

/// The request of CheckSettlement.
pub(crate) struct Check {
    /// Whose reports.
    pub(crate) merchant: Merchant,
    /// Of which date.
    pub(crate) day: Day,
    /// In which currency; in all that are configured, if absent.
    pub(crate) currency: Option<Currency>,
}

/// Reads the request of ListSettlementBreaks.
pub(crate) fn break_list(request: &v1::ListSettlementBreaksRequest) -> Result<BreakList, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let v1::ListSettlementBreaksRequest { page_size, page_token, include_closed, .. } = request;
    let filters = v1::ListSettlementBreaksRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    let paging = Paging::read(&mut fields, "breaks", &filters, *page_size, page_token);
    fields.finish(|| {
        let filter = BreakFilter { merchant: merchant?, with_closed: *include_closed };
        Some(BreakList { filter, paging: paging? })
    })
}

/// Reads the request of CheckSettlement. A report of days to come is none yet.
pub(crate) fn check(request: &v1::CheckSettlementRequest, today: Day) -> Result<Check, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let day = fields.parsed("settlement_date", Day::parse(&request.settlement_date));
    if day.is_some_and(|day| day > today) {
        fields.wrong("settlement_date", "must not be after today (UTC)");
    }
    let currency = fields.optional("currency_code", &request.currency_code, Currency::parse);
    fields.finish(|| Some(Check { merchant: merchant?, day: day?, currency }))
}

/// Reads the request of InvestigatePayout.
pub(crate) fn investigate(
    request: &v1::InvestigatePayoutRequest,
) -> Result<(Merchant, PayoutId), Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let id = fields.payout_id("payout_id", &request.payout_id);
    fields.finish(|| Some((merchant?, id?)))
}

/// A merchant's funds.
pub(crate) fn funds(funds: &Funds) -> v1::GetBalanceResponse {
    let mut amounts = funds.amounts.clone();
    amounts.sort_by_key(|amount| amount.currency);
    let balances = amounts.into_iter().map(signed).collect();
    v1::GetBalanceResponse { balances, as_of: Some(timestamp(funds.as_of)) }
}

/// What one report came to.
pub(crate) fn settlement_check(check: &SettlementCheck) -> v1::SettlementCheck {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    v1::SettlementCheck {
        settlement_date: check.report.day.to_string(),
        currency_code: check.report.currency.code().to_owned(),
        row_count: count(check.rows),
        matched_count: count(check.matched),
        break_count: count(check.breaks),
        closed_count: count(check.closed),
    }
}

/// What does not fit.
pub(crate) fn settlement_break(found: &SettlementBreak) -> v1::SettlementBreak {
    let currency = found.report.currency;
    let money = |minor_units| signed(Signed { minor_units, currency });
    let reference = text(Some(&found.reference));
    let payout_id = match found.kind {
        BreakKind::UnknownHere => String::new(),
        BreakKind::Missing | BreakKind::AmountDiffers | BreakKind::DebitedInDoubt => {
            // What several payouts have in common is the id of none.
            PayoutId::parse(&reference).map_or_else(|_| String::new(), |id| id.to_string())
        }
    };
    v1::SettlementBreak {
        merchant: found.merchant.to_string(),
        settlement_date: found.report.day.to_string(),
        reference,
        kind: match found.kind {
            BreakKind::UnknownHere => v1::SettlementBreakKind::UnknownHere.into(),
            BreakKind::Missing => v1::SettlementBreakKind::Missing.into(),
            BreakKind::AmountDiffers => v1::SettlementBreakKind::AmountDiffers.into(),
            BreakKind::DebitedInDoubt => v1::SettlementBreakKind::DebitedInDoubt.into(),
        },
        reported_amount: found.reported.map(money),
        expected_amount: found.expected.map(money),
        payout_id,
        order_reference: text(found.order_id.as_ref()),
        settlement_reference: text(found.settlement_reference.as_ref()),
        found_at: Some(timestamp(found.found_at)),
        closed_at: found.closed_at.map(timestamp),
    }
}

/// What the provider says about one payout.
pub(crate) fn investigation(found: &Investigation) -> v1::InvestigatePayoutResponse {
    let order_id = found.order_id.as_ref();
    v1::InvestigatePayoutResponse {
        payout: Some(payout(&found.payout)),
        order_reference: order_id.map_or_else(String::new, ProviderReference::to_string),
        order_from_ledger: found.from_ledger,
        transfers: found.transfers.iter().take(TRANSFERS_MAX).map(transfer).collect(),
        as_of: Some(timestamp(found.as_of)),
    }
}

fn transfer(transfer: &Transfer) -> v1::ProviderTransfer {
    v1::ProviderTransfer {
        order_reference: text(Some(&transfer.order_id)),
        provider_state: text(Some(&transfer.state)),
        amount: Some(signed(transfer.amount)),
        modified_at: transfer.modified_at.map(timestamp),
    }
}

fn signed(amount: Signed) -> v1::Money {
    v1::Money { currency_code: amount.currency.code().to_owned(), minor_units: amount.minor_units }
}

fn text(label: Option<&Label>) -> String {
    label.map_or_else(String::new, |label| label.as_str().to_owned())
}
