//! Requests that read, watch or cancel: which payouts, which events, from where on.

use api::v1;
use engine::Start;
use payout::cursor::Cursor;
use payout::id::{Customer, IdempotencyKey, Merchant, PayoutId, ProviderReference};
use payout::port::{Filter, Selection};
use payout::state::{Outcome, StateName};

use super::fields::Fields;
use super::page::{Paging, page_size};
use super::payout::{outcome_of, state_of};
use super::time::parse_timestamp;
use crate::status::Failure;

/// Most payouts that one selector names, as the API promises.
const SELECTED_MAX: usize = 100;

/// Most states or outcomes in one filter, as the API promises.
const FILTER_VALUES_MAX: usize = 16;

/// Longest cursor that is given out, as the API promises.
const CURSOR_LENGTH_MAX: usize = 512;

/// One payout, by either of its names.
pub(crate) enum Which {
    /// By its id.
    Id(PayoutId),
    /// By the key it was, or would be, created with.
    Key(IdempotencyKey),
}

/// The request of ListPayouts.
pub(crate) struct PayoutList {
    /// Which payouts; no state at all means none.
    pub(crate) filter: Filter,
    /// Whether states and outcomes exclude each other, so that no payout can match.
    pub(crate) impossible: bool,
    /// Which page.
    pub(crate) paging: Paging,
}

/// The request of ListPayoutEvents.
pub(crate) struct EventQuery {
    /// Which events.
    pub(crate) selection: Selection,
    /// From where on.
    pub(crate) start: Start,
    /// How many at most.
    pub(crate) size: usize,
}

/// The request of WatchPayouts.
pub(crate) struct WatchRequest {
    /// Which events.
    pub(crate) selection: Selection,
    /// From where on.
    pub(crate) start: Start,
    /// Whether the payouts come first.
    pub(crate) snapshot_first: bool,
    /// Whether it ends with the outcomes.
    pub(crate) until_outcome: bool,
}

/// Reads a request that holds a merchant only.
pub(crate) fn merchant(text: &str) -> Result<Merchant, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(text);
    fields.finish(|| merchant)
}

/// Reads the request of GetPayout.
pub(crate) fn get(request: &v1::GetPayoutRequest) -> Result<(Merchant, Which), Failure> {
    use v1::get_payout_request::Payout;
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let which = match &request.payout {
        Some(Payout::PayoutId(id)) => fields.payout_id("payout_id", id).map(Which::Id),
        Some(Payout::IdempotencyKey(key)) => key_in(&mut fields, "idempotency_key", key),
        None => {
            fields.wrong("payout", "is required: give payout_id or idempotency_key");
            None
        }
    };
    fields.finish(|| Some((merchant?, which?)))
}

/// Reads the request of CancelPayout.
pub(crate) fn cancel(request: &v1::CancelPayoutRequest) -> Result<(Merchant, Which), Failure> {
    use v1::cancel_payout_request::Payout;
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let which = match &request.payout {
        Some(Payout::PayoutId(id)) => fields.payout_id("payout_id", id).map(Which::Id),
        Some(Payout::PayoutIdempotencyKey(key)) => {
            key_in(&mut fields, "payout_idempotency_key", key)
        }
        None => {
            fields.wrong("payout", "is required: give payout_id or payout_idempotency_key");
            None
        }
    };
    fields.finish(|| Some((merchant?, which?)))
}

fn key_in(fields: &mut Fields, field: &'static str, key: &str) -> Option<Which> {
    fields.parsed(field, IdempotencyKey::parse(key)).map(Which::Key)
}

/// Reads the request of ListPayouts.
pub(crate) fn payout_list(request: &v1::ListPayoutsRequest) -> Result<PayoutList, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let customer = fields.optional("customer", &request.customer, Customer::parse);
    let reference = &request.provider_reference;
    let provider_reference =
        fields.optional("provider_reference", reference, ProviderReference::parse);
    let by_state = states(&mut fields, &request.states);
    let by_outcome = outcomes(&mut fields, &request.outcomes);
    let created_from = match &request.created_from {
        Some(time) => fields.parsed("created_from", parse_timestamp(time)),
        None => None,
    };
    let created_before = match &request.created_before {
        Some(time) => fields.parsed("created_before", parse_timestamp(time)),
        None => None,
    };
    let filters =
        v1::ListPayoutsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let v1::ListPayoutsRequest { page_size, page_token, .. } = request;
    let paging = Paging::read(&mut fields, "payouts", &filters, *page_size, page_token);
    fields.finish(|| {
        let filtered = !(request.states.is_empty() && request.outcomes.is_empty());
        let fits = |state: &StateName| {
            (by_state.is_empty() || by_state.contains(state))
                && (by_outcome.is_empty() || by_outcome.contains(&state.outcome()))
        };
        let states: Vec<StateName> = match filtered {
            true => StateName::ALL.into_iter().filter(fits).collect(),
            false => Vec::new(),
        };
        let impossible = filtered && states.is_empty();
        let filter = Filter {
            merchant: merchant?,
            customer,
            provider_reference,
            states,
            // An outcome is a set of states, and more than one may be asked for.
            outcome: None,
            created_from,
            created_before,
            needs_attention: request.needs_attention,
        };
        Some(PayoutList { filter, impossible, paging: paging? })
    })
}

fn states(fields: &mut Fields, values: &[i32]) -> Vec<StateName> {
    let mut states = Vec::new();
    if values.len() > FILTER_VALUES_MAX {
        fields.wrong("states", format!("has more than {FILTER_VALUES_MAX} entries"));
        return states;
    }
    for (index, value) in values.iter().enumerate() {
        match v1::PayoutState::try_from(*value).ok().and_then(state_of) {
            Some(state) => states.push(state),
            None => fields.wrong(format!("states[{index}]"), "is not a state known here"),
        }
    }
    states
}

fn outcomes(fields: &mut Fields, values: &[i32]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if values.len() > FILTER_VALUES_MAX {
        fields.wrong("outcomes", format!("has more than {FILTER_VALUES_MAX} entries"));
        return outcomes;
    }
    for (index, value) in values.iter().enumerate() {
        match v1::Outcome::try_from(*value).ok().and_then(outcome_of) {
            Some(outcome) => outcomes.push(outcome),
            None => fields.wrong(format!("outcomes[{index}]"), "is not an outcome known here"),
        }
    }
    outcomes
}

/// Reads the request of ListPayoutEvents.
pub(crate) fn event_list(request: &v1::ListPayoutEventsRequest) -> Result<EventQuery, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let selection = selection(&mut fields, merchant, request.selector.as_ref());
    let start = start(&mut fields, request.start.as_ref());
    let size = page_size(&mut fields, request.page_size);
    fields.finish(|| Some(EventQuery { selection: selection?, start: start?, size: size? }))
}

/// Reads the request of WatchPayouts.
pub(crate) fn watch(request: &v1::WatchPayoutsRequest) -> Result<WatchRequest, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let selection = selection(&mut fields, merchant, request.selector.as_ref());
    let start = start(&mut fields, request.start.as_ref());
    let v1::WatchPayoutsRequest { snapshot_first, until_outcome, .. } = *request;
    if snapshot_first && start.as_ref().is_some_and(|start| *start != Start::Now) {
        fields.wrong("snapshot_first", "goes only with start.now");
    }
    if until_outcome && !matches!(selection, None | Some(Selection::Payouts(..))) {
        fields.wrong("until_outcome", "goes only with selector.payouts");
    }
    fields.finish(|| {
        let (selection, start) = (selection?, start?);
        Some(WatchRequest { selection, start, snapshot_first, until_outcome })
    })
}

fn selection(
    fields: &mut Fields,
    merchant: Option<Merchant>,
    selector: Option<&v1::EventSelector>,
) -> Option<Selection> {
    use v1::event_selector::Selector;
    match selector.and_then(|selector| selector.selector.as_ref()) {
        Some(Selector::Payouts(payouts)) => {
            Some(Selection::Payouts(merchant?, payout_ids(fields, &payouts.ids)?))
        }
        Some(Selector::Customer(customer)) => {
            let customer = fields.parsed("selector.customer", Customer::parse(customer))?;
            Some(Selection::Customer(merchant?, customer))
        }
        Some(Selector::EntireMerchant(())) => Some(Selection::Merchant(merchant?)),
        None => {
            fields.wrong("selector", "is required: give payouts, customer or entire_merchant");
            None
        }
    }
}

fn payout_ids(fields: &mut Fields, texts: &[String]) -> Option<Vec<PayoutId>> {
    if !(1..=SELECTED_MAX).contains(&texts.len()) {
        fields.wrong("selector.payouts.ids", format!("must have 1 to {SELECTED_MAX} entries"));
        return None;
    }
    let mut ids = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        ids.extend(fields.payout_id(format!("selector.payouts.ids[{index}]"), text));
    }
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}

fn start(fields: &mut Fields, start: Option<&v1::EventStart>) -> Option<Start> {
    use v1::event_start::Start as Asked;
    match start.and_then(|start| start.start.as_ref()) {
        Some(Asked::Cursor(text)) if text.len() > CURSOR_LENGTH_MAX => {
            let why = format!("has more than {CURSOR_LENGTH_MAX} characters");
            fields.wrong("start.cursor", why);
            None
        }
        Some(Asked::Cursor(text)) => {
            fields.parsed("start.cursor", Cursor::parse(text)).map(Start::After)
        }
        Some(Asked::Now(())) => Some(Start::Now),
        Some(Asked::Beginning(())) => Some(Start::Beginning),
        None => {
            fields.wrong("start", "is required: give cursor, now or beginning");
            None
        }
    }
}
