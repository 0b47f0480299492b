//! `payoutd ops …`, as people use it.

use std::process::Command;

use serde_json::{Value, json};

use super::{ACCOUNT, ALWAYS, create, on_submission, wait_until_parked, with_horizon};
use crate::world::{EU, World, binary, id_of};

/// Runs a command; returns its exit code, its output and what it said of errors.
fn run(world: &World, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary());
    command.args(args);
    command.env("PAYOUTD_ENDPOINT", format!("http://{}", world.grpc_at));
    command.env("PAYOUTD_MERCHANT", EU);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(world: &World, args: &[&str]) -> String {
    let (code, out, err) = run(world, args);
    assert_eq!(code, Some(0), "{args:?}: {err}");
    out
}

fn answer(world: &World, args: &[&str]) -> Value {
    serde_json::from_str(&text(world, &[args, &["--output", "json"]].concat())).unwrap()
}

#[tokio::test]
async fn operators_find_settle_and_look() {
    let world = World::start_with(&with_horizon("2s")).await;
    on_submission(&world, json!({ "fault": "http_500", "times": ALWAYS })).await;
    create(&world, "stuck").await;
    wait_until_parked(&world, "stuck").await;
    let id = id_of(EU, "stuck");
    let table = text(&world, &["ops", "indeterminate", "--all-merchants"]);
    let [titles, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
    assert!(titles.starts_with("PAYOUT  ") && titles.contains("NEXT LOOK"), "{table}");
    for part in [id.as_str(), EU, "INDETERMINATE", "EUR 10.00", "HORIZON_PASSED", "people"] {
        assert!(row.contains(part), "{part}: {table}");
    }
    let listed = answer(&world, &["ops", "indeterminate"]);
    assert_eq!((&listed["payout"]["id"], &listed["parked"]), (&json!(id), &json!(true)));
    let sent = text(&world, &["ops", "preview", "sent", "--id", &id]);
    assert!(sent.contains("attempt 1, IN_DOUBT") && !sent.contains(ACCOUNT), "{sent}");

    let settle = ["ops", "settle", "--id", &id, "--verdict", "not-paid", "--operator", "Ada"];
    let (code, _, err) = run(&world, &settle);
    assert_eq!(code, Some(2), "{err}");
    let settle = [&settle[..], &["--evidence", "ticket 4711", "--why", "never arrived"]].concat();
    assert_eq!(answer(&world, &settle)["state"], "FAILED");
    let (code, _, err) = run(&world, &settle);
    assert_eq!(code, Some(1));
    assert!(err.contains("NOTHING_IN_DOUBT") && err.contains("state: FAILED"), "{err}");
    assert_eq!(run(&world, &["ops", "indeterminate"]).2, "there is none\n");
    assert_eq!(run(&world, &["ops", "parked"]).2, "there is none\n");
}

#[tokio::test]
async fn operators_pause_resume_and_try_out() {
    let world = World::start().await;
    let paused = answer(&world, &["ops", "pause", "--operator", "Ada", "--why", "new keys"]);
    assert_eq!((&paused["kind"], &paused["why"]), (&json!("PAUSED"), &json!("new keys")));
    let payout = ["--key", "k", "--customer", "c", "--amount", "10.00", "--currency", "EUR"];
    let payout = [&payout[..], &["--provider-handle", ACCOUNT]].concat();
    let validate = [&["payout", "create", "--validate-only"], &payout[..]].concat();
    assert_eq!(answer(&world, &validate), json!({ "validated": true }));
    let preview = text(&world, &[&["ops", "preview", "creation"], &payout[..]].concat());
    assert!(preview.contains("not recorded") && preview.contains("would be sent:"), "{preview}");
    let (code, _, err) = run(&world, &["payout", "get", "--key", "k"]);
    assert_eq!(code, Some(1), "{err}");
    let resumed = answer(&world, &["ops", "resume"]);
    assert_eq!(resumed["result"], "RESUMED");
    assert_eq!(answer(&world, &["ops", "resume"])["result"], "NOT_PAUSED");
}
