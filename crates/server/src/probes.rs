//! What the server asks whoever runs it.

use std::sync::Arc;

/// Questions that only the composition root can answer. Both are asked often and must answer at
/// once, from what is known already.
#[derive(Clone)]
pub struct Probes {
    /// Whether the store can take a durable write now.
    pub ready: Arc<dyn Fn() -> bool + Send + Sync>,
    /// What is measured beside the server's own counters.
    pub gauges: Arc<dyn Fn() -> Vec<Gauge> + Send + Sync>,
}

impl Default for Probes {
    /// Always ready, nothing measured.
    fn default() -> Self {
        Self { ready: Arc::new(|| true), gauges: Arc::new(Vec::new) }
    }
}

/// One measured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// Its name in Prometheus' alphabet, such as `payoutd_payouts_due`. One that ends in `_total`
    /// only ever grows, and is written as a counter.
    pub name: &'static str,
    /// What it tells, in one line.
    pub help: &'static str,
    /// What distinguishes it from others of its name. Keep the set of values bounded.
    pub labels: Vec<(&'static str, String)>,
    /// The value now.
    pub value: i64,
}
