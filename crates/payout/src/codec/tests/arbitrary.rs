//! Any value that the domain can hold, for property tests: each part is anything its own `parse`
//! takes. Of a payout only what no payout can be is left out.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::attempt::{Attempt, AttemptStatus, InDoubt, RequestDigest};
use crate::bank::{Account, BankDetails, Country, Holder, HolderName, Iban, LocalNumber};
use crate::codec::tests::{every, samples};
use crate::destination::{Destination, DestinationEvent, Link, Summary};
use crate::event::{Change, Created, Event};
use crate::fingerprint::Fingerprint;
use crate::id::Name;
use crate::id::kind::{self, Kind};
use crate::input::{Input, ProviderWords, Refusal, Report, What};
use crate::keys::KeyId;
use crate::money::{Currency, MINOR_UNITS_MAX, Money};
use crate::order::{
    ExternalReference, Metadata, Order, RawHandle, RelatedOrderReference, Speed,
    StatementDescriptor, Target, TargetRequest,
};
use crate::port::{ParkedNotification, SealedEvidence};
use crate::reason::Reason;
use crate::record::{Fence, Hint, Payout, Record, Schedule, Vault};
use crate::seal::Sealed;
use crate::settlement::{Note, Settlement, Verdict};
use crate::state::{GiveBack, Hold, Outcome, State, StateName};
use crate::time::Timestamp;

/// Any text that a name of one kind can be.
fn name<K: Kind + 'static>(pattern: &'static str) -> impl Strategy<Value = Name<K>> {
    pattern.prop_map(|text| Name::parse(&text).unwrap())
}

fn merchant() -> impl Strategy<Value = Name<kind::Merchant>> {
    name("[a-z0-9-]{1,63}")
}

fn customer() -> impl Strategy<Value = Name<kind::Customer>> {
    name("[!-~][ -~]{0,63}")
}

fn idempotency_key() -> impl Strategy<Value = Name<kind::IdempotencyKey>> {
    name("[!-~]{1,255}")
}

fn payout_id() -> impl Strategy<Value = Name<kind::PayoutId>> {
    name("po_[a-z2-7]{26}")
}

fn destination_id() -> impl Strategy<Value = Name<kind::DestinationId>> {
    name("ds_[a-z2-7]{26}")
}

fn provider_reference() -> impl Strategy<Value = Name<kind::ProviderReference>> {
    name("[!-~]{1,128}")
}

fn receipt() -> impl Strategy<Value = Name<kind::ReceiptId>> {
    name("[!-~]{1,128}")
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,60}"
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn sealed() -> impl Strategy<Value = Sealed> {
    vec(any::<u8>(), 0..300).prop_map(Sealed::from_bytes)
}

fn reason() -> impl Strategy<Value = Reason> {
    select(every::reasons())
}

fn speed() -> impl Strategy<Value = Speed> {
    select(every::speeds())
}

fn country() -> impl Strategy<Value = Country> {
    "[A-Z]{2}".prop_map(|text| Country::parse(&text).unwrap())
}

fn money() -> impl Strategy<Value = Money> {
    let codes = vec!["BGN", "CAD", "CZK", "EUR", "HUF", "ISK", "SEK", "USD"];
    (1..=MINOR_UNITS_MAX / 100, select(codes)).prop_map(|(hundreds, code)| {
        let currency = Currency::parse(code).unwrap();
        let minor_units = if code == "HUF" { hundreds * 100 } else { hundreds };
        Money::new(minor_units, currency).unwrap()
    })
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        destination_id().prop_map(Target::Destination),
        text().prop_map(|masked| Target::BankAccount { masked }),
        text().prop_map(|masked| Target::ProviderHandle { masked }),
    ]
}

prop_compose! {
    fn order()(
        (merchant, idempotency_key, customer) in (merchant(), idempotency_key(), customer()),
        (amount, target, speed) in (money(), target(), speed()),
        statement_descriptor in of("[\\p{L}\\p{N}\\p{P}\\p{S}]{1,35}"),
        external_reference in of("[!-~][ -~]{0,63}"),
        related in of("[A-Za-z0-9_-]{1,64}"),
        submit_before in of(time()),
        metadata in btree_map("[A-Za-z0-9._-]{1,40}", text(), 0..=16),
    ) -> Order {
        let descriptor = statement_descriptor.map(|text| StatementDescriptor::parse(&text));
        let reference = external_reference.map(|text| ExternalReference::parse(&text));
        Order {
            merchant,
            idempotency_key,
            customer,
            amount,
            target,
            speed,
            statement_descriptor: descriptor.transpose().unwrap(),
            related_order_reference: related
                .map(|text| RelatedOrderReference::parse(&text).unwrap()),
            external_reference: reference.transpose().unwrap(),
            submit_before,
            metadata: Metadata::parse(metadata).unwrap(),
        }
    }
}

prop_compose! {
    fn fingerprint()(
        version in any::<u8>(),
        key in any::<u32>(),
        fields in btree_map("[a-z_.]{1,40}", any::<[u8; 16]>(), 0..30),
    ) -> Fingerprint {
        Fingerprint { version, key: KeyId(key), fields }
    }
}

prop_compose! {
    fn in_doubt()(
        since in time(),
        why in reason(),
        looked_in_vain_at in of(time()),
        refusal in of(reason()),
    ) -> InDoubt {
        InDoubt { since, why, looked_in_vain_at, refusal }
    }
}

fn attempt_status() -> impl Strategy<Value = AttemptStatus> {
    prop_oneof![
        Just(AttemptStatus::Open),
        Just(AttemptStatus::NotSent),
        Just(AttemptStatus::Refused),
        in_doubt().prop_map(AttemptStatus::InDoubt),
        Just(AttemptStatus::Accepted),
        Just(AttemptStatus::Absent),
        Just(AttemptStatus::Ended),
    ]
}

prop_compose! {
    fn attempt()(
        (number, generation) in any::<(u32, u32)>(),
        holder in name("[!-~]{1,64}"),
        (opened_at, send_by) in (time(), time()),
        account in name("[!-~]{1,512}"),
        digest in any::<[u8; 32]>(),
        masked in text(),
        status in attempt_status(),
    ) -> Attempt {
        let digest = RequestDigest(digest);
        Attempt { number, generation, holder, opened_at, send_by, account, digest, masked, status }
    }
}

fn state() -> impl Strategy<Value = State> {
    let hold = (reason(), time()).prop_map(|(reason, until)| Hold { reason, until });
    prop_oneof![
        of(hold).prop_map(|held| State::Pending { held }),
        Just(State::Submitting),
        of(reason()).prop_map(|parked| State::Indeterminate { parked }),
        Just(State::Accepted),
        Just(State::Processing),
        Just(State::Presumed),
        time().prop_map(|ends| State::Completed { return_window_ends_at: ends }),
        reason().prop_map(|reason| State::Failed { reason }),
        reason().prop_map(|reason| State::Canceled { reason }),
        reason().prop_map(|reason| State::Returned { reason }),
    ]
}

prop_compose! {
    fn give_back()(id in "gb_[a-z2-7]{26}", amount in money()) -> GiveBack {
        GiveBack { id, amount }
    }
}

prop_compose! {
    fn settlement()(
        paid in any::<bool>(),
        (operator, evidence, why) in ("[a-z]{1,20}", "[\\p{L}\\p{N}\\p{P}\\p{S}]{1,40}", "[!-~][ -~]{0,499}"),
    ) -> Settlement {
        let note = |text: &str| Note::parse(text).unwrap_or_else(|_| Note::parse("-").unwrap());
        Settlement {
            verdict: if paid { Verdict::Paid } else { Verdict::NotPaid },
            operator: note(&operator),
            evidence: note(&evidence),
            why: note(&why),
        }
    }
}

prop_compose! {
    fn hint()(status in select(every::reported()), since in time()) -> Hint {
        Hint { status, since }
    }
}

prop_compose! {
    fn payout()(
        (id, order, fingerprint, state) in (payout_id(), order(), fingerprint(), state()),
        (attempts, receipts) in (vec(attempt(), 0..4), vec(receipt(), 0..6)),
        (resolved, forgetful_until, cancel_requested) in (any::<bool>(), of(time()), any::<bool>()),
        unconfirmed in of(hint()),
        (provider_reference, speed_achieved) in (of(provider_reference()), of(speed())),
        (accepted_at, completed_at, ended_at) in (of(time()), of(time()), of(time())),
        (give_back, attention) in (of(give_back()), of(reason())),
        sequence in any::<u64>(),
        (created_at, updated_at, words) in (time(), time(), words()),
    ) -> Payout {
        Payout {
            id,
            order,
            fingerprint,
            state,
            attempts,
            resolved,
            forgetful_until,
            cancel_requested,
            unconfirmed,
            provider_reference,
            words,
            speed_achieved,
            accepted_at,
            completed_at,
            ended_at,
            give_back,
            attention,
            receipts,
            sequence,
            created_at,
            updated_at,
        }
    }
}

/// The payout with the attempts and the give-back that its state allows.
fn sound(mut payout: Payout) -> Payout {
    let outcome = payout.state.name().outcome();
    let give_back = GiveBack { id: "gb_a".to_owned(), amount: payout.order.amount };
    payout.give_back = match outcome {
        Outcome::NotPaid => payout.give_back.or(Some(give_back)),
        Outcome::Undecided | Outcome::Succeeded | Outcome::Presumed => None,
    };
    let none_live = outcome == Outcome::NotPaid || payout.state.name() == StateName::Pending;
    let last = if none_live { None } else { payout.attempts.pop() };
    payout.attempts.retain(Attempt::is_settled_without_money);
    payout.attempts.extend(last);
    payout
}

prop_compose! {
    pub(crate) fn record()(
        payout in payout().prop_map(sound),
        (due_at, tries) in (of(time()), any::<u32>()),
        (request, handle, target, parties) in
            (of(sealed()), of(sealed()), of(sealed()), of(sealed())),
        version in any::<u64>(),
    ) -> Record {
        let schedule = Schedule { due_at, tries };
        Record { payout, schedule, vault: Vault { request, handle, target, parties }, version }
    }
}

prop_compose! {
    fn created()(
        (order, fingerprint) in (order(), fingerprint()),
        (forgetful_until, resolved) in (of(time()), any::<bool>()),
    ) -> Created {
        Created { order, fingerprint, forgetful_until, resolved }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let reported = || select(every::reported());
    prop_oneof![
        created().prop_map(|created| Change::Created(Box::new(created))),
        Just(Change::DestinationResolved),
        Just(Change::DestinationRefused),
        attempt().prop_map(|attempt| Change::AttemptOpened(Box::new(attempt))),
        attempt_status().prop_map(Change::AttemptBecame),
        Just(Change::LookedFirst),
        (reported(), of(speed()))
            .prop_map(|(status, speed_achieved)| Change::Reported { status, speed_achieved }),
        reported().prop_map(Change::Hinted),
        Just(Change::CancelRequested),
        Just(Change::Canceled),
        Just(Change::Parked),
        Just(Change::Noted),
        Just(Change::Contradicted),
        Just(Change::Held),
        Just(Change::Presumed),
        time().prop_map(Change::PastForgotten),
        settlement().prop_map(|settlement| Change::Settled(Box::new(settlement))),
    ]
}

prop_compose! {
    fn words()(
        code in of(text()),
        text in of(text()),
        reference in of(provider_reference()),
    ) -> ProviderWords {
        ProviderWords { code, text, reference }
    }
}

prop_compose! {
    pub(crate) fn event()(
        (merchant, payout, customer) in (merchant(), payout_id(), customer()),
        sequence in any::<u64>(),
        (recorded_at, occurred_at) in (time(), of(time())),
        (before, after) in (of(select(every::state_names())), state()),
        (change, reason) in (change(), of(reason())),
        (words, receipt, give_back) in (words(), of(receipt()), of(give_back())),
    ) -> Event {
        Event {
            merchant,
            payout,
            customer,
            sequence,
            recorded_at,
            occurred_at,
            before,
            after,
            change,
            reason,
            words,
            receipt,
            give_back,
        }
    }
}

prop_compose! {
    fn report()(
        status in select(every::reported()),
        reason in of(reason()),
        certainty in select(every::certainties()),
        amount in of(money()),
        speed_achieved in of(speed()),
    ) -> Report {
        Report { status, reason, certainty, amount, speed_achieved }
    }
}

prop_compose! {
    fn refusal()(kind in select(every::refusal_kinds()), reason in reason()) -> Refusal {
        Refusal { kind, reason }
    }
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        Just(What::DestinationResolved),
        reason().prop_map(What::DestinationRefused),
        attempt().prop_map(|attempt| What::AttemptOpened(Box::new(attempt))),
        Just(What::NotSent),
        refusal().prop_map(What::Refused),
        reason().prop_map(What::InDoubt),
        Just(What::HolderGone),
        Just(What::NotFound),
        report().prop_map(What::Reported),
        reason().prop_map(What::Remarked),
        Just(What::CancelRequested),
        Just(What::Expired),
        reason().prop_map(What::Parked),
        Just(What::HintGivenUp),
        (reason(), time()).prop_map(|(reason, until)| What::Blocked(reason, until)),
        Just(What::Presumed),
        time().prop_map(What::PastForgotten),
        settlement().prop_map(|settlement| What::Settled(Box::new(settlement))),
    ]
}

prop_compose! {
    pub(crate) fn input()(
        (what, words) in (what(), words()),
        (occurred_at, receipt) in (of(time()), of(receipt())),
    ) -> Input {
        Input { what, words, occurred_at, receipt }
    }
}

prop_compose! {
    pub(crate) fn parked()(
        (merchant, names) in (merchant(), provider_reference()),
        (input, method) in (input(), text()),
        (received_at, body) in (time(), sealed()),
    ) -> ParkedNotification {
        ParkedNotification { merchant, names, input, method, received_at, body }
    }
}

prop_compose! {
    pub(crate) fn evidence()(
        kind in select(every::evidence_kinds()),
        recorded_at in time(),
        bytes in sealed(),
    ) -> SealedEvidence {
        SealedEvidence { kind, recorded_at, bytes }
    }
}

prop_compose! {
    pub(crate) fn fence()(
        payout in payout_id(),
        (merchant, idempotency_key) in (merchant(), idempotency_key()),
        (fenced_at, forgetful_until) in (time(), of(time())),
    ) -> Fence {
        Fence { payout, merchant, idempotency_key, fenced_at, forgetful_until }
    }
}

prop_compose! {
    fn summary()(
        masked in text(),
        bank_name in of(text()),
        country in of(country()),
        holder_verified in any::<bool>(),
    ) -> Summary {
        Summary { masked, bank_name, country, holder_verified }
    }
}

prop_compose! {
    fn link()(
        fingerprint in fingerprint(),
        account in name("[!-~]{1,512}"),
        url in of(sealed()),
        provider_reference in of(provider_reference()),
    ) -> Link {
        Link { fingerprint, account, url, provider_reference }
    }
}

prop_compose! {
    pub(crate) fn destination()(
        (id, merchant, customer) in (destination_id(), merchant(), customer()),
        (origin, summary) in (select(every::origins()), summary()),
        state in select(every::destination_states()),
        (handle, version) in (of(sealed()), any::<u64>()),
        (link, cause) in (of(link()), of((select(every::reasons()), words()))),
        (created_at, updated_at) in (time(), time()),
    ) -> Destination {
        Destination {
            id,
            merchant,
            customer,
            origin,
            summary,
            state,
            handle,
            link,
            cause,
            version,
            created_at,
            updated_at,
        }
    }
}

prop_compose! {
    pub(crate) fn destination_event()(
        (merchant, destination, customer) in (merchant(), destination_id(), customer()),
        version in any::<u64>(),
        state in select(every::destination_states()),
        recorded_at in time(),
    ) -> DestinationEvent {
        DestinationEvent { merchant, destination, customer, version, state, recorded_at }
    }
}

/// The text of an IBAN of any country and body, with the one pair of check digits that is right.
fn iban() -> impl Strategy<Value = String> {
    "[A-Z]{2}[A-Z0-9]{11,30}".prop_map(|text| {
        let (country, body) = text.split_at(2);
        let mut candidates = (2..=98).map(|check| format!("{country}{check:02}{body}"));
        let right = candidates.find(|candidate| Iban::parse(candidate).is_ok());
        right.expect("one of the pairs of check digits is right")
    })
}

/// Texts that an account is made of; the parts of bank details cannot be shown, so no strategy can
/// make them alone.
#[derive(Clone, Debug)]
enum AccountText {
    Iban(String),
    Local([String; 3]),
}

fn account_text() -> impl Strategy<Value = AccountText> {
    let local = ("[A-Z]{2}", "[A-Za-z0-9]{1,34}", "[A-Za-z0-9]{1,34}");
    prop_oneof![
        iban().prop_map(AccountText::Iban),
        local.prop_map(|(country, bank, account)| AccountText::Local([country, bank, account])),
    ]
}

fn account(text: &AccountText) -> Account {
    match text {
        AccountText::Iban(text) => Account::Iban(Iban::parse(text).unwrap()),
        AccountText::Local([country, bank_number, account_number]) => Account::Local {
            country: Country::parse(country).unwrap(),
            bank_number: LocalNumber::parse(bank_number).unwrap(),
            account_number: LocalNumber::parse(account_number).unwrap(),
        },
    }
}

prop_compose! {
    fn bank_details()(
        account_text in account_text(),
        first in holder_name(),
        last in of(holder_name()),
        known in any::<bool>(),
    ) -> BankDetails {
        let name = |text: &str| HolderName::parse(text).unwrap();
        let holder = match last {
            Some(last) => Holder::Person { first_name: name(&first), last_name: name(&last) },
            None => Holder::Organisation { name: name(&first) },
        };
        let particulars =
            if known { Box::new(samples::particulars()) } else { Box::default() };
        BankDetails { account: account(&account_text), holder, particulars }
    }
}

fn holder_name() -> impl Strategy<Value = String> {
    "[\\p{L}\\p{N}\\p{P}\\p{S}]{1,140}"
}

pub(crate) fn target_request() -> impl Strategy<Value = TargetRequest> {
    let handle = "[!-~]{1,128}".prop_map(|text| RawHandle::parse(&text).unwrap());
    prop_oneof![
        destination_id().prop_map(TargetRequest::Destination),
        bank_details().prop_map(TargetRequest::BankAccount),
        handle.prop_map(TargetRequest::ProviderHandle),
    ]
}
