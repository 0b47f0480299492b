//! Tables as comma-separated text with a header line, as settlement reports are: fields in double
//! quotes where they must be, a quote within written twice, lines ended by LF or CRLF.

use thiserror::Error;

/// Most rows of one table: more than a merchant pays in one currency on one day.
pub const ROWS_MAX: usize = 500_000;

/// Most columns; real reports have thirteen.
const COLUMNS_MAX: usize = 64;

/// Why a text is no such table. Contents are never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CsvError {
    /// There is not even a header.
    #[error("the table has no header line")]
    NoHeader,
    /// The header lacks a column that must be there, or has it twice.
    #[error("the table does not have exactly one column `{0}`")]
    Column(&'static str),
    /// A row has more or fewer fields than the header.
    #[error("row {0} has another number of fields than the header")]
    Ragged(usize),
    /// A quote that is not closed, or stands where none may.
    #[error("row {0} has a quote where none may be, or none where one must be")]
    Quote(usize),
    /// More than [`ROWS_MAX`] rows or 64 columns.
    #[error("the table has more than {ROWS_MAX} rows or {COLUMNS_MAX} columns")]
    TooLarge,
}

/// A table, its columns found by name.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a whole table.
    pub fn parse(text: &str) -> Result<Self, CsvError> {
        let mut rest = text;
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let number = rows.len();
            let row = row(&mut rest, number)?;
            if row.len() > COLUMNS_MAX || number > ROWS_MAX {
                return Err(CsvError::TooLarge);
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(CsvError::NoHeader);
        }
        let header = rows.remove(0);
        for (index, row) in rows.iter().enumerate() {
            if row.len() != header.len() {
                return Err(CsvError::Ragged(index + 1));
            }
        }
        Ok(Self { header, rows })
    }

    /// The place of the column with one of these names, if there is one.
    pub fn optional_column(&self, names: &[&'static str]) -> Result<Option<usize>, CsvError> {
        let mut found = None;
        for (index, title) in self.header.iter().enumerate() {
            if names.contains(&title.as_str()) && found.replace(index).is_some() {
                return Err(CsvError::Column(names[0]));
            }
        }
        Ok(found)
    }

    /// The place of a column that must be there.
    pub fn column(&self, name: &'static str) -> Result<usize, CsvError> {
        self.optional_column(&[name])?.ok_or(CsvError::Column(name))
    }

    /// The rows below the header, each with as many fields as there are columns.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }
}

/// Takes one line, with the end of it, from the front of `rest`.
fn row(rest: &mut &str, number: usize) -> Result<Vec<String>, CsvError> {
    let mut fields = Vec::new();
    loop {
        fields.push(field(rest, number)?);
        if let Some(after) = rest.strip_prefix(',') {
            *rest = after;
        } else if let Some(after) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
            *rest = after;
            return Ok(fields);
        } else if rest.is_empty() {
            return Ok(fields);
        } else {
            return Err(CsvError::Quote(number));
        }
    }
}

fn field(rest: &mut &str, number: usize) -> Result<String, CsvError> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', '"', '\n', '\r']).unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        *rest = after;
        return Ok(field.to_owned());
    };
    let (mut value, mut left) = (String::new(), quoted);
    loop {
        let Some((part, after)) = left.split_once('"') else {
            return Err(CsvError::Quote(number));
        };
        value.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                left = more;
            }
            None => {
                *rest = after;
                return Ok(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Vec<Vec<String>>, CsvError> {
        Table::parse(text).map(|table| table.rows)
    }

    #[test]
    fn columns_are_found_by_name() {
        let table = Table::parse("a,b,externalreference\n1,\"x, \"\"y\"\"\n\",\n").unwrap();
        assert_eq!(table.rows(), [["1", "x, \"y\"\n", ""]]);
        assert_eq!((table.column("b"), table.column("c")), (Ok(1), Err(CsvError::Column("c"))));
        assert_eq!(table.optional_column(&["extraref", "externalreference"]), Ok(Some(2)));
        assert_eq!(table.optional_column(&["extraref"]), Ok(None));
        let twice = Table::parse("a,a").unwrap();
        assert_eq!(twice.column("a"), Err(CsvError::Column("a")));
    }

    #[test]
    fn lines_end_with_or_without_a_return_and_the_last_need_not() {
        for text in ["a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\n1,2", "a,b\n\"1\",\"2\""] {
            assert_eq!(parse(text), Ok(vec![vec!["1".to_owned(), "2".to_owned()]]), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(parse(""), Err(CsvError::NoHeader));
        assert_eq!(parse("a,b\n1\n"), Err(CsvError::Ragged(1)));
        assert_eq!(parse("a,b\n1,2,3\n"), Err(CsvError::Ragged(1)));
        for text in ["a\n\"1", "a\n\"1\"2\n", "a\n1\"2\n", "a\n1\r2\n"] {
            assert_eq!(parse(text), Err(CsvError::Quote(1)), "{text:?}");
        }
        assert_eq!(parse(&",".repeat(COLUMNS_MAX)), Err(CsvError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_back(rows in prop::collection::vec(
            prop::collection::vec(".{0,8}", 3), 0..5,
        )) {
            let mut text = "a,b,c\n".to_owned();
            for row in &rows {
                let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
                let fields: Vec<_> = row.iter().map(quoted).collect();
                text.push_str(&format!("{}\n", fields.join(",")));
            }
            prop_assert_eq!(parse(&text), Ok(rows));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a,\"\n\r]*") {
            let _ = parse(&text);
        }
    }
}
