//! What is done once a day: settlement reports are fetched and compared.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::select;
use payout::day::Day;
use payout::id::Merchant;

use crate::Engine;

/// Days whose reports are looked at by each run: a server that was down over a weekend has missed
/// no more, and a repeated look changes nothing.
const DAYS: i64 = 3;

/// How long a report that could not be had is left alone.
const RETRY: Duration = Duration::from_secs(10 * 60);

/// Compares each day's reports, once they should be there, until `stop`. What is cut off then is
/// done again by the next process.
pub(crate) async fn check_settlements(engine: &Engine, stop: impl Future<Output = ()>) {
    let checks = std::pin::pin!(run(engine));
    select(std::pin::pin!(stop), checks).await;
}

async fn run(engine: &Engine) {
    for merchant in engine.merchants() {
        if let Err(error) = engine.count_open_breaks(merchant).await {
            tracing::warn!(%merchant, %error, "cannot count the breaks of settlement reports");
        }
    }
    let settled: Vec<Merchant> =
        engine.merchants().filter(|it| is_settled(engine, it)).cloned().collect();
    if settled.is_empty() {
        return;
    }
    let mut done: BTreeSet<(Day, Merchant)> = BTreeSet::new();
    loop {
        let due = last_due(engine);
        let oldest = due.before(DAYS - 1);
        done.retain(|(day, _)| *day >= oldest);
        let mut day = oldest;
        while day <= due {
            for merchant in &settled {
                let one = (day, merchant.clone());
                if !done.contains(&one) && check(engine, merchant, day).await {
                    done.insert(one);
                }
            }
            day = day.next();
        }
        let clock = engine.clock();
        clock.sleep_until(clock.monotonic() + RETRY).await;
    }
}

fn is_settled(engine: &Engine, merchant: &Merchant) -> bool {
    engine.adapter(merchant).is_ok_and(|adapter| !adapter.settled_currencies().is_empty())
}

/// The latest day whose reports should be there by now.
fn last_due(engine: &Engine) -> Day {
    let today = Day::of(engine.now());
    let at = today.start().plus(engine.parts().limits.settlement_check_at);
    if engine.now() >= at { today } else { today.before(1) }
}

async fn check(engine: &Engine, merchant: &Merchant, day: Day) -> bool {
    match engine.check_settlement(merchant, day, None).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%merchant, %day, %error, "the settlement reports are not compared yet");
            false
        }
    }
}
