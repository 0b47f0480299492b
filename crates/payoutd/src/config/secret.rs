//! Reading secrets from where the configuration says they are.

use std::path::Path;

use thiserror::Error;
use zeroize::Zeroizing;

use super::file::SecretRef;

/// A secret longer than this is a mistake in the path.
const SECRET_LENGTH_MAX: u64 = 64 * 1024;

/// Why a secret cannot be had. Never says what was found instead.
#[derive(Debug, Error)]
pub(crate) enum SecretError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File { path: String, source: std::io::Error },
    /// The file is far too long.
    #[error("{0} is longer than any secret; is it the right file?")]
    TooLong(String),
    /// The variable is not set.
    #[error("environment variable {0} is not set")]
    Env(String),
    /// There are bytes in it that no text has.
    #[error("is not UTF-8 text")]
    NotText,
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
}

/// Reads a secret; white space at its ends is not part of it.
pub(crate) fn read(secret: &SecretRef, base: &Path) -> Result<Zeroizing<String>, SecretError> {
    let bytes = read_bytes(secret, base)?;
    let Ok(text) = std::str::from_utf8(&bytes) else { return Err(SecretError::NotText) };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(SecretError::Empty);
    }
    Ok(Zeroizing::new(trimmed.to_owned()))
}

/// Reads a secret that need not be text, as it is.
pub(crate) fn read_bytes(
    secret: &SecretRef,
    base: &Path,
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    match secret {
        SecretRef::File { file } => read_file(&base.join(file)),
        SecretRef::Env { env } => {
            let text = std::env::var(env).map_err(|_| SecretError::Env(env.clone()))?;
            Ok(Zeroizing::new(text.into_bytes()))
        }
    }
}

/// Reads a file that is not larger than a secret can be.
pub(crate) fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let shown = path.display().to_string();
    let failed = |source| SecretError::File { path: shown.clone(), source };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > SECRET_LENGTH_MAX {
        return Err(SecretError::TooLong(shown));
    }
    let bytes = std::fs::read(path);
    bytes.map(Zeroizing::new).map_err(|source| SecretError::File { path: shown.clone(), source })
}
