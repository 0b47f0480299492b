//! One world of the kill test, from its first call to its verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::caller::{Floor, call};
use super::faults;
use super::journal::Journal;
use super::judge::{self, Verdict};
use super::observed::{Observed, settle};
use super::plan::Targets;
use super::rng::Rng;
use super::watcher::{Watched, watch};
use crate::world::{EU, Options, US, World};

/// How often and how long the server is killed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub(super) kills: u32,
    pub(super) at_least: Duration,
}

/// What is particular about a world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    /// Whether the merchant in the Americas may count on duplicates being refused. If not, what is
    /// proven absent is parked instead of being sent again.
    pub(super) duplicates_are_refused: bool,
    /// Whether nobody vouches for the store, so that it may have forgotten every key.
    pub(super) forgetful: bool,
}

/// Callers of each merchant.
const CALLERS: u64 = 4;
/// New keys of each merchant after each kill.
const KEYS_PER_KILL: u64 = 3;
/// How long the server lives at most between two kills.
const LIFE_MAX_MS: u64 = 900;
/// About how long it takes to start.
const START_MAX_MS: u64 = 150;

pub(super) async fn run(seed: u64, story: Story, script: Script) -> Verdict {
    let mut world = World::start_with(&options(seed, story)).await;
    let mut targets = Vec::new();
    for merchant in [EU, US] {
        targets.push(Arc::new(Targets::prepare(&world, merchant).await));
    }
    let floor = Arc::new(Floor {
        grpc_at: world.grpc_at,
        journal: Journal::default(),
        frontier: AtomicU64::new(0),
        hung_up: AtomicBool::new(false),
        closed: AtomicBool::new(false),
    });
    let mut tasks = JoinSet::new();
    let mut parts = 2..;
    let mut rng = || Rng::new(seed, parts.next().unwrap());
    for targets in &targets {
        for _ in 0..CALLERS {
            tasks.spawn(call(floor.clone(), targets.clone(), rng()));
        }
    }
    let watched = selections();
    let mut watchers = JoinSet::new();
    for watched in &watched {
        watchers.spawn(watch(floor.clone(), watched.clone(), rng()));
    }
    let kills = kill_over_and_over(&mut world, &floor, Rng::new(seed, 1), script, story).await;
    world.clear_faults().await;
    // Watchers are still to see the end of the story.
    floor.hung_up.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a caller found something that cannot be");
    }
    let unsettled = settle(&world).await;
    let observed = Observed::read(&world, &watched).await;
    floor.closed.store(true, Ordering::Relaxed);
    while let Some(ended) = watchers.join_next().await {
        ended.expect("a watcher found something that cannot be");
    }
    let mut verdict = judge::judge(&world, &floor.journal, &watched, &observed, story).await;
    verdict.wrong.extend(unsettled);
    verdict.summary = format!("seed {seed}, {kills} kills, {}", verdict.summary);
    verdict
}

fn options(seed: u64, story: Story) -> Options {
    let mut replace = vec![
        // What only people can settle is to be parked while the test waits, and nothing else.
        ("horizon = \"144000ms\"", "horizon = \"45000ms\"".to_owned()),
        // A return that no webhook tells is to be found while the test waits.
        (
            "poll_through_return_window = \"144000ms\"",
            "poll_through_return_window = \"3000ms\"".to_owned(),
        ),
    ];
    if !story.duplicates_are_refused {
        replace.push((
            "duplicate_protection = \"confirmed\"",
            "duplicate_protection = \"unconfirmed\"".to_owned(),
        ));
    }
    Options { seed, replace, forgetful: story.forgetful, ..Options::default() }
}

fn selections() -> Vec<Watched> {
    let mut selections = Vec::new();
    for merchant in [EU, US] {
        selections.push(Watched::new(merchant, None));
        selections.push(Watched::new(merchant, Targets::customers().next()));
    }
    selections
}

/// Kills the server and starts it again. Leaves it running; returns how often it was killed.
async fn kill_over_and_over(
    world: &mut World,
    floor: &Floor,
    mut rng: Rng,
    script: Script,
    story: Story,
) -> u32 {
    let begin = Instant::now();
    let mut kills = 0;
    let mut listens = true;
    while kills < script.kills || begin.elapsed() < script.at_least {
        tokio::time::sleep(life(&mut rng, listens)).await;
        world.kill_server();
        kills += 1;
        program_faults(world, faults::rules(&mut rng, story)).await;
        floor.frontier.fetch_add(KEYS_PER_KILL, Ordering::Relaxed);
        if rng.percent(10) {
            tokio::time::sleep(rng.below_millis(400)).await;
        }
        world.launch_server();
        // Some are killed before they listen, while they open the store or begin to recover.
        listens = !rng.percent(12);
        if listens {
            world.await_server().await;
        }
    }
    if !listens {
        world.await_server().await;
    }
    kills
}

/// Short lives end in recovery, longer ones among calls, submissions and notifications.
fn life(rng: &mut Rng, listens: bool) -> Duration {
    let max = match listens {
        false => START_MAX_MS,
        true => *rng.pick(&[20, 120, 400, LIFE_MAX_MS]),
    };
    rng.below_millis(max)
}

async fn program_faults(world: &World, rules: Vec<Value>) {
    world.clear_faults().await;
    world.control(Method::PUT, "faults", json!({ "rules": rules })).await;
}
