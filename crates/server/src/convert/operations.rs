//! What operators ask for and see: payouts in doubt, settlements, pauses, previews.

use std::time::Duration;

use api::v1;
use engine::CreateRequest;
use payout::attempt::{AttemptStatus, InDoubt};
use payout::id::{Merchant, PayoutId};
use payout::queue::{QueueHold, QueueHoldCause};
use payout::record::{Payout, Record};
use payout::settlement::{Note, Settlement, Verdict};

use super::cause::bare_cause;
use super::create::create;
use super::destination::clipped;
use super::fields::Fields;
use super::page::Paging;
use super::payout::{ATTEMPTS_SHOWN_MAX, attempt, payout};
use super::time::timestamp;
use crate::status::Failure;

/// Longest code of a provider, in characters, as the API promises.
const PROVIDER_CODE_LENGTH_MAX: usize = 64;

/// The request of ListIndeterminate.
pub(crate) struct IndeterminateList {
    /// Whose payouts; everybody's, if absent.
    pub(crate) merchant: Option<Merchant>,
    /// Which page.
    pub(crate) paging: Paging,
}

/// The request of SettlePayout.
pub(crate) struct Settle {
    /// Whose payout.
    pub(crate) merchant: Merchant,
    /// Which.
    pub(crate) id: PayoutId,
    /// The decision.
    pub(crate) settlement: Settlement,
}

/// The request of PauseSubmission.
pub(crate) struct Pause {
    /// Whose queue.
    pub(crate) merchant: Merchant,
    /// Who pauses it.
    pub(crate) operator: Note,
    /// Why.
    pub(crate) why: Note,
}

/// The request of PreviewPayout.
pub(crate) enum Preview {
    /// What was sent for a payout.
    Sent(Merchant, PayoutId),
    /// What would be sent.
    Creation(Box<CreateRequest>),
}

/// Reads the request of ListIndeterminate.
pub(crate) fn indeterminate_list(
    request: &v1::ListIndeterminateRequest,
) -> Result<IndeterminateList, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.optional("merchant", &request.merchant, Merchant::parse);
    let v1::ListIndeterminateRequest { page_size, page_token, .. } = request;
    let filters =
        v1::ListIndeterminateRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let paging = Paging::read(&mut fields, "indeterminate", &filters, *page_size, page_token);
    fields.finish(|| Some(IndeterminateList { merchant, paging: paging? }))
}

/// Reads the request of SettlePayout. A decision is missing as a whole or in parts: each part is
/// named.
pub(crate) fn settle(request: &v1::SettlePayoutRequest) -> Result<Settle, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let id = fields.payout_id("payout_id", &request.payout_id);
    let given = request.settlement.clone().unwrap_or_default();
    let verdict = verdict(&mut fields, given.verdict());
    let operator = fields.parsed("settlement.operator", Note::parse(&given.operator));
    let evidence = fields.parsed("settlement.evidence", Note::parse(&given.evidence));
    let why = fields.parsed("settlement.why", Note::parse(&given.why));
    fields.finish(|| {
        let (verdict, operator) = (verdict?, operator?);
        let settlement = Settlement { verdict, operator, evidence: evidence?, why: why? };
        Some(Settle { merchant: merchant?, id: id?, settlement })
    })
}

fn verdict(fields: &mut Fields, verdict: v1::SettlementVerdict) -> Option<Verdict> {
    match verdict {
        v1::SettlementVerdict::Paid => Some(Verdict::Paid),
        v1::SettlementVerdict::NotPaid => Some(Verdict::NotPaid),
        v1::SettlementVerdict::Unspecified => {
            fields.wrong("settlement.verdict", "is required: give PAID or NOT_PAID");
            None
        }
    }
}

/// Reads the request of PauseSubmission.
pub(crate) fn pause(request: &v1::PauseSubmissionRequest) -> Result<Pause, Failure> {
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let operator = fields.parsed("operator", Note::parse(&request.operator));
    let why = fields.parsed("why", Note::parse(&request.why));
    fields.finish(|| Some(Pause { merchant: merchant?, operator: operator?, why: why? }))
}

/// Reads the request of PreviewPayout. What is wrong with a creation is named by its path in it.
pub(crate) fn preview(request: v1::PreviewPayoutRequest) -> Result<Preview, Failure> {
    use v1::preview_payout_request::Subject;
    let mut fields = Fields::default();
    let merchant = fields.merchant(&request.merchant);
    let preview = match request.subject {
        Some(Subject::PayoutId(id)) => fields.payout_id("payout_id", &id).and_then(|id| {
            let merchant = merchant?;
            Some(Preview::Sent(merchant, id))
        }),
        Some(Subject::Creation(creation)) => {
            if !creation.merchant.is_empty() && creation.merchant != request.merchant {
                fields.wrong("creation.merchant", "is not the merchant of the preview");
            }
            match create(*creation, Duration::ZERO) {
                Ok(creation) => Some(Preview::Creation(Box::new(creation))),
                Err(Failure::Invalid(violations)) => {
                    for violation in violations {
                        fields.wrong(format!("creation.{}", violation.field), violation.why);
                    }
                    None
                }
                Err(other) => {
                    fields.fails(other);
                    None
                }
            }
        }
        None => {
            fields.wrong("subject", "is required: give payout_id or creation");
            None
        }
    };
    fields.finish(|| preview)
}

/// A payout that is an operator's business.
pub(crate) fn indeterminate(record: &Record) -> v1::IndeterminatePayout {
    let Record { payout: about, schedule, .. } = record;
    let doubt = doubt(about);
    v1::IndeterminatePayout {
        payout: Some(payout(about)),
        in_doubt_since: doubt.map(|doubt| timestamp(doubt.since)),
        doubt: doubt.map(|doubt| bare_cause(doubt.why)),
        parked: about.is_parked(),
        next_look_at: schedule.due_at.map(timestamp),
        looks_in_vain: i32::try_from(schedule.tries).unwrap_or(i32::MAX),
    }
}

/// Why and since when it is not known what the latest attempt did.
fn doubt(payout: &Payout) -> Option<InDoubt> {
    match payout.live_attempt()?.status {
        AttemptStatus::InDoubt(doubt) => Some(doubt),
        AttemptStatus::Open
        | AttemptStatus::NotSent
        | AttemptStatus::Refused
        | AttemptStatus::Accepted
        | AttemptStatus::Absent
        | AttemptStatus::Ended => None,
    }
}

/// What holds a merchant's queue.
pub(crate) fn queue_hold(hold: &QueueHold) -> v1::QueueHold {
    let since = Some(timestamp(hold.since));
    match &hold.cause {
        QueueHoldCause::Paused { operator, why } => v1::QueueHold {
            kind: v1::QueueHoldKind::Paused.into(),
            since,
            operator: operator.as_str().to_owned(),
            why: why.as_str().to_owned(),
            provider_code: String::new(),
        },
        QueueHoldCause::AccessRefused { code, call } => v1::QueueHold {
            kind: v1::QueueHoldKind::AccessRefused.into(),
            since,
            operator: String::new(),
            why: call.map(|call| format!("{} was refused", call.as_str())).unwrap_or_default(),
            provider_code: clipped(code.as_deref().unwrap_or(""), PROVIDER_CODE_LENGTH_MAX),
        },
    }
}

/// What was sent for a recorded payout.
pub(crate) fn recorded_preview(payout: &Payout) -> v1::PreviewPayoutResponse {
    let hidden = payout.attempts.len().saturating_sub(ATTEMPTS_SHOWN_MAX);
    let mut requests = Vec::new();
    for sent in payout.attempts.iter().skip(hidden) {
        let shown = attempt(sent);
        requests.push(v1::MaskedRequest {
            attempt_number: shown.number,
            attempt_state: shown.state,
            opened_at: shown.opened_at,
            content: sent.masked.clone(),
        });
    }
    let payout_id = payout.id.to_string();
    let destination_unresolved = !payout.resolved;
    v1::PreviewPayoutResponse { requests, payout_id, recorded: true, destination_unresolved }
}

/// What would be sent for a payout that is not recorded; none, if its destination comes first.
pub(crate) fn creation_preview(
    id: &PayoutId,
    request: Option<String>,
) -> v1::PreviewPayoutResponse {
    let destination_unresolved = request.is_none();
    let requests = request
        .into_iter()
        .map(|content| v1::MaskedRequest { content, ..v1::MaskedRequest::default() });
    v1::PreviewPayoutResponse {
        requests: requests.collect(),
        payout_id: id.to_string(),
        recorded: false,
        destination_unresolved,
    }
}
