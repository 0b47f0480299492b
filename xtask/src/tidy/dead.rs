//! Every file is reached from a root of its crate, and every library says what it is.

use std::collections::BTreeSet;

use cargo_metadata::Metadata;

use super::source::Source;

/// The files that cargo compiles as targets, from the root of the workspace.
type Roots = BTreeSet<String>;

/// Files no `mod` leads to, and libraries without an introduction.
pub(super) fn check(sources: &[Source], metadata: &Metadata) -> Vec<String> {
    violations(sources, &roots(metadata))
}

fn roots(metadata: &Metadata) -> Roots {
    let mut roots = Roots::new();
    for package in metadata.workspace_packages() {
        for target in &package.targets {
            if let Ok(path) = target.src_path.strip_prefix(&metadata.workspace_root) {
                roots.insert(path.to_string());
            }
        }
    }
    roots
}

fn violations(sources: &[Source], roots: &Roots) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut found = Vec::new();
    for source in sources {
        if roots.contains(&source.path) {
            reach(source, sources, roots, &mut reached);
        }
        if source.path.ends_with("/src/lib.rs") && !source.text.starts_with("//!") {
            let advice = "begin with `//!` and say what the crate is, and what it is not";
            found.push(format!("{}: {advice}", source.path));
        }
    }
    for source in sources {
        if !reached.contains(source.path.as_str()) {
            found.push(format!("{}: no `mod` leads here: delete or declare it", source.path));
        }
    }
    found
}

fn reach<'a>(
    source: &'a Source,
    sources: &'a [Source],
    roots: &Roots,
    reached: &mut BTreeSet<&'a str>,
) {
    if !reached.insert(&source.path) {
        return;
    }
    let mut names = Vec::new();
    declared(&source.file.items, &module_folder(source, roots), &mut names);
    for name in names {
        for candidate in [format!("{name}.rs"), format!("{name}/mod.rs"), name.clone()] {
            if let Some(child) = sources.iter().find(|source| source.path == candidate) {
                reach(child, sources, roots, reached);
            }
        }
    }
}

/// The folder in which the modules that the file declares are looked for.
fn module_folder(source: &Source, roots: &Roots) -> String {
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    if roots.contains(&source.path) || name == "mod.rs" {
        return folder.to_owned();
    }
    source.path.trim_end_matches(".rs").to_owned()
}

/// The files that `mod name;` stands for, without their ending, and whole paths for
/// `#[path = ".."]`.
fn declared(items: &[syn::Item], folder: &str, names: &mut Vec<String>) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let inside = format!("{folder}/{}", module.ident);
        match &module.content {
            Some((_, items)) => declared(items, &inside, names),
            None => names.push(path_attribute(module, folder).unwrap_or(inside)),
        }
    }
}

fn path_attribute(module: &syn::ItemMod, folder: &str) -> Option<String> {
    for attribute in &module.attrs {
        let syn::Meta::NameValue(pair) = &attribute.meta else { continue };
        let syn::Expr::Lit(literal) = &pair.value else { continue };
        if let (true, syn::Lit::Str(path)) = (pair.path.is_ident("path"), &literal.lit) {
            return Some(format!("{folder}/{}", path.value()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let parse = |(path, text): &(&str, &str)| Source::parse(path, (*text).to_owned()).unwrap();
        let roots = ["crates/x/src/lib.rs", "crates/x/src/tool/main.rs", "crates/x/tests/it.rs"];
        let roots = roots.iter().map(|path| (*path).to_owned()).collect();
        violations(&files.iter().map(parse).collect::<Vec<_>>(), &roots)
    }

    #[test]
    fn modules_are_followed() {
        let files = [
            ("crates/x/src/lib.rs", "//! X.\nmod a;\nmod b { mod c; }\n#[path = \"e.rs\"] mod d;"),
            ("crates/x/src/a.rs", "mod inner;"),
            ("crates/x/src/a/inner.rs", ""),
            ("crates/x/src/b/c/mod.rs", "mod deep;"),
            ("crates/x/src/b/c/deep.rs", ""),
            ("crates/x/src/e.rs", ""),
            ("crates/x/src/tool/main.rs", "mod part;"),
            ("crates/x/src/tool/part.rs", ""),
            ("crates/x/tests/it.rs", "mod common;"),
            ("crates/x/tests/common/mod.rs", ""),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn a_file_nobody_declares_is_dead() {
        let files = [("crates/x/src/lib.rs", "//! X.\nmod a;"), ("crates/x/src/b.rs", "")];
        let found = found(&files);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/x/src/b.rs"));
    }

    #[test]
    fn a_library_introduces_itself() {
        assert_eq!(found(&[("crates/x/src/lib.rs", "pub fn f() {}")]).len(), 1);
    }
}
