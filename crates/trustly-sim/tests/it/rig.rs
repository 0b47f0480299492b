//! A simulator of the test's own on a port of its own.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trustly_sim::{
    AmerMerchant, Config, EuContract, EuMerchant, ServeError, generate_key_pem, public_key_pem,
};

/// Five minutes pass in 100 milliseconds, two in 40.
pub(crate) const TIME_FACTOR: u32 = 3_000;

/// Nothing a test waits for takes this long unless it never comes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const USERNAME: &str = "merchant-user";
pub(crate) const PASSWORD: &str = "password-canary-1";
pub(crate) const ACCESS_ID: &str = "SIMACCESSID0000000001";
pub(crate) const ACCESS_KEY: &str = "access-key-canary-1";

pub(crate) static MERCHANT_PEM: LazyLock<String> = LazyLock::new(generate_key_pem);
pub(crate) static TRUSTLY_PEM: LazyLock<String> = LazyLock::new(generate_key_pem);
pub(crate) static MERCHANT_KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| key(&MERCHANT_PEM));
pub(crate) static TRUSTLY_KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| key(&TRUSTLY_PEM));

pub(crate) struct Rig {
    pub(crate) base: String,
    pub(crate) client: Client,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Result<(), ServeError>>,
}

impl Rig {
    pub(crate) async fn start(seed: u64) -> Self {
        Self::with(seed, |_| {}).await
    }

    /// A simulator in which nothing happens by itself while a test does one thing after another,
    /// however busy the machine is.
    pub(crate) async fn slow(seed: u64) -> Self {
        Self::with(seed, |config| config.time_factor = 300).await
    }

    /// A simulator in real time: deposits take a step when a test says so.
    pub(crate) async fn still(seed: u64) -> Self {
        Self::with(seed, |config| config.time_factor = 1).await
    }

    pub(crate) async fn with(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            seed,
            time_factor: TIME_FACTOR,
            eu: EuMerchant {
                username: USERNAME.to_owned(),
                password: PASSWORD.to_owned(),
                public_keys_pem: vec![public_key_pem(&MERCHANT_PEM).unwrap()],
                balances: BTreeMap::new(),
                contract: EuContract::default(),
            },
            amer: AmerMerchant {
                access_id: ACCESS_ID.to_owned(),
                access_key: ACCESS_KEY.to_owned(),
                merchant_id: "1002463580".to_owned(),
                webhook_url: None,
            },
            trustly_key_pem: TRUSTLY_PEM.clone(),
        };
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(trustly_sim::serve(listener, config, async {
            let _ = stopped.await;
        }));
        let client = Client::builder().retry(reqwest::retry::never()).no_proxy().build().unwrap();
        Self { base, client, stop: Some(stop), server }
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_sim/{path}", self.base);
        let request = self.client.request(method, url).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    pub(crate) async fn show(&self, path: &str) -> Value {
        let (status, value) = self.control(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{value}");
        value
    }

    /// Adds one rule.
    pub(crate) async fn fault(&self, rule: Value) {
        let program = json!({ "rules": [rule] });
        self.told(Method::PUT, "faults", program).await;
    }

    /// A control call that must be followed.
    pub(crate) async fn told(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.control(method, path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Changes terms of Trustly Americas.
    pub(crate) async fn amer_terms(&self, terms: Value) {
        self.told(Method::PUT, "settings", json!({ "amer": terms })).await;
    }

    /// Changes terms of the contract with Trustly Europe.
    pub(crate) async fn terms(&self, terms: Value) {
        self.told(Method::PUT, "settings", json!({ "eu": terms })).await;
    }

    pub(crate) async fn movements(&self) -> Vec<Value> {
        self.show("ledger").await["movements"].as_array().unwrap().clone()
    }

    /// The states of all movements with this reference, in order.
    pub(crate) async fn states(&self, reference: &str) -> Vec<String> {
        let mut states = Vec::new();
        for movement in self.movements().await {
            if movement["reference"] == reference {
                states.push(movement["state"].as_str().unwrap().to_owned());
            }
        }
        states
    }

    /// Waits until the movements with this reference are in these states.
    pub(crate) async fn reach(&self, reference: &str, expected: &[&str]) {
        let started = Instant::now();
        loop {
            let states = self.states(reference).await;
            if states == expected {
                return;
            }
            assert!(started.elapsed() < DEADLINE, "{reference} is {states:?}, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing is left to happen, and gives the notifications of this reference.
    pub(crate) async fn settle(&self, reference: &str) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let shown = self.show(&format!("notifications?reference={reference}")).await;
            let lines = shown["notifications"].as_array().unwrap().clone();
            if shown["pending_steps"] == 0 && lines.iter().all(|line| line["state"] != "waiting") {
                return lines;
            }
            assert!(started.elapsed() < DEADLINE, "never settled: {shown}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops the server and gives how long that took.
    pub(crate) async fn stop(mut self) -> Duration {
        let started = Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(DEADLINE, self.server).await.unwrap().unwrap().unwrap();
        started.elapsed()
    }
}

fn key(pem: &str) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_pem(pem).unwrap()
}
