//! Breaks of settlement reports.

use payout::codec;
use payout::port::{BreakFilter, Page, PageToken};
use payout::reconcile::SettlementBreak;
use rusqlite::{Connection, params};

use crate::cell;
use crate::fault::Fault;
use crate::page::{self, List, Place};
use crate::writer::Changes;

const WRITE: &str =
    "INSERT INTO settlement_break (merchant, day, currency, reference, is_open, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (merchant, day, currency, reference)
    DO UPDATE SET is_open = excluded.is_open, body = excluded.body";
const LIST: &str =
    "SELECT body, number FROM settlement_break INDEXED BY settlement_break_by_merchant
    WHERE merchant = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
const LIST_OPEN: &str = "SELECT body, number FROM settlement_break INDEXED BY settlement_break_open
    WHERE is_open = 1 AND merchant = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST, LIST_OPEN];

/// A break to be written, encoded.
pub(crate) struct NewBreak {
    found: SettlementBreak,
    body: Vec<u8>,
}

impl From<&SettlementBreak> for NewBreak {
    fn from(found: &SettlementBreak) -> Self {
        let body = cell::pack(codec::encode_settlement_break(found));
        Self { found: found.clone(), body }
    }
}

/// Writes breaks, each in the place of the one of its name.
pub(crate) fn write(changes: &mut Changes<'_>, breaks: &[NewBreak]) -> Result<(), Fault> {
    let mut statement = changes.connection.prepare_cached(WRITE)?;
    for NewBreak { found, body } in breaks {
        statement.execute(params![
            found.merchant.as_str(),
            found.report.day.number(),
            found.report.currency.code(),
            found.reference.as_str(),
            i64::from(found.closed_at.is_none()),
            body,
        ])?;
    }
    Ok(())
}

/// A page of a merchant's breaks, latest first.
pub(crate) fn list(
    connection: &Connection,
    list: &List,
    filter: &BreakFilter,
    page: &Page,
) -> Result<(Vec<SettlementBreak>, Option<PageToken>), Fault> {
    let size = page::size(page);
    let after = list.place(page)?.map_or(i64::MAX, |place| place.number);
    // One more than asked for, which tells whether there is another page.
    let limit = i64::try_from(size + 1).expect("a page's size is bounded");
    let sql = if filter.with_closed { LIST } else { LIST_OPEN };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![filter.merchant.as_str(), after, limit])?;
    let (mut found, mut last) = (Vec::new(), Place::default());
    while let Some(row) = rows.next()? {
        if found.len() == size {
            return Ok((found, Some(list.token(last))));
        }
        last.number = row.get(1)?;
        let decode = codec::decode_settlement_break;
        found.push(cell::read(row, 0, ("settlement break", last.number), decode)?);
    }
    Ok((found, None))
}
