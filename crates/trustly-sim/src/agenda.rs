//! What is to happen, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::amer::{self, SessionId, TransactionId};
use crate::eu::{Call, OrderId, SelectionId};
use crate::notices::NoticeId;

/// A step that time brings about.
pub(crate) enum Task {
    /// What becomes of an EU payout shows.
    Conclude(OrderId),
    /// A confirmed EU payout comes back.
    Return(OrderId),
    /// Nobody touched an EU checkout for a while.
    Abandon(SelectionId),
    /// An AMER deposit or reclaim makes this step of its way.
    Advance(TransactionId, u32),
    /// Nobody touched an AMER Lightbox for a while.
    EndSession(SessionId),
    /// A notification is due to be sent, or sent again.
    Deliver(NoticeId),
    /// A request that was answered with a 5xx is carried out after all.
    LateCall(Box<Call>),
    /// The same, for AMER.
    LateRequest(Box<amer::Call>),
}

/// Bounded by what puts tasks on it: a few per movement, one per notification.
#[derive(Default)]
pub(crate) struct Agenda {
    tasks: BTreeMap<(Duration, u64), Task>,
    sequence: u64,
    deliveries: usize,
}

impl Agenda {
    /// Times are since the clock's start. Tasks of one time come in the order they were put.
    pub(crate) fn put(&mut self, at: Duration, task: Task) {
        self.sequence += 1;
        self.deliveries += usize::from(matches!(task, Task::Deliver(_)));
        self.tasks.insert((at, self.sequence), task);
    }

    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Task> {
        let (due, _) = *self.tasks.first_key_value()?.0;
        if due > now {
            return None;
        }
        let (_, task) = self.tasks.pop_first()?;
        self.deliveries -= usize::from(matches!(task, Task::Deliver(_)));
        Some(task)
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.tasks.first_key_value().map(|(&(due, _), _)| due)
    }

    /// How many steps other than deliveries are still to come.
    pub(crate) fn steps(&self) -> usize {
        self.tasks.len() - self.deliveries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_by_time_and_then_by_turn() {
        let mut agenda = Agenda::default();
        let second = Duration::from_secs(1);
        agenda.put(second, Task::Conclude(OrderId(1)));
        agenda.put(Duration::ZERO, Task::Conclude(OrderId(2)));
        agenda.put(second, Task::Conclude(OrderId(3)));
        let mut taken = Vec::new();
        while let Some(Task::Conclude(OrderId(order))) = agenda.take_due(second) {
            taken.push(order);
        }
        assert_eq!(taken, [2, 1, 3]);
    }

    #[test]
    fn nothing_comes_before_its_time() {
        let mut agenda = Agenda::default();
        agenda.put(Duration::from_secs(2), Task::Conclude(OrderId(1)));
        assert!(agenda.take_due(Duration::from_secs(1)).is_none());
        assert_eq!(agenda.next_due(), Some(Duration::from_secs(2)));
        assert_eq!(agenda.steps(), 1);
    }
}
