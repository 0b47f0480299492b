//! Values of every kind, rich enough that between them every key and every variant is written.
//! The golden files hold their bytes: a sample is never changed, a new one is added at the end.

use std::collections::BTreeMap;

use crate::attempt::{Attempt, AttemptStatus, InDoubt, RequestDigest};
use crate::bank::{
    Account, BankDetails, Country, Holder, HolderName, Iban, LocalNumber, Particulars,
    PostalAddress,
};
use crate::day::Day;
use crate::destination::{Destination, DestinationEvent, DestinationState, Link, Origin, Summary};
use crate::event::{Change, Created, Event};
use crate::fingerprint::Fingerprint;
use crate::id::kind::Kind;
use crate::id::{Name, ProviderReference};
use crate::input::{Certainty, Input, ProviderWords, Refusal, RefusalKind, Report, Reported, What};
use crate::keys::KeyId;
use crate::money::{Currency, Money};
use crate::order::{
    ExternalReference, Metadata, Order, RawHandle, RelatedOrderReference, Speed,
    StatementDescriptor, Target, TargetRequest,
};
use crate::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use crate::personal::{
    Address, AddressLine, DateOfBirth, Email, MobilePhone, NationalId, PartyId, PostalCode,
};
use crate::port::{EvidenceKind, ParkedNotification, SealedEvidence};
use crate::queue::{ProviderCall, QueueHold, QueueHoldCause};
use crate::reason::Reason;
use crate::reconcile::{BreakKind, SettlementBreak};
use crate::record::{Fence, Hint, Payout, Record, Schedule, Vault};
use crate::seal::Sealed;
use crate::settlement::{Note, Settlement, Verdict};
use crate::state::{GiveBack, Hold, State, StateName};
use crate::time::Timestamp;
use crate::treasury::{Funds, Label, ReportOf, Signed};

const PAYOUT: &str = "po_nc6jociwqwgl6whpyyuusnqmbq";
const DESTINATION: &str = "ds_nc6jociwqwgl6whpyyuusnqmbq";

pub(crate) fn name<K: Kind>(text: &str) -> Name<K> {
    Name::parse(text).unwrap()
}

/// A time of day on one day of the samples.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(1_785_600_000_123 + minute * 60_000)
}

fn sealed(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

fn euros(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::parse("EUR").unwrap()).unwrap()
}

fn order(target: Target) -> Order {
    let metadata = [("order", "A-17"), ("shop", "Malmö")];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Order {
        merchant: name("demo-eu"),
        idempotency_key: name("order-1"),
        customer: name("customer 42"),
        amount: euros(1050),
        target,
        speed: Speed::Instant,
        statement_descriptor: Some(StatementDescriptor::parse("Zoë's shop").unwrap()),
        external_reference: Some(ExternalReference::parse("invoice 9").unwrap()),
        related_order_reference: None,
        submit_before: Some(at(600)),
        metadata: Metadata::parse(BTreeMap::from(metadata)).unwrap(),
    }
}

fn plain_order(target: Target) -> Order {
    Order {
        speed: Speed::Standard,
        statement_descriptor: None,
        external_reference: None,
        submit_before: None,
        metadata: Metadata::default(),
        ..order(target)
    }
}

fn to_destination() -> Target {
    Target::Destination(name(DESTINATION))
}

fn to_bank_account() -> Target {
    Target::BankAccount { masked: "SE*****4211".to_owned() }
}

fn fingerprint() -> Fingerprint {
    let fields = [("amount.minor_units".to_owned(), [7; 16]), ("customer".to_owned(), [8; 16])];
    Fingerprint { version: 1, key: KeyId(3), fields: BTreeMap::from(fields) }
}

fn attempt(number: u32, status: AttemptStatus) -> Attempt {
    Attempt {
        number,
        generation: 1,
        holder: name("host-1.17"),
        opened_at: at(1),
        send_by: at(2),
        account: name("merchant_user@https://api.example/api/1"),
        digest: RequestDigest([0xab; 32]),
        masked: r#"{"method":"AccountPayout"}"#.to_owned(),
        status,
    }
}

fn in_doubt() -> AttemptStatus {
    AttemptStatus::InDoubt(InDoubt {
        since: at(3),
        why: Reason::AnswerLost,
        looked_in_vain_at: Some(at(4)),
        refusal: Some(Reason::MerchantFundsInsufficient),
    })
}

fn settlement() -> Settlement {
    let note = |text| Note::parse(text).unwrap();
    Settlement {
        verdict: Verdict::NotPaid,
        operator: note("ada@example.com"),
        evidence: note("bank statement 7 of 2026-08-01"),
        why: note("the bank returned it as unknown"),
    }
}

fn give_back() -> GiveBack {
    GiveBack { id: "gb_nc6jociwqwgl6whpyyuusnqmbq".to_owned(), amount: euros(1050) }
}

fn pending() -> Payout {
    Payout {
        id: name(PAYOUT),
        order: plain_order(to_bank_account()),
        fingerprint: fingerprint(),
        state: State::Pending { held: None },
        attempts: Vec::new(),
        resolved: false,
        forgetful_until: None,
        cancel_requested: false,
        unconfirmed: None,
        provider_reference: None,
        words: ProviderWords::default(),
        speed_achieved: None,
        accepted_at: None,
        completed_at: None,
        ended_at: None,
        give_back: None,
        attention: None,
        receipts: Vec::new(),
        sequence: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A payout that belongs to another order, on somebody's behalf.
fn related(schedule: Schedule) -> Record {
    let related_order_reference = RelatedOrderReference::parse("p2p_7-A").ok();
    let order = Order { related_order_reference, ..plain_order(to_bank_account()) };
    let vault = Vault { parties: Some(sealed("parties")), ..Vault::default() };
    Record { payout: Payout { order, ..pending() }, schedule, vault, version: 2 }
}

pub(crate) fn records() -> Vec<Record> {
    let indeterminate = Payout {
        order: order(to_destination()),
        state: State::Indeterminate { parked: Some(Reason::HorizonPassed) },
        attempts: vec![attempt(1, AttemptStatus::NotSent), attempt(2, in_doubt())],
        resolved: true,
        forgetful_until: Some(at(2)),
        cancel_requested: true,
        unconfirmed: Some(Hint { status: Reported::Failed, since: at(8) }),
        attention: Some(Reason::Contradicted),
        sequence: 7,
        updated_at: at(9),
        ..pending()
    };
    let returned = Payout {
        order: order(Target::ProviderHandle { masked: "*****7890".to_owned() }),
        state: State::Returned { reason: Reason::ReturnedByBank },
        attempts: vec![attempt(1, AttemptStatus::Ended)],
        provider_reference: Some(name("87654321")),
        words: ProviderWords::default(),
        speed_achieved: Some(Speed::Instant),
        completed_at: Some(at(20)),
        ended_at: Some(at(30)),
        give_back: Some(give_back()),
        receipts: vec![name("credit-1"), name("credit-2")],
        ..pending()
    };
    let schedule = Schedule { due_at: Some(at(40)), tries: 3 };
    let vault = Vault {
        request: Some(sealed("request")),
        handle: Some(sealed("handle")),
        target: Some(sealed("target")),
        parties: None,
    };
    vec![
        Record { payout: pending(), schedule, vault, version: 1 },
        Record {
            payout: indeterminate,
            schedule: Schedule::default(),
            vault: Vault::default(),
            version: 300,
        },
        Record { payout: returned, schedule, vault: Vault::default(), version: u64::MAX },
        related(schedule),
    ]
}

fn event(change: Change, after: State) -> Event {
    Event {
        merchant: name("demo-eu"),
        payout: name(PAYOUT),
        customer: name("customer 42"),
        sequence: 2,
        recorded_at: at(5),
        occurred_at: None,
        before: Some(StateName::Pending),
        after,
        change,
        reason: None,
        words: ProviderWords::default(),
        receipt: None,
        give_back: None,
    }
}

fn words() -> ProviderWords {
    ProviderWords {
        code: Some("ERROR_615".to_owned()),
        text: Some("Återbetald".to_owned()),
        reference: Some(name("87654321")),
    }
}

pub(crate) fn events() -> Vec<Event> {
    let created = Created {
        order: order(to_destination()),
        fingerprint: fingerprint(),
        forgetful_until: Some(at(2)),
        resolved: true,
    };
    let created = event(Change::Created(Box::new(created)), State::Pending { held: None });
    let reported =
        Change::Reported { status: Reported::Returned, speed_achieved: Some(Speed::Standard) };
    let reported = event(reported, State::Returned { reason: Reason::ReturnedByBank });
    let mut events = vec![
        Event { sequence: 1, before: None, ..created },
        Event {
            occurred_at: Some(at(6)),
            reason: Some(Reason::ReturnedByBank),
            words: words(),
            receipt: Some(name("credit-1")),
            give_back: Some(give_back()),
            ..reported
        },
    ];
    events.extend(plain_changes().map(|(change, after)| event(change, after)));
    events
}

/// Every change that the rich events above do not have, with every state between them.
fn plain_changes() -> impl Iterator<Item = (Change, State)> {
    let hold = Hold { reason: Reason::AccessRefused, until: at(60) };
    let became = Change::AttemptBecame;
    let opened = attempt(1, AttemptStatus::Open);
    [
        (Change::DestinationResolved, State::Pending { held: None }),
        (Change::DestinationRefused, State::Failed { reason: Reason::AccountClosed }),
        (Change::AttemptOpened(Box::new(opened)), State::Submitting),
        (became(AttemptStatus::Open), State::Submitting),
        (became(AttemptStatus::NotSent), State::Pending { held: None }),
        (became(AttemptStatus::Refused), State::Pending { held: Some(hold) }),
        (became(in_doubt()), State::Indeterminate { parked: None }),
        (became(AttemptStatus::Accepted), State::Accepted),
        (became(AttemptStatus::Absent), State::Indeterminate { parked: None }),
        (became(AttemptStatus::Ended), State::Presumed),
        (Change::LookedFirst, State::Processing),
        (Change::Hinted(Reported::Failed), State::Completed { return_window_ends_at: at(90) }),
        (Change::CancelRequested, State::Submitting),
        (Change::Canceled, State::Canceled { reason: Reason::CancelRequested }),
        (Change::Parked, State::Indeterminate { parked: Some(Reason::ResendUnprotected) }),
        (Change::Noted, State::Accepted),
        (
            Change::Held,
            State::Pending { held: Some(Hold { reason: Reason::AnswerLost, until: at(9) }) },
        ),
        (Change::Contradicted, State::Failed { reason: Reason::Other }),
        (Change::Presumed, State::Presumed),
        (Change::PastForgotten(at(2)), State::Pending { held: None }),
        (
            Change::Settled(Box::new(settlement())),
            State::Failed { reason: Reason::SettledByOperator },
        ),
    ]
    .into_iter()
}

pub(crate) fn settlement_breaks() -> Vec<SettlementBreak> {
    let label = |text| Label::parse(text).unwrap();
    let day = Day::parse("2026-08-01").unwrap();
    let whole = SettlementBreak {
        merchant: name("demo-eu"),
        report: ReportOf { day, currency: Currency::parse("EUR").unwrap() },
        reference: label(PAYOUT),
        kind: BreakKind::AmountDiffers,
        reported: Some(-999),
        expected: Some(-1000),
        order_id: Some(label("7653345737")),
        settlement_reference: Some(label("1234567890")),
        found_at: at(7),
        closed_at: Some(at(8)),
    };
    let bare = SettlementBreak {
        reported: None,
        expected: None,
        order_id: None,
        settlement_reference: None,
        closed_at: None,
        ..whole.clone()
    };
    vec![
        whole,
        SettlementBreak { kind: BreakKind::Missing, ..bare.clone() },
        SettlementBreak { kind: BreakKind::UnknownHere, ..bare.clone() },
        SettlementBreak { kind: BreakKind::DebitedInDoubt, reported: Some(-1000), ..bare },
    ]
}

pub(crate) fn funds() -> Vec<Funds> {
    let signed =
        |minor_units, code| Signed { minor_units, currency: Currency::parse(code).unwrap() };
    vec![Funds { amounts: vec![signed(1050, "EUR"), signed(-7, "SEK")], as_of: at(9) }]
}

pub(crate) fn queue_holds() -> Vec<QueueHold> {
    let note = |text| Note::parse(text).unwrap();
    let paused = QueueHoldCause::Paused {
        operator: note("ada@example.com"),
        why: note("the bank asked us to wait"),
    };
    let code = || Some("616".to_owned());
    let refused = QueueHoldCause::AccessRefused { code: code(), call: None };
    let refused_link =
        QueueHoldCause::AccessRefused { code: code(), call: Some(ProviderCall::Link) };
    [paused, refused, refused_link]
        .map(|cause| QueueHold { merchant: name("demo-eu"), since: at(5), cause })
        .to_vec()
}

pub(crate) fn destinations() -> Vec<Destination> {
    let active = Destination {
        id: name(DESTINATION),
        merchant: name("demo-us"),
        customer: name("customer 42"),
        origin: Origin::Imported,
        summary: Summary {
            masked: "*****7890".to_owned(),
            bank_name: Some("Banque Générale".to_owned()),
            country: Some(Country::parse("US").unwrap()),
            holder_verified: false,
        },
        state: DestinationState::Active,
        handle: Some(sealed("handle")),
        link: None,
        cause: None,
        version: 1,
        created_at: at(0),
        updated_at: at(1),
    };
    let deleted = Destination {
        origin: Origin::Registered,
        summary: Summary {
            masked: "SE*****4211".to_owned(),
            bank_name: None,
            country: None,
            holder_verified: false,
        },
        state: DestinationState::Deleted,
        handle: None,
        version: 2,
        ..active.clone()
    };
    let linking = Destination {
        origin: Origin::Linked,
        summary: Summary { holder_verified: true, ..deleted.summary.clone() },
        state: DestinationState::Linking,
        link: Some(Link {
            fingerprint: fingerprint(),
            account: name("user@https://provider.example"),
            url: Some(sealed("https://provider.example/?session=1")),
            provider_reference: ProviderReference::parse("1713267740").ok(),
        }),
        ..deleted.clone()
    };
    let abandoned = Destination {
        state: DestinationState::Abandoned,
        link: Some(Link {
            fingerprint: fingerprint(),
            account: name("user@https://provider.example"),
            url: None,
            provider_reference: None,
        }),
        cause: Some((Reason::ProviderAborted, words())),
        ..linking.clone()
    };
    vec![active, deleted, linking, abandoned]
}

pub(crate) fn destination_events() -> Vec<DestinationEvent> {
    let stored = DestinationEvent {
        merchant: name("demo-us"),
        destination: name(DESTINATION),
        customer: name("customer 42"),
        version: 1,
        state: DestinationState::Active,
        recorded_at: at(0),
    };
    let deleted =
        DestinationEvent { version: 2, state: DestinationState::Deleted, ..stored.clone() };
    vec![stored, deleted]
}

pub(crate) fn parked() -> Vec<ParkedNotification> {
    let parked = |input| ParkedNotification {
        merchant: name("demo-eu"),
        names: name(PAYOUT),
        input,
        method: "credit".to_owned(),
        received_at: at(7),
        body: sealed("body"),
    };
    let rich = Input {
        what: What::Reported(Report {
            status: Reported::Returned,
            reason: Some(Reason::ReturnedByBank),
            certainty: Certainty::Certain,
            amount: Some(euros(1050)),
            speed_achieved: Some(Speed::Instant),
        }),
        words: words(),
        occurred_at: Some(at(6)),
        receipt: Some(name("credit-1")),
    };
    let mut all = vec![parked(rich)];
    all.extend(plain_inputs().map(|what| parked(Input::own(what))));
    all
}

/// Every input that the rich one above is not.
fn plain_inputs() -> impl Iterator<Item = What> {
    let hint = Report {
        status: Reported::Failed,
        reason: None,
        certainty: Certainty::Unconfirmed,
        amount: None,
        speed_achieved: None,
    };
    let refusal = Refusal { kind: RefusalKind::Content, reason: Reason::RequestRejected };
    [
        What::DestinationResolved,
        What::DestinationRefused(Reason::AccountInvalid),
        What::AttemptOpened(Box::new(attempt(1, AttemptStatus::Open))),
        What::NotSent,
        What::Refused(refusal),
        What::InDoubt(Reason::AnswerUntrusted),
        What::HolderGone,
        What::NotFound,
        What::Reported(hint),
        What::Remarked(Reason::Other),
        What::CancelRequested,
        What::Expired,
        What::Parked(Reason::HorizonPassed),
        What::HintGivenUp,
        What::Blocked(Reason::SubmissionPaused, at(9)),
        What::Presumed,
        What::PastForgotten(at(2)),
        What::Settled(Box::new(settlement())),
    ]
    .into_iter()
}

pub(crate) fn fences() -> Vec<Fence> {
    let (merchant, idempotency_key) = (name("demo-eu"), name("order-1"));
    let fence = Fence {
        payout: name(PAYOUT),
        merchant,
        idempotency_key,
        fenced_at: at(8),
        forgetful_until: None,
    };
    vec![fence.clone(), Fence { forgetful_until: Some(at(2)), ..fence }]
}

pub(crate) fn evidence() -> Vec<SealedEvidence> {
    let reply =
        SealedEvidence { kind: EvidenceKind::Reply, recorded_at: at(8), bytes: sealed("reply") };
    let notification = SealedEvidence { kind: EvidenceKind::Notification, ..reply.clone() };
    vec![reply, notification]
}

pub(crate) fn targets() -> Vec<TargetRequest> {
    let person = Holder::Person {
        first_name: HolderName::parse("Åsa").unwrap(),
        last_name: HolderName::parse("Öberg").unwrap(),
    };
    let organisation = Holder::Organisation { name: HolderName::parse("Acme AB").unwrap() };
    let iban = Account::Iban(Iban::parse("GB33BUKB20201555555555").unwrap());
    let local = Account::Local {
        country: Country::parse("SE").unwrap(),
        bank_number: LocalNumber::parse("6112").unwrap(),
        account_number: LocalNumber::parse("69706212").unwrap(),
    };
    vec![
        TargetRequest::Destination(name(DESTINATION)),
        TargetRequest::BankAccount(BankDetails {
            account: iban,
            holder: person,
            particulars: Box::default(),
        }),
        TargetRequest::BankAccount(BankDetails {
            account: local,
            holder: organisation.clone(),
            particulars: Box::default(),
        }),
        TargetRequest::ProviderHandle(RawHandle::parse("1234567890").unwrap()),
        TargetRequest::BankAccount(BankDetails {
            account: Account::Iban(Iban::parse("DE75512108001245126199").unwrap()),
            holder: organisation,
            particulars: Box::new(particulars()),
        }),
    ]
}

pub(crate) fn particulars() -> Particulars {
    let line = |text| AddressLine::parse(text).ok();
    Particulars {
        address: PostalAddress {
            country: Country::parse("SE").ok(),
            postal_code: PostalCode::parse("211 20").ok(),
            city: line("Malmö"),
            line_1: line("Östra Förstadsgatan 7"),
            line_2: line("c/o Ek"),
        },
        date_of_birth: DateOfBirth::parse("1979-01-31").ok(),
        mobile_phone: MobilePhone::parse("+46709876543").ok(),
        email: Email::parse("asa@example.com").ok(),
        national_id: NationalId::parse("790131-1234").ok(),
    }
}

/// A person, and an organisation that pays through a shop.
pub(crate) fn parties() -> Vec<Parties> {
    let name = |text| HolderName::parse(text).unwrap();
    let originator = |party| Originator {
        party,
        address: Address::parse("Street 1, 12345 Barcelona").ok(),
        country: Country::parse("ES").ok(),
        customer_id: PartyId::parse("123456789").ok(),
    };
    let person = originator(Party::Person {
        first_name: name("Steve"),
        last_name: name("Smith"),
        date_of_birth: DateOfBirth::parse("1990-03-31").ok(),
    });
    let organisation = originator(Party::Organisation {
        name: name("Acme AB"),
        organisation_number: NationalId::parse("556677-8899").ok(),
    });
    let shop = SubMerchant {
        name: name("Skor & Så"),
        url: WebAddress::parse("www.merchant.com").unwrap(),
        category: CategoryCode::parse("5499").unwrap(),
    };
    vec![
        Parties { originator: Some(person), sub_merchant: None },
        Parties { originator: Some(organisation), sub_merchant: Some(shop) },
    ]
}
