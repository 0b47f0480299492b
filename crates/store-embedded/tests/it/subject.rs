//! An embedded store in a directory of its own, with a clock that moves when it is told to.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use payout::id::StoreId;
use payout::port::Store;
use payout::time::Timestamp;
use store_embedded::EmbeddedStore;
use store_suite::Subject;
use tempfile::TempDir;

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Opens the store in a directory, as its first or a later process.
pub(crate) fn open(directory: &Path, now: Timestamp) -> EmbeddedStore {
    // The directory's name is random: no two stores of a test run are called the same.
    let name = directory.file_name().unwrap().to_str().unwrap().to_lowercase();
    let id: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    EmbeddedStore::open(directory, now, &StoreId::parse(&id).unwrap(), epoch()).unwrap()
}

/// A name for the life that a store begins.
pub(crate) fn epoch() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A store for one test.
pub(crate) struct Embedded {
    store: Option<Arc<EmbeddedStore>>,
    now: Timestamp,
    directory: TempDir,
}

impl Embedded {
    pub(crate) fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let store = open(directory.path(), START);
        Self { store: Some(Arc::new(store)), now: START, directory }
    }
}

#[async_trait]
impl Subject for Embedded {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    async fn pass(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    async fn reopen(&mut self) {
        let store = self.store.take().and_then(Arc::into_inner);
        drop(store.expect("a case drops its store before it reopens"));
        self.store = Some(Arc::new(open(self.directory.path(), self.now)));
    }

    async fn another(&self) -> Box<dyn Subject> {
        Box::new(Self::start())
    }
}
