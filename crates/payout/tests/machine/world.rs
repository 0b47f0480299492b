//! A provider that knows the truth about the money, an engine that does what the machine says, and
//! everything that may go wrong between the two. The provider keeps the guarantees that the
//! product rests on, and only those:
//!
//! - Europe answers the same bytes as it answered them first, keeps one order per message id, and
//!   notifies everything at least once, in any order.
//! - The Americas take a reference twice unless the first order is authorised, show an order to
//!   look-ups after at most the spacing of two, and lose notifications.
//! - A request takes effect within the longest request, or not at all.

use std::collections::BTreeMap;
use std::time::Duration;

use payout::attempt::Attempt;
use payout::input::{Certainty, Input, ProviderWords, RefusalKind, Report, Reported, What};
use payout::reason::Reason;
use payout::time::Timestamp;

use crate::bench::{
    DAY, HOUR, MINUTE, REQUEST_TIMEOUT, SECOND, SPACING, amount, receipt, reference, report,
};
use crate::standings::refused;
use crate::tape::Tape;

/// Which guarantees the provider gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Europe,
    Americas,
}

/// An order at the provider, and the truth about its money.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    reference: String,
    /// What becomes of it, each step after a pause.
    plan: Vec<(Duration, Reported)>,
    committed: bool,
    visible_at: Timestamp,
    status: Reported,
    authorised: bool,
    /// Whether the customer ever got the money, and whether they have it.
    pub(crate) moved: bool,
    pub(crate) held_by_customer: bool,
}

impl Order {
    /// Whether the customer may still get the money, or has it.
    pub(crate) fn may_pay(&self) -> bool {
        let ahead = self.plan.iter().any(|(_, status)| *status == Reported::Completed);
        self.held_by_customer || ahead || !self.status.is_negative()
    }
}

/// What the provider does by itself, later.
#[derive(Clone, Debug)]
pub(crate) enum Later {
    Commits(usize),
    MovesOn(usize),
    Notifies(Input),
}

/// The answer to a request, before the network has it.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Accepted(usize),
    Refused(RefusalKind),
    Trouble,
}

/// The provider.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) region: Region,
    pub(crate) orders: Vec<Order>,
    answered: BTreeMap<u32, Reply>,
    refuses_content: bool,
    access_from: Timestamp,
    notifications: u32,
}

impl Provider {
    pub(crate) fn new(region: Region, now: Timestamp, tape: &mut Tape) -> Self {
        let access_from = now.plus(tape.one_of(&[Duration::ZERO, 10 * MINUTE, 3 * HOUR]));
        Self {
            region,
            orders: Vec::new(),
            answered: BTreeMap::new(),
            refuses_content: tape.chance(6),
            access_from,
            notifications: 0,
        }
    }

    /// Takes a request; the answer as an adapter would word it, and what follows.
    pub(crate) fn receive(
        &mut self,
        attempt: &Attempt,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) -> Input {
        let reply = self.reply(attempt.generation, now, tape, later);
        match reply {
            Reply::Accepted(order) => self.said(order, Reported::Accepted, Certainty::Certain),
            Reply::Refused(kind) => Input::own(refused(kind)),
            Reply::Trouble => Input::own(What::InDoubt(Reason::ProviderUnavailable)),
        }
    }

    fn reply(
        &mut self,
        generation: u32,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) -> Reply {
        if now < self.access_from {
            return Reply::Refused(RefusalKind::Access);
        }
        match self.region {
            Region::Europe => self.reply_in_europe(generation, now, tape, later),
            Region::Americas => {
                if self.refuses_content || tape.chance(8) {
                    return Reply::Refused(RefusalKind::Circumstance);
                }
                if self.orders.iter().any(|order| order.authorised) {
                    return Reply::Refused(RefusalKind::Duplicate);
                }
                self.take(now, tape, later)
            }
        }
    }

    fn reply_in_europe(
        &mut self,
        generation: u32,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) -> Reply {
        if let Some(known) = self.answered.get(&generation).copied() {
            return known;
        }
        if !self.orders.is_empty() {
            return Reply::Refused(RefusalKind::Duplicate);
        }
        let reply = match self.refuses_content {
            true => Reply::Refused(RefusalKind::Content),
            false => self.take(now, tape, later),
        };
        // What it will answer once it is out of its trouble is that it has the order.
        let known = match reply {
            Reply::Trouble => Reply::Accepted(0),
            known => known,
        };
        self.answered.insert(generation, known);
        reply
    }

    /// An order that a life of ours made which nobody remembers, its first notification included.
    pub(crate) fn remember(
        &mut self,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) {
        self.take(now, &mut Tape::new(&[0, tape.pick(255)]), later);
        later.retain(|(_, what)| !matches!(what, Later::Notifies(_)));
        self.orders[0].visible_at = now;
        self.answered.insert(tape.one_of(&[1, 2]), Reply::Accepted(0));
    }

    /// A new order, at once or a little later.
    fn take(
        &mut self,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) -> Reply {
        let delay = tape.one_of(&[Duration::ZERO, Duration::ZERO, 5 * SECOND, REQUEST_TIMEOUT]);
        let index = self.orders.len();
        let plan = plan(tape);
        let lag = tape.one_of(&[Duration::ZERO, SECOND, SPACING]);
        self.orders.push(Order {
            reference: char::from(b'A' + u8::try_from(index % 26).expect("a letter")).to_string(),
            plan,
            committed: false,
            visible_at: now.plus(delay).plus(lag),
            status: Reported::Accepted,
            authorised: false,
            moved: false,
            held_by_customer: false,
        });
        if delay > Duration::ZERO {
            later.push((now.plus(delay), Later::Commits(index)));
            return Reply::Trouble;
        }
        self.commit(index, now, tape, later);
        Reply::Accepted(index)
    }

    /// What was announced happens.
    pub(crate) fn happens(
        &mut self,
        what: Later,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) -> Option<Input> {
        match what {
            Later::Commits(order) => self.commit(order, now, tape, later),
            Later::MovesOn(order) => self.move_on(order, now, tape, later),
            Later::Notifies(input) => return Some(input),
        }
        None
    }

    fn commit(
        &mut self,
        index: usize,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) {
        let order = &mut self.orders[index];
        order.committed = true;
        if let Some((pause, _)) = order.plan.first() {
            later.push((now.plus(*pause), Later::MovesOn(index)));
        }
        if self.region == Region::Americas {
            self.orders[index].authorised = !tape.chance(4);
            self.notify(index, now, tape, later);
        }
    }

    fn move_on(
        &mut self,
        index: usize,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) {
        let order = &mut self.orders[index];
        let (_, status) = order.plan.remove(0);
        order.status = status;
        order.authorised = !status.is_negative();
        order.moved |= status == Reported::Completed;
        order.held_by_customer = status == Reported::Completed;
        if let Some((pause, _)) = order.plan.first() {
            later.push((now.plus(*pause), Later::MovesOn(index)));
        }
        self.notify(index, now, tape, later);
    }

    fn notify(
        &mut self,
        index: usize,
        now: Timestamp,
        tape: &mut Tape,
        later: &mut Vec<(Timestamp, Later)>,
    ) {
        if self.region == Region::Americas && tape.chance(4) {
            return;
        }
        let status = self.orders[index].status;
        let certainty = match (self.region, status.is_negative()) {
            (Region::Americas, true) => Certainty::Unconfirmed,
            (Region::Americas, false) | (Region::Europe, _) => Certainty::Certain,
        };
        self.notifications += 1;
        let input = Input {
            receipt: Some(receipt(&format!("n{}", self.notifications))),
            occurred_at: (!tape.chance(4)).then_some(now),
            ..self.said(index, status, certainty)
        };
        for _ in 0..=u8::from(tape.chance(4)) {
            let delay = tape.one_of(&[Duration::ZERO, SECOND, MINUTE, 3 * HOUR]);
            later.push((now.plus(delay), Later::Notifies(input.clone())));
        }
    }

    /// A look-up: the order that moves money speaks for all under our name.
    pub(crate) fn look_up(&self, now: Timestamp) -> Input {
        let seen = |order: &&Order| order.committed && order.visible_at <= now;
        let rank = |order: &&Order| (order.held_by_customer, order.may_pay(), order.moved);
        let Some(speaker) = self.orders.iter().filter(seen).max_by_key(rank) else {
            return Input::own(What::NotFound);
        };
        let same = |order: &Order| order.reference == speaker.reference;
        let index = self.orders.iter().position(same).expect("it is one of them");
        self.said(index, speaker.status, Certainty::Certain)
    }

    /// Access as it is now; nobody is let in before it is mended.
    pub(crate) fn lets_us_in(&self, now: Timestamp) -> bool {
        now >= self.access_from
    }

    fn said(&self, order: usize, status: Reported, certainty: Certainty) -> Input {
        let amount = Some(amount());
        let what = What::Reported(Report { certainty, amount, ..report(status) });
        let reference = Some(reference(&self.orders[order].reference));
        Input { words: ProviderWords { reference, ..ProviderWords::default() }, ..Input::own(what) }
    }
}

/// What becomes of an order.
fn plan(tape: &mut Tape) -> Vec<(Duration, Reported)> {
    use Reported::{Canceled, Completed, Failed, Processing, Returned};
    let plans: [&[(Duration, Reported)]; 9] = [
        &[(MINUTE, Processing), (HOUR, Completed)],
        &[(Duration::ZERO, Completed)],
        &[(MINUTE, Failed)],
        &[(HOUR, Completed), (2 * DAY, Returned)],
        &[(SECOND, Processing), (DAY, Failed)],
        &[(Duration::ZERO, Canceled)],
        &[(Duration::ZERO, Returned)],
        &[(SECOND, Completed), (SECOND, Failed)],
        &[(2 * DAY, Completed)],
    ];
    tape.one_of(&plans).to_vec()
}
