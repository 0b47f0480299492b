//! Notifications of both regions: made, sent until they are answered well, and shown.

use std::time::Duration;

use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use crate::faults::Operation;
use crate::keys::Algorithm;
use crate::ledger::Region;

/// How often AMER sends an event: every five minutes for twelve hours.
const AMER_FAILURES_MAX: u32 = 144;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoticeId(usize);

/// What is sent, before it is signed.
#[derive(Clone)]
pub(crate) enum Content {
    Eu {
        url: String,
        data: Value,
        algorithm: Algorithm,
        uuid: String,
    },
    /// `url` in the place of the merchant's usual address.
    Amer {
        form: String,
        url: Option<Url>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeState {
    /// It will be sent, or sent again.
    Waiting,
    /// Kept back until it is asked for.
    Held,
    Delivered,
    /// A fault swallowed it: it never comes.
    Dropped,
    /// The documented number of attempts is used up.
    GivenUp,
}

pub(crate) struct Notice {
    /// `notificationid` or `eventId`.
    pub(crate) id: String,
    pub(crate) region: Region,
    pub(crate) method: String,
    pub(crate) reference: String,
    pub(crate) provider_id: String,
    /// What began the payout it is about; rules may name either.
    pub(crate) began_with: Operation,
    pub(crate) content: Content,
    pub(crate) state: NoticeState,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
    /// Good answers still wanted: two where it is to be delivered twice.
    pub(crate) copies_left: u32,
}

/// One line of `GET /_sim/notifications`.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    id: &'a str,
    region: Region,
    method: &'a str,
    reference: &'a str,
    provider_id: &'a str,
    attempts: u32,
    delivered: bool,
    state: NoticeState,
}

/// Bounded by what they are about: an order makes at most four, besides those that are ordered.
#[derive(Default)]
pub(crate) struct Notices {
    notices: Vec<Notice>,
}

/// What follows an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Done,
    /// After this documented duration.
    Again(Duration),
}

impl Notices {
    pub(crate) fn add(&mut self, notice: Notice) -> NoticeId {
        self.notices.push(notice);
        NoticeId(self.notices.len() - 1)
    }

    pub(crate) fn get(&self, id: NoticeId) -> &Notice {
        &self.notices[id.0]
    }

    /// Those that were held back and are meant are to be sent now.
    pub(crate) fn release(&mut self, is_meant: impl Fn(&Notice) -> bool) -> Vec<NoticeId> {
        let mut released = Vec::new();
        for (index, notice) in self.notices.iter_mut().enumerate() {
            if notice.state == NoticeState::Held && is_meant(notice) {
                notice.state = NoticeState::Waiting;
                released.push(NoticeId(index));
            }
        }
        released
    }

    pub(crate) fn begin_attempt(&mut self, id: NoticeId) -> &Notice {
        let notice = &mut self.notices[id.0];
        notice.attempts += 1;
        notice
    }

    pub(crate) fn finish_attempt(&mut self, id: NoticeId, accepted: bool) -> Next {
        let notice = &mut self.notices[id.0];
        let next = notice.after_attempt(accepted);
        if next == Next::Done {
            notice.state = if accepted { NoticeState::Delivered } else { NoticeState::GivenUp };
        }
        next
    }

    pub(crate) fn lines(&self, reference: Option<&str>) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for notice in &self.notices {
            if reference.is_none_or(|wanted| wanted == notice.reference) {
                lines.push(notice.line());
            }
        }
        lines
    }
}

impl Notice {
    /// Delivered, or tried and failed, or never to come.
    pub(crate) fn is_settled_once(&self) -> bool {
        self.state != NoticeState::Waiting || self.failures > 0
    }

    fn after_attempt(&mut self, accepted: bool) -> Next {
        if accepted {
            self.copies_left -= 1;
            return if self.copies_left == 0 { Next::Done } else { Next::Again(Duration::ZERO) };
        }
        self.failures += 1;
        match self.region {
            Region::Eu => Next::Again(eu_pause(self.failures)),
            Region::Amer if self.failures >= AMER_FAILURES_MAX => Next::Done,
            Region::Amer => Next::Again(minutes(5)),
        }
    }

    fn line(&self) -> Line<'_> {
        Line {
            id: &self.id,
            region: self.region,
            method: &self.method,
            reference: &self.reference,
            provider_id: &self.provider_id,
            attempts: self.attempts,
            delivered: self.state == NoticeState::Delivered,
            state: self.state,
        }
    }
}

/// Trustly Europe repeats until it succeeds, at growing intervals it does not publish; these are
/// plausible.
fn eu_pause(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::from_secs(10),
        2 => Duration::from_secs(30),
        3 => minutes(1),
        4 => minutes(5),
        5 => minutes(15),
        _ => minutes(60),
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(region: Region) -> Notice {
        Notice {
            id: "1".to_owned(),
            region,
            method: "credit".to_owned(),
            reference: "po_1".to_owned(),
            provider_id: "2".to_owned(),
            began_with: Operation::AccountPayout,
            content: Content::Amer { form: String::new(), url: None },
            state: NoticeState::Waiting,
            attempts: 0,
            failures: 0,
            copies_left: 1,
        }
    }

    fn pauses(region: Region, failures: usize) -> Vec<Next> {
        let mut notices = Notices::default();
        let id = notices.add(notice(region));
        let mut pauses = Vec::new();
        for _ in 0..failures {
            notices.begin_attempt(id);
            pauses.push(notices.finish_attempt(id, false));
        }
        pauses
    }

    #[test]
    fn europe_repeats_for_ever_at_growing_intervals() {
        let seconds = [10, 30, 60, 300, 900, 3_600, 3_600, 3_600];
        let expected = seconds.map(|count| Next::Again(Duration::from_secs(count)));
        assert_eq!(pauses(Region::Eu, 8), expected);
    }

    #[test]
    fn the_americas_repeat_for_twelve_hours() {
        let pauses = pauses(Region::Amer, 144);
        assert!(pauses[..143].iter().all(|next| *next == Next::Again(minutes(5))));
        assert_eq!(pauses[143], Next::Done);
    }

    #[test]
    fn a_duplicate_wants_two_good_answers() {
        let mut notices = Notices::default();
        let id = notices.add(Notice { copies_left: 2, ..notice(Region::Eu) });
        notices.begin_attempt(id);
        assert_eq!(notices.finish_attempt(id, true), Next::Again(Duration::ZERO));
        notices.begin_attempt(id);
        assert_eq!(notices.finish_attempt(id, true), Next::Done);
        assert_eq!(notices.get(id).state, NoticeState::Delivered);
    }
}
