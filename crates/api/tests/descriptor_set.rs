//! The descriptor set says what the reflection service will say.

use prost::Message;
use prost_types::FileDescriptorSet;

#[test]
fn every_service_is_described() {
    let set = FileDescriptorSet::decode(api::FILE_DESCRIPTOR_SET).unwrap();
    let mut methods = Vec::new();
    for file in set.file.iter().filter(|file| file.package() == "payouts.v1") {
        for service in &file.service {
            let name = |method: &str| format!("{}.{method}", service.name());
            methods.extend(service.method.iter().map(|method| name(method.name())));
        }
    }
    methods.sort();
    let expected = [
        "Destinations.DeleteDestination",
        "Destinations.GetDestination",
        "Destinations.ImportDestination",
        "Destinations.ListDestinations",
        "Destinations.RegisterDestination",
        "Destinations.StartDestinationLink",
        "Operations.CheckSettlement",
        "Operations.InvestigatePayout",
        "Operations.ListIndeterminate",
        "Operations.ListParkedNotifications",
        "Operations.ListSettlementBreaks",
        "Operations.PauseSubmission",
        "Operations.PreviewPayout",
        "Operations.ResumeSubmission",
        "Operations.SettlePayout",
        "Payouts.CancelPayout",
        "Payouts.CreatePayout",
        "Payouts.GetPayout",
        "Payouts.ListPayoutEvents",
        "Payouts.ListPayouts",
        "Payouts.WatchPayouts",
        "Provider.DescribeProvider",
        "Provider.GetBalance",
    ];
    assert_eq!(methods, expected);
}

#[test]
fn every_import_is_included() {
    let set = FileDescriptorSet::decode(api::FILE_DESCRIPTOR_SET).unwrap();
    for file in &set.file {
        for import in &file.dependency {
            assert!(set.file.iter().any(|file| file.name() == import), "{import} is missing");
        }
    }
}
