//! The service `Provider`.

use api::v1;
use api::v1::provider_server::Provider;
use engine::Engine;
use tonic::{Request, Response, Status, async_trait};

use super::Service;
use super::call::Call;
use super::method::Method;
use crate::convert;
use crate::status::Failure;

#[async_trait]
impl Provider for Service {
    async fn describe_provider(
        &self,
        request: Request<v1::DescribeProviderRequest>,
    ) -> Result<Response<v1::DescribeProviderResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::DescribeProvider, &metadata, &request.merchant);
        call.answer(async { describe(&self.0.engine, &request) }).await
    }

    async fn get_balance(
        &self,
        request: Request<v1::GetBalanceRequest>,
    ) -> Result<Response<v1::GetBalanceResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::GetBalance, &metadata, &request.merchant);
        call.answer(balance(&self.0.engine, &request)).await
    }
}

async fn balance(
    engine: &Engine,
    request: &v1::GetBalanceRequest,
) -> Result<v1::GetBalanceResponse, Failure> {
    let merchant = convert::merchant(&request.merchant)?;
    Ok(convert::funds(&engine.balance(&merchant).await?))
}

fn describe(
    engine: &Engine,
    request: &v1::DescribeProviderRequest,
) -> Result<v1::DescribeProviderResponse, Failure> {
    let merchant = convert::merchant(&request.merchant)?;
    let description = engine.describe(&merchant)?;
    let methods = Method::supported(&description);
    let description = Some(convert::description(&description, methods));
    let queue_holds = engine.queue_holds(&merchant).iter().map(convert::queue_hold).collect();
    Ok(v1::DescribeProviderResponse { description, queue_holds })
}
