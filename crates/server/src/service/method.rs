//! The methods of the API.

use payout::port::{self, Description};

/// A method of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    CancelPayout,
    CheckSettlement,
    CreatePayout,
    DeleteDestination,
    DescribeProvider,
    GetBalance,
    GetDestination,
    GetPayout,
    ImportDestination,
    InvestigatePayout,
    ListDestinations,
    ListIndeterminate,
    ListParkedNotifications,
    ListPayoutEvents,
    ListPayouts,
    ListSettlementBreaks,
    PauseSubmission,
    PreviewPayout,
    RegisterDestination,
    ResumeSubmission,
    SettlePayout,
    StartDestinationLink,
    WatchPayouts,
}

impl Method {
    /// Every method, sorted by its full name.
    const ALL: [Self; 23] = [
        Self::DeleteDestination,
        Self::GetDestination,
        Self::ImportDestination,
        Self::ListDestinations,
        Self::RegisterDestination,
        Self::StartDestinationLink,
        Self::CheckSettlement,
        Self::InvestigatePayout,
        Self::ListIndeterminate,
        Self::ListParkedNotifications,
        Self::ListSettlementBreaks,
        Self::PauseSubmission,
        Self::PreviewPayout,
        Self::ResumeSubmission,
        Self::SettlePayout,
        Self::CancelPayout,
        Self::CreatePayout,
        Self::GetPayout,
        Self::ListPayoutEvents,
        Self::ListPayouts,
        Self::WatchPayouts,
        Self::DescribeProvider,
        Self::GetBalance,
    ];

    /// The full name, as callers, logs and metrics write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CancelPayout => "payouts.v1.Payouts/CancelPayout",
            Self::CheckSettlement => "payouts.v1.Operations/CheckSettlement",
            Self::CreatePayout => "payouts.v1.Payouts/CreatePayout",
            Self::DeleteDestination => "payouts.v1.Destinations/DeleteDestination",
            Self::DescribeProvider => "payouts.v1.Provider/DescribeProvider",
            Self::GetBalance => "payouts.v1.Provider/GetBalance",
            Self::GetDestination => "payouts.v1.Destinations/GetDestination",
            Self::GetPayout => "payouts.v1.Payouts/GetPayout",
            Self::ImportDestination => "payouts.v1.Destinations/ImportDestination",
            Self::InvestigatePayout => "payouts.v1.Operations/InvestigatePayout",
            Self::ListDestinations => "payouts.v1.Destinations/ListDestinations",
            Self::ListIndeterminate => "payouts.v1.Operations/ListIndeterminate",
            Self::ListParkedNotifications => "payouts.v1.Operations/ListParkedNotifications",
            Self::ListPayoutEvents => "payouts.v1.Payouts/ListPayoutEvents",
            Self::ListPayouts => "payouts.v1.Payouts/ListPayouts",
            Self::ListSettlementBreaks => "payouts.v1.Operations/ListSettlementBreaks",
            Self::PauseSubmission => "payouts.v1.Operations/PauseSubmission",
            Self::PreviewPayout => "payouts.v1.Operations/PreviewPayout",
            Self::RegisterDestination => "payouts.v1.Destinations/RegisterDestination",
            Self::ResumeSubmission => "payouts.v1.Operations/ResumeSubmission",
            Self::SettlePayout => "payouts.v1.Operations/SettlePayout",
            Self::StartDestinationLink => "payouts.v1.Destinations/StartDestinationLink",
            Self::WatchPayouts => "payouts.v1.Payouts/WatchPayouts",
        }
    }

    /// Whether a failed call of it has to say what it may have left behind.
    pub(crate) fn is_mutation(self) -> bool {
        match self {
            Self::CancelPayout
            | Self::CreatePayout
            | Self::DeleteDestination
            | Self::ImportDestination
            | Self::PauseSubmission
            | Self::RegisterDestination
            | Self::ResumeSubmission
            | Self::SettlePayout
            | Self::StartDestinationLink => true,
            // A break moves no money, whether or not it is recorded.
            Self::CheckSettlement
            | Self::DescribeProvider
            | Self::GetBalance
            | Self::GetDestination
            | Self::GetPayout
            | Self::InvestigatePayout
            | Self::ListDestinations
            | Self::ListIndeterminate
            | Self::ListParkedNotifications
            | Self::ListPayoutEvents
            | Self::ListPayouts
            | Self::ListSettlementBreaks
            | Self::PreviewPayout
            | Self::WatchPayouts => false,
        }
    }

    /// Whether it works with a provider that is described like this.
    pub(crate) fn is_supported(self, description: &Description) -> bool {
        match self {
            Self::RegisterDestination => {
                description.methods.contains(&port::Method::RegisterDestination)
            }
            Self::ImportDestination => {
                description.methods.contains(&port::Method::ImportDestination)
            }
            Self::StartDestinationLink => {
                description.methods.contains(&port::Method::LinkDestination)
            }
            Self::GetBalance => description.methods.contains(&port::Method::TellFunds),
            Self::CheckSettlement => description.methods.contains(&port::Method::ReportSettlements),
            Self::InvestigatePayout => {
                description.methods.contains(&port::Method::InvestigateOrders)
            }
            Self::CancelPayout
            | Self::CreatePayout
            | Self::DeleteDestination
            | Self::DescribeProvider
            | Self::GetDestination
            | Self::GetPayout
            | Self::ListDestinations
            | Self::ListIndeterminate
            | Self::ListParkedNotifications
            | Self::ListPayoutEvents
            | Self::ListPayouts
            | Self::ListSettlementBreaks
            | Self::PauseSubmission
            | Self::PreviewPayout
            | Self::ResumeSubmission
            | Self::SettlePayout
            | Self::WatchPayouts => true,
        }
    }

    /// The names of all methods that work with such a provider, sorted.
    pub(crate) fn supported(description: &Description) -> Vec<String> {
        let supported = Self::ALL.into_iter().filter(|method| method.is_supported(description));
        supported.map(|method| method.name().to_owned()).collect()
    }
}
