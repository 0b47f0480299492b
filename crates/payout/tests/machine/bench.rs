//! A payout on the bench: made, moved and looked at through the crate's public face alone, and
//! written as an engine would write it.

use std::collections::BTreeMap;
use std::time::Duration;

use payout::attempt::{Attempt, AttemptStatus, RequestDigest};
use payout::event::{Created, Event};
use payout::fingerprint::Fingerprint;
use payout::id::{
    Customer, IdempotencyKey, Incarnation, Merchant, ProviderAccount, ProviderReference, ReceiptId,
};
use payout::identity::payout_id;
use payout::input::{Certainty, Input, ProviderWords, Report, Reported, What};
use payout::keys::KeyId;
use payout::machine::{self, Block, Declined, Situation, Step, Tries};
use payout::money::{Currency, Money};
use payout::order::{Metadata, Order, RelatedOrderReference, Speed, Target};
use payout::policy::{Backoff, DoubtPolicy, Policy, Polling};
use payout::record::{Payout, Record, Schedule, Vault};
use payout::seal::Sealed;
use payout::time::{Time, Timestamp};

use crate::invariants;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
pub(crate) const SEND_WINDOW: Duration = Duration::from_secs(10);
pub(crate) const SPACING: Duration = Duration::from_secs(120);
pub(crate) const HORIZON: Duration = DAY;
/// How long a payout that belongs to another order is sent again.
pub(crate) const RELATED_HORIZON: Duration = Duration::from_secs(300);
pub(crate) const HOLD: Duration = Duration::from_secs(300);

/// The same bytes are answered alike, everything is notified: nothing is polled.
pub(crate) fn resend() -> Policy {
    Policy {
        doubt: DoubtPolicy::Resend,
        horizon: HORIZON,
        related_horizon: RELATED_HORIZON,
        send_window: SEND_WINDOW,
        request_timeout: REQUEST_TIMEOUT,
        retry: Backoff { first: SECOND, max: 10 * MINUTE },
        hold: HOLD,
        polling: None,
        return_window: 5 * DAY,
        presumed_after: None,
    }
}

/// The same bytes might be taken for another order: doubt is looked up, and outcomes are polled.
pub(crate) fn look_up(resend_when_absent: bool) -> Policy {
    let until_outcome = Backoff { first: 10 * SECOND, max: HOUR };
    Policy {
        doubt: DoubtPolicy::LookUp { spacing: SPACING, resend_when_absent },
        polling: Some(Polling { until_outcome, through_return_window: DAY }),
        ..resend()
    }
}

/// How a payout begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beginning {
    pub(crate) unresolved: bool,
    pub(crate) forgetful: bool,
    pub(crate) submit_before: Option<Timestamp>,
    /// Whether it belongs to an order made before.
    pub(crate) related: bool,
}

pub(crate) fn name(text: &str) -> Incarnation {
    Incarnation::parse(text).expect("tests use short names")
}

pub(crate) fn reference(text: &str) -> ProviderReference {
    ProviderReference::parse(text).expect("tests use short names")
}

pub(crate) fn receipt(text: &str) -> ReceiptId {
    ReceiptId::parse(text).expect("tests use short names")
}

pub(crate) fn amount() -> Money {
    money(1050)
}

pub(crate) fn money(minor_units: i64) -> Money {
    let currency = Currency::parse("EUR").expect("a currency");
    Money::new(minor_units, currency).expect("an amount")
}

pub(crate) fn order(submit_before: Option<Timestamp>) -> Order {
    Order {
        merchant: Merchant::parse("demo").expect("a merchant"),
        idempotency_key: IdempotencyKey::parse("order-1").expect("a key"),
        customer: Customer::parse("customer-1").expect("a customer"),
        amount: amount(),
        target: Target::ProviderHandle { masked: "*****7890".to_owned() },
        speed: Speed::Standard,
        statement_descriptor: None,
        external_reference: None,
        related_order_reference: None,
        submit_before,
        metadata: Metadata::default(),
    }
}

/// A trusted word about our order, under the reference `A`, not from a notification.
pub(crate) fn report(status: Reported) -> Report {
    let certainty = Certainty::Certain;
    Report { status, reason: None, certainty, amount: Some(amount()), speed_achieved: None }
}

pub(crate) fn said(report: Report) -> Input {
    let words = ProviderWords { reference: Some(reference("A")), ..ProviderWords::default() };
    Input { words, ..Input::own(What::Reported(report)) }
}

/// The attempt that an engine would open next.
pub(crate) fn next_attempt(payout: &Payout, holder: &Incarnation, now: Timestamp) -> Attempt {
    let number = payout.next_number();
    Attempt {
        number,
        generation: payout.next_generation(),
        holder: holder.clone(),
        opened_at: now,
        send_by: now.plus(SEND_WINDOW),
        account: ProviderAccount::parse("account").expect("an account"),
        digest: RequestDigest([0; 32]),
        masked: "{}".to_owned(),
        status: AttemptStatus::Open,
    }
}

/// A record, its history and its clock.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    pub(crate) policy: Policy,
    pub(crate) record: Record,
    pub(crate) events: Vec<Event>,
    pub(crate) now: Timestamp,
    pub(crate) steady_since: Timestamp,
    pub(crate) continuous_since: Timestamp,
    pub(crate) block: Option<Block>,
    pub(crate) me: Incarnation,
}

impl Bench {
    pub(crate) fn new(policy: Policy, beginning: Beginning) -> Self {
        let mut order = order(beginning.submit_before);
        if beginning.related {
            order.related_order_reference = RelatedOrderReference::parse("p2p-1").ok();
        }
        let created = Created {
            fingerprint: Fingerprint { version: 1, key: KeyId(1), fields: BTreeMap::new() },
            forgetful_until: beginning.forgetful.then_some(START),
            resolved: !beginning.unresolved,
            order,
        };
        let id = payout_id(&created.order.merchant, &created.order.idempotency_key);
        let event = machine::create(id, created, START);
        let sealed = |text: &[u8]| Some(Sealed::from_bytes(text.to_vec()));
        let vault = match beginning.unresolved {
            true => Vault { target: sealed(b"target"), ..Vault::default() },
            false => Vault { handle: sealed(b"handle"), ..Vault::default() },
        };
        let record = Record::first(&event, vault);
        let mut bench = Self {
            policy,
            record,
            events: vec![event],
            now: START,
            steady_since: START,
            continuous_since: START,
            block: None,
            me: name("holder-1"),
        };
        bench.reschedule(0);
        bench
    }

    pub(crate) fn payout(&self) -> &Payout {
        &self.record.payout
    }

    pub(crate) fn decide(&self, input: &Input) -> Result<Option<Event>, Declined> {
        let time = Time { wall: self.now, steady_since: self.steady_since };
        machine::decide(self.payout(), &self.policy, input, time)
    }

    /// Takes an input as an engine would: decides, writes the record, schedules it.
    pub(crate) fn take(&mut self, input: &Input) -> Result<Option<Event>, Declined> {
        let decided = self.decide(input)?;
        if let Some(event) = &decided {
            self.write(event);
        }
        Ok(decided)
    }

    /// Takes an input of our own making that must lead to an event.
    pub(crate) fn must(&mut self, what: What) -> &mut Self {
        self.must_take(&Input::own(what))
    }

    pub(crate) fn must_take(&mut self, input: &Input) -> &mut Self {
        let event = self.take(input).expect("the input is taken");
        assert!(event.is_some(), "{input:?} changed nothing in {:?}", self.payout().state);
        self
    }

    /// Takes an input that must not lead to an event.
    pub(crate) fn nothing(&mut self, what: What) -> &mut Self {
        assert_eq!(self.take(&Input::own(what)), Ok(None), "in {:?}", self.payout().state);
        self
    }

    pub(crate) fn write(&mut self, event: &Event) {
        let before = self.record.clone();
        self.record = before.advance(std::slice::from_ref(event));
        if let payout::event::Change::AttemptOpened(attempt) = &event.change {
            self.record.vault.request = Some(request(attempt.number));
        }
        if let payout::event::Change::DestinationResolved = &event.change {
            self.record.vault.handle = Some(Sealed::from_bytes(b"handle".to_vec()));
        }
        self.events.push(event.clone());
        invariants::check(&before, event, &self.record);
        self.reschedule(0);
    }

    pub(crate) fn reschedule(&mut self, tries: u32) {
        let due_at = machine::due_at(self.payout(), &self.policy, in_vain(tries), self.now);
        self.record.schedule = Schedule { due_at, tries };
    }

    pub(crate) fn attempt(&self) -> Attempt {
        next_attempt(self.payout(), &self.me, self.now)
    }

    pub(crate) fn open(&mut self) -> &mut Self {
        let attempt = self.attempt();
        self.must(What::AttemptOpened(Box::new(attempt)))
    }

    pub(crate) fn wait(&mut self, duration: Duration) -> &mut Self {
        self.now = self.now.plus(duration);
        self
    }

    /// Sets the clock forward.
    pub(crate) fn set_clock(&mut self, duration: Duration) -> &mut Self {
        self.wait(duration);
        self.steady_since = self.now;
        self
    }

    pub(crate) fn step(&self) -> Step {
        self.step_as(&self.me, false)
    }

    pub(crate) fn step_as(&self, me: &Incarnation, others_are_gone: bool) -> Step {
        let time = Time { wall: self.now, steady_since: self.steady_since };
        let situation = Situation {
            time,
            me,
            others_are_gone,
            continuous_since: self.continuous_since,
            block: self.block,
        };
        machine::next_step(self.payout(), &self.record.schedule, &self.policy, situation)
    }
}

/// Tries in vain, none of which was refused our access.
pub(crate) fn in_vain(tries: u32) -> Tries {
    Tries { in_vain: tries, access_refused: false }
}

/// The sealed request of an attempt, recognisable.
pub(crate) fn request(attempt: u32) -> Sealed {
    Sealed::from_bytes(format!("request of attempt {attempt}").into_bytes())
}
