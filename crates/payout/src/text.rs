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

/// Whether a character shows as itself. Those that do not can make a text look like another, or
/// like none: controls, separators of lines, marks that turn the direction of what follows, and
/// blanks without a width. Joiners stay: scripts and emoji need them.
pub fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}')
        && !matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        && !matches!(c, '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
        if text.chars().all(char::is_whitespace) {
            return Err(Invalid::new("must not be blank"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_as_itself_is_not_printable() {
        for c in ['a', 'Å', '😀', ' ', '\u{200d}', '\u{200c}', '\u{fe0f}', 'א', 'ع'] {
            assert!(is_printable(c), "{c:?}");
        }
        for c in ['\n', '\u{1b}', '\u{202e}', '\u{2028}', '\u{200b}', '\u{feff}', '\u{2066}'] {
            assert!(!is_printable(c), "{c:?}");
        }
        let shape =
            Shape { length_max: 9, allowed: is_printable, alphabet: "printable characters" };
        assert_eq!(shape.check(" "), Err(Invalid::new("must not be blank")));
        assert_eq!(shape.check("a b"), Ok(()));
    }
}
