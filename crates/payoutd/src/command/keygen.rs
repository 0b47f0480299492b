//! `payoutd keygen`: a key pair for Trustly Europe.

use std::fs::{OpenOptions, write};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use trustly::eu::keygen;

use super::Failure;

/// Arguments of `payoutd keygen`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory for `merchant-private.pem` and `merchant-public.pem`.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let made = keygen::generate()?;
    let (private, public) =
        (args.directory.join("merchant-private.pem"), args.directory.join("merchant-public.pem"));
    write_secret(&private, made.private_pem.as_bytes())?;
    write(&public, &made.public_pem)
        .map_err(|error| format!("cannot write {}: {error}", public.display()))?;
    println!("private key {} (list it in merchant_keys; keep it secret)", private.display());
    println!("public key  {} (send it to Trustly)", public.display());
    println!("fingerprint {} (SHA-256; compare it with Trustly)", made.fingerprint);
    Ok(())
}

/// Writes a secret that only its owner can read. A file that is there already is left alone: it
/// may be a key in use.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
