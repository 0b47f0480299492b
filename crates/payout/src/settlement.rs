//! What an operator decides about a payout that machines cannot settle.

use crate::text::{Invalid, Shape, is_printable};

/// An operator's decision, with what it rests on. Kept with the payout's events for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What became of the money.
    pub verdict: Verdict,
    /// Who decided.
    pub operator: Note,
    /// What proves it: a bank statement, a row of a ledger, the provider's written word.
    pub evidence: Note,
    /// Why, in the operator's words.
    pub why: Note,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The customer has it.
    Paid,
    /// The customer does not have it and never will by this payout: it is given back.
    NotPaid,
}

/// What a person wrote: 1–500 characters of any script, a sentence or two and not a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Takes 1–500 characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Shape =
            Shape { length_max: 500, allowed: is_printable, alphabet: "printable characters" };
        SHAPE.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
