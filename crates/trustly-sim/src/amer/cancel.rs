//! Cancellations, and refunds, which no payout can have (pages "Cancel a transaction" and
//! "Refund a transaction").

use super::check;
use super::course;
use super::fields::Fields;
use super::refusal::Refusal;
use super::transaction::{Kind, Status, TransactionId};
use super::webhook;
use crate::clock::Moment;
use crate::config::Settings;
use crate::ledger::MovementState;
use crate::sim::State;

/// Documented.
const MESSAGE_LENGTH_MAX: usize = 40;

/// Stops what is not processed yet; on an authorization, ends the customer's mandate for good.
/// Deposits that are under way on it are not touched.
pub(super) fn carry_out(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    fields: &Fields,
) -> Result<(), Refusal> {
    members(fields)?;
    let transaction = state.amer.get(id);
    match (&transaction.kind, transaction.status) {
        (Kind::Authorization(_), Status::New | Status::Pending) => {
            end(state, settings, now, id, Status::Canceled);
        }
        (Kind::Authorization(_), Status::Authorized) => {
            end(state, settings, now, id, Status::Voided);
        }
        (
            Kind::Deposit(_) | Kind::Reclaim(_),
            Status::Pending | Status::OnHold | Status::Authorized,
        ) => {
            let status = match state.amer.terms.canceled_status {
                13 => Status::Voided,
                _ => Status::Canceled,
            };
            if let Some(course) = state.amer.get_mut(id).course_mut() {
                course.reason = None;
            }
            let told = (status, Some(MovementState::Canceled));
            course::enter_as(state, settings, now, id, told);
        }
        _ => {
            let message = "Transaction cannot be canceled in its status";
            return Err(Refusal::parameter("transactionId", message));
        }
    }
    Ok(())
}

/// An authorization that goes no further.
pub(super) fn end(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    status: Status,
) {
    let transaction = state.amer.get_mut(id);
    transaction.status = status;
    transaction.touch(now);
    transaction.network = super::reason::Reason::plain("SW013");
    webhook::announce_status(state, settings, now, id);
}

/// For captures and instant payments, of which the simulator has none.
pub(super) fn refuse_refund() -> Refusal {
    Refusal::parameter("transactionId", "Transaction cannot be refunded")
}

fn members(fields: &Fields) -> Result<(), Refusal> {
    check::only(fields, &["merchantReference", "message", "reason", "signature"])?;
    if fields.text("message").unwrap_or_default().chars().count() > MESSAGE_LENGTH_MAX {
        return Err(Refusal::parameter("message", "Message is too long"));
    }
    if fields.text("reason").is_some_and(|text| text.parse::<u32>().is_err()) {
        return Err(Refusal::parameter("reason", "Not a number"));
    }
    Ok(())
}
