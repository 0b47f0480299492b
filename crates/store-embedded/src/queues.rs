//! What holds merchants' queues.

use payout::codec;
use payout::id::Merchant;
use payout::queue::{QueueHold, QueueHoldKind};
use rusqlite::{Connection, params};

use crate::cell;
use crate::fault::Fault;
use crate::writer::Changes;

const ALL: &str = "SELECT body, merchant FROM queue_hold ORDER BY merchant, kind";
const WRITE: &str = "INSERT INTO queue_hold (merchant, kind, body) VALUES (?1, ?2, ?3)
    ON CONFLICT (merchant, kind) DO UPDATE SET body = excluded.body";
const REMOVE: &str = "DELETE FROM queue_hold WHERE merchant = ?1 AND kind = ?2";

/// All of them: a handful, however many merchants there are.
pub(crate) fn read(connection: &Connection) -> Result<Vec<QueueHold>, Fault> {
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next()? {
        let merchant: String = row.get(1)?;
        holds.push(cell::read(row, 0, ("queue hold of", &merchant), codec::decode_queue_hold)?);
    }
    Ok(holds)
}

pub(crate) fn hold(changes: &mut Changes<'_>, hold: &QueueHold, body: &[u8]) -> Result<(), Fault> {
    let key = params![hold.merchant.as_str(), number(hold.kind()), body];
    changes.connection.prepare_cached(WRITE)?.execute(key)?;
    Ok(())
}

pub(crate) fn resume(
    changes: &mut Changes<'_>,
    merchant: &Merchant,
    kind: QueueHoldKind,
) -> Result<bool, Fault> {
    let key = params![merchant.as_str(), number(kind)];
    Ok(changes.connection.prepare_cached(REMOVE)?.execute(key)? > 0)
}

fn number(kind: QueueHoldKind) -> i64 {
    match kind {
        QueueHoldKind::Paused => 1,
        QueueHoldKind::AccessRefused => 2,
    }
}
