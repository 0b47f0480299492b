//! The service `Destinations`.

use api::v1;
use api::v1::destinations_server::Destinations;
use engine::{DestinationError, Engine, Linked, NewDestination};
use payout::destination::DestinationState;
use tonic::{Request, Response, Status, async_trait};

use super::Service;
use super::call::Call;
use super::method::Method;
use crate::convert;
use crate::status::Failure;

#[async_trait]
impl Destinations for Service {
    async fn register_destination(
        &self,
        request: Request<v1::RegisterDestinationRequest>,
    ) -> Result<Response<v1::RegisterDestinationResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::RegisterDestination, &metadata, &request.merchant);
        call.answer(register(&self.0.engine, &request)).await
    }

    async fn import_destination(
        &self,
        request: Request<v1::ImportDestinationRequest>,
    ) -> Result<Response<v1::ImportDestinationResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ImportDestination, &metadata, &request.merchant);
        call.answer(import(&self.0.engine, &request)).await
    }

    async fn start_destination_link(
        &self,
        request: Request<v1::StartDestinationLinkRequest>,
    ) -> Result<Response<v1::StartDestinationLinkResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::StartDestinationLink, &metadata, &request.merchant);
        call.answer(start_link(&self.0.engine, &request)).await
    }

    async fn get_destination(
        &self,
        request: Request<v1::GetDestinationRequest>,
    ) -> Result<Response<v1::GetDestinationResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::GetDestination, &metadata, &request.merchant);
        call.answer(get(&self.0.engine, &request)).await
    }

    async fn list_destinations(
        &self,
        request: Request<v1::ListDestinationsRequest>,
    ) -> Result<Response<v1::ListDestinationsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ListDestinations, &metadata, &request.merchant);
        call.answer(list(&self.0.engine, &request)).await
    }

    async fn delete_destination(
        &self,
        request: Request<v1::DeleteDestinationRequest>,
    ) -> Result<Response<v1::DeleteDestinationResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::DeleteDestination, &metadata, &request.merchant);
        call.answer(delete(&self.0.engine, &request)).await
    }
}

async fn register(
    engine: &Engine,
    request: &v1::RegisterDestinationRequest,
) -> Result<v1::RegisterDestinationResponse, Failure> {
    let new = convert::register_destination(request)?;
    let destination = make(engine, &new, Method::RegisterDestination, "bank_details").await?;
    Ok(v1::RegisterDestinationResponse { destination: Some(destination) })
}

async fn import(
    engine: &Engine,
    request: &v1::ImportDestinationRequest,
) -> Result<v1::ImportDestinationResponse, Failure> {
    let new = convert::import_destination(request)?;
    let destination = make(engine, &new, Method::ImportDestination, "provider_handle").await?;
    Ok(v1::ImportDestinationResponse { destination: Some(destination) })
}

async fn make(
    engine: &Engine,
    new: &NewDestination,
    method: Method,
    field: &'static str,
) -> Result<v1::Destination, Failure> {
    if !method.is_supported(&engine.describe(&new.merchant)?) {
        return Err(Failure::NotSupported);
    }
    match engine.make_destination(new).await {
        Ok(made) => Ok(convert::destination(&made)),
        Err(error) => Err(Failure::Destination { error, field }),
    }
}

async fn start_link(
    engine: &Engine,
    request: &v1::StartDestinationLinkRequest,
) -> Result<v1::StartDestinationLinkResponse, Failure> {
    let request = convert::link(request)?;
    if !Method::StartDestinationLink.is_supported(&engine.describe(&request.merchant)?) {
        return Err(Failure::NotSupported);
    }
    let linked = engine.start_link(&request).await;
    let Linked { destination, url, replayed } =
        linked.map_err(|error| Failure::Destination { error, field: "idempotency_key" })?;
    Ok(v1::StartDestinationLinkResponse {
        destination: Some(convert::destination(&destination)),
        url: url.map_or_else(String::new, |url| url.to_string()),
        replayed,
    })
}

async fn get(
    engine: &Engine,
    request: &v1::GetDestinationRequest,
) -> Result<v1::GetDestinationResponse, Failure> {
    let (merchant, id) = convert::get_destination(request)?;
    let found = engine.destination(&merchant, &id).await.map_err(by_id)?;
    Ok(v1::GetDestinationResponse { destination: Some(convert::destination(&found)) })
}

/// The store lists deleted destinations too; left out here, they may leave a page short.
async fn list(
    engine: &Engine,
    request: &v1::ListDestinationsRequest,
) -> Result<v1::ListDestinationsResponse, Failure> {
    let list = convert::destination_list(request)?;
    let listed = engine.list_destinations(&list.filter, &list.paging.page).await;
    let (found, next) = listed.map_err(by_id)?;
    let mut destinations = Vec::with_capacity(found.len());
    for destination in &found {
        if list.include_deleted || destination.state != DestinationState::Deleted {
            destinations.push(convert::destination(destination));
        }
    }
    let next_page_token = list.paging.next(next.as_ref());
    Ok(v1::ListDestinationsResponse { destinations, next_page_token })
}

async fn delete(
    engine: &Engine,
    request: &v1::DeleteDestinationRequest,
) -> Result<v1::DeleteDestinationResponse, Failure> {
    let (merchant, id) = convert::delete_destination(request)?;
    let deleted = engine.delete_destination(&merchant, &id).await.map_err(by_id)?;
    Ok(v1::DeleteDestinationResponse { destination: Some(convert::destination(&deleted)) })
}

fn by_id(error: DestinationError) -> Failure {
    Failure::Destination { error, field: "destination_id" }
}
