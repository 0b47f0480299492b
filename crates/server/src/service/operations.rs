//! The service `Operations`.

use api::v1;
use api::v1::operations_server::Operations;
use engine::{AskError, Engine, QueryError, SettleError, Validation};
use payout::day::Day;
use payout::identity::payout_id;
use prost::Message;
use tonic::{Request, Response, Status, async_trait};

use super::Service;
use super::call::Call;
use super::method::Method;
use super::payouts::{RESPONSE_LENGTH_MAX, payout};
use crate::convert::{self, BreakList, Check, IndeterminateList, Pause, Preview, Settle};
use crate::status::Failure;

#[async_trait]
impl Operations for Service {
    async fn list_indeterminate(
        &self,
        request: Request<v1::ListIndeterminateRequest>,
    ) -> Result<Response<v1::ListIndeterminateResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ListIndeterminate, &metadata, &request.merchant);
        call.answer(list_indeterminate(&self.0.engine, &request)).await
    }

    async fn settle_payout(
        &self,
        request: Request<v1::SettlePayoutRequest>,
    ) -> Result<Response<v1::SettlePayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::SettlePayout, &metadata, &request.merchant);
        call.answer(settle(&self.0.engine, &request)).await
    }

    async fn pause_submission(
        &self,
        request: Request<v1::PauseSubmissionRequest>,
    ) -> Result<Response<v1::PauseSubmissionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::PauseSubmission, &metadata, &request.merchant);
        call.answer(pause(&self.0.engine, &request)).await
    }

    async fn resume_submission(
        &self,
        request: Request<v1::ResumeSubmissionRequest>,
    ) -> Result<Response<v1::ResumeSubmissionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ResumeSubmission, &metadata, &request.merchant);
        call.answer(resume(&self.0.engine, &request)).await
    }

    async fn preview_payout(
        &self,
        request: Request<v1::PreviewPayoutRequest>,
    ) -> Result<Response<v1::PreviewPayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::PreviewPayout, &metadata, &request.merchant);
        call.answer(preview(&self.0.engine, request)).await
    }

    async fn list_parked_notifications(
        &self,
        request: Request<v1::ListParkedNotificationsRequest>,
    ) -> Result<Response<v1::ListParkedNotificationsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call =
            Call::new(&self.0, Method::ListParkedNotifications, &metadata, &request.merchant);
        call.answer(list_parked(&self.0.engine, &request)).await
    }

    async fn list_settlement_breaks(
        &self,
        request: Request<v1::ListSettlementBreaksRequest>,
    ) -> Result<Response<v1::ListSettlementBreaksResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ListSettlementBreaks, &metadata, &request.merchant);
        call.answer(list_breaks(&self.0.engine, &request)).await
    }

    async fn check_settlement(
        &self,
        request: Request<v1::CheckSettlementRequest>,
    ) -> Result<Response<v1::CheckSettlementResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::CheckSettlement, &metadata, &request.merchant);
        call.answer(check_settlement(&self.0.engine, &request)).await
    }

    async fn investigate_payout(
        &self,
        request: Request<v1::InvestigatePayoutRequest>,
    ) -> Result<Response<v1::InvestigatePayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::InvestigatePayout, &metadata, &request.merchant);
        call.answer(investigate(&self.0.engine, &request)).await
    }
}

async fn list_indeterminate(
    engine: &Engine,
    request: &v1::ListIndeterminateRequest,
) -> Result<v1::ListIndeterminateResponse, Failure> {
    let IndeterminateList { merchant, paging } = convert::indeterminate_list(request)?;
    let mut page = paging.page.clone();
    loop {
        let (records, next) = engine.operators_business(merchant.as_ref(), &page).await?;
        let payouts = records.iter().map(convert::indeterminate).collect();
        let next_page_token = paging.next(next.as_ref());
        let response = v1::ListIndeterminateResponse { payouts, next_page_token };
        if response.encoded_len() <= RESPONSE_LENGTH_MAX || page.size == 1 {
            return Ok(response);
        }
        page.size /= 2;
    }
}

async fn settle(
    engine: &Engine,
    request: &v1::SettlePayoutRequest,
) -> Result<v1::SettlePayoutResponse, Failure> {
    let Settle { merchant, id, settlement } = convert::settle(request)?;
    match engine.settle(&merchant, &id, settlement).await {
        Ok(settled) => Ok(v1::SettlePayoutResponse { payout: Some(convert::payout(&settled)) }),
        Err(SettleError::Query(QueryError::PayoutNotFound)) => {
            Err(Failure::PayoutNotFound(id.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn pause(
    engine: &Engine,
    request: &v1::PauseSubmissionRequest,
) -> Result<v1::PauseSubmissionResponse, Failure> {
    let Pause { merchant, operator, why } = convert::pause(request)?;
    let hold = engine.pause(&merchant, operator, why).await?;
    Ok(v1::PauseSubmissionResponse { queue_hold: Some(convert::queue_hold(&hold)) })
}

async fn resume(
    engine: &Engine,
    request: &v1::ResumeSubmissionRequest,
) -> Result<v1::ResumeSubmissionResponse, Failure> {
    let merchant = convert::merchant(&request.merchant)?;
    let result = match engine.resume(&merchant).await? {
        true => v1::ResumeResult::Resumed.into(),
        false => v1::ResumeResult::NotPaused.into(),
    };
    let queue_holds = engine.queue_holds(&merchant).iter().map(convert::queue_hold).collect();
    Ok(v1::ResumeSubmissionResponse { result, queue_holds })
}

async fn preview(
    engine: &Engine,
    request: v1::PreviewPayoutRequest,
) -> Result<v1::PreviewPayoutResponse, Failure> {
    let creation = match convert::preview(request)? {
        Preview::Sent(merchant, id) => {
            return Ok(convert::recorded_preview(&payout(engine, &merchant, &id).await?));
        }
        Preview::Creation(creation) => creation,
    };
    let order = &creation.wish.order;
    let id = payout_id(&order.merchant, &order.idempotency_key);
    match engine.validate(creation.wish).await.map_err(Failure::Validate)? {
        Validation::Known(payout) => Ok(convert::recorded_preview(&payout)),
        Validation::Fits { request } => Ok(convert::creation_preview(&id, request)),
    }
}

async fn list_parked(
    engine: &Engine,
    request: &v1::ListParkedNotificationsRequest,
) -> Result<v1::ListParkedNotificationsResponse, Failure> {
    let (merchant, paging) = convert::parked_list(request)?;
    let (parked, next) = engine.list_parked(Some(&merchant), &paging.page).await?;
    let notifications = parked.iter().map(convert::parked_notification).collect();
    let next_page_token = paging.next(next.as_ref());
    Ok(v1::ListParkedNotificationsResponse { notifications, next_page_token })
}

async fn list_breaks(
    engine: &Engine,
    request: &v1::ListSettlementBreaksRequest,
) -> Result<v1::ListSettlementBreaksResponse, Failure> {
    let BreakList { filter, paging } = convert::break_list(request)?;
    let (breaks, next) = engine.settlement_breaks(&filter, &paging.page).await?;
    let breaks = breaks.iter().map(convert::settlement_break).collect();
    let next_page_token = paging.next(next.as_ref());
    Ok(v1::ListSettlementBreaksResponse { breaks, next_page_token })
}

async fn check_settlement(
    engine: &Engine,
    request: &v1::CheckSettlementRequest,
) -> Result<v1::CheckSettlementResponse, Failure> {
    let Check { merchant, day, currency } =
        convert::check(request, Day::of(engine.clock().wall()))?;
    let checks = engine.check_settlement(&merchant, day, currency).await?;
    let checks = checks.iter().map(convert::settlement_check).collect();
    Ok(v1::CheckSettlementResponse { checks })
}

async fn investigate(
    engine: &Engine,
    request: &v1::InvestigatePayoutRequest,
) -> Result<v1::InvestigatePayoutResponse, Failure> {
    let (merchant, id) = convert::investigate(request)?;
    match engine.investigate(&merchant, &id).await {
        Ok(found) => Ok(convert::investigation(&found)),
        Err(AskError::Query(QueryError::PayoutNotFound)) => {
            Err(Failure::PayoutNotFound(id.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
