//! That no statement reads a whole table or sorts one: a store grows for years.

use rusqlite::Connection;

use crate::{
    breaks, claims, destinations, evidence, facts, list, log, parked, payouts, schema, shared,
};

#[test]
fn every_statement_uses_an_index() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(schema::CREATE).unwrap();
    connection.execute_batch(schema::ADD).unwrap();
    let mut statements: Vec<String> = list::statements();
    statements.extend(destinations::list_statements());
    for fixed in [
        breaks::STATEMENTS,
        claims::STATEMENTS,
        destinations::STATEMENTS,
        evidence::STATEMENTS,
        facts::STATEMENTS,
        log::STATEMENTS,
        parked::STATEMENTS,
        payouts::STATEMENTS,
        shared::STATEMENTS,
    ] {
        statements.extend(fixed.iter().copied().map(str::to_owned));
    }
    for statement in statements {
        for line in plan(&connection, &statement) {
            let searches = line.starts_with("SEARCH") || line.starts_with("SCALAR SUBQUERY");
            assert!(searches, "{line} in {statement}");
        }
    }
}

fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let (mut lines, mut rows) = (Vec::new(), explain.raw_query());
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get(3).unwrap());
    }
    drop(rows);
    lines
}
