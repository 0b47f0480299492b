//! The command line between other programs: pipes, scripts, servers that go away, and the examples
//! that it gives itself.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::{answer, finish, run};
use crate::world::{EU, Options, World, binary, id_of, request};

#[tokio::test]
async fn every_example_of_the_help_works_with_the_simulator() {
    let world = World::start().await;
    let mut count = 0;
    for page in [&["payout", "create"], &["destination", "register"]] {
        for example in examples(page) {
            let mut command = Command::new("sh");
            command.args(["-c", &example]);
            command.env("PAYOUTD_ENDPOINT", format!("http://{}", world.grpc_at));
            let directory = binary().parent().unwrap().display().to_string();
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{directory}:{path}"));
            let ran = finish(command);
            assert_eq!(ran.code, Some(0), "{example}\n{}", ran.err);
            let good = ["state: COMPLETED", "state: ACCEPTED", "state: ACTIVE"];
            assert!(good.iter().any(|state| ran.out.contains(state)), "{example}\n{}", ran.out);
            count += 1;
        }
    }
    assert_eq!(count, 4, "every example is found");
}

async fn pay(world: &World, key: &str, destination: &str) {
    world.payouts().create_payout(request(EU, key, destination)).await.unwrap();
}

/// The commands that a help page shows, as a shell takes them.
fn examples(page: &[&str]) -> Vec<String> {
    let mut command = Command::new(binary());
    command.args(page).arg("--help");
    let help = finish(command).out;
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    let lines = examples.replace("\\\n", " ");
    let lines = lines.lines().map(str::trim).take_while(|line| line.starts_with("payoutd "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_a_command_quietly() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    for key in ["k1", "k2", "k3"] {
        pay(&world, key, &destination).await;
    }
    let mut command = Command::new(binary());
    command.args(["payout", "watch", "--beginning", "--merchant", EU]);
    command.env("PAYOUTD_ENDPOINT", format!("http://{}", world.grpc_at));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::with_capacity(1, child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    drop(out);
    // Something more to say, to nobody.
    pay(&world, "k4", &destination).await;
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &[][..]));
}

#[tokio::test]
async fn scripts_get_errors_as_one_object() {
    let world = World::start().await;
    let script = |args: &[&str]| -> Value {
        let ran = run(&world, &[args, &["--output", "json"]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{args:?}");
        serde_json::from_str(&ran.err).unwrap()
    };
    let create = ["payout", "create", "--key", "k", "--customer", "c", "--amount", "1"];
    let handle = ["--provider-handle", "1234567890", "--currency"];
    answer(&world, &[&create[..], &handle, &["EUR"]].concat());
    let reused = script(&[&create[..], &handle, &["SEK"]].concat());
    assert_eq!((&reused["code"], &reused["recorded"]), (&json!("ALREADY_EXISTS"), &json!("no")));
    assert_eq!(reused["reason"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(reused["payout_id"], id_of(EU, "k"));
    let differs = json!([{ "field": "amount.currency_code", "problem": "differs" }]);
    assert_eq!(reused["fields"], differs);
    let wrong = script(&["payout", "watch", "--cursor", "!"]);
    assert_eq!(wrong["fields"][0]["field"], "start.cursor");
    // A port where something else listens.
    for at in [world.admin_at, world.simulator_at] {
        let endpoint = format!("http://{at}");
        let other = script(&["payout", "list", "--endpoint", &endpoint]);
        assert_eq!(other["code"], "UNAVAILABLE");
        assert!(other["message"].as_str().unwrap().contains("gRPC address"), "{other}");
    }
    let nobody = script(&["payout", "list", "--endpoint", "http://127.0.0.1:1"]);
    assert_eq!(nobody["code"], "UNAVAILABLE");
}

#[tokio::test]
async fn a_watch_whose_server_goes_away_says_where_to_go_on() {
    let mut world = World::start().await;
    let destination = world.destination(EU).await;
    pay(&world, "k1", &destination).await;
    let endpoint = format!("http://{}", world.grpc_at);
    let watch = |more: &[&str]| {
        let mut command = Command::new(binary());
        command.args(["payout", "watch", "--merchant", EU, "--endpoint", &endpoint]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut watching = watch(&["--beginning"]);
    let mut line = String::new();
    let mut out = BufReader::new(watching.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.contains("REGISTERED") || line.contains("IMPORTED"), "{line}");
    world.kill_server();
    let ended = watching.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("the connection to the server was lost"), "{told}");
    let (_, cursor) = told.trim().rsplit_once("--cursor ").unwrap();
    world.start_server().await;
    pay(&world, "k2", &destination).await;
    let id = id_of(EU, "k2");
    let on = run(&world, &["payout", "watch", "--cursor", cursor, "--id", &id, "--until-outcome"]);
    assert_eq!(on.code, Some(0), "{}", on.err);
    assert!(on.out.contains(&id) && on.out.contains("CREATED"), "{}", on.out);
    // Interrupted by hand it says the same.
    let mut watching = watch(&["--beginning"]);
    let mut out = BufReader::new(watching.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let id = watching.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = watching.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{told}");
    assert!(told.contains("go on with --cursor "), "{told}");
}

#[tokio::test]
async fn a_wait_that_ends_without_an_outcome_says_so() {
    let replace = vec![("[store]", "wait_max = \"1s\"\n\n[store]".to_owned())];
    let options = Options { time_factor: 1, replace, ..Options::default() };
    let world = World::start_with(&options).await;
    let create = ["payout", "create", "--key", "k", "--customer", "c", "--amount", "1"];
    let to = ["--currency", "EUR", "--provider-handle", "1234567890", "--wait", "outcome"];
    let ran = run(&world, &[&create[..], &to].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("outcome: UNDECIDED"), "{}", ran.out);
    assert!(ran.err.contains("payout watch --id po_"), "{}", ran.err);
}

#[tokio::test]
async fn destinations_and_providers_are_shown() {
    let world = World::start().await;
    let id = world.destination(EU).await;
    assert_eq!(answer(&world, &["destination", "get", "--id", &id])["state"], "ACTIVE");
    assert_eq!(answer(&world, &["destination", "delete", "--id", &id])["state"], "DELETED");
    assert_eq!(answer(&world, &["destination", "get", "--id", &id])["state"], "DELETED");
    let provider = answer(&world, &["provider", "describe"]);
    assert_eq!(provider["confirmation"], "CONFIRMED");
    assert_eq!(provider["region"], "Europe");
    let text = run(&world, &["provider", "describe"]).out;
    assert!(text.contains("currency_code EUR"), "{text}");
    let ran = run(&world, &["destination", "get", "--id", "ds_unknown"]);
    assert!(ran.code == Some(1) && ran.err.contains("DESTINATION_NOT_FOUND"), "{}", ran.err);
}

#[tokio::test]
async fn labels_and_a_limit_in_time_are_given_with_a_payout() {
    let world = World::start().await;
    let create = ["payout", "create", "--key", "k", "--customer", "c", "--amount", "1"];
    let to = ["--currency", "EUR", "--provider-handle", "1234567890", "--label", "a=b=c"];
    let limit = ["--label", "order=7", "--submit-before", "2030-01-31T12:00:00Z"];
    let made = answer(&world, &[&create[..], &to, &limit].concat());
    assert_eq!(made["metadata"], json!({ "a": "b=c", "order": "7" }));
    assert_eq!(made["submit_before"], "2030-01-31T12:00:00.000Z");
}
