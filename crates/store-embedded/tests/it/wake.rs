//! Who sleeps through what: more than the port asks for, so that one merchant's readers of single
//! customers and payouts do not all read after each of its events.

use std::task::{Context, Waker};

use payout::port::{CreationOutcome, Selection, Store};
use store_suite::sample;
use tempfile::TempDir;

use crate::subject::{START, open};

#[tokio::test]
async fn readers_of_one_customer_or_payout_sleep_through_the_others() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path(), START);
    let mine = sample::creation_of(sample::order("m-1", "c-1", "mine"), START);
    let id = mine.record.payout.id.clone();
    let other = sample::creation_of(sample::order("m-1", "c-2", "other"), START);
    let merchant = sample::merchant("m-1");
    let selections = [
        Selection::Customer(merchant.clone(), sample::customer("c-1")),
        Selection::Payouts(merchant, vec![id]),
    ];
    let latest = store.ends().await.unwrap().latest;
    let mut waiting = selections.each_ref().map(|selection| store.changed(&latest, selection));
    let mut wakes = Context::from_waker(Waker::noop());
    for (creation, woken) in [(&other, false), (&mine, true)] {
        for waiting in &mut waiting {
            assert!(waiting.as_mut().poll(&mut wakes).is_pending(), "there is nothing yet");
        }
        // An event is told before its writer is answered.
        assert_eq!(store.create(creation).await, Ok(CreationOutcome::Created));
        for waiting in &mut waiting {
            assert_eq!(waiting.as_mut().poll(&mut wakes).is_ready(), woken);
        }
    }
}
