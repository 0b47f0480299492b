//! Comparing a settlement report with the payouts here. A row proves that the merchant's account
//! was debited, and not that the customer has the money; so nothing here moves a payout, and what
//! does not fit is a break for people.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;

use crate::attempt::AttemptStatus;
use crate::id::Merchant;
use crate::record::Payout;
use crate::state::State;
use crate::time::Timestamp;
use crate::treasury::{Label, ReportOf, ReportRow, RowKind};

/// How far apart the provider's booking and our learning of it may lie: a payout so near to
/// midnight may be in the report of the day before.
pub const EDGE: Duration = Duration::from_secs(15 * 60);

/// Something that does not fit between a settlement report and the payouts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementBreak {
    /// Whose report.
    pub merchant: Merchant,
    /// Which report showed it.
    pub report: ReportOf,
    /// What it is about: a payout's id or what else the report names an order by. With merchant
    /// and report it identifies the break.
    pub reference: Label,
    /// What does not fit.
    pub kind: BreakKind,
    /// What the rows of the report come to, in minor units; below zero is money out. None, if
    /// there are none.
    pub reported: Option<i64>,
    /// What they should come to by what is known here; none, if nothing is.
    pub expected: Option<i64>,
    /// The provider's id of the order.
    pub order_id: Option<Label>,
    /// What the bank statement says of the settlement.
    pub settlement_reference: Option<Label>,
    /// When it was found first.
    pub found_at: Timestamp,
    /// When it was found to be gone.
    pub closed_at: Option<Timestamp>,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakKind {
    /// The report has a payout that is not known here.
    UnknownHere,
    /// A payout that the provider accepted is not in the report.
    Missing,
    /// The report moved another amount than what is known here.
    AmountDiffers,
}

/// What the rows of one order come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netted {
    /// The sum, in minor units.
    pub minor_units: i64,
    /// The provider's id of the order, by its first row.
    pub order_id: Option<Label>,
    /// What the bank statement says of the settlement.
    pub settlement_reference: Option<Label>,
}

/// Rows that cannot be added up: no report is so large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the rows of one order add up to more than an amount can be")]
pub struct TooMuch;

/// Adds up the rows by what they name their order, without fees and without what is no payout.
/// `is_ours` says whether a name is one that we give: such rows count whatever they are called.
pub fn net(
    rows: &[ReportRow],
    is_ours: impl Fn(&Label) -> bool,
) -> Result<BTreeMap<Label, Netted>, TooMuch> {
    let mut orders: BTreeMap<Label, Netted> = BTreeMap::new();
    for row in rows {
        let named = row.message_id.as_ref();
        let counts = match row.kind {
            RowKind::Payout => true,
            RowKind::Fee => false,
            RowKind::Other => named.is_some_and(&is_ours),
        };
        if !counts {
            continue;
        }
        let reference = named.or(row.order_id.as_ref()).cloned().unwrap_or_else(unnamed);
        let order = orders.entry(reference).or_insert_with(|| Netted {
            minor_units: 0,
            order_id: row.order_id.clone(),
            settlement_reference: row.settlement_reference.clone(),
        });
        let sum = order.minor_units.checked_add(row.amount.minor_units);
        order.minor_units = sum.ok_or(TooMuch)?;
    }
    Ok(orders)
}

/// Rows without any name are one break together.
fn unnamed() -> Label {
    Label::parse("(no reference)").expect("this is a label")
}

/// What the rows of a payout should come to, if they do not: a debit, where the provider accepted
/// it; where it came back, its debit, its credit, or both may be in the report.
pub fn differs(payout: &Payout, report: ReportOf, minor_units: i64) -> Option<i64> {
    let amount = payout.order.amount;
    if amount.currency() != report.currency {
        return Some(0);
    }
    let debit = -amount.minor_units();
    let (expected, fits) = match payout.state {
        State::Submitting
        | State::Indeterminate { .. }
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. } => (debit, minor_units == debit),
        State::Returned { .. } => (0, [debit, 0, -debit].contains(&minor_units)),
        State::Failed { .. } | State::Canceled { .. } if was_taken(payout) => {
            (0, [debit, 0, -debit].contains(&minor_units))
        }
        State::Pending { .. } | State::Failed { .. } | State::Canceled { .. } => {
            (0, minor_units == 0)
        }
    };
    if fits { None } else { Some(expected) }
}

/// Whether the provider had the payout before it ended, so that it may have been debited.
fn was_taken(payout: &Payout) -> bool {
    let ended = |status| matches!(status, AttemptStatus::Accepted | AttemptStatus::Ended);
    payout.accepted_at.is_some() || payout.attempts.iter().any(|attempt| ended(attempt.status))
}

/// When the provider debited the payout, as far as we know, if its debit must be in a report.
pub fn debited_at(payout: &Payout) -> Option<Timestamp> {
    match payout.state {
        State::Accepted | State::Processing | State::Presumed | State::Completed { .. } => {
            payout.accepted_at.or(payout.completed_at)
        }
        State::Pending { .. }
        | State::Submitting
        | State::Indeterminate { .. }
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => None,
    }
}

/// From when, and before when, payouts must have been debited to be expected in a report: on the
/// day before its date or whatever days its rows are of, but for [`EDGE`], which the next report
/// looks at.
pub fn expected_between(report: ReportOf, rows: &[ReportRow]) -> (Timestamp, Timestamp) {
    use crate::day::Day;
    let yesterday = report.day.before(1);
    let days = rows.iter().map(|row| Day::of(row.booked_at));
    let first = days.clone().min().map_or(yesterday, |day| day.min(yesterday));
    let last = days.max().map_or(yesterday, |day| day.max(yesterday)).min(report.day);
    let earlier = |time: Timestamp| {
        let edge = i64::try_from(EDGE.as_millis()).expect("minutes fit");
        Timestamp::from_millis(time.as_millis() - edge)
    };
    (earlier(first.start()), earlier(last.next().start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::samples;
    use crate::day::Day;
    use crate::money::Currency;
    use crate::treasury::Signed;

    fn report(day: &str) -> ReportOf {
        let currency = Currency::parse("EUR").unwrap();
        ReportOf { day: Day::parse(day).unwrap(), currency }
    }

    fn row(kind: RowKind, message_id: &str, minor_units: i64, day: &str) -> ReportRow {
        let ReportOf { day, currency } = report(day);
        ReportRow {
            kind,
            booked_at: day.start(),
            amount: Signed { minor_units, currency },
            account_name: None,
            order_id: Label::parse("4711").ok(),
            message_id: Label::parse(message_id).ok(),
            external_reference: None,
            settlement_reference: None,
        }
    }

    #[test]
    fn rows_of_one_order_are_one_sum_without_fees() {
        let rows = [
            row(RowKind::Payout, "a", -1000, "2026-08-01"),
            row(RowKind::Fee, "a", -50, "2026-08-01"),
            row(RowKind::Payout, "a", 1000, "2026-08-01"),
            row(RowKind::Payout, "", -7, "2026-08-01"),
            row(RowKind::Other, "ours", -3, "2026-08-01"),
            row(RowKind::Other, "theirs", 5, "2026-08-01"),
        ];
        let orders = net(&rows, |label| label.as_str() == "ours").unwrap();
        let sums: Vec<_> =
            orders.iter().map(|(name, it)| (name.as_str(), it.minor_units)).collect();
        assert_eq!(sums, [("4711", -7), ("a", 0), ("ours", -3)]);
        let too_much = [row(RowKind::Payout, "a", i64::MIN, "2026-08-01"), rows[0].clone()];
        assert_eq!(net(&too_much, |_| false), Err(TooMuch));
    }

    #[test]
    fn an_accepted_payout_is_debited_and_a_pending_one_is_not() {
        let payout = samples::records()[0].payout.clone();
        let amount = payout.order.amount.minor_units();
        let currency = payout.order.amount.currency();
        let report = ReportOf { currency, ..report("2026-08-02") };
        let at = Timestamp::EPOCH;
        for (state, fitting, other) in [
            (State::Accepted, -amount, 0),
            (State::Presumed, -amount, 1 - amount),
            (State::Pending { held: None }, 0, -amount),
        ] {
            let payout = Payout { state, accepted_at: Some(at), ..payout.clone() };
            assert_eq!(differs(&payout, report, fitting), None, "{:?}", payout.state);
            assert!(differs(&payout, report, other).is_some(), "{:?}", payout.state);
        }
        let elsewhere = Currency::all().find(|other| *other != currency).unwrap();
        let elsewhere = ReportOf { currency: elsewhere, ..report };
        assert_eq!(differs(&payout, elsewhere, -amount), Some(0));
    }

    #[test]
    fn a_report_is_of_the_day_before_or_of_the_days_of_its_rows() {
        let start = |day: &str| Day::parse(day).unwrap().start().as_millis();
        let edge = i64::try_from(EDGE.as_millis()).unwrap();
        let fee = |day| row(RowKind::Fee, "a", -1, day);
        for (rows, first, end) in [
            (vec![], "2026-08-03", "2026-08-04"),
            (vec![fee("2026-08-01"), fee("2026-08-03")], "2026-08-01", "2026-08-04"),
            (vec![fee("2026-08-04")], "2026-08-03", "2026-08-05"),
        ] {
            let (from, before) = expected_between(report("2026-08-04"), &rows);
            assert_eq!(from.as_millis() + edge, start(first));
            assert_eq!(before.as_millis() + edge, start(end));
        }
    }
}
