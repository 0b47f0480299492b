//! A writing process is killed at any moment, again and again: whatever it acknowledged is there,
//! and nothing is there by halves.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use payout::cursor::Cursor;
use payout::id::{Incarnation, PayoutId};
use payout::input::{Input, What};
use payout::machine;
use payout::port::{Append, Appended, ClaimChange, CreationOutcome, Fact, Selection, Store};
use payout::record::{Payout, Record, Stored};
use payout::time::Timestamp;
use store_embedded::{EmbeddedStore, OpenError};
use store_suite::{Reader, sample};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::subject::{START, epoch, open};

/// How often the writing process is killed.
const KILLS: u64 = 120;

/// Tasks that write in the process to be killed.
const WRITERS: u64 = 16;

/// Writes of one payout: its creation and three appends, each with one event.
const VERSIONS: u64 = 4;

/// Tells the test executable, started again, that it is the one to be killed.
const DIRECTORY_VARIABLE: &str = "STORE_EMBEDDED_KILL_DIRECTORY";
const ROUND_VARIABLE: &str = "STORE_EMBEDDED_KILL_ROUND";

/// Repeats a run's choices.
const SEED_VARIABLE: &str = "STORE_EMBEDDED_KILL_SEED";

#[expect(clippy::disallowed_methods, reason = "a test hands its own process over to itself")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_and_halves_nothing() {
    let seed = match variable(SEED_VARIABLE) {
        Some(seed) => seed.parse().unwrap(),
        None => RandomState::new().build_hasher().finish(),
    };
    println!("{SEED_VARIABLE}={seed}");
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mut history = History::new(&store).await;
    drop(store);
    let mut random = Random(seed | 1);
    for round in 0..KILLS {
        let acknowledged = write_and_kill(directory.path(), round, &mut random);
        let store = open(directory.path(), START);
        history.check(&store, &acknowledged).await;
    }
    println!("{} payouts after {KILLS} kills", history.payouts.len());
    assert!(history.payouts.len() > 100, "the writers were killed before they wrote");
}

/// Not a test by itself: the body of the process to be killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writing_process() {
    let Some(directory) = variable(DIRECTORY_VARIABLE) else { return };
    let round = variable(ROUND_VARIABLE).unwrap();
    let store = Arc::new(open(Path::new(&directory), START));
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, name) = (store.clone(), format!("{round}-{writer}"));
        tasks.spawn(async move {
            for number in 0.. {
                write_payout(&store, &format!("{name}-{number}")).await;
            }
        });
    }
    tasks.join_all().await;
}

async fn write_payout(store: &EmbeddedStore, key: &str) {
    let mut creation = sample::creation(key, START);
    creation.claim = Some(sample::claim("writer", 1, START));
    creation.evidence = vec![sample::evidence(vec![1; 200], START)];
    assert_eq!(store.create(&creation).await, Ok(CreationOutcome::Created));
    acknowledge(&creation.record);
    let mut record = creation.record;
    for version in 2..=VERSIONS {
        let append = next(&record, version);
        assert_eq!(store.append(&append).await, Ok(Appended::Yes));
        acknowledge(&append.record);
        record = append.record;
    }
}

fn next(record: &Record, version: u64) -> Append {
    let input = match version {
        2 => sample::attempt_opened(record, START),
        3 => Input::own(What::NotSent),
        _ => sample::accepted("order"),
    };
    let mut append = sample::append(record, &[input], START);
    if version == 2 {
        append.record.vault.request = Some(sample::sealed("request"));
    }
    if version == VERSIONS {
        append.claim = ClaimChange::Release(sample::holder("writer"));
    }
    append.evidence = vec![sample::evidence(vec![1; 200], START)];
    append
}

fn acknowledge(record: &Record) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nwritten {} {}", record.payout.id, record.version).unwrap();
    out.flush().unwrap();
}

/// Starts the writing process, kills it at a moment of chance, and returns what it acknowledged.
fn write_and_kill(directory: &Path, round: u64, random: &mut Random) -> BTreeMap<PayoutId, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::writing_process", "--exact", "--nocapture"])
        .env(DIRECTORY_VARIABLE, directory)
        .env(ROUND_VARIABLE, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = BTreeMap::new();
    // Every eighth is killed while it opens the store, the others after some writes.
    let writes = if round.is_multiple_of(8) { 0 } else { 1 + random.below(150) };
    for _ in 0..writes {
        assert!(read_one(&mut lines, &mut acknowledged), "the writer ended by itself");
    }
    if round == 1 {
        assert_held_by(directory, &child);
    }
    std::thread::sleep(Duration::from_micros(random.below(if writes == 0 { 20_000 } else { 900 })));
    child.kill().unwrap();
    while read_one(&mut lines, &mut acknowledged) {}
    assert!(!child.wait().unwrap().success());
    acknowledged
}

/// Reads up to and with the next acknowledgement; false if there is none.
fn read_one(lines: &mut impl BufRead, acknowledged: &mut BTreeMap<PayoutId, u64>) -> bool {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if let Some(written) = line.strip_prefix("written ").and_then(|l| l.strip_suffix('\n')) {
            let (id, version) = written.split_once(' ').unwrap();
            acknowledged.insert(PayoutId::parse(id).unwrap(), version.parse().unwrap());
            return true;
        }
        line.clear();
    }
    false
}

fn assert_held_by(directory: &Path, child: &Child) {
    let id = payout::id::StoreId::parse("other").unwrap();
    match EmbeddedStore::open(directory, START, &id, epoch()) {
        Err(OpenError::InUse { process, .. }) => assert_eq!(process, Some(child.id())),
        other => panic!("{:?}", other.err()),
    }
}

/// What the log has told so far.
struct History {
    cursor: Cursor,
    payouts: BTreeMap<PayoutId, Payout>,
}

impl History {
    async fn new(store: &EmbeddedStore) -> Self {
        Self { cursor: store.ends().await.unwrap().latest, payouts: BTreeMap::new() }
    }

    /// Reads on in the log from where it was before the kill; then the log, the records, the
    /// evidence and the claims must tell the same story, and know all that was acknowledged.
    async fn check(&mut self, store: &EmbeddedStore, acknowledged: &BTreeMap<PayoutId, u64>) {
        let touched = self.read_on(store).await;
        for (id, version) in acknowledged {
            let sequence = self.payouts.get(id).map_or(0, |payout| payout.sequence);
            assert!(sequence >= *version, "{id}: {version} acknowledged, {sequence} there");
        }
        let mut unfinished = BTreeSet::new();
        for id in touched {
            let Some(Stored::Payout(record)) = store.load(&id).await.unwrap() else {
                panic!("{id} is on the log and not there")
            };
            assert_eq!(record.payout, self.payouts[&id], "the log rebuilds the payout");
            assert_eq!(record.version, record.payout.sequence);
            assert_eq!(record.vault.request.is_some(), record.version == 2);
            let evidence = store.evidence(&id).await.unwrap();
            assert_eq!(evidence.len() as u64, record.version);
            if record.version < VERSIONS {
                unfinished.insert(id);
            }
        }
        assert_eq!(claim_all(store, START).await, unfinished, "claims of the dead are due");
    }

    async fn read_on(&mut self, store: &EmbeddedStore) -> BTreeSet<PayoutId> {
        let selection = Selection::Merchant(sample::merchant("m-1"));
        let mut reader = Reader::from_start(store, selection).await;
        reader.cursor = self.cursor.clone();
        let mut touched = BTreeSet::new();
        for entry in reader.rest(store).await {
            let Fact::Payout(event) = entry.fact else { panic!("nobody wrote a destination") };
            let before = self.payouts.remove(&event.payout);
            let after = machine::apply(before, &event);
            self.payouts.insert(event.payout.clone(), after);
            touched.insert(event.payout);
        }
        self.cursor = reader.cursor;
        touched
    }
}

/// Claims everything that is due, and lets go of it.
async fn claim_all(store: &EmbeddedStore, now: Timestamp) -> BTreeSet<PayoutId> {
    let claim = sample::claim("checker", 1000, now);
    let claimed = store.claim(&claim).await.unwrap();
    let holder: &Incarnation = &claim.holder;
    store.release(holder, &claimed).await.unwrap();
    claimed.into_iter().collect()
}

/// A small generator (xorshift64*), so that a seed repeats the choices.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}
