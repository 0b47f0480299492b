//! Kills the server at random points, over and over, while callers call, watchers watch and the
//! provider misbehaves; then lets everything settle and holds what callers were told, what the
//! server says and what the provider did against each other.
//!
//! A run is made of several worlds side by side, each with both regions. All choices derive from
//! one seed, which is printed; only the order in which processes happen to run is not repeated.
//!
//! | variable | |
//! |---|---|
//! | `PAYOUTD_KILL_SEED` | the seed; by the clock if absent |
//! | `PAYOUTD_KILLS` | kills over all worlds, 200 if absent |
//! | `PAYOUTD_KILL_MINUTES` | goes on until so many minutes have passed, however many kills that is |
//!
//! A long run: `PAYOUTD_KILL_MINUTES=60 cargo test --package tests kill -- --nocapture`.

mod caller;
mod faults;
mod journal;
mod judge;
mod observed;
mod plan;
mod rng;
mod run;
mod watcher;

use std::time::{Duration, SystemTime};

use run::{Script, Story};

/// Kills of a run unless something else is asked for.
const KILLS_DEFAULT: u32 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_paid_twice_or_lost_however_often_the_server_is_killed() {
    let seed = variable("PAYOUTD_KILL_SEED").unwrap_or_else(seed_by_the_clock);
    let kills = variable("PAYOUTD_KILLS").map_or(KILLS_DEFAULT, |kills| kills.try_into().unwrap());
    let least = variable("PAYOUTD_KILL_MINUTES").map_or(0, |minutes| minutes * 60);
    let script = Script { kills: kills.div_ceil(2), at_least: Duration::from_secs(least) };
    eprintln!("kill test: seed {seed}, {kills} kills");
    let (confirmed, unconfirmed) = tokio::join!(
        run::run(seed, Story { duplicates_are_refused: true, forgetful: false }, script),
        run::run(
            seed.wrapping_add(1),
            Story { duplicates_are_refused: false, forgetful: true },
            script
        ),
    );
    let mut wrong = Vec::new();
    for (name, verdict) in [("confirmed", confirmed), ("unconfirmed", unconfirmed)] {
        eprintln!("{name}: {}", verdict.summary);
        for line in &verdict.parked {
            eprintln!("{name}: parked: {line}");
        }
        wrong.extend(verdict.wrong.into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(
        wrong.is_empty(),
        "{} things are wrong:\n{}\nrepeat it: PAYOUTD_KILL_SEED={seed} PAYOUTD_KILLS={kills} \
         cargo test --package tests kill -- --nocapture",
        wrong.len(),
        wrong.join("\n")
    );
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

fn seed_by_the_clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // Short enough to be typed.
    u64::from(since.subsec_nanos()) + since.as_secs() % 1000
}
