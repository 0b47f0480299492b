use engine::{CancelError, QueryError, QueueError};
use payout::fingerprint::CompareError;
use payout::id::DestinationId;
use payout::input::ProviderWords;
use payout::keys::{KeyError, KeyId};
use payout::port::{SharedError, StoreError, TreasuryError, Unfit, UnfitKind};
use payout::reason::Reason;
use payout::seal::OpenError;

use super::*;
use crate::convert::Violation;
use crate::convert::tests::samples::{cursor, failed, id, opened, payout};

/// Stands for a text that must not go out.
const CANARY: &str = "canary";

fn store(make: fn(String) -> StoreError) -> StoreError {
    make(CANARY.to_owned())
}

fn unfit(field: &'static str, kind: UnfitKind) -> CreateError {
    CreateError::Unfit(unfit_field(field, kind))
}

fn unfit_field(field: &'static str, kind: UnfitKind) -> Unfit {
    Unfit { field, why: "must be another".to_owned(), kind }
}

fn made(error: DestinationError) -> Failure {
    Failure::Destination { error, field: "bank_details" }
}

fn violations(count: usize) -> Failure {
    let violation = |n| Violation { field: format!("field[{n}]"), why: "is wrong".to_owned() };
    Failure::Invalid((0..count).map(violation).collect())
}

fn of_requests() -> Vec<Failure> {
    vec![
        violations(0),
        violations(1),
        violations(3),
        Failure::PageToken,
        Failure::UnknownMerchant,
        Failure::PayoutNotFound("po_1".to_owned()),
        Failure::DestinationNotFound,
        Failure::NotSupported,
        Failure::Overloaded,
        Failure::ShuttingDown,
        Failure::DeadlineExceeded,
    ]
}

fn of_creations() -> Vec<Failure> {
    let fields = vec!["amount.minor_units".to_owned(), "customer".to_owned()];
    let words = ProviderWords { text: Some(CANARY.to_owned()), ..ProviderWords::default() };
    let refused = DestinationError::Refused { reason: Reason::AccountInvalid, words };
    let mut failures = Vec::new();
    for error in [
        CreateError::UnknownMerchant,
        unfit("provider_handle", UnfitKind::Invalid),
        unfit("amount.currency_code", UnfitKind::NotPossible),
        unfit("speed", UnfitKind::NotPossible),
        CreateError::DestinationNotFound,
        CreateError::DestinationNotUsable(DestinationState::Deleted),
        CreateError::DestinationNotUsable(DestinationState::Linking),
        CreateError::DestinationNotUsable(DestinationState::Abandoned),
        CreateError::DestinationOfOtherAccount,
        CreateError::KeyReused { payout: id(), fields },
        CreateError::Fenced,
        CreateError::Overloaded,
        CreateError::Stopping,
        CreateError::Interrupted,
        CreateError::Compare(CompareError::Key(KeyError::Missing(KeyId(3)))),
        CreateError::Compare(CompareError::Rules(9)),
        CreateError::Open(OpenError::Altered(CANARY.to_owned())),
        CreateError::Store(store(StoreError::NotWritten)),
        CreateError::Store(store(StoreError::Unknown)),
        CreateError::Store(store(StoreError::Corrupt)),
    ] {
        failures.push(Failure::Create(error));
    }
    for error in [
        DestinationError::Query(QueryError::UnknownMerchant),
        DestinationError::NotFound,
        DestinationError::Unfit(unfit_field("provider_handle", UnfitKind::Invalid)),
        DestinationError::Unfit(unfit_field("bank_details.account.iban", UnfitKind::NotPossible)),
        refused,
        DestinationError::Unanswered(Reason::AnswerLost),
        DestinationError::NoAccess(Reason::AccessRefused),
        DestinationError::NoAccess(Reason::NotEnabled),
        DestinationError::KeyReused {
            destination: DestinationId::parse("ds_nc6jociwqwgl6whpyyuusnqmbq").unwrap(),
            fields: vec!["return_url".to_owned()],
        },
        DestinationError::Compare(CompareError::Rules(9)),
        DestinationError::Open(OpenError::Altered(CANARY.to_owned())),
        DestinationError::Contended,
        DestinationError::Key(KeyError::Missing(KeyId(3))),
        DestinationError::Store(store(StoreError::Unknown)),
    ] {
        failures.push(made(error));
    }
    failures
}

fn of_operations() -> Vec<Failure> {
    let settled = || Box::new(failed());
    let in_flight = Box::new(payout(&[opened()]));
    let mut failures = Vec::new();
    for error in [
        SettleError::Query(QueryError::UnknownMerchant),
        SettleError::Query(QueryError::Store(store(StoreError::Unknown))),
        SettleError::NotInDoubt(settled()),
        SettleError::BeingSent(in_flight),
        SettleError::Contended,
        SettleError::Store(store(StoreError::NotWritten)),
        SettleError::Store(store(StoreError::Unknown)),
    ] {
        failures.push(Failure::Settle(error));
    }
    for error in [
        QueueError::Query(QueryError::UnknownMerchant),
        QueueError::Store(store(StoreError::NotWritten)),
        QueueError::Store(store(StoreError::Unknown)),
    ] {
        failures.push(Failure::Queue(error));
    }
    for error in [
        unfit("amount.currency_code", UnfitKind::NotPossible),
        CreateError::KeyReused { payout: id(), fields: vec!["customer".to_owned()] },
        CreateError::Fenced,
        CreateError::Store(store(StoreError::Unknown)),
    ] {
        failures.push(Failure::Validate(error));
    }
    failures
}

fn of_the_rest() -> Vec<Failure> {
    vec![
        Failure::Cancel(CancelError::Query(QueryError::PayoutNotFound)),
        Failure::Cancel(CancelError::Contended),
        Failure::Cancel(CancelError::Store(store(StoreError::Unknown))),
        Failure::Ask(AskError::Query(QueryError::PayoutNotFound)),
        Failure::Ask(AskError::NotSupported),
        Failure::Ask(AskError::TooSoon(Duration::from_secs(899))),
        Failure::Ask(AskError::Busy),
        Failure::Ask(AskError::Unanswered(TreasuryError::Unreadable(CANARY.to_owned()))),
        Failure::Ask(AskError::Shared(SharedError(CANARY.to_owned()))),
        Failure::Ask(AskError::Store(store(StoreError::Unknown))),
        Failure::Query(QueryError::UnknownMerchant),
        Failure::Query(QueryError::PayoutNotFound),
        Failure::Query(QueryError::Fenced),
        Failure::Query(QueryError::Store(store(StoreError::NotWritten))),
        Failure::Query(QueryError::Store(StoreError::PageToken)),
        Failure::Read(ReadError::OtherStore),
        Failure::Read(ReadError::OutOfRange),
        Failure::Read(ReadError::TooOld(cursor())),
        Failure::Read(ReadError::Store(store(StoreError::Unknown))),
    ]
}

/// One status, everything that a caller can see of it.
fn written(failure: &Failure, mutation: bool) -> String {
    let status = status(failure, mutation);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.domain, "payouts.v1");
    let mut metadata: Vec<_> = info.metadata.iter().collect();
    metadata.sort();
    let mut lines =
        vec![format!("{:?} {}", status.code(), info.reason), format!("  {}", status.message())];
    lines.extend(metadata.iter().map(|(key, value)| format!("  {key} = {value}")));
    if let Some(bad) = details.bad_request() {
        let violations = bad.field_violations.iter();
        lines.extend(violations.map(|v| format!("  field {}: {}", v.field, v.description)));
    }
    if let Some(failed) = details.precondition_failure() {
        for v in &failed.violations {
            lines.push(format!("  precondition {} {}: {}", v.r#type, v.subject, v.description));
        }
    }
    if let Some(retry) = details.retry_info() {
        lines.push(format!("  retry after {:?}", retry.retry_delay.unwrap()));
    }
    if let Some(resource) = details.resource_info() {
        lines.push(format!("  resource {} {}", resource.resource_type, resource.resource_name));
    }
    lines.join("\n")
}

#[test]
fn every_error_is_answered_as_the_golden_table_says() {
    let mut written_all = String::new();
    for failure in of_requests().iter().chain(&of_creations()).chain(&of_operations()) {
        written_all += &format!("{}\n\n", written(failure, true));
    }
    for failure in &of_the_rest() {
        let mutation = matches!(failure, Failure::Cancel(_));
        written_all += &format!("{}\n\n", written(failure, mutation));
    }
    let golden = include_str!("golden.txt");
    assert!(written_all == golden, "the table is now:\n\n{written_all}");
}

#[test]
fn nothing_of_a_store_or_a_provider_goes_out() {
    let all = [of_requests(), of_creations(), of_operations(), of_the_rest()].concat();
    for failure in &all {
        let status = status(failure, true);
        let sent = format!("{status:?}{}", String::from_utf8_lossy(status.details()));
        assert!(!sent.contains(CANARY), "{failure:?}");
    }
}

#[test]
fn reads_say_nothing_of_what_is_recorded() {
    for failure in of_the_rest() {
        let status = status(&failure, false);
        let details = status.get_error_details();
        assert!(!details.error_info().unwrap().metadata.contains_key("recorded"));
    }
}

#[test]
fn faults_of_ours_are_told_to_operators_and_those_of_callers_are_not() {
    assert_eq!(fault(&violations(1)), None);
    assert_eq!(fault(&Failure::Create(CreateError::Fenced)), None);
    let broken = Failure::Create(CreateError::Store(store(StoreError::Corrupt)));
    assert!(fault(&broken).unwrap().contains(CANARY));
}

#[test]
fn answers_that_no_handler_made_get_details() {
    for (bare, reason) in [
        (Status::unimplemented(""), "NOT_SUPPORTED"),
        (Status::internal(CANARY), "INVALID_FIELD"),
        (Status::out_of_range(CANARY), "INVALID_FIELD"),
    ] {
        let response = completed(bare.into_http::<String>());
        let status = Status::from_header_map(response.headers()).unwrap();
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, reason);
        assert_eq!(info.metadata["recorded"], "no");
        assert!(!format!("{status:?}").contains(CANARY));
    }
    let ours = status(&Failure::Overloaded, false);
    let response = completed(ours.clone().into_http::<String>());
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!((status.code(), status.details()), (ours.code(), ours.details()));
    assert!(completed(Response::new(String::new())).headers().is_empty());
}
