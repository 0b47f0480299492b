//! The service `Payouts`, watches aside.

use std::sync::Arc;
use std::time::Duration;

use api::v1;
use api::v1::payouts_server::Payouts;
use engine::{CancelAnswer, CreateRequest, Created, Engine, QueryError, Tail, Validation};
use futures_util::future::{Either, select};
use payout::id::{Merchant, PayoutId};
use payout::port::{Entry, Fact, Filter, Page, PageToken, Selection, Warning};
use payout::record::Payout;
use prost::Message;
use tonic::{Request, Response, Status, async_trait};

use super::Service;
use super::call::{Call, Shared};
use super::method::Method;
use super::watch::{Watching, open};
use crate::convert::{self, PayoutList, Which};
use crate::status::Failure;

/// A list that is longer is cut into more pages: most clients take no message above 4 MiB.
pub(super) const RESPONSE_LENGTH_MAX: usize = 3 * 1024 * 1024;

#[async_trait]
impl Payouts for Service {
    async fn create_payout(
        &self,
        request: Request<v1::CreatePayoutRequest>,
    ) -> Result<Response<v1::CreatePayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::CreatePayout, &metadata, &request.merchant);
        let wait_max = call.wait_max();
        if request.wait_until() != v1::WaitUntil::Outcome {
            return call.answer(create(&self.0.engine, request, wait_max)).await;
        }
        let clock = self.0.engine.clock();
        let wait_end = clock.monotonic().saturating_add(wait_max);
        let submitted = v1::WaitUntil::Submitted.into();
        let first = v1::CreatePayoutRequest { wait_until: submitted, ..request.clone() };
        call.answer_after(create(&self.0.engine, first, wait_max), |created| {
            let wait_max = wait_end.saturating_sub(clock.monotonic());
            // On the heap: few calls wait like this, and none of the others should carry its
            // weight.
            Box::pin(until_outcome(&self.0, request, wait_max, created))
        })
        .await
    }

    async fn get_payout(
        &self,
        request: Request<v1::GetPayoutRequest>,
    ) -> Result<Response<v1::GetPayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::GetPayout, &metadata, &request.merchant);
        call.answer(get(&self.0.engine, &request)).await
    }

    async fn list_payouts(
        &self,
        request: Request<v1::ListPayoutsRequest>,
    ) -> Result<Response<v1::ListPayoutsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ListPayouts, &metadata, &request.merchant);
        call.answer(list(&self.0.engine, &request)).await
    }

    async fn list_payout_events(
        &self,
        request: Request<v1::ListPayoutEventsRequest>,
    ) -> Result<Response<v1::ListPayoutEventsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::ListPayoutEvents, &metadata, &request.merchant);
        call.answer(list_events(&self.0.engine, &request)).await
    }

    async fn cancel_payout(
        &self,
        request: Request<v1::CancelPayoutRequest>,
    ) -> Result<Response<v1::CancelPayoutResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::CancelPayout, &metadata, &request.merchant);
        call.answer(cancel(&self.0.engine, &request)).await
    }

    type WatchPayoutsStream = Watching;

    async fn watch_payouts(
        &self,
        request: Request<v1::WatchPayoutsRequest>,
    ) -> Result<Response<Watching>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::new(&self.0, Method::WatchPayouts, &metadata, &request.merchant);
        open(Arc::clone(&self.0), call, &request).await.map(Response::new)
    }
}

async fn create(
    engine: &Engine,
    request: v1::CreatePayoutRequest,
    wait_max: Duration,
) -> Result<v1::CreatePayoutResponse, Failure> {
    if request.validate_only {
        return validate(engine, request).await;
    }
    let request = convert::create(request, wait_max)?;
    let warnings = engine.warnings(&request.wish.order);
    let Created { payout, replayed } = engine.create(request).await?;
    Ok(created(&payout, replayed, &warnings))
}

fn created(payout: &Payout, replayed: bool, warnings: &[Warning]) -> v1::CreatePayoutResponse {
    v1::CreatePayoutResponse {
        payout: Some(convert::payout(payout)),
        replayed,
        validated: false,
        warnings: convert::warnings(warnings),
    }
}

async fn validate(
    engine: &Engine,
    request: v1::CreatePayoutRequest,
) -> Result<v1::CreatePayoutResponse, Failure> {
    let CreateRequest { wish, .. } = convert::create(request, Duration::ZERO)?;
    let warnings = engine.warnings(&wish.order);
    match engine.validate(wish).await.map_err(Failure::Validate)? {
        Validation::Known(payout) => Ok(created(&payout, true, &warnings)),
        Validation::Fits { .. } => Ok(v1::CreatePayoutResponse {
            payout: None,
            replayed: false,
            validated: true,
            warnings: convert::warnings(&warnings),
        }),
    }
}

/// Waits for the outcome of a payout by repeating its creation. An outcome can take days: a stop of
/// this server ends the wait, and the caller gets the payout as it is then.
async fn until_outcome(
    shared: &Shared,
    request: v1::CreatePayoutRequest,
    wait_max: Duration,
    first: v1::CreatePayoutResponse,
) -> v1::CreatePayoutResponse {
    let decided = std::pin::pin!(create(&shared.engine, request, wait_max));
    let stop = std::pin::pin!(shared.drain.begun());
    match select(stop, decided).await {
        Either::Right((Ok(later), _)) => v1::CreatePayoutResponse { payout: later.payout, ..first },
        // It is recorded, so a fault in the wait is no fault of the call.
        Either::Right((Err(_), _)) | Either::Left(_) => first,
    }
}

async fn get(
    engine: &Engine,
    request: &v1::GetPayoutRequest,
) -> Result<v1::GetPayoutResponse, Failure> {
    let (merchant, which) = convert::get(request)?;
    let found = match which {
        Which::Id(id) => payout(engine, &merchant, &id).await?,
        Which::Key(key) => engine.get_by_key(&merchant, &key).await?,
    };
    Ok(v1::GetPayoutResponse { payout: Some(convert::payout(&found)) })
}

/// A payout by its id, which an error names.
pub(super) async fn payout(
    engine: &Engine,
    merchant: &Merchant,
    id: &PayoutId,
) -> Result<Payout, Failure> {
    match engine.get(merchant, id).await {
        Err(QueryError::PayoutNotFound) => Err(Failure::PayoutNotFound(id.to_string())),
        found => Ok(found?),
    }
}

async fn list(
    engine: &Engine,
    request: &v1::ListPayoutsRequest,
) -> Result<v1::ListPayoutsResponse, Failure> {
    let PayoutList { filter, impossible, paging } = convert::payout_list(request)?;
    if !engine.serves(&filter.merchant) {
        return Err(Failure::UnknownMerchant);
    }
    if impossible {
        return Ok(v1::ListPayoutsResponse::default());
    }
    if let Some(found) = by_given_reference(engine, &filter).await? {
        let payouts = vec![convert::payout(&found)];
        return Ok(v1::ListPayoutsResponse { payouts, next_page_token: String::new() });
    }
    let mut page = paging.page.clone();
    loop {
        let (payouts, next) = list_page(engine, &filter, &page).await?;
        let next_page_token = paging.next(next.as_ref());
        let response = v1::ListPayoutsResponse { payouts, next_page_token };
        if response.encoded_len() <= RESPONSE_LENGTH_MAX || page.size == 1 {
            return Ok(response);
        }
        page.size /= 2;
    }
}

async fn list_page(
    engine: &Engine,
    filter: &Filter,
    page: &Page,
) -> Result<(Vec<v1::Payout>, Option<PageToken>), Failure> {
    let (found, next) = engine.list(filter, page).await?;
    Ok((found.iter().map(convert::payout).collect(), next))
}

/// The payout that was given to the provider under the reference that is asked for: its own id.
async fn by_given_reference(engine: &Engine, filter: &Filter) -> Result<Option<Payout>, Failure> {
    let Some(reference) = &filter.provider_reference else { return Ok(None) };
    let Ok(id) = PayoutId::parse(reference.as_str()) else { return Ok(None) };
    let found = match engine.get(&filter.merchant, &id).await {
        Err(QueryError::PayoutNotFound) => return Ok(None),
        found => found?,
    };
    let fits = !found.attempts.is_empty()
        && filter.customer.as_ref().is_none_or(|customer| *customer == found.order.customer)
        && (filter.states.is_empty() || filter.states.contains(&found.state.name()))
        && filter.created_from.is_none_or(|from| found.created_at >= from)
        && filter.created_before.is_none_or(|before| found.created_at < before);
    Ok(fits.then_some(found))
}

async fn list_events(
    engine: &Engine,
    request: &v1::ListPayoutEventsRequest,
) -> Result<v1::ListPayoutEventsResponse, Failure> {
    let query = convert::event_list(request)?;
    check_selection(engine, &query.selection).await?;
    let mut tail = engine.tail(query.selection, query.start).await?;
    let batch = tail.read(query.size).await?;
    let mut events = Vec::with_capacity(batch.entries.len());
    for entry in &batch.entries {
        events.push(event(engine, &tail, entry).await?);
    }
    let next_cursor = tail.cursor().encode();
    Ok(v1::ListPayoutEventsResponse { events, next_cursor, at_end: batch.at_end })
}

/// Refuses a selection of a merchant or of payouts that are not here.
pub(super) async fn check_selection(
    engine: &Engine,
    selection: &Selection,
) -> Result<Vec<Payout>, Failure> {
    let (merchant, ids) = match selection {
        Selection::Merchant(merchant) | Selection::Customer(merchant, _) => (merchant, &[][..]),
        Selection::Payouts(merchant, ids) => (merchant, ids.as_slice()),
    };
    if !engine.serves(merchant) {
        return Err(Failure::UnknownMerchant);
    }
    let mut payouts = Vec::with_capacity(ids.len());
    for id in ids {
        payouts.push(payout(engine, merchant, id).await?);
    }
    Ok(payouts)
}

/// An entry of the log. How a destination came to be is in its record only.
pub(super) async fn event(
    engine: &Engine,
    tail: &Tail,
    entry: &Entry,
) -> Result<v1::Event, Failure> {
    let origin = match &entry.fact {
        Fact::Payout(_) => None,
        Fact::Destination(event) => {
            let found = engine.destination(tail.merchant(), &event.destination).await;
            let destination =
                found.map_err(|error| Failure::Destination { error, field: "destination_id" })?;
            Some(destination.origin)
        }
    };
    Ok(convert::event(entry, origin))
}

async fn cancel(
    engine: &Engine,
    request: &v1::CancelPayoutRequest,
) -> Result<v1::CancelPayoutResponse, Failure> {
    let (merchant, which) = convert::cancel(request)?;
    let answer = match which {
        Which::Id(id) => {
            payout(engine, &merchant, &id).await?;
            engine.cancel(&merchant, &id).await?
        }
        Which::Key(key) => engine.cancel_by_key(&merchant, &key).await?,
    };
    let (result, payout) = match answer {
        CancelAnswer::Canceled(payout) => (v1::CancelResult::Canceled, Some(payout)),
        CancelAnswer::Fenced => (v1::CancelResult::Fenced, None),
        CancelAnswer::FencedTooLate => (v1::CancelResult::Unknown, None),
        CancelAnswer::Requested(payout) => (v1::CancelResult::Requested, Some(payout)),
        CancelAnswer::TooLate(payout) => (v1::CancelResult::TooLate, Some(payout)),
        CancelAnswer::NotSupported(payout) => (v1::CancelResult::NotSupported, Some(payout)),
    };
    let payout = payout.as_ref().map(convert::payout);
    Ok(v1::CancelPayoutResponse { result: result.into(), payout })
}
