//! `Balance`: what the merchant has, by currency. Not to be asked more than every 15 minutes.

use std::time::Duration;

use serde_json::{Value, json};

use super::check::{Case, Check};
use super::codes::Code;
use super::fields::{is_object_if_given, only};
use super::methods::Work;
use super::payout_checks::CURRENCIES;

/// How often a question may be asked that Trustly answers from its books.
pub(super) const SPACING: Duration = Duration::from_secs(15 * 60);

pub(super) static CHECKS: [Check; 1] = [members];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    if is_too_early(work, work.state.eu.balance_asked_at) {
        return Err(Code::UNKNOWN);
    }
    work.state.eu.balance_asked_at = Some(work.now.since_start);
    let mut rows = Vec::new();
    for currency in CURRENCIES {
        let balance = work.state.eu.balance(currency).to_string();
        rows.push(json!({ "currency": currency, "balance": balance }));
    }
    work.state.rng.shuffle(&mut rows);
    Ok(rows.into())
}

/// Whether less time has passed than has to. How Trustly tells so is not documented.
pub(super) fn is_too_early(work: &Work<'_>, asked_at: Option<Duration>) -> bool {
    let Some(asked_at) = asked_at else { return false };
    let since = work.now.since_start.saturating_sub(asked_at);
    work.state.eu.contract.spacing_enforced && since < work.settings.clock.compress(SPACING)
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    let data = &case.call.data;
    let good = only(data, &["Username", "Password", "Attributes"])
        && is_object_if_given(data, "Attributes");
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}
