//! Merchants in other languages against the simulator: `tests/peers` says what they prove.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use cargo_metadata::MetadataCommand;

use crate::shell;

/// What the peers are written in, and the Debian package that brings each.
const TOOLS: [(&str, &str); 4] = [
    ("java", "default-jdk-headless"),
    ("mvn", "maven"),
    ("node", "nodejs"),
    ("python3", "python3-venv"),
];

/// Where what they need is put, from the root of the workspace; outside of version control.
const INSTALL_DIR: &str = ".cache/peers";

/// Confirmations come in a fifth of a second.
const TIME_FACTOR: &str = "600";

/// The simulator, which ends with us.
struct Simulator {
    child: Child,
    /// Kept open: a program whose output nobody can take ends.
    output: BufReader<ChildStdout>,
    url: String,
    directory: tempfile::TempDir,
}

/// Installs what they need, then runs them all; the first failure ends it.
pub(crate) fn run() -> Result<(), String> {
    for (program, package) in TOOLS {
        if shell::version(program).is_none() {
            return Err(format!("peers need {program}: install it (apt-get install {package})"));
        }
    }
    install()?;
    shell::run("cargo", &["build", "--package", "payoutd", "--locked"])?;
    let simulator = Simulator::start()?;
    let directory = simulator.directory.path().display().to_string();
    let username = simulator.username()?;
    let common = [simulator.url.as_str(), directory.as_str(), username.as_str()];
    let classes = format!("{INSTALL_DIR}/java/*");
    let python = format!("{INSTALL_DIR}/python/bin/python");
    let peers: [(&str, &[&str]); 3] = [
        ("java", &["--class-path", &classes, "tests/peers/java/Peer.java"]),
        ("node", &["tests/peers/js/peer.js"]),
        (&python, &["tests/peers/python/peer.py"]),
    ];
    for (program, arguments) in peers {
        shell::run(program, &[arguments, &common].concat())?;
    }
    println!("all peers registered an account, paid out and were told");
    Ok(())
}

/// Each step sees for itself what is there already.
fn install() -> Result<(), String> {
    let root = shell::root();
    fs::create_dir_all(root.join(INSTALL_DIR))
        .map_err(|error| format!("cannot create {INSTALL_DIR}: {error}"))?;
    let repository = format!("-Dmaven.repo.local={}", root.join(INSTALL_DIR).join("m2").display());
    let classes = format!("-DoutputDirectory={}", root.join(INSTALL_DIR).join("java").display());
    let pom = "tests/peers/java/pom.xml";
    let copy = "dependency:copy-dependencies";
    shell::run("mvn", &["--batch-mode", "--quiet", "--file", pom, &repository, copy, &classes])?;
    let python = format!("{INSTALL_DIR}/python");
    if !root.join(&python).exists() {
        shell::run("python3", &["-m", "venv", &python])?;
    }
    let requirements = "tests/peers/python/requirements.txt";
    let pip = format!("{python}/bin/pip");
    shell::run(&pip, &["install", "--quiet", "--requirement", requirements])
}

impl Simulator {
    fn start() -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut child = Command::new(binary()?)
            .args(["simulate", "--listen", "127.0.0.1:0", "--time-factor", TIME_FACTOR])
            .arg("--data-dir")
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the simulator: {error}"))?;
        let output = child.stdout.take().expect("its output is piped");
        let output = BufReader::new(output);
        let mut simulator = Self { child, output, url: String::new(), directory };
        let mut line = String::new();
        let read = simulator.output.read_line(&mut line);
        read.map_err(|error| format!("cannot read from the simulator: {error}"))?;
        let Some(address) = line.trim_end().strip_prefix("simulator ") else {
            return Err(format!("the simulator does not say where it listens, but {line:?}"));
        };
        simulator.url = format!("http://{address}/api/1");
        Ok(simulator)
    }

    /// That of the merchant in Europe, from the configuration that the simulator wrote.
    fn username(&self) -> Result<String, String> {
        let text = shell::read(&self.directory.path().join("payoutd.toml"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("username = "));
        let line = line.ok_or("the simulator's configuration names no user")?;
        Ok(line.trim_matches('"').to_owned())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing of it is left.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> Result<PathBuf, String> {
    let metadata = MetadataCommand::new()
        .manifest_path(shell::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(Path::new(metadata.target_directory.as_str()).join("debug/payoutd"))
}
