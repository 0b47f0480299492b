//! The one error of everything that is parsed from a caller's text, and the checks they share.

use thiserror::Error;

/// Why a text is not what it claims to be. Never holds the text itself: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    /// Says what is wrong and what would be right, as a lower-case fragment without the value.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// The length bounds and alphabet of a kind of text.
pub struct Shape {
    /// Most characters.
    pub length_max: usize,
    /// Which characters.
    pub allowed: fn(char) -> bool,
    /// The same, in words.
    pub alphabet: &'static str,
}

impl Shape {
    /// Checks that `text` is neither empty nor too long and has only allowed characters.
    pub fn check(&self, text: &str) -> Result<(), Invalid> {
        let length = text.chars().count();
        if length == 0 {
            return Err(Invalid::new("is required"));
        }
        if length > self.length_max {
            let most = self.length_max;
            return Err(Invalid::new(format!("has {length} characters; send at most {most}")));
        }
        if !text.chars().all(self.allowed) {
            return Err(Invalid::new(format!("may only contain {}", self.alphabet)));
        }
        Ok(())
    }
}
