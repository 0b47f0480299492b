//! Collects what is wrong with a request, so that a caller can mend all of it at once.

use std::fmt::Display;

use payout::id::{Customer, DestinationId, Merchant, PayoutId};
use payout::text::{Invalid, Shape};

use crate::status::Failure;

/// Most violations that one answer names. They travel in a trailer, and the strictest clients take
/// no more than 8 KiB of those.
const VIOLATIONS_MAX: usize = 16;

/// The shape of every id that this API gives out, whoever implements it.
const ID: Shape = Shape {
    length_max: 64,
    allowed: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_',
    alphabet: "a-z, 0-9 and _",
};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The path of the field.
    pub(crate) field: String,
    /// What is wrong and what would be right; never the value.
    pub(crate) why: String,
}

/// What was found wrong with a request so far.
#[derive(Default)]
pub(super) struct Fields {
    violations: Vec<Violation>,
    /// What stands in the way although every field is well-formed.
    failure: Option<Failure>,
}

impl Fields {
    /// Notes that a field is wrong.
    pub(super) fn wrong(&mut self, field: impl Into<String>, why: impl Display) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { field: field.into(), why: why.to_string() });
        }
    }

    /// The value of a field, or a note of what is wrong with it.
    pub(super) fn parsed<T>(
        &mut self,
        field: impl Into<String>,
        result: Result<T, impl Display>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(why) => {
                self.wrong(field, why);
                None
            }
        }
    }

    /// The value of a field whose absence is an empty text.
    pub(super) fn optional<T>(
        &mut self,
        field: impl Into<String>,
        text: &str,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match text.is_empty() {
            true => None,
            false => self.parsed(field, parse(text)),
        }
    }

    /// Notes what stands in the way if every field is well-formed.
    pub(super) fn fails(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    pub(super) fn merchant(&mut self, text: &str) -> Option<Merchant> {
        self.parsed("merchant", Merchant::parse(text))
    }

    pub(super) fn customer(&mut self, text: &str) -> Option<Customer> {
        self.parsed("customer", Customer::parse(text))
    }

    /// A payout's id. To a caller ids are opaque: one that was never made here is merely unknown.
    pub(super) fn payout_id(&mut self, field: impl Into<String>, text: &str) -> Option<PayoutId> {
        self.parsed(field, ID.check(text))?;
        match PayoutId::parse(text) {
            Ok(id) => Some(id),
            Err(_) => {
                self.fails(Failure::PayoutNotFound(text.to_owned()));
                None
            }
        }
    }

    /// A destination's id; see [`Fields::payout_id`].
    pub(super) fn destination_id(&mut self, text: &str) -> Option<DestinationId> {
        self.parsed("destination_id", ID.check(text))?;
        match DestinationId::parse(text) {
            Ok(id) => Some(id),
            Err(_) => {
                self.fails(Failure::DestinationNotFound);
                None
            }
        }
    }

    /// The whole request, if nothing was wrong with it.
    pub(super) fn finish<T>(self, whole: impl FnOnce() -> Option<T>) -> Result<T, Failure> {
        if !self.violations.is_empty() {
            return Err(Failure::Invalid(self.violations));
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        Ok(whole().expect("what is missing was noted when it was parsed"))
    }
}
