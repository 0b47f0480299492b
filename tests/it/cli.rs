//! The command line as people use it: the client, the checks, and the demonstration.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use serde_json::{Value, json};

use crate::world::{CUSTOMER, EU, World, binary, id_of};

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The lines of its output, each as JSON.
    fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(crate) fn run(world: &World, args: &[&str]) -> Ran {
    let mut command = Command::new(binary());
    command.args(args);
    command.env("PAYOUTD_ENDPOINT", format!("http://{}", world.grpc_at));
    command.env("PAYOUTD_MERCHANT", EU);
    finish(command)
}

pub(crate) fn finish(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command that must work, for its only answer.
pub(crate) fn answer(world: &World, args: &[&str]) -> Value {
    let ran = run(world, &[args, &["--output", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.err);
    let [answer] = ran.json().try_into().unwrap();
    answer
}

/// Runs a command that must not work, and checks that it says why, in order.
fn check_refused(world: &World, args: &[&str], said: &[&str]) {
    let ran = run(world, args);
    assert!(ran.code.is_some_and(|code| code > 0), "{args:?}: {:?} {}", ran.code, ran.out);
    let mut rest = ran.err.as_str();
    for part in said {
        let Some((_, after)) = rest.split_once(part) else { panic!("{args:?}: {}", ran.err) };
        rest = after;
    }
}

#[tokio::test]
async fn destinations_are_made_and_listed() {
    let world = World::start().await;
    let bank = ["--iban", "DE75 5121 0800 1245 1261 99", "--first-name", "Åsa"];
    let register = ["destination", "register", "--customer", CUSTOMER, "--last-name", "Öberg"];
    let registered = answer(&world, &[&register[..], &bank].concat());
    assert_eq!(registered["state"], "ACTIVE");
    assert_eq!(registered["kind"], "BANK_DETAILS");
    assert_eq!(registered["summary"]["masked_account"], "DE*****6199");
    let import = ["destination", "import", "--customer", CUSTOMER, "--provider-handle"];
    let imported = answer(&world, &[&import[..], &["1234567890"]].concat());
    assert_eq!(imported["kind"], "PROVIDER_HANDLE");
    assert_eq!(imported["summary"]["masked_account"], "*****7890");
    let swedish = ["--country", "SE", "--bank-number", "6112", "--account-number", "69706212"];
    let organisation = ["--organisation", "Öberg AB"];
    let register = ["destination", "register", "--customer", "customer-2"];
    let local = answer(&world, &[&register[..], &swedish, &organisation].concat());
    assert_eq!(local["summary"]["masked_account"], "SE*****6212");
    let list = ["destination", "list", "--output", "json"];
    let listed = run(&world, &list).json();
    let ids: Vec<_> = listed.iter().map(|found| &found["id"]).collect();
    assert_eq!(ids, [&local["id"], &imported["id"], &registered["id"]]);
    let of_one = run(&world, &[&list[..], &["--customer", "customer-2"]].concat()).json();
    assert_eq!(of_one, [local]);
    let text = run(&world, &["destination", "list"]).out;
    assert!(text.contains("account: DE*****6199") && !text.contains("5121"), "{text}");
    check_refused(&world, &["destination", "register", "--customer", "c"], &["--iban"]);
    let handle = ["destination", "import", "--customer", "c", "--provider-handle", "abc"];
    check_refused(&world, &handle, &["InvalidArgument", "INVALID_FIELD", "recorded: no"]);
}

#[tokio::test]
async fn payouts_are_made_shown_watched_and_cancelled() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let order = ["--key", "order-1", "--customer", CUSTOMER, "--currency", "EUR"];
    let create = ["payout", "create", "--destination", &destination, "--wait", "outcome"];
    let create = [&create[..], &order, &["--amount", "10.50"]].concat();
    let created = answer(&world, &create);
    assert_eq!(created["id"], id_of(EU, "order-1"));
    assert_eq!(
        (&created["state"], &created["outcome"]),
        (&"COMPLETED".into(), &"SUCCEEDED".into())
    );
    assert_eq!(created["amount"], json!({ "currency_code": "EUR", "minor_units": 1050 }));
    assert_eq!(created["replayed"], false);
    assert_eq!(created["destination"]["destination_id"], destination);
    assert_eq!(created["attempts"][0]["state"], "ACCEPTED");
    assert!(created["outcome_at"].is_string(), "{created}");
    assert_eq!(answer(&world, &create)["replayed"], true);

    let id = id_of(EU, "order-1");
    for which in [["--key", "order-1"], ["--id", &id]] {
        let got = answer(&world, &[&["payout", "get"][..], &which].concat());
        assert_eq!((&got["id"], &got["state"]), (&id.as_str().into(), &"COMPLETED".into()));
    }
    let text = run(&world, &["payout", "get", "--key", "order-1"]).out;
    assert!(text.contains("state: COMPLETED\n") && text.contains("amount: EUR 10.50\n"), "{text}");

    let watch = ["payout", "watch", "--id", &id, "--beginning", "--until-outcome"];
    let watched = run(&world, &[&watch[..], &["--output", "json"]].concat());
    assert_eq!(watched.code, Some(0));
    let events = watched.json();
    assert_eq!(events.first().unwrap()["payout_event"]["kind"], "CREATED");
    assert_eq!(events.first().unwrap()["payout_event"]["payout_id"], id);
    assert_eq!(events.last().unwrap()["payout_event"]["state_after"], "COMPLETED");
    assert!(watched.err.contains("--cursor"), "{}", watched.err);
    let text = run(&world, &watch).out;
    assert_eq!(text.lines().count(), events.len(), "a line for each: {text}");

    let fenced = answer(&world, &["payout", "cancel", "--key", "order-2"]);
    assert_eq!((&fenced["result"], &fenced["payout"]), (&"FENCED".into(), &Value::Null));
    let late = answer(&world, &["payout", "cancel", "--id", &id]);
    assert_eq!((&late["result"], &late["payout"]["id"]), (&"TOO_LATE".into(), &id.into()));
    let mut second = create.clone();
    let key = second.iter().position(|arg| *arg == "order-1").unwrap();
    second[key] = "order-2";
    check_refused(&world, &second, &["FailedPrecondition", "KEY_FENCED", "recorded: no"]);
    second[key] = "order-3";
    answer(&world, &second);
    let listed = run(&world, &["payout", "list", "--output", "json"]).json();
    let keys: Vec<_> = listed.iter().map(|it| it["idempotency_key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["order-3", "order-1"]);
    let text = run(&world, &["payout", "list", "--limit", "1"]).out;
    assert!(text.lines().count() == 1 && text.contains("EUR 10.50 order-3"), "{text}");
    let told = run(&world, &["payout", "list", "--limit", "1"]).err;
    assert!(told.contains("--limit"), "there are more: {told}");
    assert_eq!(run(&world, &["payout", "list"]).err, "");
}

#[tokio::test]
async fn what_a_payout_says_beyond_its_amount_has_flags() {
    let world = World::start().await;
    let order = json!({ "message_id": "p2p-1", "amount": "10.50", "currency": "EUR" });
    world.control(reqwest::Method::POST, "p2p_orders", order).await;
    let strict = json!({ "sender_information_required": true, "psp_merchant_required": true });
    world.control(reqwest::Method::PUT, "settings", json!({ "eu": strict })).await;
    let line = "payout create --key k1 --customer c1 --amount 10.50 --currency EUR \
        --country SE --bank-number 6112 --account-number 69706212 \
        --first-name Åsa --last-name Öberg --holder-country SE --holder-postal-code 21120 \
        --holder-city Malmö --holder-line-1 Storgatan --holder-line-2 1B \
        --holder-date-of-birth 1979-01-31 --holder-mobile-phone +46709876543 \
        --holder-email asa@example.com --holder-national-id 790131-1234 \
        --originator-organisation Acme --originator-address Street --originator-country ES \
        --originator-customer-id 17 --originator-organisation-number 556677 \
        --shop-name Shop --shop-url www.shop.example --shop-category 5499 \
        --external-reference r1 --related-order-reference p2p-1 --wait outcome \
        --statement-descriptor ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut args: Vec<&str> = line.split_whitespace().collect();
    let paid = run(&world, &[&args[..], &["--output", "json"]].concat());
    assert_eq!(paid.code, Some(0), "{}", paid.err);
    assert!(paid.err.starts_with("warning: statement_descriptor: "), "{}", paid.err);
    let [paid] = paid.json().try_into().unwrap();
    assert_eq!((&paid["state"], &paid["outcome"]), (&json!("COMPLETED"), &json!("SUCCEEDED")));
    let person = "--originator-first-name Steve --originator-last-name Smith \
        --originator-address Street --originator-country ES \
        --originator-date-of-birth 1990-03-31 --validate-only";
    args = "payout create --key k2 --customer c1 --amount 1 --currency EUR --provider-handle 1"
        .split_whitespace()
        .chain(person.split_whitespace())
        .collect();
    assert_eq!(answer(&world, &args)["validated"], true);
    let nameless = [
        "payout",
        "create",
        "--key",
        "k3",
        "--customer",
        "c1",
        "--amount",
        "1",
        "--currency",
        "EUR",
        "--provider-handle",
        "1",
        "--originator-country",
        "ES",
    ];
    let refused = run(&world, &nameless);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("--originator-first-name"), "{}", refused.err);
}

#[tokio::test]
async fn mistakes_are_explained() {
    let world = World::start().await;
    let order = ["payout", "create", "--key", "k", "--customer", "c", "--currency"];
    let with = |more: &[&'static str]| [&order[..], more].concat();
    let handle = ["--provider-handle", "1234567890"];
    let used = |currency| {
        let rest = ["--key", "used", "--customer", "c", "--currency", currency, "--amount", "1"];
        [&["payout", "create"][..], &rest, &handle].concat()
    };
    answer(&world, &used("EUR"));
    for (args, said) in [
        (
            with(&["EUR", "--amount", "1", "--destination", "ds_unknown"]),
            &["NotFound", "DESTINATION_NOT_FOUND", "recorded: no"][..],
        ),
        (
            with(&["EUR", "--amount", "1", "--iban", "DE76512108001245126199"]),
            &["InvalidArgument", "recorded: no", "bank_details.account.iban", "holder"],
        ),
        (
            used("SEK"),
            &["AlreadyExists", "reason: IDEMPOTENCY_KEY_REUSED", "differ: amount.currency_code\n"],
        ),
        (vec!["payout", "get", "--key", "unused"], &["NotFound", "PAYOUT_NOT_FOUND"]),
        (vec!["payout", "watch", "--cursor", "!"], &["InvalidArgument", "start.cursor"]),
        (vec!["payout", "list", "--endpoint", "http://127.0.0.1:1"], &["payoutd serve"]),
        (vec!["payout", "list", "--merchant", "nobody"], &["NotFound", "UNKNOWN_MERCHANT"]),
        (vec!["serve", "--config", "/nowhere/payoutd.toml"], &["/nowhere/payoutd.toml"]),
    ] {
        check_refused(&world, &args, said);
    }
}

/// Found before anything is sent: there is no server where these look for one.
#[test]
fn a_slip_on_the_command_line_is_named_with_its_flag_and_ends_with_2() {
    let order = ["payout", "create", "--customer", "c", "--provider-handle", "1234567890"];
    let paying = |amount, currency| {
        [&order[..], &["--key", "k", "--amount", amount, "--currency", currency]].concat()
    };
    let without = |flag: &str| {
        let mut args = paying("1", "EUR");
        let at = args.iter().position(|arg| *arg == flag).unwrap();
        args.drain(at..at + 2);
        args
    };
    let with = |more: &[&'static str]| [&without("--provider-handle")[..], more].concat();
    let slips: Vec<(Vec<&str>, &[&str])> = vec![
        (paying("10.005", "EUR"), &["--amount", "too fine for EUR", "10.50"]),
        (paying("1e3", "EUR"), &["--amount", "plain decimal", "10.50"]),
        (paying("-5", "EUR"), &["--amount", "sign", "10.50"]),
        (paying("10,00", "EUR"), &["--amount", "comma", "10.50"]),
        (paying("10.50", "HUF"), &["--amount", "too fine for HUF", "such as 10"]),
        (paying("0", "EUR"), &["--amount", "above zero"]),
        (paying("1000", "JPY"), &["--currency", "BGN, CAD, ", "USD"]),
        (paying("10", "eur"), &["--currency", "EUR"]),
        (without("--currency"), &["--currency"]),
        (without("--key"), &["--key"]),
        (without("--provider-handle"), &["--destination", "--provider-handle", "--iban"]),
        (with(&["--iban", "x", "--destination", "y"]), &["no more than one"]),
        (with(&["--destination", "y", "--organisation", "x"]), &["--organisation", "--iban"]),
        (with(&["--account-number", "1"]), &["--country", "--bank-number"]),
        (with(&["--iban", "x", "--first-name", "y"]), &["--last-name"]),
        ([&paying("1", "EUR")[..], &["--wait", "long"]].concat(), &["--wait", "outcome"]),
        (vec!["payout", "get"], &["--id", "--key"]),
        ([&paying("1", "EUR")[..], &["--label", "x"]].concat(), &["--label", "name=value"]),
        (
            [&paying("1", "EUR")[..], &["--submit-before", "x"]].concat(),
            &["--submit-before", "2030"],
        ),
        (vec!["--log", "a=b=c", "payout", "list"], &["--log", "is no filter"]),
        (vec!["payout", "get", "--key", "a b"], &["--key", "from ! to ~"]),
        (vec!["payout", "get", "--key", "k", "--merchant", "Ä"], &["--merchant", "a-z, 0-9 and -"]),
        (vec!["payout", "list", "--customer", ""], &["--customer", "is required"]),
        (vec!["payout", "list", "--limit", "-1"], &["--limit", "1..=500"]),
        (vec!["payout", "list", "--limit", "501"], &["--limit", "1..=500"]),
        (vec!["payout", "list", "--endpoint", "not one"], &["not one", "http://host:50051"]),
        (vec!["payout", "list", "--endpoint", "host"], &["host,", "http://host:50051"]),
        (vec!["payout", "watch", "--until-outcome"], &["--id"]),
        (vec!["destination", "register", "--customer", "c"], &["--iban", "--account-number"]),
        (vec!["destination", "list", "--limit", "0"], &["--limit", "1..=500"]),
        (vec!["frobnicate"], &["frobnicate"]),
    ];
    for (args, said) in slips {
        let mut command = Command::new(binary());
        command.env("PAYOUTD_ENDPOINT", "http://127.0.0.1:1").env("PAYOUTD_MERCHANT", EU);
        command.args(&args);
        let ran = finish(command);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
        let mut rest = ran.err.as_str();
        for part in said {
            let Some((_, after)) = rest.split_once(part) else { panic!("{args:?}: {}", ran.err) };
            rest = after;
        }
    }
}

#[test]
fn help_gives_examples_and_exit_codes() {
    let help = |args: &[&str]| {
        let mut command = Command::new(binary());
        command.args(args).arg("--help");
        let ran = finish(command);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.err);
        ran.out
    };
    for line in ["Exit codes:", "  0  done", "  1  failed", "  2  not begun"] {
        assert!(help(&[]).contains(line), "{line}");
    }
    for args in [["payout", "create"], ["destination", "register"]] {
        assert!(help(&args).contains("Examples:\n  payoutd "), "{args:?}");
    }
}

#[tokio::test]
async fn a_good_configuration_is_described_and_a_bad_one_explained() {
    let world = World::start().await;
    let config = world.config();
    let good = run(&world, &["check-config", "--config", config.to_str().unwrap()]);
    assert_eq!(good.code, Some(0), "{}", good.err);
    for line in ["merchant demo-eu: Trustly Europe", "merchant demo-us: Trustly Americas"] {
        assert!(good.out.contains(line), "{}", good.out);
    }
    let bad = world.directory().join("bad.toml");
    std::fs::write(&bad, BAD).unwrap();
    std::fs::write(world.directory().join("short"), "0123456789abcdef-too-short").unwrap();
    let explained = run(&world, &["check-config", "--config", bad.to_str().unwrap()]);
    assert_eq!(explained.code, Some(1), "{}", explained.out);
    for path in BAD_PATHS {
        let told = explained
            .err
            .lines()
            .any(|line| line.trim_start_matches("payoutd: ").starts_with(&format!("{path}: ")));
        assert!(told, "{path} is not named in:\n{}", explained.err);
    }
    assert_eq!(explained.err.trim().lines().count(), BAD_PATHS.len(), "{}", explained.err);
    assert!(!explained.err.contains("too-short"), "{}", explained.err);
    // A server does not even start with it.
    let served = run(&world, &["serve", "--config", bad.to_str().unwrap()]);
    assert_eq!((served.code, served.err), (Some(1), explained.err));
}

const BAD: &str = r#"
[server]
public_url = "http://payouts.example/"
creations_max = 0
recoveries_max = 1000000

[store]
directory = "data"

[keys]
1 = { file = "short" }
two = { file = "secrets/key-1" }

[merchants.Demo.trustly_europe]
url = "http://api.example/1"
username = "u"
password = { file = "secrets/nowhere" }
merchant_keys = [{ private_key = { file = "secrets/password" } }]
trustly_keys = []
shopper_statement = " "

[merchants.us.trustly_americas]
url = "https://trustly.example/api/v1/"
merchant_id = "1"
credentials = [{ access_id = "a", access_key = { env = "PAYOUTD_TEST_NOT_SET" } }]

[merchants.none]

[merchants.empty.trustly_americas]
url = "https://trustly.example/api/v1"
merchant_id = "1"
credentials = []
"#;

const BAD_PATHS: [&str; 16] = [
    "server.public_url",
    "server.creations_max",
    "server.recoveries_max",
    "keys.1",
    "keys.two",
    "keys",
    "merchants.Demo",
    "merchants.Demo.trustly_europe.url",
    "merchants.Demo.trustly_europe.password",
    "merchants.Demo.trustly_europe.merchant_keys[0].private_key",
    "merchants.Demo.trustly_europe.trustly_keys",
    "merchants.Demo.trustly_europe.shopper_statement",
    "merchants.us.trustly_americas.url",
    "merchants.us.trustly_americas.credentials[0].access_key",
    "merchants.none",
    "merchants.empty.trustly_americas.credentials",
];

const PASSWORD: &str = "password = { file = \"secrets/password\" }";
const STATEMENT: &str = "shopper_statement = \"Demo Merchant\"";

/// A change of a good configuration, and what is said of it.
type Slip = (&'static str, &'static str, &'static [&'static str]);

#[tokio::test]
async fn a_slip_in_the_file_is_named_without_the_secret_in_it() {
    let world = World::start().await;
    let good = std::fs::read_to_string(world.config()).unwrap();
    let slips: [Slip; 7] = [
        (PASSWORD, "password = \"hunter2\"", &["line 19", "file", "env"]),
        (PASSWORD, "password = hunter2", &["line 19"]),
        (PASSWORD, "password = \"hunter2", &["line 19"]),
        (STATEMENT, "shopper_statement = { text = \"hunter2\" }", &["line 23", "a string"]),
        (STATEMENT, "pasword = \"hunter2\"", &["shopper_statement", "is missing", "pasword"]),
        ("\"100ms\"", "\"100\"", &["line 8", "is not a duration"]),
        ("{ file = \"secrets/key-1\" }", "{ hex = \"hunter2\" }", &["line 14", "file", "env"]),
    ];
    for (what, with, said) in slips {
        assert!(good.contains(what), "{what}");
        let bad = world.directory().join("slip.toml");
        std::fs::write(&bad, good.replace(what, with)).unwrap();
        let ran = run(&world, &["check-config", "--config", bad.to_str().unwrap()]);
        assert_eq!(ran.code, Some(1), "{with}");
        for part in [&["slip.toml"], said].concat() {
            assert!(ran.err.contains(part), "{with}: {}", ran.err);
        }
        assert!(!ran.err.contains("hunter2"), "{with}: {}", ran.err);
    }
}

#[test]
fn keys_are_made_once_and_for_their_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    // A directory that is not there yet is made.
    let directory = directory.path().join("some/where");
    let keygen = || {
        let mut command = Command::new(binary());
        command.args(["keygen", "--directory"]).arg(&directory);
        finish(command)
    };
    let made = keygen();
    assert_eq!(made.code, Some(0), "{}", made.err);
    let (private, public) = ("merchant-private.pem", "merchant-public.pem");
    assert!(made.out.contains(private) && made.out.contains(public), "{}", made.out);
    let path = |name: &str| directory.join(name);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(private)), 0o600);
    let pem = std::fs::read_to_string(path(private)).unwrap();
    let key = RsaPrivateKey::from_pkcs8_pem(&pem).unwrap();
    let public_pem = std::fs::read_to_string(path(public)).unwrap();
    let expected = rsa::RsaPublicKey::from_public_key_pem(&public_pem).unwrap();
    assert_eq!(key.to_public_key(), expected);
    let again = keygen();
    assert_eq!(again.code, Some(1), "{}", again.out);
    assert!(again.err.contains(private) && again.err.contains("--directory"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(path(private)).unwrap(), pem, "a key in use is kept");
    assert_eq!(std::fs::read_to_string(path(public)).unwrap(), public_pem);
    assert!(!again.err.contains("BEGIN") && !made.out.contains("BEGIN"));
}

#[test]
fn the_demonstration_goes_as_expected() {
    let mut command = Command::new(binary());
    command.arg("demo");
    let ran = finish(command);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert_eq!(ran.out.lines().last(), Some("demo: 14 of 14 as expected"), "{}", ran.out);
    assert_eq!(ran.err, "", "no log lines in the story");
    for line in ["GIVE BACK", "RETURNED", "KEY_FENCED", "IDEMPOTENCY_KEY_REUSED"] {
        let shown = ran.out.to_uppercase().contains(line);
        assert!(shown, "{line} is not shown in {}", ran.out);
    }
}
