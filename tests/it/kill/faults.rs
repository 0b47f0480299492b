//! What goes wrong at the provider while the server is being killed.
//!
//! Left out is what takes the guarantees away that recovery rests on: lists that lag longer than the
//! pause between two look-ups, in Europe a notification that never comes, and `duplicate_check_off`
//! where the merchant counts on the check. Refusals of access hold a merchant's queue and have tests
//! of their own.

use serde_json::{Value, json};

use super::rng::Rng;
use super::run::Story;

/// One kind of misfortune.
struct Kind {
    region: &'static str,
    on: &'static [&'static str],
    faults: &'static [&'static str],
}

const KINDS: [Kind; 8] = [
    Kind { region: "eu", on: &["AccountPayout"], faults: &TRAVEL_EU },
    Kind { region: "eu", on: &["AccountPayout"], faults: &OUTCOME_EU },
    Kind { region: "eu", on: &["RegisterAccount"], faults: &TRAVEL_EU },
    Kind { region: "eu", on: &["notification"], faults: &NOTIFICATION },
    Kind { region: "amer", on: &["deposit"], faults: &TRAVEL_DEPOSIT },
    Kind { region: "amer", on: &["deposit"], faults: &OUTCOME_AMER },
    Kind { region: "amer", on: &["get", "list"], faults: &TRAVEL },
    Kind { region: "amer", on: &["notification"], faults: &NOTIFICATION },
];

const TRAVEL: [&str; 5] = ["lose_reply", "delay", "http_500", "proxy_403", "refuse"];
const TRAVEL_DEPOSIT: [&str; 6] =
    ["lose_reply", "late_commit", "delay", "http_500", "proxy_403", "refuse"];
const TRAVEL_EU: [&str; 8] = [
    "lose_reply",
    "late_commit",
    "delay",
    "http_500",
    "proxy_403",
    "bad_signature",
    "unsigned_error",
    "refuse",
];
const OUTCOME_EU: [&str; 3] = ["no_funds", "cancel_before_reply", "credit_after_confirmation"];
const OUTCOME_AMER: [&str; 3] = ["no_funds", "decline_sync", "credit_after_confirmation"];
const NOTIFICATION: [&str; 4] =
    ["bad_signature", "lose_notification", "duplicate_notification", "reorder_notifications"];

/// Refusals that are final for the order. 638 and 200 are, for a first send only.
const CODES_EU: [u16; 4] = [615, 623, 624, 638];
const CODES_AMER: [u16; 4] = [200, 330, 390, 150];

/// The longest that a commit comes after its answer, and that a list lags. Together they stay below
/// the time from a lost answer to the second look-up, a request time-out and a spacing, but a lag
/// alone may outlast the first look-up.
const LATE_MAX_MS: u64 = 600;
const LAG_MAX_MS: u64 = 2200;
/// Longer than a request may take.
const DELAY_MAX_MS: u64 = 2500;

/// The rules for the time until the next kill; sometimes none.
pub(super) fn rules(rng: &mut Rng, story: Story) -> Vec<Value> {
    let mut rules = Vec::new();
    if !story.duplicates_are_refused {
        // It only fires at a second deposit, which must not be made then.
        let fault = "duplicate_check_off";
        rules.push(json!({ "region": "amer", "on": "deposit", "fault": fault, "times": 1000 }));
    }
    if rng.percent(15) {
        return rules;
    }
    for _ in 0..2 + rng.below(7) {
        rules.push(rule(rng));
    }
    if rng.percent(30) {
        let delay_ms = rng.below(LAG_MAX_MS);
        let (on, fault) = ("list", "list_lag");
        let mut rule = json!({ "region": "amer", "on": on, "fault": fault, "times": 1000 });
        rule["delay_ms"] = json!(delay_ms);
        rules.push(rule);
    }
    if rng.percent(10) {
        // In the Americas polling finds what no webhook tells.
        let on = "notification";
        rules.push(json!({ "region": "amer", "on": on, "fault": "drop_notification" }));
    }
    rules
}

fn rule(rng: &mut Rng) -> Value {
    let Kind { region, on, faults } = rng.pick(&KINDS);
    let (on, fault) = (*rng.pick(on), *rng.pick(faults));
    let mut rule = json!({ "region": region, "on": on, "fault": fault });
    match fault {
        "delay" => rule["delay_ms"] = json!(rng.below(DELAY_MAX_MS)),
        "late_commit" => rule["delay_ms"] = json!(rng.below(LATE_MAX_MS)),
        "refuse" if *region == "eu" => rule["code"] = json!(rng.pick(&CODES_EU)),
        "refuse" => rule["code"] = json!(rng.pick(&CODES_AMER)),
        _ => rule["times"] = json!(1 + rng.below(3)),
    }
    rule
}
