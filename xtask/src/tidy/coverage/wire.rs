//! What the adapter knows of the wire, read out of its source: names that are put into requests,
//! methods of notifications, and error codes with their class.

use syn::visit::Visit;

use crate::tidy::source::Source;

const REQUESTS: &str = "crates/trustly/src/eu/wire/request.rs";
const NOTIFICATIONS: &str = "crates/trustly/src/eu/wire/notification.rs";
const CODES: &str = "crates/trustly/src/eu/code.rs";

/// How a name gets into a request.
const SETTERS: [&str; 3] = ["set", "set_known", "set_object_unless_empty"];

/// Functions that are not named like the method whose request they fill.
const FILLED_BY: [(&str, &[&str]); 4] = [
    ("data", &["Every request"]),
    ("sender_information", &["AccountPayout"]),
    ("set_sub_merchant", &["AccountPayout", "SelectAccount"]),
    ("settlement_details", &["ViewAutomaticSettlementDetailsCSV"]),
];

/// A name that needs a row, and the table in which.
pub(super) struct Known {
    pub(super) table: String,
    pub(super) name: String,
    /// What the row must say of it, if anything.
    pub(super) class: Option<String>,
}

/// Everything that needs a row. An error if nothing of a kind is found: then the code has moved.
pub(super) fn known(sources: &[Source]) -> Result<Vec<Known>, String> {
    let mut all = Vec::new();
    for (path, of_kind) in [
        (REQUESTS, names as fn(&syn::File) -> Vec<Known>),
        (NOTIFICATIONS, methods),
        (CODES, codes),
    ] {
        let source = sources.iter().find(|source| source.path == path);
        let found = source.map(|source| of_kind(&source.file)).unwrap_or_default();
        if found.is_empty() {
            return Err(format!("{path}: nothing is found in it that needs a row"));
        }
        all.extend(found);
    }
    Ok(all)
}

fn names(file: &syn::File) -> Vec<Known> {
    let mut visitor = Names { function: String::new(), found: Vec::new() };
    visitor.visit_file(file);
    visitor.found
}

struct Names {
    /// The function that is being read.
    function: String,
    found: Vec<Known>,
}

impl Visit<'_> for Names {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        self.function = function.sig.ident.to_string();
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.function = function.sig.ident.to_string();
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let name = call.args.first().and_then(text);
        if let (true, Some(name)) = (SETTERS.iter().any(|setter| call.method == setter), name) {
            for table in tables(&self.function) {
                self.found.push(Known { table, name: name.clone(), class: None });
            }
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// The methods that a function fills the requests of.
fn tables(function: &str) -> Vec<String> {
    if let Some((_, tables)) = FILLED_BY.iter().find(|(name, _)| *name == function) {
        return tables.iter().map(|table| (*table).to_owned()).collect();
    }
    let mut table = String::new();
    for word in function.split('_') {
        let (first, rest) = word.split_at(word.len().min(1));
        table.push_str(&first.to_uppercase());
        table.push_str(rest);
    }
    vec![table]
}

/// The texts that the names of methods are told by.
fn methods(file: &syn::File) -> Vec<Known> {
    let mut visitor = Patterns { found: Vec::new() };
    for item in &file.items {
        let syn::Item::Impl(item) = item else { continue };
        for item in &item.items {
            match item {
                syn::ImplItem::Fn(function) if function.sig.ident == "named" => {
                    visitor.visit_impl_item_fn(function);
                }
                _ => {}
            }
        }
    }
    visitor.found
}

struct Patterns {
    found: Vec<Known>,
}

impl Visit<'_> for Patterns {
    fn visit_pat(&mut self, pattern: &syn::Pat) {
        if let syn::Pat::Lit(literal) = pattern
            && let syn::Lit::Str(name) = &literal.lit
        {
            let table = "Notifications".to_owned();
            self.found.push(Known { table, name: name.value(), class: None });
        }
        syn::visit::visit_pat(self, pattern);
    }
}

/// The rows of the table of codes: a number, a name, a class, and more.
fn codes(file: &syn::File) -> Vec<Known> {
    let mut found = Vec::new();
    for item in &file.items {
        let syn::Item::Const(item) = item else { continue };
        let syn::Expr::Array(array) = &*item.expr else { continue };
        for row in &array.elems {
            let syn::Expr::Tuple(row) = row else { continue };
            if let (Some(code), Some(class)) =
                (row.elems.first().and_then(number), row.elems.get(2))
            {
                let table = "Error codes".to_owned();
                found.push(Known { table, name: code, class: variant(class) });
            }
        }
    }
    found
}

fn text(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn number(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => {
            Some(number.base10_digits().to_owned())
        }
        _ => None,
    }
}

/// The last word of `Class::Content`, in small letters.
fn variant(expression: &syn::Expr) -> Option<String> {
    let syn::Expr::Path(path) = expression else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(known: &[Known]) -> Vec<(&str, &str, &str)> {
        let class = |known: &'_ Known| known.class.clone().unwrap_or_default().leak() as &str;
        known.iter().map(|it| (it.table.as_str(), it.name.as_str(), class(it))).collect()
    }

    #[test]
    fn names_belong_to_the_method_whose_request_they_are_put_in() {
        let text = "fn account_payout() { a.set(\"Amount\", x); a.set_known(\"Ref\", y); }\n\
            fn sender_information() { if x { m.set_object_unless_empty(\"Who\", z) } }\n\
            fn other(name: &str) { a.set(name, x); a.get(\"No\"); }\n\
            impl M { fn set_sub_merchant(&mut self) { self.set(\"Shop\", x) } }";
        let found = names(&syn::parse_file(text).unwrap());
        let (payout, choice) = ("AccountPayout", "SelectAccount");
        let expected = [
            (payout, "Amount", ""),
            (payout, "Ref", ""),
            (payout, "Who", ""),
            (payout, "Shop", ""),
            (choice, "Shop", ""),
        ];
        assert_eq!(told(&found), expected);
    }

    #[test]
    fn methods_are_those_that_have_a_name() {
        let text = "impl M { fn named(n: &str) -> M { match n { \"credit\" => A, _ => B } }\n\
            fn name(&self) -> &str { match self { A => \"other\" } } }";
        let found = methods(&syn::parse_file(text).unwrap());
        assert_eq!(told(&found), [("Notifications", "credit", "")]);
    }

    #[test]
    fn codes_have_their_class() {
        let text = "const TABLE: [Row; 1] = [(602, \"E\", Class::Access, Fault::A, \"m\")];";
        let found = codes(&syn::parse_file(text).unwrap());
        assert_eq!(told(&found), [("Error codes", "602", "access")]);
    }

    #[test]
    fn code_that_has_moved_is_no_code_without_names() {
        let parse = |path| Source::parse(path, "fn f() {}".to_owned()).unwrap();
        assert!(known(&[parse(REQUESTS), parse(CODES)]).is_err());
    }
}
