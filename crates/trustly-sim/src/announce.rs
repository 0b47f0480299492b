//! How a payout's notifications are put on the agenda, faults considered.

use std::time::Duration;

use crate::agenda::Task;
use crate::clock::Clock;
use crate::faults::{Fault, Operation, Question, Stage};
use crate::ledger::Region;
use crate::notices::{Notice, NoticeId, NoticeState};
use crate::sim::State;

/// The notifications of one payout so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Series {
    made: u32,
    reversed: bool,
}

/// No payout makes more; the first of a reversed series waits until the last could be made.
const SERIES_MAX: u32 = 4;

/// A notification to be sent as soon as its region's pace allows, not before `earliest`.
/// The series counts on.
pub(crate) fn announce(
    state: &mut State,
    clock: &Clock,
    earliest: Duration,
    series: &mut Series,
    mut notice: Notice,
) -> NoticeId {
    let Notice { region, began_with, .. } = notice;
    let mut asked = |stage| ask(state, region, began_with, &notice.reference, stage);
    if series.made == 0 && asked(Stage::Sequence).is_some() {
        series.reversed = true;
    }
    match asked(Stage::Making) {
        Some(Fault::DropNotification) => notice.state = NoticeState::Dropped,
        Some(_) => notice.copies_left = 2,
        None => {}
    }
    let at = earliest + held_back(clock, notice.region, *series);
    series.made += 1;
    let waiting = notice.state == NoticeState::Waiting;
    let id = state.notices.add(notice);
    if waiting {
        state.agenda.put(at, Task::Deliver(id));
    }
    id
}

/// Whether a rule takes hold of a notification at this stage.
///
/// A rule may name the notification or the request that began the payout it is about.
pub(crate) fn ask(
    state: &mut State,
    region: Region,
    began_with: Operation,
    reference: &str,
    stage: Stage,
) -> Option<Fault> {
    let question = Question {
        region,
        stage,
        operations: &[Operation::Notification, began_with],
        references: &[reference],
        answered: false,
    };
    state.faults.take(&question).map(|rule| rule.fault)
}

/// Twice the region's pace for each notification that is to overtake, so that later ones do.
fn held_back(clock: &Clock, region: Region, series: Series) -> Duration {
    if !series.reversed {
        return Duration::ZERO;
    }
    let pace = match region {
        Region::Eu => crate::eu::CONFIRMATION_DELAY,
        Region::Amer => crate::amer::BATCH_LENGTH,
    };
    clock.compress(pace) * 2 * SERIES_MAX.saturating_sub(1 + series.made)
}
