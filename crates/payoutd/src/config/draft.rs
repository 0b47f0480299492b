//! Reading a file that may be wrong in many places at once. Serde stops at the first mistake, so
//! each is noted, mended by taking the value out or putting an empty one in, and the rest is read
//! again. Says where and what would be right, never what stands there: it may be a secret that
//! somebody wrote into the file itself.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::Mistakes;
use super::file::File;

/// Beyond this a file is another kind of file, and a longer list helps nobody.
const MISTAKES_MAX: usize = 100;

/// Reads the text of the file that is shown as `name`. There may be a file and mistakes: then
/// nothing that is said about what was mended is kept in the mistakes that follow.
pub(super) fn read(name: &str, text: &str) -> (Option<File>, Mistakes) {
    let mut mistakes = Mistakes::default();
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        let start = error.span().map_or(0, |span| span.start);
        let place = format!("{name}, line {}", line(text, start));
        mistakes.add(&place, format!("{} (more is looked at after this)", right(error.message())));
    }
    if !broken.is_empty() {
        return (None, mistakes);
    }
    let mut draft = Draft::new(root);
    for _ in 0..MISTAKES_MAX {
        let error = match draft.read() {
            Ok(file) => return (Some(file), mistakes),
            Err(error) => error,
        };
        let Some((path, at)) = draft.mend(&error) else {
            mistakes.add(name, right(error.message()));
            break;
        };
        let place = format!("{name}, line {}", line(text, at));
        mistakes.add_and_hide(&shown(&path), &place, right(error.message()));
    }
    (None, mistakes)
}

/// The file as a tree in which every node has a number instead of a place, so that an error, which
/// names nothing but a place, names a node.
struct Draft<'i> {
    root: Spanned<DeTable<'i>>,
    nodes: Vec<Node>,
}

/// A value: what leads to it, and where it stands in the file.
struct Node {
    path: Vec<String>,
    at: usize,
}

impl<'i> Draft<'i> {
    fn new(root: Spanned<DeTable<'i>>) -> Self {
        let mut nodes = Vec::new();
        let span = root.span();
        let whole = Spanned::new(span, DeValue::Table(root.into_inner()));
        let numbered = number(whole, &mut Vec::new(), &mut nodes);
        let DeValue::Table(table) = numbered.into_inner() else {
            unreachable!("it went in as one")
        };
        Self { root: Spanned::new(0..1, table), nodes }
    }

    fn read(&self) -> Result<File, Error> {
        File::deserialize(Deserializer::from(self.root.clone()))
    }

    /// Takes out what is wrong, or puts something in where something is missing. Says what it was
    /// and where; none if there is no way to go on.
    fn mend(&mut self, error: &Error) -> Option<(Vec<String>, usize)> {
        let node = self.nodes.get(error.span()?.start)?;
        let (mut path, at) = (node.path.clone(), node.at);
        match missing(error.message()) {
            Some(name) => {
                path.push(name.to_owned());
                self.fill(&path, at)?;
            }
            None => self.remove(&path)?,
        }
        Some((path, at))
    }

    /// Puts the first thing there that the reader takes.
    fn fill(&mut self, path: &[String], at: usize) -> Option<()> {
        let number = self.nodes.len();
        self.nodes.push(Node { path: path.to_vec(), at });
        let (name, parent) = path.split_last()?;
        for empty in empties(number) {
            let table = table_at(self.root.get_mut(), parent)?;
            let key = Spanned::new(number..number + 1, name.clone().into());
            table.insert(key, Spanned::new(number..number + 1, empty));
            match self.read() {
                Err(error) if names(&error, number) => {}
                Ok(_) | Err(_) => return Some(()),
            }
        }
        None
    }

    fn remove(&mut self, path: &[String]) -> Option<()> {
        let (name, parent) = path.split_last()?;
        // Of an array nothing is left: the rest of it would only be counted differently.
        let (name, parent) = match name.starts_with('[') {
            true => parent.split_last()?,
            false => (name, parent),
        };
        table_at(self.root.get_mut(), parent)?.remove(name.as_str()).map(|_| ())
    }
}

/// Gives every key and value below a number for its place.
fn number<'i>(
    value: Spanned<DeValue<'i>>,
    path: &mut Vec<String>,
    nodes: &mut Vec<Node>,
) -> Spanned<DeValue<'i>> {
    let number_of = nodes.len();
    nodes.push(Node { path: path.clone(), at: value.span().start });
    let inner = match value.into_inner() {
        DeValue::Table(table) => {
            let mut numbered = DeTable::new();
            for (key, value) in table {
                path.push(key.get_ref().to_string());
                let of_key = nodes.len();
                nodes.push(Node { path: path.clone(), at: key.span().start });
                let value = number(value, path, nodes);
                numbered.insert(Spanned::new(of_key..of_key + 1, key.into_inner()), value);
                path.pop();
            }
            DeValue::Table(numbered)
        }
        DeValue::Array(array) => {
            let mut numbered = Vec::new();
            for (index, value) in array.into_iter().enumerate() {
                path.push(format!("[{index}]"));
                numbered.push(number(value, path, nodes));
                path.pop();
            }
            DeValue::Array(numbered.into_iter().collect())
        }
        scalar => scalar,
    };
    Spanned::new(number_of..number_of + 1, inner)
}

/// What may stand for something that is missing: a text, a list, a table, or a secret.
fn empties<'i>(number: usize) -> [DeValue<'i>; 4] {
    let spanned = |text: &'static str| Spanned::new(number..number + 1, text.into());
    let text = Spanned::new(number..number + 1, DeValue::String("".into()));
    let secret: DeTable<'i> = [(spanned("env"), text)].into_iter().collect();
    [
        DeValue::String("".into()),
        DeValue::Array([].into_iter().collect()),
        DeValue::Table(DeTable::new()),
        DeValue::Table(secret),
    ]
}

/// Whether an error is about this node itself and not about something that it lacks.
fn names(error: &Error, number: usize) -> bool {
    missing(error.message()).is_none() && error.span().is_some_and(|span| span.start == number)
}

fn table_at<'a, 'i>(table: &'a mut DeTable<'i>, path: &[String]) -> Option<&'a mut DeTable<'i>> {
    let Some((name, rest)) = path.split_first() else { return Some(table) };
    match table.get_mut(name.as_str())?.get_mut() {
        DeValue::Table(table) => table_at(table, rest),
        DeValue::Array(array) => {
            let (index, rest) = rest.split_first()?;
            let index: usize = index.trim_matches(['[', ']']).parse().ok()?;
            match array.get_mut(index)?.get_mut() {
                DeValue::Table(table) => table_at(table, rest),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The name that serde says is missing.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// What would be right. Serde repeats a value of the wrong type or kind before it.
fn right(message: &str) -> String {
    if missing(message).is_some() {
        return "is missing".to_owned();
    }
    match message.rsplit_once(", expected ") {
        Some((found, right)) if found.starts_with("unknown field ") => {
            format!("is not known here; expected {right}")
        }
        Some((found, right)) if found.starts_with("invalid ") || found.starts_with("unknown ") => {
            format!("expected {right}")
        }
        _ => message.to_owned(),
    }
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

/// A path as the file has it: `merchants.shop.trustly_americas.credentials[0].access_id`.
fn shown(path: &[String]) -> String {
    path.join(".").replace(".[", "[")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let (_, mistakes) = read("f.toml", text);
        mistakes.to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_mistake_of_form_is_named_with_its_path_and_line() {
        let text = r#"
[server]
grpc = "nowhere"
wait_max = 60
heartbeat_interval = "soon"
port = 1
[store]
[merchants.a.trustly_europe]
url = 7
password = "hunter2"
trustly_keys = ["a", 1]
signature = "hunter3"
[merchants.b.trustly_americas]
url = "x"
credentials = [{ access_id = "a" }, { access_key = { env = "A" } }]
"#;
        let found = mistakes(text);
        let paths: Vec<&str> = found.iter().map(|line| line.split_once(": ").unwrap().0).collect();
        let europe =
            |name: &str, line| format!("merchants.a.trustly_europe.{name} (f.toml, line {line})");
        let americas =
            |name: &str, line| format!("merchants.b.trustly_americas.{name} (f.toml, line {line})");
        let expected = [
            "keys (f.toml, line 1)".to_owned(),
            "server.grpc (f.toml, line 3)".to_owned(),
            "server.heartbeat_interval (f.toml, line 5)".to_owned(),
            "server.port (f.toml, line 6)".to_owned(),
            "server.wait_max (f.toml, line 4)".to_owned(),
            "store.directory (f.toml, line 7)".to_owned(),
            europe("password", 10),
            europe("shopper_statement", 8),
            europe("signature", 12),
            europe("trustly_keys[1]", 11),
            europe("url", 9),
            europe("username", 8),
            americas("credentials[0].access_key", 15),
            americas("credentials[1].access_id", 15),
            americas("merchant_id", 13),
        ];
        for path in expected {
            let count = paths.iter().filter(|found| **found == path).count();
            assert_eq!(count, 1, "{path}: {found:#?}");
        }
        assert!(!found.join("").contains("hunter"), "{found:#?}");
    }

    #[test]
    fn what_is_said_says_what_would_be_right() {
        for (text, said) in [
            ("[server]\ngrpcs = 1", "is not known here; expected one of `grpc`"),
            ("[server]\nwait_max = \"60\"", "is not a duration; write a number and ms"),
            ("[server]\ncreations_max = \"1\"", "expected usize"),
            ("x", "f.toml, line 1: "),
            ("merchants = 1", "expected a map"),
            ("[keys]\n1 = \"hunter2\"", "a secret is { file"),
        ] {
            let found = mistakes(text).join("\n");
            assert!(found.contains(said), "{text}: {found}");
        }
    }
}
