//! Comparing a settlement report with the payouts here. A row proves that the merchant's account
//! was debited, and not that the customer has the money; so nothing here moves a payout, and what
//! does not fit is a break for people.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;

use crate::attempt::AttemptStatus;
use crate::day::Day;
use crate::id::Merchant;
use crate::reason::Reason;
use crate::record::Payout;
use crate::state::State;
use crate::time::Timestamp;
use crate::treasury::{Label, ReportOf, ReportRow, RowKind};

/// How far apart the provider's booking and our learning of it may lie: a payout so near to
/// midnight may be in the report of the day before.
pub const EDGE: Duration = Duration::from_secs(15 * 60);

/// Earlier reports that are looked through for payouts that are missing in one: so many days ago a
/// payout may have been debited whose answer was lost.
const EARLIER_REPORTS_MAX: i64 = 8;

/// Something that does not fit between a settlement report and the payouts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementBreak {
    /// Whose report.
    pub merchant: Merchant,
    /// Which report showed it.
    pub report: ReportOf,
    /// What it is about: a payout's id or what else the report names an order by; the provider's
    /// id of the order, where that is all that several payouts have in common. With merchant and
    /// report it identifies the break.
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
    /// The report moved money for a payout that is still in doubt: a hint for whoever settles it.
    /// It is judged anew when the payout is not in doubt any more.
    DebitedInDoubt,
}

/// What the rows of one order are found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The name that the order was given or, where it has none, what else it is called.
    pub label: Label,
    /// The provider's id of the order, where the name is not one that we give: payouts from an
    /// earlier order share the name of that one.
    pub order_id: Option<Label>,
}

/// The orders of one report.
pub type Orders = BTreeMap<Name, Netted>;

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
pub fn net(rows: &[ReportRow], is_ours: impl Fn(&Label) -> bool) -> Result<Orders, TooMuch> {
    let mut orders = Orders::new();
    for row in rows {
        let ours = row.message_id.as_ref().filter(|name| is_ours(name));
        let counts = match row.kind {
            RowKind::Payout => true,
            RowKind::Fee => false,
            RowKind::Other => ours.is_some(),
        };
        if !counts {
            continue;
        }
        let named = row.message_id.as_ref().or(row.order_id.as_ref());
        let name = Name {
            label: named.cloned().unwrap_or_else(unnamed),
            order_id: row.order_id.clone().filter(|_| ours.is_none()),
        };
        let order = orders.entry(name).or_insert_with(|| Netted {
            minor_units: 0,
            order_id: row.order_id.clone(),
            settlement_reference: row.settlement_reference.clone(),
        });
        order.add(row.amount.minor_units)?;
    }
    Ok(orders)
}

impl Netted {
    /// Adds an amount, in minor units.
    pub fn add(&mut self, minor_units: i64) -> Result<(), TooMuch> {
        self.minor_units = self.minor_units.checked_add(minor_units).ok_or(TooMuch)?;
        Ok(())
    }
}

/// Whether a report has rows of a payout: under its id or, if it was made from an earlier order,
/// under that one's name with the id that the provider gave the payout.
pub fn has(orders: &Orders, payout: &Payout) -> bool {
    let label = |text: &str| Label::parse(text).ok();
    let own = label(payout.id.as_str()).map(|label| Name { label, order_id: None });
    if own.is_some_and(|name| orders.contains_key(&name)) {
        return true;
    }
    let (Some(related), Some(order_id)) =
        (&payout.order.related_order_reference, &payout.provider_reference)
    else {
        return false;
    };
    let (related, order_id) = (label(related.as_str()), label(order_id.as_str()));
    related.is_some_and(|label| orders.contains_key(&Name { label, order_id }))
}

/// Rows without any name are one break together.
fn unnamed() -> Label {
    Label::parse("(no reference)").expect("this is a label")
}

/// What does not fit about rows that come to `minor_units`, and what they should come to. Several
/// payouts, which the provider has under one id, are compared by their sum: of all, or of those
/// whose debit must be between the times of `days`.
pub fn judge(
    payouts: &[Payout],
    report: ReportOf,
    days: (Timestamp, Timestamp),
    minor_units: i64,
) -> Option<(BreakKind, Option<i64>)> {
    if let [payout] = payouts {
        return differs(payout, report, minor_units);
    }
    let of_these_days: Vec<_> =
        payouts.iter().filter(|payout| must_be_debited(payout, days)).collect();
    sum_differs(&of_these_days, report, minor_units)?;
    sum_differs(&payouts.iter().collect::<Vec<_>>(), report, minor_units)
}

/// A debit, where the provider accepted it; where it came back, its debit, its credit, or both may
/// be in the report. What an operator settled as not paid was never debited.
fn differs(
    payout: &Payout,
    report: ReportOf,
    minor_units: i64,
) -> Option<(BreakKind, Option<i64>)> {
    let amount = payout.order.amount;
    if amount.currency() != report.currency {
        return Some((BreakKind::AmountDiffers, Some(0)));
    }
    let debit = -amount.minor_units();
    let may_have_come_back = [debit, 0, -debit].contains(&minor_units);
    let (expected, fits) = match payout.state {
        State::Submitting | State::Indeterminate { .. } if may_have_come_back => {
            return Some((BreakKind::DebitedInDoubt, None));
        }
        State::Submitting
        | State::Indeterminate { .. }
        | State::Accepted
        | State::Processing
        | State::Presumed
        | State::Completed { .. } => (debit, minor_units == debit),
        State::Failed { reason: Reason::SettledByOperator } => (0, minor_units == 0),
        State::Returned { .. } => (0, may_have_come_back),
        State::Failed { .. } | State::Canceled { .. } if was_taken(payout) => {
            (0, may_have_come_back)
        }
        State::Pending { .. } | State::Failed { .. } | State::Canceled { .. } => {
            (0, minor_units == 0)
        }
    };
    if fits { None } else { Some((BreakKind::AmountDiffers, Some(expected))) }
}

/// Whether the provider had the payout before it ended, so that it may have been debited.
fn was_taken(payout: &Payout) -> bool {
    let ended = |status| matches!(status, AttemptStatus::Accepted | AttemptStatus::Ended);
    payout.accepted_at.is_some() || payout.attempts.iter().any(|attempt| ended(attempt.status))
}

fn sum_differs(
    payouts: &[&Payout],
    report: ReportOf,
    minor_units: i64,
) -> Option<(BreakKind, Option<i64>)> {
    let (mut sum, mut in_doubt) = (0_i128, false);
    for payout in payouts {
        let amount = payout.order.amount;
        let is_debited = match payout.state {
            State::Submitting | State::Indeterminate { .. } => {
                in_doubt = true;
                true
            }
            State::Accepted | State::Processing | State::Presumed | State::Completed { .. } => true,
            State::Pending { .. }
            | State::Failed { .. }
            | State::Canceled { .. }
            | State::Returned { .. } => false,
        };
        if is_debited && amount.currency() == report.currency {
            sum -= i128::from(amount.minor_units());
        }
    }
    match sum == i128::from(minor_units) {
        true if in_doubt => Some((BreakKind::DebitedInDoubt, None)),
        true => None,
        false => Some((BreakKind::AmountDiffers, i64::try_from(sum).ok())),
    }
}

/// Whether what is known here says that the debit must be in the report of these days or in one
/// before it.
pub fn must_be_debited(payout: &Payout, days: (Timestamp, Timestamp)) -> bool {
    let (from, before) = days;
    debited_between(payout).is_some_and(|(_, latest)| from <= latest && latest < before)
}

/// When the provider debited the payout at the earliest and at the latest, if its debit must be in
/// a report. Where no answer of the provider's was heard, it may have been long before the word
/// that confirmed it.
pub fn debited_between(payout: &Payout) -> Option<(Timestamp, Timestamp)> {
    let latest = match payout.state {
        State::Accepted | State::Processing | State::Presumed | State::Completed { .. } => {
            payout.accepted_at.or(payout.completed_at)?
        }
        State::Pending { .. }
        | State::Submitting
        | State::Indeterminate { .. }
        | State::Failed { .. }
        | State::Canceled { .. }
        | State::Returned { .. } => return None,
    };
    let first = payout.attempts.first().map_or(payout.created_at, |attempt| attempt.opened_at);
    Some((first.min(latest), latest))
}

/// The first of the reports that are looked through for payouts which are missing in one: that of
/// the day before it, or of the day on which one of them may have been debited first. None, if
/// nothing is missing.
pub fn earliest_report(report: ReportOf, missing: &[Payout]) -> Option<Day> {
    let yesterday = report.day.before(1);
    let first = |payout: &Payout| {
        debited_between(payout).map_or(yesterday, |(earliest, _)| Day::of(earliest).min(yesterday))
    };
    let first = missing.iter().map(first).min()?;
    Some(first.max(report.day.before(EARLIER_REPORTS_MAX)))
}

/// From when, and before when, payouts must have been debited to be expected in a report: on the
/// day before its date or whatever days its rows are of, but for [`EDGE`], which the next report
/// looks at.
pub fn expected_between(report: ReportOf, rows: &[ReportRow]) -> (Timestamp, Timestamp) {
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
            orders.iter().map(|(name, it)| (name.label.as_str(), it.minor_units)).collect();
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
        let differing = Some((BreakKind::AmountDiffers, Some(0)));
        assert_eq!(differs(&payout, elsewhere, -amount), differing);
    }

    /// Whatever its attempt is called since: an operator's word says that it was never debited.
    #[test]
    fn a_debit_of_what_was_settled_as_not_paid_differs() {
        let (payout, report, debit) = taken();
        let of = |reason| Payout { state: State::Failed { reason }, ..payout.clone() };
        let settled = of(Reason::SettledByOperator);
        let differing = Some((BreakKind::AmountDiffers, Some(0)));
        assert_eq!(differs(&settled, report, debit), differing);
        assert_eq!(differs(&settled, report, -debit), differing);
        assert_eq!(differs(&settled, report, 0), None);
        let came_back = of(Reason::BankUnavailable);
        for fitting in [debit, 0, -debit] {
            assert_eq!(differs(&came_back, report, fitting), None);
        }
    }

    #[test]
    fn a_debit_of_what_is_in_doubt_is_a_hint() {
        let (payout, report, debit) = taken();
        for state in [State::Submitting, State::Indeterminate { parked: None }] {
            let payout = Payout { state, ..payout.clone() };
            for minor_units in [debit, 0, -debit] {
                let hint = Some((BreakKind::DebitedInDoubt, None));
                assert_eq!(differs(&payout, report, minor_units), hint);
            }
            let differing = Some((BreakKind::AmountDiffers, Some(debit)));
            assert_eq!(differs(&payout, report, debit + 1), differing);
        }
    }

    /// Payouts from an earlier order: their rows have its name, and the provider's id of them.
    #[test]
    fn payouts_of_an_earlier_order_are_known_by_the_providers_id() {
        let (payout, report, _) = taken();
        let of = |id: &str| ReportRow {
            order_id: Label::parse(id).ok(),
            ..row(RowKind::Payout, "ORDER-77", -1000, "2026-08-02")
        };
        let orders = net(&[of("1"), of("2"), of("1")], |_| false).unwrap();
        let sums: Vec<_> = orders.values().map(|order| order.minor_units).collect();
        assert_eq!(sums, [-2000, -1000]);
        let mut order = payout.order.clone();
        order.related_order_reference =
            Some(crate::order::RelatedOrderReference::parse("ORDER-77").unwrap());
        for (id, is_there) in [("1", true), ("3", false)] {
            let provider_reference = Some(crate::id::ProviderReference::parse(id).unwrap());
            let payout = Payout { provider_reference, order: order.clone(), ..payout.clone() };
            assert_eq!(has(&orders, &payout), is_there);
            let order = payout.order.clone();
            let order = crate::order::Order { related_order_reference: None, ..order };
            assert!(!has(&orders, &Payout { order, ..payout }), "the name is another's");
        }
        assert_eq!(report.currency, payout.order.amount.currency());
    }

    #[test]
    fn payouts_under_one_id_are_compared_by_their_sum() {
        let (payout, report, debit) = taken();
        let accepted = |day: &str| {
            let accepted_at = Some(Day::parse(day).unwrap().start());
            Payout { state: State::Accepted, accepted_at, ..payout.clone() }
        };
        let (early, late) = (accepted("2026-08-01"), accepted("2026-08-02"));
        let doubt = Payout { state: State::Indeterminate { parked: None }, ..payout.clone() };
        let start = |day: &str| Day::parse(day).unwrap().start();
        let days = (start("2026-08-02"), start("2026-08-03"));
        let judge = |payouts: &[&Payout], minor_units| {
            let payouts: Vec<_> = payouts.iter().map(|payout| (*payout).clone()).collect();
            judge(&payouts, report, days, minor_units)
        };
        assert_eq!(judge(&[&late, &late], 2 * debit), None);
        assert_eq!(judge(&[&early, &late], 2 * debit), None, "all of them");
        assert_eq!(judge(&[&early, &late], debit), None, "those of these days");
        let hint = Some((BreakKind::DebitedInDoubt, None));
        assert_eq!(judge(&[&late, &doubt], 2 * debit), hint);
        let differing = Some((BreakKind::AmountDiffers, Some(2 * debit)));
        assert_eq!(judge(&[&late, &late], debit), differing);
        assert_eq!(judge(&[&late, &late], 2 * debit - 1), differing);
    }

    #[test]
    fn what_no_answer_told_may_have_been_debited_long_before() {
        let (payout, ..) = taken();
        let opened_at = payout.attempts[0].opened_at;
        let confirmed_at = opened_at.plus(Duration::from_secs(3 * 24 * 3600));
        let state = State::Completed { return_window_ends_at: confirmed_at };
        let payout = Payout { state, completed_at: Some(confirmed_at), ..payout };
        assert_eq!(debited_between(&payout), Some((opened_at, confirmed_at)));
        let day = Day::of(confirmed_at).next();
        let report = ReportOf { day, ..report("2026-08-02") };
        let one = std::slice::from_ref(&payout);
        assert_eq!(earliest_report(report, one), Some(Day::of(opened_at)));
        let later = ReportOf { day: day.before(-90), ..report };
        assert_eq!(earliest_report(later, one), Some(later.day.before(EARLIER_REPORTS_MAX)));
        assert_eq!(earliest_report(report, &[]), None);
        let accepted_at = Some(opened_at.plus(EDGE));
        let answered = Payout { accepted_at, ..payout };
        assert_eq!(debited_between(&answered), Some((opened_at, opened_at.plus(EDGE))));
        let next_day = ReportOf { day: Day::of(opened_at).next(), ..report };
        assert_eq!(earliest_report(next_day, &[answered]), Some(Day::of(opened_at)));
    }

    /// A payout that the provider has, or had, a report in its currency, and its debit.
    fn taken() -> (Payout, ReportOf, i64) {
        let samples = samples::records().into_iter().map(|record| record.payout);
        let ended = |payout: &Payout| {
            payout.attempts.first().is_some_and(|attempt| attempt.status == AttemptStatus::Ended)
        };
        let sample = samples.into_iter().find(ended).unwrap();
        let payout = Payout { accepted_at: None, completed_at: None, ..sample };
        let amount = payout.order.amount;
        let report = ReportOf { currency: amount.currency(), ..report("2026-08-02") };
        (payout, report, -amount.minor_units())
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
