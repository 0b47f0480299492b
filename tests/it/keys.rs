//! The keys of Trustly Europe: told apart in a configuration, named when they are wrong, and
//! replaced while payouts are under way.

use std::path::Path;
use std::process::Command;

use api::v1::{Actor, Payout, PayoutState, Reason};
use reqwest::Method;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::sha2::{Digest, Sha256};
use serde_json::{Value, json};

use crate::world::{EU, Options, World, binary, id_of, request};

pub(crate) const OWN: &str = "{ private_key = { file = \"secrets/merchant-private.pem\" } }";
pub(crate) const NEW: &str = "{ private_key = { file = \"new/merchant-private.pem\" } }";
pub(crate) const TRUSTLYS: &str = "\"secrets/trustly-public.pem\"";

/// Trustly's published TEST key (Authentication page).
pub(crate) const TRUSTLY_TEST: &str =
    include_str!("../../crates/trustly/tests/keys/trustly-test.pem");
const TESTER: &str = include_str!("../../crates/trustly/tests/keys/signature-tester.pem");

/// Makes a second pair for the merchant, in `new`; what was said of it.
pub(crate) fn keygen(world: &World) -> String {
    let directory = world.directory().join("new");
    std::fs::create_dir(&directory).unwrap();
    let mut command = Command::new(binary());
    let output = command.args(["keygen", "--directory"]).arg(&directory).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn check_config(world: &World) -> Result<String, String> {
    let mut command = Command::new(binary());
    let output = command.args(["check-config", "--config"]).arg(world.config()).output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

/// Replaces a part of the configuration by another.
fn reconfigure(world: &World, what: &str, with: &str) {
    let text = std::fs::read_to_string(world.config()).unwrap();
    assert!(text.contains(what), "the configuration has no {what}");
    std::fs::write(world.config(), text.replace(what, with)).unwrap();
}

/// As `openssl pkey -in FILE -pubout -outform DER | openssl sha256` has it.
fn fingerprint(private: &Path) -> String {
    let pem = std::fs::read_to_string(private).unwrap();
    let key = RsaPrivateKey::from_pkcs8_pem(&pem).unwrap().to_public_key();
    let der = key.to_public_key_der().unwrap();
    data_encoding::HEXLOWER.encode(&Sha256::digest(der.as_bytes()))
}

#[tokio::test]
async fn every_key_is_shown_with_its_fingerprint() {
    let world = World::without_server(&Options::default()).await;
    let made = keygen(&world);
    let file = |name: &str| world.directory().join(name);
    let [own, new] = ["secrets/merchant-private.pem", "new/merchant-private.pem"]
        .map(|name| fingerprint(&file(name)));
    let trustlys = fingerprint(&file("secrets/trustly-private.pem"));
    assert!(made.contains(&format!("fingerprint {new}")), "{made}");
    std::fs::write(file("trustly-test.pem"), TRUSTLY_TEST).unwrap();
    reconfigure(&world, OWN, &format!("{OWN}, {NEW}"));
    reconfigure(&world, TRUSTLYS, &format!("{TRUSTLYS}, \"trustly-test.pem\""));
    let shown = check_config(&world).unwrap();
    for line in [
        format!("    merchant_keys[0] {own}: signs our messages\n"),
        format!("    merchant_keys[1] {new}: signs nothing until it is listed first\n"),
        format!("    trustly_keys[0] {trustlys}: accepted; none of Trustly's published keys\n"),
        "    trustly_keys[1] 3c45411e0532933c3c97215b375d238c08b6a06d40793999444f6459c917a935: \
         accepted; Trustly's published TEST key\n"
            .to_owned(),
    ] {
        assert!(shown.contains(&line), "{line} is not in\n{shown}");
    }
    assert!(!shown.contains("BEGIN"), "{shown}");
}

/// A change of the configuration, at which place it is a mistake, and what is said of it.
type Mistake = (&'static str, String, &'static str, &'static str);

#[tokio::test]
async fn wrong_keys_are_named_with_what_helps() {
    let world = World::without_server(&Options::default()).await;
    keygen(&world);
    let file = |name: &str| world.directory().join(name);
    let pem = std::fs::read_to_string(file("secrets/merchant-private.pem")).unwrap();
    let key = RsaPrivateKey::from_pkcs8_pem(&pem).unwrap();
    std::fs::write(file("own.der"), key.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    std::fs::write(file("trustly-test.pem"), TRUSTLY_TEST).unwrap();
    std::fs::write(file("tester.pem"), TESTER).unwrap();
    let own = |name: &str| format!("{{ private_key = {{ file = \"{name}\" }} }}");
    let public = |name: &str| format!("\"{name}\"");
    let encrypted = "{ private_key = { file = \"own.der\" }, passphrase = { env = \"NOT_SET\" } }";
    let mistakes: [Mistake; 9] = [
        (OWN, own("own.der"), "merchant_keys[0].private_key", "openssl pkey -inform DER -in"),
        (OWN, own("new/merchant-public.pem"), "merchant_keys[0].private_key", "a public key"),
        (OWN, encrypted.to_owned(), "merchant_keys[0].passphrase", "NOT_SET is not set"),
        (OWN, format!("{OWN}, {OWN}"), "merchant_keys[1]", "listed twice"),
        (OWN, [OWN; 9].join(", "), "merchant_keys", "1 to 8 keys"),
        (TRUSTLYS, public("new/merchant-private.pem"), "trustly_keys[0]", "a private key"),
        (TRUSTLYS, public("tester.pem"), "trustly_keys[0]", "signature tester"),
        (TRUSTLYS, String::new(), "trustly_keys", "1 to 8 keys"),
        ("secrets/trustly-public.pem", "own.pem".to_owned(), "trustly_keys[0]", "merchant's own"),
    ];
    let own_public = key.to_public_key().to_public_key_pem(Default::default()).unwrap();
    std::fs::write(file("own.pem"), own_public).unwrap();
    let good = std::fs::read_to_string(world.config()).unwrap();
    for (what, with, place, said) in mistakes {
        std::fs::write(world.config(), &good).unwrap();
        reconfigure(&world, what, &with);
        let told = check_config(&world).unwrap_err();
        let path = format!("merchants.demo-eu.trustly_europe.{place}: ");
        let named = told.lines().any(|line| line.contains(&path) && line.contains(said));
        assert!(named, "{path}{said} is not said in:\n{told}");
        assert!(!told.contains("BEGIN") || told.contains("begins with"), "{told}");
    }
}

/// The merchant's key is replaced while a payout is in doubt: what was signed with the old key is
/// sent again as it was, and what Trustly does not take yet waits until the order is mended.
#[tokio::test]
async fn a_key_is_replaced_under_way() {
    let mut world = World::start().await;
    keygen(&world);
    let destination = world.destination(EU).await;
    world
        .fault(json!({
            "region": "eu", "on": "AccountPayout", "fault": "lose_reply",
            "reference": id_of(EU, "old"), "times": 1_000_000,
        }))
        .await;
    let mut call = request(EU, "old", &destination);
    call.set_wait_until(api::v1::WaitUntil::Recorded);
    world.payouts().create_payout(call).await.unwrap();
    world.wait_for(EU, "old", &[PayoutState::Indeterminate]).await;
    world.kill_server();
    world.clear_faults().await;

    reconfigure(&world, OWN, &format!("{NEW}, {OWN}"));
    world.start_server().await;
    world.wait_for(EU, "old", &[PayoutState::Accepted, PayoutState::Completed]).await;
    assert_eq!(bodies(&world, "old").await, 1, "one body, whichever key signs now");

    // Trustly does not know the new key yet: 636.
    world.payouts().create_payout(request(EU, "new", &destination)).await.unwrap();
    let held = world.wait_until(EU, "new", "held", |payout| payout.cause.is_some()).await;
    let cause = held.cause.as_ref().unwrap();
    assert_eq!(held.state(), PayoutState::Pending, "{held:?}");
    assert_eq!((cause.reason(), cause.actor()), (Reason::AccessRefused, Actor::Operator));
    assert_eq!(world.movements(EU, "new").await, Vec::<Value>::new());
    assert_eq!(world.stop_server(), Some(0));

    reconfigure(&world, &format!("{NEW}, {OWN}"), &format!("{OWN}, {NEW}"));
    world.start_server().await;
    let paid = |payout: &Payout| payout.state() == PayoutState::Completed;
    for key in ["new", "old"] {
        world.wait_until(EU, key, "completed", paid).await;
        assert_eq!(world.movements(EU, key).await.len(), 1, "{key}");
    }
    let log = std::fs::read_to_string(world.server_log()).unwrap();
    assert!(log.contains("signs nothing until it is listed first"), "the log tells the keys");
}

/// How many different bodies the simulator has seen in a payout's requests.
async fn bodies(world: &World, key: &str) -> usize {
    let path = format!("requests?reference={}", id_of(EU, key));
    let asked = world.control(Method::GET, &path, Value::Null).await;
    let mut bodies = Vec::new();
    for method in asked["requests"].as_array().unwrap() {
        bodies.extend(method["body_sha256"].as_array().unwrap().iter().map(Value::to_string));
    }
    assert!(bodies.len() > 1, "it was sent again: {asked}");
    bodies.sort();
    bodies.dedup();
    bodies.len()
}
