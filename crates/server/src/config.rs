//! What can be configured, with defaults that suit one process on a small machine.

use std::time::Duration;

/// How the server behaves.
#[derive(Clone, Copy, Debug)]
pub struct ServerConfig {
    /// How much it takes on at once.
    pub limits: Limits,
    /// How long it waits for what.
    pub intervals: Intervals,
    /// How long it goes on with what is under way once it is told to stop. Default 10 s, well
    /// within the 30 s that Kubernetes leaves.
    pub grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            intervals: Intervals::default(),
            grace: Duration::from_secs(10),
        }
    }
}

/// How much the server takes on at once. What is beyond is refused at once, never queued.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open gRPC connections. Default 4,096: a quarter of the usual limit of open files.
    pub grpc_connections_max: usize,
    /// Streams on one gRPC connection. Default 256.
    pub connection_streams_max: u32,
    /// Calls being answered, watches and waiting calls aside. Default 2,048: some 50 KiB each.
    pub calls_max: usize,
    /// Calls that wait for an outcome; one more is answered at once with the payout as it is.
    /// Default 4,096: some 20 KiB each.
    pub waits_max: usize,
    /// Open watches. Default 10,000: some 10 KiB each, and about 100 KiB for one that stalls.
    pub watches_max: usize,
    /// Messages that one watch holds for a caller who does not take them in. Default 64.
    pub watch_buffer_max: usize,
    /// Open webhook connections. Default 1,024, each with at most 64 KiB of a body.
    pub webhook_connections_max: usize,
    /// Webhooks read in full and being verified and recorded. Default 256.
    pub webhooks_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            grpc_connections_max: 4096,
            connection_streams_max: 256,
            calls_max: 2048,
            waits_max: 4096,
            watches_max: 10_000,
            watch_buffer_max: 64,
            webhook_connections_max: 1024,
            webhooks_max: 256,
        }
    }
}

/// How long the server waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Silence on a watch after which it sends a heartbeat. Default 15 s.
    pub heartbeat: Duration,
    /// How long a watch waits for a caller that takes nothing in before it is ended. Default 30 s.
    pub stall_max: Duration,
    /// How long a watch collects what happens before it looks: a wake-up costs more than an event.
    /// Default 2 ms.
    pub collect: Duration,
    /// How long a peer may take to begin a gRPC connection. Default 5 s.
    pub handshake_max: Duration,
    /// How long the head of a webhook may take, idle time between two included. Default 5 s.
    pub webhook_head_max: Duration,
    /// How long a webhook may take from its head to the acknowledgement. Default 2.5 s: providers
    /// give up after 3 s.
    pub webhook_max: Duration,
    /// How often health is looked at. Default 1 s.
    pub health: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(15),
            stall_max: Duration::from_secs(30),
            collect: Duration::from_millis(2),
            handshake_max: Duration::from_secs(5),
            webhook_head_max: Duration::from_secs(5),
            webhook_max: Duration::from_millis(2500),
            health: Duration::from_secs(1),
        }
    }
}
