//! What notifications say that no page of Trustly's explains: counted, and told once in a while.
//! Trustly adds methods and members without notice, and only people can tell what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use payout::id::Merchant;
use payout::port::Clock;

use super::notice::is_symbol;
use super::wire::notification::{Method, Notification};

/// After the first of its kind, one is told no sooner: Trustly repeats itself with each payout.
const TELLING_INTERVAL: Duration = Duration::from_secs(60);

/// Kinds that are remembered, and so told at once when they are first met. Trustly adds a few in a
/// year; beyond these the interval alone counts.
const KINDS_MAX: usize = 64;

/// Names that are told of one notification.
const NAMES_MAX: usize = 8;

/// The longest name that is told; the longest documented one has half of it.
const NAME_LENGTH_MAX: usize = 40;

/// The novelties in one merchant's notifications since this process began.
pub struct Novelties {
    merchant: Merchant,
    clock: Arc<dyn Clock>,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    counts: BTreeMap<(&'static str, Part), u64>,
    kinds: BTreeSet<String>,
    told_at: Option<Duration>,
}

/// What of a notification is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The method, whatever its members are.
    Method,
    /// A member or several, of a method that is known.
    Member,
}

/// How many notifications had a novelty. There are nine kinds of them at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The method, or `unknown`.
    pub method: &'static str,
    /// What is not known.
    pub part: Part,
    /// Notifications, with those that came again.
    pub notifications: u64,
}

impl Novelties {
    /// Nothing met yet.
    #[must_use]
    pub fn new(merchant: Merchant, clock: Arc<dyn Clock>) -> Self {
        Self { merchant, clock, met: Mutex::default() }
    }

    /// Whose notifications they are in.
    #[must_use]
    pub fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// All that was met so far.
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = Vec::new();
        for (&(method, part), &notifications) in &met.counts {
            counts.push(Count { method, part, notifications });
        }
        counts
    }

    /// Takes what is not known in a verified notification. Of values nothing is told: they may be
    /// somebody's name or account.
    pub(super) fn note(&self, notification: &Notification) {
        let members = notification.unknown_members();
        let part = match &notification.method {
            Method::Unknown(_) => Part::Method,
            _ if members.is_empty() => return,
            _ => Part::Member,
        };
        let method = shown(notification.method.name());
        let names: Vec<&str> = members.iter().map(|name| shown(name)).collect();
        let label = notification.method.label();
        if self.count(label, part, method, &names) {
            let members = names[..names.len().min(NAMES_MAX)].join(" ");
            tracing::warn!(
                merchant = %self.merchant, method, members, count = names.len(),
                "a notification says what is not known here; it is taken in all the same: look \
                 these names up in the provider's documents"
            );
        }
    }

    /// Counts it; whether it is to be told.
    fn count(&self, label: &'static str, part: Part, method: &str, names: &[&str]) -> bool {
        let now = self.clock.monotonic();
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        *met.counts.entry((label, part)).or_default() += 1;
        let mut first = part == Part::Method && met.is_first(method.to_owned());
        for name in names {
            first |= part == Part::Member && met.is_first(format!("{method} {name}"));
        }
        let rested = met.told_at.is_none_or(|at| now.saturating_sub(at) >= TELLING_INTERVAL);
        let due = first || rested;
        if due {
            met.told_at = Some(now);
        }
        due
    }
}

impl Met {
    fn is_first(&mut self, kind: String) -> bool {
        self.kinds.len() < KINDS_MAX && self.kinds.insert(kind)
    }
}

impl Part {
    /// As the metrics call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Member => "member",
        }
    }
}

/// The name, if it can be nothing but a name; a member of a member has both with a dot between.
fn shown(name: &str) -> &str {
    let symbolic = name.split('.').all(is_symbol);
    if symbolic && name.len() <= NAME_LENGTH_MAX { name } else { "?" }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use payout::time::{Time, Timestamp};

    use super::*;

    struct Hand(Mutex<Duration>);

    #[async_trait]
    impl Clock for Hand {
        fn time(&self) -> Time {
            Time { wall: Timestamp::EPOCH, steady_since: Timestamp::EPOCH }
        }

        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep_until(&self, _: Duration) {}
    }

    #[test]
    fn the_first_of_each_kind_is_told_and_then_one_a_minute() {
        let hand = Arc::new(Hand(Mutex::new(Duration::from_secs(100))));
        let met = Novelties::new(Merchant::parse("demo").unwrap(), hand.clone());
        let at = |seconds| *hand.0.lock().unwrap() = Duration::from_secs(seconds);
        let member = |names: &[&str]| met.count("credit", Part::Member, "credit", names);
        let method = |name| met.count("unknown", Part::Method, name, &["whatever"]);
        assert!(member(&["a"]) && !member(&["a"]));
        assert!(member(&["a", "b"]) && !member(&["b", "a"]));
        assert!(method("new") && !method("new"));
        at(159);
        assert!(!member(&["a"]) && !method("new"));
        at(160);
        assert!(member(&["a"]) && !method("new"));
        let count = |method, part, notifications| Count { method, part, notifications };
        let expected = [count("credit", Part::Member, 6), count("unknown", Part::Method, 4)];
        assert_eq!(met.counts(), expected);
    }

    #[test]
    fn kinds_without_end_are_told_by_the_minute() {
        let hand = Arc::new(Hand(Mutex::default()));
        let met = Novelties::new(Merchant::parse("demo").unwrap(), hand);
        let tell = |number| met.count("unknown", Part::Method, &format!("m{number}"), &[]);
        let told = (0..10 * KINDS_MAX).filter(|number| tell(*number)).count();
        assert_eq!(told, KINDS_MAX);
        assert_eq!(met.counts()[0].notifications, 10 * KINDS_MAX as u64);
    }

    #[test]
    fn only_what_can_be_nothing_but_a_name_is_told() {
        let long = "a".repeat(NAME_LENGTH_MAX);
        for name in ["personid_hash", "attributes.bank_code", &long] {
            assert_eq!(shown(name), name);
        }
        let longer = "a".repeat(NAME_LENGTH_MAX + 1);
        for value in ["", "Steve", "DE75", "åsa", "a b", "a@b", "attributes.", &longer] {
            assert_eq!(shown(value), "?");
        }
    }
}
