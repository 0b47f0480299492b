//! redb, with one table per table or index and one transaction per commit.

use std::path::Path;

use redb::{Database, TableDefinition};

use crate::Failure;
use crate::engine::{Engine, keys};
use crate::job::Append;

const PAYOUT: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("payout");
const PAYOUT_BY_ID: TableDefinition<'_, &[u8], i64> = TableDefinition::new("payout_by_id");
const PAYOUT_BY_DUE: TableDefinition<'_, (i64, i64), ()> = TableDefinition::new("payout_by_due");
const EVENT: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("event");
const EVENT_BY_PAYOUT: TableDefinition<'_, (i64, i64), i64> =
    TableDefinition::new("event_by_payout");

/// A database in one file.
pub(crate) struct Redb {
    database: Database,
}

impl Redb {
    pub(crate) fn open(directory: &Path) -> Result<Redb, Failure> {
        Ok(Redb { database: Database::create(directory.join("store.redb"))? })
    }
}

impl Engine for Redb {
    fn commit(&mut self, position: i64, batch: &[Append]) -> Result<(), Failure> {
        let write = self.database.begin_write()?;
        {
            let mut payouts = write.open_table(PAYOUT)?;
            let mut by_id = write.open_table(PAYOUT_BY_ID)?;
            let mut by_due = write.open_table(PAYOUT_BY_DUE)?;
            let mut events = write.open_table(EVENT)?;
            let mut by_payout = write.open_table(EVENT_BY_PAYOUT)?;
            for (position, append) in (position..).zip(batch) {
                let payout = append.payout;
                payouts.insert(payout, keys::record(append).as_slice())?;
                if let Some(id) = &append.id {
                    by_id.insert(id.as_slice(), payout)?;
                }
                if let Some(due) = append.due_before {
                    by_due.remove((due, payout))?;
                }
                by_due.insert((append.due, payout), ())?;
                events.insert(position, append.event.as_slice())?;
                by_payout.insert((payout, append.sequence), position)?;
            }
        }
        // Its default durability is an fsync before the commit returns.
        Ok(write.commit()?)
    }
}
