//! Following the event log. Replay and live are one path: read after the cursor; when there is
//! nothing, wait until there may be something, and read again.

use payout::cursor::Cursor;
use payout::id::Merchant;
use payout::port::{Batch, ReadError, Selection};

use crate::Engine;

/// Where a reader begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this cursor.
    After(Cursor),
    /// With what is recorded from now on.
    Now,
    /// With the earliest that is kept.
    Beginning,
}

/// A reader of the log. It holds nothing but its place; a slow reader slows only itself.
#[derive(Clone)]
pub struct Tail {
    engine: Engine,
    selection: Selection,
    cursor: Cursor,
}

impl Engine {
    /// A reader of what a selection of one merchant's events shows. Fails at once if the cursor
    /// cannot be read from.
    pub async fn tail(&self, selection: Selection, start: Start) -> Result<Tail, ReadError> {
        let cursor = match start {
            Start::After(cursor) => {
                // Reading nothing checks the cursor.
                self.store().read(&cursor, &selection, 0).await?;
                cursor
            }
            Start::Now => self.store().ends().await?.latest,
            Start::Beginning => self.store().ends().await?.earliest,
        };
        Ok(Tail { engine: self.clone(), selection, cursor })
    }
}

impl Tail {
    /// Where the reader stands: everything up to here has been returned.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Whose events they are.
    pub fn merchant(&self) -> &Merchant {
        match &self.selection {
            Selection::Merchant(merchant)
            | Selection::Customer(merchant, _)
            | Selection::Payouts(merchant, _) => merchant,
        }
    }

    /// What is there now, at most `limit` entries; perhaps nothing. Moves the reader on.
    pub async fn read(&mut self, limit: usize) -> Result<Batch, ReadError> {
        let batch = self.engine.store().read(&self.cursor, &self.selection, limit).await?;
        self.cursor = batch.next.clone();
        Ok(batch)
    }

    /// Returns when there may be something to read. Dropping the future costs nothing.
    pub async fn changed(&self) -> Result<(), ReadError> {
        Ok(self.engine.store().changed(&self.cursor, &self.selection).await?)
    }
}
