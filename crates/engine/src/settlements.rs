//! Comparing the provider's settlement reports with the payouts here. What does not fit is kept for
//! people; no payout is moved by it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use payout::day::Day;
use payout::id::{Merchant, PayoutId, ProviderReference};
use payout::money::Currency;
use payout::port::{Adapter, Filter, Method, Page, TreasuryError};
use payout::reconcile::{self, BreakKind, Name, Netted, Orders, SettlementBreak, TooMuch};
use payout::record::Payout;
use payout::time::Timestamp;
use payout::treasury::{Label, ReportOf, ReportRow};
use tokio::sync::Semaphore;

use crate::Engine;
use crate::treasury::AskError;

/// How long a payout may have waited before the provider accepted it, to be missed in a report.
const WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Entries that are read at once, and the most payouts that the provider has under one id.
pub(crate) const PAGE_SIZE: usize = 500;

/// What checks of reports share.
pub(crate) struct Settlements {
    /// One check at a time: two would close each other's breaks.
    pub(crate) turn: Semaphore,
    /// Breaks that are open, as they were counted last.
    pub(crate) open: Mutex<BTreeMap<Merchant, u64>>,
}

impl Default for Settlements {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), open: Mutex::default() }
    }
}

/// What the comparison of one report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementCheck {
    /// The report.
    pub report: ReportOf,
    /// Rows in it.
    pub rows: usize,
    /// Payouts in it that are as they should be.
    pub matched: usize,
    /// What does not fit.
    pub breaks: usize,
    /// Breaks, of this report or others, that are gone.
    pub closed: usize,
}

/// What a report is compared for.
pub(crate) struct Compared<'a> {
    pub(crate) adapter: &'a dyn Adapter,
    pub(crate) merchant: &'a Merchant,
    pub(crate) report: ReportOf,
    /// When the comparison began: what is recorded later is not missed.
    pub(crate) now: Timestamp,
}

/// What was found in a report.
#[derive(Default)]
struct Found {
    breaks: BTreeMap<Label, SettlementBreak>,
    /// Orders that are as they should be.
    matched: usize,
}

impl Engine {
    /// Fetches the reports of one date and compares them with the payouts here: of one currency or
    /// of all that the merchant is known to be settled in. An error is the first one of any
    /// currency; the others were compared all the same. Repeatable; dropped, the reports of some
    /// currencies may have been compared.
    pub async fn check_settlement(
        &self,
        merchant: &Merchant,
        day: Day,
        currency: Option<Currency>,
    ) -> Result<Vec<SettlementCheck>, AskError> {
        let adapter = self.answering(merchant, Method::ReportSettlements)?;
        let Ok(_turn) = self.shared().settlements.turn.try_acquire() else {
            return Err(AskError::Busy);
        };
        let currencies = match currency {
            Some(currency) => vec![currency],
            None => adapter.settled_currencies().to_vec(),
        };
        let (mut checks, mut failed) = (Vec::new(), None);
        for currency in currencies {
            let report = ReportOf { day, currency };
            let now = self.now();
            match self.compare(&Compared { adapter, merchant, report, now }).await {
                Ok(check) => checks.push(check),
                Err(error) => {
                    tracing::warn!(%merchant, %day, %currency, %error, "a report is not compared");
                    failed.get_or_insert(error);
                }
            }
        }
        self.count_open_breaks(merchant).await?;
        failed.map_or(Ok(checks), Err)
    }

    async fn compare(&self, about: &Compared<'_>) -> Result<SettlementCheck, AskError> {
        let rows = about.adapter.settlement(about.report).await?;
        let orders = netted(&rows)?;
        let days = reconcile::expected_between(about.report, &rows);
        let mut found = Found::default();
        for (name, order) in &orders {
            self.look_at(about, days, name, order, &mut found).await?;
        }
        for payout in self.missing(about, days, &orders).await? {
            let reference = label(&payout.id);
            let expected = Some(-payout.order.amount.minor_units());
            let nothing = Netted { minor_units: 0, order_id: None, settlement_reference: None };
            let missing = new_break(about, &reference, BreakKind::Missing, expected, &nothing);
            found.breaks.insert(reference, SettlementBreak { reported: None, ..missing });
        }
        let Found { breaks: found, matched } = found;
        let breaks = found.len();
        tell(about, &found);
        let closed = self.write_breaks(about, &orders, found).await?;
        let report = about.report;
        Ok(SettlementCheck { report, rows: rows.len(), matched, breaks, closed })
    }

    /// Whether the rows of one order fit the payouts that they are about.
    async fn look_at(
        &self,
        about: &Compared<'_>,
        days: (Timestamp, Timestamp),
        name: &Name,
        order: &Netted,
        found: &mut Found,
    ) -> Result<(), AskError> {
        let payouts = self.payouts_of(about, name).await?;
        let judged = match payouts.is_empty() {
            true => Some((BreakKind::UnknownHere, None)),
            false => reconcile::judge(&payouts, about.report, days, order.minor_units),
        };
        let Some((kind, expected)) = judged else {
            found.matched += 1;
            return Ok(());
        };
        let reference = match (&payouts[..], &name.order_id) {
            ([payout], _) => label(&payout.id),
            ([_, _, ..], Some(order_id)) => order_id.clone(),
            _ => name.label.clone(),
        };
        let one = new_break(about, &reference, kind, expected, order);
        match found.breaks.get_mut(&reference) {
            // Somebody else's orders that share a name are one break together.
            Some(SettlementBreak { kind: BreakKind::UnknownHere, reported: Some(sum), .. })
                if kind == BreakKind::UnknownHere =>
            {
                let more = sum.checked_add(order.minor_units);
                *sum = more.ok_or_else(|| unreadable(&TooMuch))?;
            }
            _ => {
                found.breaks.insert(reference, one);
            }
        }
        Ok(())
    }

    /// The payouts that rows are about: the one of their name or, if that is an earlier order's,
    /// those made from it that the provider has under the id.
    async fn payouts_of(&self, about: &Compared<'_>, name: &Name) -> Result<Vec<Payout>, AskError> {
        let Some(order_id) = &name.order_id else {
            let Ok(id) = PayoutId::parse(name.label.as_str()) else { return Ok(Vec::new()) };
            let Some(record) = self.load_record(&id).await? else { return Ok(Vec::new()) };
            let payout = record.payout;
            let ours = payout.order.merchant == *about.merchant
                || self.shares_account(about.adapter, &payout.order.merchant);
            return Ok(if ours { vec![payout] } else { Vec::new() });
        };
        let mut payouts = self.payouts_under(about.adapter, about.merchant, order_id).await?;
        payouts.retain(|payout| {
            let related = payout.order.related_order_reference.as_ref();
            related.is_some_and(|related| related.as_str() == name.label.as_str())
        });
        Ok(payouts)
    }

    /// Payouts made from an earlier order that the provider has under an id.
    pub(crate) async fn payouts_under(
        &self,
        adapter: &dyn Adapter,
        whose: &Merchant,
        order_id: &Label,
    ) -> Result<Vec<Payout>, AskError> {
        let Ok(reference) = ProviderReference::parse(order_id.as_str()) else {
            return Ok(Vec::new());
        };
        let mut payouts = Vec::new();
        for merchant in self.merchants() {
            if merchant != whose && !self.shares_account(adapter, merchant) {
                continue;
            }
            let provider_reference = Some(reference.clone());
            let filter = Filter { provider_reference, ..Filter::all(merchant) };
            let page = Page { after: None, size: PAGE_SIZE };
            payouts.extend(self.store().list(&filter, &page).await?.0);
        }
        payouts.retain(|payout| payout.order.related_order_reference.is_some());
        Ok(payouts)
    }

    /// Whether another merchant has the same account with the provider: then the payouts of both
    /// are in the reports of each.
    pub(crate) fn shares_account(&self, adapter: &dyn Adapter, merchant: &Merchant) -> bool {
        match self.adapter(merchant) {
            Ok(other) => other.account() == adapter.account(),
            Err(_) => false,
        }
    }

    /// Payouts that should be in the report and are neither there nor in any before that may have
    /// them.
    async fn missing(
        &self,
        about: &Compared<'_>,
        days: (Timestamp, Timestamp),
        orders: &Orders,
    ) -> Result<Vec<Payout>, AskError> {
        let mut missing = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, size: PAGE_SIZE };
            let (payouts, next) = self.store().list(&recorded(about, days), &page).await?;
            for payout in payouts {
                let expected = reconcile::must_be_debited(&payout, days)
                    && payout.order.amount.currency() == about.report.currency;
                if expected && !reconcile::has(orders, &payout) {
                    missing.push(payout);
                }
            }
            match next {
                Some(token) => after = Some(token),
                None => break,
            }
        }
        without_earlier(about, missing).await
    }
}

fn netted(rows: &[ReportRow]) -> Result<Orders, AskError> {
    let is_ours = |name: &Label| PayoutId::parse(name.as_str()).is_ok();
    reconcile::net(rows, is_ours).map_err(|error| unreadable(&error))
}

fn unreadable(error: &TooMuch) -> AskError {
    AskError::Unanswered(TreasuryError::Unreadable(error.to_string()))
}

/// Those that are in no earlier report either that may have them.
async fn without_earlier(
    about: &Compared<'_>,
    mut missing: Vec<Payout>,
) -> Result<Vec<Payout>, AskError> {
    let Some(first) = reconcile::earliest_report(about.report, &missing) else {
        return Ok(missing);
    };
    let mut day = about.report.day.before(1);
    loop {
        let rows = match about.adapter.settlement(ReportOf { day, ..about.report }).await {
            Ok(rows) => rows,
            // The provider has none to give.
            Err(TreasuryError::Refused(_)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let earlier = netted(&rows)?;
        missing.retain(|payout| !reconcile::has(&earlier, payout));
        if missing.is_empty() || day <= first {
            return Ok(missing);
        }
        day = day.before(1);
    }
}

/// Payouts that may have been debited between two times.
fn recorded(about: &Compared<'_>, (from, before): (Timestamp, Timestamp)) -> Filter {
    let wait = i64::try_from(WAIT_MAX.as_millis()).expect("days fit");
    Filter {
        created_from: Some(Timestamp::from_millis(from.as_millis() - wait)),
        created_before: Some(before.min(about.now)),
        ..Filter::all(about.merchant)
    }
}

fn new_break(
    about: &Compared<'_>,
    reference: &Label,
    kind: BreakKind,
    expected: Option<i64>,
    order: &Netted,
) -> SettlementBreak {
    SettlementBreak {
        merchant: about.merchant.clone(),
        report: about.report,
        reference: reference.clone(),
        kind,
        reported: Some(order.minor_units),
        expected,
        order_id: order.order_id.clone(),
        settlement_reference: order.settlement_reference.clone(),
        found_at: about.now,
        closed_at: None,
    }
}

fn label(id: &PayoutId) -> Label {
    Label::parse(id.as_str()).expect("a payout's id is a label")
}

/// One line for operators, with numbers only.
fn tell(about: &Compared<'_>, found: &BTreeMap<Label, SettlementBreak>) {
    let count = |kind| found.values().filter(|one| one.kind == kind).count();
    let (merchant, ReportOf { day, currency }) = (about.merchant, about.report);
    if found.is_empty() {
        tracing::info!(%merchant, %day, %currency, "the settlement report fits");
        return;
    }
    tracing::warn!(
        %merchant, %day, %currency,
        unknown_here = count(BreakKind::UnknownHere),
        missing = count(BreakKind::Missing),
        amount_differs = count(BreakKind::AmountDiffers),
        debited_in_doubt = count(BreakKind::DebitedInDoubt),
        "the settlement report does not fit the payouts here; see `payoutd ops breaks`"
    );
}
