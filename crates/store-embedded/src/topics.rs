//! Whom an event wakes. What readers may wait for is hashed to a fixed number of topics, each with
//! the position of its latest event: a reader sleeps through the events of other topics, and now
//! and then wakes for one that shares its topic by chance.

use payout::id::{Customer, Merchant, PayoutId};
use payout::port::Selection;
use tokio::sync::watch;

/// Topics: with some thousand readers of one payout each, an event wakes a handful. Half a
/// kilobyte each.
const TOPICS_MAX: u32 = 1024;

/// Something that a reader may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic(u32);

impl Topic {
    fn merchant(merchant: &Merchant) -> Self {
        Self::hash(&["m", merchant.as_str()])
    }

    fn customer(merchant: &Merchant, customer: &Customer) -> Self {
        Self::hash(&["c", merchant.as_str(), customer.as_str()])
    }

    fn payout(id: &PayoutId) -> Self {
        Self::hash(&["p", id.as_str()])
    }

    /// Everybody whom an event concerns.
    pub(crate) fn of_event(
        merchant: &Merchant,
        customer: &Customer,
        payout: Option<&PayoutId>,
    ) -> Vec<Self> {
        let mut topics = vec![Self::merchant(merchant), Self::customer(merchant, customer)];
        topics.extend(payout.map(Self::payout));
        topics
    }

    /// The one that every event of a selection has. Several payouts have only their merchant in
    /// common.
    fn of_selection(selection: &Selection) -> Self {
        match selection {
            Selection::Customer(merchant, customer) => Self::customer(merchant, customer),
            Selection::Merchant(merchant) => Self::merchant(merchant),
            Selection::Payouts(merchant, ids) => match ids.as_slice() {
                [id] => Self::payout(id),
                _ => Self::merchant(merchant),
            },
        }
    }

    fn hash(parts: &[&str]) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        Self(hasher.finalize() % TOPICS_MAX)
    }

    fn index(self) -> usize {
        usize::try_from(self.0).expect("TOPICS_MAX is small")
    }
}

/// The writer's end: tells that there are events.
pub(crate) struct Topics(Vec<watch::Sender<i64>>);

/// The readers' end: waits for them. Ends when the writer does.
#[derive(Clone)]
pub(crate) struct Waits(Vec<watch::Receiver<i64>>);

/// What might be read after `latest` can have any topic.
pub(crate) fn topics(latest: i64) -> (Topics, Waits) {
    let channels = (0..TOPICS_MAX).map(|_| watch::channel(latest));
    let (senders, receivers) = channels.unzip();
    (Topics(senders), Waits(receivers))
}

impl Topics {
    /// Wakes those who wait for these topics, each with the position of an event.
    pub(crate) fn publish(&self, events: &[(Topic, i64)]) {
        for (topic, position) in events {
            self.0[topic.index()].send_replace(*position);
        }
    }
}

impl Waits {
    /// Returns when there may be something to read after `position`; false when the writer is gone.
    pub(crate) async fn wait(&self, selection: &Selection, position: i64) -> bool {
        let mut latest = self.0[Topic::of_selection(selection).index()].clone();
        latest.wait_for(|latest| *latest > position).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selection_that_shows_an_event_waits_for_one_of_its_topics() {
        let merchant = Merchant::parse("m-1").unwrap();
        let customer = Customer::parse("c-1").unwrap();
        let ids =
            ["a", "b"].map(|name| PayoutId::parse(&format!("po_{}", name.repeat(26))).unwrap());
        let topics = Topic::of_event(&merchant, &customer, Some(&ids[0]));
        assert_eq!(topics.len(), 3);
        for (selection, topic) in [
            (Selection::Merchant(merchant.clone()), topics[0]),
            (Selection::Customer(merchant.clone(), customer.clone()), topics[1]),
            (Selection::Payouts(merchant.clone(), ids[..1].to_vec()), topics[2]),
            (Selection::Payouts(merchant.clone(), ids.to_vec()), topics[0]),
            (Selection::Payouts(merchant, Vec::new()), topics[0]),
        ] {
            assert_eq!(Topic::of_selection(&selection), topic, "{selection:?}");
        }
    }

    #[test]
    fn few_share_a_topic() {
        let merchant = Merchant::parse("m-1").unwrap();
        let mut count = [0_u32; TOPICS_MAX as usize];
        for number in 0..10 * TOPICS_MAX {
            let customer = Customer::parse(&format!("customer-{number}")).unwrap();
            count[Topic::customer(&merchant, &customer).index()] += 1;
        }
        assert!(count.iter().all(|count| (1..40).contains(count)), "{count:?}");
    }
}
