//! The contract.

use crate::subject::Embedded;

async fn start() -> Embedded {
    Embedded::start()
}

store_suite::every_case!(start);
