//! fjall, with one keyspace per table or index and one batch per commit.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::Failure;
use crate::engine::{Engine, keys};
use crate::job::Append;

/// A database and its keyspaces.
pub(crate) struct Fjall {
    database: Database,
    payout: Keyspace,
    payout_by_id: Keyspace,
    payout_by_due: Keyspace,
    event: Keyspace,
    event_by_payout: Keyspace,
}

impl Fjall {
    pub(crate) fn open(directory: &Path) -> Result<Fjall, Failure> {
        let database = Database::builder(directory).open()?;
        let keyspace = |name| database.keyspace(name, KeyspaceCreateOptions::default);
        Ok(Fjall {
            payout: keyspace("payout")?,
            payout_by_id: keyspace("payout_by_id")?,
            payout_by_due: keyspace("payout_by_due")?,
            event: keyspace("event")?,
            event_by_payout: keyspace("event_by_payout")?,
            database,
        })
    }
}

impl Engine for Fjall {
    fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure> {
        let mut write = self.database.batch().durability(Some(PersistMode::SyncData));
        for (position, append) in (position..).zip(batch) {
            let payout = append.payout;
            write.insert(&self.payout, keys::one(payout), keys::record(append));
            if let Some(id) = &append.id {
                write.insert(&self.payout_by_id, *id, keys::one(payout));
            }
            if let Some(due) = append.due_before {
                write.remove(&self.payout_by_due, keys::two(due, payout));
            }
            write.insert(&self.payout_by_due, keys::two(append.due, payout), []);
            write.insert(&self.event, keys::one(position), append.event.as_slice());
            let of_payout = keys::two(payout, append.sequence);
            write.insert(&self.event_by_payout, of_payout, keys::one(position));
        }
        Ok(write.commit()?)
    }
}
