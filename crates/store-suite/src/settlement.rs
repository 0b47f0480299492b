//! `write_settlement_breaks`, `list_settlement_breaks`: what does not fit between the provider's
//! reports and the payouts here.

use payout::day::Day;
use payout::id::Merchant;
use payout::money::Currency;
use payout::port::{BreakFilter, Page, PageToken, Store, StoreError};
use payout::reconcile::{BreakKind, SettlementBreak};
use payout::time::Timestamp;
use payout::treasury::{Label, ReportOf};

use crate::Subject;

/// What is found again stands in its place; another report or reference is another break.
pub async fn a_break_is_kept_once_for_each_report(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let first = found("merchant-1", "order-1", "EUR", now);
    let again = SettlementBreak { reported: Some(-5), ..first.clone() };
    let mut other_day = first.clone();
    other_day.report.day = first.report.day.next();
    let others = [found("merchant-1", "order-1", "SEK", now), other_day];
    let foreign = found("merchant-2", "order-1", "EUR", now);
    write(&*store, &[first]).await;
    write(&*store, &[others.as_slice(), &[again.clone(), foreign.clone()]].concat()).await;
    let [sek, next_day] = others;
    assert_eq!(all(&*store, "merchant-1", false, 9).await, [next_day, sek, again]);
    assert_eq!(all(&*store, "merchant-2", true, 9).await, [foreign]);
}

/// A break that is closed is shown only to those who ask for it.
pub async fn a_closed_break_is_no_open_one(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let open = found("merchant-1", "order-1", "EUR", now);
    let other = found("merchant-1", "order-2", "EUR", now);
    write(&*store, &[open.clone(), other.clone()]).await;
    let closed = SettlementBreak { closed_at: Some(now), ..open.clone() };
    write(&*store, std::slice::from_ref(&closed)).await;
    assert_eq!(all(&*store, "merchant-1", false, 9).await, std::slice::from_ref(&other));
    assert_eq!(all(&*store, "merchant-1", true, 9).await, [other.clone(), closed]);
    write(&*store, std::slice::from_ref(&open)).await;
    assert_eq!(all(&*store, "merchant-1", false, 9).await, [other, open]);
}

/// Pages go on where the one before ended, and only in their own list.
pub async fn breaks_are_paged_latest_first(subject: &mut dyn Subject) {
    let (store, now) = (subject.store(), subject.now());
    let many: Vec<_> =
        (0..7).map(|n| found("merchant-1", &format!("order-{n}"), "EUR", now)).collect();
    write(&*store, &many).await;
    let newest_first: Vec<_> = many.into_iter().rev().collect();
    assert_eq!(all(&*store, "merchant-1", false, 3).await, newest_first);
    let (_, token) = page(&*store, "merchant-1", false, None, 3).await.expect("listing works");
    let elsewhere = page(&*store, "merchant-1", true, token, 3).await;
    assert_eq!(elsewhere, Err(StoreError::PageToken));
}

pub(crate) fn found(
    merchant: &str,
    reference: &str,
    currency: &str,
    now: Timestamp,
) -> SettlementBreak {
    let currency = Currency::parse(currency).expect("a currency");
    SettlementBreak {
        merchant: Merchant::parse(merchant).expect("a merchant"),
        report: ReportOf { day: Day::of(now), currency },
        reference: Label::parse(reference).expect("a label"),
        kind: BreakKind::UnknownHere,
        reported: Some(-1000),
        expected: None,
        order_id: None,
        settlement_reference: None,
        found_at: now,
        closed_at: None,
    }
}

pub(crate) async fn write(store: &dyn Store, breaks: &[SettlementBreak]) {
    assert_eq!(store.write_settlement_breaks(breaks).await, Ok(()));
}

async fn page(
    store: &dyn Store,
    merchant: &str,
    with_closed: bool,
    after: Option<PageToken>,
    size: usize,
) -> Result<(Vec<SettlementBreak>, Option<PageToken>), StoreError> {
    let merchant = Merchant::parse(merchant).expect("a merchant");
    let filter = BreakFilter { merchant, with_closed };
    store.list_settlement_breaks(&filter, &Page { after, size }).await
}

/// Everything, in pages of a size.
pub(crate) async fn all(
    store: &dyn Store,
    merchant: &str,
    with_closed: bool,
    size: usize,
) -> Vec<SettlementBreak> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let listed = page(store, merchant, with_closed, after, size).await;
        let (found, next) = listed.expect("listing works");
        assert!(found.len() <= size);
        all.extend(found);
        match next {
            Some(token) => after = Some(token),
            None => return all,
        }
    }
}
