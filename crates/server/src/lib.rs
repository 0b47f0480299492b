//! The server: gRPC services, webhook ingress, and the admin port. It translates between the API
//! and the engine, bounds what comes in, and ends in an orderly way.
//!
//! It decides nothing about payouts, and knows neither a provider nor a store. Protobuf meets the
//! domain in `convert` alone, and gRPC codes are named in `status` alone. Read `serve` for what
//! runs, `service` for what each call does, then the three ports: `grpc`, `ingress`, `admin`.

mod config;
mod probes;
mod serve;

mod service;

mod convert;
mod status;

mod admin;
mod grpc;
mod ingress;

mod accept;
mod drain;
mod http1;
mod metrics;

pub use config::{Intervals, Limits, ServerConfig};
pub use probes::{Gauge, Probes};
pub use serve::{Drained, Listeners, serve};
