//! Comparing the provider's settlement reports with the payouts here. What does not fit is kept for
//! people; no payout is moved by it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use payout::day::Day;
use payout::id::{Merchant, PayoutId};
use payout::money::Currency;
use payout::port::{Adapter, BreakFilter, Filter, Method, Page, PageToken, TreasuryError};
use payout::reconcile::{self, BreakKind, Netted, SettlementBreak};
use payout::record::{Payout, Stored};
use payout::time::Timestamp;
use payout::treasury::{Label, ReportOf, ReportRow};
use tokio::sync::Semaphore;

use crate::Engine;
use crate::query::QueryError;
use crate::treasury::AskError;

/// New breaks of one report that are kept; of more, something is wrong as a whole, and the log
/// says how many there were.
const BREAKS_MAX: usize = 1000;

/// How long a payout may have waited before the provider accepted it, to be missed in a report.
const WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Entries that are read at once.
const PAGE_SIZE: usize = 500;

/// What checks of reports share.
pub(crate) struct Settlements {
    /// One check at a time: two would close each other's breaks.
    turn: Semaphore,
    /// Breaks that are open, as they were counted last.
    open: Mutex<BTreeMap<Merchant, u64>>,
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
struct Compared<'a> {
    adapter: &'a dyn Adapter,
    merchant: &'a Merchant,
    report: ReportOf,
    /// When the comparison began: what is recorded later is not missed.
    now: Timestamp,
}

impl Engine {
    /// Breaks of a merchant's settlement reports, latest found first.
    pub async fn settlement_breaks(
        &self,
        filter: &BreakFilter,
        page: &Page,
    ) -> Result<(Vec<SettlementBreak>, Option<PageToken>), QueryError> {
        self.adapter(&filter.merchant)?;
        Ok(self.store().list_settlement_breaks(filter, page).await?)
    }

    /// How many breaks of each merchant are open, as they were counted last.
    pub fn open_settlement_breaks(&self) -> BTreeMap<Merchant, u64> {
        let open = &self.shared().settlements.open;
        open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the reports of one date and compares them with the payouts here: of one currency or
    /// of all that the merchant is known to be settled in. Repeatable; dropped, the reports of some
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
        let mut checks = Vec::new();
        for currency in currencies {
            let report = ReportOf { day, currency };
            let now = self.now();
            checks.push(self.compare(&Compared { adapter, merchant, report, now }).await?);
        }
        self.count_open_breaks(merchant).await?;
        Ok(checks)
    }

    async fn compare(&self, about: &Compared<'_>) -> Result<SettlementCheck, AskError> {
        let rows = about.adapter.settlement(about.report).await?;
        let orders = netted(&rows)?;
        let mut found = BTreeMap::new();
        for (reference, order) in &orders {
            if let Some((kind, expected)) = self.judge(about, reference, order).await? {
                found.insert(reference.clone(), new_break(about, reference, kind, expected, order));
            }
        }
        let matched = orders.len() - found.len();
        for payout in self.missing(about, &rows, &orders).await? {
            let reference = label(&payout.id);
            let expected = Some(-payout.order.amount.minor_units());
            let nothing = Netted { minor_units: 0, order_id: None, settlement_reference: None };
            let missing = new_break(about, &reference, BreakKind::Missing, expected, &nothing);
            found.insert(reference, SettlementBreak { reported: None, ..missing });
        }
        let breaks = found.len();
        tell(about, &found);
        let closed = self.write_breaks(about, &orders, found).await?;
        let report = about.report;
        Ok(SettlementCheck { report, rows: rows.len(), matched, breaks, closed })
    }

    /// What does not fit about the rows of one order, and what they should come to.
    async fn judge(
        &self,
        about: &Compared<'_>,
        reference: &Label,
        order: &Netted,
    ) -> Result<Option<(BreakKind, Option<i64>)>, AskError> {
        let unknown = Some((BreakKind::UnknownHere, None));
        let Ok(id) = PayoutId::parse(reference.as_str()) else { return Ok(unknown) };
        let Some(Stored::Payout(record)) = self.store().load(&id).await? else {
            return Ok(unknown);
        };
        let payout = record.payout;
        if payout.order.merchant != *about.merchant && !self.shares_account(about, &payout) {
            return Ok(unknown);
        }
        let expected = reconcile::differs(&payout, about.report, order.minor_units);
        Ok(expected.map(|expected| (BreakKind::AmountDiffers, Some(expected))))
    }

    /// Whether the payout is another merchant's who has the same account with the provider: then it
    /// is in the reports of both.
    fn shares_account(&self, about: &Compared<'_>, payout: &Payout) -> bool {
        match self.adapter(&payout.order.merchant) {
            Ok(other) => other.account() == about.adapter.account(),
            Err(_) => false,
        }
    }

    /// Payouts that should be in the report and are neither there nor in the one before.
    async fn missing(
        &self,
        about: &Compared<'_>,
        rows: &[ReportRow],
        orders: &BTreeMap<Label, Netted>,
    ) -> Result<Vec<Payout>, AskError> {
        let (from, before) = reconcile::expected_between(about.report, rows);
        let mut missing = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, size: PAGE_SIZE };
            let (payouts, next) = self.store().list(&recorded(about, from, before), &page).await?;
            for payout in payouts {
                let debited = reconcile::debited_at(&payout);
                let expected = debited.is_some_and(|at| from <= at && at < before)
                    && payout.order.amount.currency() == about.report.currency;
                if expected && !orders.contains_key(&label(&payout.id)) {
                    missing.push(payout);
                }
            }
            match next {
                Some(token) => after = Some(token),
                None => break,
            }
        }
        if !missing.is_empty() {
            let earlier = orders_before(about).await?;
            missing.retain(|payout| !earlier.contains_key(&label(&payout.id)));
        }
        Ok(missing)
    }

    /// Writes what was found, and closes what is gone; returns how many that are.
    async fn write_breaks(
        &self,
        about: &Compared<'_>,
        orders: &BTreeMap<Label, Netted>,
        mut found: BTreeMap<Label, SettlementBreak>,
    ) -> Result<usize, AskError> {
        let mut changes = Vec::new();
        let mut closed = 0;
        for open in self.open_breaks(about.merchant).await? {
            if open.report.currency != about.report.currency {
                continue;
            }
            if open.report == about.report
                && let Some(again) = found.remove(&open.reference)
            {
                let found_at = if again.kind == open.kind { open.found_at } else { again.found_at };
                changes.push(SettlementBreak { found_at, ..again });
            } else if open.report == about.report || self.has_come(&open, orders).await? {
                closed += 1;
                changes.push(SettlementBreak { closed_at: Some(about.now), ..open });
            }
        }
        if found.len() > BREAKS_MAX {
            let dropped = found.len() - BREAKS_MAX;
            tracing::error!(merchant = %about.merchant, dropped, "too many breaks to be kept");
        }
        changes.extend(found.into_values().take(BREAKS_MAX));
        self.store().write_settlement_breaks(&changes).await?;
        Ok(closed)
    }

    /// Whether a payout that was missing in another report is in this one, or is expected in none
    /// any more.
    async fn has_come(
        &self,
        open: &SettlementBreak,
        orders: &BTreeMap<Label, Netted>,
    ) -> Result<bool, AskError> {
        if open.kind != BreakKind::Missing {
            return Ok(false);
        }
        if orders.contains_key(&open.reference) {
            return Ok(true);
        }
        let Ok(id) = PayoutId::parse(open.reference.as_str()) else { return Ok(false) };
        let record = self.load_record(&id).await?;
        Ok(record.is_some_and(|record| reconcile::debited_at(&record.payout).is_none()))
    }

    async fn open_breaks(&self, merchant: &Merchant) -> Result<Vec<SettlementBreak>, AskError> {
        let filter = BreakFilter { merchant: merchant.clone(), with_closed: false };
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = Page { after, size: PAGE_SIZE };
            let (found, next) = self.store().list_settlement_breaks(&filter, &page).await?;
            all.extend(found);
            match next {
                Some(token) => after = Some(token),
                None => return Ok(all),
            }
        }
    }

    pub(crate) async fn count_open_breaks(&self, merchant: &Merchant) -> Result<(), AskError> {
        let count = self.open_breaks(merchant).await?.len() as u64;
        let open = &self.shared().settlements.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(merchant.clone(), count);
        Ok(())
    }
}

fn netted(rows: &[ReportRow]) -> Result<BTreeMap<Label, Netted>, AskError> {
    let is_ours = |name: &Label| PayoutId::parse(name.as_str()).is_ok();
    reconcile::net(rows, is_ours)
        .map_err(|error| AskError::Unanswered(TreasuryError::Unreadable(error.to_string())))
}

/// What the report of the day before has; nothing, if the provider has none to give.
async fn orders_before(about: &Compared<'_>) -> Result<BTreeMap<Label, Netted>, AskError> {
    let before = ReportOf { day: about.report.day.before(1), ..about.report };
    match about.adapter.settlement(before).await {
        Ok(rows) => netted(&rows),
        Err(TreasuryError::Refused(_)) => Ok(BTreeMap::new()),
        Err(error) => Err(error.into()),
    }
}

/// Payouts that may have been debited between two times.
fn recorded(about: &Compared<'_>, from: Timestamp, before: Timestamp) -> Filter {
    let wait = i64::try_from(WAIT_MAX.as_millis()).expect("days fit");
    Filter {
        merchant: about.merchant.clone(),
        customer: None,
        provider_reference: None,
        states: Vec::new(),
        outcome: None,
        created_from: Some(Timestamp::from_millis(from.as_millis() - wait)),
        created_before: Some(before.min(about.now)),
        needs_attention: false,
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
        "the settlement report does not fit the payouts here; see `payoutd ops breaks`"
    );
}
