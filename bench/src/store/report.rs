//! Rows as they are measured, and their medians as a Markdown table.

use crate::engine::Kind;
use crate::turn::Figures;

/// Ratios are whole thousandths, for the workspace has no floats.
const WHOLE: u64 = 1_000;

/// One turn of one engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) round: usize,
    pub(crate) writers: usize,
    pub(crate) kind: Kind,
    pub(crate) figures: Figures,
}

/// Everything measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn print_header() {
        println!(
            "| round | writers | engine | appends/s | ratio to raw | p50 µs | p99 µs \
             | appends per commit | CPU µs/append | bytes/append | others' CPU % |"
        );
        println!("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    /// The turns of one round, each with its ratio to the raw log of the same round.
    pub(crate) fn print_round(&self, round: usize, writers: usize) {
        for row in self.0.iter().filter(|row| row.round == round && row.writers == writers) {
            print_line(&format!("{round}"), writers, row.kind, row.figures, self.ratio(row));
        }
    }

    /// Medians over all rounds, then over those in which the machine had little else to do.
    pub(crate) fn print_medians(&self, quiet_percent: u64) {
        let mut groups: Vec<(usize, Kind)> = Vec::new();
        for row in &self.0 {
            if !groups.contains(&(row.writers, row.kind)) {
                groups.push((row.writers, row.kind));
            }
        }
        for quiet_percent in [u64::MAX, quiet_percent] {
            for &(writers, kind) in &groups {
                self.print_median(writers, kind, quiet_percent);
            }
        }
    }

    /// The median of each figure, column by column.
    fn print_median(&self, writers: usize, kind: Kind, quiet_percent: u64) {
        let of_kind = self.0.iter().filter(|row| row.writers == writers && row.kind == kind);
        let rows: Vec<&Row> = of_kind.filter(|row| self.is_quiet(row, quiet_percent)).collect();
        let ratio = median(rows.iter().filter_map(|row| self.ratio(row)));
        let name = match quiet_percent {
            u64::MAX => format!("median of {}", rows.len()),
            _ => format!("median of {} quiet", rows.len()),
        };
        print_line(&name, writers, kind, median_figures(&rows), ratio);
    }

    /// Whether every turn of the row's round was quiet: a ratio needs two quiet turns.
    fn is_quiet(&self, row: &Row, quiet_percent: u64) -> bool {
        let round = self.0.iter().filter(|o| o.round == row.round && o.writers == row.writers);
        round.map(|other| other.figures.others_percent).all(|percent| percent <= quiet_percent)
    }

    /// Thousandths of the raw log's rate in the same round; none if the raw log had no turn.
    fn ratio(&self, row: &Row) -> Option<u64> {
        let raw = self.0.iter().find(|other| {
            other.kind == Kind::Raw && other.round == row.round && other.writers == row.writers
        })?;
        Some(row.figures.per_second * WHOLE / raw.figures.per_second.max(1))
    }
}

fn median_figures(rows: &[&Row]) -> Figures {
    let of = |figure: fn(&Figures) -> u64| {
        median(rows.iter().map(|row| figure(&row.figures))).unwrap_or_default()
    };
    Figures {
        per_second: of(|figures| figures.per_second),
        p50: of(|figures| figures.p50),
        p99: of(|figures| figures.p99),
        per_commit: of(|figures| figures.per_commit),
        cpu_micros: of(|figures| figures.cpu_micros),
        written: of(|figures| figures.written),
        others_percent: of(|figures| figures.others_percent),
    }
}

/// The middle value; of an even number, the lower of the two in the middle.
fn median(values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let middle = values.len().checked_sub(1)? / 2;
    Some(values[middle])
}

fn print_line(round: &str, writers: usize, kind: Kind, figures: Figures, ratio: Option<u64>) {
    let Figures { per_second, p50, p99, per_commit, cpu_micros, written, .. } = figures;
    let ratio = match ratio {
        Some(ratio) => format!("{}.{:03}", ratio / WHOLE, ratio % WHOLE),
        None => "–".to_owned(),
    };
    let others = figures.others_percent;
    println!(
        "| {round} | {writers} | {kind} | {per_second} | {ratio} | {p50} | {p99} \
         | {per_commit} | {cpu_micros} | {written} | {others} |"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(round: usize, kind: Kind, per_second: u64) -> Row {
        let figures = Figures {
            per_second,
            p50: 1,
            p99: 2,
            per_commit: 3,
            cpu_micros: 4,
            written: 5,
            others_percent: 6,
        };
        Row { round, writers: 64, kind, figures }
    }

    #[test]
    fn a_ratio_compares_turns_of_one_round_only() {
        let mut report = Report::default();
        report.add(row(0, Kind::Raw, 100));
        report.add(row(0, Kind::Sqlite, 50));
        report.add(row(1, Kind::Sqlite, 90));
        report.add(row(1, Kind::Raw, 300));
        report.add(row(2, Kind::Sqlite, 90));
        let ratios: Vec<_> = report.0.iter().map(|row| report.ratio(row)).collect();
        assert_eq!(ratios, [Some(1000), Some(500), Some(300), Some(1000), None]);
    }

    #[test]
    fn one_loud_turn_spoils_its_round_and_no_other() {
        let mut report = Report::default();
        report.add(row(0, Kind::Raw, 100));
        report.add(row(0, Kind::Sqlite, 50));
        report.add(row(1, Kind::Raw, 100));
        report.0[0].figures.others_percent = 80;
        let quiet: Vec<_> = report.0.iter().map(|row| report.is_quiet(row, 25)).collect();
        assert_eq!(quiet, [false, false, true]);
    }

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([9, 1, 5].into_iter()), Some(5));
        assert_eq!(median([9, 1, 5, 7].into_iter()), Some(5));
    }
}
