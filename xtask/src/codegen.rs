//! Rust code and descriptor set from `proto/`, committed in `crates/api/src/gen`.
//!
//! The protobuf compiler is `protox`, a library, so nobody needs `protoc`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell;

/// Where the generated files are kept, from the root of the workspace.
pub(crate) const GENERATED_DIR: &str = "crates/api/src/gen";

/// The descriptor set for reflection, without comments.
const DESCRIPTOR_SET: &str = "payouts.v1.binpb";

/// Messages that can hold bank details, names, provider handles or a customer's pages: their
/// `Debug`, and that of the `oneof`s in them, is written by hand in `crates/api`, so that no log
/// line can show them.
const MASKED_MESSAGES: [&str; 11] = [
    ".payouts.v1.AccountHolder",
    ".payouts.v1.BankAccount",
    ".payouts.v1.CreatePayoutRequest",
    ".payouts.v1.ImportDestinationRequest",
    ".payouts.v1.LocalAccount",
    ".payouts.v1.Originator",
    ".payouts.v1.PersonName",
    ".payouts.v1.PostalAddress",
    ".payouts.v1.StartDestinationLinkRequest",
    ".payouts.v1.StartDestinationLinkResponse",
    ".payouts.v1.SubMerchant",
];

/// Writes the generated files to their place.
pub(crate) fn run() -> Result<(), String> {
    generate(&shell::root().join(GENERATED_DIR))
}

/// Writes the generated files to `directory`, which must exist.
pub(crate) fn generate(directory: &Path) -> Result<(), String> {
    let with_comments = compile(true)?.file_descriptor_set();
    tonic_prost_build::configure()
        .out_dir(directory)
        .skip_debug(MASKED_MESSAGES)
        .boxed(".payouts.v1.WatchPayoutsResponse.message.event")
        .boxed(".payouts.v1.WatchPayoutsResponse.message.snapshot_payout")
        .boxed(".payouts.v1.Event.event.payout_event")
        .boxed(".payouts.v1.CreatePayoutRequest.destination.bank_details")
        .boxed(".payouts.v1.PreviewPayoutRequest.subject.creation")
        .compile_fds(with_comments)
        .map_err(|error| format!("cannot generate code: {error}"))?;
    let path = directory.join(DESCRIPTOR_SET);
    fs::write(&path, compile(false)?.encode_file_descriptor_set())
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The proto files, compiled, sorted by name so that the result is always the same.
pub(crate) fn compile(comments: bool) -> Result<protox::Compiler, String> {
    let include = shell::root().join("proto");
    let mut compiler = protox::Compiler::new([&include]).map_err(|error| error.to_string())?;
    compiler.include_source_info(comments).include_imports(true);
    for file in proto_files(&include)? {
        compiler.open_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(compiler)
}

fn proto_files(include: &Path) -> Result<Vec<PathBuf>, String> {
    let package = include.join("payouts/v1");
    let entries = fs::read_dir(&package)
        .map_err(|error| format!("cannot list {}: {error}", package.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
