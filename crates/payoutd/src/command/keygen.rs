//! `payoutd keygen`: a key pair for Trustly Europe.

use std::fs::{OpenOptions, create_dir_all, write};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use trustly::eu::keygen;

use super::Failure;
use super::terminal::say;

/// Arguments of `payoutd keygen`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory for `merchant-private.pem` and `merchant-public.pem`.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    create_dir_all(&args.directory)
        .map_err(|error| format!("cannot create {}: {error}", args.directory.display()))?;
    let made = keygen::generate()?;
    let (private, public) =
        (args.directory.join("merchant-private.pem"), args.directory.join("merchant-public.pem"));
    write_secret(&private, made.private_pem.as_bytes())?;
    write(&public, &made.public_pem)
        .map_err(|error| format!("cannot write {}: {error}", public.display()))?;
    say(format_args!(
        "private key {} (list it in merchant_keys; keep it secret)",
        private.display()
    ));
    say(format_args!("public key  {} (send it to Trustly)", public.display()));
    say(format_args!("fingerprint {} (SHA-256; compare it with Trustly)", made.fingerprint));
    Ok(())
}

/// Writes a secret that only its owner can read. A file that is there already is left alone: it
/// may be a key in use.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!(
            "{} is there already and may be a key in use, so it is left alone; write to another \
             --directory, or move it away first",
            path.display()
        )
        .into(),
        _ => format!("cannot write {}: {error}", path.display()).into(),
    })
}
