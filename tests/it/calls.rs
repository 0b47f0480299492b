//! Every call of the API as data, and what an error says in the words of the contract.

use std::collections::HashMap;

use api::v1::{
    CancelPayoutRequest, CheckSettlementRequest, CreatePayoutRequest, DeleteDestinationRequest,
    DescribeProviderRequest, GetBalanceRequest, GetDestinationRequest, GetPayoutRequest,
    ImportDestinationRequest, InvestigatePayoutRequest, ListDestinationsRequest,
    ListIndeterminateRequest, ListParkedNotificationsRequest, ListPayoutEventsRequest,
    ListPayoutsRequest, ListSettlementBreaksRequest, PauseSubmissionRequest, PreviewPayoutRequest,
    RegisterDestinationRequest, ResumeSubmissionRequest, SettlePayoutRequest,
    StartDestinationLinkRequest, WatchPayoutsRequest,
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetail, StatusExt};

use crate::world::World;

/// One call.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Create(CreatePayoutRequest),
    Get(GetPayoutRequest),
    List(ListPayoutsRequest),
    ListEvents(ListPayoutEventsRequest),
    Watch(WatchPayoutsRequest),
    Cancel(CancelPayoutRequest),
    Register(RegisterDestinationRequest),
    Import(ImportDestinationRequest),
    Link(StartDestinationLinkRequest),
    GetDestination(GetDestinationRequest),
    ListDestinations(ListDestinationsRequest),
    DeleteDestination(DeleteDestinationRequest),
    Describe(DescribeProviderRequest),
    ListParked(ListParkedNotificationsRequest),
    ListIndeterminate(ListIndeterminateRequest),
    Settle(SettlePayoutRequest),
    Pause(PauseSubmissionRequest),
    Resume(ResumeSubmissionRequest),
    Preview(PreviewPayoutRequest),
    ListBreaks(ListSettlementBreaksRequest),
    CheckSettlement(CheckSettlementRequest),
    Investigate(InvestigatePayoutRequest),
    Balance(GetBalanceRequest),
}

impl Call {
    /// Makes the call, and keeps nothing of the answer but whether there was one.
    pub(crate) async fn make(self, world: &World) -> Result<(), Status> {
        let mut payouts = world.payouts();
        let mut destinations = world.destinations();
        let mut operations = world.operations();
        match self {
            Self::Create(request) => payouts.create_payout(request).await.map(drop),
            Self::Get(request) => payouts.get_payout(request).await.map(drop),
            Self::List(request) => payouts.list_payouts(request).await.map(drop),
            Self::ListEvents(request) => payouts.list_payout_events(request).await.map(drop),
            Self::Watch(request) => payouts.watch_payouts(request).await.map(drop),
            Self::Cancel(request) => payouts.cancel_payout(request).await.map(drop),
            Self::Register(request) => destinations.register_destination(request).await.map(drop),
            Self::Import(request) => destinations.import_destination(request).await.map(drop),
            Self::Link(request) => destinations.start_destination_link(request).await.map(drop),
            Self::GetDestination(request) => destinations.get_destination(request).await.map(drop),
            Self::ListDestinations(request) => {
                destinations.list_destinations(request).await.map(drop)
            }
            Self::DeleteDestination(request) => {
                destinations.delete_destination(request).await.map(drop)
            }
            Self::Describe(request) => world.provider().describe_provider(request).await.map(drop),
            Self::ListParked(request) => {
                operations.list_parked_notifications(request).await.map(drop)
            }
            Self::ListIndeterminate(request) => {
                operations.list_indeterminate(request).await.map(drop)
            }
            Self::Settle(request) => operations.settle_payout(request).await.map(drop),
            Self::Pause(request) => operations.pause_submission(request).await.map(drop),
            Self::Resume(request) => operations.resume_submission(request).await.map(drop),
            Self::Preview(request) => operations.preview_payout(request).await.map(drop),
            Self::ListBreaks(request) => operations.list_settlement_breaks(request).await.map(drop),
            Self::CheckSettlement(request) => operations.check_settlement(request).await.map(drop),
            Self::Investigate(request) => operations.investigate_payout(request).await.map(drop),
            Self::Balance(request) => world.provider().get_balance(request).await.map(drop),
        }
    }

    /// Whether a failure of it has to say what it may have left behind.
    fn is_mutation(&self) -> bool {
        matches!(
            self,
            Self::Create(_)
                | Self::Cancel(_)
                | Self::Register(_)
                | Self::Import(_)
                | Self::Link(_)
                | Self::DeleteDestination(_)
                | Self::Settle(_)
                | Self::Pause(_)
                | Self::Resume(_)
        )
    }
}

/// What an error says.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) metadata: HashMap<String, String>,
    /// The paths of the fields that `BadRequest` names, sorted.
    pub(crate) fields: Vec<String>,
    /// Everything that went over the wire, as far as it is text.
    pub(crate) text: String,
}

/// Reads an error; panics unless it is in the form that every error of the API has.
pub(crate) fn refused(status: &Status) -> Refused {
    let (mut infos, mut fields) = (Vec::new(), Vec::new());
    for detail in status.get_error_details_vec() {
        match detail {
            ErrorDetail::ErrorInfo(info) => infos.push(info),
            ErrorDetail::BadRequest(bad) => {
                fields.extend(bad.field_violations.into_iter().map(|violation| violation.field));
            }
            _ => {}
        }
    }
    let [info] = infos.as_slice() else { panic!("not exactly one ErrorInfo: {status:?}") };
    assert_eq!(info.domain, "payouts.v1");
    fields.sort();
    let text = format!("{} {}", status.message(), String::from_utf8_lossy(status.details()));
    Refused {
        code: status.code(),
        reason: info.reason.clone(),
        metadata: info.metadata.clone(),
        fields,
        text,
    }
}

/// A call that is refused, and how.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) call: Call,
    pub(crate) code: Code,
    pub(crate) reason: &'static str,
    /// The paths that `BadRequest` names, sorted.
    pub(crate) fields: Vec<&'static str>,
    /// What the answer must not repeat; empty if there is nothing.
    pub(crate) hidden: String,
}

impl Case {
    /// Makes the call and holds the answer to what is expected of it, `recorded` included.
    pub(crate) async fn check(&self, world: &World) {
        let name = &self.name;
        let status = match self.call.clone().make(world).await {
            Ok(()) => panic!("{name}: was not refused"),
            Err(status) => status,
        };
        let said = refused(&status);
        assert_eq!((said.code, said.reason.as_str()), (self.code, self.reason), "{name}: {said:?}");
        assert_eq!(said.fields, self.fields, "{name}: {said:?}");
        let recorded = self.call.is_mutation().then_some("no");
        assert_eq!(said.metadata.get("recorded").map(String::as_str), recorded, "{name}: {said:?}");
        let repeated = !self.hidden.is_empty() && said.text.contains(&self.hidden);
        assert!(!repeated, "{name}: the answer repeats what was sent: {said:?}");
    }
}

/// A call with malformed fields.
pub(crate) fn invalid(name: &str, call: Call, fields: &[&'static str], hidden: &str) -> Case {
    Case {
        name: name.to_owned(),
        call,
        code: Code::InvalidArgument,
        reason: "INVALID_FIELD",
        fields: fields.to_vec(),
        hidden: hidden.to_owned(),
    }
}
