//! Payouts that fit a filter, newest first; and those that are an operator's business, oldest
//! first.

use payout::id::Merchant;
use payout::port::{Filter, Page, PageToken};
use payout::record::{Payout, Record};
use payout::state::{Outcome, StateName};
use rusqlite::{Connection, named_params, params};

use crate::fault::Fault;
use crate::page::{self, List, Place};
use crate::payouts;

/// Records looked at for one page. A filter that fits few of many gets a short page and a token,
/// instead of a reading without end.
const SCANNED_MAX: usize = 2000;

/// A page of payouts.
pub(crate) fn list(
    connection: &Connection,
    list: &List,
    filter: &Filter,
    page: &Page,
) -> Result<(Vec<Payout>, Option<PageToken>), Fault> {
    let size = page::size(page);
    let after = list.place(page)?.unwrap_or(Place { created_at: i64::MAX, number: i64::MAX });
    let narrowing = Narrowing::of(filter);
    let mut statement = connection.prepare_cached(&narrowing.statement())?;
    let mut rows = statement.query(named_params! {
        ":merchant": filter.merchant.as_str(),
        ":value": narrowing.value(),
        ":from": filter.created_from.map_or(i64::MIN, payout::time::Timestamp::as_millis),
        ":before": filter.created_before.map_or(i64::MAX, payout::time::Timestamp::as_millis),
        ":created_at": after.created_at,
        ":number": after.number,
    })?;
    let (mut found, mut last, mut scanned) = (Vec::new(), after, 0);
    while let Some(row) = rows.next()? {
        if found.len() == size || scanned == SCANNED_MAX {
            return Ok((found, Some(list.token(last))));
        }
        scanned += 1;
        last = Place { created_at: row.get(4)?, number: row.get(5)? };
        let payout = payouts::read(row)?.payout;
        if fits(&payout, filter) {
            found.push(payout);
        }
    }
    Ok((found, None))
}

const FOR_OPERATORS: &str = "
    SELECT record, id, version, sequence, created_at, number
    FROM payout INDEXED BY payout_for_operators
    WHERE operators_business = 1 AND ?1 IS NULL AND (created_at, number) > (?2, ?3)
    ORDER BY created_at, number LIMIT ?4";

const FOR_OPERATORS_OF: &str = "
    SELECT record, id, version, sequence, created_at, number
    FROM payout INDEXED BY payout_for_operators_by_merchant
    WHERE operators_business = 1 AND merchant = ?1 AND (created_at, number) > (?2, ?3)
    ORDER BY created_at, number LIMIT ?4";

/// A page of what is an operator's business; of all merchants if none is given.
pub(crate) fn operators_business(
    connection: &Connection,
    list: &List,
    merchant: Option<&Merchant>,
    page: &Page,
) -> Result<(Vec<Record>, Option<PageToken>), Fault> {
    let size = page::size(page);
    let after = list.place(page)?.unwrap_or(Place { created_at: i64::MIN, number: i64::MIN });
    let sql = if merchant.is_some() { FOR_OPERATORS_OF } else { FOR_OPERATORS };
    let mut statement = connection.prepare_cached(sql)?;
    // One more than asked for, which tells whether there is another page.
    let limit = i64::try_from(size + 1).expect("a page's size is bounded");
    let mut rows = statement.query(params![
        merchant.map(payout::id::Name::as_str),
        after.created_at,
        after.number,
        limit
    ])?;
    let (mut found, mut last) = (Vec::new(), after);
    while let Some(row) = rows.next()? {
        if found.len() == size {
            return Ok((found, Some(list.token(last))));
        }
        last = Place { created_at: row.get(4)?, number: row.get(5)? };
        found.push(payouts::read(row)?);
    }
    Ok((found, None))
}

/// The one condition that an index serves; the others are checked on what it finds.
enum Narrowing<'a> {
    Reference(&'a str),
    Customer(&'a str),
    ForOperators,
    Undecided,
    Merchant,
}

impl<'a> Narrowing<'a> {
    fn of(filter: &'a Filter) -> Self {
        let undecided = |state: &StateName| state.outcome() == Outcome::Undecided;
        let only_undecided = filter.outcome == Some(Outcome::Undecided)
            || (!filter.states.is_empty() && filter.states.iter().all(undecided));
        match (&filter.provider_reference, &filter.customer) {
            (Some(reference), _) => Self::Reference(reference.as_str()),
            (None, Some(customer)) => Self::Customer(customer.as_str()),
            (None, None) if filter.needs_attention => Self::ForOperators,
            (None, None) if only_undecided => Self::Undecided,
            (None, None) => Self::Merchant,
        }
    }

    fn value(&self) -> Option<&str> {
        match self {
            Self::Reference(value) | Self::Customer(value) => Some(value),
            Self::ForOperators | Self::Undecided | Self::Merchant => None,
        }
    }

    /// Every statement names `:value`, so that all take the same parameters. The index is named
    /// too: left to itself, the database thinks more of a range of times than of a customer.
    fn statement(&self) -> String {
        let (index, condition) = match self {
            Self::Reference(_) => ("payout_by_reference", "provider_reference = :value"),
            Self::Customer(_) => ("payout_by_customer", "customer = :value"),
            Self::ForOperators => {
                ("payout_for_operators_by_merchant", "operators_business = 1 AND :value IS NULL")
            }
            Self::Undecided => ("payout_undecided", "undecided = 1 AND :value IS NULL"),
            Self::Merchant => ("payout_by_merchant", ":value IS NULL"),
        };
        format!(
            "SELECT record, id, version, sequence, created_at, number
            FROM payout INDEXED BY {index}
            WHERE merchant = :merchant AND {condition}
            AND created_at >= :from AND created_at < :before
            AND (created_at, number) < (:created_at, :number)
            ORDER BY created_at DESC, number DESC"
        )
    }
}

fn fits(payout: &Payout, filter: &Filter) -> bool {
    let state = payout.state.name();
    payout.order.merchant == filter.merchant
        && filter.customer.as_ref().is_none_or(|customer| payout.order.customer == *customer)
        && (filter.provider_reference.is_none()
            || payout.provider_reference == filter.provider_reference)
        && (filter.states.is_empty() || filter.states.contains(&state))
        && filter.outcome.is_none_or(|outcome| state.outcome() == outcome)
        && (!filter.needs_attention || payout.needs_attention())
}

#[cfg(test)]
pub(crate) fn statements() -> Vec<String> {
    let all = [
        Narrowing::Reference(""),
        Narrowing::Customer(""),
        Narrowing::ForOperators,
        Narrowing::Undecided,
        Narrowing::Merchant,
    ];
    let others = [FOR_OPERATORS, FOR_OPERATORS_OF].map(str::to_owned);
    all.iter().map(Narrowing::statement).chain(others).collect()
}
