//! A merchant's credentials with Trustly Americas.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Why a pair of access id and access key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// Empty, or with a character that HTTP Basic cannot carry in a user name.
    #[error("access id must be printable ASCII without blanks and colons")]
    AccessId,
    /// An empty key would sign, and anybody could do the same.
    #[error("access key must not be empty")]
    AccessKey,
}

/// Access id and access key. `Debug` shows the id only.
#[derive(Debug, Clone)]
pub struct Credentials {
    access_id: String,
    access_key: Secret,
}

impl Credentials {
    /// Takes both if they can be used.
    pub fn new(access_id: String, access_key: Secret) -> Result<Self, CredentialsError> {
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        if access_id.is_empty() || !access_id.bytes().all(fits) {
            return Err(CredentialsError::AccessId);
        }
        if access_key.expose().is_empty() {
            return Err(CredentialsError::AccessKey);
        }
        Ok(Self { access_id, access_key })
    }

    /// The public half.
    #[must_use]
    pub fn access_id(&self) -> &str {
        &self.access_id
    }

    /// The value of the `Authorization` header of our calls.
    #[must_use]
    pub fn authorization(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(format!("{}:{}", self.access_id, self.access_key.expose()));
        Zeroizing::new(format!(
            "Basic {}",
            Zeroizing::new(STANDARD.encode(pair.as_bytes())).as_str()
        ))
    }

    pub(super) fn access_key(&self) -> &Secret {
        &self.access_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, key: &str) -> Result<Credentials, CredentialsError> {
        Credentials::new(id.to_owned(), Secret::new(key.to_owned()))
    }

    #[test]
    fn the_header_is_http_basic() {
        // The example of RFC 7617, without the blank in its user name.
        let pair = credentials("Aladdin", "open sesame").unwrap();
        assert_eq!(pair.authorization().as_str(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(!format!("{pair:?}").contains("sesame"));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        for id in ["", "a:b", "a b", "ä"] {
            assert_eq!(credentials(id, "k").unwrap_err(), CredentialsError::AccessId);
        }
        assert_eq!(credentials("a", "").unwrap_err(), CredentialsError::AccessKey);
    }
}
