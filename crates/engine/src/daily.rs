//! What is done by itself: settlement reports are fetched and compared once a day, and breaks are
//! looked after.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::select;
use payout::day::Day;
use payout::id::Merchant;
use payout::money::Currency;
use payout::treasury::ReportOf;

use crate::Engine;

/// Days whose reports are looked at by each run: a server that was down over a weekend has missed
/// no more, and a repeated look changes nothing.
const DAYS: i64 = 3;

/// How long a report that could not be had is left alone, and how often breaks about payouts in
/// doubt are judged anew.
const RETRY: Duration = Duration::from_secs(10 * 60);

/// Compares each day's reports, once they should be there, until `stop`. What is cut off then is
/// done again by the next process.
pub(crate) async fn check_settlements(engine: &Engine, stop: impl Future<Output = ()>) {
    // On the heap: all that one comparison holds is part of it.
    select(std::pin::pin!(stop), Box::pin(run(engine))).await;
}

async fn run(engine: &Engine) {
    let mut done: BTreeSet<(Merchant, ReportOf)> = BTreeSet::new();
    loop {
        for merchant in engine.merchants() {
            if let Err(error) = engine.look_after_breaks(merchant).await {
                tracing::warn!(%merchant, %error, "cannot look after the breaks of reports");
            }
        }
        let due = last_due(engine);
        let oldest = due.before(DAYS - 1);
        done.retain(|(_, report)| report.day >= oldest);
        let mut day = oldest;
        while day <= due {
            for (merchant, currency) in settled(engine) {
                let one = (merchant, ReportOf { day, currency });
                if !done.contains(&one) && check(engine, &one.0, one.1).await {
                    done.insert(one);
                }
            }
            day = day.next();
        }
        let clock = engine.clock();
        clock.sleep_until(clock.monotonic() + RETRY).await;
    }
}

/// Every currency that a merchant is known to be settled in: a report that cannot be had must not
/// keep the others from being compared.
fn settled(engine: &Engine) -> Vec<(Merchant, Currency)> {
    let mut settled = Vec::new();
    for merchant in engine.merchants() {
        let Ok(adapter) = engine.adapter(merchant) else { continue };
        settled.extend(adapter.settled_currencies().iter().map(|one| (merchant.clone(), *one)));
    }
    settled
}

/// The latest day whose reports should be there by now.
fn last_due(engine: &Engine) -> Day {
    let today = Day::of(engine.now());
    let at = today.start().plus(engine.parts().limits.settlement_check_at);
    if engine.now() >= at { today } else { today.before(1) }
}

async fn check(engine: &Engine, merchant: &Merchant, report: ReportOf) -> bool {
    // Why not was told where it was found.
    engine.check_settlement(merchant, report.day, Some(report.currency)).await.is_ok()
}
