//! The service `Operations`.

use api::v1;
use api::v1::operations_server::Operations;
use engine::Engine;
use tonic::{Request, Response, Status, async_trait};

use super::Service;
use super::call::Call;
use super::method::Method;
use crate::convert;
use crate::status::Failure;

#[async_trait]
impl Operations for Service {
    async fn list_parked_notifications(
        &self,
        request: Request<v1::ListParkedNotificationsRequest>,
    ) -> Result<Response<v1::ListParkedNotificationsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call =
            Call::new(&self.0, Method::ListParkedNotifications, &metadata, &request.merchant);
        call.answer(list(&self.0.engine, &request)).await
    }
}

async fn list(
    engine: &Engine,
    request: &v1::ListParkedNotificationsRequest,
) -> Result<v1::ListParkedNotificationsResponse, Failure> {
    let (merchant, paging) = convert::parked_list(request)?;
    let (parked, next) = engine.list_parked(Some(&merchant), &paging.page).await?;
    let notifications = parked.iter().map(convert::parked_notification).collect();
    let next_page_token = paging.next(next.as_ref());
    Ok(v1::ListParkedNotificationsResponse { notifications, next_page_token })
}
