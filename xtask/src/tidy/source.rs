//! Rust files as the rules see them: text, syntax tree, tokens, and which lines are tests.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::codegen::GENERATED_DIR;
use crate::shell;

/// The folders with Rust code, from the root of the workspace. Some may not be there yet.
const FOLDERS: [&str; 4] = ["bench", "crates", "tests", "xtask"];

/// Folders in them that are not ours to tidy.
const SKIPPED: [&str; 3] = ["target", "node_modules", ".cache"];

/// One Rust file.
pub(super) struct Source {
    /// From the root of the workspace, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) file: syn::File,
    /// All tokens in order; brackets are tokens of their own.
    pub(super) tokens: Vec<Token>,
    test_lines: Vec<RangeInclusive<usize>>,
    /// Whether a `#[cfg(test)] mod` leads here.
    declared_as_test: bool,
}

/// One token: a word, a literal, or a single character.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Source {
    /// Reads a file's text; an error names the file.
    pub(super) fn parse(path: &str, text: String) -> Result<Self, String> {
        let file = syn::parse_file(&text).map_err(|error| format!("{path}: {error}"))?;
        let stream: TokenStream = text.parse().map_err(|error| format!("{path}: {error}"))?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let mut finder = TestFinder { lines: Vec::new() };
        finder.visit_file(&file);
        let path = path.to_owned();
        let (test_lines, declared_as_test) = (finder.lines, false);
        Ok(Self { path, text, file, tokens, test_lines, declared_as_test })
    }

    /// The folder of the crate: `crates/payout`, `xtask`.
    pub(super) fn package(&self) -> &str {
        let depth = if self.path.starts_with("crates/") { 2 } else { 1 };
        let end = self.path.match_indices('/').nth(depth - 1).map(|(at, _)| at);
        end.and_then(|end| self.path.get(..end)).unwrap_or(&self.path)
    }

    /// Whether the whole file is tests.
    pub(super) fn is_test(&self) -> bool {
        self.declared_as_test
            || ["tests", "bench"].contains(&self.package())
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
    }

    /// Whether the line, counted from 1, belongs to a test.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.is_test() || self.test_lines.iter().any(|lines| lines.contains(&line))
    }
}

/// All Rust files of the workspace but the generated ones, sorted by path.
pub(super) fn load(root: &Path) -> Result<Vec<Source>, String> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        if root.join(folder).is_dir() {
            walk(root, folder, &mut paths)?;
        }
    }
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let text = shell::read(&root.join(&path))?;
        sources.push(Source::parse(&path, text)?);
    }
    mark_test_modules(&mut sources);
    Ok(sources)
}

/// Marks the files that `#[cfg(test)] mod name;` stands for, and those below them.
fn mark_test_modules(sources: &mut [Source]) {
    let mut modules = Vec::new();
    for source in sources.iter() {
        let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let folder = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder,
            _ => source.path.trim_end_matches(".rs"),
        };
        for item in &source.file.items {
            let syn::Item::Mod(module) = item else { continue };
            if module.content.is_none() && module.attrs.iter().any(is_test_attribute) {
                modules.push(format!("{folder}/{}", module.ident));
            }
        }
    }
    for source in sources {
        let below = |module: &String| {
            let rest = source.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        source.declared_as_test = modules.iter().any(below);
    }
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), String> {
    let entries = fs::read_dir(root.join(folder))
        .map_err(|error| format!("cannot list {folder}: {error}"))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot list {folder}: {error}"))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            if path != GENERATED_DIR && !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, paths)?;
            }
        } else if path.ends_with(".rs") {
            paths.push(path);
        }
    }
    Ok(())
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let TokenTree::Group(group) = tree else {
            let line = tree.span().start().line;
            tokens.push(Token { text: tree.to_string(), line });
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        let line = group.span_open().start().line;
        tokens.push(Token { text: open.to_owned(), line });
        flatten(group.stream(), tokens);
        let line = group.span_close().start().line;
        tokens.push(Token { text: close.to_owned(), line });
    }
}

/// Finds items under `#[cfg(test)]` and `#[test]`.
struct TestFinder {
    lines: Vec<RangeInclusive<usize>>,
}

impl TestFinder {
    /// Whether an item with these attributes is a test; if so its lines are noted.
    fn note(&mut self, attributes: &[syn::Attribute], item: Span) -> bool {
        let is_test = attributes.iter().any(is_test_attribute);
        if is_test {
            // An attribute may stand on a line before the item's own span.
            let starts = attributes.iter().map(|attribute| attribute.span().start().line);
            let first = starts.min().unwrap_or_else(|| item.start().line);
            self.lines.push(first..=item.end().line);
        }
        is_test
    }
}

impl Visit<'_> for TestFinder {
    fn visit_item(&mut self, item: &syn::Item) {
        if !self.note(attributes(item), item.span()) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.note(&function.attrs, function.span());
    }
}

/// The attributes of the kinds of items that tests are made of.
fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(super) fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    let path = attribute.path();
    if path.is_ident("cfg") {
        let inside: Result<syn::Ident, _> = attribute.parse_args();
        return inside.is_ok_and(|inside| inside == "test");
    }
    path.segments.last().is_some_and(|segment| segment.ident == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_modules_are_tests_to_their_last_line() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n\
            impl A {\n    #[cfg(test)]\n    fn d() {}\n    fn e() {}\n}\n";
        let source = Source::parse("crates/x/src/lib.rs", text.to_owned()).unwrap();
        let tests: Vec<usize> = (1..=12).filter(|line| source.is_test_line(*line)).collect();
        assert_eq!(tests, [3, 4, 5, 6, 9, 10]);
    }

    #[test]
    fn modules_declared_for_tests_are_tests_with_all_below_them() {
        let parse = |path: &str, text: &str| Source::parse(path, text.to_owned()).unwrap();
        let mut sources = [
            parse("crates/x/src/lib.rs", "#[cfg(test)]\nmod samples;\nmod other;\n"),
            parse("crates/x/src/samples.rs", "mod more;"),
            parse("crates/x/src/samples/more.rs", ""),
            parse("crates/x/src/other.rs", ""),
        ];
        mark_test_modules(&mut sources);
        let tests: Vec<bool> = sources.iter().map(Source::is_test).collect();
        assert_eq!(tests, [false, true, true, false]);
    }

    #[test]
    fn the_package_is_the_folder_of_the_manifest() {
        for (path, package) in [
            ("crates/payout/src/state/mod.rs", "crates/payout"),
            ("xtask/src/main.rs", "xtask"),
            ("tests/src/main.rs", "tests"),
        ] {
            assert_eq!(Source::parse(path, String::new()).unwrap().package(), package);
        }
    }

    #[test]
    fn comments_and_strings_are_not_words() {
        let text = "// todo!()\nconst A: &str = \"todo!()\";\n".to_owned();
        let source = Source::parse("crates/x/src/lib.rs", text).unwrap();
        assert!(source.tokens.iter().all(|token| token.text != "todo"));
    }
}
