//! Claims on payouts that are due. A payout that is claimed wakes when its claim ends: whoever let
//! it end without a word may have left the payout in the middle of something.

use payout::id::PayoutId;
use payout::port::Claim;
use payout::time::Timestamp;
use rusqlite::{Connection, params};

use crate::fault::{Fault, corrupt};
use crate::writer::Changes;

/// Payouts that one claim takes at most, whatever was asked for.
const CLAIMED_MAX: usize = 1000;

const DUE: &str = "SELECT number, id FROM payout
    WHERE wake_at <= ?1 ORDER BY wake_at, number LIMIT ?2";
const CLAIM: &str = "UPDATE payout SET claimed_by = ?2, wake_at = ?3 WHERE number = ?1";
const RELEASE: &str = "UPDATE payout SET claimed_by = NULL, wake_at = due_at
    WHERE id = ?1 AND claimed_by = ?2";
const END_ALL: &str = "UPDATE payout SET claimed_by = NULL, wake_at = ?1
    WHERE claimed_by IS NOT NULL";
const NEXT: &str = "SELECT min(wake_at) FROM payout WHERE wake_at IS NOT NULL";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[DUE, CLAIM, RELEASE, END_ALL, NEXT];

/// Claims what is due, most overdue first.
pub(crate) fn claim(changes: &mut Changes<'_>, claim: &Claim) -> Result<Vec<PayoutId>, Fault> {
    let limit = i64::try_from(claim.limit.min(CLAIMED_MAX)).expect("CLAIMED_MAX is small");
    let mut due = Vec::new();
    let mut statement = changes.connection.prepare_cached(DUE)?;
    let mut rows = statement.query(params![claim.now.as_millis(), limit])?;
    while let Some(row) = rows.next()? {
        let (number, id): (i64, String) = (row.get(0)?, row.get(1)?);
        let id = PayoutId::parse(&id).map_err(|error| corrupt("payout", number, error))?;
        due.push((number, id));
    }
    let (holder, until) = (claim.holder.as_str(), claim.until.as_millis());
    let mut statement = changes.connection.prepare_cached(CLAIM)?;
    let mut claimed = Vec::with_capacity(due.len());
    for (number, id) in due {
        statement.execute(params![number, holder, until])?;
        claimed.push(id);
    }
    Ok(claimed)
}

/// Ends the claims that `holder` has on these payouts.
pub(crate) fn release(
    changes: &mut Changes<'_>,
    holder: &str,
    payouts: &[PayoutId],
) -> Result<(), Fault> {
    let mut statement = changes.connection.prepare_cached(RELEASE)?;
    for payout in payouts {
        statement.execute([payout.as_str(), holder])?;
    }
    Ok(())
}

/// Ends every claim; what was claimed wakes `now`.
pub(crate) fn end_all(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(END_ALL, [now.as_millis()])?;
    Ok(())
}

/// When the next claim finds something, if ever.
pub(crate) fn next(connection: &Connection) -> Result<Option<Timestamp>, Fault> {
    let at: Option<i64> = connection.prepare_cached(NEXT)?.query_row([], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_millis))
}
