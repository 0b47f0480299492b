//! The world of one test: a simulator and a server as processes of their own, on ports and in a
//! directory of their own. Both are killed when the world is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use api::v1::destinations_client::DestinationsClient;
use api::v1::operations_client::OperationsClient;
use api::v1::payouts_client::PayoutsClient;
use api::v1::provider_client::ProviderClient;
use api::v1::{
    CreatePayoutRequest, Destination, DestinationState, Event, GetDestinationRequest,
    GetPayoutRequest, ImportDestinationRequest, ListPayoutEventsRequest, Money, Payout,
    PayoutState, create_payout_request, get_payout_request,
};
use payout::id::{IdempotencyKey, Merchant};
use payout::identity::payout_id;
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use crate::samples::{from_beginning, from_cursor, of_merchant};

/// The merchant that pays in Europe.
pub(crate) const EU: &str = "demo-eu";
/// The merchant that pays in the Americas.
pub(crate) const US: &str = "demo-us";
/// The customer of every payout that does not care.
pub(crate) const CUSTOMER: &str = "customer-1";

/// How long anything is waited for. Far longer than it takes: a busy machine must not fail a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that has no event to wait on.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// A simulator, a server and the clients to speak with both.
pub(crate) struct World {
    directory: TempDir,
    simulator: Process,
    server: Option<Process>,
    /// What the server logs.
    filter: String,
    pub(crate) simulator_at: SocketAddr,
    pub(crate) grpc_at: SocketAddr,
    pub(crate) webhooks_at: SocketAddr,
    pub(crate) admin_at: SocketAddr,
    pub(crate) http: reqwest::Client,
}

/// What a world can be told at its start.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// By how much the simulator's time is compressed.
    pub(crate) time_factor: u32,
    /// Decides the simulator's orders and ids.
    pub(crate) seed: u64,
    /// Replacements in the configuration that the simulator wrote: what, with what.
    pub(crate) replace: Vec<(&'static str, String)>,
    /// What the server logs; its default, if empty.
    pub(crate) server_log: String,
    /// Whether nobody vouches for the first store: it may have forgotten anything.
    pub(crate) forgetful: bool,
}

impl Default for Options {
    fn default() -> Self {
        let (replace, server_log) = (Vec::new(), String::new());
        Self { time_factor: 600, seed: 1, replace, server_log, forgetful: false }
    }
}

impl World {
    /// A world with everything running.
    pub(crate) async fn start() -> Self {
        Self::start_with(&Options::default()).await
    }

    pub(crate) async fn start_with(options: &Options) -> Self {
        let mut world = Self::without_server(options).await;
        world.start_server().await;
        world
    }

    /// A world whose server is not started yet.
    pub(crate) async fn without_server(options: &Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let [grpc_at, webhooks_at, admin_at] = [free_port(), free_port(), free_port()];
        let mut command = Command::new(binary());
        command.args(["simulate", "--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.path());
        command.args(["--time-factor", &options.time_factor.to_string()]);
        command.args(["--seed", &options.seed.to_string()]);
        for (name, at) in [("grpc", grpc_at), ("webhooks", webhooks_at), ("admin", admin_at)] {
            command.arg(format!("--{name}")).arg(at.to_string());
        }
        let log = directory.path().join("simulator.log");
        let simulator = Process::spawn(command, &log);
        let (simulator, [simulator_at, _]) =
            simulator.announced(["simulator", "configuration"]).await;
        let simulator_at = simulator_at.parse().unwrap();
        let config = directory.path().join("payoutd.toml");
        let mut text = std::fs::read_to_string(&config).unwrap();
        for (what, with) in &options.replace {
            assert!(text.contains(what), "the configuration has no {what:?}");
            text = text.replace(what, with);
        }
        std::fs::write(&config, text).unwrap();
        if options.forgetful {
            std::fs::remove_file(directory.path().join("data/vouched")).unwrap();
        }
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            directory,
            simulator,
            server: None,
            filter: options.server_log.clone(),
            simulator_at,
            grpc_at,
            webhooks_at,
            admin_at,
            http,
        }
    }

    /// Starts the server, or starts it again, and returns once it listens.
    pub(crate) async fn start_server(&mut self) {
        self.launch_server();
        self.await_server().await;
    }

    /// Starts the server's process, which does not listen yet.
    pub(crate) fn launch_server(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let mut command = Command::new(binary());
        command.args(["serve", "--config"]).arg(self.config());
        if !self.filter.is_empty() {
            command.env("PAYOUTD_LOG", &self.filter);
        }
        self.server = Some(Process::spawn(command, &self.server_log()));
    }

    /// Returns once a launched server listens.
    pub(crate) async fn await_server(&mut self) {
        let server = self.server.take().expect("the server was launched");
        let (server, [_]) = server.announced(["admin"]).await;
        self.server = Some(server);
    }

    /// SIGKILL: no handler runs, nothing is flushed. Panics if the server had ended by itself.
    pub(crate) fn kill_server(&mut self) {
        const SIGKILL: i32 = 9;
        let mut server = self.server.take().expect("the server runs");
        server.child.kill().unwrap();
        let status = server.child.wait().unwrap();
        if status.signal() != Some(SIGKILL) {
            let log = std::fs::read_to_string(self.server_log()).unwrap_or_default();
            panic!("the server had ended by itself, {status}; it logged: {log}");
        }
    }

    /// SIGTERM; returns the exit code.
    pub(crate) fn stop_server(&mut self) -> Option<i32> {
        let mut server = self.server.take().expect("the server runs");
        let id = server.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        server.child.wait().unwrap().code()
    }

    /// Waits until the server ends by itself; returns the exit code. Blocks.
    pub(crate) fn server_end(&mut self) -> Option<i32> {
        let mut server = self.server.take().expect("the server runs");
        server.child.wait().unwrap().code()
    }

    /// From now on connections to the provider are refused.
    pub(crate) fn kill_simulator(&mut self) {
        self.simulator.child.kill().unwrap();
        self.simulator.child.wait().unwrap();
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory().join("payoutd.toml")
    }

    pub(crate) fn server_log(&self) -> PathBuf {
        self.directory().join("server.log")
    }

    pub(crate) fn simulator_log(&self) -> PathBuf {
        self.directory().join("simulator.log")
    }

    pub(crate) fn channel(&self) -> Channel {
        connect(self.grpc_at)
    }

    pub(crate) fn payouts(&self) -> PayoutsClient<Channel> {
        PayoutsClient::new(self.channel())
    }

    pub(crate) fn destinations(&self) -> DestinationsClient<Channel> {
        DestinationsClient::new(self.channel())
    }

    pub(crate) fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel())
    }

    pub(crate) fn operations(&self) -> OperationsClient<Channel> {
        OperationsClient::new(self.channel())
    }

    /// Speaks to the simulator's control interface; panics if it refuses.
    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("http://{}/_sim/{path}", self.simulator_at);
        let request = self.http.request(method, url).header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "the simulator refused {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Adds one fault rule.
    pub(crate) async fn fault(&self, rule: Value) {
        self.control(reqwest::Method::PUT, "faults", json!({ "rules": [rule] })).await;
    }

    pub(crate) async fn clear_faults(&self) {
        self.control(reqwest::Method::DELETE, "faults", Value::Null).await;
    }

    /// Waits until nothing more happens at the simulator by itself, and all of it was told.
    pub(crate) async fn quiet(&self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let told = self.control(reqwest::Method::GET, "notifications", Value::Null).await;
            let waiting = |notice: &Value| notice["state"] == "waiting";
            let still = told["notifications"].as_array().unwrap().iter().any(waiting);
            if !still && told["pending_steps"] == json!(0) {
                return;
            }
            assert!(Instant::now() < end, "the simulator is not quiet yet: {told}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The simulator's movements of money for one key.
    pub(crate) async fn movements(&self, merchant: &str, key: &str) -> Vec<Value> {
        let reference = json!(id_of(merchant, key));
        let ledger = self.control(reqwest::Method::GET, "ledger", Value::Null).await;
        let movements = ledger["movements"].as_array().unwrap().clone();
        movements.into_iter().filter(|found| found["reference"] == reference).collect()
    }

    /// Everything that the log holds of a merchant.
    pub(crate) async fn events(&self, merchant: &str) -> Vec<Event> {
        let (mut events, mut start) = (Vec::new(), from_beginning());
        loop {
            let request = ListPayoutEventsRequest {
                merchant: merchant.to_owned(),
                selector: of_merchant(),
                start,
                page_size: 500,
            };
            let page = self.payouts().list_payout_events(request).await.unwrap().into_inner();
            events.extend(page.events);
            if page.at_end {
                return events;
            }
            start = from_cursor(&page.next_cursor);
        }
    }

    /// A destination that payouts of the merchant can go to.
    pub(crate) async fn destination(&self, merchant: &str) -> String {
        let handle = match merchant {
            EU => "1234567890".to_owned(),
            _ => self.authorization(CUSTOMER).await,
        };
        self.import(merchant, CUSTOMER, &handle).await
    }

    /// A stored destination of a customer, made of a handle that the provider knows.
    pub(crate) async fn import(&self, merchant: &str, customer: &str, handle: &str) -> String {
        let request = ImportDestinationRequest {
            merchant: merchant.to_owned(),
            customer: customer.to_owned(),
            provider_handle: handle.to_owned(),
        };
        let answer = self.destinations().import_destination(request).await.unwrap();
        answer.into_inner().destination.unwrap().id
    }

    /// A bank authorization of a customer, as the merchant would have it from the provider.
    pub(crate) async fn authorization(&self, customer: &str) -> String {
        self.authorization_in(customer, "USD").await
    }

    /// The same in another currency.
    pub(crate) async fn authorization_in(&self, customer: &str, currency: &str) -> String {
        let body = json!({ "customer_id": customer, "currency": currency });
        let made = self.control(reqwest::Method::POST, "authorizations", body).await;
        made["transaction_id"].as_str().unwrap().to_owned()
    }

    /// Waits until a destination is in this state; panics if it takes too long.
    pub(crate) async fn wait_for_destination(
        &self,
        merchant: &str,
        id: &str,
        state: DestinationState,
    ) -> Destination {
        let end = Instant::now() + PATIENCE;
        loop {
            let (merchant, destination_id) = (merchant.to_owned(), id.to_owned());
            let request = GetDestinationRequest { merchant, destination_id };
            let got = self.destinations().get_destination(request).await;
            if let Ok(answer) = &got
                && let Some(destination) = &answer.get_ref().destination
                && destination.state() == state
            {
                return destination.clone();
            }
            assert!(Instant::now() < end, "{id} is not {state:?} yet: {got:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the payout of a key is in one of these states; panics if it takes too long.
    pub(crate) async fn wait_for(
        &self,
        merchant: &str,
        key: &str,
        states: &[PayoutState],
    ) -> Payout {
        let what = format!("in {states:?}");
        self.wait_until(merchant, key, &what, |payout| states.contains(&payout.state())).await
    }

    /// Waits until the payout of a key is as it is wanted; panics if it takes too long.
    pub(crate) async fn wait_until(
        &self,
        merchant: &str,
        key: &str,
        what: &str,
        is_there: impl Fn(&Payout) -> bool,
    ) -> Payout {
        let mut client = self.payouts();
        let end = Instant::now() + PATIENCE;
        loop {
            let got = client.get_payout(by_key(merchant, key)).await;
            if let Ok(answer) = &got
                && let Some(payout) = &answer.get_ref().payout
                && is_there(payout)
            {
                return payout.clone();
            }
            assert!(Instant::now() < end, "{merchant} {key} is not {what} yet: {got:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A connection of its own. Connects when it is first used, and again after a restart.
pub(crate) fn connect(grpc_at: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{grpc_at}")).unwrap();
    endpoint.tcp_nodelay(true).connect_lazy()
}

/// A request to pay ten units of the merchant's currency to a stored destination.
pub(crate) fn request(merchant: &str, key: &str, destination: &str) -> CreatePayoutRequest {
    let currency_code = if merchant == EU { "EUR" } else { "USD" }.to_owned();
    CreatePayoutRequest {
        merchant: merchant.to_owned(),
        idempotency_key: key.to_owned(),
        customer: CUSTOMER.to_owned(),
        amount: Some(Money { currency_code, minor_units: 1000 }),
        destination: Some(create_payout_request::Destination::DestinationId(
            destination.to_owned(),
        )),
        ..CreatePayoutRequest::default()
    }
}

pub(crate) fn by_key(merchant: &str, key: &str) -> GetPayoutRequest {
    GetPayoutRequest {
        merchant: merchant.to_owned(),
        payout: Some(get_payout_request::Payout::IdempotencyKey(key.to_owned())),
    }
}

/// The id that merchant and key derive: known before the payout is created.
pub(crate) fn id_of(merchant: &str, key: &str) -> String {
    let merchant = Merchant::parse(merchant).unwrap();
    payout_id(&merchant, &IdempotencyKey::parse(key).unwrap()).to_string()
}

/// The binary that `cargo xtask test` has built beside this one.
pub(crate) fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.parent().and_then(Path::parent).unwrap().join("payoutd");
    assert!(binary.exists(), "build it first: cargo build --package payoutd");
    binary
}

/// A port that stays free while a server is stopped and started again: below those that the system
/// gives to outgoing connections, and counted on, so that no two worlds get the same.
pub(crate) fn free_port() -> SocketAddr {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..COUNT {
        let number = start.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + number % COUNT).unwrap();
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(at).is_ok() {
            return at;
        }
    }
    panic!("no port is free");
}

/// A process that tells where it listens on its standard output, a line each.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    log: PathBuf,
}

impl Process {
    /// Waits until the process has said all these names, in this order, for what it said with them.
    async fn announced<const N: usize>(self, names: [&'static str; N]) -> (Self, [String; N]) {
        let mut process = self;
        let waited = tokio::task::spawn_blocking(move || {
            let announced = names.map(|name| process.announcement(name));
            (process, announced)
        });
        waited.await.unwrap()
    }

    fn spawn(mut command: Command, log: &Path) -> Self {
        let errors = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, log: log.to_owned() }
    }

    /// The rest of the first line that begins with `name`.
    fn announcement(&mut self, name: &str) -> String {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if let Some(rest) = line.strip_prefix(name) {
                return rest.trim().to_owned();
            }
        }
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        panic!("the process ended before it said {name:?}; it logged: {log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is no matter here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
