//! What callers were told. Whatever a server acknowledged must hold for ever after.

use std::collections::BTreeMap;
use std::sync::Mutex;

use api::v1::{CancelResult, Payout};
use prost_types::Timestamp;
use tonic::Status;
use tonic_types::StatusExt;

use super::plan::{self, Contents};
use super::rng::Rng;

/// A merchant and the number of one of its keys.
pub(super) type Name = (&'static str, u64);

/// What was asked and told under one key.
#[derive(Default)]
pub(super) struct Told {
    pub(super) submit_before: Option<Timestamp>,
    /// Contents of calls that may have left something behind.
    pub(super) possible: Vec<Contents>,
    /// Contents of calls that were answered with a payout.
    pub(super) created: Vec<Contents>,
    /// Contents of calls that were told the key was used for others.
    pub(super) reused: Vec<Contents>,
    /// Cancellations that may have left something behind.
    pub(super) cancels_possible: bool,
    /// A caller was told that the key can never pay.
    pub(super) fenced: bool,
    /// A caller was told that the payout is cancelled.
    pub(super) canceled: bool,
    /// The states in which callers were shown the payout, by sequence.
    pub(super) shown: BTreeMap<i64, i32>,
}

#[derive(Default)]
pub(super) struct Journal {
    told: Mutex<BTreeMap<Name, Told>>,
    /// Calls by how they ended.
    ends: Mutex<BTreeMap<String, u64>>,
}

impl Journal {
    /// The limit that belongs to a key, chosen when it is first asked for.
    pub(super) fn submit_before(&self, name: Name, rng: &mut Rng) -> Option<Timestamp> {
        let mut told = self.told.lock().unwrap();
        let begin = || Told { submit_before: plan::submit_before(rng), ..Told::default() };
        told.entry(name).or_insert_with(begin).submit_before
    }

    /// Before a call: from now on it may have left something behind.
    pub(super) fn creating(&self, name: Name, contents: Contents) {
        self.change(name, |told| told.possible.push(contents));
    }

    pub(super) fn created(&self, name: Name, contents: Contents, payout: &Payout) {
        self.count("create", "ok");
        self.change(name, |told| told.created.push(contents));
        self.shown(name, payout);
    }

    /// A create call failed. What it says it did not record it must not have recorded.
    pub(super) fn not_created(&self, name: Name, contents: Contents, status: &Status) {
        let (reason, recorded) = reason(status);
        self.count("create", &reason);
        self.change(name, |told| {
            if recorded == "no" {
                let asked = told.possible.iter().position(|asked| *asked == contents);
                told.possible.remove(asked.expect("it was noted before the call"));
            }
            match reason.as_str() {
                "IDEMPOTENCY_KEY_REUSED" => told.reused.push(contents),
                "KEY_FENCED" => told.fenced = true,
                _ => {}
            }
        });
    }

    pub(super) fn canceling(&self, name: Name) {
        self.change(name, |told| told.cancels_possible = true);
    }

    pub(super) fn canceled(&self, name: Name, result: CancelResult, payout: Option<&Payout>) {
        self.count("cancel", result.as_str_name());
        self.change(name, |told| match result {
            CancelResult::Fenced => told.fenced = true,
            CancelResult::Canceled => told.canceled = true,
            _ => {}
        });
        if let Some(payout) = payout {
            self.shown(name, payout);
        }
    }

    pub(super) fn shown(&self, name: Name, payout: &Payout) {
        let (sequence, state) = (payout.sequence, payout.state);
        self.change(name, |told| told.shown.insert(sequence, state));
    }

    pub(super) fn count(&self, call: &str, end: &str) {
        *self.ends.lock().unwrap().entry(format!("{call} {end}")).or_default() += 1;
    }

    /// Everything, once nobody calls any more.
    pub(super) fn close(&self) -> (BTreeMap<Name, Told>, BTreeMap<String, u64>) {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        (told, std::mem::take(&mut *self.ends.lock().unwrap()))
    }

    fn change<T>(&self, name: Name, change: impl FnOnce(&mut Told) -> T) {
        change(self.told.lock().unwrap().entry(name).or_default());
    }
}

/// The error's reason and what it says was recorded; a broken connection says neither.
pub(super) fn reason(status: &Status) -> (String, String) {
    match status.get_details_error_info() {
        Some(info) => {
            let recorded = info.metadata.get("recorded").cloned().unwrap_or_default();
            (info.reason, recorded)
        }
        None => (format!("{:?}", status.code()), String::new()),
    }
}
