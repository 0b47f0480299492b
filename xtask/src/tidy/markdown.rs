//! The few things that rules read out of Markdown.

/// The text under the heading `## title`, up to the next heading of that level.
pub(super) fn section<'a>(text: &'a str, title: &str) -> Result<&'a str, String> {
    let missing = || format!("there is no section `## {title}`");
    let heading = format!("\n## {title}\n");
    let (_, rest) = text.split_once(&heading).ok_or_else(missing)?;
    Ok(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// The words in `backquotes`, in order.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let text = "# T\n\n## A\nx\n### sub\ny\n\n## B\nz\n";
        assert_eq!(section(text, "A").unwrap(), "x\n### sub\ny\n");
        assert_eq!(section(text, "B").unwrap(), "z\n");
        assert!(section(text, "C").is_err());
    }

    #[test]
    fn quoted_words_are_found() {
        assert_eq!(quoted("a `b` c `d e`."), ["b", "d e"]);
    }
}
