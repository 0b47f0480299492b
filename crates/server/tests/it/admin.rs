use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use server::{Gauge, Probes, ServerConfig};

use crate::support::{DownStore, Running, ask};

#[tokio::test]
async fn probes_are_answered() {
    let ready = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&ready);
    let probes = Probes {
        ready: Arc::new(move || asked.load(Ordering::SeqCst)),
        gauges: Arc::new(|| {
            let (labels, value) = (Vec::new(), 3);
            vec![Gauge { name: "payoutd_test", help: "Of a test.", labels, value }]
        }),
    };
    let running = Running::start_on(ServerConfig::default(), probes, DownStore::refusing()).await;
    let get = |path| ask(running.admin, "GET", path);
    assert!(get("/livez").await.starts_with("HTTP/1.1 200"));
    assert!(get("/readyz").await.starts_with("HTTP/1.1 200"));
    ready.store(false, Ordering::SeqCst);
    assert!(get("/readyz").await.starts_with("HTTP/1.1 503"));
    assert!(get("/livez").await.starts_with("HTTP/1.1 200"));
    assert!(get("/secrets").await.starts_with("HTTP/1.1 404"));
    assert!(ask(running.admin, "POST", "/livez").await.starts_with("HTTP/1.1 405"));
    assert!(get("/metrics").await.contains("\npayoutd_test 3\n"));
}

#[tokio::test]
async fn calls_and_notifications_are_counted() {
    let running = Running::start(ServerConfig::default()).await;
    let request = api::v1::DescribeProviderRequest { merchant: "demo-eu".to_owned() };
    let mut client = api::v1::provider_client::ProviderClient::new(running.channel().await);
    client.describe_provider(request.clone()).await.unwrap();
    client.describe_provider(request).await.unwrap();
    ask(running.webhooks, "POST", "/notifications/nobody").await;
    let metrics = ask(running.admin, "GET", "/metrics").await;
    for line in [
        "payoutd_rpc_calls_total{method=\"payouts.v1.Provider/DescribeProvider\",code=\"OK\"} 2",
        "payoutd_notifications_total{result=\"not_found\"} 1",
        "payoutd_rpc_watches_open 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}
