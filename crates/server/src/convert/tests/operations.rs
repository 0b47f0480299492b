use api::v1;
use payout::attempt::{AttemptStatus, InDoubt};
use payout::day::Day;
use payout::event::Change;
use payout::money::Currency;
use payout::queue::{ProviderCall, QueueHold, QueueHoldCause};
use payout::reason::Reason;
use payout::reconcile::{BreakKind, SettlementBreak};
use payout::record::{Record, Schedule, Vault};
use payout::settlement::{Note, Verdict};
use payout::state::State;
use payout::treasury::{Label, ReportOf};

use super::samples::{NOW, id, merchant, opened, payout};
use super::{complaints, request};
use crate::convert::time::timestamp;
use crate::convert::{check, indeterminate, preview, queue_hold, settle, settlement_break};
use crate::status::Failure;

fn settle_request() -> v1::SettlePayoutRequest {
    v1::SettlePayoutRequest {
        merchant: "demo-eu".to_owned(),
        payout_id: id().to_string(),
        settlement: Some(v1::Settlement {
            verdict: v1::SettlementVerdict::NotPaid.into(),
            operator: "ada".to_owned(),
            evidence: "Trustly's mail of 3 May".to_owned(),
            why: "never debited".to_owned(),
        }),
    }
}

#[test]
fn every_missing_part_of_a_decision_is_named() {
    let read = settle(&settle_request()).unwrap();
    assert_eq!((read.id, read.settlement.verdict), (id(), Verdict::NotPaid));
    let nothing = v1::SettlePayoutRequest { settlement: None, ..settle_request() };
    assert_eq!(
        complaints(settle(&nothing)),
        [
            "settlement.verdict is required: give PAID or NOT_PAID",
            "settlement.operator is required",
            "settlement.evidence is required",
            "settlement.why is required",
        ]
    );
    let mut odd = settle_request();
    let given = odd.settlement.as_mut().unwrap();
    (given.verdict, given.evidence, given.why) = (7, "a\nb".to_owned(), "x".repeat(501));
    assert_eq!(complaints(settle(&odd)).len(), 3);
    let foreign = v1::SettlePayoutRequest { payout_id: "other_1".to_owned(), ..settle_request() };
    assert_eq!(settle(&foreign).err(), Some(Failure::PayoutNotFound("other_1".to_owned())));
}

#[test]
fn a_report_of_days_to_come_is_not_asked_for() {
    let today = Day::parse("2026-08-01").unwrap();
    let of = |date: &str| {
        let request = v1::CheckSettlementRequest {
            merchant: "demo-eu".to_owned(),
            settlement_date: date.to_owned(),
            currency_code: String::new(),
        };
        check(&request, today)
    };
    assert_eq!(of("2026-08-01").unwrap().day, today);
    assert_eq!(complaints(of("2026-08-02")), ["settlement_date must not be after today (UTC)"]);
}

/// What several payouts have in common is the id of none.
#[test]
fn a_break_names_a_payout_only_where_it_is_about_one() {
    let found = |reference: &str, kind| SettlementBreak {
        merchant: merchant(),
        report: ReportOf {
            day: Day::parse("2026-08-01").unwrap(),
            currency: Currency::parse("EUR").unwrap(),
        },
        reference: Label::parse(reference).unwrap(),
        kind,
        reported: Some(-1000),
        expected: None,
        order_id: None,
        settlement_reference: None,
        found_at: NOW,
        closed_at: None,
    };
    let id = id().to_string();
    for (reference, kind, payout_id) in [
        (&*id, BreakKind::DebitedInDoubt, &*id),
        ("4711", BreakKind::AmountDiffers, ""),
        (&*id, BreakKind::UnknownHere, ""),
    ] {
        assert_eq!(settlement_break(&found(reference, kind)).payout_id, payout_id, "{kind:?}");
    }
}

#[test]
fn a_preview_names_what_is_wrong_by_its_path_in_the_creation() {
    use v1::preview_payout_request::Subject;
    let of = |merchant: &str, subject| {
        preview(v1::PreviewPayoutRequest { merchant: merchant.to_owned(), subject })
    };
    let creation = |creation| Some(Subject::Creation(Box::new(creation)));
    assert!(of("demo-eu", creation(request())).is_ok());
    assert_eq!(
        complaints(of("demo-eu", None)),
        ["subject is required: give payout_id or creation"]
    );
    let other = of("demo-us", creation(request()));
    assert_eq!(complaints(other), ["creation.merchant is not the merchant of the preview"]);
    let nameless = v1::CreatePayoutRequest { customer: String::new(), ..request() };
    assert_eq!(complaints(of("demo-eu", creation(nameless))), ["creation.customer is required"]);
}

#[test]
fn a_payout_in_doubt_says_since_when_and_when_it_is_looked_at() {
    let doubt =
        InDoubt { since: NOW, why: Reason::AnswerLost, looked_in_vain_at: None, refusal: None };
    let lost = Change::AttemptBecame(AttemptStatus::InDoubt(doubt));
    let in_doubt = (lost, State::Indeterminate { parked: None });
    let parked = State::Indeterminate { parked: Some(Reason::HorizonPassed) };
    let record = |changes: &[_], due_at| Record {
        payout: payout(changes),
        schedule: Schedule { due_at, tries: 3 },
        vault: Vault::default(),
        version: 1,
    };
    let shown = indeterminate(&record(&[opened(), in_doubt.clone()], Some(NOW)));
    assert_eq!(shown.in_doubt_since, Some(timestamp(NOW)));
    assert_eq!(shown.doubt.unwrap().reason(), v1::Reason::AnswerLost);
    assert_eq!((shown.parked, shown.looks_in_vain), (false, 3));
    assert_eq!(shown.next_look_at, Some(timestamp(NOW)));
    let shown = indeterminate(&record(&[opened(), in_doubt, (Change::Parked, parked)], None));
    assert_eq!((shown.parked, shown.next_look_at), (true, None));
    assert_eq!(shown.payout.unwrap().cause.unwrap().reason(), v1::Reason::HorizonPassed);
}

#[test]
fn a_hold_says_who_paused_or_what_was_refused() {
    let note = |text| Note::parse(text).unwrap();
    let cause = QueueHoldCause::Paused { operator: note("ada"), why: note("rotating keys") };
    let hold = QueueHold { merchant: merchant(), since: NOW, cause };
    let shown = queue_hold(&hold);
    assert_eq!(shown.kind(), v1::QueueHoldKind::Paused);
    assert_eq!((shown.operator.as_str(), shown.why.as_str()), ("ada", "rotating keys"));
    for (call, why) in [(Some(ProviderCall::Link), "starting a link was refused"), (None, "")] {
        let cause = QueueHoldCause::AccessRefused { code: Some("616".to_owned()), call };
        let shown = queue_hold(&QueueHold { cause, ..hold.clone() });
        assert_eq!(shown.kind(), v1::QueueHoldKind::AccessRefused);
        assert_eq!((shown.provider_code.as_str(), shown.operator.as_str()), ("616", ""));
        assert_eq!(shown.why, why);
    }
}
