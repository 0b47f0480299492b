//! What the provider said about a payout, word for word and sealed.

use payout::codec;
use payout::id::PayoutId;
use payout::port::SealedEvidence;
use rusqlite::{Connection, params};

use crate::cell;
use crate::fault::Fault;

/// Entries kept per payout. A payout hears a few dozen words in its life; one that hears more
/// repeats itself, and the latest are kept.
const ENTRIES_MAX: i64 = 256;

const ADD: &str = "INSERT INTO evidence (payout, body) VALUES (?1, ?2)";
const TRIM: &str = "DELETE FROM evidence WHERE payout = ?1 AND number <= (
    SELECT number FROM evidence WHERE payout = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
const OF_PAYOUT: &str = "SELECT body, number FROM evidence
    WHERE payout = (SELECT number FROM payout WHERE id = ?1) ORDER BY number";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TRIM, OF_PAYOUT];

/// The evidence, encoded.
pub(crate) fn encode(evidence: &[SealedEvidence]) -> Vec<Vec<u8>> {
    evidence.iter().map(|piece| cell::pack(codec::encode_evidence(piece))).collect()
}

/// Adds to the evidence of the payout with a number.
pub(crate) fn add(
    connection: &Connection,
    payout: i64,
    bodies: &[Vec<u8>],
) -> rusqlite::Result<()> {
    if bodies.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(ADD)?;
    for body in bodies {
        statement.execute(params![payout, body])?;
    }
    connection.prepare_cached(TRIM)?.execute(params![payout, ENTRIES_MAX])?;
    Ok(())
}

/// The evidence of a payout, oldest first; none if it is not here.
pub(crate) fn read(connection: &Connection, id: &PayoutId) -> Result<Vec<SealedEvidence>, Fault> {
    let mut statement = connection.prepare_cached(OF_PAYOUT)?;
    let mut rows = statement.query([id.as_str()])?;
    let mut evidence = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(1)?;
        evidence.push(cell::read(row, 0, ("evidence", number), codec::decode_evidence)?);
    }
    Ok(evidence)
}
