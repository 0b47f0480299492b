//! The UUID of a request: how Trustly recognises a repeated one.

use std::fmt;

use thiserror::Error;

/// The text is not 8-4-4-4-12 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("uuid is not 8-4-4-4-12 hexadecimal digits")]
pub struct UuidError;

/// A UUID in the form that Trustly documents. Its version and variant mean nothing to Trustly, and
/// upper-case digits are kept as they came, because signatures cover the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uuid(String);

impl Uuid {
    /// Accepts 8-4-4-4-12 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, UuidError> {
        if text.len() != 36 {
            return Err(UuidError);
        }
        for (index, byte) in text.bytes().enumerate() {
            let fits = match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            };
            if !fits {
                return Err(UuidError);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Writes 16 bytes, such as the head of a digest, as a UUID in lower case.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shape_is_accepted() {
        assert!(Uuid::parse("258a2184-2842-b485-25ca-293525152425").is_ok());
        assert!(Uuid::parse("258A2184-2842-b485-25ca-293525152425").is_ok());
        for text in [
            "",
            "258a2184-2842-b485-25ca-29352515242",
            "258a2184-2842-b485-25ca-2935251524255",
            "258a2184-2842-b485-25ca-29352515242g",
            "258a218402842-b485-25ca-293525152425",
            "258a2184-2842-b485-25ca-2935251524\u{e5}",
        ] {
            assert_eq!(Uuid::parse(text), Err(UuidError), "{text}");
        }
    }

    #[test]
    fn bytes_are_written_in_order() {
        let uuid =
            Uuid::from_bytes(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff");
        assert_eq!(uuid.as_str(), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(Uuid::parse(uuid.as_str()), Ok(uuid));
    }
}
