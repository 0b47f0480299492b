//! Tables for people.

/// The rows in columns as wide as their widest cell, under their titles; empty without rows.
pub(super) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = titles.map(|title| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = line(&titles.map(str::to_owned), &widths);
    for row in rows {
        text.push_str(&line(row, &widths));
    }
    text
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(&format!("{cell:<width$}  "));
    }
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let text = table(["ID", "WHY"], &[row("å-1", "x"), row("b", "")]);
        assert_eq!(text, "ID   WHY\nå-1  x\nb\n");
        assert_eq!(table(["ID"], &[]), "");
    }
}
