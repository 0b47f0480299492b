//! The summary of the demo.

use crate::command::terminal::announce;

/// One payout of the demo, or one call about it.
pub(super) struct Row {
    pub(super) case: &'static str,
    pub(super) region: &'static str,
    pub(super) amount: String,
    pub(super) expected: String,
    pub(super) got: String,
    pub(super) movements_expected: usize,
    pub(super) movements: usize,
}

impl Row {
    pub(super) fn is_as_expected(&self) -> bool {
        self.expected == self.got && self.movements == self.movements_expected
    }
}

pub(super) fn print(rows: &[Row]) {
    let line = |cells: [&str; 6], mark: &str| {
        let [payout, region, amount, expected, got, movements] = cells;
        announce(format_args!(
            "{payout:<15} {region:<6} {amount:>10}  {expected:<28} {got:<28} {movements:>9} {mark}"
        ));
    };
    line(["payout", "region", "amount", "expected", "got", "movements"], "");
    for row in rows {
        let movements = row.movements.to_string();
        let mark = if row.is_as_expected() { "ok" } else { "NOT AS EXPECTED" };
        let cells =
            [row.case, row.region, &row.amount, &row.expected, &row.got, movements.as_str()];
        line(cells, mark);
    }
}
