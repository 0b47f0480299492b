//! Everything the demo runs against: the simulator and the server, on free ports of this machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::command::simulate::{self, CONFIG_FILE};
use crate::command::terminal::announce;
use crate::command::{Failure, serve};
use crate::compose::{compose, random_hex};
use crate::config::{self, Listen, ListenInstead};

/// By how much time is compressed: Trustly's minutes become tenths of a second.
const TIME_FACTOR: u32 = 600;

/// The running demo.
pub(super) struct World {
    /// Names this run, so that its keys are not those of another run with the same data.
    pub(super) run: String,
    simulator: SocketAddr,
    listen: Listen,
    directory: PathBuf,
    temporary: bool,
    http: reqwest::Client,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<Result<(), Failure>>>,
}

impl World {
    pub(super) async fn start(data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let temporary = data_dir.is_none();
        let directory = match data_dir {
            Some(directory) => directory,
            None => std::env::temp_dir().join(format!("payoutd-demo-{}", random_hex(6)?)),
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(anywhere).await?;
        let simulator = listener.local_addr()?;
        let args = simulate::Args {
            data_dir: directory.clone(),
            listen: simulator,
            time_factor: TIME_FACTOR,
            seed: None,
            grpc: anywhere,
            webhooks: anywhere,
            admin: anywhere,
        };
        let simulation = simulate::prepare(&args, simulator)?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();
        let until = stopped.clone();
        tasks.push(tokio::spawn(async move {
            Ok(trustly_sim::serve(listener, simulation, stop_of(until)).await?)
        }));
        let config = config::load(&directory.join(CONFIG_FILE), ListenInstead::default())?;
        let settings = serve::server_config(&config);
        let composed = compose(config).await?;
        let listen = composed.bound;
        tasks.push(tokio::spawn(async move {
            serve::serve(composed, settings, stop_of(stopped)).await
        }));
        let http = reqwest::Client::builder().no_proxy().build()?;
        let run = random_hex(3)?;
        let world = Self { run, simulator, listen, directory, temporary, http, stop, tasks };
        world.send_events_to_us().await?;
        Ok(world)
    }

    /// Tells the simulator where this run listens for webhooks.
    async fn send_events_to_us(&self) -> Result<(), Failure> {
        let url = format!("http://{}/notifications/demo-us", self.listen.webhooks);
        self.control(reqwest::Method::PUT, "webhooks", json!({ "url": url })).await?;
        Ok(())
    }

    /// A connection to the server, as any caller would make it.
    pub(super) async fn channel(&self) -> Result<Channel, Failure> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.listen.grpc))?;
        Ok(endpoint.tcp_nodelay(true).connect().await?)
    }

    /// Speaks to the simulator's control interface.
    pub(super) async fn control(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Value,
    ) -> Result<Value, Failure> {
        let url = format!("http://{}/_sim/{path}", self.simulator);
        let request = self.http.request(method, url).header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("the simulator refused {path}: {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(super) fn print_addresses(&self) {
        announce(format_args!(
            "simulator http://{}  (control interface under /_sim/)",
            self.simulator
        ));
        announce(format_args!("grpc      {}", self.listen.grpc));
        announce(format_args!("webhooks  http://{}", self.listen.webhooks));
        announce(format_args!("admin     http://{}", self.listen.admin));
    }

    pub(super) fn print_hints(&self) {
        let grpc = self.listen.grpc;
        announce("\nstill running; try, in another terminal:");
        for (method, body) in [
            ("Payouts/ListPayouts", r#"{"merchant":"demo-eu"}"#),
            (
                "Payouts/WatchPayouts",
                "{\"merchant\":\"demo-us\",\"selector\":{\"entire_merchant\":{}},\
                 \"start\":{\"beginning\":{}}}",
            ),
            ("Provider/DescribeProvider", r#"{"merchant":"demo-us"}"#),
        ] {
            announce(format_args!("  grpcurl -plaintext -d '{body}' {grpc} payouts.v1.{method}"));
        }
        announce(format_args!("  curl http://{}/_sim/ledger", self.simulator));
        announce("stop with Ctrl-C");
    }

    /// Stops everything, and waits until it has.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        // Nobody listening means that both have stopped already, which is reported below.
        let _ = self.stop.send(true);
        for task in self.tasks {
            task.await??;
        }
        if self.temporary {
            std::fs::remove_dir_all(&self.directory)?;
        }
        Ok(())
    }
}

async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
