//! Breaks of settlement reports, from when they are found until they are closed.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use payout::id::{Merchant, PayoutId};
use payout::port::{Adapter, BreakFilter, Page, PageToken};
use payout::reconcile::{self, BreakKind, Orders, SettlementBreak};
use payout::record::Payout;
use payout::treasury::Label;

use crate::Engine;
use crate::query::QueryError;
use crate::settlements::{Compared, PAGE_SIZE};
use crate::treasury::AskError;

/// New breaks of one report that are kept; of more, something is wrong as a whole, and the log
/// says how many there were.
const BREAKS_MAX: usize = 1000;

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

    /// Writes what was found, and closes what is gone; returns how many that are.
    pub(crate) async fn write_breaks(
        &self,
        about: &Compared<'_>,
        orders: &Orders,
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
            } else if let Some(again) = self.judge_anew(about.adapter, open).await? {
                closed += usize::from(again.closed_at.is_some());
                changes.push(again);
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
    async fn has_come(&self, open: &SettlementBreak, orders: &Orders) -> Result<bool, AskError> {
        if open.kind != BreakKind::Missing {
            return Ok(false);
        }
        let Some(payout) = self.payout_of(open).await? else { return Ok(false) };
        let is_expected = reconcile::debited_between(&payout).is_some();
        Ok(!is_expected || reconcile::has(orders, &payout))
    }

    /// Judges anew what was found about payouts in doubt, unless reports are being compared, which
    /// does the same; and counts what is open.
    pub(crate) async fn look_after_breaks(&self, merchant: &Merchant) -> Result<(), AskError> {
        let adapter = self.adapter(merchant)?;
        let in_doubt = |open: &SettlementBreak| open.kind == BreakKind::DebitedInDoubt;
        if self.open_breaks(merchant).await?.iter().any(in_doubt)
            && let Ok(_turn) = self.shared().settlements.turn.try_acquire()
        {
            let mut changes = Vec::new();
            for open in self.open_breaks(merchant).await? {
                changes.extend(self.judge_anew(adapter, open).await?);
            }
            self.store().write_settlement_breaks(&changes).await?;
        }
        self.count_open_breaks(merchant).await
    }

    /// What became of a break about a payout that was in doubt, once it is not any more: it is
    /// gone, or the report moved another amount than the payout came to. The provider is not asked.
    async fn judge_anew(
        &self,
        adapter: &dyn Adapter,
        open: SettlementBreak,
    ) -> Result<Option<SettlementBreak>, AskError> {
        let (BreakKind::DebitedInDoubt, Some(reported)) = (open.kind, open.reported) else {
            return Ok(None);
        };
        let payouts = match (self.payout_of(&open).await?, &open.order_id) {
            (Some(payout), _) => vec![payout],
            (None, Some(order_id)) => self.payouts_under(adapter, &open.merchant, order_id).await?,
            (None, None) => Vec::new(),
        };
        if payouts.is_empty() {
            return Ok(None);
        }
        let now = self.now();
        let days = reconcile::expected_between(open.report, &[]);
        Ok(match reconcile::judge(&payouts, open.report, days, reported) {
            Some((BreakKind::DebitedInDoubt, _)) => None,
            Some((kind, expected)) => {
                Some(SettlementBreak { kind, expected, found_at: now, ..open })
            }
            None => Some(SettlementBreak { closed_at: Some(now), ..open }),
        })
    }

    async fn payout_of(&self, open: &SettlementBreak) -> Result<Option<Payout>, AskError> {
        let Ok(id) = PayoutId::parse(open.reference.as_str()) else { return Ok(None) };
        Ok(self.load_record(&id).await?.map(|record| record.payout))
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
