//! The services: for each method, parse, ask the engine, convert. What all calls share is in
//! `call`; streams of events are in `watch`.

mod call;
mod destinations;
mod method;
mod operations;
mod payouts;
mod provider;
pub(crate) mod watch;

use std::sync::Arc;

use api::v1::destinations_server::DestinationsServer;
use api::v1::operations_server::OperationsServer;
use api::v1::payouts_server::PayoutsServer;
use api::v1::provider_server::ProviderServer;
use tonic::server::NamedService;
use tonic::service::Routes;

pub(crate) use call::Shared;

/// The largest request is a watch of 100 ids or a payout with all its metadata: a few KiB.
const REQUEST_LENGTH_MAX: usize = 64 * 1024;

/// One of the services: what they share.
struct Service(Arc<Shared>);

/// All services of this API.
pub(crate) fn routes(shared: &Arc<Shared>) -> Routes {
    let service = || Service(Arc::clone(shared));
    Routes::new(PayoutsServer::new(service()).max_decoding_message_size(REQUEST_LENGTH_MAX))
        .add_service(
            DestinationsServer::new(service()).max_decoding_message_size(REQUEST_LENGTH_MAX),
        )
        .add_service(ProviderServer::new(service()).max_decoding_message_size(REQUEST_LENGTH_MAX))
        .add_service(OperationsServer::new(service()).max_decoding_message_size(REQUEST_LENGTH_MAX))
}

/// The names of all services of this API, as health checks ask for them; the empty one stands for
/// the server as a whole.
pub(crate) const NAMES: [&str; 5] = [
    "",
    <PayoutsServer<Service> as NamedService>::NAME,
    <DestinationsServer<Service> as NamedService>::NAME,
    <ProviderServer<Service> as NamedService>::NAME,
    <OperationsServer<Service> as NamedService>::NAME,
];
