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
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
}

/// Reads a secret; white space at its ends is not part of it.
pub(crate) fn read(secret: &SecretRef, base: &Path) -> Result<Zeroizing<String>, SecretError> {
    let text = match secret {
        SecretRef::File { file } => read_file(&base.join(file))?,
        SecretRef::Env { env } => {
            Zeroizing::new(std::env::var(env).map_err(|_| SecretError::Env(env.clone()))?)
        }
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(SecretError::Empty);
    }
    Ok(Zeroizing::new(trimmed.to_owned()))
}

/// Reads a file that is not larger than a secret can be.
pub(crate) fn read_file(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let shown = path.display().to_string();
    let failed = |source| SecretError::File { path: shown.clone(), source };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > SECRET_LENGTH_MAX {
        return Err(SecretError::TooLong(shown));
    }
    let text = std::fs::read_to_string(path);
    text.map(Zeroizing::new).map_err(|source| SecretError::File { path: shown.clone(), source })
}
