//! The provider's books beside ours: funds, settlement reports, and single orders.

mod books;
mod funds;
mod orders;

use std::process::Command;

use reqwest::Method;
use serde_json::Value;

use crate::world::{EU, World, binary};

/// How often the simulator was asked by a method.
async fn count(world: &World, method: &str) -> usize {
    let asked = world.control(Method::GET, "requests", Value::Null).await;
    let lines = asked["requests"].as_array().unwrap().iter();
    let of_method = lines.filter(|line| line["method"] == method);
    of_method.map(|line| line["body_sha256"].as_array().unwrap().len()).sum()
}

/// The output of a command that must work.
fn text(world: &World, args: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.args(args);
    command.env("PAYOUTD_ENDPOINT", format!("http://{}", world.grpc_at));
    command.env("PAYOUTD_MERCHANT", EU);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
