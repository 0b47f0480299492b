//! The shortest way through everything, in both regions.

use api::v1::PayoutState;

use crate::world::{EU, US, World, request};

#[tokio::test]
async fn a_payout_completes_in_both_regions() {
    let world = World::start().await;
    for merchant in [EU, US] {
        let destination = world.destination(merchant).await;
        let request = request(merchant, "order-1", &destination);
        let created = world.payouts().create_payout(request.clone()).await.unwrap().into_inner();
        assert!(!created.replayed);
        let payout = world.wait_for(merchant, "order-1", &[PayoutState::Completed]).await;
        assert_eq!(payout.id, created.payout.unwrap().id);
        let again = world.payouts().create_payout(request).await.unwrap().into_inner();
        assert!(again.replayed);
        let movements = world.movements(merchant, "order-1").await;
        assert_eq!(movements.len(), 1, "{movements:?}");
        assert_eq!(movements[0]["state"], "completed");
    }
}
