//! Checks of the proto files by `buf`: lint, format, and compatibility with the committed image.

use std::fs;

use crate::shell;

/// Pinned, so that a new rule in a newer release breaks no build by surprise.
const PACKAGE: &str = "@bufbuild/buf@1.75.0";

/// Where npm puts it, from the root of the workspace; outside of version control.
const INSTALL_DIR: &str = ".cache/buf";
const PROGRAM: &str = ".cache/buf/node_modules/.bin/buf";
const INSTALLED_PACKAGE: &str = ".cache/buf/node_modules/@bufbuild/buf/package.json";

/// The API as callers were last promised it. It is written anew when a release is made, never to
/// make a check pass.
const IMAGE: &str = "proto/payouts.v1.binpb";

/// Lint, format, and no breaking change against the image.
pub(crate) fn check() -> Result<(), String> {
    install()?;
    buf(&["lint"])?;
    buf(&["format", "--diff", "--exit-code"])?;
    buf(&["breaking", "--against", IMAGE])
}

/// Writes the image from the proto files as they are.
pub(crate) fn write_image() -> Result<(), String> {
    install()?;
    buf(&["build", "--exclude-source-info", "--output", IMAGE])
}

fn install() -> Result<(), String> {
    let root = shell::root();
    let (_, version) = PACKAGE.rsplit_once('@').expect("the package is pinned to a version");
    let wanted = format!("\"version\": \"{version}\"");
    if fs::read_to_string(root.join(INSTALLED_PACKAGE)).is_ok_and(|text| text.contains(&wanted)) {
        return Ok(());
    }
    if shell::version("npm").is_none() {
        return Err("buf comes as an npm package: install npm (apt-get install npm)".to_owned());
    }
    let directory = root.join(INSTALL_DIR);
    fs::create_dir_all(&directory)
        .map_err(|error| format!("cannot create {}: {error}", directory.display()))?;
    shell::run("npm", &["install", "--no-audit", "--no-fund", "--prefix", INSTALL_DIR, PACKAGE])
}

fn buf(arguments: &[&str]) -> Result<(), String> {
    shell::run(PROGRAM, arguments)
}
