//! Files, functions and lines stay small enough to be read at a glance.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::source::Source;

/// Above this a file is two files. Tests at its end do not count.
const FILE_LINES_MAX: usize = 600;

/// Above this a function does not fit on a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// rustfmt wraps code at this width; comments and strings it leaves alone.
const LINE_CHARACTERS_MAX: usize = 100;

/// Too long files, functions and lines, tests aside.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        if !source.is_test() {
            check_lines(source, &mut found);
            let mut finder = LongFunctions { source, found: &mut found };
            finder.visit_file(&source.file);
        }
    }
    found
}

fn check_lines(source: &Source, found: &mut Vec<String>) {
    let path = &source.path;
    let mut count = 0;
    for (index, line) in source.text.lines().enumerate() {
        let number = index + 1;
        if source.is_test_line(number) {
            continue;
        }
        count += 1;
        let width = line.chars().count();
        if width > LINE_CHARACTERS_MAX {
            found.push(format!("{path}:{number}: {width} characters in a line: wrap it"));
        }
    }
    if count > FILE_LINES_MAX {
        found.push(format!("{path}: {count} lines: split the file by what its parts know"));
    }
}

struct LongFunctions<'a> {
    source: &'a Source,
    found: &'a mut Vec<String>,
}

impl LongFunctions<'_> {
    fn check(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.span().start().line;
        let lines = block.span().end().line - first + 1;
        if lines > FUNCTION_LINES_MAX && !self.source.is_test_line(first) {
            let path = &self.source.path;
            let name = &signature.ident;
            let advice = "split it into named steps";
            self.found.push(format!("{path}:{first}: `{name}` has {lines} lines: {advice}"));
        }
    }
}

impl Visit<'_> for LongFunctions<'_> {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        self.check(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.check(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.check(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: String) -> Vec<String> {
        check(&[Source::parse(path, text).unwrap()])
    }

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_may_have_70_lines() {
        assert!(found("crates/x/src/a.rs", function(70)).is_empty());
        assert_eq!(found("crates/x/src/a.rs", function(71)).len(), 1);
        assert_eq!(found("crates/x/src/a.rs", format!("impl A {{\n{}}}", function(71))).len(), 1);
        let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(71));
        assert!(found("crates/x/src/a.rs", test).is_empty());
    }

    #[test]
    fn a_file_may_have_600_lines_and_its_tests() {
        let source = "const A: u8 = 1;\n".repeat(600);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{source}}}\n");
        assert!(found("crates/x/src/a.rs", format!("{source}{tests}")).is_empty());
        assert_eq!(found("crates/x/src/a.rs", format!("{source}fn f() {{}}\n")).len(), 1);
    }

    #[test]
    fn a_line_may_have_100_characters() {
        let line = |width: usize| format!("// {}\n", "é".repeat(width - 3));
        assert!(found("crates/x/src/a.rs", line(100)).is_empty());
        assert_eq!(found("crates/x/src/a.rs", line(101)).len(), 1);
        assert!(found("crates/x/tests/a.rs", line(101)).is_empty());
    }
}
